//! Tidings with all its parts but the process around them, on a clock that jumps to what is next.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use tempfile::TempDir;
use tidings::{
    config::Env,
    daemon::{self, Feeds},
    fetch::{Fetcher, Ticket},
    ingest::Ingest,
    model::{ArticleQuery, Time},
    schedule::{Clock, Dispatch, Limits, Source},
    store::{Backend as _, PollLock, Store, sqlite::Sqlite},
};
use tokio::{runtime::Runtime, task::JoinSet};

use super::publisher::{Publishers, START};

pub(super) struct World<'a> {
    publishers: &'a Publishers,
    folder: TempDir,
    clock: Arc<AtomicI64>,
    runtime: Runtime,
    daemon: Option<Parts>,
}

/// What ends with the process.
struct Parts {
    ingest: Ingest,
    dispatch: Dispatch,
    store: Store,
    _lock: PollLock,
}

impl<'a> World<'a> {
    pub(super) fn new(publishers: &'a Publishers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = "store = \"tidings.db\"\n[fetch]\nallow_private = [\"127.0.0.0/8\"]\nhost_interval = \"0s\"\n\
                        [schedule]\ninterval = \"1h\"\n";
        std::fs::write(folder.path().join("tidings.toml"), settings).unwrap();
        std::fs::write(folder.path().join("feeds.toml"), publishers.feed_file()).unwrap();
        let mut world = Self {
            publishers,
            folder,
            clock: publishers.clock(),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap(),
            daemon: None,
        };
        world.restart();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn clock(&self) -> Clock {
        let clock = Arc::clone(&self.clock);
        Arc::new(move || Time::from_timestamp_millis(clock.load(Ordering::SeqCst)).unwrap())
    }

    fn feeds(&self) -> Feeds {
        let path = self.path("tidings.toml");
        daemon::read_feeds(Some(&path), &Env::in_dir(self.folder.path())).unwrap()
    }

    /// Ends what runs, and begins as the daemon does.
    pub(super) fn restart(&mut self) {
        let ended = self.daemon.take();
        self.runtime.block_on(async {
            if let Some(parts) = ended {
                let Parts {
                    store,
                    ingest,
                    dispatch,
                    ..
                } = parts;
                drop((ingest, dispatch));
                store.close().await;
            }
        });
        let (feeds, clock) = (self.feeds(), self.clock());
        let path = self.path("tidings.db");
        self.daemon = Some(self.runtime.block_on(async {
            let (store, lock) = daemon::open_for_polling(&path).await.unwrap();
            store.sync_feeds(feeds.set(None), clock()).await.unwrap();
            let limits = Limits::new(
                feeds.config.fetch.concurrency,
                feeds.config.fetch.host_concurrency,
                feeds.config.fetch.host_interval,
            );
            let mut dispatch =
                Dispatch::new(store.clone(), Source::Due, Arc::clone(&clock), limits);
            dispatch.replan().await.unwrap();
            let fetcher = Fetcher::new(&feeds.config.fetch).unwrap();
            let ingest = Ingest::new(fetcher, store.clone(), feeds.config, feeds.specs, clock);
            Parts {
                ingest,
                dispatch,
                store,
                _lock: lock,
            }
        }));
    }

    /// Until so many seconds after the start.
    pub(super) fn run_until(&mut self, seconds: i64) {
        let end = (START + seconds) * 1000;
        let parts = self.daemon.as_mut().unwrap();
        self.runtime.block_on(async {
            while self.clock.load(Ordering::SeqCst) < end {
                let claimed = parts.dispatch.claim().await.unwrap();
                if claimed.is_empty() {
                    let rest = i64::try_from(parts.dispatch.rest().as_millis()).unwrap();
                    // In steps that let some polls fall due together: quicker, and as good.
                    self.clock.fetch_add(rest.max(900_000), Ordering::SeqCst);
                    continue;
                }
                let mut polls = JoinSet::new();
                for feed in claimed {
                    let ingest = parts.ingest.clone();
                    polls.spawn(async move {
                        (feed.scope, ingest.poll(feed.feed, Ticket::default()).await)
                    });
                }
                while let Some(done) = polls.join_next().await {
                    let (host, report) = done.unwrap();
                    report.unwrap();
                    parts.dispatch.finished(&host);
                }
            }
        });
    }

    /// The process dies between a request and its answer.
    pub(super) fn kill_in_a_poll(&mut self) {
        let mut parts = self.daemon.take().unwrap();
        let (clock, publishers) = (&self.clock, self.publishers);
        self.runtime.block_on(async {
            let claimed = loop {
                let claimed = parts.dispatch.claim().await.unwrap();
                if !claimed.is_empty() {
                    break claimed;
                }
                clock.fetch_add(1000, Ordering::SeqCst);
            };
            // All of them are on their way before it dies, so that none is answered after that.
            let seen = publishers.fall_silent() + claimed.len() - 1;
            let mut polls = JoinSet::new();
            for feed in claimed {
                let ingest = parts.ingest.clone();
                polls.spawn(async move { ingest.poll(feed.feed, Ticket::default()).await });
            }
            tokio::task::block_in_place(|| publishers.wait_for_more(seen));
            polls.abort_all();
            while polls.join_next().await.is_some() {}
            publishers.answer_again();
            // What the store was told is durable; nothing more is told.
            drop(parts);
        });
    }

    /// Articles in the store.
    pub(super) fn articles(&self) -> u64 {
        let mut store = Sqlite::open_reader(&self.path("tidings.db")).unwrap();
        store.count(&ArticleQuery::default()).unwrap()
    }
}
