//! Text out of markup: references decoded, the pieces of an element put together.
//!
//! An element's text may come as escaped text, as CDATA, as child elements or as all of these; what
//! leaves this file is one string at one level of escaping.

use std::{borrow::Cow, cell::Cell};

use memchr::memchr;

use super::scan::Tag;
use crate::parse::{decode::mend_double_encoding, entities};

/// A piece of an element's inside, in order.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    /// Text with references.
    Text(&'a str),
    /// Text as it stands.
    CData(&'a str),
    /// A child's start tag.
    Open(Tag<'a>),
    /// A child's end tag.
    Close(&'a str),
}

impl Piece<'_> {
    /// True for white space.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) | Self::CData(text) if text.trim().is_empty())
    }
}

/// What becomes of child elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Children {
    /// Left out; their text stays.
    Dropped,
    /// Kept as tags of an HTML text whose other markup was escaped.
    Html,
    /// `Xml` if one of them is said to be XHTML, else `Html`.
    AsTheySay,
    /// Kept as tags; the text between them stays escaped.
    Xml,
}

/// The pieces as one text. True if there were child elements.
pub(super) fn join<'a>(
    pieces: &[Piece<'a>],
    children: Children,
    entities: &Entities,
    flaws: &mut Flaws,
) -> (Cow<'a, str>, bool) {
    let (text, has_children) = join_as_written(pieces, children, entities, flaws);
    match mend_double_encoding(&text) {
        Some(mended) => {
            flaws.doubled = true;
            (Cow::Owned(mended), has_children)
        }
        None => (text, has_children),
    }
}

fn join_as_written<'a>(
    pieces: &[Piece<'a>],
    children: Children,
    entities: &Entities,
    flaws: &mut Flaws,
) -> (Cow<'a, str>, bool) {
    let mut solid = pieces
        .iter()
        .filter(|piece| !matches!(piece, Piece::Text(text) if text.trim().is_empty()));
    match (solid.next(), solid.next()) {
        (None, _) => return (Cow::Borrowed(""), false),
        (Some(Piece::CData(text)), None) => return (Cow::Borrowed(text.trim()), false),
        (Some(Piece::Text(text)), None) => {
            return (decode(text.trim(), entities, flaws), false);
        }
        _ => {}
    }
    let has_children = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Open(_) | Piece::Close(_)));
    let mut out = String::new();
    for piece in pieces {
        match (piece, children) {
            (Piece::Text(text), Children::Xml) if has_children => out.push_str(text),
            (Piece::CData(text), Children::Xml) if has_children => escape(&mut out, text),
            (Piece::Text(text), _) => out.push_str(&decode(text, entities, flaws)),
            (Piece::CData(text), _) => out.push_str(text),
            (Piece::Open(_) | Piece::Close(_), Children::Dropped) => {}
            (Piece::Open(tag), _) => open(&mut out, tag),
            (Piece::Close(name), _) => {
                out.push_str("</");
                out.push_str(local(name));
                out.push('>');
            }
        }
    }
    let trimmed = out.trim();
    if trimmed.len() < out.len() {
        out = trimmed.to_owned();
    }
    (Cow::Owned(out), has_children)
}

fn open(out: &mut String, tag: &Tag<'_>) {
    out.push('<');
    out.push_str(local(tag.name));
    out.push_str(tag.attributes);
    out.push_str(if tag.empty { "/>" } else { ">" });
}

/// A name without its prefix: `xhtml:p` is `p` to whoever reads the HTML.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}

/// What a text had wrong with it: references that XML does not know.
#[derive(Default)]
pub(super) struct Flaws {
    /// A `&` that begins no reference: the address of what follows it, for its place.
    pub(super) bare: Option<usize>,
    /// An HTML entity, likewise.
    pub(super) html: Option<usize>,
    /// A character reference to no character, likewise.
    pub(super) bad: Option<usize>,
    /// UTF-8 encoded in UTF-8.
    pub(super) doubled: bool,
    /// Asked for by addresses: only references with their `;` count, as in `?a=1&copy`.
    pub(super) strict: bool,
}

/// Entities that the document's own doctype declares.
#[derive(Default)]
pub(super) struct Entities {
    declared: Vec<(String, String)>,
    /// Bytes that they have been replaced by so far.
    grown: Cell<usize>,
}

/// More declarations than this are an attack or somebody's whole DTD.
const MOST_ENTITIES: usize = 64;
/// Bytes of the longest replacement that is taken.
const LONGEST_VALUE: usize = 1024;
/// Bytes that a document may grow by.
const MOST_GROWTH: usize = 1 << 20;

