//! Hosts, that is politeness scopes: whose turn it is, who is full, who asked for a pause.
//!
//! `ready_at` says when a feed of the scope may be claimed. Whatever changes a feed's next poll, its
//! lease or whether it is polled at all ends with [`refresh`]; only a claim that finds a host full
//! puts it off until a lease ends.

use rusqlite::{Connection, Transaction, named_params, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::{
    model::{HostPause, Time, later, spacing_of},
    store::{Claim, HostTurn},
};

/// A claim that is older is hardly that of a request under way, but of a process that died; nobody who
/// only waits for his turn should wait for its lease.
const LONGEST_POLL_MS: i64 = 90_000;

/// Feeds that are polled at all; word for word the condition of the index `feeds_due`.
pub(super) const ACTIVE: &str = "paused = 0 AND retired = 0 AND gone = 0";

/// The first moment at which a feed of a scope may be claimed, if only the feed counts: one that is
/// leased comes back when its lease runs out at the latest.
macro_rules! first {
    ($scope:literal) => {
        concat!(
            "(SELECT min(at) FROM (
                SELECT min(next_at) AS at FROM feeds
                    WHERE scope = ",
            $scope,
            " AND paused = 0 AND retired = 0 AND gone = 0 AND lease_until = 0
                UNION ALL
                SELECT min(max(next_at, lease_until)) FROM feeds
                    WHERE scope = ",
            $scope,
            " AND paused = 0 AND retired = 0 AND gone = 0 AND lease_until > 0))"
        )
    };
}

/// Brings a scope's `ready_at` up to date; `gate` is the moment before which no further request may
/// start, if that is known anew.
pub(super) fn refresh(tx: &Transaction<'_>, scope: &str, gate: Option<Time>) -> Sql<()> {
    tx.prepare_cached(concat!(
        "INSERT INTO hosts (scope, gate_at, ready_at) VALUES (:scope, :gate, max(:gate, ",
        first!(":scope"),
        "))
         ON CONFLICT (scope) DO UPDATE SET gate_at = max(gate_at, excluded.gate_at),
            ready_at = max(gate_at, paused_until, excluded.ready_at)"
    ))?
    .execute(named_params! { ":scope": scope, ":gate": gate.map_or(0, millis) })?;
    Ok(())
}

/// [`refresh`] for every scope.
pub(super) fn refresh_all(tx: &Transaction<'_>) -> Sql<()> {
    tx.execute(
        concat!(
            "UPDATE hosts SET ready_at = max(gate_at, paused_until, ",
            first!("hosts.scope"),
            ")"
        ),
        [],
    )?;
    Ok(())
}

/// Notes a pause that a server asked for; one in force already is never shortened. The scope needs
/// no feeds: redirects lead to others' hosts.
pub(super) fn pause(tx: &Transaction<'_>, pause: &HostPause, now: Time) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO hosts (scope, paused_at, paused_until) VALUES (?1, ?2, ?3)
         ON CONFLICT (scope) DO UPDATE SET paused_at = excluded.paused_at, paused_until = excluded.paused_until
            WHERE paused_until < excluded.paused_until",
    )?
    .execute(params![pause.scope, millis(now), millis(pause.until)])?;
    refresh(tx, &pause.scope, None)
}

/// Pauses in force at `now`.
pub(super) fn pauses(db: &Connection, now: Time) -> Sql<Vec<HostPause>> {
    db.prepare_cached(
        "SELECT scope, paused_until FROM hosts WHERE paused_until > ?1 ORDER BY scope",
    )?
    .query_map([millis(now)], |row| {
        Ok(HostPause {
            scope: row.get(0)?,
            until: rows::time(row, 1)?,
        })
    })?
    .collect()
}

/// Those of them that were noted since a moment.
pub(super) fn pauses_since(db: &Connection, noted: Time, now: Time) -> Sql<Vec<HostPause>> {
    db.prepare_cached(
        "SELECT scope, paused_until FROM hosts
         WHERE paused_at >= ?1 AND paused_until > ?2 AND paused_until > 0 ORDER BY scope",
    )?
    .query_map(params![millis(noted), millis(now)], |row| {
        Ok(HostPause {
            scope: row.get(0)?,
            until: rows::time(row, 1)?,
        })
    })?
    .collect()
}

