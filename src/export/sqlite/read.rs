//! Snapshots of ours, read back with everything that they hold. The file is only read: a packed one
//! is unpacked elsewhere first.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    vec,
};

use rusqlite::{Connection, OpenFlags, Row as SqlRow, config::DbConfig, types::ValueRef};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use super::{APPLICATION_ID, io_error};
use crate::{
    export::{
        import::{Records, numbered, record},
        record::{Kind, Row},
        targets::packing::{Packing, open_unpacked},
    },
    model::StoredArticle,
};

/// Rows read at once.
const PAGE: usize = 500;

/// Opens a snapshot.
pub(in crate::export) fn records(path: &Path) -> io::Result<Records> {
    let (db, unpacked) = match Packing::of_path(path) {
        Packing::None => {
            // A clear word about what is not there.
            File::open(path)?;
            (open(path), None)
        }
        Packing::Gzip | Packing::Zstd => {
            let mut file = NamedTempFile::new()?;
            io::copy(&mut open_unpacked(path)?, &mut file)?;
            file.flush()?;
            (open(file.path()), Some(file))
        }
    };
    let db = db.map_err(io_error)?;
    let id: i32 = db
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(io_error)?;
    if id != APPLICATION_ID {
        let why = "not a snapshot of `tidings export`; of a store use --from-store";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let rows = Rows {
        db,
        _unpacked: unpacked,
        page: Vec::new().into_iter(),
        after: 0,
    };
    Ok(numbered(path, rows))
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    // Others may have written it.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    Ok(db)
}

/// The articles of a snapshot, page by page.
struct Rows {
    db: Connection,
    /// Removed when it has been read.
    _unpacked: Option<NamedTempFile>,
    page: vec::IntoIter<Result<StoredArticle, String>>,
    after: i64,
}

impl Rows {
    fn next_page(&mut self) -> rusqlite::Result<Vec<Result<StoredArticle, String>>> {
        let mut statement = self.db.prepare_cached(
            "SELECT rowid, * FROM articles WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
        )?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query((self.after, PAGE))?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            if number <= self.after {
                // A damaged tree may lead round in circles.
                page.push(Err("rows in their order; the file is damaged".to_owned()));
                break;
            }
            self.after = number;
            page.push(object(row, &names).and_then(record));
        }
        Ok(page)
    }
}

impl Iterator for Rows {
    type Item = Result<StoredArticle, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.page.next().or_else(|| match self.next_page() {
            Ok(page) => {
                self.page = page.into_iter();
                self.page.next()
            }
            Err(error) => Some(Err(format!("a row of a snapshot, found: {error}"))),
        })
    }
}

/// A row as the record that it was made of. Columns that others added are passed over.
fn object(row: &SqlRow<'_>, names: &[String]) -> Result<Value, String> {
    let mut object = Map::new();
    for (at, name) in names.iter().enumerate().skip(1) {
        let Some(field) = Row::FIELDS.iter().find(|field| field.name == name) else {
            continue;
        };
        let value = match row.get_ref(at).map_err(|error| error.to_string())? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Text(text) => {
                let text = str::from_utf8(text)
                    .map_err(|error| format!("UTF-8 text as {name:?}, found: {error}"))?;
                match field.kind {
                    Kind::List(_) | Kind::Object(_) => serde_json::from_str(text)
                        .map_err(|error| format!("JSON as {name:?}, found: {error}"))?,
                    _ => text.into(),
                }
            }
            ValueRef::Real(_) | ValueRef::Blob(_) => {
                return Err(format!("a text or a whole number as {name:?}"));
            }
        };
        object.insert(name.clone(), value);
    }
    Ok(Value::Object(object))
}
