//! What can still be read of a damaged store, in a new one. The damaged file is only read.
//!
//! Tables are read by the numbers of their rows around what is damaged, tables without numbers from
//! both ends and by what their rows belong to. Articles are compared with their hashes.

use std::{collections::BTreeSet, path::Path};

use rusqlite::{
    Connection, ErrorCode, Row, Statement, params_from_iter,
    types::{Value, ValueRef},
};

use super::{
    Draft, Source, Sql,
    check::{is_sound, legible, named},
    folder_of, is_damage, scan,
    settle::settle,
};
use crate::store::{
    StoreError,
    care::{DamagedArticle, Progress, Recovered, Told},
    lock,
    sqlite::{
        hash,
        open::{blank, known_version},
        rows,
    },
};

/// Copies what can be read of the store `from` to a new one at `to`, which must not be there.
///
/// # Errors
/// If nothing at all can be read: the head of the file, or the beginning of its list of tables, is
/// damaged.
pub fn recover(from: &Path, to: &Path, told: Told<'_>) -> Result<Recovered, StoreError> {
    if to.try_exists().unwrap_or(true) {
        return Err(StoreError::Exists {
            path: to.to_owned(),
            remedy: "name another with --to",
        });
    }
    if let Some(pid) = lock::running_daemon(from)? {
        return Err(StoreError::InUse {
            path: from.to_owned(),
            who: format!("the tidings daemon (process {pid})"),
        });
    }
    let source = Source::open_damaged(from, folder_of(to))?;
    let draft = Draft::beside(to)?;
    let mut target = blank(&draft.path, to)?;
    // Of the damaged store's own version, so that its rows fit.
    let version = source.store.version()?;
    target.migrate_to(version)?;
    let mut rescue = Rescue {
        is_older: version < known_version(),
        from: &source.store.connection,
        to: &target.connection,
        told,
        recovered: Recovered::default(),
    };
    rescue
        .run()
        .map_err(|error| source.store.explain("read the damaged store", error))?;
    let mut recovered = rescue.recovered;
    target.migrate()?;
    let settled = settle(&mut target, &mut recovered, version < known_version());
    settled.map_err(|error| target.explain("tidy the recovered store", error))?;
    drop(source);
    target.finish()?;
    draft.put(to, false)?;
    Ok(recovered)
}

struct Rescue<'a> {
    /// Its hashes are not over what is hashed today.
    is_older: bool,
    from: &'a Connection,
    to: &'a Connection,
    told: Told<'a>,
    recovered: Recovered,
}

