//! What a feed's state becomes after a poll. Pure: old state and what was seen in, new state out.

use std::time::Duration;

use super::{
    Document, address, facts, gaps, names,
    request::{self, Asked},
};
use crate::model::{
    CacheHints, Cleanup, EntryKey, FailKind, Failure, FeedFacts, FeedSpec, FeedState, Outcome,
    Permanence, Resume, Rhythm, Time, Unread, Validators, is_clock_set, later,
};

/// A feed is taken to have ended after 410 answers that span at least this, so that one slip of
/// a server does not end it.
const GONE_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What a poll saw.
#[derive(Debug)]
pub(super) enum Seen {
    /// A new document. The validators' URL is the one that answered.
    Document {
        validators: Validators,
        moved: Option<Permanence>,
        hash: String,
        /// It holds only what is new (RFC 3229, 226).
        delta: bool,
        digest: Box<Digest>,
    },
    /// The document of last time: a 304 (`confirmed`), or a 200 with the same bytes.
    Same {
        validators: Validators,
        moved: Option<Permanence>,
        confirmed: bool,
    },
    Gone,
    Throttled {
        status: u16,
        resume: Option<Resume>,
    },
    /// Nobody was asked (any more), because a server had asked for a pause before.
    Held,
    Failed(Failure),
    /// A document came that could not be read.
    Unreadable {
        failure: Failure,
        hash: String,
    },
}

/// What of a document is remembered with the feed.
#[derive(Clone, Debug, Default)]
pub(super) struct Digest {
    pub(super) title: Option<String>,
    pub(super) site_url: Option<String>,
    pub(super) format: String,
    pub(super) facts: FeedFacts,
    pub(super) hint_minutes: Option<u32>,
    pub(super) skip_hours: Vec<u8>,
    pub(super) skip_days: Vec<u8>,
    pub(super) repairs: Vec<String>,
    pub(super) cleanup: String,
    pub(super) median_gap: Option<Duration>,
    /// Of all its entries.
    pub(super) keys: Vec<EntryKey>,
    /// Marks of the newest ones.
    pub(super) newest: Vec<String>,
    /// Marks of all names of the newest ones.
    pub(super) marks: Vec<String>,
}

impl Digest {
    pub(super) fn of(document: &Document, cleanup: &Cleanup) -> Self {
        let (raw, normalized) = (&document.raw, &document.normalized);
        Self {
            title: normalized.title.clone(),
            site_url: normalized.site_url.clone(),
            format: raw.format.clone(),
            facts: document.facts.clone(),
            hint_minutes: raw.hints.minutes,
            skip_hours: raw.hints.skip_hours.clone(),
            skip_days: raw.hints.skip_days.clone(),
            repairs: facts::repairs(&raw.repairs),
            cleanup: cleanup.signature(),
            median_gap: normalized.median_gap,
            keys: normalized.entries.iter().map(|entry| entry.key).collect(),
            newest: gaps::newest(&normalized.entries),
            marks: names::marks(&normalized.entries),
        }
    }
}

/// What went wrong, for the history.
pub(super) fn error(seen: &Seen) -> Option<String> {
    match seen {
        Seen::Document { .. } | Seen::Same { .. } => None,
        Seen::Gone => Some("HTTP 410: the publisher says the feed is gone for good".to_owned()),
        Seen::Throttled {
            status,
            resume: None,
        } => Some(format!("HTTP {status}: the server asks to slow down")),
        Seen::Throttled { status, .. } => Some(format!(
            "HTTP {status}: the server asks to wait before its redirect is followed"
        )),
        Seen::Held => Some("not asked: its host asked for a pause".to_owned()),
        Seen::Failed(failure) | Seen::Unreadable { failure, .. } => Some(failure.message.clone()),
    }
}

/// A failed TLS handshake while our clock is plainly wrong says nothing about the server.
pub(super) fn with_clock(failure: Failure, now: Time) -> Failure {
    if failure.kind != FailKind::Tls || is_clock_set(now) {
        return failure;
    }
    Failure {
        kind: FailKind::Clock,
        message: format!(
            "this machine's clock says {}, so no certificate can be checked; set the clock",
            now.format("%F %T UTC")
        ),
        ..failure
    }
}

/// One poll, from its request to its answer.
pub(super) struct Poll<'a> {
    pub(super) spec: &'a FeedSpec,
    pub(super) asked: &'a Asked,
    pub(super) seen: &'a Seen,
    pub(super) hints: CacheHints,
    /// The moment of the answer.
    pub(super) answered: Time,
}

