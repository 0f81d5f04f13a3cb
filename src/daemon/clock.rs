//! The wall clock under watch: steps, suspends, and a clock that was never set.
//!
//! Pure: both clocks' readings are arguments. What a jump leads to is the store's business
//! ([`crate::store::Backend::replan`]).

use std::time::Duration;

use tracing::{info, warn};

use crate::model::{Time, is_clock_set};

/// The wall clock may run ahead of the monotonic one by so much between two looks, or behind it.
const JUMP: chrono::Duration = chrono::Duration::seconds(120);
/// A clock that was never set is waited for so long; then it is the clock there is.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Compares the wall clock with the monotonic one, look by look.
#[derive(Debug, Default)]
pub struct ClockWatch {
    last: Option<(Time, Duration)>,
    /// Plans are to be made anew, at the start as after a jump.
    pending: bool,
    /// Since when the clock is unbelievable, by the monotonic clock.
    unset_since: Option<Duration>,
}

impl ClockWatch {
    /// Begins at a moment at which plans were made anew by somebody else.
    #[must_use]
    pub fn since(planned: Time) -> Self {
        Self {
            last: Some((planned, Duration::ZERO)),
            ..Self::default()
        }
    }

    /// True if plans are to be made anew before anything is claimed. `elapsed` is the monotonic
    /// clock's reading; it may stand still in a suspended machine.
    pub fn look(&mut self, wall: Time, elapsed: Duration) -> bool {
        match self.last.replace((wall, elapsed)) {
            None => self.pending = true,
            Some((old_wall, old_elapsed)) => {
                let passed = elapsed.saturating_sub(old_elapsed);
                let drift =
                    (wall - old_wall) - chrono::Duration::from_std(passed).unwrap_or_default();
                if drift.abs() > JUMP {
                    info!(
                        "the clock has jumped by {} s (set, or the machine was suspended); polls are planned anew",
                        drift.num_seconds()
                    );
                    self.pending = true;
                }
            }
        }
        if is_clock_set(wall) {
            self.unset_since = None;
        } else if self.pending {
            // Plans that are moved to a wrong clock could be polled too soon when it is set.
            let since = *self.unset_since.get_or_insert_with(|| {
                warn!(
                    "the clock shows {wall}, so it was not set yet; feeds wait for it for an hour"
                );
                elapsed
            });
            if elapsed.saturating_sub(since) < PATIENCE {
                return false;
            }
        }
        std::mem::take(&mut self.pending)
    }

    /// True while plans wait for a clock that was never set: until then nothing is due.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.pending
    }

    /// Plans could not be made anew; the next look says so again.
    pub fn again(&mut self) {
        self.pending = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each look says; each is so many seconds after the last by the wall clock and by the
    /// monotonic one.
    fn looks(start: &str, steps: &[(i64, u64)]) -> Vec<bool> {
        let (mut wall, mut elapsed) = (start.parse::<Time>().unwrap(), Duration::ZERO);
        let mut watch = ClockWatch::default();
        let mut said = vec![watch.look(wall, elapsed)];
        for (by_wall, by_elapsed) in steps {
            wall += chrono::Duration::seconds(*by_wall);
            elapsed += Duration::from_secs(*by_elapsed);
            said.push(watch.look(wall, elapsed));
        }
        said
    }

    const NOW: &str = "2026-03-02T10:00:00Z";
    const HOUR: i64 = 3600;

    #[test]
    fn a_start_is_planned_anew_and_then_only_a_jump() {
        assert_eq!(
            looks(NOW, &[(15, 15), (60, 60), (100, 0)]),
            [true, false, false, false]
        );
        for jump in [HOUR, -HOUR, 8 * HOUR, 121, -121, 10 * 366 * 24 * HOUR] {
            assert_eq!(
                looks(NOW, &[(jump, 0), (15, 15)]),
                [true, true, false],
                "{jump}"
            );
        }
    }

    #[test]
    fn a_leap_second_and_a_change_of_daylight_saving_are_no_jumps() {
        // UTC has no daylight saving; a leap second is one second, or a smear of it.
        let sunday = "2026-03-29T00:59:45Z";
        assert_eq!(looks(sunday, &[(15, 15), (15, 15)]), [true, false, false]);
        let leap = "2028-12-31T23:59:45Z";
        assert_eq!(
            looks(leap, &[(15, 15), (14, 15), (15, 15)]),
            [true, false, false, false]
        );
    }

    #[test]
    fn a_clock_that_was_never_set_is_waited_for_for_an_hour() {
        let set = 56 * 366 * 24 * HOUR;
        assert_eq!(
            looks("1970-01-01T00:00:09Z", &[(15, 15), (set, 0)]),
            [false, false, true]
        );
        let steps = [(1800, 1800), (1799, 1799), (1, 1), (15, 15)];
        assert_eq!(
            looks("1970-01-01T00:00:09Z", &steps),
            [false, false, false, true, false]
        );
        assert_eq!(looks(NOW, &[(-set, 0), (set, 0)]), [true, false, true]);
    }

    #[test]
    fn plans_that_were_made_a_moment_ago_are_not_made_again_but_for_a_jump() {
        let now = NOW.parse().unwrap();
        let mut watch = ClockWatch::since(now);
        assert!(!watch.look(now + chrono::Duration::seconds(1), Duration::ZERO));
        assert!(!watch.is_waiting());
        let later = now + chrono::Duration::hours(1);
        assert!(watch.look(later, Duration::from_secs(9)));
    }

    #[test]
    fn what_failed_is_asked_for_again() {
        let mut watch = ClockWatch::default();
        let now = NOW.parse().unwrap();
        assert!(watch.look(now, Duration::ZERO));
        watch.again();
        assert!(watch.look(now, Duration::ZERO));
        assert!(!watch.look(now, Duration::ZERO));
    }
}
