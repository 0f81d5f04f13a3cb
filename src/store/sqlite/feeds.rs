//! Feeds as the feed files name them, their state for display, and their poll history.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, Transaction, named_params, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::{
    model::{FeedFilter, FeedId, FeedRecord, FeedSpec, Outcome, PollRecord, Time},
    store::{FeedSet, SyncReport},
};

/// No interval is longer, so that a date plus an interval is always a date.
const FOREVER: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Old polls dropped in one transaction, so that commits need not wait long for it.
const PRUNED_AT_ONCE: usize = 10_000;

pub(super) fn sync(tx: &Transaction<'_>, set: &FeedSet, now: Time) -> Sql<SyncReport> {
    let mut report = SyncReport::default();
    for spec in &set.specs {
        let interval = spec.interval.unwrap_or(set.default_interval).min(FOREVER);
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        sync_one(tx, spec, interval_ms, now, &mut report)?;
    }
    // A claim ahead of the clock was made while the clock was wrong; its feed must not wait for
    // the clock to get there.
    tx.execute(
        "UPDATE feeds SET next_at = min(next_at, :now + interval_ms), claimed_at = :now, lease_until = 0
         WHERE claimed_at > :now + 120000",
        named_params! { ":now": millis(now) },
    )?;
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
    let tags = rows::list_json(&spec.tags)?;
    let host = host_of(&spec.url);
    let values = named_params! {
        ":id": spec.id.as_str(), ":origin": spec.origin, ":url": spec.url, ":host": host,
        ":name": spec.name, ":tags": tags, ":interval": interval_ms, ":paused": spec.paused,
    };
    let Some((old_url, was_retired)) = known else {
        tx.prepare_cached(
            "INSERT INTO feeds (id, origin, url, host, name, tags, interval_ms, paused, next_at)
             VALUES (:id, :origin, :url, :host, :name, :tags, :interval, :paused, :now)",
        )?
        .execute(
            [values, named_params! { ":now": millis(now) }]
                .concat()
                .as_slice(),
        )?;
        report.added += 1;
        return Ok(());
    };
    if old_url != spec.url {
        forget_url(tx, &spec.id, host_of(&old_url) == host, now)?;
    }
    let changed = tx
        .prepare_cached(
            "UPDATE feeds SET origin = :origin, url = :url, host = :host, name = :name, tags = :tags,
                interval_ms = :interval, paused = :paused, retired = 0
             WHERE id = :id AND (origin, url, host, name, tags, interval_ms, paused, retired)
                IS NOT (:origin, :url, :host, :name, :tags, :interval, :paused, 0)",
        )?
        .execute(values)?;
    if was_retired {
        report.added += 1;
    } else if changed > 0 {
        report.changed += 1;
    }
    Ok(())
}

/// A feed gets a new URL: it is due at once, nothing that the old URL answered counts any more
/// (its end least of all), and a poll of the old URL that is under way is fenced off. Only a
/// `Retry-After` outlives the URL if the host stays.
fn forget_url(tx: &Transaction<'_>, id: &FeedId, same_host: bool, now: Time) -> Sql<()> {
    let old = tx
        .prepare_cached("SELECT state FROM feeds WHERE id = ?1")?
        .query_row([id.as_str()], |row| rows::feed_state(row, 0))?;
    let state = old.at_new_url(same_host);
    let not_before = state.retry_after.map_or(i64::MIN, millis);
    tx.prepare_cached(
        "UPDATE feeds SET state = ?2, gone = 0, lease = lease + 1, lease_until = 0,
            next_at = max(min(next_at, ?3), ?4) WHERE id = ?1",
    )?
    .execute(params![
        id.as_str(),
        rows::json(&state)?,
        millis(now),
        not_before
    ])?;
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
    let mut sql = format!(
        "SELECT f.id, f.origin, f.url, f.name, f.tags, f.paused, f.retired, f.next_at, f.lease_until,
            f.state, {count}, f.host, f.interval_ms, f.claimed_at
         FROM feeds f WHERE (:retired OR f.retired = 0)"
    );
    let ids: Vec<&str> = filter.ids.iter().map(FeedId::as_str).collect();
    let ids = rows::json(&ids)?;
    let mut values = vec![(":retired", &filter.retired as &dyn ToSql)];
    if !filter.ids.is_empty() {
        sql.push_str(" AND f.id IN (SELECT value FROM json_each(:ids))");
        values.push((":ids", &ids));
    }
    sql.push_str(" ORDER BY f.id");
    db.prepare(&sql)?
        .query_map(values.as_slice(), record)?
        .collect()
}

fn record(row: &Row<'_>) -> Sql<FeedRecord> {
    let lease: i64 = row.get(8)?;
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
        state: rows::feed_state(row, 9)?,
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
    let dropped = tx
        .prepare_cached(
            "DELETE FROM polls WHERE row IN (SELECT row FROM polls WHERE at < ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute(params![millis(before), PRUNED_AT_ONCE])?;
    if dropped < PRUNED_AT_ONCE {
        tx.execute_batch("PRAGMA optimize")?;
    }
    Ok(dropped as u64)
}
