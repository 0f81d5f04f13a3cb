//! Stores of every earlier schema, killed while they are brought up to date.

use std::{fs, path::Path, time::Duration};

use rusqlite::Connection;
use tidings::store::{
    Backend as _,
    sqlite::{Sqlite, care},
};

use super::{Dice, articles, check, quietly};
use crate::{contract::at, util::Tidings};

/// The steps of the schema, oldest first.
fn migrations() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite/migrations");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The last schema whose stores can be made here: from the next on rows have an index and labels beside
/// them, which no statement makes.
const LAST_BARE: usize = 10;

/// A store as version `version` left it.
fn older(path: &Path, version: usize, articles: usize) {
    let raw = Connection::open(path).unwrap();
    raw.pragma_update(None, "application_id", 0x5449_4447)
        .unwrap();
    raw.pragma_update(None, "journal_mode", "wal").unwrap();
    for step in migrations().iter().take(version) {
        raw.execute_batch(step).unwrap();
    }
    raw.pragma_update(None, "user_version", version).unwrap();
    raw.execute(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
         INSERT INTO articles (id, seq, fingerprint, source, title, published_from, first_seen, changed_at,
            sort_at, extraction, words, body)
         SELECT randomblob(16), n, randomblob(16), 'One', 'About ' || n, 'none', n, n, n, 'content', 2,
            printf('body of %d %.*c', n, n % 3000, 'x') FROM n",
        [articles],
    )
    .unwrap();
    raw.execute(
        "UPDATE counters SET value = ?1 WHERE name = 'seq'",
        [articles],
    )
    .unwrap();
}

fn version_of(path: &Path) -> usize {
    let raw = Connection::open(path).unwrap();
    raw.pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[test]
fn every_earlier_schema_becomes_the_newest_and_its_articles_get_hashes() {
    let newest = migrations().len();
    for version in 1..=LAST_BARE {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        older(&path, version, 50);
        let report = check(&path, true).unwrap();
        assert!(report.is_older, "{version}");
        assert_eq!(report.findings, [], "{version}");
        assert_eq!(version_of(&path), version, "a check changes nothing");
        let mut store = Sqlite::open(&path).unwrap();
        assert_eq!(store.totals(at(0)).unwrap().articles, 50);
        drop(store);
        let report = check(&path, true).unwrap();
        assert_eq!(
            (report.findings, report.hashed),
            (Vec::new(), Some(50)),
            "{version}"
        );
        assert_eq!(version_of(&path), newest);
    }
}

#[test]
fn a_store_of_every_earlier_schema_is_backed_up_restored_recovered_and_compacted() {
    for version in 1..=LAST_BARE {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| folder.path().join(name);
        let (path, backup, saved) = (named("tidings.db"), named("backup.db"), named("saved.db"));
        older(&path, version, 20);
        if version >= 10 {
            let raw = Connection::open(&path).unwrap();
            raw.execute("UPDATE articles SET hash = x'00'", []).unwrap();
        }
        care::backup(&path, &backup, false, &mut quietly).unwrap();
        let done = care::recover(&path, &saved, &mut quietly).unwrap();
        assert_eq!((done.sound, done.damaged.len()), (20, 0), "{version}");
        care::compact(&path, &mut quietly).unwrap();
        assert!(
            care::restore(&backup, &path, false, &mut quietly)
                .unwrap()
                .is_older
        );
        assert_eq!(version_of(&path), version);
        drop(Sqlite::open(&path).unwrap());
        for path in [&path, &saved] {
            let report = check(path, true).unwrap();
            assert_eq!((report.findings, report.hashed), (Vec::new(), Some(20)));
        }
    }
}

#[test]
fn odd_values_in_an_earlier_store_keep_it_from_nothing() {
    for version in 1..=LAST_BARE {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| folder.path().join(name);
        let (path, saved) = (named("tidings.db"), named("saved.db"));
        older(&path, version, 20);
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch(
            "UPDATE articles SET words = -5 WHERE row = 3;
             UPDATE articles SET first_seen = 9223372036854775807 WHERE row = 4;
             UPDATE articles SET body = CAST(x'ff' AS TEXT) WHERE row = 5;",
        )
        .unwrap();
        drop(raw);
        let done = care::recover(&path, &saved, &mut quietly).unwrap();
        assert_eq!(
            (done.sound, done.damaged.len()),
            (19, 1),
            "{version}: {done:?}"
        );
        assert!(done.damaged[0].is_lost && done.damaged[0].row == 4);
        assert_eq!(articles(&saved).unwrap().len(), 19);
        let mut store = Sqlite::open(&path).unwrap();
        assert_eq!(store.totals(at(0)).unwrap().articles, 20);
    }
}

#[test]
fn a_migration_that_is_killed_anywhere_is_done_whole_or_not_at_all() {
    let kills = std::env::var("TIDINGS_KILLS").map_or(12, |kills| kills.parse().unwrap());
    let newest = migrations().len();
    let mut dice = Dice::new(5);
    let (mut before, mut after) = (0, 0);
    for kill in 0..kills {
        let tidings = Tidings::new();
        let path = tidings.path("tidings.db");
        let version = 1 + kill % LAST_BARE;
        older(&path, version, 1500);
        let daemon = tidings.spawn(&["status"]);
        // Chaos, not synchronisation: any moment is a good one.
        std::thread::sleep(Duration::from_millis(dice.below(150) as u64));
        daemon.kill9();
        drop(daemon);
        let found = version_of(&path);
        assert!(found == version || found == newest, "half way: {found}");
        before += usize::from(found == version);
        after += usize::from(found == newest);
        let mut store = Sqlite::open(&path).unwrap();
        let totals = store.totals(at(0)).unwrap();
        assert_eq!((totals.articles, totals.last_seq), (1500, 1500));
        drop(store);
        assert_eq!(check(&path, true).unwrap().findings, []);
    }
    eprintln!("killed {before} times before the end of the migration, {after} times after it");
}
