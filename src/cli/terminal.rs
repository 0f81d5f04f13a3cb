//! Standard output and standard error: colour where it is wanted, progress where it can be seen.

use std::{
    env,
    fmt::{self, Display},
    io::{self, IsTerminal as _, Write},
    sync::{Arc, Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, WeakProgressBar};

use super::args::{Color, Global};

/// `1 feed`, `2 feeds`.
pub(super) fn count(number: impl Into<u64>, what: &str) -> String {
    match number.into() {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// `1 entry`, `2 entries`.
pub(super) fn entries(number: u64) -> String {
    match number {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    }
}

/// What a word means, as a colour says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Notice,
    Bad,
    Faint,
    Strong,
}

/// How output is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    color_out: bool,
    color_err: bool,
    /// Standard output is a terminal.
    out: bool,
    /// Standard error is one.
    err: bool,
    progress: bool,
}

impl Terminal {
    pub(super) fn new(global: &Global) -> Self {
        // https://no-color.org, and terminals that know no codes at all.
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let plain = dumb || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = |is_terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !plain,
        };
        let out = io::stdout().is_terminal();
        let err = io::stderr().is_terminal();
        Self {
            color_out: color(out),
            color_err: color(err),
            out,
            err,
            progress: err && !dumb && !global.quiet,
        }
    }

    pub(super) fn color_err(self) -> bool {
        self.color_err
    }

    /// Results and remarks are read on one screen.
    pub(super) fn is_one_screen(self) -> bool {
        self.out && self.err
    }

    /// The end of a line of standard output: broken as [`paragraph`] does it for people; for the
    /// programs behind a pipe it stays one line.
    pub(super) fn line_end(self, column: usize, text: &str) -> String {
        line_end(self.out, column, text)
    }

    /// The same of standard error.
    pub(super) fn line_end_err(self, column: usize, text: &str) -> String {
        line_end(self.err, column, text)
    }

    /// Text for standard output in a tone.
    pub(super) fn paint(self, tone: Tone, text: impl Display) -> String {
        paint(self.color_out, tone, text)
    }

    /// Text for standard error in a tone.
    pub(super) fn paint_err(self, tone: Tone, text: impl Display) -> String {
        paint(self.color_err, tone, text)
    }

    /// Somebody watches what is going on.
    pub(super) fn is_watched(self) -> bool {
        self.progress
    }

    /// A progress bar on standard error; `len` 0 counts without an end. Hidden in a pipe.
    pub(super) fn progress(self, len: u64, what: &'static str) -> ProgressBar {
        let target = if self.progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target((len > 0).then_some(len), target);
        let template = if len > 0 {
            "{bar:30} {pos}/{len} {msg}, {rate}/s, {eta} left"
        } else {
            "{spinner} {pos} {msg}, {rate}/s"
        };
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{:.0}", state.per_sec());
        };
        // The template is ours; if it were wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", rate));
        }
        bar.with_message(what)
    }
}

/// The progress bar that is on the screen, which steps aside for whoever writes there.
#[derive(Clone, Default)]
pub(super) struct Shown(Arc<Mutex<Option<WeakProgressBar>>>);

impl Shown {
    /// This one is shown from now on.
    pub(super) fn set(&self, bar: &ProgressBar) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
    }

    /// Does something while no bar is on the screen.
    pub(super) fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = shown.as_ref().and_then(WeakProgressBar::upgrade);
        drop(shown);
        match bar {
            Some(bar) => bar.suspend(work),
            None => work(),
        }
    }
}

fn paint(color: bool, tone: Tone, text: impl Display) -> String {
    if !color {
        return text.to_string();
    }
    let code = match tone {
        Tone::Good => "32",
        Tone::Notice => "33",
        Tone::Bad => "31",
        Tone::Faint => "2",
        Tone::Strong => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Columns of a line of text that is broken.
const LINE: usize = 80;
/// Text is not broken into less than these.
const NARROW: usize = 20;

/// A text that begins in this column, broken between words, its further lines set below its
/// beginning. A word that is too long for a line (a URL) stays whole.
pub(super) fn paragraph(column: usize, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = column;
    for word in text.split_whitespace() {
        let wide = width(word);
        if at > column {
            if at + 1 + wide > LINE {
                out.push('\n');
                out.push_str(&" ".repeat(column));
                at = column;
            } else {
                out.push(' ');
                at += 1;
            }
        }
        out.push_str(word);
        at += wide;
    }
    out
}

fn line_end(for_people: bool, column: usize, text: &str) -> String {
    if for_people && column + NARROW <= LINE {
        paragraph(column, text)
    } else {
        text.to_owned()
    }
}

/// Columns of text below a heading, each as wide as its widest cell; numbers stand to the right,
/// the last column is left ragged, and broken where people read it.
pub(super) fn table(
    out: &mut dyn Write,
    terminal: Terminal,
    rows: &[Vec<String>],
) -> io::Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let numbers: Vec<bool> = (0..columns)
        .map(|column| {
            let mut cells = rows.iter().skip(1).filter_map(|row| row.get(column));
            cells.all(|cell| cell.parse::<u64>().is_ok())
        })
        .collect();
    for row in rows {
        let mut line = String::new();
        for (at, ((cell, width_of_column), number)) in
            row.iter().zip(&widths).zip(&numbers).enumerate()
        {
            if at + 1 == columns {
                line.push_str(&terminal.line_end(width(&line), cell));
                break;
            }
            let gap = " ".repeat(width_of_column - width(cell));
            if *number {
                line.push_str(&gap);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&gap);
            }
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Characters without colour codes; wide scripts come out a little ragged.
fn width(cell: &str) -> usize {
    let mut count = 0;
    let mut in_code = false;
    for c in cell.chars() {
        match c {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if !in_code => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
impl Terminal {
    /// Without colours, and read by people.
    pub(super) fn of_people() -> Self {
        Self {
            color_out: false,
            color_err: false,
            out: true,
            err: false,
            progress: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_between_words_and_stands_below_its_beginning() {
        let words = "word ".repeat(30);
        let text = format!("{}{}", " ".repeat(60), paragraph(60, &words));
        assert!(text.lines().all(|line| line.starts_with(&" ".repeat(60))));
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.split_whitespace().count(), 30);
        let long = "x".repeat(100);
        assert_eq!(
            paragraph(4, &format!("a {long} b")),
            format!("a\n    {long}\n    b")
        );
        assert_eq!(paragraph(4, ""), "");
    }

    #[test]
    fn numbers_stand_to_the_right_and_long_ends_are_broken_on_a_terminal_only() {
        let rows = [
            ["ID", "ARTICLES", "NAME"],
            ["a", "7", "x"],
            ["bcd", "12", "y"],
        ]
        .map(|row| row.map(str::to_owned).to_vec());
        let terminal = Terminal::of_people();
        let text = |terminal, rows: &[Vec<String>]| {
            let mut out = Vec::new();
            table(&mut out, terminal, rows).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            text(terminal, &rows),
            "ID   ARTICLES  NAME\na           7  x\nbcd        12  y\n"
        );
        let long = [vec!["id".to_owned(), "word ".repeat(20).trim().to_owned()]];
        let lines = text(terminal, &long);
        assert!(lines.lines().all(|line| line.len() <= 80), "{lines}");
        assert!(lines.contains("\n    word"), "{lines}");
        let pipe = Terminal {
            out: false,
            ..terminal
        };
        assert_eq!(text(pipe, &long).lines().count(), 1);
    }
}
