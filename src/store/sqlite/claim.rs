//! Leases: who polls which feed until when.
//!
//! A claim moves the feed's next poll to now plus its interval *before* any request is sent, so
//! that a process that dies in a poll, again and again, never asks a server twice within it.

use std::{collections::HashMap, time::Duration};

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::{
    model::{DueFeed, FeedId, Time, later},
    store::{Claim, Claimed, ClaimedBatch},
};

/// Feeds that are polled at all; word for word the condition of the index `feeds_due`.
const ACTIVE: &str = "paused = 0 AND retired = 0 AND gone = 0";

/// A feed that may be claimed.
struct Candidate {
    row: i64,
    due_at: Time,
    host: String,
}

pub(super) fn due(tx: &Transaction<'_>, claim: &Claim) -> Sql<ClaimedBatch> {
    let mut room: HashMap<String, usize> = claim
        .busy_hosts
        .iter()
        .map(|host| (host.clone(), 0))
        .collect();
    let (mut chosen, mut passed_over) = (Vec::new(), false);
    {
        // One pass along the queue, in the index alone: a host that fills the front of the queue
        // costs the others neither their turn nor a look at its feeds.
        let mut statement = tx.prepare_cached(&format!(
            "SELECT row, next_at, host FROM feeds
             WHERE {ACTIVE} AND next_at <= ?1 AND lease_until <= ?1 ORDER BY next_at"
        ))?;
        let mut queue = statement.query([millis(claim.now)])?;
        while chosen.len() < claim.limit
            && let Some(row) = queue.next()?
        {
            let host = row.get_ref(2)?.as_str()?;
            if !room.contains_key(host) {
                room.insert(host.to_owned(), claim.per_host);
            }
            match room.get_mut(host) {
                Some(room) if *room > 0 => {
                    *room -= 1;
                    chosen.push(Candidate {
                        row: row.get(0)?,
                        due_at: rows::time(row, 1)?,
                        host: host.to_owned(),
                    });
                }
                _ => passed_over = true,
            }
        }
    }
    let held_back = passed_over && chosen.len() < claim.limit;
    let feeds = chosen
        .into_iter()
        .map(|feed| lease(tx, &feed, claim.now, claim.lease))
        .collect::<Sql<_>>()?;
    Ok(ClaimedBatch { feeds, held_back })
}

pub(super) fn named(
    tx: &Transaction<'_>,
    ids: &[FeedId],
    now: Time,
    duration: Duration,
) -> Sql<Vec<Claimed>> {
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        let candidate = tx
            .prepare_cached(&format!(
                "SELECT row, next_at, host FROM feeds
                 WHERE id = ?1 AND {ACTIVE} AND lease_until <= ?2"
            ))?
            .query_row(params![id.as_str(), millis(now)], |row| {
                Ok(Candidate {
                    row: row.get(0)?,
                    due_at: rows::time(row, 1)?,
                    host: row.get(2)?,
                })
            })
            .optional()?;
        if let Some(candidate) = candidate {
            claimed.push(lease(tx, &candidate, now, duration)?);
        }
    }
    Ok(claimed)
}

fn lease(tx: &Transaction<'_>, feed: &Candidate, now: Time, duration: Duration) -> Sql<Claimed> {
    tx.prepare_cached(
        "UPDATE feeds SET lease = lease + 1, lease_until = :until, claimed_before = claimed_at,
            claimed_at = :now, next_at = max(next_at, :now + interval_ms)
         WHERE row = :row RETURNING id, lease, state",
    )?
    .query_row(
        named_params! {
            ":row": feed.row, ":now": millis(now), ":until": millis(later(now, duration)),
        },
        |row| {
            Ok(Claimed {
                feed: DueFeed {
                    row: feed.row,
                    id: rows::feed_id(row, 0)?,
                    lease: row.get(1)?,
                    due_at: feed.due_at,
                    state: rows::feed_state(row, 2)?,
                },
                host: feed.host.clone(),
            })
        },
    )
}

pub(super) fn release(tx: &Transaction<'_>, feeds: &[DueFeed]) -> Sql<()> {
    for feed in feeds {
        tx.prepare_cached(
            "UPDATE feeds SET lease_until = 0, claimed_at = claimed_before, next_at = ?3
             WHERE row = ?1 AND lease = ?2 AND lease_until > 0",
        )?
        .execute(params![feed.row, feed.lease, millis(feed.due_at)])?;
    }
    Ok(())
}

/// Ends every lease; right only when no other poller is alive.
pub(super) fn break_leases(tx: &Transaction<'_>) -> Sql<u64> {
    let ended = tx.execute("UPDATE feeds SET lease_until = 0 WHERE lease_until > 0", [])?;
    Ok(ended as u64)
}

/// A feed that is being polled comes back when its lease ends, or an interval after its commit,
/// which may come any moment.
pub(super) fn next_due(db: &Connection, now: Time) -> Sql<Option<Time>> {
    let next: Option<i64> = db
        .prepare_cached(&format!(
            "SELECT min(at) FROM (
                SELECT min(next_at) AS at FROM feeds WHERE {ACTIVE} AND next_at > ?1
                UNION ALL
                SELECT min(min(lease_until, ?1 + interval_ms)) FROM feeds
                    WHERE {ACTIVE} AND lease_until > 0 AND lease_until > ?1 AND next_at <= ?1)"
        ))?
        .query_row([millis(now)], |row| row.get(0))?;
    next.map(|at| rows::from_millis(0, at)).transpose()
}
