//! Talking to systemd: ready, status, reloading, stopping, and the watchdog.
//!
//! The watchdog is fed only if the working loop *and* the store's writer answer when they are asked,
//! each time anew: whichever hangs, the last feeding was before. Without systemd all of this does nothing.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;
use tracing::{error, warn};

use super::pulse::Pulse;
use crate::{model::Health, schedule::Clock, store::Store};

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

/// Keeps status line and watchdog up to date until aborted; start it only under systemd.
pub(super) async fn report(store: Store, clock: Clock, pulse: Pulse) {
    let watchdog = sd_notify::watchdog_enabled();
    let every = watchdog.map_or(EVERY, |timeout| (timeout / 3).min(EVERY));
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_status = Instant::now();
    loop {
        tick.tick().await;
        if watchdog.is_some() && is_alive(&store, &pulse, every).await {
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

async fn is_alive(store: &Store, pulse: &Pulse, patience: Duration) -> bool {
    let (comes_round, writer) = tokio::join!(
        pulse.answers(patience),
        tokio::time::timeout(patience, store.ping_writer())
    );
    let writes = matches!(writer, Ok(Ok(())));
    if !comes_round {
        error!("the working loop does not come round; the watchdog is not fed");
    }
    if !writes {
        error!("the store's writer does not answer; the watchdog is not fed");
    }
    comes_round && writes
}

async fn status(store: &Store, clock: &Clock) -> Option<String> {
    let counts = store.health(clock()).await.ok()?;
    let all: u64 = counts.values().sum();
    let count = |health| counts.get(&health).copied().unwrap_or(0);
    // What passes is told while there is some.
    let told = Health::ALL.into_iter();
    let passes = |health: &Health| matches!(health, Health::New | Health::Waiting);
    let told = told.filter(|health| !passes(health) || count(*health) > 0);
    let parts: Vec<_> = told
        .map(|health| format!("{} {}", count(health), health.as_str()))
        .collect();
    Some(format!("{all} feeds: {}", parts.join(", ")))
}
