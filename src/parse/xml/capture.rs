//! The text of a leaf element, and where a leaf ends that its writer never closed.

use std::borrow::Cow;

use super::{
    Reader,
    frames::Lower,
    names::{self, Meaning, Ns, What},
    scan::{Tag, Token},
    text::{self, Children, Flaws, Piece},
};
use crate::parse::repairs::shown;

impl<'a> Reader<'a, '_> {
    /// The text of a leaf element, up to its end tag or to where it must have been meant to end.
    pub(super) fn capture(
        &mut self,
        tag: &Tag<'a>,
        meaning: Meaning,
        children: Children,
    ) -> (Cow<'a, str>, bool) {
        if tag.empty {
            return (Cow::Borrowed(""), false);
        }
        let begin = self.scanner.position();
        self.scanner.leaf = tag.name;
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.clear();
        let mut children_open = Vec::new();
        let mut text_from = None;
        let mut seen_head = false;
        let mut is_xhtml = false;
        loop {
            let at = self.scanner.position();
            let Some(token) = self.scanner.next() else {
                // Half a text is none: half a link would lead elsewhere.
                pieces.clear();
                break;
            };
            self.note_flaw(at);
            match token {
                Token::Text(text) => match (pieces.last_mut(), text_from) {
                    // A bare "<" parts what is one text.
                    (Some(Piece::Text(last)), Some(from)) if from + last.len() == at => {
                        *last = self.scanner.since(from);
                    }
                    _ => {
                        text_from = Some(at);
                        pieces.push(Piece::Text(text));
                    }
                },
                Token::CData(text) => pieces.push(Piece::CData(text)),
                Token::End(name) if close(&mut children_open, name) => {
                    pieces.push(Piece::Close(name));
                }
                Token::End(name) if name.eq_ignore_ascii_case(tag.name) => break,
                Token::End(name) if self.frames.has(name) => {
                    self.scanner.seek(at);
                    self.repairs
                        .at(at, format!("<{}> is not closed", shown(tag.name)));
                    break;
                }
                Token::End(name) => {
                    self.repairs.at(at, format!("a stray </{}>", shown(name)));
                }
                Token::Start(child) => {
                    let follows = children_open.is_empty() && has_child(&pieces);
                    if self.ends_leaf(&child, meaning, children, seen_head, follows) {
                        self.scanner.seek(at);
                        self.repairs
                            .at(at, format!("<{}> is not closed", shown(tag.name)));
                        break;
                    }
                    is_xhtml |= children == Children::AsTheySay && self.is_xhtml(&child);
                    seen_head |= matches!(text::local(child.name), "html" | "head" | "svg");
                    if pieces.len() >= MOST_PIECES {
                        self.repairs.at(
                            at,
                            "a text with too many tags; the rest of them is left out",
                        );
                        continue;
                    }
                    if !child.empty {
                        children_open.push(child.name);
                    }
                    pieces.push(Piece::Open(child));
                }
                Token::Doctype(_) | Token::Other => {}
            }
        }
        self.scanner.leaf = "";
        let children = if is_xhtml { Children::Xml } else { children };
        let mut flaws = Flaws {
            strict: children == Children::Dropped,
            ..Flaws::default()
        };
        let joined = text::join(&pieces, children, &self.entities, &mut flaws);
        self.note_references(&flaws, begin);
        self.pieces = pieces;
        joined
    }

    /// True if the writer says that a child is XHTML: then the text beside it is escaped as XML's is.
    fn is_xhtml(&self, child: &Tag<'a>) -> bool {
        child.attributes.contains("http://www.w3.org/1999/xhtml")
            || (child.name.contains(':') && self.frames.resolve(child.name).0 == Ns::Xhtml)
    }

    pub(super) fn note_references(&mut self, flaws: &Flaws, at: usize) {
        let place = |after: usize| self.scanner.place(after);
        let (bare, html, bad) = (
            flaws.bare.map(place),
            flaws.html.map(place),
            flaws.bad.map(place),
        );
        if let Some(at) = bare {
            self.repairs.at(at, "a bare \"&\"; read as the character");
        }
        if let Some(at) = html {
            self.repairs
                .at(at, "an HTML entity that XML does not know; read as HTML's");
        }
        if flaws.doubled {
            self.repairs.at(
                at,
                "text encoded in UTF-8 twice (\"Ã©\" for \"é\"); decoded twice",
            );
        }
        if let Some(at) = bad {
            self.repairs
                .at(at, "a character reference to no character or without \";\"");
        }
    }

    /// True if the child cannot belong to the leaf, which then was never closed. `follows` says that
    /// another child stands before it, closed.
    fn ends_leaf(
        &self,
        child: &Tag<'a>,
        of: Meaning,
        children: Children,
        seen_head: bool,
        follows: bool,
    ) -> bool {
        let (ns, local) = self.frames.resolve(child.name);
        let lower = Lower::new(local);
        let Some(meaning) = names::meaning(ns, lower.as_bytes()) else {
            return false;
        };
        if ns == Ns::Xhtml {
            return false;
        }
        let holds_html = matches!(of.what, What::Summary | What::Content);
        let is_html_name = matches!(
            lower.as_bytes(),
            b"title" | b"link" | b"summary" | b"source" | b"image" | b"body" | b"name"
        );
        match (holds_html, is_html_name) {
            // XML of any kind may stand there, but only one element of it.
            (true, _) if children == Children::Xml => follows || meaning.what == What::Entry,
            (true, true) => {
                matches!(meaning.what, What::Title | What::Link)
                    && child.attributes.trim().is_empty()
                    && !seen_head
            }
            _ => true,
        }
    }
}

fn has_child(pieces: &[Piece<'_>]) -> bool {
    let is_child = |piece: &Piece<'_>| matches!(piece, Piece::Open(_) | Piece::Close(_));
    pieces.iter().rev().take(8).any(is_child)
}

/// A text with more tags than this loses the rest of them: each costs memory.
const MOST_PIECES: usize = 200_000;

/// Children further out than this are not looked for, so that the time stays linear.
const FURTHEST: usize = 32;

/// Takes a child and what stands open in it from the open ones; false if there is none of that name.
fn close(open: &mut Vec<&str>, name: &str) -> bool {
    let found = open
        .iter()
        .rev()
        .take(FURTHEST)
        .position(|open| open.eq_ignore_ascii_case(name));
    if let Some(above) = found {
        open.truncate(open.len() - above - 1);
    }
    found.is_some()
}
