//! Leases: who polls which feed until when.
//!
//! A claim moves the feed's next poll to now plus its interval *before* any request is sent, so
//! that a process that dies in a poll, again and again, never asks a server twice within it. It
//! goes by host: hosts whose turn it is, of each its longest overdue feed, both by index.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params, params};

use super::{
    Sql,
    hosts::{self, ACTIVE, Turn},
    rows::{self, millis},
};
use crate::{
    model::{DueFeed, FeedId, FeedState, Time, later, spacing_of},
    store::{Claim, Claimed, NamedClaims},
};

/// A feed that may be claimed.
struct Candidate {
    row: i64,
    due_at: Time,
}

pub(super) fn due(tx: &Transaction<'_>, claim: &Claim) -> Sql<Vec<Claimed>> {
    let mut claimed = Vec::new();
    while claimed.len() < claim.limit && claim.per_host > 0 {
        // Each of these is claimed from, or put off: none is ready when the round is over.
        let scopes = hosts::ready(tx, claim.now, claim.limit - claimed.len())?;
        if scopes.is_empty() {
            break;
        }
        for scope in scopes {
            let room = claim.limit - claimed.len();
            match hosts::turn(tx, &scope, claim)? {
                _ if room == 0 => break,
                Turn::Room(places) => {
                    for feed in overdue(tx, &scope, claim.now, places.min(room))? {
                        claimed.push(lease(tx, &feed, &scope, claim)?);
                    }
                    shut(tx, &scope, claim)?;
                }
                Turn::Full(until) | Turn::Shut(until) => hosts::put_off(tx, &scope, until)?,
            }
        }
    }
    Ok(claimed)
}

/// The scope's longest overdue feeds.
fn overdue(tx: &Transaction<'_>, scope: &str, now: Time, limit: usize) -> Sql<Vec<Candidate>> {
    tx.prepare_cached(&format!(
        "SELECT * FROM (SELECT row, next_at FROM feeds
            WHERE scope = :scope AND {ACTIVE} AND lease_until = 0 AND next_at <= :now
            ORDER BY next_at LIMIT :limit)
         UNION ALL
         SELECT row, next_at FROM feeds
            WHERE scope = :scope AND {ACTIVE} AND lease_until > 0 AND lease_until <= :now AND next_at <= :now
         ORDER BY next_at LIMIT :limit"
    ))?
    .query_map(
        named_params! {
            ":scope": scope, ":now": millis(now), ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| {
            Ok(Candidate {
                row: row.get(0)?,
                due_at: rows::time(row, 1)?,
            })
        },
    )?
    .collect()
}

/// After claims of a scope: the next request may start after its spacing.
fn shut(tx: &Transaction<'_>, scope: &str, claim: &Claim) -> Sql<()> {
    let gate = later(claim.now, spacing_of(scope, claim.spacing));
    hosts::refresh(tx, scope, Some(gate))
}

pub(super) fn named(tx: &Transaction<'_>, ids: &[FeedId], claim: &Claim) -> Sql<NamedClaims> {
    let mut named = NamedClaims::default();
    for id in ids {
        let found = tx
            .prepare_cached(&format!(
                "SELECT row, next_at, scope FROM feeds
                 WHERE id = ?1 AND {ACTIVE} AND lease_until <= ?2"
            ))?
            .query_row(params![id.as_str(), millis(claim.now)], |row| {
                let feed = Candidate {
                    row: row.get(0)?,
                    due_at: rows::time(row, 1)?,
                };
                Ok((feed, row.get::<_, String>(2)?))
            })
            .optional()?;
        let Some((feed, scope)) = found else {
            continue;
        };
        match hosts::turn(tx, &scope, claim)? {
            _ if !claim.asks => {
                named.feeds.push(lease(tx, &feed, &scope, claim)?);
                hosts::refresh(tx, &scope, None)?;
            }
            Turn::Room(_) => {
                named.feeds.push(lease(tx, &feed, &scope, claim)?);
                shut(tx, &scope, claim)?;
            }
            Turn::Shut(until) | Turn::Full(until) => named.waiting.push((id.clone(), until)),
        }
    }
    Ok(named)
}

fn lease(tx: &Transaction<'_>, feed: &Candidate, scope: &str, claim: &Claim) -> Sql<Claimed> {
    tx.prepare_cached(
        "UPDATE feeds SET lease = lease + 1, lease_until = :until, claimed_before = claimed_at,
            claimed_at = :now, planned_at = :now, next_at = max(next_at, :now + interval_ms)
         WHERE row = :row RETURNING id, lease, state, url",
    )?
    .query_row(
        named_params! {
            ":row": feed.row, ":now": millis(claim.now),
            ":until": millis(later(claim.now, claim.lease)),
        },
        |row| {
            Ok(Claimed {
                feed: DueFeed {
                    row: feed.row,
                    id: rows::feed_id(row, 0)?,
                    lease: row.get(1)?,
                    due_at: feed.due_at,
                    state: rows::feed_state(row, 2)?,
                    url: row.get(3)?,
                },
                scope: scope.to_owned(),
            })
        },
    )
}

pub(super) fn release(tx: &Transaction<'_>, feeds: &[DueFeed]) -> Sql<()> {
    for feed in feeds {
        let scope: Option<String> = tx
            .prepare_cached(
                "UPDATE feeds SET lease_until = 0, claimed_at = claimed_before, next_at = ?3
                 WHERE row = ?1 AND lease = ?2 AND lease_until > 0 RETURNING scope",
            )?
            .query_row(params![feed.row, feed.lease, millis(feed.due_at)], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(scope) = scope {
            hosts::refresh(tx, &scope, None)?;
        }
    }
    Ok(())
}

pub(super) fn hasten(tx: &Transaction<'_>, feed: &FeedId, at: Time) -> Sql<()> {
    let scope: Option<String> = tx
        .prepare_cached(&format!(
            "UPDATE feeds SET next_at = ?2, state = json_set(state, '$.next_reason', ?3)
             WHERE id = ?1 AND next_at > ?2 AND lease_until <= ?2 AND {ACTIVE} RETURNING scope"
        ))?
        .query_row(
            params![feed.as_str(), millis(at), FeedState::BY_PING],
            |row| row.get(0),
        )
        .optional()?;
    match scope {
        Some(scope) => hosts::refresh(tx, &scope, None),
        None => Ok(()),
    }
}

/// Ends every lease; right only when no other poller is alive.
pub(super) fn break_leases(tx: &Transaction<'_>) -> Sql<u64> {
    let scopes: Vec<String> = tx
        .prepare("SELECT scope FROM feeds WHERE lease_until > 0")?
        .query_map([], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    tx.execute("UPDATE feeds SET lease_until = 0 WHERE lease_until > 0", [])?;
    for scope in &scopes {
        hosts::refresh(tx, scope, None)?;
    }
    Ok(scopes.len() as u64)
}

pub(super) fn next_due(db: &Connection) -> Sql<Option<Time>> {
    let next: Option<i64> = db
        .prepare_cached("SELECT min(ready_at) FROM hosts WHERE ready_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    next.map(|at| rows::from_millis(0, at)).transpose()
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
