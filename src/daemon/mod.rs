//! The daemon: wire the parts, run, reload, drain.
//!
//! Decisions are made elsewhere; this starts and stops things, and talks to systemd.

mod clock;
mod feeds;
mod hubs;
mod notify;
mod pulse;
mod reload;
mod workers;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
};
use tracing::{error, info, warn};

pub use clock::ClockWatch;
pub use feeds::{Feeds, read_feeds};
pub use pulse::Pulse;
pub use workers::{Patience, Stop, Tempo, drive};

use crate::{
    config::{ConfigErrors, Env, FetchConfig},
    fetch::{ClientError, Fetcher},
    ingest::Ingest,
    model::{Retention, Time},
    schedule::{Clock, Dispatch, Limits, Source},
    serve,
    store::{DaemonLock, PollLock, Store, StoreError},
};

/// Polls under way may take this long to end after a stop signal; below systemd's patience.
const DRAIN: Duration = Duration::from_secs(10);
/// Between two tries after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(60);
/// How often history is pruned.
const TIDY: Duration = Duration::from_secs(3600);

/// Why the daemon could not run, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// Settings or feed files.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Another daemon has the store.
    #[error("another tidings daemon (process {pid}) runs on {}; stop it first, or give this one another store", store.display())]
    AlreadyRunning {
        /// Its process id.
        pid: String,
        /// The store.
        store: PathBuf,
    },
    /// The address for hubs is taken, or not this machine's.
    #[error(
        "cannot listen for hubs on {listen}: {source}; set `listen` in [websub] to a free address of this machine"
    )]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Signals cannot be received.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
}

/// Reads the wall clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(now)
}

/// The wall clock's time, in whole milliseconds as the store keeps it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
pub fn now() -> Time {
    let now = chrono::Utc::now();
    Time::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// Opens the store for polling: takes the polling lock, and ends the leases of dead processes.
///
/// # Errors
/// The store's.
pub async fn open_for_polling(path: &Path) -> Result<(Store, PollLock), StoreError> {
    // The lock first: until it is held, `db restore` may put another file in the place of the store.
    let early = match path.exists() {
        true => Some(PollLock::acquire(path)?),
        false => None,
    };
    let store = Store::open(path)?;
    let mut lock = match early {
        Some(lock) => lock,
        None => PollLock::acquire(path)?,
    };
    if lock.is_alone() {
        let broken = store.break_leases().await?;
        if broken > 0 {
            info!(
                feeds = broken,
                "{broken} polls were cut off when Tidings last ended; they are polled again in time"
            );
        }
        lock.share(path)?;
    }
    Ok((store, lock))
}

/// Runs until a stop signal.
///
/// # Errors
/// Whatever keeps it from starting; a running daemon outlives broken feeds, settings and, for a
/// while, a full disk.
pub async fn run(
    config_path: Option<&Path>,
    store_path: Option<&Path>,
    env: &Env,
) -> Result<(), DaemonError> {
    // First of all: until then a signal ends the process, even one that asks for a reload.
    let signals = reload::Signals::listen().map_err(DaemonError::Signals)?;
    let feeds = read_feeds(config_path, env)?;
    let path =
        crate::config::store_path(store_path, &feeds.config, env).map_err(ConfigErrors::from)?;
    let (store, _polling) = open_for_polling(&path).await?;
    let _daemon = DaemonLock::acquire(&path)?.map_err(|pid| DaemonError::AlreadyRunning {
        pid,
        store: path.clone(),
    })?;
    let listen = feeds.config.websub.listen;
    let listener = match &feeds.config.websub.public_url {
        Some(_) => Some(
            serve::bind(listen)
                .await
                .map_err(|source| DaemonError::Listen { listen, source })?,
        ),
        None => None,
    };
    let clock = system_clock();
    let fetcher = Fetcher::new(&feeds.config.fetch)?;
    fetcher.replace_pauses(store.host_pauses(clock()).await?);
    let synced = store.sync_feeds(feeds.set(None), clock()).await?;
    info!(
        feeds = feeds.specs.len(), store = %path.display(),
        "tidings {} polls {} feeds ({} new, {} retired); store {}",
        env!("CARGO_PKG_VERSION"), feeds.specs.len(), synced.added, synced.retired, path.display()
    );
    feeds.tell_openings();
    feeds.tell_warnings();
    let ingest = Ingest::new(
        fetcher,
        store.clone(),
        Arc::clone(&feeds.config),
        Arc::clone(&feeds.specs),
        Arc::clone(&clock),
    );
    let reloader = (config_path, store_path, env, signals);
    serve_feeds((reloader, listener), feeds, ingest, store, clock).await
}

/// What a reload reads and listens to.
type Outside<'a> = (Option<&'a Path>, Option<&'a Path>, &'a Env, reload::Signals);

