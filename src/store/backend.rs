//! The contract: what every kind of store can do.
//!
//! Synchronous and dyn-compatible, so that a backend needs no runtime and a test needs no mock.
//! Guarantees that hold for every method: times are UTC; an operation is done whole or not at
//! all; an acknowledged write survives a crash; paging is by key. `tests/contract.rs` runs one
//! suite over all backends.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Packed, StoreError};
use crate::model::{
    ArticleId, ArticleName, ArticleQuery, Backfill, Batch, Change, ChangePage, ChangeQuery,
    Committed, Cursor, DueFeed, EntryKey, ExportCursor, FeedFilter, FeedId, FeedOutline,
    FeedRecord, FeedSpec, Health, Horizon, HostPause, KeepRule, Known, Leave, Namesake,
    NewSubscription, Page, PageCommit, PageKey, PollRecord, PruneReason, Push, RawDocument,
    RawPlace, Replay, Retention, Revision, Said, Sighting, Spread, StoreId, StoredArticle,
    Subscription, Time,
};

/// All feeds that the feed files name now.
#[derive(Clone, Debug, Default)]
pub struct FeedSet {
    /// Every feed of every file.
    pub specs: Arc<[FeedSpec]>,
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
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The moment of claiming.
    pub now: Time,
    /// How long the feeds are ours; longer than nothing.
    pub lease: Duration,
    /// At most so many.
    pub limit: usize,
    /// At most so many leases of one scope at a time, whoever holds them.
    pub per_host: usize,
    /// Time between two claims of one scope; [`crate::model::spacing_of`] may lengthen it.
    pub spacing: Duration,
    /// Requests will follow. Not where the answer is here already: then it is nobody's turn, and
    /// none is used up.
    pub asks: bool,
}

/// How to take a host's turn for requests that are no poll's.
#[derive(Clone, Copy, Debug)]
pub struct HostTurn {
    /// The moment of asking.
    pub now: Time,
    /// None while so many polls of the scope are under way.
    pub per_host: usize,
    /// Time between two requests of the scope; [`crate::model::spacing_of`] may lengthen it.
    pub spacing: Duration,
    /// So many are sent, one after the other.
    pub requests: u32,
}

/// A claimed feed with its politeness scope.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The feed.
    pub feed: DueFeed,
    /// See [`crate::model::scope_of`].
    pub scope: String,
}

/// The answer to a claim by name.
#[derive(Clone, Debug, Default)]
pub struct NamedClaims {
    /// The feeds that are ours now, in the order of asking.
    pub feeds: Vec<Claimed>,
    /// Feeds whose scope's turn has not come, and the moment at which to ask again. Where the scope
    /// is full that is the end of a lease, and any poll's end may come sooner.
    pub waiting: Vec<(FeedId, Time)>,
}

/// What was planned anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replanned {
    /// Plans that had been made ahead of the clock.
    pub mended: u64,
    /// Overdue feeds that were spread.
    pub spread: u64,
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
    /// Start of the latest poll in the history.
    pub last_poll: Option<Time>,
    /// How often entries may have been lost between two polls.
    pub gaps: u64,
    /// Articles that retention has deleted since the store was made.
    pub pruned: u64,
}

/// Which articles a step of pruning looks at, and what it may delete.
#[derive(Clone, Debug, Default)]
pub struct Pruning {
    /// Of each feed that lets articles go, by its number in the store.
    pub horizons: BTreeMap<i64, Horizon>,
    /// Articles before this date are looked at, oldest first; in milliseconds since 1970.
    pub end: i64,
    /// Behind this one.
    pub after: Option<PageKey>,
    /// So many may go for want of space.
    pub needed: u64,
}

/// An article that goes, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedArticle {
    /// Which.
    pub id: ArticleId,
    /// Its title.
    pub title: String,
    /// When it was published, else first seen.
    pub at: Time,
    /// Why it goes.
    pub reason: PruneReason,
}

/// What a step of pruning did.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// What went.
    pub articles: Vec<PrunedArticle>,
    /// Where the next step begins; `None`: there is none.
    pub next: Option<PageKey>,
}

/// An article of an export, to be taken back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// As it was exported; its number is not kept.
    pub article: StoredArticle,
    /// Identity of its entry in its feeds, as far as that can be told.
    pub key: EntryKey,
    /// The same where another entry of a feed has that key.
    pub other_key: EntryKey,
}

