//! Reading a table row by row, past what is damaged.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{Sql, is_damage};

/// Rows read at once, so that no read is long.
const PAGE: usize = 200;
/// Rows in a row that may be missing or damaged behind the last that is known of.
const BLIND: i64 = 10_000;

/// Numbers that are tried one by one behind damage, about as many as rows can hang on one damaged page.
/// A damaged index may claim that there are more than could ever be tried.
const STEPS: i64 = 1 << 16;

/// A table with numbered rows.
pub(super) struct Table<'a> {
    pub(super) name: &'a str,
    /// What its number is called.
    pub(super) row: &'a str,
    /// What is read; the row's number comes before it.
    pub(super) columns: &'a str,
    /// The highest number that is known of; more are looked for behind it.
    pub(super) last: i64,
}

/// Hands over every row that can be read, in order; returns the numbers of those that cannot.
///
/// Where reading on fails each number is tried for itself, until one can be read again; where that takes
/// too long the next page that can be read is looked for.
pub(super) fn rows(
    db: &Connection,
    table: &Table<'_>,
    visit: &mut dyn FnMut(&Row<'_>) -> Sql<()>,
) -> Sql<Vec<i64>> {
    let Table {
        name, row, columns, ..
    } = table;
    let page = format!(
        "SELECT {row}, {columns} FROM {name} a WHERE {row} > ?1 ORDER BY {row} LIMIT {PAGE}"
    );
    let mut lost = Vec::new();
    let mut at = 0;
    loop {
        match on(db, &page, &mut at, visit)? {
            Read::All(PAGE) => {}
            Read::All(_) => return Ok(lost),
            Read::Damage => match past(db, table, &mut at, &mut lost, visit)? {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(()) => return Ok(lost),
            },
        }
    }
}

enum Read {
    All(usize),
    Damage,
}

/// Reads on behind `at`.
fn on(
    db: &Connection,
    sql: &str,
    at: &mut i64,
    visit: &mut dyn FnMut(&Row<'_>) -> Sql<()>,
) -> Sql<Read> {
    let mut count = 0;
    let read = || -> Sql<()> {
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query([*at])?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            visit(row)?;
            *at = number;
            count += 1;
        }
        Ok(())
    };
    let mut read = read;
    match read() {
        Ok(()) => Ok(Read::All(count)),
        Err(error) if is_damage(&error) => Ok(Read::Damage),
        Err(error) => Err(error),
    }
}

/// Tries number after number behind `at`; breaks off where there are no more.
fn past(
    db: &Connection,
    table: &Table<'_>,
    at: &mut i64,
    lost: &mut Vec<i64>,
    visit: &mut dyn FnMut(&Row<'_>) -> Sql<()>,
) -> Sql<ControlFlow<()>> {
    let (mut number, mut blind, last) = (*at, 0, table.last);
    let end = at.saturating_add(STEPS);
    // Beyond what is known of, only what stands before something readable is lost.
    let mut doubtful = Vec::new();
    let Table {
        name, row, columns, ..
    } = table;
    let one = format!("SELECT {row}, {columns} FROM {name} a WHERE {row} = ?1");
    let mut statement = db.prepare_cached(&one)?;
    while let Some(next) = number.checked_add(1) {
        number = next;
        if number == end {
            match behind(db, table, number)? {
                Some(readable) => number = readable,
                None => break,
            }
        }
        let mut found = false;
        let mut read = || -> Sql<()> {
            let mut rows = statement.query([number])?;
            if let Some(row) = rows.next()? {
                visit(row)?;
                found = true;
            }
            Ok(())
        };
        match read() {
            Ok(()) if found => {
                lost.append(&mut doubtful);
                *at = number;
                return Ok(ControlFlow::Continue(()));
            }
            Ok(()) => {}
            Err(error) if is_damage(&error) => match number > last {
                true => doubtful.push(number),
                false => lost.push(number),
            },
            Err(error) => return Err(error),
        }
        blind += i64::from(number > last);
        if blind > BLIND {
            break;
        }
    }
    Ok(ControlFlow::Break(()))
}

/// The next row behind much damage that can be read, as far as that is found by jumps.
fn behind(db: &Connection, table: &Table<'_>, after: i64) -> Sql<Option<i64>> {
    let Table { name, row, .. } = table;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {row} FROM {name} WHERE {row} >= ?1 ORDER BY {row} LIMIT 1"
    ))?;
    // The inner `None`: there is nothing more; the outer: that cannot be read.
    let mut look = |from: i64| -> Sql<Option<Option<i64>>> {
        match statement.query_row([from], |row| row.get(0)).optional() {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_damage(&error) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let (mut damaged, mut step) = (after, STEPS);
    let mut found = loop {
        let from = damaged.saturating_add(step);
        match look(from)? {
            Some(found) => break (from, found),
            None if from >= table.last => return Ok(None),
            None => (damaged, step) = (from, step.saturating_mul(2)),
        }
    };
    while found.0 - damaged > 1 {
        let middle = damaged + (found.0 - damaged) / 2;
        match look(middle)? {
            Some(row) => found = (middle, row),
            None => damaged = middle,
        }
    }
    Ok(found.1)
}

/// The highest number of an article that any table knows of.
pub(super) fn last_article(db: &Connection) -> i64 {
    let known = [
        "SELECT max(row) FROM articles",
        // From indexes, which need not be damaged where the table is.
        "SELECT row FROM articles INDEXED BY articles_sort WHERE sort_at >= 0 ORDER BY row DESC LIMIT 1",
        "SELECT max(article) FROM sightings INDEXED BY sightings_article",
    ];
    // Each article took a number of the change sequence, so that there are no more rows than these.
    let sequence = [
        "SELECT value FROM counters WHERE name = 'seq'",
        "SELECT max(seq) FROM articles",
        "SELECT max(seq) FROM tombstones",
    ];
    let highest = |queries: &[&str]| {
        let numbers = queries.iter().filter_map(|sql| {
            let number = db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
            // What cannot be read knows nothing.
            number.ok().flatten()
        });
        numbers.max()
    };
    let last = highest(&known).unwrap_or(0);
    highest(&sequence).map_or(last, |most| last.min(most))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_absurd_last_number_ends_a_scan_and_hides_nothing_behind_the_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let far = 1_i64 << 40;
        let db = Connection::open(&path).unwrap();
        db.execute_batch(&format!(
            "PRAGMA page_size = 4096;
             CREATE TABLE t (row INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
             INSERT INTO t VALUES (1, printf('first%.*c', 3000, 'x')), (2, printf('gone%.*c', 3000, 'x')),
                ({far}, printf('far%.*c', 3000, 'x')), ({far} + 1, printf('end%.*c', 3000, 'x'));"
        ))
        .unwrap();
        drop(db);
        let whole = fs::read(&path).unwrap();
        let smashed = |words: &[&str]| {
            let mut file = whole.clone();
            for word in words {
                let at = whole
                    .windows(word.len())
                    .position(|part| part == word.as_bytes());
                let page = at.unwrap() / 4096 * 4096;
                file[page..page + 4096].fill(0xA5);
            }
            fs::write(&path, file).unwrap();
            let db = Connection::open(&path).unwrap();
            let table = Table {
                name: "t",
                row: "row",
                columns: "body",
                last: i64::MAX,
            };
            let mut found = Vec::new();
            let lost = rows(&db, &table, &mut |row| {
                found.push(row.get::<_, i64>(0)?);
                Ok(())
            });
            assert!(lost.unwrap().contains(&2));
            found
        };
        assert_eq!(smashed(&["gonexxx"]), [1, far, far + 1]);
        assert_eq!(smashed(&["gonexxx", "farxxx"]), [1, far + 1]);
        assert_eq!(smashed(&["gonexxx", "farxxx", "endxxx"]), [1]);
    }
}
