//! What a document says, before anyone decides what it means: `RawFeed` and its entries.

use super::{Enclosure, Time, article::hex_bytes};
use std::fmt;

/// What identifies an entry within its feed: 128 bits over guid, link or content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub [u8; 16]);
hex_bytes!(EntryKey);

/// How a piece of text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkupKind {
    /// Characters as they stand (Atom `type="text"`, JSON Feed `content_text`).
    Text,
    /// HTML, or RSS text that may hold HTML.
    Html,
}

/// A piece of text with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup {
    /// The text as the parser gave it.
    pub text: String,
    /// How to read it.
    pub kind: MarkupKind,
}

/// A media object of an entry (Media RSS, enclosures).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawMedia {
    /// The files it names.
    pub files: Vec<Enclosure>,
    /// `media:description`.
    pub description: Option<Markup>,
    /// `media:credit` and `itunes:author` names.
    pub credits: Vec<String>,
}

/// One entry as the document gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// The publisher's id; never one that a parser made up.
    pub guid: Option<String>,
    /// The entry's own link (`rel` alternate or none); may be relative.
    pub link: Option<String>,
    /// Title.
    pub title: Option<Markup>,
    /// Author names as given.
    pub authors: Vec<String>,
    /// Publication date.
    pub published: Option<Time>,
    /// Date of the last edit.
    pub updated: Option<Time>,
    /// The full content element.
    pub content: Option<Markup>,
    /// Summary or description.
    pub summary: Option<Markup>,
    /// Category terms or labels.
    pub categories: Vec<String>,
    /// Media objects and enclosures.
    pub media: Vec<RawMedia>,
    /// `xml:base` in force for the content.
    pub base: Option<String>,
    /// The entry's own language.
    pub language: Option<String>,
}

/// What the document says about when to come back (RSS 2.0 `ttl`, `skipHours`, `skipDays`; the
/// syndication module's `sy:*`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedHints {
    /// Minutes, from `ttl`, or from `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub minutes: Option<u32>,
    /// Hours of the day (0 to 23, GMT) in which not to poll.
    pub skip_hours: Vec<u8>,
    /// Days (0 = Monday) on which not to poll.
    pub skip_days: Vec<u8>,
}

/// A document as the parser understood it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawFeed {
    /// Format in words, e.g. `RSS 2.0`.
    pub format: String,
    /// Title.
    pub title: Option<Markup>,
    /// The site's page.
    pub site_url: Option<String>,
    /// Declared language.
    pub language: Option<String>,
    /// The feed's own authors.
    pub authors: Vec<String>,
    /// When to come back.
    pub hints: FeedHints,
    /// Entries in document order.
    pub entries: Vec<RawEntry>,
    /// What had to be mended before the parser could read it.
    pub repairs: Vec<Repair>,
}

/// One thing that was wrong with a document and was mended before parsing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong, in words.
    pub what: String,
}

/// One entry's defect: the entry is kept, poorer; or it is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Zero-based position in the document.
    pub entry: usize,
    /// What is wrong, in words.
    pub what: String,
}
