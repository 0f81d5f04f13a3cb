//! Opening SQLite files: what is not a sound store of ours is refused and stays as it is.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use tempfile::TempDir;
use tidings::{
    model::FeedFilter,
    store::{Backend as _, StoreError, sqlite::Sqlite},
};

use super::{at, claim, ids, set, spec};

/// A folder with the path of a store that is not there yet.
fn nowhere() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    (folder, path)
}

/// Names and bytes of everything in the folder.
fn contents(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            (
                entry.file_name(),
                fs::read(entry.path()).unwrap_or_default(),
            )
        })
        .collect()
}

/// Both ways to open refuse the file, tell its path, and leave every byte in the folder alone.
fn assert_refused(path: &Path, expected: fn(&StoreError) -> bool) -> String {
    let folder = path.parent().unwrap();
    let before = contents(folder);
    let mut message = String::new();
    for open in [Sqlite::open, Sqlite::open_reader] {
        let Err(error) = open(path) else {
            panic!("{} was opened", path.display())
        };
        assert!(expected(&error), "{error:?}");
        message = error.to_string();
        assert!(message.contains(&path.display().to_string()), "{message}");
        assert!(contents(folder) == before, "the folder was changed");
    }
    message
}

fn is_foreign(error: &StoreError) -> bool {
    matches!(error, StoreError::Foreign { .. })
}

fn is_corrupt(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. })
}

/// A store that was used and closed.
fn made() -> (TempDir, PathBuf) {
    let (folder, path) = nowhere();
    let mut store = Sqlite::open(&path).unwrap();
    let specs = (0..200).map(|n| spec(&format!("feed-{n}"))).collect();
    store.sync_feeds(&set(specs), at(0)).unwrap();
    drop(store);
    (folder, path)
}

#[test]
fn a_new_store_is_one_file_and_is_the_same_when_opened_again() {
    let (folder, path) = made();
    assert_eq!(
        contents(folder.path()).len(),
        1,
        "{:?}",
        contents(folder.path()).keys()
    );
    let mut again = Sqlite::open(&path).unwrap();
    assert_eq!(again.feeds(&FeedFilter::default()).unwrap().len(), 200);
}

#[test]
fn a_missing_folder_is_made_for_a_writer_and_nothing_for_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/tidings.db");
    let error = Sqlite::open_reader(&path).err().unwrap();
    assert!(matches!(error, StoreError::Missing { .. }), "{error:?}");
    assert!(contents(folder.path()).is_empty());
    Sqlite::open(&path).unwrap();
    Sqlite::open_reader(&path).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    let error = Sqlite::open(&file.join("tidings.db")).err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert_eq!(fs::read(&file).unwrap(), b"text");
}

#[test]
fn an_empty_file_is_not_taken_for_a_new_store() {
    let (_folder, path) = nowhere();
    fs::write(&path, "").unwrap();
    assert!(assert_refused(&path, is_foreign).contains("an empty file"));
}

#[test]
fn a_text_file_is_refused() {
    let (_folder, path) = nowhere();
    fs::write(&path, "SQLite format 3? No: my diary.\n".repeat(9)).unwrap();
    assert!(assert_refused(&path, is_foreign).contains("not an SQLite database"));
}

#[test]
fn a_folder_and_a_device_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    fs::create_dir(&path).unwrap();
    assert!(assert_refused(&path, is_foreign).contains("not a regular file"));
    let device = Sqlite::open(Path::new("/dev/null")).err().unwrap();
    assert!(is_foreign(&device), "{device:?}");
}

#[test]
fn another_programs_database_is_refused_even_with_a_log_to_recover() {
    let (_folder, path) = nowhere();
    let theirs = Connection::open(&path).unwrap();
    theirs.pragma_update(None, "journal_mode", "wal").unwrap();
    theirs
        .execute_batch("CREATE TABLE bookmarks (url)")
        .unwrap();
    assert!(assert_refused(&path, is_foreign).contains("application id 0x0"));
    // Killed: its log stays behind and must not be played into its file by us.
    std::mem::forget(theirs);
    assert_refused(&path, is_foreign);
    let (_folder, path) = nowhere();
    let theirs = Connection::open(&path).unwrap();
    theirs
        .pragma_update(None, "application_id", 0x1234_5678)
        .unwrap();
    drop(theirs);
    assert!(assert_refused(&path, is_foreign).contains("0x12345678"));
}

