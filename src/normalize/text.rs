//! HTML to plain text in one pass: the hot path of normalization.
//!
//! An emitter under html5gum's tokenizer feeds [`Lines`] directly: no tree, no token values, and
//! linear time whatever the nesting. It must not guess at double-escaped markup.

use std::convert::Infallible;

use html5gum::{Emitter, Error, State, Tokenizer};

use super::{
    element::{self, Kind, Name},
    lines::Lines,
    rules,
};
use crate::model::{Markup, MarkupKind};

/// The text of a body, one paragraph a line, at most `cap` bytes and one piece more.
pub(super) fn body(markup: &Markup, cap: usize) -> String {
    match markup.kind {
        MarkupKind::Text => plain(&markup.text),
        MarkupKind::Html => html(&markup.text, cap),
    }
}

/// A title, name or label as one line.
pub(super) fn line(markup: &Markup) -> String {
    match markup.kind {
        MarkupKind::Html if markup.text.contains(['<', '&']) => {
            html(&protect(&markup.text), usize::MAX).replace('\n', " ")
        }
        _ => one_line(&markup.text),
    }
}

/// Text as it stands, as one line.
fn one_line(text: &str) -> String {
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

fn html(html: &str, cap: usize) -> String {
    let mut renderer = Renderer::new(html.len(), cap);
    let Ok(()) = Tokenizer::new_with_emitter(html, &mut renderer).finish();
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

/// The attributes that can make an element invisible.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Other,
    Hidden,
    /// `class` or `id`.
    Label,
}

/// An element whose content is left out, until its end tag.
struct Skip {
    name: Name,
    /// Open elements of that name.
    depth: usize,
}

/// Receives the tokenizer's calls. Only what decides about text is remembered of a tag.
struct Renderer {
    lines: Lines,
    cap: usize,
    name: Name,
    is_end_tag: bool,
    self_closing: bool,
    hidden: bool,
    attribute: Name,
    value: Vec<u8>,
    last_start_tag: Name,
    skip: Option<Skip>,
    pre: usize,
    /// First byte of a character that the tokenizer splits (it does after a lone `<`).
    lead: Option<u8>,
}

impl Renderer {
    fn new(capacity: usize, cap: usize) -> Self {
        Self {
            lines: Lines::with_capacity(capacity.min(cap)),
            cap,
            name: Name::default(),
            is_end_tag: false,
            self_closing: false,
            hidden: false,
            attribute: Name::default(),
            value: Vec::new(),
            last_start_tag: Name::default(),
            skip: None,
            pre: 0,
            lead: None,
        }
    }

    fn write(&mut self, text: &[u8]) {
        if self.pre > 0 {
            self.lines.preformatted(text);
        } else {
            self.lines.text(text);
        }
    }

    fn begin_tag(&mut self, is_end_tag: bool) {
        self.name.clear();
        self.attribute.clear();
        self.is_end_tag = is_end_tag;
        self.self_closing = false;
        self.hidden = false;
    }

    fn attribute(&self) -> Attribute {
        match self.attribute.as_bytes() {
            b"class" | b"id" => Attribute::Label,
            b"hidden" => Attribute::Hidden,
            _ => Attribute::Other,
        }
    }

    fn end_attribute(&mut self) {
        match self.attribute() {
            Attribute::Hidden => self.hidden = true,
            Attribute::Label => self.hidden |= rules::is_removed(&self.value),
            Attribute::Other => {}
        }
        self.attribute.clear();
        self.value.clear();
    }

    fn start_tag(&mut self) {
        let kind = element::kind(self.name.as_bytes());
        if let Some(skip) = &mut self.skip {
            if !ends_skip(skip.name.as_bytes(), self.name.as_bytes(), kind) {
                skip.depth += usize::from(skip.name == self.name && !self.self_closing);
                return;
            }
            self.skip = None;
        }
        self.separate(kind);
        // `<script/>` and `<div/>` open an element in HTML but not in the XHTML that Atom feeds
        // hold; believing HTML would lose the rest of the article.
        if self.self_closing || matches!(kind, Kind::Void | Kind::Break) {
            return;
        }
        if self.hidden || kind == Kind::Skipped {
            self.skip = Some(Skip {
                name: self.name,
                depth: 1,
            });
        } else if kind == Kind::Pre {
            self.pre += 1;
        }
    }

    fn end_tag(&mut self) {
        if let Some(skip) = &mut self.skip {
            if skip.name == self.name {
                skip.depth -= 1;
                if skip.depth == 0 {
                    self.skip = None;
                    self.separate(element::kind(self.name.as_bytes()));
                }
            }
            return;
        }
        match element::kind(self.name.as_bytes()) {
            // The separator stands at the start of the next cell.
            Kind::Cell => {}
            Kind::Pre => {
                self.pre = self.pre.saturating_sub(1);
                self.lines.line_break();
            }
            kind => self.separate(kind),
        }
    }

    fn separate(&mut self, kind: Kind) {
        match kind {
            Kind::Inline | Kind::Void | Kind::Skipped => {}
            Kind::Block | Kind::Break | Kind::Pre => self.lines.line_break(),
            Kind::Row => self.lines.row_break(),
            Kind::Cell => self.lines.cell(),
        }
    }
}

/// True if the start tag `name` ends the skipped element whatever its end tag: a head ends at the
/// body, a paragraph at the next block.
fn ends_skip(skipped: &[u8], name: &[u8], kind: Kind) -> bool {
    match skipped {
        b"head" => name == b"body",
        b"p" => matches!(kind, Kind::Block | Kind::Pre | Kind::Row),
        _ => false,
    }
}

/// Bytes of `text` that continue a character begun before it.
fn continuation(text: &[u8]) -> usize {
    text.iter()
        .take(3)
        .take_while(|&&byte| byte & 0xc0 == 0x80)
        .count()
}

impl Emitter for &mut Renderer {
    type Token = Infallible;

    fn emit_string(&mut self, mut text: &[u8]) {
        if self.skip.is_some() || self.lines.len() > self.cap {
            return;
        }
        if let Some(lead) = self.lead.take() {
            let (rest, after) = text.split_at(continuation(text));
            let mut character = [lead, 0, 0, 0];
            character[1..=rest.len()].copy_from_slice(rest);
            self.write(&character[..=rest.len()]);
            text = after;
        }
        match text {
            [lead @ 0xc0..=0xff] => self.lead = Some(*lead),
            _ => self.write(text),
        }
    }

    fn init_start_tag(&mut self) {
        self.begin_tag(false);
    }

    fn init_end_tag(&mut self) {
        self.begin_tag(true);
    }

    fn push_tag_name(&mut self, piece: &[u8]) {
        self.name.push(piece);
    }

    fn set_self_closing(&mut self) {
        self.self_closing = true;
    }

    fn init_attribute(&mut self) {
        self.end_attribute();
    }

    fn push_attribute_name(&mut self, piece: &[u8]) {
        self.attribute.push(piece);
    }

    fn push_attribute_value(&mut self, piece: &[u8]) {
        if self.attribute() == Attribute::Label {
            self.value.extend_from_slice(piece);
        }
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_attribute();
        if self.is_end_tag {
            self.end_tag();
            return None;
        }
        self.start_tag();
        self.last_start_tag = self.name;
        if self.self_closing {
            None
        } else {
            element::content_state(self.name.as_bytes())
        }
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end_tag && self.name == self.last_start_tag
    }

    fn set_last_start_tag(&mut self, name: Option<&[u8]>) {
        self.last_start_tag.clear();
        self.last_start_tag.push(name.unwrap_or_default());
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Infallible> {
        None
    }

    // The rest of the vocabulary (comments, doctypes, errors) shows no text.
    fn emit_eof(&mut self) {}
    fn emit_error(&mut self, _: Error) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_force_quirks(&mut self) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn emit_current_doctype(&mut self) {}
}
