//! The per-host gate: few requests in flight to one host, and a pause between their starts.
//!
//! Waiting here costs no slot of the global limit, so a slow or crowded host delays no other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
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
    _permit: Option<OwnedSemaphorePermit>,
}

impl HostGate {
    pub(super) fn new(in_flight: usize, interval: Duration) -> Self {
        Self {
            in_flight,
            interval,
            hosts: Mutex::default(),
        }
    }

    /// Waits for the host's turn, in the order of asking.
    pub(super) async fn enter(&self, host: &str) -> Turn {
        let slot = self.slot(host);
        // The semaphore is never closed; without a permit there would be nothing to wait for.
        let permit = Arc::clone(&slot.permits).acquire_owned().await.ok();
        let start = {
            let mut next = slot
                .next_start
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(Instant::now());
            *next = start + self.interval;
            start
        };
        tokio::time::sleep_until(start).await;
        Turn { _permit: permit }
    }

    fn slot(&self, host: &str) -> Arc<Slot> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = hosts.get(host) {
            return Arc::clone(slot);
        }
        if hosts.len() >= REMEMBERED {
            let now = Instant::now();
            hosts.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.rests_until() > now);
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
    fn rests_until(&self) -> Instant {
        *self
            .next_start
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_start_an_interval_apart_and_others_at_once() {
        let gate = HostGate::new(1, Duration::from_secs(2));
        let start = Instant::now();
        drop(gate.enter("a.example").await);
        drop(gate.enter("b.example").await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(gate.enter("a.example").await);
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
