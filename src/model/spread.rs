//! What is overdue at once is polled over a while: after a start, a suspend or a clock's jump.
//!
//! Pure; the store applies it in one pass.

use std::time::Duration;

/// The longest that a spread takes, however many feeds are overdue.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The most that lies between two feeds.
const STEP: Duration = Duration::from_secs(2);

/// How far apart overdue feeds are polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    step: Duration,
}

impl Spread {
    /// For an operator who keeps this time between two requests to one host: who wants none wants
    /// no spreading either.
    #[must_use]
    pub fn new(host_interval: Duration) -> Self {
        Self {
            step: host_interval.min(STEP),
        }
    }

    /// The wait of the feed at `place` (from 0) of `count` overdue feeds.
    #[must_use]
    pub fn wait(self, place: u64, count: u64) -> Duration {
        let whole = u128::from(count) * self.step.as_micros();
        let whole = whole.min(LONGEST.as_micros());
        let micros = whole * u128::from(place) / u128::from(count.max(1));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: Spread = Spread { step: STEP };

    #[test]
    fn few_feeds_are_two_seconds_apart_and_many_fill_half_an_hour() {
        assert_eq!(SPREAD.wait(0, 1), Duration::ZERO);
        assert_eq!(SPREAD.wait(0, 500), Duration::ZERO);
        assert_eq!(SPREAD.wait(7, 500), Duration::from_secs(14));
        assert_eq!(SPREAD.wait(50_000, 100_000), Duration::from_secs(900));
        assert!(SPREAD.wait(99_999, 100_000) < LONGEST);
    }

    #[test]
    fn nobody_waits_longer_than_those_behind() {
        for count in [1, 2, 899, 900, 901, 100_000] {
            for place in 1..count {
                assert!(SPREAD.wait(place - 1, count) <= SPREAD.wait(place, count));
            }
            assert!(SPREAD.wait(count - 1, count) < LONGEST);
        }
    }

    #[test]
    fn an_operator_who_wants_no_spacing_gets_no_spreading() {
        assert_eq!(Spread::new(Duration::ZERO).wait(9, 10), Duration::ZERO);
        assert_eq!(Spread::new(STEP * 9), SPREAD);
        assert_eq!(
            Spread::new(STEP * 9).wait(u64::MAX - 1, u64::MAX),
            LONGEST - Duration::from_micros(1)
        );
    }
}
