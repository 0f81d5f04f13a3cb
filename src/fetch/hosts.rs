//! The gate in front of each politeness scope: few requests in flight, a pause between their starts,
//! none while a server's pause lasts.
//!
//! It keeps the order within this process to the millisecond, redirects included; the store keeps
//! the same rules across processes and restarts. Waiting here costs no slot of the global limit, so
//! a slow or crowded host delays no other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::model::{Time, later, spacing_of};

/// Scopes remembered before those at rest are forgotten.
const REMEMBERED: usize = 4096;
/// No server gets a longer pause (the rule stands at [`crate::model::pause_until`]); what is further
/// ahead is a clock's fault.
const LONGEST_PAUSE: Duration = Duration::from_secs(32 * 24 * 3600);

/// See the module.
pub(super) struct HostGate {
    in_flight: usize,
    interval: Duration,
    slots: Arc<Slots>,
    /// By the wall clock, which goes on in a suspended machine. Shared by a gate and those it was
    /// renewed to: requests that began before a reload may be told of a pause after it.
    pauses: Arc<Mutex<HashMap<String, Time>>>,
}

type Slots = Mutex<HashMap<String, Arc<Slot>>>;

struct Slot {
    permits: Arc<Semaphore>,
    last_start: Arc<Mutex<Option<Instant>>>,
}

/// A scope's turn; ends when dropped.
pub(super) struct Turn {
    slot: Arc<Slot>,
    interval: Duration,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Waits until a request may start.
    pub(super) async fn wait(&self) {
        let last = *self.slot.last_start();
        if let Some(last) = last {
            tokio::time::sleep_until(last + self.interval).await;
        }
    }

    /// True if a request may start this moment; then it counts as started.
    pub(super) fn begin(&self) -> bool {
        let (mut last, now) = (self.slot.last_start(), Instant::now());
        let may = last.is_none_or(|last| last + self.interval <= now);
        if may {
            *last = Some(now);
        }
        may
    }
}

impl HostGate {
    pub(super) fn new(in_flight: usize, interval: Duration) -> Self {
        Self {
            in_flight,
            interval,
            slots: Arc::default(),
            pauses: Arc::default(),
        }
    }

    /// A gate for other settings that knows the same pauses, and who was asked when. With as many
    /// requests in flight it counts those under way too; with another number it cannot.
    pub(super) fn renewed(&self, in_flight: usize, interval: Duration) -> Self {
        let slots = if in_flight == self.in_flight {
            Arc::clone(&self.slots)
        } else {
            let again = |(scope, slot): (&String, &Arc<Slot>)| {
                let last_start = Arc::clone(&slot.last_start);
                (scope.clone(), Arc::new(Slot::new(in_flight, last_start)))
            };
            Arc::new(Mutex::new(self.slots().iter().map(again).collect()))
        };
        Self {
            in_flight,
            interval,
            slots,
            pauses: Arc::clone(&self.pauses),
        }
    }

    /// Waits for a place at the scope, in the order of asking.
    pub(super) async fn enter(&self, scope: &str) -> Turn {
        let slot = self.slot(scope);
        // The semaphore is never closed; without a permit there would be nothing to wait for.
        let permit = Arc::clone(&slot.permits).acquire_owned().await.ok();
        Turn {
            slot,
            interval: spacing_of(scope, self.interval),
            _permit: permit,
        }
    }

    /// No request goes to the scope before `until`; a longer pause stays.
    pub(super) fn pause(&self, scope: &str, until: Time) {
        let mut pauses = self.pauses();
        let known = pauses.entry(scope.to_owned()).or_insert(until);
        *known = until.max(*known);
    }

    /// Takes these pauses in place of all that are known: after the clock was set, those given before
    /// are none any more.
    pub(super) fn replace_pauses(&self, pauses: HashMap<String, Time>) {
        *self.pauses() = pauses;
    }

    /// All pauses that are known, those that are over too.
    pub(super) fn all_pauses(&self) -> Vec<(String, Time)> {
        let pauses = self.pauses();
        let copy = |(scope, until): (&String, &Time)| (scope.clone(), *until);
        pauses.iter().map(copy).collect()
    }

    /// How long the scope is still paused at `now`.
    pub(super) fn paused_for(&self, scope: &str, now: Time) -> Option<Duration> {
        let mut pauses = self.pauses();
        let until = *pauses.get(scope)?;
        if until <= now || until > later(now, LONGEST_PAUSE) {
            pauses.remove(scope);
            return None;
        }
        (until - now).to_std().ok()
    }

