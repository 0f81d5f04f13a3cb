//! Leases: who polls which feed until when.
//!
//! A claim moves the feed's next poll to now plus its interval *before* any request is sent, so
//! that a process that dies in a poll, again and again, never asks a server twice within it.

use std::{collections::HashMap, time::Duration};

use rusqlite::{Connection, Row, Transaction, named_params, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::{
    model::{DueFeed, FeedId, Time},
    store::{Claim, Claimed, ClaimedBatch},
};

const COLUMNS: &str = "row, id, host, lease, next_at, state";

pub(super) fn due(tx: &Transaction<'_>, claim: &Claim) -> Sql<ClaimedBatch> {
    let mut claimed = Vec::new();
    let mut busy = claim.busy_hosts.clone();
    let mut taken: HashMap<String, usize> = HashMap::new();
    // One host may fill the front of the queue: each round passes over the hosts that are full.
    while claimed.len() < claim.limit {
        let room = claim.limit - claimed.len();
        let round = due_outside(tx, claim.now, &busy, room)?;
        let found = round.len();
        for feed in round {
            let of_host = taken.entry(feed.host.clone()).or_default();
            if *of_host >= claim.per_host {
                continue;
            }
            *of_host += 1;
            if *of_host == claim.per_host {
                busy.push(feed.host.clone());
            }
            claimed.push(lease(tx, feed, claim.now, claim.lease)?);
        }
        if found < room {
            break;
        }
    }
    let held_back = claimed.len() < claim.limit && any_due(tx, claim.now)?;
    Ok(ClaimedBatch {
        feeds: claimed,
        held_back,
    })
}

/// Whatever is due and was not claimed waits for its host.
fn any_due(tx: &Transaction<'_>, now: Time) -> Sql<bool> {
    tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM feeds WHERE active = 1 AND next_at <= ?1 AND lease_until <= ?1)",
    )?
    .query_row([millis(now)], |row| row.get(0))
}

fn due_outside(
    tx: &Transaction<'_>,
    now: Time,
    busy: &[String],
    limit: usize,
) -> Sql<Vec<Claimed>> {
    tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM feeds WHERE active = 1 AND next_at <= :now AND lease_until <= :now
         AND host NOT IN (SELECT value FROM json_each(:busy)) ORDER BY next_at LIMIT :limit"
    ))?
    .query_map(
        named_params! {
            ":now": millis(now), ":busy": rows::json(&busy)?, ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        candidate,
    )?
    .collect()
}

pub(super) fn named(
    tx: &Transaction<'_>,
    ids: &[FeedId],
    now: Time,
    duration: Duration,
) -> Sql<Vec<Claimed>> {
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        let candidates: Vec<Claimed> = tx
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM feeds WHERE id = :id AND lease_until <= :now"
            ))?
            .query_map(
                named_params! { ":id": id.as_str(), ":now": millis(now) },
                candidate,
            )?
            .collect::<Sql<_>>()?;
        for feed in candidates {
            claimed.push(lease(tx, feed, now, duration)?);
        }
    }
    Ok(claimed)
}

fn candidate(row: &Row<'_>) -> Sql<Claimed> {
    let state: String = row.get(5)?;
    Ok(Claimed {
        feed: DueFeed {
            row: row.get(0)?,
            id: rows::feed_id(row, 1)?,
            lease: row.get(3)?,
            due_at: rows::time(row, 4)?,
            state: rows::parse_json(5, &state)?,
        },
        host: row.get(2)?,
    })
}

fn lease(
    tx: &Transaction<'_>,
    mut claimed: Claimed,
    now: Time,
    duration: Duration,
) -> Sql<Claimed> {
    let until = millis(now).saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    claimed.feed.lease += 1;
    tx.prepare_cached(
        "UPDATE feeds SET lease = ?2, lease_until = ?3, claimed_at = ?4, next_at = max(next_at, ?4 + interval_ms)
         WHERE row = ?1",
    )?
    .execute(params![claimed.feed.row, claimed.feed.lease, until, millis(now)])?;
    Ok(claimed)
}

pub(super) fn release(tx: &Transaction<'_>, feeds: &[DueFeed]) -> Sql<()> {
    for feed in feeds {
        tx.prepare_cached("UPDATE feeds SET lease_until = 0, claimed_at = NULL, next_at = ?3 WHERE row = ?1 AND lease = ?2")?
            .execute(params![feed.row, feed.lease, millis(feed.due_at)])?;
    }
    Ok(())
}

/// Ends every lease; right only when no other poller is alive.
pub(super) fn break_leases(tx: &Transaction<'_>) -> Sql<u64> {
    Ok(tx.execute("UPDATE feeds SET lease_until = 0 WHERE lease_until > 0", [])? as u64)
}

pub(super) fn next_due(db: &Connection, now: Time) -> Sql<Option<Time>> {
    let next: Option<i64> = db
        .prepare_cached("SELECT min(next_at) FROM feeds WHERE active = 1 AND next_at > ?1")?
        .query_row([millis(now)], |row| row.get(0))?;
    next.map(|at| rows::from_millis(0, at)).transpose()
}
