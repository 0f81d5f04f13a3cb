//! What changed between two texts, so that people see it at a glance: whole paragraphs that stayed
//! are counted, and of those that changed the words are marked, with a few words around them. Pure.

use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};

/// Words of a stretch that stayed which are shown beside a change.
const AROUND: usize = 8;
/// Longer paragraphs are not compared word by word: the worst case grows with the square.
const MOST_BYTES: usize = 1 << 17;

/// A line of a comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// So many paragraphs that stayed.
    Same(usize),
    /// A paragraph with something gone or new.
    Changed(Vec<Piece>),
}

/// A part of a paragraph.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Same(String),
    Gone(String),
    New(String),
}

/// Compares texts of one paragraph a line; nothing where they are equal.
pub(super) fn diff(old: &str, new: &str) -> Vec<Line> {
    if old == new {
        return Vec::new();
    }
    let before: Vec<&str> = old.lines().collect();
    let after: Vec<&str> = new.lines().collect();
    let mut lines = Vec::new();
    let paragraphs = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_slices(&before, &after);
    for op in paragraphs.ops() {
        match *op {
            DiffOp::Equal { len, .. } => lines.push(Line::Same(len)),
            DiffOp::Delete {
                old_index, old_len, ..
            } => lines.extend(all(&before[old_index..][..old_len], Piece::Gone)),
            DiffOp::Insert {
                new_index, new_len, ..
            } => lines.extend(all(&after[new_index..][..new_len], Piece::New)),
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => {
                let gone = &before[old_index..][..old_len];
                let come = &after[new_index..][..new_len];
                // One beside the other, as far as there are as many of both.
                let pairs = old_len.min(new_len);
                lines.extend((0..pairs).map(|at| Line::Changed(words(gone[at], come[at]))));
                lines.extend(all(&gone[pairs..], Piece::Gone));
                lines.extend(all(&come[pairs..], Piece::New));
            }
        }
    }
    lines
}

fn all<'a>(
    paragraphs: &'a [&str],
    piece: fn(String) -> Piece,
) -> impl Iterator<Item = Line> + use<'a> {
    let whole = move |text: &&str| Line::Changed(vec![piece((*text).to_owned())]);
    paragraphs.iter().map(whole)
}

/// A paragraph beside the one that took its place.
fn words(old: &str, new: &str) -> Vec<Piece> {
    let replaced = || vec![Piece::Gone(old.to_owned()), Piece::New(new.to_owned())];
    if old.len() + new.len() > MOST_BYTES {
        return replaced();
    }
    let compared = TextDiff::from_unicode_words(old, new);
    // Two paragraphs with little in common (and everything has blanks in common) are read better one
    // after the other.
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let stayed = compared
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal)
        .map(|change| letters(change.value()));
    if stayed.sum::<usize>() * 3 < letters(old).max(letters(new)) {
        return replaced();
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for change in compared.iter_all_changes() {
        let text = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(last)))
            | (ChangeTag::Delete, Some(Piece::Gone(last)))
            | (ChangeTag::Insert, Some(Piece::New(last))) => last.push_str(text),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(text.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Gone(text.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::New(text.to_owned())),
        }
    }
    let last = pieces.len() - 1;
    for (at, piece) in pieces.iter_mut().enumerate() {
        if let Piece::Same(text) = piece {
            *text = shortened(text, at > 0, at < last);
        }
    }
    pieces
}

/// A stretch that stayed, without the words that are far from the change before or after it.
fn shortened(text: &str, follows: bool, precedes: bool) -> String {
    let mut after_blank = true;
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| {
            !c.is_whitespace() & std::mem::replace(&mut after_blank, c.is_whitespace())
        })
        .map(|(at, _)| at)
        .collect();
    let (head, tail) = (
        if follows { AROUND } else { 0 },
        if precedes { AROUND } else { 0 },
    );
    if starts.len() <= head + tail + 1 {
        return text.to_owned();
    }
    let before = &text[..starts[head]];
    let after = match precedes {
        true => &text[starts[starts.len() - tail]..],
        false => "",
    };
    let gap = if follows && !precedes { "…" } else { "… " };
    format!("{before}{gap}{after}")
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
