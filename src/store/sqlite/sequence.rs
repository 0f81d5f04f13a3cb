//! The numbers that changes take, for a cursor to follow.

use rusqlite::Transaction;

use super::Sql;

/// The one change sequence: every insert, edit and delete takes the next number, in the
/// transaction that makes the change.
pub(super) struct Sequence {
    last: i64,
    stored: i64,
}

impl Sequence {
    pub(super) fn load(tx: &Transaction<'_>) -> Sql<Self> {
        let last = tx
            .prepare_cached("SELECT value FROM counters WHERE name = 'seq'")?
            .query_row([], |row| row.get(0))?;
        Ok(Self { last, stored: last })
    }

    pub(super) fn next(&mut self) -> i64 {
        self.last = self.upcoming();
        self.last
    }

    /// What [`Self::next`] gives, for a change that may not be made after all.
    pub(super) fn upcoming(&self) -> i64 {
        self.last + 1
    }

    pub(super) fn save(self, tx: &Transaction<'_>) -> Sql<()> {
        if self.last != self.stored {
            tx.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'seq'")?
                .execute([self.last])?;
        }
        Ok(())
    }
}
