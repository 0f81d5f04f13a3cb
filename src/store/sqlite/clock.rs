//! What a start or a jump of the clock asks for: moments that lie ahead because the clock was wrong
//! are moved back, and what is overdue is spread.

use rusqlite::{Transaction, named_params, params};

use super::{
    Sql,
    hosts::{self, ACTIVE},
    rows::{self, millis},
};
use crate::{
    model::{FeedState, Spread, Time, later},
    store::Replanned,
};

/// How far clocks may differ without being wrong.
const SLACK_MS: i64 = 120_000;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// No wait is longer: a month of `Retry-After`, its jitter, and a week of skipped days.
const LONGEST_WAIT_MS: i64 = 42 * DAY_MS;
/// No server's pause is longer.
const LONGEST_PAUSE_MS: i64 = 31 * DAY_MS;
/// No spacing is longer.
const LONGEST_GATE_MS: i64 = 3600 * 1000;

pub(super) fn replan(tx: &Transaction<'_>, now: Time, spread: Option<Spread>) -> Sql<Replanned> {
    let mended = mend(tx, now)?;
    let spread = match spread {
        Some(spread) => spread_overdue(tx, now, spread)?,
        None => 0,
    };
    if mended + spread > 0 {
        hosts::refresh_all(tx)?;
    }
    Ok(Replanned { mended, spread })
}

/// A plan that was made ahead of the clock is as old as can be: it was made now. So each wait that
/// was decided is kept, a `Retry-After` included, and none lasts until the clock gets there.
fn mend(tx: &Transaction<'_>, now: Time) -> Sql<u64> {
    let at = millis(now);
    let ahead = at.saturating_add(SLACK_MS);
    mend_retry_after(tx, at, ahead)?;
    let moved = tx.execute(
        "UPDATE feeds SET next_at = next_at - (planned_at - ?1), planned_at = ?1,
            claimed_at = min(claimed_at, ?1), claimed_before = min(claimed_before, ?1),
            lease_until = max(lease_until - (planned_at - ?1), min(lease_until, 1))
         WHERE planned_at > ?2",
        params![at, ahead],
    )?;
    let cut = tx.execute(
        "UPDATE feeds SET next_at = ?1 + interval_ms, planned_at = ?1
         WHERE next_at > ?1 + max(interval_ms, ?2)",
        params![at, LONGEST_WAIT_MS],
    )?;
    let hosts = tx.execute(
        "UPDATE hosts SET gate_at = iif(gate_at > :now + :gate, :now, gate_at), paused_at = min(paused_at, :now),
            paused_until = min(paused_until - max(0, paused_at - :now), :now + :pause)
         WHERE gate_at > :now + :gate OR paused_at > :ahead OR paused_until > :now + :pause",
        named_params! {
            ":now": at, ":ahead": ahead, ":gate": LONGEST_GATE_MS, ":pause": LONGEST_PAUSE_MS + SLACK_MS,
        },
    )?;
    Ok((moved + cut + hosts) as u64)
}

/// The same for what stands in the feeds' states.
fn mend_retry_after(tx: &Transaction<'_>, at: i64, ahead: i64) -> Sql<()> {
    let waiting: Vec<(i64, i64, FeedState)> = tx
        .prepare(
            "SELECT row, planned_at, state FROM feeds
             WHERE planned_at > ?1 AND json_valid(state) AND json_extract(state, '$.retry_after') IS NOT NULL",
        )?
        .query_map([ahead], |row| {
            Ok((row.get(0)?, row.get(1)?, rows::feed_state(row, 2)?))
        })?
        .collect::<Sql<_>>()?;
    for (row, planned_at, mut state) in waiting {
        let back = chrono::Duration::milliseconds(planned_at.saturating_sub(at));
        state.retry_after = state
            .retry_after
            .and_then(|until| until.checked_sub_signed(back));
        tx.prepare_cached("UPDATE feeds SET state = ?2 WHERE row = ?1")?
            .execute(params![row, rows::json(&state)?])?;
    }
    Ok(())
}

/// In the order in which they were due; those never polled come last, because nobody misses them
/// yet.
fn spread_overdue(tx: &Transaction<'_>, now: Time, spread: Spread) -> Sql<u64> {
    let overdue: Vec<i64> = tx
        .prepare(&format!(
            "SELECT row FROM feeds WHERE {ACTIVE} AND lease_until <= ?1 AND next_at <= ?1
             ORDER BY claimed_at IS NULL, next_at, row"
        ))?
        .query_map([millis(now)], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    let count = overdue.len() as u64;
    let mut update =
        tx.prepare_cached("UPDATE feeds SET next_at = ?2, planned_at = ?3 WHERE row = ?1")?;
    for (place, row) in (0..).zip(overdue) {
        let next = later(now, spread.wait(place, count));
        update.execute(params![row, millis(next), millis(now)])?;
    }
    Ok(count)
}
