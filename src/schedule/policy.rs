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
/// So many polls without any answer may be an outage of our own network.
const UNANSWERED: u32 = 6;

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
    /// A hub delivers this feed's news and has missed none: polls are only the safety net.
    pub pushed: bool,
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
    let mut choice = match answer.outcome {
        Outcome::New | Outcome::Same | Outcome::Pushed => healthy(state, answer, pace),
        Outcome::Gone => Choice {
            wait: DAY.max(pace.floor),
            reason: "410 Gone: asked once more before it is given up",
        },
        Outcome::Throttled => throttled(state, answer, pace),
        Outcome::Failed => failing(state, pace),
    };
    if let Some(retry) = answer.retry_after {
        choice.raise(retry, "the server's Retry-After");
    }
    let Choice { wait, reason } = choice;
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

/// A wait and the rule it comes from.
#[derive(Clone, Copy)]
struct Choice {
    wait: Duration,
    reason: &'static str,
}

impl Choice {
    /// The longest of all counts, and of equals the first.
    fn raise(&mut self, wait: Duration, reason: &'static str) {
        if wait > self.wait {
            *self = Self { wait, reason };
        }
    }
}

/// By the feed's own rhythm: half of the usual gap between its entries; shorter after entries
/// were lost, though never below the floor.
fn own(state: &FeedState, pace: &Pace) -> Choice {
    let mut choice = Choice {
        wait: pace.floor,
        reason: FeedState::BY_INTERVAL,
    };
    let Some(rhythm) = state.rhythm else {
        return choice;
    };
    let half = (rhythm.median_gap / 2).min(pace.ceiling.max(pace.floor));
    match state.gaps.halvings {
        0 => choice.raise(half, "half of its usual gap between entries"),
        halvings => {
            let wait = half / (1 << u32::from(halvings).min(31));
            choice.raise(
                wait,
                "asked more often: entries were lost between two polls",
            );
        }
    }
    choice
}

fn healthy(state: &FeedState, answer: &Answer, pace: &Pace) -> Choice {
    let mut choice = own(state, pace);
    if let Some(fresh) = answer.fresh_for {
        choice.raise(fresh.min(DAY), "the server's Cache-Control or Expires");
    }
    if let Some(hint) = document_hint(state) {
        choice.raise(hint, "the document's ttl or updatePeriod");
    }
    if state.validators.is_empty() && !pace.chosen {
        let reason = "the server sends no validators, so every poll moves the whole document";
        choice.raise(DAY, reason);
    }
    if pace.pushed {
        choice.raise(DAY, "its hub pushes the news; polled as a safety net only");
    }
    choice
}

fn document_hint(state: &FeedState) -> Option<Duration> {
    let minutes = state.hint_minutes?;
    Some((Duration::from_secs(60) * minutes).min(DAY))
}

fn throttled(state: &FeedState, answer: &Answer, pace: &Pace) -> Choice {
    let mut choice = own(state, pace);
    if answer.retry_after.is_none() {
        let more = state.throttled.saturating_sub(1).min(3);
        let wait = (HOUR * 4).saturating_mul(1 << more).min(DAY);
        choice.raise(wait, "asked to slow down, without saying for how long");
    }
    choice
}

/// Each wait is twice the last. Counted from the floor and not from the feed's own rhythm: a quiet
/// feed that fails for some hours each day would else be met in just these, day after day.
fn failing(state: &FeedState, pace: &Pace) -> Choice {
    let backoff = pace.floor.saturating_mul(1 << state.failures.min(6));
    let own = own(state, pace).wait;
    let failure = state.failure.as_ref();
    let (kind, status) = match failure {
        Some(failure) => (failure.kind, failure.status),
        None => (FailKind::Internal, None),
    };
    let (wait, least, most, reason) = match (kind, status) {
        (FailKind::Clock, _) => (pace.floor, pace.floor, pace.floor, "our own clock is wrong"),
        (FailKind::Parse, _) => (
            backoff,
            HOUR * 6,
            DAY,
            "not a readable feed: every few hours until it is one",
        ),
        // Often it is our own network that is down, and a look-up bothers no publisher.
        (FailKind::Dns, _) => (
            backoff,
            pace.floor,
            if state.failures <= UNANSWERED {
                own.min(HOUR * 2)
            } else {
                HOUR * 2
            },
            "the name does not resolve: every two hours until it does",
        ),
        // The same; and who does not answer is not troubled.
        (FailKind::Connect | FailKind::Timeout | FailKind::Tls, None) => (
            backoff,
            pace.floor,
            if state.failures <= UNANSWERED {
                own
            } else {
                DAY
            },
            "no answer: as usual at first, then ever longer waits, up to a day",
        ),
        (FailKind::Blocked, _) => (
            backoff,
            HOUR * 4,
            DAY,
            "blocked by bot protection: a few times a day, to see whether it still is",
        ),
        (_, Some(401 | 403)) => (backoff, HOUR * 4, DAY, "refused: a few times a day"),
        (_, Some(404)) => (
            backoff,
            pace.floor,
            DAY * 7,
            "404: ever longer waits, up to a week",
        ),
        _ => (
            backoff,
            pace.floor,
            DAY,
            "failing: each wait twice the last, up to a day",
        ),
    };
    let mut choice = Choice {
        wait: wait.clamp(least, most.max(least)).max(pace.floor),
        reason,
    };
    if state.failures >= LONG_DEAD && !matches!(kind, FailKind::Dns | FailKind::Clock) {
        choice.raise(DAY * 7, "failing for long: once a week");
    }
    choice
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
    /// A server of its host asked that nobody of it be asked before then; `--force` breaks that no
    /// more.
    HostPaused(String, Time),
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
    if let Some(until) = record
        .scope_paused_until
        .filter(|until| *until > now && *until <= furthest)
    {
        return Err(Refusal::HostPaused(record.scope.clone(), until));
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
