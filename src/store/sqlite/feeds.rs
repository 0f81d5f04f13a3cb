//! Feeds as the feed files name them, their state for display, and their poll history.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, Transaction, named_params, params};

use super::{
    Sql, hosts,
    rows::{self, millis},
    urls::{self, Arrival, Free},
};
use crate::{
    model::{
        FeedFilter, FeedId, FeedOutline, FeedRecord, FeedSpec, FeedState, Health, Names, Outcome,
        PollRecord, Standing, Time,
    },
    store::{FeedSet, SyncReport},
};

/// No interval is longer, so that a date plus an interval is always a date.
const FOREVER: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Old polls dropped in one transaction, so that commits need not wait long for it.
const PRUNED_AT_ONCE: usize = 10_000;

pub(super) fn sync(tx: &Transaction<'_>, set: &FeedSet, now: Time) -> Sql<SyncReport> {
    let mut sync = Sync {
        tx,
        now,
        free: Free::under(set),
        report: SyncReport::default(),
        scopes: BTreeSet::new(),
        arrivals: Vec::new(),
    };
    for spec in set.specs.iter() {
        let interval = spec.interval.unwrap_or(set.default_interval).min(FOREVER);
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        sync.one(spec, interval_ms)?;
    }
    let (mut report, mut scopes) = sync.arrive()?;
    let named: Vec<&str> = set.specs.iter().map(|spec| spec.id.as_str()).collect();
    let retired: Vec<String> = tx
        .prepare(
            "UPDATE feeds SET retired = 1 WHERE retired = 0
             AND id NOT IN (SELECT value FROM json_each(:named))
             AND (:any OR origin IN (SELECT value FROM json_each(:origins))) RETURNING scope",
        )?
        .query_map(
            named_params! {
                ":named": rows::json(&named)?, ":any": set.origins.is_none(),
                ":origins": rows::json(&set.origins.as_deref().unwrap_or_default())?,
            },
            |row| row.get(0),
        )?
        .collect::<Sql<_>>()?;
    report.retired = u32::try_from(retired.len()).unwrap_or(u32::MAX);
    scopes.extend(retired);
    for scope in &scopes {
        hosts::refresh(tx, scope, None)?;
    }
    Ok(report)
}

/// A sync under way.
struct Sync<'a> {
    tx: &'a Transaction<'a>,
    now: Time,
    free: Free<'a>,
    report: SyncReport,
    /// Those whose feeds have changed.
    scopes: BTreeSet<String>,
    /// Feeds that have a URL they did not have before.
    arrivals: Vec<Arrival<'a>>,
}

impl<'a> Sync<'a> {
    fn one(&mut self, spec: &'a FeedSpec, interval_ms: i64) -> Sql<()> {
        let (tx, now) = (self.tx, self.now);
        let tags = rows::list_json(&spec.tags)?;
        let mut scope = urls::scope_of_url(&spec.url);
        let mut known = known(tx, spec, &tags, interval_ms)?;
        if known.is_none() && urls::rename(tx, spec, &self.free)? {
            let renamed = self::known(tx, spec, &tags, interval_ms)?;
            known = renamed.map(|known| Known {
                is_same: false,
                ..known
            });
        }
        if let Some(known) = known.as_ref().filter(|known| known.url == spec.url) {
            if known.scope != scope {
                // It is asked elsewhere.
                scope = urls::scope_now(tx, spec)?;
            }
            if known.is_same && known.scope == scope {
                return Ok(());
            }
        }
        let values = named_params! {
            ":id": spec.id.as_str(), ":origin": &*spec.origin, ":url": spec.url, ":scope": scope,
            ":name": spec.name, ":tags": tags, ":interval": interval_ms, ":paused": spec.paused,
        };
        let Some(known) = known else {
            tx.prepare_cached(
                "INSERT INTO feeds (id, origin, url, scope, name, tags, interval_ms, paused, next_at, planned_at)
                 VALUES (:id, :origin, :url, :scope, :name, :tags, :interval, :paused, :now, :now)",
            )?
            .execute([values, named_params! { ":now": millis(now) }].concat().as_slice())?;
            self.report.added += 1;
            self.scopes.insert(scope);
            self.arrivals.push(Arrival::New(spec));
            return Ok(());
        };
        if known.url != spec.url {
            urls::leave(tx, &spec.id, now)?;
            let same_scope = known.scope == scope;
            self.arrivals.push(Arrival::Moved { spec, same_scope });
        }
        tx.prepare_cached(
            "UPDATE feeds SET origin = :origin, url = :url, scope = :scope, name = :name, tags = :tags,
                interval_ms = :interval, paused = :paused, retired = 0 WHERE id = :id",
        )?
        .execute(values)?;
        if interval_ms < known.interval_ms {
            bring_forward(tx, &spec.id, known.interval_ms, now)?;
        }
        if known.retired {
            self.report.added += 1;
        } else {
            self.report.changed += 1;
        }
        self.scopes.extend([scope, known.scope]);
        Ok(())
    }

