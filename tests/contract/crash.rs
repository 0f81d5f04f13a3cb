//! What a process leaves behind that ends without closing: SQLite's write-ahead log.

use std::{
    collections::BTreeSet,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use tidings::{
    model::ArticleQuery,
    store::{Backend as _, sqlite::Sqlite},
};

use super::{Bench, at, batch, claim, insert, set, spec, story};

/// Set for the child process; names the store.
const CHILD: &str = "TIDINGS_TEST_CRASH_CHILD";

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// One poll that stores `slugs`; the connection is left open, as a kill would leave it.
fn poll(store: &mut Sqlite, minute: i64, slugs: &[&str]) {
    let due = store
        .claim(&["one".parse().unwrap()], &claim(minute))
        .unwrap()
        .feeds;
    let entries = slugs.iter().map(|slug| insert(story(slug))).collect();
    let batch = batch(&due[0].feed, minute, entries);
    store.commit(&[batch]).unwrap().remove(0).unwrap();
}

#[test]
fn what_was_acknowledged_is_there_after_a_connection_vanished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    store.sync_feeds(&set(vec![spec("one")]), at(0)).unwrap();
    poll(&mut store, 0, &["a", "b"]);
    std::mem::forget(store);
    let log = beside(&path, "-wal");
    assert!(
        std::fs::metadata(&log).unwrap().len() > 0,
        "nothing was left to recover"
    );
    // The files as another machine would find them: without the process and its locks.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&log, beside(&copy, "-wal")).unwrap();
    std::fs::copy(&path, &copy).unwrap();
    let mut again = Sqlite::open(&copy).unwrap();
    assert_eq!(again.count(&ArticleQuery::default()).unwrap(), 2);
    assert_eq!(again.totals(at(0)).unwrap().last_seq, 2);
    assert!(again.claim_due(&claim(59)).unwrap().is_empty());
}

#[test]
fn a_torn_end_of_the_log_costs_only_what_was_never_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    store.sync_feeds(&set(vec![spec("one")]), at(0)).unwrap();
    poll(&mut store, 0, &["a"]);
    let whole = std::fs::metadata(beside(&path, "-wal")).unwrap().len();
    poll(&mut store, 100, &["b"]);
    std::mem::forget(store);
    let log = std::fs::read(beside(&path, "-wal")).unwrap();
    for cut in [
        log.len() - 1,
        log.len() - 4096,
        usize::try_from(whole).unwrap() + 24,
    ] {
        let copy = folder.path().join(format!("cut-{cut}.db"));
        std::fs::copy(&path, &copy).unwrap();
        std::fs::write(beside(&copy, "-wal"), &log[..cut]).unwrap();
        let mut again = Sqlite::open(&copy).unwrap();
        assert_eq!(again.totals(at(0)).unwrap().last_seq, 1, "cut at {cut}");
    }
}

/// The kernel's locks on a file; none are told where there is no `/proc`. A set, because the list
/// is no snapshot: while others lock, it may tell a lock twice.
fn locks_on(path: &Path) -> BTreeSet<String> {
    let file = format!(":{} ", std::fs::metadata(path).unwrap().ino());
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let of_file = locks.lines().filter(|lock| lock.contains(&file));
    // What stands behind the number of the line.
    let told = of_file.filter_map(|lock| lock.split_once(": ").map(|(_, lock)| lock.to_owned()));
    told.collect()
}

/// A child that closes the store must not take itself for its last user.
#[test]
fn another_process_that_closes_the_store_leaves_the_log_of_an_open_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    let locks = locks_on(&path);
    let reader = Sqlite::open_reader(&path).unwrap();
    assert_eq!(
        locks_on(&path),
        locks,
        "the second look at the file dropped the locks of the first connection"
    );
    store.sync_feeds(&set(vec![spec("one")]), at(0)).unwrap();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "contract::crash::child_opens_and_closes_the_store",
        ])
        .env(CHILD, &path)
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert!(
        String::from_utf8_lossy(&status.stdout).contains("1 passed"),
        "{status:?}"
    );
    assert!(
        beside(&path, "-wal").exists(),
        "the log was removed under an open store"
    );
    poll(&mut store, 0, &["a"]);
    drop(reader);
    std::mem::forget(store);
    let mut again = Sqlite::open(&path).unwrap();
    assert_eq!(again.count(&ArticleQuery::default()).unwrap(), 1);
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn child_opens_and_closes_the_store() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let path = PathBuf::from(path);
    let mut store = Sqlite::open(&path).unwrap();
    store.break_leases().unwrap();
}

#[test]
fn a_writer_waits_for_another_writer_instead_of_failing() {
    let mut bench = Bench::sqlite();
    bench.with_feeds(&["one", "two"]);
    let Bench { db, other, .. } = &mut bench;
    let write = |store: &mut Box<dyn tidings::store::Backend>, feed: &str| {
        for round in 0..50 {
            let minute = round * 70;
            let due = store
                .claim(&[feed.parse().unwrap()], &claim(minute))
                .unwrap()
                .feeds;
            let slug = format!("{feed}-{round}");
            let batch = batch(&due[0].feed, minute, vec![insert(story(&slug))]);
            store.commit(&[batch]).unwrap().remove(0).unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| write(db, "one"));
        scope.spawn(|| write(other, "two"));
    });
    assert_eq!(bench.last_seq(), 100);
    assert_eq!(bench.all().len(), 100);
}
