//! What can be read of a damaged store is saved, and what cannot is told.

use std::{collections::BTreeSet, fs, path::Path};

use tidings::{
    model::ArticleQuery,
    store::{
        Backend as _,
        care::{Finding, Recovered},
        sqlite::{Sqlite, care},
    },
};

use super::{Dice, articles, check, quietly, stored};
use crate::{
    contract::{at, id, set, spec},
    util::Tidings,
};

fn recovered(from: &Path) -> (Recovered, std::path::PathBuf) {
    let to = from.with_extension("new");
    let _ = fs::remove_file(&to);
    let before = fs::read(from).unwrap();
    let done = care::recover(from, &to, &mut quietly).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(fs::read(from).unwrap() == before, "the source was changed");
    (done, to)
}

#[test]
fn a_sound_store_is_saved_whole() {
    let (_folder, path) = stored(80);
    let (done, to) = recovered(&path);
    assert_eq!((done.sound, done.orphans), (80, 0));
    assert!(done.damaged.is_empty() && done.lost.is_empty(), "{done:?}");
    assert_eq!(articles(&to).unwrap(), articles(&path).unwrap());
    assert_eq!(check(&to, true).unwrap().findings, []);
    let mut store = Sqlite::open(&to).unwrap();
    let totals = store.totals(at(0)).unwrap();
    assert_eq!((totals.last_seq, totals.articles), (80, 80));
    assert_eq!(
        store.feeds(&tidings::model::FeedFilter::default()).unwrap()[0].id,
        id("one")
    );
    assert!(
        store.next_due().unwrap().is_some(),
        "its feeds are polled again"
    );
    let again = care::recover(&path, &to, &mut quietly).unwrap_err();
    assert!(again.to_string().contains("--to"), "{again}");
}

/// Puts a row into every table that has none; returns how many each has then.
fn with_rows_everywhere(path: &Path) -> Vec<(String, i64)> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let list = |sql: &str, table: &str| -> Vec<(String, String)> {
        let mut statement = raw.prepare(sql).unwrap();
        let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let tables = list(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
         AND name NOT LIKE 'sqlite_%' AND name <> ?1",
        "identity",
    );
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        raw.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let mut counts = Vec::new();
    for (table, _) in tables {
        if count(&table) == 0 {
            let columns = list("SELECT name, type FROM pragma_table_info(?1)", &table);
            let parents = list(
                "SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1)",
                &table,
            );
            let value = |(column, kind): &(String, String)| {
                if let Some((_, parent)) = parents.iter().find(|(from, _)| from == column) {
                    return format!("(SELECT min(row) FROM {parent})");
                }
                match kind.as_str() {
                    "INTEGER" => "4711".to_owned(),
                    "TEXT" => "'{}'".to_owned(),
                    _ => "x'01'".to_owned(),
                }
            };
            let values: Vec<_> = columns.iter().map(value).collect();
            let sql = format!("INSERT INTO {table} VALUES ({})", values.join(", "));
            raw.execute(&sql, [])
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        counts.push((table.clone(), count(&table)));
    }
    counts.sort();
    counts
}

#[test]
fn a_row_of_every_table_is_saved() {
    let (_folder, path) = stored(5);
    let expected = with_rows_everywhere(&path);
    assert!(expected.iter().any(|(table, _)| table == "past_urls"));
    let (done, _) = recovered(&path);
    assert!(done.damaged.is_empty() && done.lost.is_empty(), "{done:?}");
    let mut rows: Vec<_> = done
        .rows
        .iter()
        .map(|(table, rows)| (table.clone(), i64::try_from(*rows).unwrap()))
        .collect();
    rows.sort();
    assert_eq!(rows, expected);
}

/// How many articles a search finds.
fn found(path: &Path, query: &str) -> usize {
    let query = ArticleQuery {
        search: Some(query.parse().unwrap()),
        ..ArticleQuery::default()
    };
    let found = Sqlite::open_reader(path).unwrap().best(&query, 99);
    found.unwrap().len()
}

#[test]
fn what_is_saved_can_be_searched_and_what_is_left_out_is_not_found() {
    let (_folder, path) = stored(9);
    let raw = rusqlite::Connection::open(&path).unwrap();
    // No article, whatever is left out of it.
    raw.execute(
        "UPDATE articles SET first_seen = -9e15 WHERE title = 'About s3'",
        [],
    )
    .unwrap();
    drop(raw);
    let (done, to) = recovered(&path);
    assert_eq!(done.damaged.len(), 1);
    assert!(done.damaged[0].is_lost);
    assert_eq!(found(&to, "about"), 8);
    assert_eq!(found(&to, "s4"), 1);
    assert_eq!(check(&to, true).unwrap().findings, []);
}

#[test]
fn an_index_that_does_not_know_the_articles_is_told_and_recovering_makes_it_anew() {
    let (_folder, path) = stored(9);
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(
        "DELETE FROM search WHERE rowid IN (1, 2);
         INSERT INTO search (rowid, title, body) VALUES (4711, 'about nothing', 'nothing');",
    )
    .unwrap();
    drop(raw);
    let told = check(&path, false).unwrap().findings;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(matches!(told[0], Finding::Rule { rows: 2, what } if what.contains("do not find")));
    assert!(matches!(told[1], Finding::Rule { rows: 1, what } if what.contains("not there")));
    // Searches go on with what is there.
    assert_eq!(found(&path, "about"), 7);
    let (_, to) = recovered(&path);
    assert_eq!(found(&to, "about"), 9);
    assert_eq!(check(&to, false).unwrap().findings, []);
}

#[test]
fn what_lies_in_a_log_beside_the_file_is_saved_too() {
    let (_folder, path) = stored(10);
    let mut store = Sqlite::open(&path).unwrap();
    super::add(&mut store, 70, ["late".to_owned()].into_iter());
    // Copied as a dead machine's disk would be.
    let copy = path.with_extension("copy");
    fs::copy(&path, &copy).unwrap();
    fs::copy(
        path.with_extension("db-wal"),
        path.with_extension("copy-wal"),
    )
    .unwrap();
    let (done, to) = recovered(&copy);
    assert_eq!(done.sound, 11);
    assert_eq!(articles(&to).unwrap().len(), 11);
}

#[test]
fn pages_in_the_middle_may_be_smashed_and_the_rest_is_saved_and_sound() {
    let (_folder, path) = stored(300);
    let whole = fs::read(&path).unwrap();
    let original = articles(&path).unwrap();
    let mut dice = Dice::new(3);
    let page = 8192;
    let pages = whole.len() / page;
    let mut saved_often = 0;
    for round in 0..30 {
        let mut file = whole.clone();
        // Never the first: it lists the tables.
        for _ in 0..3 {
            let at = (1 + dice.below(pages - 1)) * page;
            file[at..at + page].fill(0xA5);
        }
        fs::write(&path, &file).unwrap();
        let to = path.with_extension("new");
        let _ = fs::remove_file(&to);
        let done = match care::recover(&path, &to, &mut quietly) {
            Ok(done) => done,
            Err(error) => {
                assert!(
                    chain(&error).contains("the list of its tables is damaged"),
                    "{error:?}"
                );
                assert!(!to.exists());
                continue;
            }
        };
        let mut store = Sqlite::open(&to).unwrap();
        store.sync_feeds(&set(vec![spec("one")]), at(900)).unwrap();
        drop(store);
        let saved = articles(&to).unwrap();
        assert!(
            saved
                .iter()
                .all(|stored| original.contains(stored) || is_told(&done, stored.seq))
        );
        assert_eq!(saved.len() as u64, done.sound + legible(&done), "{round}");
        let faults = check(&to, true).unwrap();
        assert_eq!(
            faults.findings.len(),
            faults.damaged().count(),
            "{round}: {:?}",
            faults.findings
        );
        let ids: BTreeSet<_> = saved.iter().map(|stored| stored.article.id).collect();
        let lost = original
            .iter()
            .filter(|stored| !ids.contains(&stored.article.id))
            .count();
        let told = done
            .damaged
            .iter()
            .filter(|article| article.is_lost)
            .count();
        assert!(
            told >= lost || lost == original.len(),
            "{round}: {lost} lost, {told} told"
        );
        saved_often += usize::from(saved.len() > 200);
    }
    assert!(
        saved_often >= 20,
        "most was saved {saved_often} times of 30"
    );
}

fn chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(chain).unwrap_or_default();
    format!("{error}: {cause}")
}