impl Rescue<'_> {
    fn run(&mut self) -> Sql<()> {
        // Rows come in any order; and a draft that is cut short is no store.
        self.to.pragma_update(None, "foreign_keys", false)?;
        self.to.pragma_update(None, "synchronous", "off")?;
        self.to.pragma_update(None, "cell_size_check", false)?;
        let transaction = self.to.unchecked_transaction()?;
        let tables = tables(self.to)?;
        let known = self.known()?;
        (self.told)(Progress::Begins("tables", tables.len() as u64));
        for (at, table) in tables.iter().enumerate() {
            let count = match &table.number {
                _ if !known.contains(&table.name) => {
                    self.recovered.lost.push((table.name.clone(), None));
                    0
                }
                Some(number) => self.numbered(table, number)?,
                None => self.ordered(table)?,
            };
            self.recovered.rows.push((table.name.clone(), count));
            (self.told)(Progress::Done(at as u64 + 1));
        }
        self.recovered.orphans = orphans(self.to, &self.recovered.damaged)?;
        transaction.commit()
    }

    /// The tables that the damaged store's list has still.
    fn known(&self) -> Sql<BTreeSet<String>> {
        let known: BTreeSet<String> = self
            .from
            .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main'")?
            .query_map([], |row| row.get(0))?
            .collect::<Sql<_>>()?;
        if known.contains("articles") {
            return Ok(known);
        }
        let damage = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        let words = "the list of its tables is damaged, and nothing can be read without it";
        Err(rusqlite::Error::SqliteFailure(
            damage,
            Some(words.to_owned()),
        ))
    }

    /// A table whose rows have numbers.
    fn numbered(&mut self, table: &Copied, number: &str) -> Sql<u64> {
        let is_articles = table.name == "articles";
        let mut insert = self.to.prepare(&table.insert())?;
        let width = table.columns.len();
        // Articles are compared first: number, hash, what is hashed, then the row.
        let has_hashes = is_articles && !self.is_older;
        let (columns, first) = match has_hashes {
            true => (
                format!("a.hash, {}, {}", hash::COLUMNS, table.list()),
                2 + hash::WIDTH,
            ),
            false => (table.list(), 1),
        };
        let (mut count, mut refused) = (0, Vec::new());
        let recovered = &mut self.recovered;
        let mut visit = |row: &Row<'_>| -> Sql<()> {
            let is_whole = !has_hashes || is_sound(row);
            if !put(&mut insert, row, first, width)? {
                refused.push(row.get(0)?);
                return Ok(());
            }
            count += 1;
            recovered.sound += u64::from(is_articles && is_whole);
            if !is_whole {
                recovered.damaged.push(legible(row)?);
            }
            Ok(())
        };
        let last = match is_articles {
            true => scan::last_article(self.from),
            false => last(self.from, &table.name, number),
        };
        let read = scan::Table {
            name: &table.name,
            row: number,
            columns: &columns,
            last,
        };
        let mut lost = scan::rows(self.from, &read, &mut visit)?;
        lost.append(&mut refused);
        lost.sort_unstable();
        if is_articles {
            recovered.damaged.extend(named(self.from, &lost));
        } else if !lost.is_empty() {
            let rows = Some(lost.len() as u64);
            recovered.lost.push((table.name.clone(), rows));
        }
        Ok(count)
    }

    /// A table that is kept in the order of its key.
    fn ordered(&mut self, table: &Copied) -> Sql<u64> {
        let list = table.list();
        let read = |rest: &str| format!("SELECT {list} FROM {} a {rest}", table.name);
        let mut is_damaged = false;
        let forward = read("");
        if !self.take(table, &forward, None)? {
            is_damaged = true;
            let backward = table.key.iter().map(|column| format!("{column} DESC"));
            let backward: Vec<String> = backward.collect();
            self.take(
                table,
                &read(&format!("ORDER BY {}", backward.join(", "))),
                None,
            )?;
            for (column, owners) in [("feed", "feeds"), ("article", "articles")] {
                if table.columns.iter().any(|known| known == column) {
                    self.of_each(table, &read(&format!("WHERE {column} = ?1")), owners)?;
                }
            }
        }
        if is_damaged {
            self.recovered.lost.push((table.name.clone(), None));
        }
        let count = format!("SELECT count(*) FROM {}", table.name);
        self.to.query_row(&count, [], |row| row.get(0))
    }

    /// What belongs to each feed or article that is here already.
    fn of_each(&mut self, table: &Copied, sql: &str, owners: &str) -> Sql<()> {
        let numbers: Vec<i64> = self
            .to
            .prepare(&format!("SELECT row FROM {owners}"))?
            .query_map([], |row| row.get(0))?
            .collect::<Sql<_>>()?;
        for number in numbers {
            self.take(table, sql, Some(number))?;
        }
        Ok(())
    }

    /// Takes over what a query gives; false if damage ended it.
    fn take(&mut self, table: &Copied, sql: &str, owner: Option<i64>) -> Sql<bool> {
        let mut insert = self.to.prepare_cached(&table.insert())?;
        let mut read = || -> Sql<()> {
            let mut statement = self.from.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(owner))?;
            while let Some(row) = rows.next()? {
                put(&mut insert, row, 0, table.columns.len())?;
            }
            Ok(())
        };
        match read() {
            Ok(()) => Ok(true),
            Err(error) if is_damage(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A table that is taken over.
struct Copied {
    name: String,
    columns: Vec<String>,
    /// What the number of its rows is called, if they have one.
    number: Option<String>,
    key: Vec<String>,
}

impl Copied {
    fn list(&self) -> String {
        self.columns.join(", ")
    }

    /// What the new store has by itself is replaced; of two rows that claim one place the first stays.
    fn insert(&self) -> String {
        let how = if self.name == "counters" {
            "REPLACE"
        } else {
            "IGNORE"
        };
        let places = vec!["?"; self.columns.len()].join(", ");
        let (name, list) = (&self.name, self.list());
        format!("INSERT OR {how} INTO {name} ({list}) VALUES ({places})")
    }
}

/// All tables but the store's name, which is its own, and what searches build for themselves.
fn tables(db: &Connection) -> Sql<Vec<Copied>> {
    let names: Vec<(String, bool)> = db
        .prepare(
            "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
             AND name NOT LIKE 'sqlite_%' AND name <> 'identity'
             -- Feeds and articles first: others are looked for by them.
             ORDER BY name <> 'feeds', name <> 'articles', name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Sql<_>>()?;
    let described = names.into_iter().map(|(name, is_ordered)| {
        let columns: Vec<(String, i64, String)> = db
            .prepare("SELECT name, pk, type FROM pragma_table_info(?1)")?
            .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Sql<_>>()?;
        let mut key: Vec<_> = columns.iter().filter(|(_, place, _)| *place > 0).collect();
        key.sort_by_key(|(_, place, _)| *place);
        // Another key is not what rows are numbered by.
        let number = match key[..] {
            [(name, _, kind)] if kind == "INTEGER" => name,
            _ => "rowid",
        };
        let number = (!is_ordered).then(|| number.to_owned());
        let key: Vec<String> = key.into_iter().map(|(name, ..)| name.clone()).collect();
        let columns = columns.into_iter().map(|(name, ..)| name).collect();
        Ok(Copied {
            name,
            columns,
            number,
            key,
        })
    });
    described.collect()
}

fn last(db: &Connection, table: &str, number: &str) -> i64 {
    let sql = format!("SELECT max({number}) FROM {table}");
    let last = db.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0));
    // The scan looks behind it anyway.
    last.ok().flatten().unwrap_or(0)
}

/// Writes a row as it is, but for texts that are none any more. False if it fits no rule of the table.
fn put(insert: &mut Statement<'_>, row: &Row<'_>, first: usize, width: usize) -> Sql<bool> {
    for column in 0..width {
        let value = match row.get_ref(first + column)? {
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            other => Value::try_from(other)?,
        };
        insert.raw_bind_parameter(column + 1, value)?;
    }
    match insert.raw_execute() {
        Ok(written) => Ok(written == 1),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Lets go of what points to rows that are lost: of a pointer that may be empty, else of its row.
fn orphans(db: &Connection, damaged: &[DamagedArticle]) -> Sql<u64> {
    let pointers: Vec<(String, String, String, bool)> = db
        .prepare(
            "SELECT t.name, k.\"from\", k.\"table\", c.\"notnull\" = 0 AND c.pk = 0
             FROM pragma_table_list t, pragma_foreign_key_list(t.name) k, pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND c.name = k.\"from\"
             ORDER BY t.name",
        )?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<Sql<_>>()?;
    let mut dropped = 0;
    for (table, column, parent, may_be_empty) in pointers {
        let dangling =
            format!("{column} IS NOT NULL AND {column} NOT IN (SELECT row FROM {parent})");
        if !may_be_empty {
            dropped += db.execute(&format!("DELETE FROM {table} WHERE {dangling}"), [])? as u64;
            continue;
        }
        if table == "articles" && has_hashes(db)? {
            let damaged: Vec<i64> = damaged.iter().map(|article| article.row).collect();
            // What was sound is hashed anew with the change.
            db.execute(
                &format!(
                    "UPDATE articles SET hash = NULL WHERE {dangling}
                     AND row NOT IN (SELECT value FROM json_each(?1))"
                ),
                [rows::json(&damaged)?],
            )?;
        }
        db.execute(
            &format!("UPDATE {table} SET {column} = NULL WHERE {dangling}"),
            [],
        )?;
    }
    Ok(dropped)
}

fn has_hashes(db: &Connection) -> Sql<bool> {
    db.query_row(
        "SELECT count(*) = 1 FROM pragma_table_info('articles') WHERE name = 'hash'",
        [],
        |row| row.get(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::Sqlite;

    /// Rows that are read by their article or feed need these names.
    #[test]
    fn every_table_that_belongs_to_articles_or_feeds_says_so_by_its_columns() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("tidings.db")).unwrap();
        let tables = tables(&store.connection).unwrap();
        let names: BTreeSet<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert!(names.is_superset(&BTreeSet::from([
            "feeds",
            "articles",
            "sightings",
            "counters"
        ])));
        assert!(!names.contains("identity"));
        for table in tables.iter().filter(|table| table.number.is_none()) {
            assert!(!table.key.is_empty(), "{}", table.name);
        }
        assert_eq!(tables[1].number.as_deref(), Some("row"));
    }
}
