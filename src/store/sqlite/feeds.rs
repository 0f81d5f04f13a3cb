//! Feeds as the feed files name them, their state for display, and their poll history.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::{
    model::{FeedFilter, FeedId, FeedRecord, FeedSpec, Outcome, PollRecord, Time},
    store::{FeedSet, SyncReport},
};

pub(super) fn sync(tx: &Transaction<'_>, set: &FeedSet, now: Time) -> Sql<SyncReport> {
    let mut report = SyncReport::default();
    for spec in &set.specs {
        let interval = spec.interval.unwrap_or(set.default_interval);
        sync_one(
            tx,
            spec,
            i64::try_from(interval.as_millis()).unwrap_or(i64::MAX),
            now,
            &mut report,
        )?;
    }
    let named: Vec<&str> = set.specs.iter().map(|spec| spec.id.as_str()).collect();
    let retired = tx.execute(
        "UPDATE feeds SET retired = 1 WHERE retired = 0
         AND id NOT IN (SELECT value FROM json_each(:named))
         AND (:any OR origin IN (SELECT value FROM json_each(:origins)))",
        named_params! {
            ":named": rows::json(&named)?, ":any": set.origins.is_none(),
            ":origins": rows::json(&set.origins.as_deref().unwrap_or_default())?,
        },
    )?;
    report.retired = u32::try_from(retired).unwrap_or(u32::MAX);
    Ok(report)
}

fn sync_one(
    tx: &Transaction<'_>,
    spec: &FeedSpec,
    interval_ms: i64,
    now: Time,
    report: &mut SyncReport,
) -> Sql<()> {
    let known: Option<(String, bool)> = tx
        .prepare_cached("SELECT url, retired FROM feeds WHERE id = ?1")?
        .query_row([spec.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let values = named_params! {
        ":id": spec.id.as_str(), ":origin": spec.origin, ":url": spec.url, ":host": host_of(&spec.url),
        ":name": spec.name, ":tags": rows::list_json(&spec.tags)?, ":interval": interval_ms,
        ":paused": spec.paused, ":now": millis(now),
    };
    let Some((old_url, was_retired)) = known else {
        tx.prepare_cached(
            "INSERT INTO feeds (id, origin, url, host, name, tags, interval_ms, paused, next_at)
             VALUES (:id, :origin, :url, :host, :name, :tags, :interval, :paused, :now)",
        )?
        .execute(values)?;
        report.added += 1;
        return Ok(());
    };
    // A feed with an id of its own may get a new URL: its old end (410) is then no longer its own.
    let moved = old_url != spec.url;
    let changed = tx
        .prepare_cached(
            "UPDATE feeds SET origin = :origin, url = :url, host = :host, name = :name, tags = :tags,
                interval_ms = :interval, paused = :paused, retired = 0,
                gone = CASE WHEN url IS :url THEN gone ELSE 0 END,
                next_at = CASE WHEN url IS :url THEN next_at ELSE min(next_at, :now) END
             WHERE id = :id AND (origin, url, host, name, tags, interval_ms, paused, retired)
                IS NOT (:origin, :url, :host, :name, :tags, :interval, :paused, 0)",
        )?
        .execute(values)?;
    if was_retired {
        report.added += 1;
    } else if changed > 0 || moved {
        report.changed += 1;
    }
    Ok(())
}

/// The host that politeness is counted by; the URL itself where it has none.
fn host_of(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| url.to_owned())
}

pub(super) fn list(db: &Connection, filter: &FeedFilter) -> Sql<Vec<FeedRecord>> {
    let count = if filter.count_articles {
        "(SELECT count(DISTINCT s.article) FROM sightings s WHERE s.feed = f.row)"
    } else {
        "0"
    };
    let ids: Vec<&str> = filter.ids.iter().map(FeedId::as_str).collect();
    db.prepare(&format!(
        "SELECT f.id, f.origin, f.url, f.name, f.tags, f.paused, f.retired, f.next_at, f.lease_until, f.state, {count}, f.host, f.interval_ms, f.claimed_at
         FROM feeds f WHERE (:any OR f.id IN (SELECT value FROM json_each(:ids))) AND (:retired OR f.retired = 0)
         ORDER BY f.id"
    ))?
    .query_map(
        named_params! { ":any": ids.is_empty(), ":ids": rows::json(&ids)?, ":retired": filter.retired },
        record,
    )?
    .collect()
}

fn record(row: &Row<'_>) -> Sql<FeedRecord> {
    let lease: i64 = row.get(8)?;
    let state: String = row.get(9)?;
    Ok(FeedRecord {
        id: rows::feed_id(row, 0)?,
        origin: row.get(1)?,
        url: row.get(2)?,
        name: row.get(3)?,
        tags: rows::list(row, 4)?,
        paused: row.get(5)?,
        retired: row.get(6)?,
        next_poll: rows::time(row, 7)?,
        leased_until: if lease == 0 {
            None
        } else {
            Some(rows::from_millis(8, lease)?)
        },
        state: rows::parse_json(9, &state)?,
        articles: row.get(10)?,
        host: row.get(11)?,
        interval: Duration::from_millis(row.get(12)?),
        claimed_at: rows::optional_time(row, 13)?,
    })
}

pub(super) fn polls(db: &Connection, feed: &FeedId, limit: usize) -> Sql<Vec<PollRecord>> {
    db.prepare(
        "SELECT p.at, p.outcome, p.status, p.bytes, p.ms, p.entries, p.new, p.changed, p.error
         FROM polls p JOIN feeds f ON f.row = p.feed WHERE f.id = ?1 ORDER BY p.at DESC, p.row DESC LIMIT ?2",
    )?
    .query_map(params![feed.as_str(), i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        let outcome: String = row.get(1)?;
        Ok(PollRecord {
            at: rows::time(row, 0)?,
            outcome: Outcome::from_name(&outcome).unwrap_or(Outcome::Failed),
            status: row.get(2)?,
            bytes: row.get(3)?,
            ms: row.get(4)?,
            entries: row.get(5)?,
            new: row.get(6)?,
            changed: row.get(7)?,
            error: row.get(8)?,
        })
    })?
    .collect()
}

pub(super) fn prune_polls(tx: &Transaction<'_>, before: Time) -> Sql<u64> {
    let dropped = tx.execute("DELETE FROM polls WHERE at < ?1", [millis(before)])?;
    tx.execute_batch("PRAGMA optimize")?;
    Ok(dropped as u64)
}
