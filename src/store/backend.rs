//! The contract: what every kind of store can do.
//!
//! Synchronous and dyn-compatible, so that a backend needs no runtime and a test needs no mock.
//! Guarantees that hold for every method: times are UTC; an operation is done whole or not at
//! all; an acknowledged write survives a crash; paging is by key. `tests/contract.rs` runs one
//! suite over all backends.

use std::time::Duration;

use super::StoreError;
use crate::model::{
    ArticleId, ArticleQuery, Batch, Change, Committed, DueFeed, EntryKey, FeedFilter, FeedId,
    FeedRecord, FeedSpec, Known, Page, PageKey, PollRecord, Time,
};

/// All feeds that the feed files name now.
#[derive(Clone, Debug, Default)]
pub struct FeedSet {
    /// Every feed of every file.
    pub specs: Vec<FeedSpec>,
    /// Retire only what vanished from these files; `None`: from any. The daemon owns its store's
    /// feeds; a command run with other settings must not retire them.
    pub origins: Option<Vec<String>>,
    /// For feeds that set no interval of their own.
    pub default_interval: Duration,
}

/// What a sync changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Feeds named for the first time (or again).
    pub added: u32,
    /// Feeds whose entry in the feed file changed.
    pub changed: u32,
    /// Feeds that no file names any more.
    pub retired: u32,
}

/// How to claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The moment of claiming.
    pub now: Time,
    /// How long the feeds are ours.
    pub lease: Duration,
    /// At most so many.
    pub limit: usize,
    /// Hosts that are at their limit; their feeds are passed over.
    pub busy_hosts: Vec<String>,
    /// At most so many of one host in this claim.
    pub per_host: usize,
}

/// A claimed feed with its host.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The feed.
    pub feed: DueFeed,
    /// The host of its URL.
    pub host: String,
}

/// The answer to a claim.
#[derive(Clone, Debug, Default)]
pub struct ClaimedBatch {
    /// The feeds that are ours now.
    pub feeds: Vec<Claimed>,
    /// More feeds are due, but their hosts are at their limit: ask again when one has finished.
    pub held_back: bool,
}

/// Counts for `status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Articles in the store.
    pub articles: u64,
    /// Articles first stored since the moment asked about.
    pub articles_since: u64,
    /// Size of the store's files in bytes.
    pub bytes: u64,
    /// The last number of the change sequence.
    pub last_seq: i64,
}

/// A revision that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 0 for the first version.
    pub revision: u32,
    /// When it was replaced.
    pub replaced_at: Time,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
}

/// One store, seen from one connection.
pub trait Backend: Send {
    /// Makes the store's feeds equal to the feed files': new ones are due at once, vanished ones
    /// are retired (their articles stay), state is kept. A feed with a new URL is due at once, and
    /// what the old URL answered is forgotten, a poll of it that is under way included.
    fn sync_feeds(&mut self, set: &FeedSet, now: Time) -> Result<SyncReport, StoreError>;

    /// Leases due feeds, longest overdue first, and **reserves** their next poll at now plus the
    /// feed's interval before any request is sent, so that a crash loop can never poll twice.
    fn claim_due(&mut self, claim: &Claim) -> Result<ClaimedBatch, StoreError>;

    /// Leases the named feeds, due or not, and reserves their next poll as [`Self::claim_due`]
    /// does; those under another's lease, paused, retired or gone are left out.
    fn claim(
        &mut self,
        ids: &[FeedId],
        now: Time,
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Gives back claimed feeds that were never requested: due again when they were.
    fn release(&mut self, feeds: &[DueFeed]) -> Result<(), StoreError>;

    /// Ends all leases, left by processes that died; their reserved next polls stand. Call it only
    /// while holding the store's polling lock alone ([`super::PollLock`]). Returns how many.
    fn break_leases(&mut self) -> Result<u64, StoreError>;

    /// The first moment after `now` at which a feed may fall due, whatever polls under way commit
    /// until then; never later than one does. `None` if no feed is waiting or being polled.
    fn next_due(&mut self, now: Time) -> Result<Option<Time>, StoreError>;

    /// What is known of a document's entries.
    fn known(&mut self, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Result<Known, StoreError>;

    /// Commits several batches in one transaction. The outer error means that none was kept; an
    /// inner one that this batch alone was refused. A lease is good for one commit.
    fn commit(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError>;

    /// Feeds, ordered by id.
    fn feeds(&mut self, filter: &FeedFilter) -> Result<Vec<FeedRecord>, StoreError>;

    /// A feed's latest polls, newest first.
    fn polls(&mut self, feed: &FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError>;

    /// A page of articles, ordered by publication (else first sight); markup only if it is asked
    /// for.
    fn articles(
        &mut self,
        query: &ArticleQuery,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// How many articles a query has.
    fn count(&mut self, query: &ArticleQuery) -> Result<u64, StoreError>;

    /// The change sequence after a number, in order; without the markup of bodies.
    fn changes(&mut self, after_seq: i64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// An article's replaced versions, oldest first.
    fn revisions(&mut self, id: ArticleId) -> Result<Vec<Revision>, StoreError>;

    /// Deletes articles and leaves tombstones. Returns how many there were.
    fn delete(&mut self, ids: &[ArticleId], reason: &str, now: Time) -> Result<u32, StoreError>;

    /// Drops poll history before a moment, some thousand polls in a call, and tidies after the
    /// last. Returns how many polls were dropped; call again until there are none.
    fn maintain(&mut self, history_before: Time) -> Result<u64, StoreError>;

    /// Counts; `since` is the moment for `articles_since`.
    fn totals(&mut self, since: Time) -> Result<Totals, StoreError>;
}
