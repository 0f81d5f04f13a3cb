//! Collects what was wrong with a document: each kind once, with its first place and its number.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::model::{Position, Repair};

/// More kinds than this help nobody.
const MOST_KINDS: usize = 40;

/// Defects by kind.
#[derive(Default)]
pub(super) struct Repairs(Vec<Found>);

struct Found {
    what: Cow<'static, str>,
    /// Byte offset; `None` for the whole document.
    at: Option<usize>,
    times: usize,
}

impl Repairs {
    /// A defect at a byte of the document.
    pub(super) fn at(&mut self, at: usize, what: impl Into<Cow<'static, str>>) {
        self.add(Some(at), what.into());
    }

    /// A defect of the whole document.
    pub(super) fn document(&mut self, what: impl Into<Cow<'static, str>>) {
        self.add(None, what.into());
    }

    fn add(&mut self, at: Option<usize>, what: Cow<'static, str>) {
        if let Some(known) = self.0.iter_mut().find(|known| known.what == what) {
            known.times += 1;
        } else if self.0.len() < MOST_KINDS {
            self.0.push(Found { what, at, times: 1 });
        }
    }

    /// The defects with their places in `text`, in the order of these; first those of the whole
    /// document.
    pub(super) fn finish(mut self, text: &str) -> Vec<Repair> {
        self.0.sort_by_key(|found| found.at);
        self.0
            .into_iter()
            .map(|found| Repair {
                what: found.what.into_owned(),
                at: found.at.map(|at| position(text, at)),
                times: found.times,
            })
            .collect()
    }
}

/// The beginning of a publisher's name or value, as told to the user.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Line and column of a byte.
pub(super) fn position(text: &str, at: usize) -> Position {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: memchr_iter(b'\n', before.as_bytes()).count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
