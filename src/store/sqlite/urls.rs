//! Feeds' URLs: what is known of one that a feed left, and who comes back to it.
//!
//! An edit that is undone, a feed with a new name, two feeds that change places: the publisher sees
//! none of it. A URL that was polled before is not asked before its time, nor as if for the first time.

use std::{cell::LazyCell, collections::HashSet};

use rusqlite::{OptionalExtension as _, Row, Transaction, named_params, params};

use super::{
    Sql, backfill, feeds, hosts, raw,
    rows::{self, millis},
};
use crate::{
    model::{FeedId, FeedSpec, FeedState, Time, scope_of},
    store::FeedSet,
};

/// URLs that are remembered of a feed.
const REMEMBERED: u32 = 8;

/// Feeds whose URLs others may have: those that no feed file names (any more).
pub(super) struct Free<'a> {
    named: LazyCell<HashSet<&'a str>, Box<dyn FnOnce() -> HashSet<&'a str> + 'a>>,
    origins: Option<&'a [String]>,
}

impl<'a> Free<'a> {
    pub(super) fn under(set: &'a FeedSet) -> Self {
        let ids = || set.specs.iter().map(|spec| spec.id.as_str()).collect();
        Self {
            named: LazyCell::new(Box::new(ids)),
            origins: set.origins.as_deref(),
        }
    }

    /// The feed's row, if it is retired, or will be by the sync under way.
    fn row(&self, feed: &Row<'_>) -> Sql<Option<i64>> {
        let (id, origin): (String, String) = (feed.get(1)?, feed.get(2)?);
        let is_mine = self.origins.is_none_or(|mine| mine.contains(&origin));
        let is_free = (feed.get(3)? || is_mine) && !self.named.contains(id.as_str());
        is_free.then(|| feed.get(0)).transpose()
    }

    /// A free feed that has this URL.
    fn at(&self, tx: &Transaction<'_>, url: &str) -> Sql<Option<i64>> {
        let mut found =
            tx.prepare_cached("SELECT row, id, origin, retired FROM feeds WHERE url = ?1")?;
        let mut rows = found.query([url])?;
        while let Some(row) = rows.next()? {
            if let Some(free) = self.row(row)? {
                return Ok(Some(free));
            }
        }
        Ok(None)
    }
}

/// A feed that has a URL which it did not have before.
pub(super) enum Arrival<'a> {
    /// Its row was made for it.
    New(&'a FeedSpec),
    /// It had another.
    Moved {
        spec: &'a FeedSpec,
        /// On the same host.
        same_scope: bool,
    },
}

/// What was known of a URL when it was left.
struct Known {
    feed: i64,
    claimed_at: i64,
    next_at: i64,
    left_at: i64,
    state: FeedState,
}

/// What politeness is counted by; the URL itself where it has no host.
pub(super) fn scope_of_url(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(scope_of))
        .unwrap_or_else(|| url.to_owned())
}

/// The scope of what is asked in place of a feed's URL.
fn scope_asked(url: &str, state: &FeedState) -> String {
    scope_of_url(state.learnt_url.as_deref().unwrap_or(url))
}

/// The same for a feed whose URL has not changed.
pub(super) fn scope_now(tx: &Transaction<'_>, spec: &FeedSpec) -> Sql<String> {
    tx.prepare_cached("SELECT state FROM feeds WHERE id = ?1")?
        .query_row([spec.id.as_str()], |row| rows::feed_state(row, 0))
        .map(|state| scope_asked(&spec.url, &state))
}

/// After a poll: the feed counts with the host that it asks from now on.
pub(super) fn settle(
    tx: &Transaction<'_>,
    feed: i64,
    state: &FeedState,
    (url, scope): (&str, &str),
) -> Sql<()> {
    let asked = scope_asked(url, state);
    if asked != scope {
        tx.prepare_cached("UPDATE feeds SET scope = ?2 WHERE row = ?1")?
            .execute(params![feed, asked])?;
        hosts::refresh(tx, &asked, None)?;
    }
    hosts::refresh(tx, scope, None)
}

/// A feed that nobody knows by this name has had another: it keeps everything. False if there is
/// none with its URL.
pub(super) fn rename(tx: &Transaction<'_>, spec: &FeedSpec, free: &Free<'_>) -> Sql<bool> {
    let Some(row) = free.at(tx, &spec.url)? else {
        return Ok(false);
    };
    tx.prepare_cached("UPDATE feeds SET id = ?2 WHERE row = ?1")?
        .execute(params![row, spec.id.as_str()])?;
    Ok(true)
}

/// A feed is about to get another URL: what was learnt of the one it has is kept. One that was never
/// asked for is not worth it.
pub(super) fn leave(tx: &Transaction<'_>, id: &FeedId, now: Time) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO past_urls (url, feed, left_at, claimed_at, next_at, state)
         SELECT url, row, ?2, claimed_at, next_at, state FROM feeds WHERE id = ?1 AND claimed_at IS NOT NULL
         ON CONFLICT (url) DO UPDATE SET feed = excluded.feed, left_at = excluded.left_at,
            claimed_at = excluded.claimed_at, next_at = excluded.next_at, state = excluded.state",
    )?
    .execute(params![id.as_str(), millis(now)])?;
    tx.prepare_cached(
        "DELETE FROM past_urls WHERE feed = (SELECT row FROM feeds WHERE id = ?1) AND url NOT IN
            (SELECT url FROM past_urls WHERE feed = (SELECT row FROM feeds WHERE id = ?1)
             ORDER BY left_at DESC, url LIMIT ?2)",
    )?
    .execute(params![id.as_str(), REMEMBERED])?;
    Ok(())
}

