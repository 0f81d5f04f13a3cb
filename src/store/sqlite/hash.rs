//! The hash of an article's row: SQLite does not notice a flipped bit inside a text.
//!
//! It is over all values that an export shows, not over how they are stored: of markup its text is
//! hashed, so that it may be compressed otherwise one day. Written in the statement that writes the
//! row. SHA-256 cut to 128 bits, because it is here already: 4 kB take some 9 µs.

use rusqlite::{
    Connection, Row, ToSql, Transaction, params,
    types::{ToSqlOutput, ValueRef},
};
use sha2::{Digest as _, Sha256};

use super::{Sql, html};

/// 128 bits.
pub(in crate::store) type Hash = [u8; 16];

/// Rows whose missing hashes are filled at once.
const PAGE: usize = 500;

/// The values that are hashed, in the order in which they are; what [`of_row`] reads. `a` is the
/// article's row.
pub(super) const COLUMNS: &str = "a.id, a.seq, a.fingerprint, a.owner, a.source, a.title, a.authors, a.url,
    a.canonical_url, a.published_at, a.published_from, a.updated_at, a.changed_at, a.sort_at, a.language,
    a.tags, a.enclosures, a.summary, a.extraction, a.words, a.body, a.details, a.html_base,
    a.cluster, a.duplicate_of, a.first_seen, a.revision, a.html";

/// How many [`COLUMNS`] there are.
pub(super) const WIDTH: usize = 28;

/// Where the body is among them.
const BODY: usize = 20;

/// The hash of some values, one after the other.
#[derive(Default)]
pub(super) struct Hasher(Sha256);

impl Hasher {
    /// Adds a value as it is bound.
    pub(super) fn bound(&mut self, value: &dyn ToSql) -> Sql<()> {
        match value.to_sql()? {
            ToSqlOutput::Borrowed(value) => self.value(value),
            ToSqlOutput::Owned(value) => self.value(ValueRef::from(&value)),
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
        Ok(())
    }

    /// Adds a value; none can be taken for another, or two for one.
    fn value(&mut self, value: ValueRef<'_>) {
        let mut bytes = |kind: u8, bytes: &[u8]| {
            self.0.update([kind]);
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        };
        match value {
            ValueRef::Null => bytes(0, &[]),
            ValueRef::Integer(number) => bytes(1, &number.to_le_bytes()),
            ValueRef::Real(number) => bytes(2, &number.to_le_bytes()),
            ValueRef::Text(text) => bytes(3, text),
            ValueRef::Blob(blob) => bytes(4, blob),
        }
    }

    /// Adds a body's markup by the hash of its text, and ends.
    pub(super) fn with_markup(mut self, markup: Option<&Hash>) -> Hash {
        self.value(markup.map_or(ValueRef::Null, |hash| ValueRef::Blob(hash)));
        cut(self.0)
    }
}

/// The hash of a body's markup.
pub(super) fn of_markup(text: &[u8]) -> Hash {
    cut(Sha256::new_with_prefix(text))
}

fn cut(hash: Sha256) -> Hash {
    let mut cut = [0; 16];
    cut.copy_from_slice(&hash.finalize()[..16]);
    cut
}

/// What the hash of a row must be, whose [`COLUMNS`] begin at `first`; `None` if its markup cannot be
/// unpacked.
pub(super) fn of_row(row: &Row<'_>, first: usize) -> Sql<Option<Hash>> {
    let mut hash = Hasher::default();
    let markup = first + WIDTH - 1;
    for column in first..markup {
        hash.value(row.get_ref(column)?);
    }
    let Some(frame) = row.get_ref(markup)?.as_blob_or_null()? else {
        return Ok(Some(hash.with_markup(None)));
    };
    // A body that is no text any more is not the one that its markup stands beside.
    let body = row.get_ref(first + BODY)?.as_str();
    let text = body.ok().and_then(|body| html::unpacked(frame, body).ok());
    Ok(text.map(|text| hash.with_markup(Some(&of_markup(&text)))))
}

/// Gives a hash to the articles that have none, because a migration took it or brought the column.
/// An article whose markup cannot be unpacked gets none, so that a check names it.
pub(super) fn fill(tx: &Transaction<'_>) -> Sql<()> {
    let mut last = i64::MIN;
    loop {
        let hashes = missing(tx, last)?;
        let mut write = tx.prepare_cached("UPDATE articles SET hash = ?2 WHERE row = ?1")?;
        for (row, hash) in &hashes {
            write.execute(params![row, hash])?;
        }
        match hashes.last() {
            Some((row, _)) => last = *row,
            None => return Ok(()),
        }
    }
}

fn missing(db: &Connection, after: i64) -> Sql<Vec<(i64, Option<Hash>)>> {
    db.prepare_cached(&format!(
        "SELECT a.row, {COLUMNS} FROM articles a WHERE a.row > ?1 AND a.hash IS NULL ORDER BY a.row LIMIT {PAGE}"
    ))?
    .query_map([after], |row| Ok((row.get(0)?, of_row(row, 1)?)))?
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&dyn ToSql]) -> Hash {
        let mut hash = Hasher::default();
        for value in values {
            hash.bound(*value).unwrap();
        }
        hash.with_markup(None)
    }

    #[test]
    fn values_are_told_apart_by_kind_and_by_where_they_end() {
        assert_eq!(of(&[&"ab", &1]), of(&[&"ab".to_owned(), &1_i64]));
        let different = [
            of(&[&"ab", &"c"]),
            of(&[&"a", &"bc"]),
            of(&[&"abc"]),
            of(&[&b"abc".as_slice()]),
            of(&[&"abc", &rusqlite::types::Null]),
            of(&[&"", &"abc"]),
            of(&[&1, &0]),
            of(&[&0, &1]),
        ];
        for (at, hash) in different.iter().enumerate() {
            assert!(!different[..at].contains(hash), "{at}");
        }
    }

    #[test]
    fn markup_counts_by_its_text() {
        let hash = |markup: Option<Hash>| Hasher::default().with_markup(markup.as_ref());
        assert_ne!(hash(None), hash(Some(of_markup(b""))));
        assert_ne!(hash(Some(of_markup(b"a"))), hash(Some(of_markup(b"b"))));
    }
}
