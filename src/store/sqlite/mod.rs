//! The SQLite backend: one file per topic, each holding that topic's SQL.
//!
//! `Sqlite` is one connection. The writer always uses `BEGIN IMMEDIATE`; readers are read-only.

mod articles;
mod changes;
mod claim;
mod commit;
mod feeds;
mod head;
mod html;
mod open;
mod rows;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::{
    Backend, Claim, Claimed, ClaimedBatch, FeedSet, Revision, StoreError, SyncReport, Totals,
};
use crate::model::{
    ArticleId, ArticleQuery, Batch, Change, Committed, DueFeed, EntryKey, FeedFilter, FeedId,
    FeedRecord, Known, Page, PageKey, PollRecord, Time,
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

    fn claim_due(&mut self, claim: &Claim) -> Result<ClaimedBatch, StoreError> {
        self.write("claim due feeds", |tx| claim::due(tx, claim))
    }

    fn claim(
        &mut self,
        ids: &[FeedId],
        now: Time,
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write("claim feeds", |tx| claim::named(tx, ids, now, lease))
    }

    fn release(&mut self, feeds: &[DueFeed]) -> Result<(), StoreError> {
        self.write("release feeds", |tx| claim::release(tx, feeds))
    }

    fn break_leases(&mut self) -> Result<u64, StoreError> {
        self.write("end stale leases", claim::break_leases)
    }

    fn next_due(&mut self, now: Time) -> Result<Option<Time>, StoreError> {
        self.read("find the next due feed", |db| claim::next_due(db, now))
    }

    fn known(&mut self, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Result<Known, StoreError> {
        self.read("look up entries", |db| articles::known(db, feed, entries))
    }

    fn commit(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.write("commit polls", |tx| commit::group(tx, batches))
    }

    fn feeds(&mut self, filter: &FeedFilter) -> Result<Vec<FeedRecord>, StoreError> {
        self.read("list feeds", |db| feeds::list(db, filter))
    }

    fn polls(&mut self, feed: &FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError> {
        self.read("list polls", |db| feeds::polls(db, feed, limit))
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

    fn count(&mut self, query: &ArticleQuery) -> Result<u64, StoreError> {
        self.read("count articles", |db| articles::count(db, query))
    }

    fn changes(&mut self, after_seq: i64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.read("list changes", |db| changes::after(db, after_seq, limit))
    }

    fn revisions(&mut self, id: ArticleId) -> Result<Vec<Revision>, StoreError> {
        self.read("list revisions", |db| changes::revisions(db, id))
    }

    fn delete(&mut self, ids: &[ArticleId], reason: &str, now: Time) -> Result<u32, StoreError> {
        self.write("delete articles", |tx| {
            changes::delete(tx, ids, reason, now)
        })
    }

    fn maintain(&mut self, history_before: Time) -> Result<u64, StoreError> {
        self.write("prune poll history", |tx| {
            feeds::prune_polls(tx, history_before)
        })
    }

    fn totals(&mut self, since: Time) -> Result<Totals, StoreError> {
        let bytes = self.bytes_on_disk();
        self.read("count", |db| articles::totals(db, since, bytes))
    }
}