/// One store, seen from one connection.
pub trait Backend: Send {
    /// Makes the store's feeds equal to the feed files': new ones are due at once, vanished ones
    /// are retired (their articles stay), state is kept. A feed with a new URL is due at once, and
    /// what the old URL answered counts no longer, a poll of it that is under way included; but a URL
    /// that this feed or another left before is taken up as it was left. A feed that is named for the first
    /// time and has the URL of one that is named no longer is that one. One with a
    /// shorter interval is due that interval after its last poll if the old interval decided.
    fn sync_feeds(&mut self, set: &FeedSet, now: Time) -> Result<SyncReport, StoreError>;

    /// Leases due feeds, and **reserves** their next poll at now plus the feed's interval before any
    /// request is sent, so that a crash loop can never poll twice. Scopes that have waited longest
    /// come first, and of each its longest overdue feed; none gets more leases than it may have, or
    /// two within its spacing, or any during a pause. What this costs depends on the feeds claimed, not on
    /// how many there are or how they are distributed over hosts.
    fn claim_due(&mut self, claim: &Claim) -> Result<Vec<Claimed>, StoreError>;

    /// Leases the named feeds (`limit` does not count), due or not, under the same rules; those under
    /// another's lease, paused, retired or gone are left out.
    fn claim(&mut self, ids: &[FeedId], claim: &Claim) -> Result<NamedClaims, StoreError>;

    /// Gives back claimed feeds that were never requested: due again when they were.
    fn release(&mut self, feeds: &[DueFeed]) -> Result<(), StoreError>;

    /// Ends all leases, left by processes that died; their reserved next polls stand. Call it only
    /// while holding the store's polling lock alone ([`super::PollLock`]). Returns how many.
    fn break_leases(&mut self) -> Result<u64, StoreError>;

    /// The first moment at which a feed may be claimed as things stand; may have passed. A claim, a
    /// commit or a release may change it. `None` if no feed is polled.
    fn next_due(&mut self) -> Result<Option<Time>, StoreError>;

    /// To be called when polling starts and when the clock has jumped. Plans (next polls, leases,
    /// `Retry-After`s, pauses) that were made ahead of the clock are moved back by as much, so that
    /// each wait lasts as long as was decided, counted from now, and no feed is stuck. With `spread`,
    /// overdue feeds get places one after the other, longest overdue first, never polled ones last.
    fn replan(&mut self, now: Time, spread: Option<Spread>) -> Result<Replanned, StoreError>;

    /// Scopes that servers asked to leave alone, and until when.
    fn host_pauses(&mut self, now: Time) -> Result<Vec<HostPause>, StoreError>;

    /// Those of [`Self::host_pauses`] that anybody noted since a moment; costs nothing while there are
    /// none.
    fn pauses_since(&mut self, noted: Time, now: Time) -> Result<Vec<HostPause>, StoreError>;

    /// Takes a scope's turn for requests that are no poll's, so that claims keep their distance; `None` if
    /// they may be sent now, otherwise when to ask again (a poll's end may come sooner). Pauses are not looked at.
    fn take_turn(&mut self, scope: &str, turn: &HostTurn) -> Result<Option<Time>, StoreError>;

    /// The feeds that the feed files name, counted by [`FeedRecord::health`], without reading them.
    fn health(&mut self, now: Time) -> Result<BTreeMap<Health, u64>, StoreError>;