    fn slot(&self, scope: &str) -> Arc<Slot> {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(scope) {
            return Arc::clone(slot);
        }
        if slots.len() >= REMEMBERED {
            let now = Instant::now();
            slots.retain(|scope, slot| {
                let spacing = spacing_of(scope, self.interval);
                let waits = || slot.last_start().is_some_and(|last| last + spacing > now);
                Arc::strong_count(slot) > 1 || waits()
            });
        }
        let slot = Arc::new(Slot::new(self.in_flight, Arc::default()));
        slots.insert(scope.to_owned(), Arc::clone(&slot));
        slot
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pauses(&self) -> MutexGuard<'_, HashMap<String, Time>> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn new(in_flight: usize, last_start: Arc<Mutex<Option<Instant>>>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(in_flight)),
            last_start,
        }
    }

    fn last_start(&self) -> MutexGuard<'_, Option<Instant>> {
        self.last_start
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

    #[tokio::test(start_paused = true)]
    async fn a_site_with_habits_is_asked_at_its_own_pace() {
        let gate = HostGate::new(1, Duration::from_secs(2));
        drop(start_at(&gate, "reddit.com").await);
        let start = Instant::now();
        drop(start_at(&gate, "reddit.com").await);
        assert_eq!(start.elapsed(), Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_for_other_settings_knows_who_was_asked_when() {
        for in_flight in [1, 4] {
            let gate = HostGate::new(1, Duration::from_secs(2));
            drop(start_at(&gate, "a.example").await);
            let start = Instant::now();
            let renewed = gate.renewed(in_flight, Duration::from_secs(5));
            drop(start_at(&renewed, "a.example").await);
            assert_eq!(start.elapsed(), Duration::from_secs(5));
            // A poll that began before the reload waits for those after it.
            drop(start_at(&gate, "a.example").await);
            assert_eq!(start.elapsed(), Duration::from_secs(7));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_under_way_count_in_a_gate_with_another_interval() {
        let gate = HostGate::new(1, Duration::ZERO);
        let turn = gate.enter("a.example").await;
        let renewed = gate.renewed(1, Duration::from_secs(1));
        let soon = Duration::from_secs(9);
        let second = tokio::time::timeout(soon, renewed.enter("a.example")).await;
        assert!(second.is_err(), "two requests in flight");
        drop(turn);
        renewed.enter("a.example").await;
    }

    #[test]
    fn a_pause_that_a_poll_is_told_of_after_a_reload_holds_for_those_after_it() {
        let gate = HostGate::new(1, Duration::ZERO);
        let renewed = gate.renewed(2, Duration::ZERO);
        let at = |second: i64| Time::from_timestamp(second, 0).unwrap();
        gate.pause("a.example", at(60));
        let left = renewed.paused_for("a.example", at(0));
        assert_eq!(left, Some(Duration::from_secs(60)));
    }

    #[test]
    fn pauses_that_are_replaced_are_forgotten() {
        let at = |second: i64| Time::from_timestamp(second, 0).unwrap();
        let gate = HostGate::new(1, Duration::ZERO);
        gate.pause("a.example", at(1_000_000));
        gate.replace_pauses(HashMap::from([("b.example".to_owned(), at(60))]));
        assert_eq!(gate.paused_for("a.example", at(0)), None);
        assert_eq!(
            gate.paused_for("b.example", at(0)),
            Some(Duration::from_secs(60))
        );
    }

    #[test]
    fn a_pause_ends_when_it_was_to_end_and_is_never_shortened() {
        let gate = HostGate::new(1, Duration::ZERO);
        let at = |seconds: i64| Time::from_timestamp(1_700_000_000 + seconds, 0).unwrap();
        gate.pause("a.example", at(60));
        gate.pause("a.example", at(10));
        let left = |gate: &HostGate, second| gate.paused_for("a.example", at(second));
        assert_eq!(left(&gate, 0), Some(Duration::from_secs(60)));
        assert_eq!(gate.paused_for("b.example", at(0)), None);
        let renewed = gate.renewed(4, Duration::ZERO);
        assert_eq!(left(&renewed, 59), Some(Duration::from_secs(1)));
        assert_eq!(left(&gate, 60), None);
        // Noted under a clock that was ten years ahead.
        gate.pause("a.example", at(10 * 366 * 86_400));
        assert_eq!(left(&gate, 0), None);
    }
}
