//! One article by name, and where it has been: who carried it, and the versions it had before.

use super::{ArticleId, FeedId, Time};

/// How people name an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArticleName {
    /// An id or the beginning of one: the ids from the first to the last that begin so.
    Id(ArticleId, ArticleId),
    /// A URL, as published or canonical.
    Url(String),
}

impl ArticleName {
    /// Hex digits that name an article at least; fewer are more likely a slip.
    pub const FEWEST_DIGITS: usize = 4;

    /// The article with exactly this id.
    #[must_use]
    pub fn exactly(id: ArticleId) -> Self {
        Self::Id(id, id)
    }

    /// A name as it is typed: an id, 4 or more of its first digits, or an http(s) URL; `None` if it
    /// is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return Some(Self::Url(text.to_owned()));
        }
        let bytes = |fill| {
            let digit = |at| text.as_bytes().get(at).map_or(Some(fill), hex);
            let mut id = [0; 16];
            for (at, byte) in id.iter_mut().enumerate() {
                *byte = digit(2 * at)? << 4 | digit(2 * at + 1)?;
            }
            Some(ArticleId(id))
        };
        (Self::FEWEST_DIGITS..=32)
            .contains(&text.len())
            .then(|| Some(Self::Id(bytes(0)?, bytes(15)?)))
            .flatten()
    }
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).map(|value| value as u8)
}

/// One feed that carried an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The feed.
    pub feed: FeedId,
    /// What the feed called the entry.
    pub guid: Option<String>,
    /// When the feed first had it.
    pub first_seen: Time,
    /// When the feed last had it, as far as it was looked at.
    pub last_seen: Time,
    /// The current version is this feed's.
    pub owner: bool,
}

/// A version of an article that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 0 for the first version.
    pub revision: u32,
    /// When it was replaced.
    pub replaced_at: Time,
    /// The feed whose version it was; `None` for an import.
    pub feed: Option<FeedId>,
    /// Its title.
    pub title: String,
    /// Its authors.
    pub authors: Vec<String>,
    /// Its link.
    pub url: Option<String>,
    /// Its publication date.
    pub published_at: Option<Time>,
    /// Its date of the last edit, as the publisher gave it.
    pub updated_at: Option<Time>,
    /// Its teaser.
    pub summary: Option<String>,
    /// Its body.
    pub body: String,
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