    /// When every URL that is left has been: feeds may have changed places.
    fn arrive(mut self) -> Sql<(SyncReport, BTreeSet<String>)> {
        for arrival in self.arrivals {
            let scope = urls::arrive(self.tx, &arrival, self.now, &self.free)?;
            self.scopes.extend(scope);
        }
        Ok((self.report, self.scopes))
    }
}

/// Of many feeds few have changed, and to look is half of an UPDATE that changes nothing.
fn known(
    tx: &Transaction<'_>,
    spec: &FeedSpec,
    tags: &Option<String>,
    interval_ms: i64,
) -> Sql<Option<Known>> {
    tx.prepare_cached(
        "SELECT url, retired, scope, interval_ms,
            (origin, url, name, tags, interval_ms, paused, retired)
                IS (:origin, :url, :name, :tags, :interval, :paused, 0)
         FROM feeds WHERE id = :id",
    )?
    .query_row(
        named_params! {
            ":id": spec.id.as_str(), ":origin": &*spec.origin, ":url": spec.url,
            ":name": spec.name, ":tags": tags, ":interval": interval_ms, ":paused": spec.paused,
        },
        |row| {
            Ok(Known {
                url: row.get(0)?,
                retired: row.get(1)?,
                scope: row.get(2)?,
                interval_ms: row.get(3)?,
                is_same: row.get(4)?,
            })
        },
    )
    .optional()
}

/// What a sync compares a spec with.
struct Known {
    url: String,
    retired: bool,
    scope: String,
    interval_ms: i64,
    /// Nothing has changed, the scope left aside.
    is_same: bool,
}

/// A feed's interval was shortened from `old_ms`: where the old one decided the next poll, the new
/// one counts at once, from the last poll on. Waits that have other reasons (failures,
/// `Retry-After`, the feed's own rhythm) stay.
fn bring_forward(tx: &Transaction<'_>, id: &FeedId, old_ms: i64, now: Time) -> Sql<()> {
    let state = tx
        .prepare_cached("SELECT state FROM feeds WHERE id = ?1")?
        .query_row([id.as_str()], |row| rows::feed_state(row, 0))?;
    let has_other_reasons = !state.next_reason.is_empty()
        && state.next_reason != FeedState::BY_INTERVAL
        || state.failure.is_some();
    if has_other_reasons || state.retry_after.is_some_and(|until| until > now) {
        return Ok(());
    }
    // With its jitter, and the time that the poll itself may have taken.
    let decided_ms = old_ms.saturating_add(old_ms / 10).saturating_add(900_000);
    tx.prepare_cached(
        "UPDATE feeds SET next_at = min(next_at, claimed_at + interval_ms)
         WHERE id = ?1 AND next_at <= claimed_at + ?2",
    )?
    .execute(params![id.as_str(), decided_ms])?;
    Ok(())
}

pub(super) fn list(db: &Connection, filter: &FeedFilter) -> Sql<Vec<FeedRecord>> {
    let count = if filter.count_articles {
        "(SELECT count(DISTINCT s.article) FROM sightings s WHERE s.feed = f.row)"
    } else {
        "0"
    };
    let mut sql = format!(
        "SELECT f.id, f.origin, f.url, f.name, f.tags, f.paused, f.retired, f.next_at, f.lease_until,
            f.state, {count}, f.scope, f.interval_ms, f.claimed_at, h.paused_until
         FROM feeds f LEFT JOIN hosts h ON h.scope = f.scope WHERE (:retired OR f.retired = 0)"
    );
    let ids: Vec<&str> = filter.ids.iter().map(FeedId::as_str).collect();
    let ids = rows::json(&ids)?;
    let mut values = vec![(":retired", &filter.retired as &dyn ToSql)];
    if !filter.ids.is_empty() {
        sql.push_str(" AND f.id IN (SELECT value FROM json_each(:ids))");
        values.push((":ids", &ids));
    }
    let after = filter.after.as_ref().map(FeedId::as_str);
    if filter.after.is_some() {
        sql.push_str(" AND f.id > :after");
        values.push((":after", &after));
    }
    sql.push_str(" ORDER BY f.id LIMIT :limit");
    // SQLite takes a negative limit for none.
    let limit = filter
        .limit
        .map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
    values.push((":limit", &limit));
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
        scope: row.get(11)?,
        scope_paused_until: match row.get::<_, Option<i64>>(14)? {
            None | Some(0) => None,
            Some(until) => Some(rows::from_millis(14, until)?),
        },
        interval: Duration::from_millis(row.get(12)?),
        claimed_at: rows::optional_time(row, 13)?,
    })
}

