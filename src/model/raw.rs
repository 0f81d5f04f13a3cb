//! Documents as they came: which are kept, how many, and what reading them once more brings.

use serde::{Deserialize, Serialize};

use super::{Article, ArticleId, Decided, EntryKey, FeedId, Time, article::text_enum};

/// Which documents of a feed are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepRaw {
    /// None at all.
    None,
    /// Those that could not be read, until the feed can be read again.
    #[default]
    Failed,
    /// Those too that brought something new or changed something.
    Changed,
}
text_enum!(KeepRaw { None = "none", Failed = "failed", Changed = "changed" });

impl KeepRaw {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Changed, Self::Failed, Self::None];
}

/// How many documents that were read are kept; the oldest go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCaps {
    /// Of a feed.
    pub documents: u32,
    /// Of all feeds together, in bytes as they are stored.
    pub bytes: u64,
}

impl Default for RawCaps {
    fn default() -> Self {
        Self {
            documents: 20,
            bytes: 256 << 20,
        }
    }
}

/// What the settings say about kept documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawRule {
    /// Of feeds that say nothing else.
    pub keep: KeepRaw,
    /// How many.
    pub caps: RawCaps,
}

/// A document as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDocument {
    /// When it was fetched; of one that was read, the moment at which what it brought was stored.
    pub at: Time,
    /// The URL that answered.
    pub url: String,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Decoded of its content coding.
    pub bytes: bytes::Bytes,
}

impl RawDocument {
    /// A larger document is not kept, in bytes.
    pub const MOST_BYTES: u64 = 16 << 20;
}

/// Where a kept document is in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawPlace {
    /// Its number.
    pub row: i64,
    /// See [`RawDocument::at`].
    pub at: Time,
    /// It could be read when it came.
    pub was_read: bool,
    /// Its size as it is stored.
    pub stored_bytes: u64,
}

/// What becomes of a feed's kept documents.
#[derive(Clone, Debug, Default)]
pub enum Kept {
    /// Those that are there stay.
    #[default]
    AsBefore,
    /// Those that could not be read go: the feed can be read again.
    Nothing,
    /// One more that could not be read is kept, and the oldest of them beyond a few go.
    One(RawDocument),
    /// Those that could not be read go, and this one, which could, is kept.
    Read(RawDocument, RawCaps),
}

impl Kept {
    /// The document that is to be kept.
    #[must_use]
    pub fn document(&self) -> Option<&RawDocument> {
        match self {
            Self::One(document) | Self::Read(document, _) => Some(document),
            Self::AsBefore | Self::Nothing => None,
        }
    }
}

/// What reading a kept document once more brings.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Of which feed.
    pub feed: FeedId,
    /// When the document said it: a later version of an article is not touched.
    pub said_at: Time,
    /// Its entries; none of them counts as seen now.
    pub entries: Vec<Decided>,
    /// The moment to stamp new versions with.
    pub now: Time,
}

/// A stored article, and when the document that its version is from said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// With its markup.
    pub article: Article,
    /// The moment at which the version was stored, or that of the document which was replayed.
    pub said_at: Time,
}

/// An article of a feed, as far as an entry can be known again by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// Which article.
    pub id: ArticleId,
    /// Its key in the feed.
    pub key: EntryKey,
    /// Its title.
    pub title: String,
    /// Its body, or else its summary.
    pub content: String,
    /// When it was published.
    pub published_at: Option<Time>,
}