impl Entities {
    /// Reads `<!ENTITY name "value">` out of a doctype's internal subset (XML 1.0 section 4.2.1).
    /// Values are not looked at for further entities, and all together grow the document by
    /// [`MOST_GROWTH`] at most.
    pub(super) fn read(&mut self, doctype: &str) {
        for declaration in doctype.split("<!ENTITY").skip(1) {
            let declaration = declaration.trim_start();
            let Some((name, rest)) = declaration.split_once(|c: char| c.is_ascii_whitespace())
            else {
                continue;
            };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            let Some((value, _)) = rest[1..].split_once(quote) else {
                continue;
            };
            if value.len() <= LONGEST_VALUE && self.declared.len() < MOST_ENTITIES {
                let value = decode(value, &Self::default(), &mut Flaws::default());
                self.declared.push((name.to_owned(), value.into_owned()));
            }
        }
    }

    fn value(&self, after_amp: &str) -> Option<(&str, usize)> {
        if self.declared.is_empty() || self.grown.get() > MOST_GROWTH {
            return None;
        }
        let found = self.declared.iter().find_map(|(name, value)| {
            let rest = after_amp.strip_prefix(name.as_str())?;
            rest.starts_with(';')
                .then_some((value.as_str(), name.len() + 1))
        });
        let length = found.map_or(0, |(value, _)| value.len());
        self.grown.set(self.grown.get() + length);
        found
    }
}

/// Replaces references once. Bare ampersands stay.
pub(super) fn decode<'a>(text: &'a str, own: &Entities, flaws: &mut Flaws) -> Cow<'a, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut next = Some(first);
    while let Some(at) = next {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match predefined(after) {
            Some((c, length)) => {
                out.push(c);
                &after[length..]
            }
            None => &after[reference(after, &mut out, own, flaws)..],
        };
        next = memchr(b'&', rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes what a reference stands for, and returns its length.
fn reference(after: &str, out: &mut String, own: &Entities, flaws: &mut Flaws) -> usize {
    if let Some((value, length)) = own.value(after) {
        out.push_str(value);
        return length;
    }
    let here = Some(after.as_ptr().addr());
    if let Some((c, length)) = surrogates(after) {
        out.push(c);
        flaws.bad = flaws.bad.or(here);
        return length;
    }
    match entities::reference(after, true) {
        Some((_, length)) if flaws.strict && !after[..length].ends_with(';') => {
            out.push('&');
            flaws.bare = flaws.bare.or(here);
            0
        }
        Some((resolved, length)) => {
            out.extend(resolved.chars());
            let numeric = after.starts_with('#');
            if !numeric {
                flaws.html = flaws.html.or(here);
            } else if !after[..length].ends_with(';') {
                flaws.bad = flaws.bad.or(here);
            }
            length
        }
        None => {
            out.push('&');
            if after.starts_with('#') {
                flaws.bad = flaws.bad.or(here);
            } else {
                flaws.bare = flaws.bare.or(here);
            }
            0
        }
    }
}

/// Two references to the halves of one character, as programs write them that think in UTF-16.
fn surrogates(after: &str) -> Option<(char, usize)> {
    let half = |text: &str| {
        let end = text.bytes().take(9).position(|byte| byte == b';')?;
        let number = text[..end].strip_prefix('#')?;
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let value = u16::from_str_radix(digits.strip_prefix('+').map_or(digits, |_| ""), radix);
        Some((
            value
                .ok()
                .filter(|value| (0xd800..=0xdfff).contains(value))?,
            end + 1,
        ))
    };
    let (high, first) = half(after)?;
    let (low, second) = half(after[first..].strip_prefix('&')?)?;
    let c = char::decode_utf16([high, low]).next()?.ok()?;
    Some((c, first + 1 + second))
}

/// XML's own five (XML 1.0 section 4.6), without a look into the big table.
fn predefined(after: &str) -> Option<(char, usize)> {
    match after.as_bytes() {
        [b'l', b't', b';', ..] => Some(('<', 3)),
        [b'g', b't', b';', ..] => Some(('>', 3)),
        [b'a', b'm', b'p', b';', ..] => Some(('&', 4)),
        [b'q', b'u', b'o', b't', b';', ..] => Some(('"', 5)),
        [b'a', b'p', b'o', b's', b';', ..] => Some(('\'', 5)),
        _ => None,
    }
}
