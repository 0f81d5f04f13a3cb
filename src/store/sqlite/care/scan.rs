//! Reading a table row by row, past what is damaged.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row};

use super::{Sql, is_damage};

/// Rows read at once, so that no read is long.
const PAGE: usize = 200;
/// Rows in a row that may be missing or damaged behind the last that is known of.
const BLIND: i64 = 10_000;

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
/// Where reading on fails each number is tried for itself, until one can be read again.
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
    let one = format!("SELECT {row}, {columns} FROM {name} a WHERE {row} = ?1");
    let mut lost = Vec::new();
    let mut at = 0;
    loop {
        match on(db, &page, &mut at, visit)? {
            Read::All(PAGE) => {}
            Read::All(_) => return Ok(lost),
            Read::Damage => match past(db, &one, table.last, &mut at, &mut lost, visit)? {
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
    sql: &str,
    last: i64,
    at: &mut i64,
    lost: &mut Vec<i64>,
    visit: &mut dyn FnMut(&Row<'_>) -> Sql<()>,
) -> Sql<ControlFlow<()>> {
    let (first, mut blind) = (*at, 0);
    // Beyond what is known of, only what stands before something readable is lost.
    let mut doubtful = Vec::new();
    let mut statement = db.prepare_cached(sql)?;
    for number in first + 1.. {
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

/// The highest number of an article that any table knows of.
pub(super) fn last_article(db: &Connection) -> i64 {
    let known = [
        "SELECT max(row) FROM articles",
        // From indexes, which need not be damaged where the table is.
        "SELECT row FROM articles INDEXED BY articles_sort WHERE sort_at >= 0 ORDER BY row DESC LIMIT 1",
        "SELECT max(article) FROM sightings INDEXED BY sightings_article",
    ];
    let numbers = known.iter().filter_map(|sql| {
        let number = db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        // What cannot be read knows nothing.
        number.ok().flatten()
    });
    numbers.max().unwrap_or(0)
}
