//! The change sequence as a reader follows it, and deletion.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    rows::{self, millis},
    search,
    sequence::Sequence,
};
use crate::model::{ArticleId, Change, Time};

pub(super) fn after(db: &Connection, after_seq: i64, limit: usize) -> Sql<Vec<Change>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut changes: Vec<Change> = db
        .prepare_cached(&format!(
            "SELECT {} FROM articles a WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?2",
            rows::STORED
        ))?
        .query_map([after_seq, limit], |row| {
            Ok(Change::Upsert(Box::new(rows::stored_article(row, false)?)))
        })?
        .collect::<Sql<_>>()?;
    let deleted = db
        .prepare_cached(
            "SELECT id, seq, deleted_at FROM tombstones WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?
        .query_map([after_seq, limit], |row| {
            Ok(Change::Delete {
                id: ArticleId(row.get(0)?),
                seq: row.get(1)?,
                at: rows::time(row, 2)?,
            })
        })?
        .collect::<Sql<Vec<_>>>()?;
    changes.extend(deleted);
    changes.sort_by_key(Change::seq);
    changes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(changes)
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
