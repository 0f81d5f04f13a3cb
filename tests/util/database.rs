//! A look into the store's file, past every line of Tidings.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::Tidings;

/// The store of a [`Tidings`] that is not running.
pub(crate) struct Database(Connection);

impl Database {
    #[track_caller]
    pub(crate) fn of(tidings: &Tidings) -> Self {
        Self::at(&tidings.path("tidings.db"))
    }

    #[track_caller]
    pub(crate) fn at(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = Connection::open_with_flags(path, flags);
        Self(open.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// The one number a query gives.
    #[track_caller]
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let number = self.0.query_row(sql, [], |row| row.get(0));
        number.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The one text a query gives.
    #[track_caller]
    pub(crate) fn text(&self, sql: &str) -> String {
        let text = self.0.query_row(sql, [], |row| row.get(0));
        text.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Rows of a table.
    #[track_caller]
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// SQLite finds nothing wrong with the file, and the store's rules hold.
    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.text("PRAGMA integrity_check"), "ok");
        assert_eq!(
            self.number("SELECT count(*) FROM pragma_foreign_key_check"),
            0
        );
    }
}
