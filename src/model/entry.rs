//! What a document says, before anyone decides what it means: `RawFeed` and its entries.

use super::{Enclosure, FeedKind, Time, article::hex_bytes};
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
}

/// A person, or an office that stands for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawPerson {
    /// The name as given; it may hold an address, markup or several names.
    pub name: Option<String>,
    /// Mail address, where the format has a place of its own for it.
    pub email: Option<String>,
    /// Home page.
    pub url: Option<String>,
    /// What the person did, in lower case: `author`, `contributor`, `editor`, `publisher`,
    /// `webmaster`, or a role of `media:credit`.
    pub role: String,
}

impl From<&str> for RawPerson {
    /// An author of that name.
    fn from(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            role: "author".to_owned(),
            ..Self::default()
        }
    }
}

/// A link with what the document says of it (Atom `link`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawLink {
    /// Where to; may be relative.
    pub href: String,
    /// What for: `self`, `hub`, `next`, `prev-archive`, `replies`, ...
    pub rel: String,
    /// MIME type.
    pub mime: Option<String>,
}

/// A category.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawCategory {
    /// What a machine reads (Atom `term`, RSS text).
    pub term: String,
    /// What a person reads, if that is another text.
    pub label: Option<String>,
    /// The vocabulary it is from (Atom `scheme`, RSS `domain`).
    pub scheme: Option<String>,
}

impl From<&str> for RawCategory {
    /// A term of no vocabulary.
    fn from(term: &str) -> Self {
        Self {
            term: term.to_owned(),
            ..Self::default()
        }
    }
}

/// The feed an entry was taken over from (RSS and Atom `source`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawSource {
    /// Its title.
    pub title: Option<String>,
    /// The feed's URL or its site's.
    pub url: Option<String>,
    /// True if the URL is a page (Atom's alternate link) and no feed.
    pub is_page: bool,
}

/// One entry as the document gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// The publisher's id; never one that a parser made up.
    pub guid: Option<String>,
    /// True if the document says that the guid is the entry's URL (RSS `isPermaLink`).
    pub guid_is_link: bool,
    /// The entry's own link (`rel` alternate or none); may be relative.
    pub link: Option<String>,
    /// Title.
    pub title: Option<Markup>,
    /// Who wrote it.
    pub authors: Vec<RawPerson>,
    /// Who else had a part in it.
    pub contributors: Vec<RawPerson>,
    /// Publication date.
    pub published: Option<Time>,
    /// Date of the last edit.
    pub updated: Option<Time>,
    /// The full content element.
    pub content: Option<Markup>,
    /// Summary or description.
    pub summary: Option<Markup>,
    /// Categories in document order.
    pub categories: Vec<RawCategory>,
    /// Media objects and enclosures.
    pub media: Vec<RawMedia>,
    /// A picture that stands for the entry.
    pub image: Option<String>,
    /// The page with its comments.
    pub comments: Option<String>,
    /// Rights or licence.
    pub rights: Option<Markup>,
    /// Where it was taken over from.
    pub source: Option<RawSource>,
    /// Its other links.
    pub links: Vec<RawLink>,
    /// `xml:base` in force for the content.
    pub base: Option<String>,
    /// The entry's own language.
    pub language: Option<String>,
    /// Which element gave each field, as `(field, element)`, e.g. `("author", "dc:creator")`.
    pub origins: Vec<(&'static str, &'static str)>,
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
    /// What it is.
    pub kind: FeedKind,
    /// The encoding it was written in, by its WHATWG or IANA name.
    pub encoding: String,
    /// The publisher's id of the feed.
    pub id: Option<String>,
    /// Title.
    pub title: Option<Markup>,
    /// Subtitle or description.
    pub subtitle: Option<Markup>,
    /// The site's page.
    pub site_url: Option<String>,
    /// Its other links: `self`, `hub`, `next`, `prev`, ...
    pub links: Vec<RawLink>,
    /// Declared language.
    pub language: Option<String>,
    /// The software that wrote it.
    pub generator: Option<String>,
    /// Rights or licence.
    pub rights: Option<Markup>,
    /// Logo or icon.
    pub image: Option<String>,
    /// The feed's own authors.
    pub authors: Vec<RawPerson>,
    /// Who else had a part in it: editor, publisher, webmaster, contributors.
    pub contributors: Vec<RawPerson>,
    /// The feed's own categories.
    pub categories: Vec<RawCategory>,
    /// When the feed was published.
    pub published: Option<Time>,
    /// When the feed last changed.
    pub updated: Option<Time>,
    /// When to come back.
    pub hints: FeedHints,
    /// Entries in document order.
    pub entries: Vec<RawEntry>,
    /// What was wrong with it, and was mended while it was read.
    pub repairs: Vec<Repair>,
}

/// A place in a document, counted from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// One kind of defect of a document, mended while it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong and how it was read, in words.
    pub what: String,
    /// Where it was met first; `None` where it concerns the whole document.
    pub at: Option<Position>,
    /// How often it was met.
    pub times: usize,
}

impl Repair {
    /// A defect of the whole document.
    #[must_use]
    pub fn of_document(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            at: None,
            times: 1,
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "line {}, column {}: ", at.line, at.column)?;
        }
        f.write_str(&self.what)?;
        if self.times > 1 {
            write!(f, " ({} times)", self.times)?;
        }
        Ok(())
    }
}

/// One entry's defect: the entry is kept, poorer; or it is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Zero-based position in the document.
    pub entry: usize,
    /// What is wrong, in words.
    pub what: String,
}
