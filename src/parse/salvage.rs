//! Text surgery on documents that are too big or broken: cut at an entry's end, close what is
//! open, escape stray ampersands. Used only when it must be; a clean document is not touched.

use std::borrow::Cow;

use memchr::memmem;

use super::ParseError;
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
        let ids = document.matches("\"id\"").take(max + 1).count();
        return if ids > max {
            Err(ParseError::TooManyEntries(max))
        } else {
            Ok(document)
        };
    }
    let tags = ["<item", "<entry"]
        .map(|tag| memmem::find_iter(document.as_bytes(), tag.as_bytes()).nth(max));
    let Some(at) = tags.into_iter().flatten().min() else {
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

fn begins_reference(text: &str) -> bool {
    let Some((name, _)) = text[1..].split_once(';') else {
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
        None => {
            !name.is_empty()
                && name.len() <= 32
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
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
    let (attributes, content) = after_name.split_once('>')?;
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
