//! Documents as they came: the last few of each feed that could not be read, and those that were
//! read, as far as the operator keeps them.

use std::io::{self, Read as _};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params, types::Type};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::model::{FeedId, Kept, RawCaps, RawDocument, RawPlace, Time};

/// Documents kept of a feed that could not be read.
const UNREAD: usize = 3;
/// Written rarely, and often alike: worth more work than bodies are.
const LEVEL: i32 = 6;

/// A document's body as it is stored; `None` where there is none to be kept, or it is too large.
pub(in crate::store) fn packed(kept: &Kept) -> io::Result<Option<Vec<u8>>> {
    let document = kept.document();
    let small = document.filter(|raw| raw.bytes.len() as u64 <= RawDocument::MOST_BYTES);
    small
        .map(|raw| zstd::bulk::compress(&raw.bytes, LEVEL))
        .transpose()
}

/// Does with a feed's documents what was decided; `body` is the packed one's.
pub(super) fn apply(tx: &Transaction<'_>, feed: i64, kept: &Kept, body: Option<&[u8]>) -> Sql<()> {
    if matches!(kept, Kept::Nothing | Kept::Read(..)) {
        tx.prepare_cached("DELETE FROM unread_documents WHERE feed = ?1")?
            .execute([feed])?;
    }
    match (kept, body) {
        (Kept::One(document), Some(body)) => keep_unread(tx, feed, document, body),
        (Kept::Read(document, caps), Some(body)) => keep_read(tx, feed, document, body, *caps),
        _ => Ok(()),
    }
}

/// A feed has a new URL: what could not be read at the old one is nobody's. What was read is the
/// feed's own still.
pub(super) fn forget(tx: &Transaction<'_>, feed: &FeedId) -> Sql<()> {
    tx.prepare_cached(
        "DELETE FROM unread_documents WHERE feed = (SELECT row FROM feeds WHERE id = ?1)",
    )?
    .execute([feed.as_str()])?;
    Ok(())
}

fn keep_unread(tx: &Transaction<'_>, feed: i64, document: &RawDocument, body: &[u8]) -> Sql<()> {
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
    .execute(params![feed, UNREAD])?;
    Ok(())
}

fn keep_read(
    tx: &Transaction<'_>,
    feed: i64,
    document: &RawDocument,
    body: &[u8],
    caps: RawCaps,
) -> Sql<()> {
    let size = i64::try_from(body.len()).unwrap_or(i64::MAX);
    tx.prepare_cached(
        "INSERT INTO raw_documents (feed, at, url, content_type, status, size, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        feed,
        millis(document.at),
        document.url,
        document.content_type,
        document.status,
        size,
        body
    ])?;
    let mut sum = size;
    let mut beyond = tx.prepare_cached(
        "DELETE FROM raw_documents WHERE feed = ?1 AND row NOT IN
            (SELECT row FROM raw_documents WHERE feed = ?1 ORDER BY at DESC, row DESC LIMIT ?2)
         RETURNING size",
    )?;
    for gone in beyond.query_map(params![feed, caps.documents], |row| row.get::<_, i64>(0))? {
        sum -= gone?;
    }
    let mut all: i64 = tx
        .prepare_cached(
            "UPDATE counters SET value = value + ?1 WHERE name = 'raw_bytes' RETURNING value",
        )?
        .query_row([sum], |row| row.get(0))?;
    let most = i64::try_from(caps.bytes).unwrap_or(i64::MAX);
    while all > most {
        // Numbers grow with time.
        let gone: Option<i64> = tx
            .prepare_cached(
                "DELETE FROM raw_documents WHERE row = (SELECT min(row) FROM raw_documents)
                 RETURNING size",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        all = gone.map_or(0, |gone| all - gone);
        tx.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'raw_bytes'")?
            .execute([all])?;
        if gone.is_none() {
            break;
        }
    }
    Ok(())
}

/// Those that could not be read, newest first.
pub(super) fn unread(db: &Connection, feed: &FeedId) -> Sql<Vec<RawDocument>> {
    db.prepare_cached(
        "SELECT u.at, u.url, u.content_type, u.status, u.body
         FROM unread_documents u JOIN feeds f ON f.row = u.feed WHERE f.id = ?1 ORDER BY u.at DESC, u.row DESC",
    )?
    .query_map([feed.as_str()], document)?
    .collect()
}

/// Where a feed's documents are that were fetched since a moment, newest first; of equally new ones
/// those that could not be read last.
pub(super) fn places(db: &Connection, feed: &FeedId, since: Option<Time>) -> Sql<Vec<RawPlace>> {
    db.prepare_cached(
        "SELECT r.row, r.at, 1 AS was_read, r.size FROM raw_documents r JOIN feeds f ON f.row = r.feed
         WHERE f.id = ?1 AND r.at >= ?2
         UNION ALL
         SELECT u.row, u.at, 0, length(u.body) FROM unread_documents u JOIN feeds f ON f.row = u.feed
         WHERE f.id = ?1 AND u.at >= ?2
         ORDER BY 2 DESC, 3 DESC, 1 DESC",
    )?
    .query_map(
        params![feed.as_str(), since.map_or(i64::MIN, millis)],
        |row| {
            Ok(RawPlace {
                row: row.get(0)?,
                at: rows::time(row, 1)?,
                was_read: row.get(2)?,
                stored_bytes: row.get(3)?,
            })
        },
    )?
    .collect()
}

/// The document at a place; `None` if it has gone since.
pub(super) fn read(db: &Connection, place: RawPlace) -> Sql<Option<RawDocument>> {
    let sql = match place.was_read {
        true => "SELECT at, url, content_type, status, body FROM raw_documents WHERE row = ?1",
        false => "SELECT at, url, content_type, status, body FROM unread_documents WHERE row = ?1",
    };
    db.prepare_cached(sql)?
        .query_row([place.row], document)
        .optional()
}

fn document(row: &rusqlite::Row<'_>) -> Sql<RawDocument> {
    let body = unpacked(row.get_ref(4)?.as_blob()?);
    Ok(RawDocument {
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
}

fn unpacked(frame: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader = zstd::Decoder::new(frame)?;
    reader
        .take(RawDocument::MOST_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
