//! The narrow interface to what is kept: feeds and their state, polls, articles, changes.
//!
//! [`Store`] is a cheap, cloneable, async handle: one writer thread (group commit), one reader
//! thread with a connection of its own. What a store promises stands at [`Backend`]. Only
//! `sqlite/` knows SQL; nothing here decides what is new or when to poll.

mod backend;
pub mod care;
mod error;
mod hubs;
mod lock;
mod packed;
mod prune;
pub mod sqlite;
mod thread;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

pub use backend::{
    Backend, Claim, Claimed, FeedSet, HostTurn, NamedClaims, Pruned, PrunedArticle, Pruning,
    Replanned, Restored, SyncReport, Totals,
};
pub use error::StoreError;
pub use lock::{CursorLock, DaemonLock, PollLock, SoleUse};
pub use packed::Packed;

use crate::model::{
    ArticleId, Backfill, Batch, Committed, Cursor, DueFeed, EntryKey, FeedFilter, FeedId,
    FeedRecord, Health, HostPause, Known, Namesake, PageCommit, PollRecord, RawDocument, RawPlace,
    Replay, Said, Spread, Time,
};
use thread::Worker;
use tokio::sync::Semaphore;

/// An open store.
#[derive(Clone)]
pub struct Store {
    writer: Worker,
    reader: Worker,
    /// As many batches are packed at once as there are cores.
    packing: Arc<Semaphore>,
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
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            writer,
            reader,
            packing: Arc::new(Semaphore::new(cores)),
            threads: Arc::new(Mutex::new(vec![writer_thread, reader_thread])),
        })
    }

    /// Waits until everything queued is durable and the connections are closed. What other clones
    /// of the handle ask from then on is answered with [`StoreError::Closed`].
    pub async fn close(self) {
        let Self {
            writer,
            reader,
            packing: _,
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
    pub async fn claim_due(&self, claim: Claim) -> Result<Vec<Claimed>, StoreError> {
        self.writer
            .call(move |backend| backend.claim_due(&claim))
            .await
    }

    /// See [`Backend::claim`].
    pub async fn claim(&self, ids: Vec<FeedId>, claim: Claim) -> Result<NamedClaims, StoreError> {
        self.writer
            .call(move |backend| backend.claim(&ids, &claim))
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
    pub async fn next_due(&self) -> Result<Option<Time>, StoreError> {
        self.reader.call(|backend| backend.next_due()).await
    }

    /// See [`Backend::replan`].
    pub async fn replan(&self, now: Time, spread: Option<Spread>) -> Result<Replanned, StoreError> {
        self.writer
            .call(move |backend| backend.replan(now, spread))
            .await
    }

    /// See [`Backend::host_pauses`].
    pub async fn host_pauses(&self, now: Time) -> Result<Vec<HostPause>, StoreError> {
        self.reader
            .call(move |backend| backend.host_pauses(now))
            .await
    }

    /// See [`Backend::pauses_since`].
    pub async fn pauses_since(&self, noted: Time, now: Time) -> Result<Vec<HostPause>, StoreError> {
        self.reader
            .call(move |backend| backend.pauses_since(noted, now))
            .await
    }

    /// See [`Backend::take_turn`].
    pub async fn take_turn(
        &self,
        scope: String,
        turn: HostTurn,
    ) -> Result<Option<Time>, StoreError> {
        self.writer
            .call(move |backend| backend.take_turn(&scope, &turn))
            .await
    }

    /// See [`Backend::health`].
    pub async fn health(&self, now: Time) -> Result<BTreeMap<Health, u64>, StoreError> {
        self.reader.call(move |backend| backend.health(now)).await
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
        let packed = if Packed::has_work(&batch) {
            let _permit = self.packing.acquire().await;
            let packing = tokio::task::spawn_blocking(|| Packed::new(batch));
            packing.await.map_err(|_| StoreError::Closed)??
        } else {
            Packed::new(batch)?
        };
        self.writer.commit(packed).await
    }

    /// See [`Backend::feeds`].
    pub async fn feeds(&self, filter: FeedFilter) -> Result<Vec<FeedRecord>, StoreError> {
        self.reader
            .call(move |backend| backend.feeds(&filter))
            .await
    }

    /// Hands over feeds one by one, in the order of their ids, and never holds many: with all it has
    /// learnt a feed is some kilobytes.
    ///
    /// # Errors
    /// The backend's; what was handed over by then stays so.
    pub async fn each_feed(
        &self,
        mut filter: FeedFilter,
        mut take: impl FnMut(FeedRecord),
    ) -> Result<(), StoreError> {
        const PAGE: usize = 500;
        filter.limit = Some(PAGE);
        loop {
            let page = self.feeds(filter.clone()).await?;
            let is_last = page.len() < PAGE;
            filter.after = page.last().map(|record| record.id.clone());
            page.into_iter().for_each(&mut take);
            if is_last {
                return Ok(());
            }
        }
    }

    /// See [`Backend::polls`].
    pub async fn polls(&self, feed: FeedId, limit: usize) -> Result<Vec<PollRecord>, StoreError> {
        self.reader
            .call(move |backend| backend.polls(&feed, limit))
            .await
    }

    /// See [`Backend::pause_host`].
    pub async fn pause_host(&self, pause: HostPause, now: Time) -> Result<(), StoreError> {
        self.writer
            .call(move |backend| backend.pause_host(&pause, now))
            .await
    }

    /// See [`Backend::unread`].
    pub async fn unread(&self, feed: FeedId) -> Result<Vec<RawDocument>, StoreError> {
        self.reader.call(move |backend| backend.unread(&feed)).await
    }

    /// See [`Backend::raw_places`].
    pub async fn raw_places(
        &self,
        feed: FeedId,
        since: Option<Time>,
    ) -> Result<Vec<RawPlace>, StoreError> {
        self.reader
            .call(move |backend| backend.raw_places(&feed, since))
            .await
    }

    /// See [`Backend::raw_document`].
    pub async fn raw_document(&self, place: RawPlace) -> Result<Option<RawDocument>, StoreError> {
        self.reader
            .call(move |backend| backend.raw_document(place))
            .await
    }

    /// See [`Backend::replay`].
    pub async fn replay(&self, replay: Replay) -> Result<Committed, StoreError> {
        self.writer
            .call(move |backend| backend.replay(&replay))
            .await
    }

    /// See [`Backend::said`].
    pub async fn said(&self, ids: Vec<ArticleId>) -> Result<Vec<Said>, StoreError> {
        self.reader.call(move |backend| backend.said(&ids)).await
    }

    /// See [`Backend::namesakes`].
    pub async fn namesakes(
        &self,
        feed: i64,
        titles: Vec<String>,
    ) -> Result<Vec<Namesake>, StoreError> {
        self.reader
            .call(move |backend| backend.namesakes(feed, &titles))
            .await
    }

    /// See [`Backend::backfill`].
    pub async fn backfill(&self, feed: FeedId) -> Result<Backfill, StoreError> {
        self.reader
            .call(move |backend| backend.backfill(&feed))
            .await
    }

    /// See [`Backend::reserve_page`].
    pub async fn reserve_page(
        &self,
        feed: FeedId,
        turn: i64,
        cursor: Cursor,
        now: Time,
    ) -> Result<i64, StoreError> {
        self.writer
            .call(move |backend| backend.reserve_page(&feed, turn, &cursor, now))
            .await
    }

    /// See [`Backend::commit_page`].
    pub async fn commit_page(&self, page: PageCommit) -> Result<Committed, StoreError> {
        self.writer
            .call(move |backend| backend.commit_page(&page))
            .await
    }

    /// [`Backend::maintain`] until nothing is left to drop; other work is let in between.
    pub async fn maintain(&self, now: Time, history_before: Time) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let dropped = self
                .writer
                .call(move |backend| backend.maintain(now, history_before))
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
