//! What a page of older entries, or an answer without one, means for going on. Pure.

use std::time::Duration;

use crate::model::{Cursor, FeedRecord, Fetched, PageRecord, PageSource, Time, later, printable};

/// A wait that a server did not put a number to: after 429, and after 503.
const SLOW_DOWN: Duration = Duration::from_secs(4 * 3600);
const OVERLOADED: Duration = Duration::from_secs(3600);
/// No server can ask for more (`fetch` cuts it there); what is further ahead is a clock's fault.
const MOST_WAIT: Duration = Duration::from_secs(32 * 24 * 3600);

/// Why a run reads no further page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There is nothing older.
    Finished(String),
    /// A page brought nothing new; older ones may, and the next run begins with them.
    Known(String),
    /// The server asks to be left alone until then.
    Wait(Time, String),
    /// The page could not be had; the next run asks for it again.
    Failed(String),
}

/// What is known of a run when a page is judged.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) feed: &'a FeedRecord,
    /// All pages ever read.
    pub(super) pages: &'a [PageRecord],
    /// Those that this run read.
    pub(super) this_run: &'a [PageRecord],
    /// Pages without anything new do not end this run.
    pub(super) patient: bool,
}

/// What comes after a page with so many entries that this feed never showed before.
///
/// Only this run's pages are looked at for repetitions: between two runs, what is published
/// shifts the pages.
pub(super) fn after(
    cursor: &Cursor,
    page: &PageRecord,
    unseen: usize,
    judged: Judged<'_>,
) -> (Cursor, Option<Stop>) {
    let mut on = cursor.clone();
    on.failed = None;
    on.pages += 1;
    on.known += u64::from(page.entries).saturating_sub(unseen as u64);
    let number = cursor.number;
    let end = |on, why| {
        let (on, stop) = finished(on, why);
        (on, Some(stop))
    };
    let again = judged.this_run.iter().find(|known| {
        known.body_hash == page.body_hash || (page.entries > 0 && known.keys_hash == page.keys_hash)
    });
    if let Some(again) = again {
        return end(on, format!("page {number} repeats page {}", again.number));
    }
    if judged.feed.state.body_hash.as_ref() == Some(&page.body_hash) {
        return end(
            on,
            format!("page {number} is the feed's own document again"),
        );
    }
    if page.entries == 0 && cursor.source == PageSource::Numbered {
        return end(on, format!("page {number} has no entries"));
    }
    let Some(next) = page.next.clone() else {
        return end(on, last(number));
    };
    let mut earlier = judged
        .pages
        .iter()
        .filter(|known| known.round == cursor.round);
    let itself = [
        &page.url,
        &judged.feed.url,
        &judged.feed.state.validators.url,
    ];
    if itself.contains(&&next) || earlier.any(|known| known.url == next) {
        return end(on, format!("page {number} leads back to a newer one"));
    }
    on.source = page.source;
    on.next = Some(next);
    on.number += 1;
    let stop = (unseen == 0 && !judged.patient).then(|| {
        Stop::Known(format!(
            "page {number} has nothing new; the next run looks further back"
        ))
    });
    (on, stop)
}

/// What an answer without a document means.
pub(super) fn without_document(cursor: &Cursor, fetched: &Fetched, now: Time) -> (Cursor, Stop) {
    let number = cursor.number;
    let (status, asked, why) = match fetched {
        Fetched::Throttled {
            status,
            retry_after,
            ..
        } => (Some(*status), *retry_after, String::new()),
        Fetched::Failed {
            failure,
            retry_after,
        } => (failure.status, *retry_after, printable(&failure.message)),
        Fetched::Held { scope, wait } => {
            let why = format!("{} asked for a pause", printable(scope));
            (None, Some(*wait), why)
        }
        Fetched::Gone => (Some(410), None, String::new()),
        Fetched::New(_) | Fetched::NotModified { .. } => {
            (None, None, "the server sent no document".to_owned())
        }
    };
    let wait = asked.or(match status {
        Some(429) => Some(SLOW_DOWN),
        Some(503) => Some(OVERLOADED),
        _ => None,
    });
    if let Some(wait) = wait {
        let what = status.map_or_else(|| why.clone(), |status| format!("HTTP {status}"));
        let stop = Stop::Wait(
            later(now, wait),
            format!("page {number} has to wait ({what})"),
        );
        return (cursor.clone(), stop);
    }
    if let Some(status @ (404 | 410)) = status {
        return finished(
            cursor.clone(),
            format!("page {number} does not exist ({status})"),
        );
    }
    let why = format!("page {number}: {why}");
    let on = Cursor {
        failed: Some(why.clone()),
        ..cursor.clone()
    };
    (on, Stop::Failed(why))
}

/// The wait that still holds, if one does.
#[must_use]
pub(super) fn held_until(until: Option<Time>, now: Time) -> Option<Time> {
    let furthest = later(now, MOST_WAIT);
    until.filter(|until| *until > now && *until <= furthest)
}

pub(super) fn last(number: u32) -> String {
    format!("page {number} is the last one: it names no older page")
}

pub(super) fn finish(cursor: &mut Cursor, why: String) {
    cursor.next = None;
    cursor.failed = None;
    cursor.finished = Some(why);
}

fn finished(mut cursor: Cursor, why: String) -> (Cursor, Stop) {
    finish(&mut cursor, why.clone());
    (cursor, Stop::Finished(why))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
