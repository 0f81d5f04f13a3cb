//! What a feed's state becomes after a poll. Pure: old state and what was seen in, new state out.

use std::time::Duration;

use super::{Document, facts};
use crate::model::{
    Cleanup, FailKind, Failure, FeedFacts, FeedState, Outcome, Permanence, Redirect, Rhythm, Time,
    Validators, later,
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
        digest: Box<Digest>,
    },
    /// The document of last time: a 304, or a 200 with the same bytes.
    Same {
        validators: Validators,
        moved: Option<Permanence>,
    },
    Gone,
    Throttled(u16),
    Failed(Failure),
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
        }
    }
}

/// What went wrong, for the history.
pub(super) fn error(seen: &Seen) -> Option<String> {
    match seen {
        Seen::Document { .. } | Seen::Same { .. } => None,
        Seen::Gone => Some("HTTP 410: the publisher says the feed is gone for good".to_owned()),
        Seen::Throttled(status) => Some(format!("HTTP {status}: the server asks to slow down")),
        Seen::Failed(failure) => Some(failure.message.clone()),
    }
}

/// The state after a poll of `url` that was answered at `now`.
pub(super) fn advance(
    old: &FeedState,
    seen: &Seen,
    retry_after: Option<Duration>,
    url: &str,
    now: Time,
) -> FeedState {
    let mut state = old.clone();
    state.last_poll = Some(now);
    state.retry_after = retry_after
        .filter(|wait| !wait.is_zero())
        .map(|wait| later(now, wait));
    match seen {
        Seen::Document {
            validators,
            moved,
            hash,
            digest,
        } => {
            succeed(&mut state, now);
            state.redirect = redirect(old, url, &validators.url, *moved, now);
            state.validators = validators.clone();
            state.body_hash = Some(hash.clone());
            remember(&mut state, digest);
        }
        Seen::Same { validators, moved } => {
            succeed(&mut state, now);
            state.redirect = redirect(old, url, &validators.url, *moved, now);
            state.validators = validators.clone();
        }
        Seen::Gone => {
            let since = old.gone_since.unwrap_or(now);
            state.gone_since = Some(since);
            state.gone_polls = old.gone_polls.saturating_add(1);
            state.gone = state.gone_polls >= 2 && now >= later(since, GONE_AFTER);
            state.failure = Some(Failure {
                kind: FailKind::Status,
                status: Some(410),
                message: error(seen).unwrap_or_default(),
            });
            state.failures = old.failures.saturating_add(1);
        }
        // Being asked to slow down is no failure of the feed.
        Seen::Throttled(_) => {}
        Seen::Failed(failure) => {
            state.failures = old.failures.saturating_add(1);
            state.failure = Some(failure.clone());
            // Any other answer ends a row of 410s.
            state.gone_since = None;
            state.gone_polls = 0;
        }
    }
    state
}

fn succeed(state: &mut FeedState, now: Time) {
    state.last_ok = Some(now);
    state.failures = 0;
    state.failure = None;
    state.gone_since = None;
    state.gone_polls = 0;
    state.gone = false;
}

fn remember(state: &mut FeedState, digest: &Digest) {
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
}

/// Evidence for a move: the same target, poll after poll.
fn redirect(
    old: &FeedState,
    url: &str,
    target: &str,
    moved: Option<Permanence>,
    now: Time,
) -> Option<Redirect> {
    let permanence = moved?;
    if target == url {
        return None;
    }
    match &old.redirect {
        Some(known) if known.url == target && known.permanence == permanence => Some(Redirect {
            polls: known.polls.saturating_add(1),
            ..known.clone()
        }),
        _ => Some(Redirect {
            url: target.to_owned(),
            permanence,
            since: now,
            polls: 1,
        }),
    }
}

impl Seen {
    /// The poll's outcome in one word.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Document { .. } => Outcome::New,
            Self::Same { .. } => Outcome::Same,
            Self::Gone => Outcome::Gone,
            Self::Throttled(_) => Outcome::Throttled,
            Self::Failed(_) => Outcome::Failed,
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
