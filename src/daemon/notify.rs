//! Talking to systemd: ready, status, reloading, stopping, and the watchdog.
//!
//! The watchdog is fed only while the working loop comes round *and* the store's writer answers,
//! so that a hung one of either is noticed. Without systemd all of this does nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sd_notify::NotifyState;
use tracing::{error, warn};

use crate::{model::Health, schedule::Clock, store::Store};

/// The working loop must have come round within this.
const STALE: u64 = 45;
/// The status line is renewed this often, and the watchdog fed at least so often.
const EVERY: Duration = Duration::from_secs(20);
/// Counting many feeds for the status line takes at most one part in so many of the time.
const STATUS_SHARE: u32 = 200;

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!("cannot reach systemd: {error}");
    }
}

pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// systemd wants the moment with it, or it waits for minutes.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(moment) => tell(&[NotifyState::Reloading, moment]),
        Err(error) => warn!("cannot tell systemd of the reload: {error}"),
    }
}

/// When the working loop last came round; clones are the same. By the monotonic clock: the other one
/// may be set, and a suspended machine has no loop.
#[derive(Clone)]
pub(super) struct Heartbeat {
    started: Instant,
    seconds: Arc<AtomicU64>,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            seconds: Arc::default(),
        }
    }

    pub(super) fn beat(&self) {
        let seconds = self.started.elapsed().as_secs();
        self.seconds.store(seconds, Ordering::Relaxed);
    }

    /// Seconds since the last beat.
    fn behind(&self) -> u64 {
        let seconds = self.started.elapsed().as_secs();
        seconds.saturating_sub(self.seconds.load(Ordering::Relaxed))
    }
}

/// Keeps status line and watchdog up to date until aborted; start it only under systemd.
pub(super) async fn report(store: Store, clock: Clock, heartbeat: Heartbeat) {
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(EVERY, |timeout| (timeout / 3).min(EVERY));
    let mut tick = tokio::time::interval(every);
    let mut next_status = Instant::now();
    loop {
        tick.tick().await;
        if watchdog.is_some() && is_alive(&store, &heartbeat, every).await {
            tell(&[NotifyState::Watchdog]);
        }
        let begun = Instant::now();
        if begun >= next_status
            && let Some(status) = status(&store, &clock).await
        {
            tell(&[NotifyState::Status(&status)]);
            next_status = Instant::now() + begun.elapsed() * STATUS_SHARE;
        }
    }
}

async fn is_alive(store: &Store, heartbeat: &Heartbeat, patience: Duration) -> bool {
    let behind = heartbeat.behind();
    if behind > STALE {
        error!("the working loop has not come round for {behind} s; the watchdog is not fed");
        return false;
    }
    match tokio::time::timeout(patience, store.ping_writer()).await {
        Ok(Ok(())) => true,
        _ => {
            error!("the store's writer does not answer; the watchdog is not fed");
            false
        }
    }
}

async fn status(store: &Store, clock: &Clock) -> Option<String> {
    let counts = store.health(clock()).await.ok()?;
    let all: u64 = counts.values().sum();
    let count = |health| counts.get(&health).copied().unwrap_or(0);
    // New ones are told while there are some.
    let told = Health::ALL.into_iter();
    let told = told.filter(|health| *health != Health::New || count(*health) > 0);
    let parts: Vec<_> = told
        .map(|health| format!("{} {}", count(health), health.as_str()))
        .collect();
    Some(format!("{all} feeds: {}", parts.join(", ")))
}
