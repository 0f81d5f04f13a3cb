//! One pass over a body's HTML that leaves out what is not to be read: the hot path.
//!
//! An emitter under html5gum's tokenizer: no tree, no token values, linear time whatever the
//! nesting. It decides what is shown (scripts, hidden elements, removal rules);
//! what becomes of the rest is its [`Sink`]'s: text, or safe HTML.

use std::convert::Infallible;

use html5gum::{Emitter, Error, State, Tokenizer};

use super::{
    element::{self, Kind, Name},
    rules,
};
use crate::model::Cleanup;

/// More attributes of a tag, and longer values, decide nothing and are left out.
const MAX_ATTRIBUTES: usize = 64;
const MAX_VALUE: usize = 8 << 10;

/// Receives what is shown.
pub(super) trait Sink {
    /// Whether all attributes are wanted, and not only those that can hide an element.
    const ATTRIBUTES: bool;

    /// Text; a character may come in two pieces only at a chunk's end.
    fn text(&mut self, text: &[u8]);
    /// A start tag, also of elements without content.
    fn start(&mut self, tag: &Tag, kind: Kind);
    /// An end tag; nobody has checked that it has a start.
    fn end(&mut self, name: &[u8], kind: Kind);
    /// An element that is left out starts or ends here.
    fn left_out(&mut self, kind: Kind);
    /// True if it wants no more text.
    fn is_full(&self) -> bool;
}

/// Feeds `html` to a sink. `removed` takes what was left out and why; `None` is faster.
pub(super) fn scan<'a, S: Sink>(
    html: &str,
    sink: &'a mut S,
    cleanup: &'a Cleanup,
    removed: Option<&'a mut Vec<String>>,
) {
    let mut scanner = Scanner {
        sink,
        cleanup,
        removed,
        tag: Tag::default(),
        is_end_tag: false,
        attribute: Name::default(),
        value: Vec::new(),
        last_start_tag: Name::default(),
        skip: None,
        lead: None,
    };
    let Ok(()) = Tokenizer::new_with_emitter(html, &mut scanner).finish();
}

/// A start tag.
#[derive(Default)]
pub(super) struct Tag {
    name: Name,
    /// Written as in XHTML: `<br/>`.
    pub(super) self_closing: bool,
    /// Names and values one after the other; the ends of both.
    bytes: Vec<u8>,
    attributes: Vec<(usize, usize)>,
}

impl Tag {
    pub(super) fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// Names and values of the attributes that were kept.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.attributes
            .iter()
            .enumerate()
            .map(|(at, &(middle, end))| {
                let start = at
                    .checked_sub(1)
                    .map_or(0, |before| self.attributes[before].1);
                (&self.bytes[start..middle], &self.bytes[middle..end])
            })
    }

    /// The value of an attribute.
    pub(super) fn value(&self, name: &[u8]) -> Option<&[u8]> {
        let mut attributes = self.attributes();
        attributes
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    fn clear(&mut self) {
        self.name.clear();
        self.self_closing = false;
        self.bytes.clear();
        self.attributes.clear();
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.attributes.push((middle, self.bytes.len()));
    }
}

/// An element whose content is left out, until its end tag.
struct Skip {
    name: Name,
    /// Open elements of that name.
    depth: usize,
    /// Lists and tables open inside of it: what ends their items does not end it.
    inside: usize,
}

struct Scanner<'a, S> {
    sink: &'a mut S,
    cleanup: &'a Cleanup,
    removed: Option<&'a mut Vec<String>>,
    tag: Tag,
    is_end_tag: bool,
    /// The attribute that is being read.
    attribute: Name,
    value: Vec<u8>,
    last_start_tag: Name,
    skip: Option<Skip>,
    /// First byte of a character that the tokenizer splits (it does after a lone `<`).
    lead: Option<u8>,
}

