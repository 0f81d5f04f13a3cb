//! What a poll asks for: the address, the validators, the operator's wishes. Pure.
//!
//! Nothing is made up here: validators are the bytes that the server sent, or they are left out.

use std::time::Duration;

use super::state::Seen;
use crate::{
    fetch::FetchRequest,
    model::{
        Access, DueFeed, FailKind, Failure, FeedSpec, FeedState, Staleness, Time, Validators, later,
    },
};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// A row of 304s shorter than this is no reason for doubt.
const PATIENCE: Duration = Duration::from_secs(8 * 24 * 3600);
/// Nor is one shorter than so many usual gaps between entries.
const GAPS: u32 = 6;
/// However often the doubt was wrong, it comes back after this.
const MOST_PATIENCE: Duration = Duration::from_secs(64 * 24 * 3600);
/// After so many unchanged documents without a 304 between them an `ETag` is taken to match never.
const UNMATCHED: u32 = 3;

/// How a feed was asked, as far as it matters for what the answer means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The address asked first.
    pub(super) url: String,
    /// Without validators although there are some: is the server's 304 still true?
    pub(super) probe: bool,
    /// With the stored `ETag`.
    pub(super) etag: bool,
}

impl Asked {
    /// For the first time, with nothing to compare.
    #[must_use]
    pub fn first(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..Self::default()
        }
    }
}

/// The request of a poll.
pub(super) fn request(spec: &FeedSpec, due: &DueFeed, now: Time) -> (FetchRequest, Asked) {
    let state = &due.state;
    let (validators, probe) = if is_read_anew(spec, due) {
        (Validators::default(), false)
    } else {
        validators(state, now)
    };
    let url = state.learnt_url.as_ref().unwrap_or(&spec.url).clone();
    let asked = Asked {
        url: url.clone(),
        probe,
        etag: validators.etag.is_some(),
    };
    let request = FetchRequest {
        url,
        validators,
        headers: spec.headers.clone(),
        home: Some(spec.url.clone()),
        resume: state.resume.clone(),
        user_agent: spec.user_agent.clone(),
        timeout: spec.timeout,
        max_body: spec.max_body,
        access: Access::clone(&spec.access),
        // Nobody subscribed to a site's list of pages: it is asked for as crawlers do.
        robots: spec.kind.is_for_crawlers(),
        ..FetchRequest::default()
    };
    (request, asked)
}

/// True if the operator changed how bodies are cleaned, or as what documents are read, since the last
/// one was: then it is asked for and read once more, changed or not.
pub(super) fn is_read_anew(spec: &FeedSpec, due: &DueFeed) -> bool {
    let state = &due.state;
    let read_as = state.kind.unwrap_or(spec.kind);
    let as_now = read_as.reads_pages() == spec.kind.reads_pages();
    state.body_hash.is_some() && !(as_now && state.cleanup == spec.cleanup.signature())
}

/// How this version of the program reads the feed's documents: another reading may succeed where
/// this one failed.
pub(super) fn reading(spec: &FeedSpec) -> String {
    let (version, kind) = (env!("CARGO_PKG_VERSION"), spec.kind.as_str());
    format!("{version} {kind} {}", spec.cleanup.signature())
}

/// The failure of last time, if this is the document that could not be read then.
pub(super) fn known_unreadable(spec: &FeedSpec, state: &FeedState, hash: &str) -> Option<Failure> {
    let unread = state.unread.as_ref()?;
    let failure = state.failure.as_ref()?;
    let same =
        unread.hash == hash && unread.reading == reading(spec) && failure.kind == FailKind::Parse;
    same.then(|| failure.clone())
}

/// The validators to send, and whether leaving them out is a probe.
fn validators(state: &FeedState, now: Time) -> (Validators, bool) {
    let stored = &state.validators;
    if !stored.is_empty() && is_probe_due(state, now) {
        return (Validators::default(), true);
    }
    let mut validators = stored.clone();
    // A server must ignore If-Modified-Since beside If-None-Match (RFC 9110 section 13.1.3).
    if state.etag_useless && validators.last_modified.is_some() {
        validators.etag = None;
    }
    (validators, false)
}

/// Some servers answer 304 for ever. One that was caught is asked for the document daily, any other
/// only after a row of 304s that is long for this feed.
fn is_probe_due(state: &FeedState, now: Time) -> bool {
    let staleness = &state.staleness;
    let (since, wait) = if staleness.lying {
        (staleness.probed, DAY)
    } else {
        (staleness.since, patience(state))
    };
    since.is_some_and(|since| now >= later(since, wait))
}

fn patience(state: &FeedState) -> Duration {
    let usual = state.rhythm.map_or(Duration::ZERO, |rhythm| {
        rhythm.median_gap.saturating_mul(GAPS)
    });
    let learnt = state.staleness.patience.unwrap_or_default();
    PATIENCE.max(usual.min(MOST_PATIENCE)).max(learnt)
}

/// What an answer says about the validators themselves; `state` has its new validators already.
pub(super) fn weigh(state: &mut FeedState, old: &FeedState, seen: &Seen, asked: &Asked, now: Time) {
    let known = old.staleness.clone();
    state.staleness = match seen {
        Seen::Same {
            confirmed: true, ..
        } => Staleness {
            since: known.since.or(Some(now)),
            ..known
        },
        // The server told the truth: the next doubt comes twice as late.
        Seen::Same { .. } if asked.probe => Staleness {
            since: None,
            patience: Some((patience(old) * 2).min(MOST_PATIENCE)),
            lying: false,
            probed: Some(now),
        },
        // Another document under the validators of before: a 304 would have been a lie. With others
        // it may have come a moment ago.
        Seen::Document { validators, .. } if asked.probe && is_same_edition(validators, old) => {
            Staleness {
                lying: true,
                probed: Some(now),
                ..Staleness::default()
            }
        }
        Seen::Document { .. } => Staleness::default(),
        Seen::Same { .. } => Staleness {
            since: None,
            ..known
        },
        // No answer to the question: it is asked again after another row of 304s.
        _ if asked.probe => Staleness {
            since: known.since.map(|_| now),
            probed: Some(now),
            ..known
        },
        _ => known,
    };
    match seen {
        Seen::Same {
            confirmed: false, ..
        } if asked.etag => {
            let dated = state.validators.last_modified.is_some()
                && state.validators.last_modified == old.validators.last_modified;
            state.unmatched = if dated {
                old.unmatched.saturating_add(1)
            } else {
                0
            };
            state.etag_useless |= state.unmatched >= UNMATCHED;
        }
        Seen::Same {
            confirmed: true, ..
        } => state.unmatched = 0,
        _ => {}
    }
    // Without a date there is only the ETag to send.
    state.etag_useless &= state.validators.last_modified.is_some();
}

/// True if these are the validators of the document that is known.
fn is_same_edition(new: &Validators, old: &FeedState) -> bool {
    let known = &old.validators;
    let same = |new: &Option<Vec<u8>>, known: &Option<Vec<u8>>| new.is_some() && new == known;
    same(&new.etag, &known.etag) || same(&new.last_modified, &known.last_modified)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