#[test]
fn a_newer_tidings_store_is_refused() {
    let (_folder, path) = made();
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let message = assert_refused(&path, |error| {
        matches!(error, StoreError::Newer { found: 99, .. })
    });
    assert!(message.contains("schema 99"), "{message}");
}

#[test]
fn a_cut_off_store_is_refused_as_damaged() {
    let (_folder, path) = made();
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() / 2, 4096, 4095, 512, 99] {
        fs::write(&path, &whole[..length]).unwrap();
        let message = assert_refused(&path, is_corrupt);
        assert!(message.contains("restore a backup"), "{message}");
    }
    for length in [71, 60, 16] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(assert_refused(&path, is_foreign).contains("cut off"));
    }
    fs::write(&path, &whole[..15]).unwrap();
    assert_refused(&path, is_foreign);
}

#[test]
fn a_store_with_a_smashed_head_is_refused() {
    let (_folder, path) = made();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..16].fill(0xA5);
    fs::write(&path, &bytes).unwrap();
    assert_refused(&path, is_foreign);
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, path) = nowhere();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        return; // root may write anywhere
    }
    let error = Sqlite::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_link_that_leads_nowhere_is_told_and_stays() {
    let (folder, path) = nowhere();
    std::os::unix::fs::symlink(folder.path().join("nothing"), &path).unwrap();
    let error = Sqlite::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
}

#[test]
fn threads_that_create_one_store_at_once_all_get_the_same() {
    let (folder, path) = nowhere();
    let ready = std::sync::Barrier::new(8);
    let claimed: Vec<String> = std::thread::scope(|scope| {
        let open = |n: usize| {
            let (path, ready) = (&path, &ready);
            scope.spawn(move || {
                ready.wait();
                let mut store = Sqlite::open(path).unwrap();
                let mine = tidings::store::FeedSet {
                    origins: Some(Vec::new()),
                    ..set(vec![spec(&format!("feed-{n}"))])
                };
                store.sync_feeds(&mine, at(0)).unwrap();
                ready.wait();
                ids(&store.claim_due(&claim(0)).unwrap())
            })
        };
        let threads: Vec<_> = (0..8).map(open).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut claimed = claimed;
    claimed.sort();
    let expected: Vec<_> = (0..8).map(|n| format!("feed-{n}")).collect();
    assert_eq!(claimed, expected, "each feed was leased exactly once");
    assert_eq!(contents(folder.path()).len(), 1);
}

#[test]
fn what_a_killed_creation_left_is_not_taken_for_the_store() {
    let (folder, path) = nowhere();
    fs::write(folder.path().join(".tidings-new-abc123"), "half").unwrap();
    fs::write(folder.path().join(".tidings-new-abc123-journal"), "half").unwrap();
    let mut store = Sqlite::open(&path).unwrap();
    assert!(store.feeds(&FeedFilter::default()).unwrap().is_empty());
}

#[test]
fn a_creation_that_cannot_finish_leaves_nothing() {
    let (folder, path) = nowhere();
    // Somebody else's file takes the place first: `exists` is false for a dangling link.
    std::os::unix::fs::symlink("nothing", &path).unwrap();
    assert!(Sqlite::open(&path).is_err());
    assert_eq!(
        contents(folder.path()).len(),
        1,
        "{:?}",
        contents(folder.path()).keys()
    );
}

#[test]
fn a_feed_whose_state_cannot_be_read_starts_afresh_and_stops_nobody() {
    let (_folder, path) = nowhere();
    let mut store = Sqlite::open(&path).unwrap();
    store
        .sync_feeds(&set(vec![spec("a"), spec("b")]), at(0))
        .unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute(
        "UPDATE feeds SET state = '{\"failures\": \"many\"}' WHERE id = 'a'",
        [],
    )
    .unwrap();
    let claimed = store.claim_due(&claim(0)).unwrap();
    assert_eq!(ids(&claimed), ["a", "b"]);
    assert_eq!(claimed[0].feed.state, tidings::model::FeedState::default());
    assert_eq!(store.feeds(&FeedFilter::default()).unwrap().len(), 2);
}

#[test]
fn a_reader_cannot_write() {
    let (_folder, path) = made();
    let mut reader = Sqlite::open_reader(&path).unwrap();
    assert!(matches!(
        reader.break_leases(),
        Err(StoreError::ReadOnly { .. })
    ));
    assert!(reader.sync_feeds(&set(Vec::new()), at(1)).is_err());
    assert_eq!(reader.feeds(&FeedFilter::default()).unwrap().len(), 200);
}
