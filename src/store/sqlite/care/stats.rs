//! What a store holds, and what each of its tables and indexes takes.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{Sql, look};
use crate::{
    model::StoreId,
    store::{
        StoreError,
        care::{Part, Stats},
        sqlite::{open::with_suffix, rows::from_millis},
    },
};

/// Measures a store, in one read of all its pages.
///
/// # Errors
/// Why it cannot be read. A store of an earlier version is brought up to date first.
pub fn stats(path: &Path) -> Result<Stats, StoreError> {
    drop(super::Sqlite::open_reader(path)?);
    let store = look(path)?;
    let log = fs::metadata(with_suffix(path, "-wal")).map_or(0, |meta| meta.len());
    let read = measure(&store.connection, log);
    read.map_err(|error| store.explain("measure the store", error))
}

fn measure(db: &Connection, log: u64) -> Sql<Stats> {
    let read = db.unchecked_transaction()?;
    let count = |rows: &str| {
        read.query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| {
            row.get::<_, u64>(0)
        })
    };
    let pragma = |name| read.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let (pages, page) = (pragma("page_count")?, pragma("page_size")?);
    let span = read.query_row(
        "SELECT (SELECT min(sort_at) FROM articles), (SELECT max(sort_at) FROM articles)",
        [],
        |row| {
            Ok(row
                .get::<_, Option<i64>>(0)?
                .zip(row.get::<_, Option<i64>>(1)?))
        },
    )?;
    Ok(Stats {
        store_id: read.query_row(
            "SELECT value FROM identity WHERE name = 'store_id'",
            [],
            |row| row.get(0).map(StoreId),
        )?,
        schema: read.pragma_query_value(None, "user_version", |row| row.get(0))?,
        articles: count("articles")?,
        feeds: count("feeds WHERE retired = 0")?,
        retired: count("feeds WHERE retired = 1")?,
        sightings: count("sightings")?,
        revisions: count("revisions")?,
        tombstones: read
            .prepare("SELECT reason, count(*) FROM tombstones GROUP BY reason ORDER BY reason")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Sql<_>>()?,
        polls: count("polls")?,
        last_seq: read.query_row("SELECT value FROM counters WHERE name = 'seq'", [], |row| {
            row.get(0)
        })?,
        span: span
            .map(|(oldest, newest)| -> Sql<_> {
                Ok((from_millis(0, oldest)?, from_millis(1, newest)?))
            })
            .transpose()?,
        file: pages * page,
        log,
        page,
        free_pages: pragma("freelist_count")?,
        parts: parts(&read)?,
    })
}

fn parts(db: &Connection) -> Sql<Vec<Part>> {
    db.prepare(
        "SELECT d.name, coalesce(s.tbl_name, d.name), d.pgsize, d.unused
         FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name
         WHERE d.aggregate = TRUE ORDER BY d.pgsize DESC, d.name",
    )?
    .query_map([], |row| {
        Ok(Part {
            name: row.get(0)?,
            table: row.get(1)?,
            bytes: row.get(2)?,
            unused: row.get(3)?,
        })
    })?
    .collect()
}
