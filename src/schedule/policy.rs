//! The next poll of a feed: one pure function of what is known and what the server just said.
//!
//! The rules and their reasons are in ARCHITECTURE.md under "Polite polling". Two hold always:
//! never sooner than the feed's interval, and never sooner than `Retry-After`.

use std::time::Duration;

use chrono::{Datelike as _, Timelike as _};

use crate::model::{FailKind, FeedRecord, FeedState, Outcome, Time};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// No server can ask for more (`fetch` cuts it there); what is further ahead is a clock's fault.
const MOST_RETRY: Duration = Duration::from_secs(32 * 24 * 3600);
/// How far clocks may differ without being wrong.
const CLOCK_SLACK: Duration = Duration::from_secs(120);
/// After so many failures in a row a feed is asked once a week.
const LONG_DEAD: u32 = 30;

/// How often a feed may and should be asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Shortest time between two polls.
    pub floor: Duration,
    /// Longest time between two polls of a healthy feed.
    pub ceiling: Duration,
    /// The operator set `floor` for this feed: then it also holds for servers without validators,
    /// which otherwise are asked once a day, because each poll moves the whole document.
    pub chosen: bool,
}

/// What the server just said.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// How the poll ended.
    pub outcome: Outcome,
    /// Freshness left.
    pub fresh_for: Option<Duration>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// When to poll next, and which rule said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The moment.
    pub at: Time,
    /// The rule, in words.
    pub reason: String,
}

/// Decides the next poll. `state` is the state after the answer; `jitter` in 0..=1 lengthens the
/// wait by up to a tenth and never shortens it.
#[must_use]
pub fn next_poll(now: Time, state: &FeedState, answer: &Answer, pace: &Pace, jitter: f64) -> Next {
    let (mut wait, mut reason) = match answer.outcome {
        Outcome::New | Outcome::Same => healthy(state, answer, pace),
        Outcome::Gone => (
            DAY.max(pace.floor),
            "410 Gone: asked once more before it is given up",
        ),
        Outcome::Throttled => throttled(answer, pace),
        Outcome::Failed => failing(state, pace),
    };
    if let Some(retry) = answer.retry_after.filter(|retry| *retry > wait) {
        (wait, reason) = (retry, "the server's Retry-After");
    }
    let wait = wait + wait.mul_f64(0.1 * jitter.clamp(0.0, 1.0));
    let at = add(now, wait);
    match outside_skipped(at, state) {
        Some(moved) => Next {
            at: moved,
            reason: format!("{reason}, moved out of the feed's skipHours or skipDays"),
        },
        None => Next {
            at,
            reason: reason.to_owned(),
        },
    }
}

fn healthy(state: &FeedState, answer: &Answer, pace: &Pace) -> (Duration, &'static str) {
    let ceiling = pace.ceiling.max(pace.floor);
    let mut choice = (pace.floor, "the feed's interval");
    let mut raise = |wait: Duration, reason| {
        if wait > choice.0 {
            choice = (wait, reason);
        }
    };
    if let Some(rhythm) = state.rhythm {
        raise(
            (rhythm.median_gap / 2).min(ceiling),
            "half of its usual gap between entries",
        );
    }
    if let Some(fresh) = answer.fresh_for {
        raise(fresh.min(DAY), "the server's Cache-Control or Expires");
    }
    if let Some(minutes) = state.hint_minutes {
        raise(
            (Duration::from_secs(60) * minutes).min(DAY),
            "the document's ttl or updatePeriod",
        );
    }
    if state.validators.is_empty() && !pace.chosen {
        raise(
            DAY,
            "the server sends no validators, so every poll moves the whole document",
        );
    }
    choice
}

fn throttled(answer: &Answer, pace: &Pace) -> (Duration, &'static str) {
    match answer.retry_after {
        Some(_) => (pace.floor, "the feed's interval"),
        None => (
            (HOUR * 4).max(pace.floor),
            "asked to slow down, without saying for how long",
        ),
    }
}