impl<S: Sink> Scanner<'_, S> {
    fn start_tag(&mut self) {
        let kind = element::kind(self.tag.name());
        if let Some(skip) = &mut self.skip {
            if !ends_skip(skip, self.tag.name(), kind) {
                skip.inside += usize::from(holds_items(self.tag.name()) && !self.tag.self_closing);
                skip.depth += usize::from(skip.name == self.tag.name && !self.tag.self_closing);
                return;
            }
            self.skip = None;
        }
        // `<script/>` and `<div/>` open an element in HTML but not in the XHTML that Atom feeds
        // hold; believing HTML would lose the rest of the article.
        let has_content = !self.tag.self_closing && !matches!(kind, Kind::Void | Kind::Break);
        if self.is_shown(kind) {
            self.sink.start(&self.tag, kind);
            return;
        }
        self.sink.left_out(kind);
        if has_content {
            self.skip = Some(Skip {
                name: self.tag.name,
                depth: 1,
                inside: 0,
            });
        }
    }

    /// True unless a rule leaves the element out.
    fn is_shown(&mut self, kind: Kind) -> bool {
        if kind == Kind::Skipped {
            return false;
        }
        if self.tag.attributes.is_empty() {
            return true;
        }
        let Some(why) = rules::why_removed(&self.tag, self.cleanup) else {
            return true;
        };
        if let Some(told) = self.removed.as_mut() {
            let name = String::from_utf8_lossy(self.tag.name());
            told.push(format!("<{name}> left out: {why}"));
        }
        false
    }

    fn end_tag(&mut self) {
        let name = self.tag.name;
        if let Some(skip) = &mut self.skip {
            let is_outside = holds_items(name.as_bytes()) && skip.inside == 0;
            if is_outside && is_item(skip.name.as_bytes()) {
                // The list ends, and with it the item that nobody ended.
                self.skip = None;
            } else {
                skip.inside -= usize::from(holds_items(name.as_bytes()) && !is_outside);
                skip.depth -= usize::from(skip.name == name);
                if skip.depth == 0 {
                    self.skip = None;
                    self.sink.left_out(element::kind(name.as_bytes()));
                }
                return;
            }
        }
        self.sink
            .end(name.as_bytes(), element::kind(name.as_bytes()));
    }

    /// True if the attribute that is being read is worth keeping.
    fn is_wanted(&self) -> bool {
        let name = self.attribute.as_bytes();
        let decides = matches!(
            name,
            b"class" | b"id" | b"hidden" | b"style" | b"start" | b"value"
        );
        (decides || S::ATTRIBUTES) && self.tag.attributes.len() < MAX_ATTRIBUTES
    }

    fn end_attribute(&mut self) {
        if !self.attribute.as_bytes().is_empty() {
            if self.is_wanted() && self.value.len() <= MAX_VALUE {
                self.tag.push(self.attribute.as_bytes(), &self.value);
            }
            self.attribute.clear();
            self.value.clear();
        }
    }

    fn begin_tag(&mut self, is_end_tag: bool) {
        self.tag.clear();
        self.attribute.clear();
        self.value.clear();
        self.is_end_tag = is_end_tag;
    }
}

/// True if the start tag `name` ends the skipped element whatever its end tag: a head ends at the
/// body, a paragraph at the next block, an item at the next one of its list or table.
fn ends_skip(skip: &Skip, name: &[u8], kind: Kind) -> bool {
    let skipped = skip.name.as_bytes();
    match skipped {
        b"head" => name == b"body",
        b"p" => matches!(
            kind,
            Kind::Block | Kind::Pre | Kind::Row | Kind::List | Kind::Item
        ),
        b"td" | b"th" => skip.inside == 0 && matches!(name, b"td" | b"th" | b"tr"),
        b"dt" | b"dd" => skip.inside == 0 && matches!(name, b"dt" | b"dd"),
        _ => is_item(skipped) && skip.inside == 0 && name == skipped,
    }
}

/// True for elements whose end tag publishers may leave out within a list or table.
fn is_item(name: &[u8]) -> bool {
    matches!(name, b"li" | b"dt" | b"dd" | b"td" | b"th" | b"tr")
}

/// True for what holds items.
fn holds_items(name: &[u8]) -> bool {
    matches!(name, b"ul" | b"ol" | b"menu" | b"dl" | b"table")
}

/// Bytes of `text` that continue a character begun before it.
fn continuation(text: &[u8]) -> usize {
    text.iter()
        .take(3)
        .take_while(|&&byte| byte & 0xc0 == 0x80)
        .count()
}

impl<S: Sink> Emitter for &mut Scanner<'_, S> {
    type Token = Infallible;

    fn emit_string(&mut self, mut text: &[u8]) {
        if self.skip.is_some() || self.sink.is_full() {
            return;
        }
        if let Some(lead) = self.lead.take() {
            let (rest, after) = text.split_at(continuation(text));
            let mut character = [lead, 0, 0, 0];
            character[1..=rest.len()].copy_from_slice(rest);
            self.sink.text(&character[..=rest.len()]);
            text = after;
        }
        match text {
            [lead @ 0xc0..=0xff] => self.lead = Some(*lead),
            _ => self.sink.text(text),
        }
    }

    fn init_start_tag(&mut self) {
        self.begin_tag(false);
    }

    fn init_end_tag(&mut self) {
        self.begin_tag(true);
    }

    fn push_tag_name(&mut self, piece: &[u8]) {
        self.tag.name.push(piece);
    }

    fn set_self_closing(&mut self) {
        self.tag.self_closing = true;
    }

    fn init_attribute(&mut self) {
        self.end_attribute();
    }

    fn push_attribute_name(&mut self, piece: &[u8]) {
        self.attribute.push(piece);
    }

    fn push_attribute_value(&mut self, piece: &[u8]) {
        if self.value.len() <= MAX_VALUE && self.is_wanted() {
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
        self.last_start_tag = self.tag.name;
        if self.tag.self_closing {
            None
        } else {
            element::content_state(self.tag.name())
        }
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end_tag && self.tag.name == self.last_start_tag
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

    // The rest of the vocabulary (comments, doctypes, errors) shows nothing.
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
