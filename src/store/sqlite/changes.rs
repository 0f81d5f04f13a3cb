//! The change sequence as a reader follows it, and deletion.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    articles::Conditions,
    hash, html,
    rows::{self, millis},
    search,
    sequence::Sequence,
};
use crate::model::{ArticleId, ArticleQuery, Change, ChangePage, ChangeQuery, Removal, Time};

/// One step: a window of the sequence is chosen first, from the indexes alone, so that each read is
/// short however few of the changes in it are asked for.
pub(super) fn step(db: &Connection, query: &ChangeQuery) -> Sql<ChangePage> {
    let last: i64 = db
        .prepare_cached("SELECT value FROM counters WHERE name = 'seq'")?
        .query_row([], |row| row.get(0))?;
    let until = query.until.map_or(last, |until| until.min(last));
    let nothing = ChangePage {
        changes: Vec::new(),
        through: query.after,
        last,
    };
    if query.after >= until || query.limit == 0 {
        return Ok(nothing);
    }
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut end = until;
    for table in ["articles", "tombstones"] {
        let at: Option<i64> = db
            .prepare_cached(&format!(
                "SELECT seq FROM {table} WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT 1 OFFSET ?3"
            ))?
            .query_row([query.after, until, limit - 1], |row| row.get(0))
            .optional()?;
        end = end.min(at.unwrap_or(until));
    }
    let mut changes = upserts(db, query, end)?;
    changes.extend(deleted(db, query.after, end)?);
    changes.sort_by_key(Change::seq);
    let mut through = end;
    if changes.len() > query.limit {
        changes.truncate(query.limit);
        through = changes.last().map_or(end, Change::seq);
    }
    Ok(ChangePage {
        changes,
        through,
        last,
    })
}

fn upserts(db: &Connection, query: &ChangeQuery, end: i64) -> Sql<Vec<Change>> {
    let mut asked = Conditions::of(&query.articles)?;
    // Whoever is carried by none of the feeds never was: feeds only join.
    let carried = Conditions::of(&ArticleQuery {
        feeds: query.articles.feeds.clone(),
        feed_tags: query.articles.feed_tags.clone(),
        ..ArticleQuery::default()
    })?;
    asked.values.push((":after", query.after.into()));
    asked.values.push((":end", end.into()));
    let with_html = query.articles.with_html;
    let html = match with_html {
        true => format!(", {}", html::COLUMNS),
        false => String::new(),
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {}{html}, ({asked}) AS is_asked FROM articles a
         WHERE a.seq > :after AND a.seq <= :end AND (({asked}) OR (a.revision > 0 AND ({})))
         ORDER BY a.seq",
        rows::STORED,
        carried.sql(false),
        asked = asked.sql(query.articles.one_per_cluster),
    ))?;
    let mut found = statement.query(asked.bound().as_slice())?;
    let mut changes = Vec::new();
    while let Some(row) = found.next()? {
        let stored = rows::stored_article(row, with_html)?;
        changes.push(if row.get("is_asked")? {
            Change::Upsert(Box::new(stored))
        } else {
            Change::Delete {
                id: stored.article.id,
                seq: stored.seq,
                at: stored.changed_at,
                reason: Removal::Unmatched,
            }
        });
    }
    Ok(changes)
}

fn deleted(db: &Connection, after: i64, end: i64) -> Sql<Vec<Change>> {
    db.prepare_cached(
        "SELECT id, seq, deleted_at FROM tombstones WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    )?
    .query_map([after, end], |row| {
        Ok(Change::Delete {
            id: ArticleId(row.get(0)?),
            seq: row.get(1)?,
            at: rows::time(row, 2)?,
            reason: Removal::Deleted,
        })
    })?
    .collect()
}

/// True if a feed is known to carry an article.
pub(super) fn is_carried(tx: &Transaction<'_>, feed: i64, article: i64) -> Sql<bool> {
    tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM sightings WHERE article = ?1 AND feed = ?2)")?
        .query_row([article, feed], |row| row.get(0))
}

/// Gives an article the next number because another feed carries it now, which its record shows. The
/// hash is over the number too; one that did not fit before does not fit after, so that damage is
/// still found.
pub(super) fn renumber(tx: &Transaction<'_>, row: i64, seq: i64) -> Sql<()> {
    let columns = hash::COLUMNS;
    let (stored, before): (Option<Vec<u8>>, _) = tx
        .prepare_cached(&format!(
            "SELECT a.hash, {columns} FROM articles a WHERE a.row = ?1"
        ))?
        .query_row([row], |found| Ok((found.get(0)?, hash::of_row(found, 1)?)))?;
    tx.prepare_cached("UPDATE articles SET seq = ?2 WHERE row = ?1")?
        .execute([row, seq])?;
    if stored.as_deref() != before.as_ref().map(|hash| hash.as_slice()) {
        return Ok(());
    }
    let after = tx
        .prepare_cached(&format!(
            "SELECT {columns} FROM articles a WHERE a.row = ?1"
        ))?
        .query_row([row], |found| hash::of_row(found, 0))?;
    tx.prepare_cached("UPDATE articles SET hash = ?2 WHERE row = ?1")?
        .execute(params![row, after])?;
    Ok(())
}

pub(super) fn delete(tx: &Transaction<'_>, ids: &[ArticleId], reason: &str, now: Time) -> Sql<u32> {
    let mut seq = Sequence::load(tx)?;
    let mut deleted = 0;
    for id in ids {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO deleted_entries (feed, key)
             SELECT s.feed, s.key FROM articles a JOIN sightings s ON s.article = a.row WHERE a.id = ?1",
        )?
        .execute([id.0])?;
        // Sightings and revisions go with it by cascade.
        let row: Option<i64> = tx
            .prepare_cached("DELETE FROM articles WHERE id = ?1 RETURNING row")?
            .query_row([id.0], |row| row.get(0))
            .optional()?;
        if let Some(row) = row {
            search::delete(tx, row)?;
            tx.prepare_cached("INSERT OR REPLACE INTO tombstones (id, seq, deleted_at, reason) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![id.0, seq.next(), millis(now), reason])?;
            deleted += 1;
        }
    }
    seq.save(tx)?;
    Ok(deleted)
}