fn failing(state: &FeedState, pace: &Pace) -> (Duration, &'static str) {
    let backoff = pace.floor.saturating_mul(1 << state.failures.min(6));
    let failure = state.failure.as_ref();
    let (least, most, reason) = match failure.map(|failure| (failure.kind, failure.status)) {
        Some((FailKind::Parse, _)) => (
            HOUR * 6,
            DAY,
            "not a readable feed: every few hours until it is one",
        ),
        // Often it is our own network that is down, and a look-up bothers no publisher.
        Some((FailKind::Dns, _)) => {
            let wait = backoff.clamp(pace.floor, (HOUR * 2).max(pace.floor));
            return (
                wait,
                "the name does not resolve: every two hours until it does",
            );
        }
        Some((_, Some(401 | 403))) => (HOUR * 4, DAY, "refused: a few times a day"),
        Some((_, Some(404))) => (pace.floor, DAY * 7, "404: ever longer waits, up to a week"),
        _ => (
            pace.floor,
            DAY,
            "failing: each wait twice the last, up to a day",
        ),
    };
    if state.failures >= LONG_DEAD {
        return ((DAY * 7).max(pace.floor), "failing for long: once a week");
    }
    (
        backoff.clamp(least, most.max(least)).max(pace.floor),
        reason,
    )
}

/// The first moment at or after `at` that the feed does not ask to skip; `None` if `at` is fine
/// (or every hour of the week is skipped, which nobody can mean).
fn outside_skipped(at: Time, state: &FeedState) -> Option<Time> {
    let skipped = |moment: Time| {
        let hour = u8::try_from(moment.hour()).unwrap_or(0);
        let day = u8::try_from(moment.weekday().num_days_from_monday()).unwrap_or(0);
        state.skip_hours.contains(&hour) || state.skip_days.contains(&day)
    };
    if !skipped(at) {
        return None;
    }
    let top_of_hour =
        at - chrono::Duration::nanoseconds(at.timestamp_nanos_opt().unwrap_or(0) % HOUR_NANOS);
    (1..=24 * 7)
        .map(|hours| top_of_hour + chrono::Duration::hours(hours))
        .find(|moment| !skipped(*moment))
}

const HOUR_NANOS: i64 = 3600 * 1_000_000_000;

/// Why a feed is not polled by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The operator paused it.
    Paused,
    /// The publisher ended it.
    Gone,
    /// The server asked not to be asked before then; not even `--force` breaks that.
    RetryAfter(Time),
    /// Polled less than its interval ago.
    TooSoon(Time),
    /// Another poll of it is under way.
    UnderWay,
}

/// Whether `tidings poll` may poll a feed now.
///
/// # Errors
/// The [`Refusal`].
pub fn may_poll_by_hand(record: &FeedRecord, now: Time, force: bool) -> Result<(), Refusal> {
    if record.paused || record.retired {
        return Err(Refusal::Paused);
    }
    if record.state.gone {
        return Err(Refusal::Gone);
    }
    let furthest = add(now, MOST_RETRY);
    if let Some(until) = record
        .state
        .retry_after
        .filter(|until| *until > now && *until <= furthest)
    {
        return Err(Refusal::RetryAfter(until));
    }
    if record.leased_until.is_some_and(|until| until > now) {
        return Err(Refusal::UnderWay);
    }
    // A claim counts as a poll: its request may have been sent before a crash.
    let last = record.state.last_poll.max(record.claimed_at);
    // A moment ahead of the clock is no poll: the clock was wrong then.
    let last = last.filter(|last| *last <= add(now, CLOCK_SLACK));
    match last.map(|last| add(last, record.interval)) {
        Some(soonest) if soonest > now && !force => Err(Refusal::TooSoon(soonest)),
        _ => Ok(()),
    }
}

fn add(moment: Time, wait: Duration) -> Time {
    crate::model::later(moment, wait)
}
