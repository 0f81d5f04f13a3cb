//! The vocabulary: plain values that the stages hand to each other.
//!
//! Nothing here does I/O, reads a clock or knows a crate beyond serde and chrono.
//! A stage that wants something from another stage gets it as one of these values.

mod article;
mod batch;
mod cleanup;
mod entry;
mod feed;
mod fetched;
mod query;
mod safe;
mod spec;

pub use article::{
    Article, ArticleId, Category, Contributor, DateSource, Details, Enclosure, Extraction,
    Fingerprint, RawHtml, StoredArticle, TakenFrom,
};
pub use batch::{
    Action, Batch, Committed, Decided, FeedCommit, Known, KnownArticle, KnownSighting, Outcome,
    PollRecord,
};
pub use cleanup::{Cleanup, RuleGroup};
pub use entry::{
    EntryKey, FeedHints, Markup, MarkupKind, Position, Problem, RawCategory, RawEntry, RawFeed,
    RawLink, RawMedia, RawPerson, RawSource, Repair,
};
pub use feed::{DueFeed, FeedFacts, FeedRecord, FeedState, Health, Redirect, Rhythm};
pub(crate) use fetched::later;
pub use fetched::{CacheHints, FailKind, Failure, Fetched, NewBody, Permanence, Validators};
pub use query::{ArticleQuery, Change, FeedFilter, Page, PageKey};
pub use safe::{printable, redact_url};
pub use spec::{FeedId, FeedSpec, HeaderSpec, InvalidFeedId, Secret};

/// A moment in UTC; the store keeps whole milliseconds.
pub type Time = chrono::DateTime<chrono::Utc>;
