//! `Article`, the record that everything is turned into and that every export writes.
//!
//! What a store adds (sequence number, sightings, revisions) is in [`StoredArticle`], so that an
//! article can be shown by `preview` without any store.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FeedId, Time};

/// The stable id of an article: 128 bits of a SHA-256 over its identity.
///
/// The identity is the canonical URL if the article has one of its own, else the feed and its
/// entry key, else (imports without a URL) title and body. Written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArticleId(pub [u8; 16]);

/// 128 bits over what makes an article's content: title, authors, link and body.
///
/// Dates, tags and counters are left out on purpose: publishers let them flap.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

macro_rules! hex_bytes {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}
pub(crate) use hex_bytes;
hex_bytes!(ArticleId);
hex_bytes!(Fingerprint);

/// Where `published_at` comes from; a date is never invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSource {
    /// The feed's own publication date.
    Feed,
    /// The feed gives only an update date; it is used in place of the publication date.
    FeedUpdated,
    /// The article's page.
    Page,
    /// An imported file.
    Import,
    /// No date is known: `published_at` is empty, and `first_seen` orders the article.
    None,
}

/// Where the body comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    /// The feed's full content element.
    Content,
    /// The feed's summary or description, for want of a content element.
    Summary,
    /// A media description (videos).
    Media,
    /// An imported file.
    Import,
    /// The entry has no body.
    None,
}

macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// The name as exports and the store write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            /// The value of a name that [`Self::as_str`] wrote.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use text_enum;
text_enum!(DateSource { Feed = "feed", FeedUpdated = "feed_updated", Page = "page", Import = "import", None = "none" });
text_enum!(Extraction { Content = "content", Summary = "summary", Media = "media", Import = "import", None = "none" });

/// A file that belongs to an article: a podcast episode, an image, a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Absolute http(s) URL.
    pub url: String,
    /// MIME type as the feed gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Size in bytes as the feed gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// One news article, normalized.
///
/// All texts are plain text without markup or control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// See [`ArticleId`].
    pub id: ArticleId,
    /// One line; empty if the publisher gave none.
    pub title: String,
    /// Names, without e-mail addresses.
    pub authors: Vec<String>,
    /// The source's name: the feed's `name`, else the document's title, else its host.
    pub source: String,
    /// The link as the publisher wrote it, made absolute.
    pub url: Option<String>,
    /// `url` without fragment and tracking parameters; what identity is made of.
    pub canonical_url: Option<String>,
    /// The publisher's own id of the entry.
    pub guid: Option<String>,
    /// Publication time, if one is known; see `published_from`.
    pub published_at: Option<Time>,
    /// Where `published_at` comes from.
    pub published_from: DateSource,
    /// The publisher's date of the last edit.
    pub updated_at: Option<Time>,
    /// BCP 47 tag as the feed declares it.
    pub language: Option<String>,
    /// Categories in document order, without repeats.
    pub tags: Vec<String>,
    /// Attached files in document order.
    pub enclosures: Vec<Enclosure>,
    /// The feed's teaser as one-paragraph-a-line text, if it differs from the body.
    pub summary: Option<String>,
    /// One paragraph a line, no blank lines, no newline at the end; may be empty.
    pub body: String,
    /// Where `body` comes from.
    pub extraction: Extraction,
    /// Over title, authors, link and body.
    pub fingerprint: Fingerprint,
}

impl Article {
    /// Words in the body: runs of bytes between ASCII white space and no-break spaces. Scripts
    /// that write without spaces come out low.
    #[must_use]
    pub fn words(&self) -> usize {
        let mut words = 0;
        let mut in_word = false;
        let mut last = 0;
        for byte in self.body.bytes() {
            // A no-break space is C2 A0 in UTF-8; C2 alone says nothing yet.
            if byte != 0xc2 {
                let space = byte.is_ascii_whitespace() || (last == 0xc2 && byte == 0xa0);
                words += usize::from(!space && !in_word);
                in_word = !space;
            }
            last = byte;
        }
        words
    }
}

/// An article as a store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArticle {
    /// The current version.
    pub article: Article,
    /// Its number in the store's one change sequence; grows with every edit.
    pub seq: i64,
    /// When Tidings first stored it.
    pub first_seen: Time,
    /// When Tidings stored the current version.
    pub changed_at: Time,
    /// 0 for the first version, then one more for each edit.
    pub revision: u32,
    /// The feeds that carried it, oldest sighting first.
    pub feeds: Vec<FeedId>,
}
