//! HTML written anew: balanced, of bounded depth, so that an HTML parser has nothing to guess.
//!
//! HTML parsers need time and memory that grow with the square of hostile markup: formatting that
//! is opened again and again, text moved out of tables, endless nesting. What is written here has
//! nothing of it, and parsing it is linear.

use url::Url;

use super::{
    allowed::{
        ALLOWED, COUNTERS, ENDS, EVERYWHERE, IN_TABLES, INSIDE, LATE_SOURCES, MISREAD, SCHEMES,
        URLS,
    },
    element::{Kind, Name},
    scan::{Sink, Tag},
};

/// Longest result: short relative links make long absolute ones.
pub(super) const MAX_OUT: usize = 4 << 20;

/// What is written of a body.
pub(super) enum Choice {
    /// What may be shown, with links made absolute against the base.
    Shown(Option<Url>),
    /// Every element under its own name with every attribute.
    All,
}

/// Writes balanced HTML.
pub(super) struct Writer {
    out: Vec<u8>,
    open: Vec<Name>,
    choice: Choice,
    /// Deeper elements begin anew at the top.
    max_depth: usize,
    /// Something was deeper than that.
    is_too_deep: bool,
}

impl Writer {
    pub(super) fn new(choice: Choice, max_depth: usize, capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            open: Vec::new(),
            choice,
            max_depth,
            is_too_deep: false,
        }
    }

    /// What was written, with every element ended.
    pub(super) fn finish(mut self) -> String {
        self.close_to(0);
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// True if the result is nested less than what was given.
    pub(super) fn is_too_deep(&self) -> bool {
        self.is_too_deep
    }

    /// Ends the elements from this one inwards.
    fn close_to(&mut self, depth: usize) {
        for name in self.open.drain(depth.min(self.open.len())..).rev() {
            self.out.extend_from_slice(b"</");
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'>');
        }
    }

    fn push(&mut self, name: &str) {
        self.open.push(Name::from(name));
    }

    /// True if the innermost open element is one of these.
    fn is_in(&self, names: &[&str]) -> bool {
        let last = self.open.last();
        last.is_some_and(|last| names.iter().any(|name| name.as_bytes() == last.as_bytes()))
    }

    /// The row that a cell needs.
    fn open_row(&mut self) {
        if !self.is_in(&["tr"]) {
            self.out.extend_from_slice(b"<tr>");
            self.push("tr");
        }
    }

    /// The cell that text in a table needs: a browser would move the text out of the table, at a
    /// cost that grows with the square of it.
    fn open_cell(&mut self) {
        if self.is_in(IN_TABLES) {
            self.open_row();
            self.out.extend_from_slice(b"<td>");
            self.push("td");
        }
    }

    /// Where the innermost of these elements is open, unless a shield is nearer.
    fn innermost(&self, names: &[&str], shields: &[&str]) -> Option<usize> {
        let is_one =
            |name: &Name, of: &[&str]| of.iter().any(|of| of.as_bytes() == name.as_bytes());
        let at = self
            .open
            .iter()
            .rposition(|name| is_one(name, names) || is_one(name, shields))?;
        is_one(&self.open[at], names).then_some(at)
    }

    /// Ends what the start of `name` ends in a browser, and what would make a browser repeat
    /// formatting: a paragraph that a block stands in.
    fn close_for(&mut self, name: &[u8], kind: Kind) {
        let is_block = !matches!(
            kind,
            Kind::Inline | Kind::Void | Kind::Quote | Kind::Reading | Kind::Cell | Kind::Break
        );
        if (is_block || name == b"hr")
            && let Some(at) = self.innermost(&["p"], &["td", "th", "caption"])
        {
            self.close_to(at);
        }
        for (starts, ended, shields) in ENDS {
            if starts.iter().any(|start| start.as_bytes() == name)
                && let Some(at) = self.innermost(ended, shields)
            {
                self.close_to(at);
            }
        }
    }

    /// The name to write an element under, and its allowed attributes; `None` leaves the tag out.
    fn element<'a>(
        &self,
        name: &'a [u8],
        kind: Kind,
    ) -> Option<(&'a str, &'static [&'static str])> {
        match (&self.choice, name) {
            (Choice::All, b"xmp") => return Some(("pre", &[])),
            (Choice::All, name) => {
                let name = str::from_utf8(name).ok()?;
                return (!MISREAD.contains(&name)).then_some((name, [].as_slice()));
            }
            (Choice::Shown(_), _) => {}
        }
        let found = ALLOWED.binary_search_by(|(known, _)| known.as_bytes().cmp(name));
        match found {
            Ok(at) => Some(ALLOWED[at]),
            // What stands on lines of its own goes on doing so: `form`, `section`, `center`.
            Err(_) if kind == Kind::Block => Some(("div", &[])),
            Err(_) => None,
        }
    }

    fn attributes(&mut self, tag: &Tag, allowed: &[&str]) {
        for (name, value) in tag.attributes() {
            if matches!(self.choice, Choice::All) {
                self.attribute(name, value);
                continue;
            }
            let is = |known: &&&str| known.as_bytes() == name;
            let Some(name) = allowed.iter().chain(EVERYWHERE).find(is) else {
                continue;
            };
            if URLS.contains(name) {
                if let Some(url) = self.url(value, *name == "src") {
                    self.attribute(name.as_bytes(), url.as_bytes());
                }
            } else {
                self.attribute(name.as_bytes(), value);
            }
        }
    }

    fn attribute(&mut self, name: &[u8], value: &[u8]) {
        self.out.push(b' ');
        self.out.extend_from_slice(name);
        self.out.extend_from_slice(b"=\"");
        escape(value, &mut self.out);
        self.out.push(b'"');
    }

    /// The URL made absolute, if it may be followed or, for a picture, loaded.
    fn url(&self, value: &[u8], is_picture: bool) -> Option<String> {
        let value = str::from_utf8(value).ok()?.trim();
        let url = match &self.choice {
            Choice::Shown(Some(base)) => base.join(value),
            _ => Url::parse(value),
        };
        let url = url.ok()?;
        let may = SCHEMES.contains(&url.scheme()) && !(is_picture && url.scheme() == "mailto");
        may.then(|| url.into())
    }

    fn picture(&mut self, tag: &Tag, allowed: &[&str]) {
        let is_dot = ["width", "height"].iter().any(|side| {
            let side = tag.value(side.as_bytes()).map(<[u8]>::trim_ascii);
            matches!(side, Some(b"0" | b"1" | b"0px" | b"1px"))
        });
        let late = LATE_SOURCES
            .iter()
            .find_map(|name| self.url(tag.value(name.as_bytes())?, true));
        let source = late.or_else(|| self.url(tag.value(b"src")?, true));
        let Some(source) = source.filter(|source| !is_dot && !is_counter(source)) else {
            return;
        };
        self.out.extend_from_slice(b"<img");
        let rest: Vec<&str> = allowed
            .iter()
            .copied()
            .filter(|name| *name != "src")
            .collect();
        self.attribute(b"src", source.as_bytes());
        self.attributes(tag, &rest);
        self.out.push(b'>');
    }
}

