//! Where a feed's older entries are, and how long their pages wait. Pure.
//!
//! Links that the feed gives come first (RFC 5005), the archive before pages, because an archive
//! never changes; then WordPress's `?paged=N`, which is a guess.

use std::time::Duration;

use url::Url;

use super::judge::{finish, last};
use crate::{
    config::{FetchConfig, is_own_host},
    model::{Cursor, FeedFacts, FeedRecord, PageRecord, PageSource, Time, later, printable},
};

/// Between two pages of one host.
const PAUSE: Duration = Duration::from_secs(10);

/// What the operator asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// From the newest page again, whatever was read.
    pub restart: bool,
    /// By `?paged=N`, even if nothing says that the server knows it.
    pub paged: bool,
}

/// Where a run begins: where the last one ended, or with the newest page.
///
/// # Errors
/// Why there is nothing to begin with, with the remedy.
pub(super) fn begin(
    feed: &FeedRecord,
    kept: Option<&Cursor>,
    wish: Wish,
    now: Time,
) -> Result<Cursor, String> {
    if let Some(kept) = kept.filter(|_| !wish.restart) {
        return if wish.paged && kept.source != PageSource::Numbered {
            Err(format!(
                "its older entries are read by its own links so far; `tidings backfill {} --restart --paged` \
                 begins anew with ?paged=2",
                feed.id
            ))
        } else {
            Ok(kept.clone())
        };
    }
    let (source, next) = first(feed, wish.paged)?;
    Ok(Cursor {
        round: kept.map_or(1, |kept| kept.round + 1),
        source,
        next: Some(next),
        number: 2,
        finished: None,
        failed: None,
        pages: kept.map_or(0, |kept| kept.pages),
        new: kept.map_or(0, |kept| kept.new),
        known: kept.map_or(0, |kept| kept.known),
        started_at: now,
        updated_at: now,
    })
}

fn first(feed: &FeedRecord, paged: bool) -> Result<(PageSource, String), String> {
    let state = &feed.state;
    if state.body_hash.is_none() {
        return Err(format!(
            "not polled with success yet, so that its newest entries are not known; `tidings poll {}` does it",
            feed.id
        ));
    }
    let link = older_link(&state.facts);
    if let Some(found) = link.filter(|_| !paged) {
        return Ok(found);
    }
    if !paged && !is_wordpress(&state.facts) {
        return Err(format!(
            "it names no older pages (RFC 5005), and nothing says that WordPress made it; if its URL has older \
             entries with ?paged=2, `tidings backfill {} --paged` reads them",
            feed.id
        ));
    }
    let next = numbered(answering(feed), 2)
        .ok_or_else(|| "its URL cannot take a page number".to_owned())?;
    Ok((PageSource::Numbered, next))
}

/// True if there is something to begin a backfill with.
#[must_use]
pub fn has_older(facts: &FeedFacts) -> bool {
    older_link(facts).is_some() || is_wordpress(facts)
}

/// The link that leads to older entries. Where there is a `next`, `previous` leads to newer ones.
fn older_link(facts: &FeedFacts) -> Option<(PageSource, String)> {
    let with = |source, url: &Option<String>| url.clone().map(|url| (source, url));
    with(PageSource::Archive, &facts.archive_url)
        .or_else(|| with(PageSource::Next, &facts.next_url))
        .or_else(|| with(PageSource::Previous, &facts.prev_url))
}

fn is_wordpress(facts: &FeedFacts) -> bool {
    let generator = facts.generator.as_deref().unwrap_or_default();
    generator.to_ascii_lowercase().contains("wordpress")
}

/// The URL that the feed answers at, so that pages need no redirect.
fn answering(feed: &FeedRecord) -> &str {
    match feed.state.validators.url.as_str() {
        "" => &feed.url,
        url => url,
    }
}

/// A feed's URL with its page number in place of any other.
fn numbered(url: &str, number: u32) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    // Other parameters stay as they are written: servers compare bytes.
    let query = url.query().unwrap_or_default();
    let others = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("paged="));
    let page = format!("paged={number}");
    let query: Vec<&str> = others.chain([page.as_str()]).collect();
    url.set_query(Some(&query.join("&")));
    Some(url.into())
}

/// Passes over archives that an earlier round has read: they never change.
pub(super) fn skip_read(cursor: &mut Cursor, pages: &[PageRecord]) {
    let mut passed: Vec<&str> = Vec::new();
    while let Some(url) = &cursor.next {
        let Some(page) = pages.iter().find(|page| {
            page.url == *url && page.source == PageSource::Archive && page.round < cursor.round
        }) else {
            return;
        };
        if passed.contains(&page.url.as_str()) {
            finish(
                cursor,
                format!("page {} leads back to a newer one", cursor.number - 1),
            );
            return;
        }
        passed.push(&page.url);
        match &page.next {
            Some(next) => {
                cursor.next = Some(next.clone());
                cursor.number += 1;
            }
            None => finish(cursor, last(cursor.number)),
        }
    }
}

/// The URL to ask for.
///
/// # Errors
/// Why it is not asked for.
pub(super) fn target(cursor: &Cursor, feed: &FeedRecord) -> Result<String, String> {
    let Some(url) = cursor.next.clone() else {
        return Err("there is no older page".to_owned());
    };
    let is_secure = |url: &str| url.starts_with("https:");
    let began_secure = is_secure(&feed.url) || is_secure(answering(feed));
    if began_secure && !is_secure(&url) {
        return Err(format!(
            "page {} is at {}, and what begins with https does not go on without",
            cursor.number,
            printable(&url)
        ));
    }
    Ok(url)
}

/// The older page that a page names. A feed that is read by `previous` may have an archive after
/// all; otherwise the relation that led here leads on.
pub(super) fn next_of(
    source: PageSource,
    url: &str,
    number: u32,
    facts: &FeedFacts,
) -> (PageSource, Option<String>) {
    match source {
        PageSource::Archive => (source, facts.archive_url.clone()),
        PageSource::Next => (source, facts.next_url.clone()),
        PageSource::Previous if facts.archive_url.is_some() => {
            (PageSource::Archive, facts.archive_url.clone())
        }
        PageSource::Previous => (source, facts.prev_url.clone()),
        PageSource::Numbered => (source, numbered(url, number + 1)),
    }
}

/// How long after the last request of this host the next page may be asked for. Hosts that
/// `allow_private` opens have the pause of all requests, as with the least interval of feeds.
pub(super) fn pause(url: &str, fetch: &FetchConfig) -> Duration {
    let is_own = Url::parse(url).is_ok_and(|url| is_own_host(&url, &fetch.allow_private));
    if is_own {
        fetch.host_interval
    } else {
        PAUSE.max(fetch.host_interval)
    }
}

/// What is left of a pause after the last request.
pub(super) fn wait(last: Option<Time>, pause: Duration, now: Time) -> Duration {
    let until = last.map_or(now, |last| later(last, pause));
    // A moment ahead of the clock was told by a wrong one.
    (until - now).to_std().unwrap_or_default().min(pause)
}

#[cfg(test)]
#[path = "older_tests.rs"]
pub(super) mod tests;
