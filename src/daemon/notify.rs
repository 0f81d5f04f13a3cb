//! Talking to systemd: ready, status, reloading, stopping, and the watchdog.
//!
//! The watchdog is fed only while the working loop comes round *and* the store's writer answers,
//! so that a hung one of either is noticed. Without systemd all of this does nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use sd_notify::NotifyState;
use tracing::{error, warn};

use crate::{
    model::{FeedFilter, Health},
    schedule::Clock,
    store::Store,
};

/// The working loop must have come round within this.
const STALE: i64 = 45;
/// The status line is renewed this often, and the watchdog fed at least so often.
const EVERY: Duration = Duration::from_secs(20);

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

/// Keeps status line and watchdog up to date until aborted; start it only under systemd.
pub(super) async fn report(store: Store, clock: Clock, heartbeat: Arc<AtomicI64>) {
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(EVERY, |timeout| (timeout / 3).min(EVERY));
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        if watchdog.is_some() && is_alive(&store, &clock, &heartbeat, every).await {
            tell(&[NotifyState::Watchdog]);
        }
        if let Some(status) = status(&store, &clock).await {
            tell(&[NotifyState::Status(&status)]);
        }
    }
}

async fn is_alive(store: &Store, clock: &Clock, heartbeat: &AtomicI64, patience: Duration) -> bool {
    let behind = clock().timestamp() - heartbeat.load(Ordering::Relaxed);
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
    let now = clock();
    let feeds = store.feeds(FeedFilter::default()).await.ok()?;
    let count = |health| {
        feeds
            .iter()
            .filter(|feed| feed.health(now) == health)
            .count()
    };
    Some(format!(
        "{} feeds: {} ok, {} late, {} failing, {} paused, {} gone",
        feeds.len(),
        count(Health::Ok),
        count(Health::Late),
        count(Health::Failing),
        count(Health::Paused),
        count(Health::Gone)
    ))
}
