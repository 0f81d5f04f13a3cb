//! The SQLite backend: one file per topic, each holding that topic's SQL.
//!
//! `Sqlite` is one connection. The writer always uses `BEGIN IMMEDIATE`; readers are read-only.

mod articles;
mod backfill;
pub mod care;
mod changes;
mod claim;
mod clock;
mod commit;
mod cursors;
mod deliver;
mod feeds;
mod hash;
mod head;
mod hosts;
mod html;
mod named;
mod near;
mod open;
mod prune;
pub(super) mod raw;
mod replay;
mod restore;
mod rows;
mod search;
mod sequence;
mod subscriptions;
mod urls;
mod version;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

pub(super) use html::{Compressor, Frame};

use super::{
    Backend, Claim, Claimed, FeedSet, HostTurn, NamedClaims, Packed, Pruned, Pruning, Replanned,
    Restored, StoreError, SyncReport, Totals,
};
use crate::model::{
    ArticleId, ArticleName, ArticleQuery, Backfill, ChangePage, ChangeQuery, Committed, Cursor,
    DueFeed, EntryKey, ExportCursor, FeedFilter, FeedId, FeedOutline, FeedRecord, Health,
    HostPause, KeepRule, Known, Leave, Namesake, NewSubscription, Page, PageCommit, PageKey,
    PollRecord, Push, RawDocument, RawPlace, Replay, Retention, Revision, Said, Sighting, Spread,
    StoreId, StoredArticle, Subscription, Time,
};

/// One connection to a store's file.
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    /// Dropped after the connection.
    _in_use: head::InUse,
}

/// A result whose error is still SQLite's own.
type Sql<T> = Result<T, rusqlite::Error>;

fn open_error(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        source: Box::new(source),
    }
}

/// The article whose markup could not be read, if that is what failed.
fn damaged_article(error: &rusqlite::Error) -> Option<ArticleId> {
    match error {
        rusqlite::Error::FromSqlConversionFailure(_, _, source) => source
            .downcast_ref::<html::Damaged>()
            .map(|damaged| damaged.article),
        _ => None,
    }
}

fn taken(feed: &FeedId) -> StoreError {
    StoreError::BackfillTaken {
        feed: feed.to_string(),
    }
}

impl Sqlite {
    /// Runs `work` in one write transaction.
    fn write<T>(
        &mut self,
        context: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Sql<T>,
    ) -> Result<T, StoreError> {
        let run = || -> Sql<T> {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        let result = run();
        result.map_err(|error| self.explain(context, error))
    }

    /// Runs `work` in one read transaction, so that it sees one state of the store.
    fn read<T>(
        &mut self,
        context: &'static str,
        work: impl FnOnce(&Connection) -> Sql<T>,
    ) -> Result<T, StoreError> {
        let run = || -> Sql<T> {
            let transaction = self.connection.transaction()?;
            work(&transaction)
        };
        let result = run();
        result.map_err(|error| self.explain(context, error))
    }

    /// SQLite's error in the store's terms.
    fn explain(&self, context: &'static str, error: rusqlite::Error) -> StoreError {
        let path = self.path.clone();
        // No room for the `-shm` file is told as an I/O error.
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
            return StoreError::DiskFull { path };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                StoreError::ReadOnly { path }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
                path,
                source: Box::new(error),
            },
            _ => match damaged_article(&error) {
                Some(article) => StoreError::DamagedHtml { path, article },
                None => StoreError::Sql {
                    context,
                    source: Box::new(error),
                },
            },
        }
    }
}

impl Backend for Sqlite {
    fn sync_feeds(&mut self, set: &FeedSet, now: Time) -> Result<SyncReport, StoreError> {
        self.write("sync feeds", |tx| feeds::sync(tx, set, now))
    }

    fn claim_due(&mut self, claim: &Claim) -> Result<Vec<Claimed>, StoreError> {
        self.write("claim due feeds", |tx| claim::due(tx, claim))
    }

    fn claim(&mut self, ids: &[FeedId], claim: &Claim) -> Result<NamedClaims, StoreError> {
        self.write("claim feeds", |tx| claim::named(tx, ids, claim))
    }

    fn release(&mut self, feeds: &[DueFeed]) -> Result<(), StoreError> {
        self.write("release feeds", |tx| claim::release(tx, feeds))
    }

    fn break_leases(&mut self) -> Result<u64, StoreError> {
        self.write("end stale leases", claim::break_leases)
    }

    fn next_due(&mut self) -> Result<Option<Time>, StoreError> {
        self.read("find the next due feed", claim::next_due)
    }

    fn replan(&mut self, now: Time, spread: Option<Spread>) -> Result<Replanned, StoreError> {
        self.write("plan the polls anew", |tx| clock::replan(tx, now, spread))
    }

    fn host_pauses(&mut self, now: Time) -> Result<Vec<HostPause>, StoreError> {
        self.read("list paused hosts", |db| hosts::pauses(db, now))
    }

