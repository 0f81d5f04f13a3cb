//! Where a feed lives: evidence that it has moved, what is learnt from it, and its history. Pure.
//!
//! A permanent redirect is believed when it was seen often and for long enough; the feed file keeps
//! the operator's URL, and the state remembers the learnt one. A redirect to another site must also
//! lead to a document that shares entries with the feed: expired domains redirect to anything.

use std::time::Duration;

use url::Url;

use crate::model::{FeedState, Move, Permanence, Redirect, Time, later};

/// Polls that must have ended at the same place.
const POLLS: u32 = 3;
/// Over at least this long, within one site.
const SAME_SITE: Duration = Duration::from_secs(48 * 3600);
/// And to another site.
const OTHER_SITE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A learnt address that fails so often in a row is given up for the feed file's.
const GIVEN_UP: u32 = 6;
/// Steps of the history that are kept.
const REMEMBERED: usize = 10;

/// Where an answer came from.
pub(super) struct Arrival<'a> {
    /// The address asked.
    pub(super) asked: &'a str,
    /// The address that answered.
    pub(super) answered: &'a str,
    /// What the hops between them said.
    pub(super) moved: Option<Permanence>,
    /// The document holds entries that the feed had before.
    pub(super) shares_entries: bool,
}

/// Weighs where a document came from.
pub(super) fn arrived(state: &mut FeedState, old: &FeedState, arrival: &Arrival<'_>, now: Time) {
    let Some(evidence) = evidence(old, arrival, now) else {
        if let Some(ended) = &old.redirect {
            note(
                state,
                now,
                &ended.url,
                arrival.asked,
                "answers itself again",
            );
        }
        state.redirect = None;
        return;
    };
    if is_moved(&evidence, arrival.asked, now) {
        let what = format!(
            "moved: {} polls since {} were redirected there permanently",
            evidence.polls,
            evidence.since.format("%F")
        );
        note(state, now, arrival.asked, &evidence.url, &what);
        state.learnt_url = Some(evidence.url);
        state.redirect = None;
        return;
    }
    if is_news(old.redirect.as_ref(), &evidence) {
        let what = match evidence.permanence {
            Permanence::Permanent => "is redirected permanently",
            Permanence::Temporary => "is redirected for the time being",
        };
        note(state, now, arrival.asked, &evidence.url, what);
    }
    state.redirect = Some(evidence);
}

/// The learnt address does not lead to the feed any more: the feed file's is asked again, if this
/// `ended` (404, 410) or went on for long.
pub(super) fn failed(state: &mut FeedState, url: &str, ended: bool, now: Time) {
    if !ended && state.failures < GIVEN_UP {
        return;
    }
    if let Some(learnt) = state.learnt_url.take() {
        let what = "gave no feed any more; back to the address in the feed file";
        note(state, now, &learnt, url, what);
        state.failures = 0;
        state.gone = false;
        state.gone_polls = 0;
        state.gone_since = None;
    }
}

/// The same target, poll after poll.
fn evidence(old: &FeedState, arrival: &Arrival<'_>, now: Time) -> Option<Redirect> {
    let permanence = arrival.moved?;
    if arrival.answered == arrival.asked {
        return None;
    }
    Some(match &old.redirect {
        Some(known) if known.url == arrival.answered && known.permanence == permanence => {
            Redirect {
                polls: known.polls.saturating_add(1),
                shares_entries: known.shares_entries || arrival.shares_entries,
                ..known.clone()
            }
        }
        _ => Redirect {
            url: arrival.answered.to_owned(),
            permanence,
            since: now,
            polls: 1,
            shares_entries: arrival.shares_entries,
        },
    })
}

fn is_moved(evidence: &Redirect, asked: &str, now: Time) -> bool {
    let (least, shares) = if same_site(asked, &evidence.url) {
        (SAME_SITE, true)
    } else {
        (OTHER_SITE, evidence.shares_entries)
    };
    let exposes = asked.starts_with("https:") && evidence.url.starts_with("http:");
    evidence.permanence == Permanence::Permanent
        && !exposes
        && evidence.polls >= POLLS
        && now >= later(evidence.since, least)
        && shares
}

/// Targets that differ in their query alone are no news: some hold a token that changes each time.
fn is_news(known: Option<&Redirect>, evidence: &Redirect) -> bool {
    let bare = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    known.is_none_or(|known| {
        known.permanence != evidence.permanence || bare(&known.url) != bare(&evidence.url)
    })
}

/// True within one registrable domain (public suffix list); of addresses and local names only if
/// they are equal.
fn same_site(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (Url::parse(a), Url::parse(b)) else {
        return false;
    };
    let (Some(a), Some(b)) = (a.domain(), b.domain()) else {
        return a.host() == b.host();
    };
    a == b || matches!((psl::domain_str(a), psl::domain_str(b)), (Some(a), Some(b)) if a == b)
}

fn note(state: &mut FeedState, at: Time, from: &str, to: &str, what: &str) {
    if state.moves.len() >= REMEMBERED {
        state.moves.remove(0);
    }
    state.moves.push(Move {
        at,
        from: from.to_owned(),
        to: to.to_owned(),
        what: what.to_owned(),
    });
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