    /// What is known of a document's entries.
    fn known(&mut self, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Result<Known, StoreError>;

    /// Commits several batches in one transaction, the pauses that servers asked for included. The outer error means that none was kept; an
    /// inner one that this batch alone was refused. A lease is good for one commit.
    fn commit_packed(
        &mut self,
        batches: &[Packed],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError>;

    /// [`Self::commit_packed`] for callers who have but one thread.
    fn commit(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let packed = batches.iter().cloned().map(Packed::new);
        self.commit_packed(&packed.collect::<Result<Vec<_>, _>>()?)
    }

    /// Takes back articles that an export held, with the ids, dates, versions and feeds that they had;
    /// each takes a new number of the change sequence. A known article is changed if the export's
    /// version is the later one, and one that was deleted stays deleted.
    fn restore(&mut self, articles: &[Restored], now: Time) -> Result<Committed, StoreError>;

    /// Commits what a hub delivered, with its line in the history; what polls know of the feed and
    /// when they come stays as it is, but for the moment of the last news. `None`, and nothing kept:
    /// the feed is not polled any more.
    fn push(&mut self, push: &Push) -> Result<Option<Committed>, StoreError>;

    /// Brings a feed's next poll forward to `at`, if it is later, because its hub has news; a poll under
    /// way is not touched.
    fn hasten(&mut self, feed: &FeedId, at: Time) -> Result<(), StoreError>;

    /// Writes down that a feed wants this subscription, due at once. False, and nothing is changed,
    /// if it has it; one that it has for another topic, hub or callback is left.
    fn subscribe(&mut self, wanted: &NewSubscription, now: Time) -> Result<bool, StoreError>;

    /// Marks subscriptions as no longer wanted: those whose hubs were asked are due to be told, the
    /// others are over. Forgets those that have long been over. Returns how many were marked.
    fn leave(&mut self, leave: &Leave, now: Time) -> Result<u64, StoreError>;

    /// The subscription with that token.
    fn subscription(&mut self, token: &str) -> Result<Option<Subscription>, StoreError>;

    /// A feed's subscriptions, or all of them, the latest first.
    fn subscriptions(&mut self, feed: Option<&FeedId>) -> Result<Vec<Subscription>, StoreError>;

    /// Subscriptions with a request to be made, longest due first, one of each hub, none of those in
    /// `busy_hubs`.
    fn due_subscriptions(
        &mut self,
        now: Time,
        busy_hubs: &[String],
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError>;

    /// The first moment at which a request to a hub falls due, apart from `busy_hubs`.
    fn next_subscription(&mut self, busy_hubs: &[String]) -> Result<Option<Time>, StoreError>;

    /// Reads a subscription, lets `change` decide, and writes it back, in one transaction; what it
    /// was asked for stays. False if there is none with that token.
    fn change_subscription(
        &mut self,
        token: &str,
        change: &mut dyn FnMut(&mut Subscription),
    ) -> Result<bool, StoreError>;

    /// Feeds, ordered by id.
    fn feeds(&mut self, filter: &FeedFilter) -> Result<Vec<FeedRecord>, StoreError>;

    /// The feeds that the feed files name, ordered by id, without what polls have learnt of them.
    fn outlines(&mut self) -> Result<Vec<FeedOutline>, StoreError>;

    /// A feed's latest polls, newest first.
    fn polls(&mut self, feed: &FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError>;

    /// Asks nothing of a scope before a moment, as a server of it wished outside of any poll. A pause
    /// that is in force already is never shortened.
    fn pause_host(&mut self, pause: &HostPause, now: Time) -> Result<(), StoreError>;

    /// Feeds that may have lost entries since a moment, ordered by id.
    fn gaps(&mut self, since: Time) -> Result<Vec<FeedId>, StoreError>;

    /// A feed's documents that could not be read, newest first; a few at most.
    fn unread(&mut self, feed: &FeedId) -> Result<Vec<RawDocument>, StoreError>;

    /// Where a feed's kept documents are that came since a moment, those that could not be read
    /// included, newest first.
    fn raw_places(
        &mut self,
        feed: &FeedId,
        since: Option<Time>,
    ) -> Result<Vec<RawPlace>, StoreError>;

    /// The document at a place; `None` if it has gone since.
    fn raw_document(&mut self, place: RawPlace) -> Result<Option<RawDocument>, StoreError>;

    /// Commits what a kept document brought when it was read once more. Versions that are later than
    /// the document stay, deleted articles stay deleted, and no entry counts as seen now.
    fn replay(&mut self, replay: &Replay) -> Result<Committed, StoreError>;

    /// The articles with these ids, with their markup, and when their versions were said.
    fn said(&mut self, ids: &[ArticleId]) -> Result<Vec<Said>, StoreError>;

    /// Articles with one of these titles that a feed (by its number) carried; a look at all of the
    /// feed's articles, for rare occasions.
    fn namesakes(&mut self, feed: i64, titles: &[String]) -> Result<Vec<Namesake>, StoreError>;

    /// Feeds whose guids or links are found to change, and since when they count no longer, ordered by
    /// id.
    fn doubted(&mut self) -> Result<Vec<(FeedId, Time)>, StoreError>;

    /// The guids and links of a feed, which were found to change, are believed again; a poll under
    /// way is fenced off. False if they were never doubted.
    fn trust(&mut self, feed: &FeedId) -> Result<bool, StoreError>;

    /// A page of articles, in the query's order; markup only if it is asked for.
    fn articles(
        &mut self,
        query: &ArticleQuery,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// The articles that fit a search best, the best first, and the newer of those that fit as well;
    /// none without a search. The same store and query give the same order.
    fn best(
        &mut self,
        query: &ArticleQuery,
        limit: usize,
    ) -> Result<Vec<StoredArticle>, StoreError>;

    /// How many articles a query has.
    fn count(&mut self, query: &ArticleQuery) -> Result<u64, StoreError>;

    /// The next step through the change sequence. Upserts are told of the articles that are asked for;
    /// of those of their feeds that were edited and do not match, that they are no longer
    /// ([`crate::model::Removal::Unmatched`]); of deleted ones, whatever they were, that they are deleted.
    /// An article takes a number also when another feed begins to carry it.
    fn changed(&mut self, query: &ChangeQuery) -> Result<ChangePage, StoreError>;

    /// [`Self::changed`] for all articles, without the markup of bodies.
    fn changes(&mut self, after_seq: i64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let query = ChangeQuery {
            after: after_seq,
            limit,
            ..ChangeQuery::default()
        };
        Ok(self.changed(&query)?.changes)
    }

    /// Cursors of incremental exports, by name.
    fn cursors(&mut self) -> Result<Vec<ExportCursor>, StoreError>;

    /// Writes a cursor down, in the place of what was known by its name.
    fn save_cursor(&mut self, cursor: &ExportCursor) -> Result<(), StoreError>;

    /// Forgets a cursor; false if there is none of that name.
    fn remove_cursor(&mut self, name: &str) -> Result<bool, StoreError>;

    /// The articles that a name may mean, ordered by id, with their markup if that is wanted. A URL
    /// that no article has for its identity costs a look at every article.
    fn named(
        &mut self,
        name: &ArticleName,
        limit: usize,
        with_html: bool,
    ) -> Result<Vec<StoredArticle>, StoreError>;

    /// The feeds that carried an article, earliest first; several times where several entries of a
    /// feed are that article.
    fn sightings(&mut self, id: ArticleId) -> Result<Vec<Sighting>, StoreError>;

    /// An article's replaced versions, oldest first.
    fn revisions(&mut self, id: ArticleId) -> Result<Vec<Revision>, StoreError>;

    /// Deletes articles and leaves tombstones. Returns how many there were.
    fn delete(&mut self, ids: &[ArticleId], reason: &str, now: Time) -> Result<u32, StoreError>;

    /// Where a feed's backfill stands; the default for a feed that it was never begun for. Waits
    /// are those of all feeds of its host. A feed with a new URL has none, but the waits of its
    /// host.
    fn backfill(&mut self, feed: &FeedId) -> Result<Backfill, StoreError>;

    /// Reserves the next request of a backfill before it is sent, and says with which cursor; gives
    /// its number. Refused with [`StoreError::BackfillTaken`] if there was a reservation after
    /// `turn`.
    fn reserve_page(
        &mut self,
        feed: &FeedId,
        turn: i64,
        cursor: &Cursor,
        now: Time,
    ) -> Result<i64, StoreError>;

    /// Commits what a page of a backfill brought, under the latest reservation only. What polls
    /// have learnt of the feed stays as it is.
    fn commit_page(&mut self, page: &PageCommit) -> Result<Committed, StoreError>;

    /// Drops poll history before a moment and what new articles are no longer compared with, some
    /// thousand rows in a call, and tidies after the last. Returns how many were dropped; call again
    /// until there are none.
    fn maintain(&mut self, now: Time, history_before: Time) -> Result<u64, StoreError>;

    /// This store's name, for ever: a number of another store's change sequence means nothing here.
    fn store_id(&mut self) -> Result<StoreId, StoreError>;

    /// The feeds that may let articles go, by their numbers in the store; those no feed file names any
    /// more included.
    fn pruned_feeds(&mut self, retention: &Retention) -> Result<Vec<(i64, KeepRule)>, StoreError>;

    /// The oldest of a feed's newest articles, if it has more than so many.
    fn last_kept(&mut self, feed: i64, articles: u64) -> Result<Option<PageKey>, StoreError>;

    /// How many articles must go for want of space; see [`Retention::surplus`].
    fn surplus(&mut self, retention: &Retention) -> Result<u64, StoreError>;

    /// What the next step of pruning would delete; a few hundred articles are looked at.
    fn prunable(&mut self, pruning: &Pruning) -> Result<Pruned, StoreError>;

    /// Does the next step of pruning: what goes leaves tombstones, so that it does not come back, and
    /// takes its revisions and sightings along.
    fn prune(&mut self, pruning: &Pruning, now: Time) -> Result<Pruned, StoreError>;

    /// Counts; `since` is the moment for `articles_since`.
    fn totals(&mut self, since: Time) -> Result<Totals, StoreError>;
}