async fn serve_feeds(
    ((config_path, store_path, env, signals), listener): (Outside<'_>, Option<TcpListener>),
    feeds: Feeds,
    ingest: Ingest,
    store: Store,
    clock: Clock,
) -> Result<(), DaemonError> {
    let stop = Stop::new();
    let wake = Arc::new(Notify::new());
    let pulse = Pulse::default();
    let (limits, new_limits) = watch::channel(limits(&feeds.config.fetch));
    let dispatch = Dispatch::new(
        store.clone(),
        Source::Due,
        Arc::clone(&clock),
        *limits.borrow(),
    );
    let reloaded = Arc::new(Notify::new());
    let hubs = hubs::Hubs {
        ingest: ingest.clone(),
        store: store.clone(),
        clock: Arc::clone(&clock),
        stop: stop.clone(),
        wake: Arc::clone(&wake),
        reloaded: Arc::clone(&reloaded),
        drain: DRAIN,
    };
    let hubs = tokio::spawn(hubs.run(listener));
    let reloader = reload::Reloader {
        config_path: config_path.map(Path::to_owned),
        env: env.clone(),
        ingest: ingest.clone(),
        store: store.clone(),
        clock: Arc::clone(&clock),
        wake: Arc::clone(&wake),
        reloaded,
        limits,
        history: feeds.config.schedule.history,
        retention: feeds.config.retention.clone(),
        again: None,
        began_with: reload::BeganWith::of(&feeds.config, store_path),
    };
    let files = reload::Files::of(&feeds);
    let control = tokio::spawn(reload::control(signals, reloader, files, stop.clone()));
    let watchdog = env.under_systemd.then(|| {
        tokio::spawn(notify::report(
            store.clone(),
            Arc::clone(&clock),
            pulse.clone(),
        ))
    });
    notify::ready();
    let pace = workers::Tempo {
        wake,
        new_limits,
        clock,
        watch: ClockWatch::default(),
        pulse,
        drain: DRAIN,
        patience: Patience::Wait,
    };
    let result = drive(&ingest, dispatch, &stop, pace, |_| {}).await;
    notify::stopping();
    // Ends by itself at the stop signal, and with a loop that failed.
    stop.stop();
    if let Err(error) = hubs.await {
        error!("the hubs' task failed: {error}; this is a bug in Tidings, please report it");
    }
    for task in [Some(control), watchdog].into_iter().flatten() {
        task.abort();
        let _ = task.await;
    }
    drop(ingest);
    store.close().await;
    match &result {
        Ok(()) => info!("stopped"),
        Err(error) => error!("stopped: {error}"),
    }
    result.map_err(DaemonError::from)
}

/// What may be under way under these settings.
#[must_use]
pub fn limits(config: &FetchConfig) -> Limits {
    Limits::new(
        config.concurrency,
        config.host_concurrency,
        config.host_interval,
    )
}

/// Says once what a maintenance run did.
async fn tidy(store: &Store, history: Duration, retention: &Retention, now: Time) {
    let before = chrono::Duration::from_std(history)
        .ok()
        .and_then(|history| now.checked_sub_signed(history));
    let before = before.unwrap_or(Time::UNIX_EPOCH);
    match store.maintain(now, before).await {
        Ok(0) => {}
        Ok(rows) => info!(
            rows,
            "dropped {rows} old rows of the history and of what copies are found by"
        ),
        // Cut short by the end of the daemon; the next one goes on.
        Err(StoreError::Closed) => {}
        Err(error) => warn!("could not tidy the store: {error}"),
    }
    match store.prune(retention, now, false, |_| {}).await {
        Ok(0) | Err(StoreError::Closed) => {}
        Ok(articles) => info!(
            articles,
            "deleted {articles} articles that [retention] keeps no longer"
        ),
        Err(error) => warn!("could not delete old articles: {error}"),
    }
}
