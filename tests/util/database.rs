//! A look into the store's file, past every line of Tidings.

use std::{path::Path, time::Duration};

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

    /// Changes rows behind the program's back.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str, values: impl rusqlite::Params) {
        let done = self.0.execute(sql, values);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Rows of a table.
    #[track_caller]
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}"))
    }

    /// The shortest time between the starts of two polls of one feed, by Tidings' own clock: the
    /// server's view of it is blurred by the machine's load.
    pub(crate) fn shortest_gap(&self) -> Duration {
        let gap = "SELECT min(b.at - a.at) FROM polls a JOIN polls b ON b.feed = a.feed AND b.row > a.row";
        Duration::from_millis(u64::try_from(self.number(gap)).expect("polls in the order of time"))
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