/// The state after a poll.
pub(super) fn advance(old: &FeedState, poll: &Poll<'_>) -> FeedState {
    let (seen, now) = (poll.seen, poll.answered);
    let mut state = old.clone();
    state.retry_after = poll
        .hints
        .retry_after
        .filter(|wait| !wait.is_zero() && !seen.is_success())
        .map(|wait| later(now, wait));
    if matches!(seen, Seen::Held) {
        // Nobody was asked anything.
        return state;
    }
    state.last_poll = Some(now);
    state.resume = None;
    match seen {
        Seen::Document { validators, .. } | Seen::Same { validators, .. } => {
            succeed(&mut state, now);
            state.validators = validators.clone();
            let is_renewal = matches!(
                seen,
                Seen::Same {
                    confirmed: true,
                    ..
                }
            );
            if poll.hints.stated || !is_renewal {
                state.max_age = poll.hints.max_age.map(|age| age.as_secs());
            }
            move_on(&mut state, old, poll);
        }
        Seen::Gone => end(&mut state, old, poll),
        // Being asked to slow down is no failure of the feed.
        Seen::Throttled { resume, .. } => {
            state.resume.clone_from(resume);
            let unsaid = poll.hints.retry_after.is_none();
            state.throttled = if unsaid {
                old.throttled.saturating_add(1)
            } else {
                0
            };
        }
        Seen::Held => {}
        Seen::Failed(failure) | Seen::Unreadable { failure, .. } => {
            // With a wrong clock nothing can be known about the feed.
            if failure.kind != FailKind::Clock {
                state.failures = old.failures.saturating_add(1);
            }
            state.failure = Some(failure.clone());
            // Any other answer ends a row of 410s.
            state.gone_since = None;
            state.gone_polls = 0;
            address::failed(&mut state, &poll.spec.url, failure.status == Some(404), now);
        }
    }
    if let Seen::Unreadable { hash, .. } = seen {
        state.unread = Some(Unread {
            hash: hash.clone(),
            reading: request::reading(poll.spec),
        });
    }
    if let Seen::Document {
        hash,
        delta,
        digest,
        ..
    } = seen
    {
        if !delta {
            state.body_hash = Some(hash.clone());
            state.gaps = gaps::weigh(old, &digest.keys, &digest.marks, now);
            state.names = names::weigh(&old.names, &digest.marks, now);
            state.kind = Some(poll.spec.kind);
        }
        remember(&mut state, digest, *delta);
    }
    request::weigh(&mut state, old, seen, poll.asked, now);
    state
}

/// A 410: the feed is taken to have ended when that lasts.
fn end(state: &mut FeedState, old: &FeedState, poll: &Poll<'_>) {
    let now = poll.answered;
    let since = old.gone_since.unwrap_or(now);
    state.gone_since = Some(since);
    state.gone_polls = old.gone_polls.saturating_add(1);
    state.gone = state.gone_polls >= 2 && now >= later(since, GONE_AFTER);
    state.failure = Some(Failure {
        kind: FailKind::Status,
        status: Some(410),
        message: error(poll.seen).unwrap_or_default(),
    });
    state.failures = old.failures.saturating_add(1);
    address::failed(state, &poll.spec.url, true, now);
}

/// Where the document came from.
fn move_on(state: &mut FeedState, old: &FeedState, poll: &Poll<'_>) {
    let (validators, moved, shares_entries) = match poll.seen {
        Seen::Document {
            validators,
            moved,
            digest,
            ..
        } => (
            validators,
            *moved,
            gaps::overlaps(old, &digest.keys, &digest.marks),
        ),
        Seen::Same {
            validators, moved, ..
        } => (validators, *moved, true),
        _ => return,
    };
    let arrival = address::Arrival {
        asked: &poll.asked.url,
        answered: &validators.url,
        moved,
        shares_entries,
    };
    address::arrived(state, old, &arrival, poll.answered);
}

fn succeed(state: &mut FeedState, now: Time) {
    state.last_ok = Some(now);
    state.failures = 0;
    state.failure = None;
    state.gone_since = None;
    state.gone_polls = 0;
    state.gone = false;
    state.throttled = 0;
    state.unread = None;
}

/// A `delta` says nothing about the feed as a whole but what is newest in it.
fn remember(state: &mut FeedState, digest: &Digest, delta: bool) {
    if delta {
        let before = std::mem::take(&mut state.newest);
        state.newest.clone_from(&digest.newest);
        state.newest.extend(before);
        state.newest.truncate(gaps::NEWEST);
        return;
    }
    state.title.clone_from(&digest.title);
    state.site_url.clone_from(&digest.site_url);
    state.format = Some(digest.format.clone());
    state.facts.clone_from(&digest.facts);
    state.hint_minutes = digest.hint_minutes;
    state.skip_hours.clone_from(&digest.skip_hours);
    state.skip_days.clone_from(&digest.skip_days);
    state.repairs.clone_from(&digest.repairs);
    state.cleanup.clone_from(&digest.cleanup);
    state.rhythm = digest.median_gap.map(|median_gap| Rhythm { median_gap });
    if !digest.newest.is_empty() {
        state.newest.clone_from(&digest.newest);
    }
}

impl Seen {
    /// True if there is a document, new or known.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Self::Document { .. } | Self::Same { .. })
    }

    /// The poll's outcome in one word.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Document { .. } => Outcome::New,
            Self::Same { .. } => Outcome::Same,
            Self::Gone => Outcome::Gone,
            Self::Throttled { .. } | Self::Held => Outcome::Throttled,
            Self::Failed(_) | Self::Unreadable { .. } => Outcome::Failed,
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