pub(super) fn outlines(db: &Connection) -> Sql<Vec<FeedOutline>> {
    db.prepare_cached(
        // The few pauses are looked up beside the feeds, and not one host for each feed.
        "WITH pauses AS MATERIALIZED (SELECT scope, paused_until FROM hosts WHERE paused_until > 0)
         SELECT f.id, f.paused, f.standing, f.next_at, p.paused_until
         FROM feeds f LEFT JOIN pauses p ON p.scope = f.scope WHERE f.retired = 0 ORDER BY f.id",
    )?
    .query_map([], |row| {
        let standing: String = row.get(2)?;
        Ok(FeedOutline {
            id: rows::feed_id(row, 0)?,
            paused: row.get(1)?,
            standing: Standing::from_name(&standing).unwrap_or(Standing::New),
            next_poll: rows::time(row, 3)?,
            host_paused_until: rows::optional_time(row, 4)?,
        })
    })?
    .collect()
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

/// Feeds that are in a feed file, counted by health; indexes suffice for all of it.
pub(super) fn health(db: &Connection, now: Time) -> Sql<BTreeMap<Health, u64>> {
    let mut counts = BTreeMap::new();
    let late =
        millis(now).saturating_sub(i64::try_from(FeedRecord::GRACE.as_millis()).unwrap_or(0));
    let mut active = db.prepare_cached(
        "WITH pauses AS MATERIALIZED (SELECT scope FROM hosts WHERE paused_until > :now)
         SELECT standing, next_at < :late, scope IN pauses, count(*) FROM feeds
            WHERE paused = 0 AND retired = 0 AND gone = 0 AND lease_until = 0 GROUP BY 1, 2, 3
         UNION ALL
         SELECT standing, next_at < :late, scope IN pauses, count(*) FROM feeds INDEXED BY feeds_leased
            WHERE paused = 0 AND retired = 0 AND gone = 0 AND lease_until > 0 GROUP BY 1, 2, 3",
    )?;
    let mut rows = active.query(named_params! { ":late": late, ":now": millis(now) })?;
    while let Some(row) = rows.next()? {
        let standing: String = row.get(0)?;
        let standing = Standing::from_name(&standing).unwrap_or(Standing::New);
        let next_poll = if row.get(1)? { Time::MIN_UTC } else { now };
        let paused_until = row.get::<_, bool>(2)?.then_some(Time::MAX_UTC);
        *counts
            .entry(standing.health(true, next_poll, paused_until, now))
            .or_default() += row.get::<_, u64>(3)?;
    }
    let mut idle = db.prepare_cached(
        "SELECT paused, count(*) FROM feeds
         WHERE (paused = 1 OR retired = 1 OR gone = 1) AND retired = 0 GROUP BY 1",
    )?;
    let mut rows = idle.query([])?;
    while let Some(row) = rows.next()? {
        let polled = !row.get::<_, bool>(0)?;
        *counts
            .entry(Standing::Gone.health(polled, now, None, now))
            .or_default() += row.get::<_, u64>(1)?;
    }
    Ok(counts)
}

pub(super) fn note_gap(tx: &Transaction<'_>, feed: i64, now: Time) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO gaps (feed, count, last) VALUES (?1, 1, ?2)
         ON CONFLICT (feed) DO UPDATE SET count = count + 1, last = excluded.last",
    )?
    .execute(params![feed, millis(now)])?;
    Ok(())
}

pub(super) fn gaps(db: &Connection, since: Time) -> Sql<Vec<FeedId>> {
    db.prepare(
        "SELECT f.id FROM gaps g JOIN feeds f ON f.row = g.feed WHERE g.last >= ?1 AND f.retired = 0 ORDER BY f.id",
    )?
    .query_map([millis(since)], |row| rows::feed_id(row, 0))?
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

/// The names of the feed's entries count again; a poll under way is fenced off. False if they did.
pub(super) fn trust(tx: &Transaction<'_>, feed: &FeedId) -> Sql<bool> {
    let found = tx
        .prepare_cached("SELECT row, state FROM feeds WHERE id = ?1")?
        .query_row([feed.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, rows::feed_state(row, 1)?))
        })
        .optional()?;
    let Some((row, mut state)) = found else {
        return Ok(false);
    };
    if state.names.doubted_since().is_none() {
        return Ok(false);
    }
    state.names = Names {
        again: true,
        ..Names::default()
    };
    tx.prepare_cached(
        "UPDATE feeds SET state = ?2, lease = lease + 1, lease_until = 0 WHERE row = ?1",
    )?
    .execute(params![row, rows::json(&state)?])?;
    believe(tx, row)?;
    Ok(true)
}

/// The feed is no longer among those whose names are doubted.
pub(super) fn believe(tx: &Transaction<'_>, feed: i64) -> Sql<()> {
    tx.prepare_cached("DELETE FROM doubted WHERE feed = ?1")?
        .execute([feed])?;
    Ok(())
}

/// Writes down that the feed's names are doubted, for whoever looks for such feeds.
pub(super) fn note_doubt(tx: &Transaction<'_>, feed: i64, since: Time) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO doubted (feed, since) VALUES (?1, ?2)
         ON CONFLICT (feed) DO UPDATE SET since = excluded.since",
    )?
    .execute(params![feed, millis(since)])?;
    Ok(())
}

/// Feeds whose names are doubted, ordered by id.
pub(super) fn doubted(db: &Connection) -> Sql<Vec<(FeedId, Time)>> {
    db.prepare(
        "SELECT f.id, d.since FROM doubted d JOIN feeds f ON f.row = d.feed WHERE f.retired = 0 ORDER BY f.id",
    )?
    .query_map([], |row| Ok((rows::feed_id(row, 0)?, rows::time(row, 1)?)))?
    .collect()
}
