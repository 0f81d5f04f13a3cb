//! The per-host gate: few requests in flight to one host, and a pause between their starts.
//!
//! Waiting here costs no slot of the global limit, so a slow or crowded host delays no other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// Hosts remembered before those at rest are forgotten.
const REMEMBERED: usize = 4096;

/// See the module.
pub(super) struct HostGate {
    in_flight: usize,
    interval: Duration,
    hosts: Mutex<HashMap<String, Arc<Slot>>>,
}

struct Slot {
    permits: Arc<Semaphore>,
    next_start: Mutex<Instant>,
}

/// A host's turn; ends when dropped.
pub(super) struct Turn {
    slot: Arc<Slot>,
    interval: Duration,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Waits until a request may start.
    pub(super) async fn wait(&self) {
        let next = *self.slot.next_start();
        tokio::time::sleep_until(next).await;
    }

    /// True if a request may start this moment; then it counts as started.
    pub(super) fn begin(&self) -> bool {
        let (mut next, now) = (self.slot.next_start(), Instant::now());
        let may = *next <= now;
        if may {
            *next = now + self.interval;
        }
        may
    }
}

impl HostGate {
    pub(super) fn new(in_flight: usize, interval: Duration) -> Self {
        Self {
            in_flight,
            interval,
            hosts: Mutex::default(),
        }
    }

    /// Waits for a place at the host, in the order of asking.
    pub(super) async fn enter(&self, host: &str) -> Turn {
        let slot = self.slot(host);
        // The semaphore is never closed; without a permit there would be nothing to wait for.
        let permit = Arc::clone(&slot.permits).acquire_owned().await.ok();
        Turn {
            slot,
            interval: self.interval,
            _permit: permit,
        }
    }

    fn slot(&self, host: &str) -> Arc<Slot> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = hosts.get(host) {
            return Arc::clone(slot);
        }
        if hosts.len() >= REMEMBERED {
            let now = Instant::now();
            hosts.retain(|_, slot| Arc::strong_count(slot) > 1 || *slot.next_start() > now);
        }
        let slot = Arc::new(Slot {
            permits: Arc::new(Semaphore::new(self.in_flight)),
            next_start: Mutex::new(Instant::now()),
        });
        hosts.insert(host.to_owned(), Arc::clone(&slot));
        slot
    }
}

impl Slot {
    fn next_start(&self) -> MutexGuard<'_, Instant> {
        self.next_start
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request's start, as the fetcher makes it.
    async fn start_at(gate: &HostGate, host: &str) -> Turn {
        let turn = gate.enter(host).await;
        turn.wait().await;
        assert!(turn.begin());
        turn
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_waits_after_its_turn_came_keeps_the_next_away_as_long() {
        let gate = HostGate::new(2, Duration::from_secs(2));
        let (late, next) = (gate.enter("a.example").await, gate.enter("a.example").await);
        late.wait().await;
        next.wait().await;
        // Both wait for a permit here.
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert!(late.begin());
        assert!(!next.begin(), "two requests at once");
        let start = Instant::now();
        next.wait().await;
        assert!(next.begin());
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_start_an_interval_apart_and_others_at_once() {
        let gate = HostGate::new(1, Duration::from_secs(2));
        let start = Instant::now();
        drop(start_at(&gate, "a.example").await);
        drop(start_at(&gate, "b.example").await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(start_at(&gate, "a.example").await);
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_has_one_request_in_flight() {
        let gate = Arc::new(HostGate::new(1, Duration::ZERO));
        let turn = gate.enter("a.example").await;
        let second = tokio::time::timeout(Duration::from_secs(9), gate.enter("a.example")).await;
        assert!(
            second.is_err(),
            "the second request did not wait for the first"
        );
        drop(turn);
        gate.enter("a.example").await;
    }
}
