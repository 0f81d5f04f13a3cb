//! The vocabulary: plain values that the stages hand to each other.
//!
//! Nothing here does I/O, reads a clock or knows a crate beyond serde, chrono and ipnet.
//! A stage that wants something from another stage gets it as one of these values.

mod access;
mod article;
mod backfill;
mod batch;
mod cleanup;
mod cursor;
mod entry;
mod feed;
mod fetched;
mod history;
mod names;
pub mod near;
mod query;
mod raw;
mod retention;
mod safe;
mod scope;
pub mod search;
mod spec;
mod spread;
mod subscription;

pub use access::{Access, InvalidOpening, NO_PROXY, Opening, ProxySpec, Way};
pub use article::{
    Article, ArticleId, Category, Contributor, DateSource, Details, Enclosure, Extraction,
    Fingerprint, RawHtml, StoreId, StoredArticle, TakenFrom,
};
pub use backfill::{Backfill, Cursor, PageCommit, PageRecord, PageSource};
pub use batch::{
    Action, Batch, Committed, Decided, FeedCommit, HostPause, Known, KnownArticle, KnownSighting,
    Outcome, PollRecord,
};
pub use cleanup::{Cleanup, RuleGroup};
pub use cursor::{ChangePosition, ExportCursor, InvalidPosition, PendingPart, PendingRange};
pub use entry::{
    EntryKey, FeedHints, Markup, MarkupKind, Position, Problem, RawCategory, RawEntry, RawFeed,
    RawLink, RawMedia, RawPerson, RawSource, Repair,
};
pub use feed::{
    DueFeed, FeedFacts, FeedOutline, FeedRecord, FeedState, Gaps, Health, Move, Redirect, Rhythm,
    Staleness, Standing, Unread,
};
pub(crate) use fetched::later;
pub use fetched::{
    Alternate, CacheHints, FailKind, Failure, Fetched, NewBody, Permanence, Posted, Resume,
    Validators,
};
pub use history::{ArticleName, Revision, Sighting};
pub use names::{Names, TrustedNames};
pub use query::{
    ArticleQuery, Change, ChangePage, ChangeQuery, FeedFilter, Order, Page, PageKey, Removal,
};
pub use raw::{KeepRaw, Kept, Namesake, RawCaps, RawDocument, RawPlace, RawRule, Replay, Said};
pub use retention::{Horizon, KeepRule, PruneReason, Retention, prune_reason};
pub use safe::{printable, redact_url};
pub use scope::{pause_until, scope_of, spacing_of};
pub use spec::{FeedId, FeedKind, FeedSpec, HeaderSpec, InvalidFeedId, Secret};
pub use spread::Spread;
pub use subscription::{
    HubLinks, Leave, NewSubscription, Push, RefusedDeliveries, Subscription, SubscriptionState,
};

/// A moment in UTC; the store keeps whole milliseconds.
pub type Time = chrono::DateTime<chrono::Utc>;

/// False for a clock that was never set: no machine that runs this shows a moment before 2026.
pub(crate) fn is_clock_set(now: Time) -> bool {
    now.timestamp() >= 1_767_225_600
}
