//! Questions to the store, the same for every backend.

use super::{ArticleId, FeedId, StoredArticle, Time, search};

/// Which articles; all conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleQuery {
    /// Carried by any of these feeds; empty = all.
    pub feeds: Vec<FeedId>,
    /// Carried by a feed with any of these labels; empty = all.
    pub feed_tags: Vec<String>,
    /// Carried by no feed at all: imported, and never found in a feed since.
    pub is_feedless: bool,
    /// Published (else first seen) at or after.
    pub since: Option<Time>,
    /// Published (else first seen) before.
    pub until: Option<Time>,
    /// First seen at or after.
    pub since_collected: Option<Time>,
    /// First seen before.
    pub until_collected: Option<Time>,
    /// In any of these languages; `pt` is every Portuguese, `pt-BR` is one. Empty = all.
    pub languages: Vec<String>,
    /// By any of these authors, whatever the case of A to Z; empty = all.
    pub authors: Vec<String>,
    /// With at least so many words.
    pub min_words: Option<u32>,
    /// What they are ordered by.
    pub order: Order,
    /// That a search finds.
    pub search: Option<search::Query>,
    /// Of articles that are near copies of each other the first alone: of those that fulfil all the
    /// other conditions the one that was stored first.
    pub one_per_cluster: bool,
    /// Newest first instead of oldest first.
    pub newest_first: bool,
    /// With the markup of bodies, which takes longer to read than all the rest.
    pub with_html: bool,
}

/// What articles are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Publication, else first sight.
    #[default]
    Published,
    /// First sight.
    Collected,
    /// The change sequence. An article that changes while pages are read comes again, at its new
    /// place.
    Changed,
}

/// Where a page of articles ends: pass it to get the next page. Opaque outside the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageKey {
    /// What the query orders by: milliseconds since 1970, or a number of the change sequence.
    pub sort_at: i64,
    /// Breaks ties.
    pub row: i64,
}

/// A page of articles, in the order that was asked for.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The articles.
    pub articles: Vec<StoredArticle>,
    /// Set if there may be more.
    pub next: Option<PageKey>,
}

/// One step of the store's change sequence. An article that changed more than once since a
/// cursor appears once, at its latest number.
#[derive(Clone, Debug)]
pub enum Change {
    /// Inserted or edited.
    Upsert(Box<StoredArticle>),
    /// Deleted, or no longer what was asked for.
    Delete {
        /// Which article.
        id: ArticleId,
        /// Number in the change sequence.
        seq: i64,
        /// When it was deleted or edited.
        at: Time,
        /// Which of the two.
        reason: Removal,
    },
}

impl Change {
    /// The change's number; a cursor is such a number.
    #[must_use]
    pub fn seq(&self) -> i64 {
        match self {
            Self::Upsert(stored) => stored.seq,
            Self::Delete { seq, .. } => *seq,
        }
    }
}

/// Why a reader of changes should drop an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is no longer in the store.
    Deleted,
    /// It was edited, and the question's conditions do not hold for it. It may never have been told of.
    Unmatched,
}

impl Removal {
    /// Its name in exports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Unmatched => "unmatched",
        }
    }
}

/// A step through the change sequence.
#[derive(Clone, Debug, Default)]
pub struct ChangeQuery {
    /// Which articles; its order means nothing here.
    pub articles: ArticleQuery,
    /// Behind this number.
    pub after: i64,
    /// Up to this number; `None`: to the present.
    pub until: Option<i64>,
    /// So many changes are looked at, and fewer told if not all are asked for.
    pub limit: usize,
}

/// What a step through the change sequence found.
#[derive(Clone, Debug, Default)]
pub struct ChangePage {
    /// In the order of their numbers.
    pub changes: Vec<Change>,
    /// Everything up to this number was looked at: the next step begins behind it.
    pub through: i64,
    /// The last number of the sequence at this moment.
    pub last: i64,
}

/// Which feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedFilter {
    /// Only these; empty = all.
    pub ids: Vec<FeedId>,
    /// Also those that no feed file names any more.
    pub retired: bool,
    /// Count each feed's articles (costs a scan of its sightings).
    pub count_articles: bool,
    /// Only those whose id comes after this one.
    pub after: Option<FeedId>,
    /// At most so many; `None` = all.
    pub limit: Option<usize>,
}
