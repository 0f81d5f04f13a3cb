//! Deliveries that were not taken in: counted for each subscription, told once an hour at most.
//!
//! Who knows a callback can send rubbish to it as fast as the network carries it; neither the log
//! nor the store may grow with that. What becomes of the delivery is not decided here.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::{Mutex, PoisonError},
};

use tracing::{error, warn};

use super::Ingest;
use crate::{
    model::{Subscription, Time},
    store::StoreError,
    websub,
};

/// Between two lines about one subscription.
const QUIET: chrono::Duration = chrono::Duration::hours(1);

/// Why a delivery was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// Its signature is missing or wrong.
    Forged,
    /// It is larger than the feed's `max_body`.
    TooLarge,
    /// Its body has a content coding.
    Packed,
    /// Its body did not come in time.
    Slow,
    /// Too many others wait; the hub was asked to try again.
    NoRoom,
}

impl Refused {
    fn words(self) -> &'static str {
        match self {
            Self::Forged => "not rightly signed",
            Self::TooLarge => "larger than max_body",
            Self::Packed => "packed",
            Self::Slow => "too slow",
            Self::NoRoom => "while too many others waited",
        }
    }
}

/// By the subscription's token, which is never told.
#[derive(Default)]
pub(super) struct Drops(Mutex<HashMap<String, Tally>>);

#[derive(Default)]
struct Tally {
    untold: Counts,
    told_at: Option<Time>,
}

type Counts = BTreeMap<Refused, u64>;

impl Tally {
    /// Told so lately that nothing more is told now.
    fn is_quiet(&self, now: Time) -> bool {
        // A moment ahead of the clock was told by a wrong one.
        self.told_at.is_some_and(|at| at <= now && now < at + QUIET)
    }
}

impl Drops {
    fn count(&self, token: &str, why: Refused) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(token.to_owned()).or_default();
        *tally.untold.entry(why).or_default() += 1;
    }

    /// What is to be told now: what is not quiet, or `all`.
    fn take(&self, now: Time, all: bool) -> Vec<(String, Counts)> {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.retain(|_, tally| !tally.untold.is_empty() || tally.is_quiet(now));
        let ripe = tallies
            .iter_mut()
            .filter(|(_, tally)| !tally.untold.is_empty() && (all || !tally.is_quiet(now)));
        ripe.map(|(token, tally)| {
            tally.told_at = Some(now);
            (token.clone(), mem::take(&mut tally.untold))
        })
        .collect()
    }
}

impl Ingest {
    /// Counts a delivery that is not taken in, and tells it if nothing was told for an hour.
    pub async fn refuse_delivery(&self, token: &str, why: Refused) {
        self.drops.count(token, why);
        self.tell_refused(false).await;
    }

    /// Tells what was refused and not told yet, `all` of it or where it is time: in the log, and
    /// in the subscription for `status` and `feed show`.
    pub async fn tell_refused(&self, all: bool) {
        let now = (self.clock)();
        for (token, counts) in self.drops.take(now, all) {
            if let Err(error) = self.note_refused(token, &counts, now).await {
                error!("deliveries of a hub were refused, which could not be kept: {error}");
            }
        }
    }

    async fn note_refused(
        &self,
        token: String,
        counts: &Counts,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(subscription) = self.store.subscription(token.clone()).await? else {
            return Ok(());
        };
        let (feed, all) = (&subscription.asked.feed, counts.values().sum::<u64>());
        let why = words(counts);
        warn!(feed.id = %feed, deliveries = all, "{feed}: deliveries of its hub were dropped: {why}");
        let change = move |sub: &mut Subscription| websub::refused(sub, all, &why, now);
        self.store.change_subscription(token, change).await?;
        Ok(())
    }
}

fn words(counts: &Counts) -> String {
    let each = counts
        .iter()
        .map(|(why, count)| format!("{count} {}", why.words()));
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Time {
        Time::UNIX_EPOCH + chrono::Duration::minutes(minutes)
    }

    fn told(drops: &Drops, minutes: i64) -> Vec<String> {
        let told = drops.take(at(minutes), false);
        told.iter().map(|(_, counts)| words(counts)).collect()
    }

    #[test]
    fn the_first_is_told_at_once_and_those_of_the_next_hour_together() {
        let drops = Drops::default();
        drops.count("a", Refused::Forged);
        assert_eq!(told(&drops, 0), ["1 not rightly signed"]);
        for minute in 0..59 {
            drops.count("a", Refused::Forged);
            assert!(told(&drops, minute).is_empty());
        }
        drops.count("a", Refused::TooLarge);
        // Another subscription has its own hour.
        drops.count("b", Refused::Slow);
        assert_eq!(told(&drops, 59), ["1 too slow"]);
        assert_eq!(
            told(&drops, 60),
            ["59 not rightly signed, 1 larger than max_body"]
        );
        assert!(told(&drops, 600).is_empty());
    }

    #[test]
    fn at_the_end_everything_is_told_and_a_clock_that_went_back_keeps_nothing_quiet() {
        let drops = Drops::default();
        drops.count("a", Refused::NoRoom);
        assert_eq!(told(&drops, 600).len(), 1);
        drops.count("a", Refused::NoRoom);
        assert_eq!(drops.take(at(601), true).len(), 1);
        drops.count("a", Refused::NoRoom);
        assert_eq!(told(&drops, 5).len(), 1);
    }
}
