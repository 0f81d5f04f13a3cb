//! The narrow interface to what is kept: feeds and their state, polls, articles, changes.
//!
//! [`Store`] is a cheap, cloneable, async handle: one writer thread (group commit), one reader
//! thread with a connection of its own. What a store promises stands at [`Backend`]. Only
//! `sqlite/` knows SQL; nothing here decides what is new or when to poll.

mod backend;
mod error;
mod lock;
pub mod sqlite;
mod thread;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

pub use backend::{Backend, Claim, Claimed, ClaimedBatch, FeedSet, Revision, SyncReport, Totals};
pub use error::StoreError;
pub use lock::{DaemonLock, PollLock};

use crate::model::{
    ArticleId, Batch, Committed, DueFeed, EntryKey, FeedFilter, FeedId, FeedRecord, Known,
    PollRecord, Time,
};
use thread::Worker;

/// An open store.
#[derive(Clone)]
pub struct Store {
    writer: Worker,
    reader: Worker,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Store {
    /// Opens the SQLite file at `path`, makes it if there is none, and migrates it.
    ///
    /// # Errors
    /// Every [`StoreError`] that opening can give; a foreign file is left untouched.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = sqlite::Sqlite::open(path)?;
        let reader = sqlite::Sqlite::open_reader(path)?;
        Self::start(Box::new(writer), Box::new(reader)).map_err(|source| StoreError::Open {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    fn start(writer: Box<dyn Backend>, reader: Box<dyn Backend>) -> std::io::Result<Self> {
        let (writer, writer_thread) = Worker::start("store-writer", writer)?;
        let (reader, reader_thread) = Worker::start("store-reader", reader)?;
        Ok(Self {
            writer,
            reader,
            threads: Arc::new(Mutex::new(vec![writer_thread, reader_thread])),
        })
    }

    /// Waits until everything queued is durable and the connections are closed. What other clones
    /// of the handle ask from then on is answered with [`StoreError::Closed`].
    pub async fn close(self) {
        let Self {
            writer,
            reader,
            threads,
        } = self;
        writer.stop().await;
        reader.stop().await;
        let handles = threads
            .lock()
            .map(|mut handles| std::mem::take(&mut *handles))
            .unwrap_or_default();
        // Joining blocks; the runtime's other threads go on.
        let _ =
            tokio::task::spawn_blocking(move || handles.into_iter().map(JoinHandle::join).count())
                .await;
    }

    /// See [`Backend::sync_feeds`].
    pub async fn sync_feeds(&self, set: FeedSet, now: Time) -> Result<SyncReport, StoreError> {
        self.writer
            .call(move |backend| backend.sync_feeds(&set, now))
            .await
    }

    /// See [`Backend::claim_due`].
    pub async fn claim_due(&self, claim: Claim) -> Result<ClaimedBatch, StoreError> {
        self.writer
            .call(move |backend| backend.claim_due(&claim))
            .await
    }

    /// See [`Backend::claim`].
    pub async fn claim(
        &self,
        ids: Vec<FeedId>,
        now: Time,
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.writer
            .call(move |backend| backend.claim(&ids, now, lease))
            .await
    }

    /// See [`Backend::release`].
    pub async fn release(&self, feeds: Vec<DueFeed>) -> Result<(), StoreError> {
        self.writer
            .call(move |backend| backend.release(&feeds))
            .await
    }

    /// See [`Backend::break_leases`].
    pub async fn break_leases(&self) -> Result<u64, StoreError> {
        self.writer.call(|backend| backend.break_leases()).await
    }

    /// See [`Backend::next_due`].
    pub async fn next_due(&self, now: Time) -> Result<Option<Time>, StoreError> {
        self.reader.call(move |backend| backend.next_due(now)).await
    }

    /// See [`Backend::known`].
    pub async fn known(
        &self,
        feed: i64,
        entries: Vec<(EntryKey, ArticleId)>,
    ) -> Result<Known, StoreError> {
        self.reader
            .call(move |backend| backend.known(feed, &entries))
            .await
    }

    /// Commits one batch; grouped with others that wait. See [`Backend::commit`].
    pub async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.writer.commit(batch).await
    }

    /// See [`Backend::feeds`].
    pub async fn feeds(&self, filter: FeedFilter) -> Result<Vec<FeedRecord>, StoreError> {
        self.reader
            .call(move |backend| backend.feeds(&filter))
            .await
    }

    /// See [`Backend::polls`].
    pub async fn polls(&self, feed: FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError> {
        self.reader
            .call(move |backend| backend.polls(&feed, limit))
            .await
    }

    /// [`Backend::maintain`] until nothing is left to drop; other work is let in between.
    pub async fn maintain(&self, history_before: Time) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let dropped = self
                .writer
                .call(move |backend| backend.maintain(history_before))
                .await?;
            if dropped == 0 {
                return Ok(all);
            }
            all += dropped;
        }
    }

    /// See [`Backend::totals`].
    pub async fn totals(&self, since: Time) -> Result<Totals, StoreError> {
        self.reader.call(move |backend| backend.totals(since)).await
    }

    /// Answers when the writer thread does: for the watchdog, which must notice a hung writer.
    pub async fn ping_writer(&self) -> Result<(), StoreError> {
        self.writer.call(|_| Ok(())).await
    }
}