fn legible(done: &Recovered) -> u64 {
    done.damaged
        .iter()
        .filter(|article| !article.is_lost)
        .count() as u64
}

fn is_told(done: &Recovered, seq: i64) -> bool {
    // Numbered alike in these stores.
    done.damaged.iter().any(|article| article.row == seq)
}

#[test]
fn the_command_tells_what_is_damaged() {
    let (_folder, path) = stored(9);
    let mut file = fs::read(&path).unwrap();
    let at = (0..file.len())
        .find(|at| file[*at..].starts_with(b"s3 "))
        .unwrap();
    file[at + 20] = 0xff;
    let tidings = Tidings::new();
    tidings.write("tidings.db", &file);
    let ran = tidings.run(&["db", "recover", "tidings.db", "--to", "new.db"]);
    ran.code(1)
        .stdout_has("damaged   ")
        .stdout_has("About s3")
        .stdout_has("Saved 9 articles to new.db: 8 as they were written, 1 damaged; 0 lost");
    // It can be exported again, and is told as damaged still.
    assert_eq!(
        tidings
            .run(&["--store", "new.db", "export", "--format", "jsonl", "--html"])
            .ok()
            .jsonl()
            .len(),
        9
    );
    tidings
        .run(&["--store", "new.db", "db", "check", "--deep"])
        .code(1)
        .stdout_has("About s3");
    // Nobody takes it for a sound backup, and whoever knows may take it.
    let restore = |more: &[&str]| {
        let words = ["--store", "fresh.db", "db", "restore", "new.db"];
        tidings.run(&[&words, more].concat())
    };
    restore(&[]).code(2).stderr_has("take that with --damaged");
    restore(&["--damaged"]).ok();
    tidings
        .run(&["--store", "fresh.db", "db", "check"])
        .ok()
        .stdout_has("sound, 9 articles");
    tidings
        .run(&["db", "recover", "tidings.db", "--to", "new.db"])
        .code(2);
}
