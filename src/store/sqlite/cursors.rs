//! Cursors of incremental exports, as rows.

use rusqlite::{Connection, Row, Transaction, params, types::Type};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::model::ExportCursor;

pub(super) fn list(db: &Connection) -> Sql<Vec<ExportCursor>> {
    db.prepare_cached(
        "SELECT name, position, format, query, target, pending, bytes, tail, created_at, updated_at
         FROM cursors ORDER BY name",
    )?
    .query_map([], cursor)?
    .collect()
}

fn cursor(row: &Row<'_>) -> Sql<ExportCursor> {
    let failed = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error)
    };
    let position: String = row.get(1)?;
    let pending: Option<String> = row.get(5)?;
    Ok(ExportCursor {
        name: row.get(0)?,
        position: position
            .parse()
            .map_err(|error| failed(1, Box::new(error)))?,
        format: row.get(2)?,
        query: row.get(3)?,
        target: row.get(4)?,
        pending: pending
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| failed(5, Box::new(error)))?,
        bytes: row.get(6)?,
        tail: row.get(7)?,
        created_at: rows::time(row, 8)?,
        updated_at: rows::time(row, 9)?,
    })
}

pub(super) fn save(tx: &Transaction<'_>, cursor: &ExportCursor) -> Sql<()> {
    let pending = cursor.pending.as_ref().map(rows::json).transpose()?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO cursors
            (name, position, format, query, target, pending, bytes, tail, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        cursor.name,
        cursor.position.to_string(),
        cursor.format,
        cursor.query,
        cursor.target,
        pending,
        cursor.bytes,
        cursor.tail,
        millis(cursor.created_at),
        millis(cursor.updated_at),
    ])?;
    Ok(())
}

pub(super) fn remove(tx: &Transaction<'_>, name: &str) -> Sql<bool> {
    let removed = tx
        .prepare_cached("DELETE FROM cursors WHERE name = ?1")?
        .execute([name])?;
    Ok(removed == 1)
}