    fn pauses_since(&mut self, noted: Time, now: Time) -> Result<Vec<HostPause>, StoreError> {
        self.read("list new pauses", |db| hosts::pauses_since(db, noted, now))
    }

    fn take_turn(&mut self, scope: &str, turn: &HostTurn) -> Result<Option<Time>, StoreError> {
        self.write("take a host's turn", |tx| hosts::take(tx, scope, turn))
    }

    fn health(&mut self, now: Time) -> Result<BTreeMap<Health, u64>, StoreError> {
        self.read("count feeds", |db| feeds::health(db, now))
    }

    fn known(&mut self, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Result<Known, StoreError> {
        self.read("look up entries", |db| articles::known(db, feed, entries))
    }

    fn commit_packed(
        &mut self,
        batches: &[Packed],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.write("commit polls", |tx| commit::group(tx, batches))
    }

    fn restore(&mut self, articles: &[Restored], now: Time) -> Result<Committed, StoreError> {
        self.write("take articles back", |tx| {
            restore::restore(tx, articles, now)
        })
    }

    fn push(&mut self, push: &Push) -> Result<Option<Committed>, StoreError> {
        self.write("commit a delivery", |tx| deliver::push(tx, push))
    }

    fn hasten(&mut self, feed: &FeedId, at: Time) -> Result<(), StoreError> {
        self.write("hasten a poll", |tx| claim::hasten(tx, feed, at))
    }

    fn subscribe(&mut self, wanted: &NewSubscription, now: Time) -> Result<bool, StoreError> {
        self.write("want a subscription", |tx| {
            subscriptions::subscribe(tx, wanted, now)
        })
    }

    fn leave(&mut self, leave: &Leave, now: Time) -> Result<u64, StoreError> {
        self.write("leave subscriptions", |tx| {
            subscriptions::leave(tx, leave, now)
        })
    }

    fn subscription(&mut self, token: &str) -> Result<Option<Subscription>, StoreError> {
        self.read("find a subscription", |db| {
            subscriptions::by_token(db, token)
        })
    }

    fn subscriptions(&mut self, feed: Option<&FeedId>) -> Result<Vec<Subscription>, StoreError> {
        self.read("list subscriptions", |db| subscriptions::list(db, feed))
    }

    fn due_subscriptions(
        &mut self,
        now: Time,
        busy_hubs: &[String],
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        self.read("find due subscriptions", |db| {
            subscriptions::due(db, now, busy_hubs, limit)
        })
    }

    fn next_subscription(&mut self, busy_hubs: &[String]) -> Result<Option<Time>, StoreError> {
        self.read("find the next due subscription", |db| {
            subscriptions::next(db, busy_hubs)
        })
    }

    fn change_subscription(
        &mut self,
        token: &str,
        change: &mut dyn FnMut(&mut Subscription),
    ) -> Result<bool, StoreError> {
        self.write("change a subscription", |tx| {
            subscriptions::change(tx, token, change)
        })
    }

    fn feeds(&mut self, filter: &FeedFilter) -> Result<Vec<FeedRecord>, StoreError> {
        self.read("list feeds", |db| feeds::list(db, filter))
    }

    fn outlines(&mut self) -> Result<Vec<FeedOutline>, StoreError> {
        self.read("list feeds", feeds::outlines)
    }

    fn polls(&mut self, feed: &FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError> {
        self.read("list polls", |db| feeds::polls(db, feed, limit))
    }

    fn pause_host(&mut self, pause: &HostPause, now: Time) -> Result<(), StoreError> {
        self.write("pause a host", |tx| hosts::pause(tx, pause, now))
    }

    fn gaps(&mut self, since: Time) -> Result<Vec<FeedId>, StoreError> {
        self.read("list gaps", |db| feeds::gaps(db, since))
    }

    fn unread(&mut self, feed: &FeedId) -> Result<Vec<RawDocument>, StoreError> {
        self.read("list unread documents", |db| raw::unread(db, feed))
    }

    fn raw_places(
        &mut self,
        feed: &FeedId,
        since: Option<Time>,
    ) -> Result<Vec<RawPlace>, StoreError> {
        self.read("list kept documents", |db| raw::places(db, feed, since))
    }

    fn raw_document(&mut self, place: RawPlace) -> Result<Option<RawDocument>, StoreError> {
        self.read("read a kept document", |db| raw::read(db, place))
    }

    fn replay(&mut self, replay: &Replay) -> Result<Committed, StoreError> {
        self.write("commit a replay", |tx| replay::commit(tx, replay))
    }

    fn said(&mut self, ids: &[ArticleId]) -> Result<Vec<Said>, StoreError> {
        self.read("look up articles", |db| replay::said(db, ids))
    }

    fn namesakes(&mut self, feed: i64, titles: &[String]) -> Result<Vec<Namesake>, StoreError> {
        self.read("look up entries by title", |db| {
            replay::namesakes(db, feed, titles)
        })
    }

    fn doubted(&mut self) -> Result<Vec<(FeedId, Time)>, StoreError> {
        self.read("list feeds with doubtful names", feeds::doubted)
    }

    fn trust(&mut self, feed: &FeedId) -> Result<bool, StoreError> {
        self.write("believe a feed's names", |tx| feeds::trust(tx, feed))
    }

    fn articles(
        &mut self,
        query: &ArticleQuery,
        after: Option<PageKey>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.read("list articles", |db| {
            articles::page(db, query, after, limit)
        })
    }

    fn best(
        &mut self,
        query: &ArticleQuery,
        limit: usize,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        self.read("search articles", |db| search::best(db, query, limit))
    }

    fn count(&mut self, query: &ArticleQuery) -> Result<u64, StoreError> {
        self.read("count articles", |db| articles::count(db, query))
    }

    fn changed(&mut self, query: &ChangeQuery) -> Result<ChangePage, StoreError> {
        self.read("list changes", |db| changes::step(db, query))
    }

    fn cursors(&mut self) -> Result<Vec<ExportCursor>, StoreError> {
        self.read("list cursors", cursors::list)
    }

    fn save_cursor(&mut self, cursor: &ExportCursor) -> Result<(), StoreError> {
        self.write("write a cursor", |tx| cursors::save(tx, cursor))
    }

    fn remove_cursor(&mut self, name: &str) -> Result<bool, StoreError> {
        self.write("remove a cursor", |tx| cursors::remove(tx, name))
    }

    fn named(
        &mut self,
        name: &ArticleName,
        limit: usize,
        with_html: bool,
    ) -> Result<Vec<StoredArticle>, StoreError> {
        self.read("look up an article", |db| {
            named::articles(db, name, limit, with_html)
        })
    }

    fn sightings(&mut self, id: ArticleId) -> Result<Vec<Sighting>, StoreError> {
        self.read("list sightings", |db| named::sightings(db, id))
    }

    fn revisions(&mut self, id: ArticleId) -> Result<Vec<Revision>, StoreError> {
        self.read("list revisions", |db| named::revisions(db, id))
    }

    fn delete(&mut self, ids: &[ArticleId], reason: &str, now: Time) -> Result<u32, StoreError> {
        self.write("delete articles", |tx| {
            changes::delete(tx, ids, reason, now)
        })
    }

    fn backfill(&mut self, feed: &FeedId) -> Result<Backfill, StoreError> {
        self.read("look up a backfill", |db| backfill::read(db, feed))
    }

    fn reserve_page(
        &mut self,
        feed: &FeedId,
        turn: i64,
        cursor: &Cursor,
        now: Time,
    ) -> Result<i64, StoreError> {
        let reserved = self.write("reserve a page", |tx| {
            backfill::reserve(tx, feed, turn, cursor, now)
        })?;
        reserved.ok_or_else(|| taken(feed))
    }

    fn commit_page(&mut self, page: &PageCommit) -> Result<Committed, StoreError> {
        let committed = self.write("commit a page", |tx| backfill::commit(tx, page))?;
        committed.ok_or_else(|| taken(&page.feed))
    }

    fn maintain(&mut self, now: Time, history_before: Time) -> Result<u64, StoreError> {
        self.write("prune poll history", |tx| {
            hosts::prune(tx, history_before)?;
            urls::prune(tx, history_before)?;
            Ok(near::prune(tx, now)? + feeds::prune_polls(tx, history_before)?)
        })
    }

    fn store_id(&mut self) -> Result<StoreId, StoreError> {
        self.read("read the store's name", prune::store_id)
    }

    fn pruned_feeds(&mut self, retention: &Retention) -> Result<Vec<(i64, KeepRule)>, StoreError> {
        self.read("list feeds", |db| prune::feeds(db, retention))
    }

    fn last_kept(&mut self, feed: i64, articles: u64) -> Result<Option<PageKey>, StoreError> {
        self.read("find a feed's last article to keep", |db| {
            prune::last_kept(db, feed, articles)
        })
    }

    fn surplus(&mut self, retention: &Retention) -> Result<u64, StoreError> {
        self.read("measure the store", |db| prune::surplus(db, retention))
    }

    fn prunable(&mut self, pruning: &Pruning) -> Result<Pruned, StoreError> {
        self.read("look for old articles", |db| prune::candidates(db, pruning))
    }

    fn prune(&mut self, pruning: &Pruning, now: Time) -> Result<Pruned, StoreError> {
        self.write("delete old articles", |tx| prune::step(tx, pruning, now))
    }

    fn totals(&mut self, since: Time) -> Result<Totals, StoreError> {
        let bytes = self.bytes_on_disk();
        self.read("count", |db| articles::totals(db, since, bytes))
    }
}