fn is_counter(url: &str) -> bool {
    let url = Url::parse(url).ok();
    url.as_ref()
        .and_then(Url::host_str)
        .is_some_and(|host| COUNTERS.contains(&host))
}

pub(super) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\t' | b'\n' | b'\r' | b' '.. => out.push(byte),
            _ => {}
        }
    }
}

impl Sink for Writer {
    const ATTRIBUTES: bool = true;

    fn text(&mut self, text: &[u8]) {
        if self.is_in(IN_TABLES) {
            if text.trim_ascii().is_empty() {
                return;
            }
            self.open_cell();
        }
        escape(text, &mut self.out);
    }

    fn start(&mut self, tag: &Tag, kind: Kind) {
        if self.is_full() {
            return;
        }
        let Some((name, allowed)) = self.element(tag.name(), kind) else {
            return;
        };
        if self.open.len() >= self.max_depth {
            self.is_too_deep = true;
            self.close_to(0);
        }
        if name == "form" && self.innermost(&["form"], &[]).is_some() {
            return;
        }
        self.close_for(name.as_bytes(), kind);
        match INSIDE.iter().find(|(names, _)| names.contains(&name)) {
            Some((_, parents)) if !self.is_in(parents) => return,
            Some(_) if matches!(name, "td" | "th") => self.open_row(),
            Some(_) => {}
            None => self.open_cell(),
        }
        if name == "img" && matches!(self.choice, Choice::Shown(_)) {
            return self.picture(tag, allowed);
        }
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        self.attributes(tag, allowed);
        self.out.push(b'>');
        if matches!(kind, Kind::Void | Kind::Break) {
            return;
        }
        self.push(name);
        if tag.self_closing {
            self.close_to(self.open.len() - 1);
        }
    }

    fn end(&mut self, name: &[u8], kind: Kind) {
        let Some((name, _)) = self.element(name, kind) else {
            return;
        };
        let is_table = name == "table" || INSIDE.iter().any(|(names, _)| names.contains(&name));
        let shields: &[&str] = if is_table {
            &[]
        } else {
            &["td", "th", "caption"]
        };
        if let Some(at) = self.innermost(&[name], shields) {
            self.close_to(at);
        }
    }

    fn left_out(&mut self, _: Kind) {}

    fn is_full(&self) -> bool {
        self.out.len() > MAX_OUT
    }
}
