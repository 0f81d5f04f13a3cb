//! Looks ahead for end tags: whether an element is closed before its entry is, or never.

use memchr::memchr_iter;

use super::scan::{Ahead, is_name};

/// Names whose end tags are remembered; a document with more has made them up.
const MOST_NAMES: usize = 32;

/// What was found so far.
#[derive(Default)]
pub(super) struct Closings<'a> {
    /// The next begin or end of an entry, a channel or a feed.
    boundary: Ahead,
    names: Vec<(&'a str, Ahead)>,
}

impl<'a> Closings<'a> {
    /// True if `</name` stands after `from`, before another entry begins or this one ends. With
    /// growing `from` each name reads the document once.
    pub(super) fn are_ahead(&mut self, text: &str, from: usize, name: &'a str) -> bool {
        let known = self.names.iter().position(|(known, _)| *known == name);
        let at = match known {
            Some(at) => at,
            None if self.names.len() < MOST_NAMES => {
                self.names.push((name, Ahead::default()));
                self.names.len() - 1
            }
            None => return false,
        };
        let Some(close) = self.names[at].1.find(text, from, &format!("</{name}")) else {
            return false;
        };
        let boundary = self.boundary.find_by(from, || boundary(text, from));
        // The boundary is the end tag itself where that is an entry's.
        boundary.is_none_or(|boundary| close <= boundary)
    }
}

/// The next tag of an entry, a channel or a feed that is not empty.
fn boundary(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr_iter(b'<', &bytes[from..])
        .map(|at| from + at)
        .find(|at| {
            let tag = &bytes[at + 1..];
            let tag = tag.strip_prefix(b"/").unwrap_or(tag);
            let length = tag
                .iter()
                .take(40)
                .position(|byte| !is_name(*byte))
                .unwrap_or(0);
            let local = tag[..length].rsplit(|byte| *byte == b':').next();
            let is_structure = matches!(
                local.unwrap_or_default(),
                b"item" | b"entry" | b"channel" | b"feed"
            );
            is_structure && !tag[length..].starts_with(b"/>")
        })
}
