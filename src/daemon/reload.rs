//! Signals, changed files, and the hourly tidying.
//!
//! Files are watched by looking at them every second: that works on every file system, also when
//! an editor replaces the file, and costs a few `stat` calls. A change counts when it looks the same
//! twice, so that a file is not read while an editor writes it: an empty one would retire every
//! feed. A new configuration is taken over whole or not at all.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
    time::{Instant, MissedTickBehavior},
};
use tracing::{error, info, warn};

use super::{Feeds, STORE_PAUSE, Stop, TIDY, limits, notify, read_feeds, tidy};
use crate::{
    config::{Config, Env},
    ingest::Ingest,
    model::Retention,
    schedule::{Clock, Limits},
    store::{Store, StoreError},
};

const LOOK: Duration = Duration::from_secs(1);

pub(super) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

pub(super) struct Reloader {
    pub(super) config_path: Option<PathBuf>,
    pub(super) env: Env,
    pub(super) ingest: Ingest,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) wake: Arc<Notify>,
    /// Rung when settings and feeds were taken over.
    pub(super) reloaded: Arc<Notify>,
    pub(super) limits: watch::Sender<Limits>,
    pub(super) history: Duration,
    pub(super) retention: Retention,
    /// When to try again what the store refused.
    pub(super) again: Option<Instant>,
    pub(super) began_with: BeganWith,
}

/// Settings that are in force from start to end: what they name was opened once.
pub(super) struct BeganWith {
    /// `None` where `--store` has the say.
    store: Option<Option<PathBuf>>,
    /// Where the listener for hubs is, if there is one.
    listen: Option<SocketAddr>,
}

impl BeganWith {
    pub(super) fn of(config: &Config, store_option: Option<&Path>) -> Self {
        Self {
            store: store_option.is_none().then(|| config.store.clone()),
            listen: listener(config),
        }
    }

    /// The keys whose new values need a restart.
    fn outdated(&self, config: &Config) -> Vec<&'static str> {
        let mut keys = Vec::new();
        if self
            .store
            .as_ref()
            .is_some_and(|store| *store != config.store)
        {
            keys.push("store");
        }
        match (self.listen, listener(config)) {
            // Subscriptions end with the reload; the listener just has nothing to do.
            (old, new) if old == new || new.is_none() => {}
            (None, _) => keys.push("websub.public_url"),
            _ => keys.push("websub.listen"),
        }
        keys
    }
}

fn listener(config: &Config) -> Option<SocketAddr> {
    let websub = &config.websub;
    websub.public_url.as_ref().map(|_| websub.listen)
}

/// Why nothing was taken over.
enum Refused {
    /// The files are wrong: looked at again when they change next.
    Files(String),
    /// The store is: tried again by itself.
    Store(StoreError),
}

/// Listens until the process ends.
pub(super) async fn control(
    mut signals: Signals,
    mut reloader: Reloader,
    mut files: Files,
    stop: Stop,
) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tidying = tokio::time::interval(TIDY);
    let mut stopping = false;
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => end(&stop, &mut stopping),
            _ = signals.interrupt.recv() => end(&stop, &mut stopping),
            _ = signals.hangup.recv() => reloader.reload("SIGHUP", &mut files).await,
            _ = look.tick() => {
                if files.have_changed() {
                    reloader.reload("a file changed", &mut files).await;
                } else if reloader.again.is_some_and(|at| at <= Instant::now()) {
                    reloader.reload("the store failed before", &mut files).await;
                }
            }
            _ = tidying.tick() => reloader.tidy(),
        }
    }
}

/// The first signal drains, the second ends at once.
fn end(stop: &Stop, stopping: &mut bool) {
    if *stopping {
        error!("stopped at once by a second signal");
        #[expect(
            clippy::exit,
            reason = "that is what a second signal asks for; the store survives it"
        )]
        std::process::exit(1);
    }
    *stopping = true;
    info!(
        "stopping: polls under way may end, up to {} s; a second signal ends at once",
        super::DRAIN.as_secs()
    );
    stop.stop();
}

impl Reloader {
    async fn reload(&mut self, why: &str, files: &mut Files) {
        notify::reloading();
        match self.take_over().await {
            Ok((feeds, message)) => {
                *files = Files::of(&feeds);
                self.history = feeds.config.schedule.history;
                self.retention = feeds.config.retention.clone();
                self.again = None;
                info!("reloaded ({why}): {message}");
                feeds.tell_openings();
                feeds.tell_warnings();
                let outdated = self.began_with.outdated(&feeds.config);
                if !outdated.is_empty() {
                    warn!(
                        "changed, but in force only after a restart: {}; restart tidings for it",
                        outdated.join(", ")
                    );
                }
            }
            Err(refused) => {
                files.looked();
                let (errors, again) = match refused {
                    Refused::Files(errors) => (errors, None),
                    Refused::Store(error) => {
                        (error.to_string(), Some(Instant::now() + STORE_PAUSE))
                    }
                };
                self.again = again;
                error!("not reloaded ({why}), the old settings and feeds stay in force:\n{errors}");
            }
        }
        notify::ready();
    }

    /// In the background: a long history takes its time, and a stop signal must not wait for it.
    fn tidy(&self) {
        let (store, history, now) = (self.store.clone(), self.history, (self.clock)());
        let retention = self.retention.clone();
        tokio::spawn(async move { tidy(&store, history, &retention, now).await });
    }

    async fn take_over(&self) -> Result<(Feeds, String), Refused> {
        let feeds = read_feeds(self.config_path.as_deref(), &self.env)
            .map_err(|errors| Refused::Files(errors.to_string()))?;
        // Before the store: a new feed may be claimed as soon as that knows it.
        let old = self
            .ingest
            .reconfigure(Arc::clone(&feeds.config), Arc::clone(&feeds.specs))
            .map_err(|error| Refused::Files(error.to_string()))?;
        let synced = self.store.sync_feeds(feeds.set(None), (self.clock)()).await;
        let report = match synced {
            Ok(report) => report,
            Err(error) => {
                self.ingest.adopt(old);
                return Err(Refused::Store(error));
            }
        };
        self.limits.send_replace(limits(&feeds.config.fetch));
        self.wake.notify_one();
        self.reloaded.notify_one();
        let message = format!(
            "{} feeds ({} new, {} changed, {} retired)",
            feeds.specs.len(),
            report.added,
            report.changed,
            report.retired
        );
        Ok((feeds, message))
    }
}

/// What is looked at, how it looked when it was read, and how a change since looked first.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    read: Vec<Option<Look>>,
    changing: Option<Vec<Option<Look>>>,
}

type Look = (u64, u64, Option<SystemTime>);

impl Files {
    pub(super) fn of(feeds: &Feeds) -> Self {
        let paths: Vec<PathBuf> = feeds
            .path
            .iter()
            .chain(&feeds.config.feeds)
            .cloned()
            .collect();
        let read = paths.iter().map(look_at).collect();
        Self {
            paths,
            read,
            changing: None,
        }
    }

    /// True when there is a change that is over.
    fn have_changed(&mut self) -> bool {
        let now: Vec<Option<Look>> = self.paths.iter().map(look_at).collect();
        if now == self.read {
            self.changing = None;
            return false;
        }
        let is_over = self.changing.as_ref() == Some(&now);
        self.changing = Some(now);
        is_over
    }

    fn looked(&mut self) {
        self.read = self.paths.iter().map(look_at).collect();
        self.changing = None;
    }
}

fn look_at(path: &PathBuf) -> Option<Look> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.ino(), meta.len(), meta.modified().ok()))
}
