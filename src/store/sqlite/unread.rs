//! Documents that could not be read: the last few of each feed, as they came.

use std::io::{self, Read as _};

use rusqlite::{Connection, Transaction, params, types::Type};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::model::{FeedId, Kept, UnreadDocument};

/// Documents kept of a feed.
const KEPT: usize = 3;
/// A larger document is not kept; nor is a stored one unpacked beyond this.
const MOST_BYTES: u64 = 4 << 20;
/// Written rarely, and often alike: worth more work than bodies are.
const LEVEL: i32 = 6;

/// Does with a feed's unread documents what its poll decided.
pub(super) fn apply(tx: &Transaction<'_>, feed: i64, kept: &Kept) -> Sql<()> {
    match kept {
        Kept::AsBefore => Ok(()),
        Kept::Nothing => {
            tx.prepare_cached("DELETE FROM unread_documents WHERE feed = ?1")?
                .execute([feed])?;
            Ok(())
        }
        Kept::One(document) if document.bytes.len() as u64 > MOST_BYTES => Ok(()),
        Kept::One(document) => keep(tx, feed, document),
    }
}

/// A feed has a new URL: what stood at the old one is nobody's.
pub(super) fn forget(tx: &Transaction<'_>, feed: &FeedId) -> Sql<()> {
    tx.prepare_cached(
        "DELETE FROM unread_documents WHERE feed = (SELECT row FROM feeds WHERE id = ?1)",
    )?
    .execute([feed.as_str()])?;
    Ok(())
}

fn keep(tx: &Transaction<'_>, feed: i64, document: &UnreadDocument) -> Sql<()> {
    let body = zstd::bulk::compress(&document.bytes, LEVEL)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    tx.prepare_cached(
        "INSERT INTO unread_documents (feed, at, url, content_type, status, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        feed,
        millis(document.at),
        document.url,
        document.content_type,
        document.status,
        body
    ])?;
    tx.prepare_cached(
        "DELETE FROM unread_documents WHERE feed = ?1 AND row NOT IN
            (SELECT row FROM unread_documents WHERE feed = ?1 ORDER BY at DESC, row DESC LIMIT ?2)",
    )?
    .execute(params![feed, KEPT])?;
    Ok(())
}

/// Newest first.
pub(super) fn list(db: &Connection, feed: &FeedId) -> Sql<Vec<UnreadDocument>> {
    db.prepare_cached(
        "SELECT u.at, u.url, u.content_type, u.status, u.body
         FROM unread_documents u JOIN feeds f ON f.row = u.feed WHERE f.id = ?1 ORDER BY u.at DESC, u.row DESC",
    )?
    .query_map([feed.as_str()], |row| {
        let body = unpacked(row.get_ref(4)?.as_blob()?);
        Ok(UnreadDocument {
            at: rows::time(row, 0)?,
            url: row.get(1)?,
            content_type: row.get(2)?,
            status: row.get(3)?,
            bytes: body
                .map_err(|error| {
                    rusqlite::Error::FromSqlConversionFailure(4, Type::Blob, Box::new(error))
                })?
                .into(),
        })
    })?
    .collect()
}

fn unpacked(frame: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = zstd::Decoder::new(frame)?;
    reader.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