/// A feed has a new URL. If nobody has polled that before, it is due at once, and nothing that the
/// old one answered counts any more (its end least of all); otherwise the feed goes on as was left.
/// A poll of the old URL that is under way is fenced off. A `Retry-After` outlives the URL if the
/// host stays. Gives the scope that the feed counts with, if that may be another now.
pub(super) fn arrive(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    now: Time,
    free: &Free<'_>,
) -> Sql<Option<String>> {
    let (spec, same_scope) = match *arrival {
        Arrival::New(spec) => (spec, false),
        Arrival::Moved { spec, same_scope } => (spec, same_scope),
    };
    let (row, old, due) = tx
        .prepare_cached("SELECT row, state, next_at FROM feeds WHERE id = ?1")?
        .query_row([spec.id.as_str()], |row| {
            Ok((
                row.get(0)?,
                rows::feed_state(row, 1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
    let known = known(tx, &spec.url, row, now, free)?;
    if known.is_none() && matches!(arrival, Arrival::New(_)) {
        return Ok(None);
    }
    let (state, next_at, claimed_at) = match &known {
        // The operator writes down where the feed answers already: nothing new to ask for.
        _ if old.answers_at(&spec.url) => (old.at_new_url(&spec.url, same_scope), due, None),
        None => (
            old.at_new_url(&spec.url, same_scope),
            due.min(millis(now)),
            None,
        ),
        Some(known) => {
            let next_at = match old.is_answered_as(&known.state) {
                true => known.next_at.max(due),
                false => known.next_at,
            };
            // Planned ahead of a clock that was set since: the wait that was left counts from now.
            let ahead = known.left_at.saturating_sub(millis(now)).max(0);
            let state = old.back_at(known.state.clone(), same_scope);
            (
                state,
                next_at.saturating_sub(ahead),
                Some(known.claimed_at.min(millis(now))),
            )
        }
    };
    let scope = scope_asked(&spec.url, &state);
    tx.prepare_cached(
        "UPDATE feeds SET state = :state, standing = :standing, gone = 0, lease = lease + 1, lease_until = 0,
            next_at = max(:next, :not_before), planned_at = :now, scope = :scope,
            claimed_at = coalesce(max(claimed_at, :claimed), claimed_at, :claimed)
         WHERE row = :row",
    )?
    .execute(named_params! {
        ":row": row, ":state": rows::json(&state)?, ":standing": state.standing().as_str(),
        ":next": next_at, ":not_before": state.retry_after.map_or(i64::MIN, millis),
        ":now": millis(now), ":scope": scope, ":claimed": claimed_at,
    })?;
    if let Some(known) = known.filter(|known| known.feed != row) {
        share_entries(tx, &known, row)?;
    }
    feeds::believe(tx, row)?;
    raw::forget(tx, &spec.id)?;
    backfill::forget(tx, &spec.id, same_scope)?;
    Ok(Some(scope))
}

/// What is known of a URL that is not, or no longer, the feed's.
fn known(
    tx: &Transaction<'_>,
    url: &str,
    row: i64,
    now: Time,
    free: &Free<'_>,
) -> Sql<Option<Known>> {
    let read = |row: &Row<'_>| {
        Ok(Known {
            feed: row.get(0)?,
            claimed_at: row.get(1)?,
            next_at: row.get(2)?,
            left_at: row.get(3)?,
            state: rows::feed_state(row, 4)?,
        })
    };
    let past = tx
        .prepare_cached(
            "DELETE FROM past_urls WHERE url = ?1
             RETURNING feed, claimed_at, next_at, left_at, state",
        )?
        .query_row([url], read)
        .optional()?;
    if past.is_some() {
        return Ok(past);
    }
    let Some(other) = free.at(tx, url)?.filter(|other| *other != row) else {
        return Ok(None);
    };
    tx.prepare_cached(
        "SELECT row, claimed_at, next_at, max(planned_at, ?2), state FROM feeds
         WHERE row = ?1 AND claimed_at IS NOT NULL",
    )?
    .query_row(params![other, millis(now)], read)
    .optional()
}

/// The entries that another feed had at the URL: they will not be told of again.
fn share_entries(tx: &Transaction<'_>, known: &Known, row: i64) -> Sql<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO sightings (feed, key, article, fingerprint, guid, first_seen, last_seen)
         SELECT ?1, key, article, fingerprint, guid, first_seen, last_seen FROM sightings
         WHERE feed = ?2 AND first_seen <= ?3",
    )?
    .execute(params![row, known.feed, known.left_at])?;
    Ok(())
}

/// Forgets what is as old as the history, and due.
pub(super) fn prune(tx: &Transaction<'_>, before: Time) -> Sql<()> {
    tx.execute(
        "DELETE FROM past_urls WHERE max(left_at, next_at) < ?1",
        [millis(before)],
    )?;
    Ok(())
}
