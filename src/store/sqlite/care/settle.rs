//! The rows that were saved of a damaged store become a store: what cannot be shown is left out, what
//! is made of the rows is made anew. Nothing is read of the damaged one.

use rusqlite::Connection;

use super::{Sql, Sqlite, is_damage};
use crate::{
    model::ArticleId,
    store::{
        care::{DamagedArticle, Recovered},
        sqlite::{hash, html, rows, search},
    },
};

/// Makes a store of the rows: what cannot be read as an article is left out, every host has its turn,
/// the change sequence goes on behind the last number, and all that is there can be searched.
pub(super) fn settle(target: &mut Sqlite, recovered: &mut Recovered, is_older: bool) -> Sql<()> {
    target
        .connection
        .pragma_update(None, "foreign_keys", true)?;
    let transaction = target.connection.transaction()?;
    hash::fill(&transaction)?;
    transaction.execute_batch(
        "UPDATE counters SET value = max(value, (SELECT coalesce(max(seq), 0) FROM articles),
            (SELECT coalesce(max(seq), 0) FROM tombstones)) WHERE name = 'seq';
         UPDATE counters SET value = (SELECT coalesce(sum(size), 0) FROM raw_documents) WHERE name = 'raw_bytes';
         UPDATE feeds SET tags = NULL WHERE tags IS NOT NULL AND NOT json_valid(tags);
         INSERT OR IGNORE INTO hosts (scope, ready_at)
            SELECT scope, min(max(next_at, lease_until)) FROM feeds
            WHERE paused = 0 AND retired = 0 AND gone = 0 GROUP BY scope;
         INSERT OR IGNORE INTO hosts (scope) SELECT scope FROM feeds;",
    )?;
    if is_older {
        // Nothing was compared with hashes, which would have told of these.
        illegible(&transaction, recovered)?;
    }
    for article in &mut recovered.damaged {
        if article.is_lost || is_legible(&transaction, article.row)? {
            continue;
        }
        transaction.execute(
            "UPDATE articles SET html = NULL,
                authors = CASE WHEN json_valid(authors) THEN authors END,
                tags = CASE WHEN json_valid(tags) THEN tags END,
                enclosures = CASE WHEN json_valid(enclosures) THEN enclosures END,
                details = CASE WHEN json_valid(details) THEN details END
             WHERE row = ?1",
            [article.row],
        )?;
        if !is_legible(&transaction, article.row)? {
            transaction.execute("DELETE FROM articles WHERE row = ?1", [article.row])?;
            article.is_lost = true;
        }
    }
    search::fill(&transaction)?;
    for (table, count) in &mut recovered.rows {
        let sql = format!("SELECT count(*) FROM {table}");
        *count = transaction.query_row(&sql, [], |row| row.get(0))?;
    }
    transaction.commit()
}

/// Counts the articles among the damaged that cannot be read as such.
fn illegible(db: &Connection, recovered: &mut Recovered) -> Sql<()> {
    let all: Vec<(i64, Option<[u8; 16]>)> = db
        .prepare("SELECT row, id FROM articles ORDER BY row")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1).ok())))?
        .collect::<Sql<_>>()?;
    for (row, id) in all {
        if is_legible(db, row)? {
            continue;
        }
        recovered.sound -= 1;
        recovered.damaged.push(DamagedArticle {
            row,
            id: id.map(ArticleId),
            title: None,
            is_lost: false,
        });
    }
    Ok(())
}

/// True if an export can show an article.
fn is_legible(db: &Connection, row: i64) -> Sql<bool> {
    let read = db
        .prepare_cached(&format!(
            "SELECT {}, {} FROM articles a WHERE a.row = ?1",
            rows::STORED,
            html::COLUMNS
        ))?
        .query_row([row], |row| rows::stored_article(row, true));
    match read {
        Ok(_) => Ok(true),
        Err(error) if is_damage(&error) => Err(error),
        Err(_) => Ok(false),
    }
}