/// Takes a scope's turn for a request that is no poll's: `None` if it may be sent now, and the next one
/// of the scope after its spacing; otherwise when to ask again. Pauses are not looked at: who sends it
/// knows them, and has more to do about one than to wait.
pub(super) fn take(tx: &Transaction<'_>, scope: &str, turn: &HostTurn) -> Sql<Option<Time>> {
    let gate: Option<i64> = tx
        .prepare_cached("SELECT max(gate_at) FROM hosts WHERE scope = ?1")?
        .query_row([scope], |row| row.get(0))?;
    if let Some(gate) = gate.filter(|gate| *gate > millis(turn.now)) {
        return rows::from_millis(0, gate).map(Some);
    }
    let (polls, first): (usize, Option<i64>) = tx
        .prepare_cached(
            "SELECT count(*), min(claimed_at) FROM feeds
             WHERE scope = ?1 AND lease_until > 0 AND claimed_at > ?2",
        )?
        .query_row(params![scope, millis(turn.now) - LONGEST_POLL_MS], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if let Some(first) = first.filter(|_| polls >= turn.per_host) {
        return rows::from_millis(0, first + LONGEST_POLL_MS).map(Some);
    }
    let next = later(turn.now, spacing_of(scope, turn.spacing) * turn.requests);
    refresh(tx, scope, Some(next))?;
    Ok(None)
}

/// Scopes of which a feed may be claimed, those that have waited longest first.
pub(super) fn ready(tx: &Transaction<'_>, now: Time, limit: usize) -> Sql<Vec<String>> {
    tx.prepare_cached("SELECT scope FROM hosts WHERE ready_at <= ?1 ORDER BY ready_at LIMIT ?2")?
        .query_map(
            params![millis(now), i64::try_from(limit).unwrap_or(i64::MAX)],
            |row| row.get(0),
        )?
        .collect()
}

/// Whether a request to a scope may start now.
pub(super) enum Turn {
    /// So many may.
    Room(usize),
    /// None before then, because of its spacing or a pause.
    Shut(Time),
    /// As many are under way as may be; a place is free when one ends, and then at the latest.
    Full(Time),
}

/// Asks a scope.
pub(super) fn turn(tx: &Transaction<'_>, scope: &str, claim: &Claim) -> Sql<Turn> {
    let shut: Option<i64> = tx
        .prepare_cached("SELECT max(max(gate_at, paused_until)) FROM hosts WHERE scope = ?1")?
        .query_row([scope], |row| row.get(0))?;
    if let Some(until) = shut.filter(|until| *until > millis(claim.now)) {
        return rows::from_millis(0, until).map(Turn::Shut);
    }
    let (leases, first): (usize, Option<i64>) = tx
        .prepare_cached(
            "SELECT count(*), min(lease_until) FROM feeds
             WHERE scope = ?1 AND lease_until > 0 AND lease_until > ?2",
        )?
        .query_row(params![scope, millis(claim.now)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    match first {
        Some(first) if leases >= claim.per_host => rows::from_millis(0, first).map(Turn::Full),
        _ if spacing_of(scope, claim.spacing).is_zero() => Ok(Turn::Room(claim.per_host - leases)),
        // The first shuts the gate behind it.
        _ => Ok(Turn::Room(1)),
    }
}

/// Puts a full host off; [`refresh`], which every end of a poll comes to, takes it back.
pub(super) fn put_off(tx: &Transaction<'_>, scope: &str, until: Time) -> Sql<()> {
    tx.prepare_cached("UPDATE hosts SET ready_at = ?2 WHERE scope = ?1")?
        .execute(params![scope, millis(until)])?;
    Ok(())
}

/// Forgets scopes that have nothing to poll and nothing to wait for.
pub(super) fn prune(tx: &Transaction<'_>, now: Time) -> Sql<()> {
    tx.execute(
        "DELETE FROM hosts WHERE ready_at IS NULL AND max(gate_at, paused_until) < ?1",
        [millis(now)],
    )?;
    Ok(())
}
