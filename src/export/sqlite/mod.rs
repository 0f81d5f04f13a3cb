//! SQLite: a portable snapshot of plain tables, which any SQLite since 3.35 reads. It is no store:
//! its columns are the record's, its moments and lists are texts that SQLite's functions know.

mod read;
mod write;

pub(super) use read::records;
pub(super) use write::Sqlite;

use std::io;

/// What tells the file from other databases, a store above all: `TdSn`.
const APPLICATION_ID: i32 = 0x5464_536e;

fn io_error(error: rusqlite::Error) -> io::Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => io::ErrorKind::StorageFull.into(),
        _ => io::Error::other(error),
    }
}
