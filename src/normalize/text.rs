//! HTML to plain text: what the scan shows, written as lines.
//!
//! One paragraph a line; a list item has its marker, a quotation its marks, a reading (ruby) its
//! parentheses. A body's markup is read once: what it escapes twice is what it shows.

use super::{
    element::{self, Kind, Name},
    lines::Lines,
    scan::{self, Sink, Tag},
};
use crate::model::{Cleanup, Markup, MarkupKind};

/// The text of a body, one paragraph a line, at most `cap` bytes and one piece more. `removed`
/// takes what is left out.
pub(super) fn body(
    markup: &Markup,
    cap: usize,
    cleanup: &Cleanup,
    removed: Option<&mut Vec<String>>,
) -> String {
    match markup.kind {
        MarkupKind::Text => plain(&markup.text),
        MarkupKind::Html => html(&markup.text, cap, cleanup, removed),
    }
}

/// A title, name or label as one line of plain text.
#[must_use]
pub fn line(markup: &Markup) -> String {
    let line = match markup.kind {
        MarkupKind::Html if markup.text.contains(['<', '&']) => {
            let safe = protect(&markup.text);
            html(&safe, usize::MAX, &Cleanup::default(), None).replace('\n', " ")
        }
        _ => one_line(&markup.text),
    };
    if is_escaped_twice(&line) {
        one_line(&html_escape::decode_html_entities(&line))
    } else {
        line
    }
}

/// True for a line that still has character references which people never mean: numbers, and the
/// names of characters that software escapes. Beside a `<` they may be the line's subject.
fn is_escaped_twice(line: &str) -> bool {
    const NAMES: [&str; 14] = [
        "amp", "quot", "apos", "nbsp", "lsquo", "rsquo", "ldquo", "rdquo", "ndash", "mdash",
        "hellip", "eacute", "laquo", "raquo",
    ];
    let is_reference = |rest: &str| {
        rest.split_once(';').is_some_and(|(name, _)| {
            let is_number = |number: &str| {
                number.len() <= 7 && number.starts_with(|c: char| c.is_ascii_hexdigit() || c == 'x')
            };
            NAMES.contains(&name) || name.strip_prefix('#').is_some_and(is_number)
        })
    };
    line.contains('&') && !line.contains('<') && line.split('&').skip(1).any(is_reference)
}

/// Text as it stands, as one line.
pub(super) fn one_line(text: &str) -> String {
    let mut lines = Lines::with_capacity(text.len());
    lines.text(text.as_bytes());
    lines.finish().replace('\n', " ")
}

/// Text as it stands, line by line.
fn plain(text: &str) -> String {
    let mut lines = Lines::with_capacity(text.len());
    for line in text.lines() {
        lines.text(line.as_bytes());
        lines.row_break();
    }
    lines.finish()
}

fn html(html: &str, cap: usize, cleanup: &Cleanup, removed: Option<&mut Vec<String>>) -> String {
    let mut renderer = Renderer {
        lines: Lines::with_capacity(html.len().min(cap)),
        cap,
        pre: 0,
        lists: Vec::new(),
        is_reading: false,
    };
    scan::scan(html, &mut renderer, cleanup, removed);
    renderer.lines.finish()
}

/// Escapes each `<` of a title that starts no tag which publishers put there.
fn protect(title: &str) -> String {
    let mut safe = String::with_capacity(title.len() + 16);
    for (index, piece) in title.split('<').enumerate() {
        if index > 0 {
            safe.push_str(if starts_tag(piece) { "<" } else { "&lt;" });
        }
        safe.push_str(piece);
    }
    safe
}

/// True if `rest`, which followed a `<`, is a whole tag of an element found in titles.
fn starts_tag(rest: &str) -> bool {
    let name = rest.strip_prefix('/').unwrap_or(rest);
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    let mut lower = Name::default();
    lower.push(name[..end].to_ascii_lowercase().as_bytes());
    name[end..].starts_with(['>', '/', ' ', '\n', '\t'])
        && name[end..].contains('>')
        && element::is_title_markup(lower.as_bytes())
}

/// Writes what is shown as lines.
struct Renderer {
    lines: Lines,
    cap: usize,
    /// Open `pre` elements.
    pre: usize,
    /// Open lists with the number of their next item, if they count.
    lists: Vec<Option<i32>>,
    /// Within the reading of some characters.
    is_reading: bool,
}

impl Renderer {
    fn separate(&mut self, kind: Kind) {
        match kind {
            Kind::Inline | Kind::Void | Kind::Skipped | Kind::Quote | Kind::Reading => {}
            Kind::Block | Kind::Break | Kind::Pre | Kind::List | Kind::Item => {
                self.lines.line_break();
            }
            Kind::Row => self.lines.row_break(),
            Kind::Cell => self.lines.cell(),
        }
    }

    fn start_item(&mut self, tag: &Tag) {
        let marker = match self.lists.last_mut() {
            Some(Some(next)) => {
                let number = number(tag, b"value").unwrap_or(*next);
                *next = number.saturating_add(1);
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        };
        self.lines.marker(marker);
    }

    /// A reading is often ended by what follows it alone.
    fn end_reading(&mut self) {
        if std::mem::take(&mut self.is_reading) {
            self.lines.text(b")");
        }
    }
}

/// An attribute that is a number.
fn number(tag: &Tag, attribute: &[u8]) -> Option<i32> {
    str::from_utf8(tag.value(attribute)?)
        .ok()?
        .trim()
        .parse()
        .ok()
}

impl Sink for Renderer {
    const ATTRIBUTES: bool = false;

    fn text(&mut self, text: &[u8]) {
        if self.pre > 0 {
            self.lines.preformatted(text);
        } else {
            self.lines.text(text);
        }
    }

    fn start(&mut self, tag: &Tag, kind: Kind) {
        self.end_reading();
        self.separate(kind);
        if tag.self_closing {
            return;
        }
        match kind {
            Kind::Pre => self.pre += 1,
            Kind::List => {
                let first = (tag.name() == b"ol").then(|| number(tag, b"start").unwrap_or(1));
                self.lists.push(first);
            }
            Kind::Item => self.start_item(tag),
            Kind::Quote => self.lines.text("“".as_bytes()),
            Kind::Reading => {
                self.lines.text(b"(");
                self.is_reading = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, _: &[u8], kind: Kind) {
        match kind {
            // The separator stands at the start of the next cell.
            Kind::Cell => {}
            Kind::Pre => {
                self.pre = self.pre.saturating_sub(1);
                self.lines.line_break();
            }
            Kind::List => {
                self.lists.pop();
                self.lines.no_marker();
                self.lines.line_break();
            }
            Kind::Item => {
                self.lines.no_marker();
                self.lines.line_break();
            }
            Kind::Quote => self.lines.text("”".as_bytes()),
            kind => {
                self.end_reading();
                self.separate(kind);
            }
        }
    }

    fn left_out(&mut self, kind: Kind) {
        self.separate(kind);
    }

    fn is_full(&self) -> bool {
        self.lines.len() > self.cap
    }
}
