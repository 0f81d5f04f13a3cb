//! A document between reading and parsing: what its elements said, the best of each kind chosen.
//!
//! `xml` and `json` fill it, `atom` writes it out as one canonical Atom 1.0 document for feed-rs, and
//! `convert` takes from it what Atom has no place for. Nothing is decoded or decided here.

use std::borrow::Cow;

use super::hints::Hints;
use crate::model::{FeedKind, MarkupKind, RawSource, Time};

/// A document.
#[derive(Default)]
pub(super) struct Draft<'a> {
    /// Format in words.
    pub(super) format: String,
    pub(super) kind: FeedKind,
    pub(super) head: Fields<'a>,
    pub(super) hints: Hints,
    pub(super) entries: Vec<Fields<'a>>,
}

/// What a feed or an entry says; both have the same elements.
#[derive(Default)]
pub(super) struct Fields<'a> {
    pub(super) id: Slot<Cow<'a, str>>,
    pub(super) id_is_link: bool,
    pub(super) title: Slot<Text<'a>>,
    /// Subtitle of a feed, summary of an entry.
    pub(super) summary: Slot<Text<'a>>,
    pub(super) content: Slot<Text<'a>>,
    pub(super) rights: Slot<Text<'a>>,
    pub(super) link: Slot<Cow<'a, str>>,
    pub(super) published: Slot<Time>,
    pub(super) updated: Slot<Time>,
    pub(super) language: Slot<Cow<'a, str>>,
    pub(super) generator: Slot<Cow<'a, str>>,
    pub(super) image: Slot<Cow<'a, str>>,
    pub(super) comments: Slot<Cow<'a, str>>,
    pub(super) source: Slot<RawSource>,
    /// Links that are neither the entry's own page nor files.
    pub(super) links: Vec<Link<'a>>,
    pub(super) files: Vec<Link<'a>>,
    /// Seconds, of the first file.
    pub(super) duration: Option<u32>,
    pub(super) people: Vec<Person<'a>>,
    pub(super) categories: Vec<Category<'a>>,
    /// Base of the content's relative URLs, if `xml:base` gives one.
    pub(super) base: Option<String>,
}

/// A field of which the best is kept.
pub(super) struct Slot<T>(Option<Best<T>>);

/// The best value so far.
pub(super) struct Best<T> {
    pub(super) value: T,
    /// The lower, the better.
    pub(super) rank: u8,
    /// The element that gave it.
    pub(super) from: &'static str,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Takes the value unless there is a better one. Of equals the last counts, as it does for most
    /// readers of feeds.
    pub(super) fn offer(&mut self, rank: u8, from: &'static str, value: T) {
        if self.0.as_ref().is_none_or(|best| rank <= best.rank) {
            self.0 = Some(Best { value, rank, from });
        }
    }

    /// Takes the value unless there is one as good: of titles, texts, pictures and alternates the
    /// first is the main one. Gives back the one that is not kept.
    pub(super) fn offer_first(&mut self, rank: u8, from: &'static str, value: T) -> Option<T> {
        let better = self.0.as_ref().is_none_or(|best| rank < best.rank);
        if better {
            let before = self.0.replace(Best { value, rank, from });
            before.map(|best| best.value)
        } else {
            Some(value)
        }
    }

    pub(super) fn best(&self) -> Option<&Best<T>> {
        self.0.as_ref()
    }

    /// The element that gave the best value.
    pub(super) fn from(&self) -> Option<&'static str> {
        self.0.as_ref().map(|best| best.from)
    }

    pub(super) fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|best| &best.value)
    }

    pub(super) fn into_best(self) -> Option<Best<T>> {
        self.0
    }

    pub(super) fn take(self) -> Option<T> {
        self.0.map(|best| best.value)
    }
}

/// A text and how to read it.
#[derive(Clone)]
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) kind: MarkupKind,
}

/// A link or a file.
#[derive(Default)]
pub(super) struct Link<'a> {
    pub(super) href: Cow<'a, str>,
    pub(super) rel: Cow<'a, str>,
    pub(super) mime: Option<Cow<'a, str>>,
    /// Bytes.
    pub(super) length: Option<u64>,
    /// Playing time in seconds.
    pub(super) seconds: Option<u32>,
}

/// A person.
#[derive(Default)]
pub(super) struct Person<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) email: Option<Cow<'a, str>>,
    pub(super) url: Option<Cow<'a, str>>,
    pub(super) role: Cow<'a, str>,
    /// The element that gave it, and how far it is believed.
    pub(super) from: &'static str,
    pub(super) rank: u8,
}

impl Fields<'_> {
    /// True if nothing at all was said.
    pub(super) fn is_empty(&self) -> bool {
        let texts = [&self.title, &self.summary, &self.content, &self.rights];
        let names = [&self.id, &self.link, &self.image, &self.comments];
        texts.iter().all(|slot| slot.0.is_none())
            && names.iter().all(|slot| slot.0.is_none())
            && self.published.0.is_none()
            && self.updated.0.is_none()
            && self.files.is_empty()
            && self.links.is_empty()
            && self.people.is_empty()
            && self.categories.is_empty()
    }
}

impl Person<'_> {
    /// True if the element names nobody.
    pub(super) fn is_empty(&self) -> bool {
        self.name.trim().is_empty()
            && self
                .email
                .as_deref()
                .is_none_or(|mail| mail.trim().is_empty())
    }
}

/// A category.
#[derive(Default)]
pub(super) struct Category<'a> {
    pub(super) term: Cow<'a, str>,
    pub(super) label: Option<Cow<'a, str>>,
    pub(super) scheme: Option<Cow<'a, str>>,
    /// The element that gave it.
    pub(super) from: &'static str,
}
