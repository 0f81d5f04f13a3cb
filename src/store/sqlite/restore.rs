//! Articles taken back from an export, with the ids, dates, versions and feeds that they had.
//!
//! No poll found them, so there is no decision and no owner: the next feed that brings one may
//! change it. Feeds that this store never heard of are written down as retired, so that articles
//! know theirs again when a feed file names them.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    Sql, changes,
    commit::{self, Group},
    rows::millis,
    version::{self, Stamp, Version},
};
use crate::{
    model::{Committed, FeedId, StoredArticle, Time},
    store::{Restored, packed::Prepared},
};

pub(super) fn restore(tx: &Transaction<'_>, articles: &[Restored], now: Time) -> Sql<Committed> {
    let mut group = Group::load(tx)?;
    let mut done = Committed::default();
    for restored in articles {
        one(tx, restored, now, &mut group, &mut done)?;
    }
    group.seq.save(tx)?;
    Ok(done)
}

fn one(
    tx: &Transaction<'_>,
    restored: &Restored,
    now: Time,
    group: &mut Group,
    done: &mut Committed,
) -> Sql<()> {
    let stored = &restored.article;
    let article = &stored.article;
    let prepared = Prepared::of(article)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let version = Version {
        article,
        prepared: &prepared,
    };
    let stamp = |seq| Stamp {
        seq,
        owner: None,
        first_seen: stored.first_seen,
        revision: i64::from(stored.revision),
        now: stored.changed_at,
    };
    let known: Option<(i64, Vec<u8>, i64)> = tx
        .prepare_cached("SELECT row, fingerprint, changed_at FROM articles WHERE id = ?1")?
        .query_row([article.id.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let (row, is_numbered) = match known {
        // What an export says is as old as the version in it.
        Some((_, fingerprint, changed_at))
            if fingerprint != article.fingerprint.0 && changed_at < millis(stored.changed_at) =>
        {
            done.changed += 1;
            let row = version::replace(tx, article.id, &version, stamp(group.seq.next()))?;
            (row, true)
        }
        Some((row, ..)) => {
            done.same += 1;
            (row, false)
        }
        None if group.has_tombstones && commit::is_deleted(tx, article.id)? => {
            done.deleted += 1;
            return Ok(());
        }
        None => {
            let Some(row) = version::add(tx, &version, &stamp(group.seq.next()))? else {
                return Ok(());
            };
            done.new += 1;
            (row, true)
        }
    };
    let is_joined = sight(tx, row, restored, now)?;
    if is_joined && !is_numbered {
        changes::renumber(tx, row, group.seq.next())?;
    }
    Ok(())
}

/// Writes down who carried it, and says whether that was news. The oldest sighting is the first in the
/// list.
fn sight(tx: &Transaction<'_>, row: i64, restored: &Restored, now: Time) -> Sql<bool> {
    let StoredArticle {
        article,
        first_seen,
        feeds,
        ..
    } = &restored.article;
    let mut is_joined = false;
    for (at, feed) in (0..).zip(feeds) {
        let feed = feed_row(tx, feed, now)?;
        if changes::is_carried(tx, feed, row)? {
            continue;
        }
        for key in [restored.key, restored.other_key] {
            let written = tx
                .prepare_cached(
                    "INSERT INTO sightings (feed, key, article, fingerprint, guid, first_seen, last_seen)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (feed, key) DO NOTHING",
                )?
                .execute(params![
                    feed,
                    key.0,
                    row,
                    article.fingerprint.0,
                    article.guid,
                    millis(*first_seen) + at
                ])?;
            if written == 1 {
                is_joined = true;
                break;
            }
        }
    }
    Ok(is_joined)
}

/// The feed's row; one that is new here is retired until a feed file names it.
fn feed_row(tx: &Transaction<'_>, feed: &FeedId, now: Time) -> Sql<i64> {
    let known = tx
        .prepare_cached("SELECT row FROM feeds WHERE id = ?1")?
        .query_row([feed.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(row) = known {
        return Ok(row);
    }
    tx.prepare_cached(
        "INSERT INTO feeds (id, origin, url, scope, interval_ms, retired, next_at, planned_at)
         VALUES (?1, '', '', '', 3600000, 1, ?2, ?2)",
    )?
    .execute(params![feed.as_str(), millis(now)])?;
    Ok(tx.last_insert_rowid())
}
