//! Giving free pages back to the disk.

use std::path::Path;

use rusqlite::Connection;

use super::{Sql, Sqlite, folder_of, look};
use crate::store::{
    SoleUse, StoreError,
    care::{Compacted, Progress, Room, Told},
    sqlite::open_error,
};

/// What [`compact`] needs and what there is: the content is written twice before the file is cut, to
/// a file of its own and to the log.
///
/// # Errors
/// Why the store cannot be looked at.
pub fn room(path: &Path) -> Result<Room, StoreError> {
    let store = look(path)?;
    let used =
        used(&store.connection).map_err(|error| store.explain("measure the store", error))?;
    let disk = rustix::fs::statvfs(folder_of(path)).map_err(|source| open_error(path, source))?;
    Ok(Room {
        needed: 2 * used,
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
    })
}

fn used(db: &Connection) -> Sql<u64> {
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}

/// Writes the store anew without its free pages. Killed at any moment, it is as it was.
///
/// # Errors
/// [`StoreError::NoRoom`] before anything is written, [`StoreError::InUse`] while others poll into it:
/// their commits would have to wait for all of it.
pub fn compact(path: &Path, told: Told<'_>) -> Result<Compacted, StoreError> {
    let Room { needed, free } = room(path)?;
    if free < needed {
        return Err(StoreError::NoRoom {
            path: path.to_owned(),
            needed,
            free,
        });
    }
    // Brought up to date before: under the lock it would take us for a daemon.
    drop(Sqlite::open(path)?);
    let _alone = SoleUse::acquire(path)?;
    let store = Sqlite::open(path)?;
    let before = store.bytes_on_disk();
    told(Progress::Begins("bytes to write", 0));
    let done = write_anew(&store.connection, folder_of(path));
    let is_cut = done.map_err(|error| store.explain("compact the store", error))?;
    Ok(Compacted {
        before,
        after: store.bytes_on_disk(),
        is_cut,
    })
}

/// False if somebody reads what the file must still hold.
fn write_anew(db: &Connection, folder: &Path) -> Sql<bool> {
    let full_text: Vec<String> = db
        .prepare(
            "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Sql<_>>()?;
    for table in full_text {
        let table = table.replace('"', "\"\"");
        db.execute_batch(&format!(
            "INSERT INTO \"{table}\" (\"{table}\") VALUES ('optimize')"
        ))?;
    }
    // Not in memory, and not in a /tmp of another size: where the room was looked for.
    db.pragma_update(None, "temp_store", "file")?;
    db.pragma_update(
        None,
        "temp_store_directory",
        folder.to_string_lossy().as_ref(),
    )?;
    let vacuumed = db.execute_batch("VACUUM");
    db.pragma_update(None, "temp_store_directory", "")?;
    vacuumed?;
    let is_busy: bool = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(!is_busy)
}
