//! Kept documents, read once more: new versions that count for the moment at which the document came,
//! and what such a reading is compared with.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    commit::{self, Group},
    html,
    rows::{self, millis},
    version::{self, Stamp, Version},
};
use crate::{
    model::{Action, ArticleId, Committed, Decided, EntryKey, Namesake, Replay, Said, Time},
    store::packed::prepared,
};

/// Articles that may be an entry under another name; more are not looked at.
const NAMESAKES: i64 = 5000;

/// Writes what a replay decided. A version that is later than the document, and what was deleted, stays
/// as it is, whatever was known when it was decided. Sightings are those of the document's moment.
pub(super) fn commit(tx: &Transaction<'_>, replay: &Replay) -> Sql<Committed> {
    let mut done = Committed::default();
    let feed: Option<i64> = tx
        .prepare_cached("SELECT row FROM feeds WHERE id = ?1")?
        .query_row([replay.feed.as_str()], |row| row.get(0))
        .optional()?;
    let Some(feed) = feed else {
        return Ok(done);
    };
    let all = prepared(&replay.entries)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut group = Group::load(tx)?;
    for (entry, prepared) in replay.entries.iter().zip(&all) {
        let stamp = |seq| Stamp {
            seq,
            owner: Some(feed),
            first_seen: replay.said_at,
            revision: 0,
            now: replay.now,
        };
        let version = |article| Version { article, prepared };
        let article = match &entry.action {
            Action::Insert(article) => {
                if group.has_tombstones && is_deleted(tx, feed, entry, article.id)? {
                    continue;
                }
                let stamp = stamp(group.seq.upcoming());
                let Some(row) = version::add(tx, &version(article), &stamp)? else {
                    continue;
                };
                group.seq.next();
                done.new += 1;
                row
            }
            Action::Replace { id, article } => {
                if said_at(tx, *id)?.is_none_or(|said| said > millis(replay.said_at)) {
                    continue;
                }
                let stamp = stamp(group.seq.next());
                done.changed += 1;
                version::replace(tx, *id, &version(article), stamp)?
            }
            Action::Link { .. } | Action::Touch => continue,
        };
        tx.prepare_cached("UPDATE articles SET said_at = ?2 WHERE row = ?1")?
            .execute(params![article, millis(replay.said_at)])?;
        sight(tx, feed, article, entry, replay.said_at)?;
    }
    group.seq.save(tx)?;
    Ok(done)
}

fn is_deleted(tx: &Transaction<'_>, feed: i64, entry: &Decided, id: ArticleId) -> Sql<bool> {
    let entry_is: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM deleted_entries WHERE feed = ?1 AND key = ?2)",
        )?
        .query_row(params![feed, entry.key.0], |row| row.get(0))?;
    Ok(entry_is || commit::is_deleted(tx, id)?)
}

fn said_at(db: &Connection, id: ArticleId) -> Sql<Option<i64>> {
    db.prepare_cached("SELECT coalesce(said_at, changed_at) FROM articles WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()
}

/// What the feed says of the entry; a known one was seen when it was.
fn sight(tx: &Transaction<'_>, feed: i64, article: i64, entry: &Decided, at: Time) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO sightings (feed, key, article, fingerprint, guid, first_seen, last_seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         ON CONFLICT (feed, key) DO UPDATE SET fingerprint = excluded.fingerprint",
    )?
    .execute(params![
        feed,
        entry.key.0,
        article,
        entry.fingerprint.0,
        entry.guid,
        millis(at)
    ])?;
    Ok(())
}

/// The articles with these ids, as far as there are any.
pub(super) fn said(db: &Connection, ids: &[ArticleId]) -> Sql<Vec<Said>> {
    let mut found = Vec::new();
    for id in ids {
        let article = db
            .prepare_cached(&format!(
                "SELECT {}, {} FROM articles a WHERE a.id = ?1",
                rows::STORED,
                html::COLUMNS
            ))?
            .query_row([id.0], |row| rows::stored_article(row, true))
            .optional()?;
        let (Some(stored), Some(said_at)) = (article, said_at(db, *id)?) else {
            continue;
        };
        found.push(Said {
            article: stored.article,
            said_at: rows::from_millis(0, said_at)?,
        });
    }
    Ok(found)
}

/// Articles with one of these titles that the feed carried, last seen first.
pub(super) fn namesakes(db: &Connection, feed: i64, titles: &[String]) -> Sql<Vec<Namesake>> {
    db.prepare_cached(
        "SELECT a.id, s.key, a.title, iif(a.body = '', coalesce(a.summary, ''), a.body), a.published_at
         FROM sightings s JOIN articles a ON a.row = s.article
         WHERE s.feed = ?1 AND a.title IN (SELECT value FROM json_each(?2))
         ORDER BY s.last_seen DESC, s.key LIMIT ?3",
    )?
    .query_map(params![feed, rows::json(&titles)?, NAMESAKES], |row| {
        Ok(Namesake {
            id: ArticleId(row.get(0)?),
            key: EntryKey(row.get(1)?),
            title: row.get(2)?,
            content: row.get(3)?,
            published_at: rows::optional_time(row, 4)?,
        })
    })?
    .collect()
}
