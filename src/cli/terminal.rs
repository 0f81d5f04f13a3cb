//! Standard output and standard error: colour where it is wanted, progress where it can be seen.

use std::{
    env,
    fmt::{self, Display},
    io::{self, IsTerminal as _, Write},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

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
        let err = io::stderr().is_terminal();
        Self {
            color_out: color(io::stdout().is_terminal()),
            color_err: color(err),
            progress: err && !dumb && !global.quiet,
        }
    }

    pub(super) fn color_err(self) -> bool {
        self.color_err
    }

    /// Text for standard output in a tone.
    pub(super) fn paint(self, tone: Tone, text: impl Display) -> String {
        paint(self.color_out, tone, text)
    }

    /// Text for standard error in a tone.
    pub(super) fn paint_err(self, tone: Tone, text: impl Display) -> String {
        paint(self.color_err, tone, text)
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

/// Columns of text below a heading, each as wide as its widest cell; numbers stand to the right,
/// the last column is left ragged.
pub(super) fn table(out: &mut dyn Write, rows: &[Vec<String>]) -> io::Result<()> {
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
        for ((cell, width_of_column), number) in row.iter().zip(&widths).zip(&numbers) {
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
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_below_their_heading() {
        let rows = [
            ["ID", "ARTICLES", "NAME"],
            ["a", "7", "x"],
            ["bcd", "12", "y"],
        ]
        .map(|row| row.map(str::to_owned).to_vec());
        let mut out = Vec::new();
        table(&mut out, &rows).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "ID   ARTICLES  NAME\na           7  x\nbcd        12  y\n"
        );
    }
}
