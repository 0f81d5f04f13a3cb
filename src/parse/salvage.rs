//! Text surgery on documents that are too big or broken: cut at an entry's end, close what is
//! open, escape stray ampersands. Used only when it must be; a clean document is not touched.

use std::borrow::Cow;

use memchr::memmem;

use super::{ParseError, json};
use crate::model::Repair;

/// How an entry ends, and what must be closed after it.
const SHAPES: &[(&str, &[&str])] = &[("item", &["channel", "rss"]), ("entry", &["feed"])];

/// Cuts an XML document after `max` entries; refuses a JSON one that has more.
pub(super) fn cap_entries<'a>(
    document: Cow<'a, str>,
    max: usize,
    repairs: &mut Vec<Repair>,
) -> Result<Cow<'a, str>, ParseError> {
    if document.starts_with('{') {
        return if json::entries(&document)? > max {
            Err(ParseError::TooManyEntries(max))
        } else {
            Ok(document)
        };
    }
    let Some(at) = entry_tag(&document, max) else {
        return Ok(document);
    };
    repairs.push(Repair {
        what: format!("has more than {max} entries; the first {max} are read"),
    });
    let cut = cut_after_last_entry(&document[..at]);
    // Entries that never close (`<item/>`) leave nothing to cut at.
    cut.map(Cow::Owned)
        .ok_or_else(|| ParseError::Broken(format!("more than {max} entries, none of them whole")))
}

/// Where the entry after the first `max` begins. Tags with a prefix (`<atom:entry>`) are counted on
/// their own, so that a document may not hold more entries than it seems to.
fn entry_tag(document: &str, max: usize) -> Option<usize> {
    let plain = ["<item", "<entry"]
        .map(|tag| memmem::find_iter(document.as_bytes(), tag.as_bytes()).nth(max));
    let prefixed = [":item", ":entry"].map(|name| {
        memmem::find_iter(document.as_bytes(), name.as_bytes())
            .filter_map(|at| opening_tag(document, at, name.len()))
            .nth(max)
    });
    plain.into_iter().chain(prefixed).flatten().min()
}

/// Where the opening tag begins whose name has its colon at `colon` and ends `length` bytes on.
fn opening_tag(document: &str, colon: usize, length: usize) -> Option<usize> {
    let ends =
        document[colon + length..].starts_with(|c: char| c.is_whitespace() || "/>".contains(c));
    let in_prefix = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let before = document[..colon].trim_end_matches(in_prefix);
    (ends && before.len() < colon && before.ends_with('<')).then(|| before.len() - 1)
}

/// The document up to its last whole entry, with the open elements closed.
pub(super) fn cut_after_last_entry(document: &str) -> Option<String> {
    let (at, closing) = SHAPES
        .iter()
        .filter_map(|(entry, outer)| {
            let tag = format!("</{entry}>");
            document.rfind(&tag).map(|at| (at + tag.len(), *outer))
        })
        .max_by_key(|(at, _)| *at)?;
    let mut cut = document[..at].to_owned();
    // RDF keeps its items beside the channel, under a root of its own name.
    if document.trim_start().starts_with("<rdf:RDF") {
        cut.push_str("</rdf:RDF>");
    } else {
        for name in closing {
            cut.push_str(&format!("</{name}>"));
        }
    }
    Some(cut)
}

/// Puts a space between mail addresses and the non-ASCII characters beside them, as in
/// `山田（yamada@example.com）`: feed-rs cuts such a name one byte away from its address, and panics
/// where that is inside a character. `None` if there is no such place.
pub(super) fn part_addresses(document: &str) -> Option<String> {
    let in_address = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let mut out = String::with_capacity(document.len() + 64);
    let mut done = 0;
    for (at, _) in document.match_indices('@') {
        let before = document[..at].trim_end_matches(in_address);
        let before = before.strip_suffix("mailto:").unwrap_or(before);
        let after = document[at + 1..].trim_start_matches(in_address);
        let ends = [before.len(), document.len() - after.len()];
        let beside = [before.chars().next_back(), after.chars().next()];
        for (end, beside) in ends.into_iter().zip(beside) {
            if end > done && beside.is_some_and(|c| !c.is_ascii()) {
                out.push_str(&document[done..end]);
                out.push(' ');
                done = end;
            }
        }
    }
    out.push_str(&document[done..]);
    (done > 0).then_some(out)
}

/// `None` if every ampersand outside CDATA begins an entity or a character reference.
pub(super) fn escape_stray_ampersands(document: &str) -> Option<String> {
    let mut out = String::with_capacity(document.len() + 64);
    let mut rest = document;
    let mut mended = false;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let skip = if rest.starts_with("<![CDATA[") {
            rest.find("]]>").map_or(rest.len(), |end| end + 3)
        } else {
            if rest.starts_with('&') && !begins_reference(rest) {
                out.push_str("&amp;");
                mended = true;
                rest = &rest[1..];
                continue;
            }
            1
        };
        out.push_str(&rest[..skip]);
        rest = &rest[skip..];
    }
    out.push_str(rest);
    mended.then_some(out)
}

/// Bytes of the longest entity or character reference, generously.
const LONGEST_REFERENCE: usize = 40;

fn begins_reference(text: &str) -> bool {
    // Looked for no further than a name reaches: a document of ampersands must not be read through
    // for each of them.
    let end = text.bytes().take(LONGEST_REFERENCE).position(|b| b == b';');
    let Some(name) = end.and_then(|end| text.get(1..end)) else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => {
            let value = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            value.is_ok_and(|code| {
                char::from_u32(code).is_some_and(|c| c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
            })
        }
        None => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    }
}

/// Media RSS texts that feed-rs wants to hold something; YouTube and others leave them empty.
const MEDIA_TEXTS: &[&str] = &["media:description", "media:title", "media:text"];

/// `None` if there are none.
pub(super) fn drop_empty_media_texts(document: &str) -> Option<String> {
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    let mut dropped = false;
    while let Some(at) = memmem::find(rest.as_bytes(), b"<media:") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = MEDIA_TEXTS
            .iter()
            .find_map(|name| empty_element(rest, name));
        dropped |= length.is_some();
        let (kept, after) = match length {
            Some(length) => ("", &rest[length..]),
            None => rest.split_at("<media:".len()),
        };
        out.push_str(kept);
        rest = after;
    }
    out.push_str(rest);
    dropped.then_some(out)
}

/// The length of an element called `name` at the start of `text`, if it holds nothing.
fn empty_element(text: &str, name: &str) -> Option<usize> {
    let after_name = text.strip_prefix('<')?.strip_prefix(name)?;
    // Up to the next tag at most: unclosed tags in a row must not be read through for each of them.
    let close = after_name.find(['<', '>'])?;
    let content = after_name[close..].strip_prefix('>')?;
    let attributes = &after_name[..close];
    if attributes.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let rest = if attributes.ends_with('/') {
        content
    } else {
        content
            .trim_start()
            .strip_prefix("</")?
            .strip_prefix(name)?
            .trim_start()
            .strip_prefix('>')?
    };
    Some(text.len() - rest.len())
}
