//! Backups are whole or not there, and what is restored is what was backed up.

use std::fs;

use tidings::store::{
    Backend as _, DaemonLock, StoreError,
    sqlite::{Sqlite, care},
};

use super::{add, articles, check, quietly, stored};
use crate::util::Tidings;

#[test]
fn a_backup_of_a_store_in_use_is_its_state_at_one_moment() {
    let (folder, path) = stored(200);
    let to = folder.path().join("backup.db");
    let mut writer = Sqlite::open(&path).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..20 {
                add(
                    &mut writer,
                    round * 70,
                    (0..5).map(|n| format!("r{round}-{n}")),
                );
            }
        });
        for _ in 0..5 {
            care::backup(&path, &to, true, &mut quietly).unwrap();
            let backup = articles(&to).unwrap();
            // Whole commits, from the first one on.
            assert!(
                backup.len() >= 200 && (backup.len() - 200).is_multiple_of(5),
                "{}",
                backup.len()
            );
            let numbers = backup.iter().map(|stored| stored.seq);
            assert!(numbers.eq(1..=i64::try_from(backup.len()).unwrap()));
            assert_eq!(check(&to, true).unwrap().findings, []);
        }
    });
    let done = care::backup(&path, &to, true, &mut quietly).unwrap();
    assert_eq!(done.articles, 295);
    assert_eq!(articles(&to).unwrap(), articles(&path).unwrap());
}

#[test]
fn a_file_that_is_there_is_not_overwritten_without_force_and_a_store_in_use_never() {
    let (folder, path) = stored(3);
    let to = folder.path().join("there");
    fs::write(&to, "precious").unwrap();
    let refused = |to, force| match care::backup(&path, to, force, &mut quietly) {
        Err(error @ StoreError::Exists { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(&to, false).contains("--force"));
    assert_eq!(fs::read(&to).unwrap(), b"precious");
    assert!(refused(&path, true).contains("the store itself"));
    let other = folder.path().join("other.db");
    let in_use = Sqlite::open(&other).unwrap();
    assert!(refused(&other, true).contains("in use"));
    drop(in_use);
    care::backup(&path, &to, true, &mut quietly).unwrap();
    assert_eq!(articles(&to).unwrap().len(), 3);
    let folder_is_gone = folder.path().join("nowhere/backup.db");
    assert!(care::backup(&path, &folder_is_gone, false, &mut quietly).is_err());
}

#[test]
fn a_restored_store_is_the_backup_under_a_new_name_and_the_old_one_is_kept() {
    let (folder, path) = stored(50);
    let backup = folder.path().join("backup.db");
    care::backup(&path, &backup, false, &mut quietly).unwrap();
    let (saved, bytes) = (articles(&path).unwrap(), fs::read(&backup).unwrap());
    let mut store = Sqlite::open(&path).unwrap();
    let name = store.store_id().unwrap();
    add(&mut store, 70, ["later".to_owned()].into_iter());
    drop(store);
    let done = care::restore(&backup, &path, false, &mut quietly).unwrap();
    assert_eq!((done.articles, done.is_older), (50, false));
    assert_eq!(articles(&path).unwrap(), saved);
    assert_ne!(Sqlite::open(&path).unwrap().store_id().unwrap(), name);
    let kept = done.kept.unwrap();
    assert!(kept.ends_with("tidings.db.before-restore-1"));
    assert_eq!(articles(&kept).unwrap().len(), 51);
    assert_eq!(Sqlite::open(&kept).unwrap().store_id().unwrap(), name);
    assert!(
        fs::read(&backup).unwrap() == bytes,
        "the backup was changed"
    );
    let again = care::restore(&backup, &path, false, &mut quietly).unwrap();
    assert!(again.kept.unwrap().ends_with("tidings.db.before-restore-2"));
    // In the place of nothing, and of something that is no store any more.
    fs::remove_file(&path).unwrap();
    assert!(
        care::restore(&backup, &path, false, &mut quietly)
            .unwrap()
            .kept
            .is_none()
    );
    fs::write(&path, "smashed").unwrap();
    let kept = care::restore(&backup, &path, false, &mut quietly)
        .unwrap()
        .kept
        .unwrap();
    assert_eq!(fs::read(kept).unwrap(), b"smashed");
    assert_eq!(articles(&path).unwrap(), saved);
}

#[test]
fn a_damaged_backup_is_refused_and_the_store_stays() {
    let (folder, path) = stored(50);
    let backup = folder.path().join("backup.db");
    care::backup(&path, &backup, false, &mut quietly).unwrap();
    let (store, whole) = (fs::read(&path).unwrap(), fs::read(&backup).unwrap());
    let text = "s7 ".as_bytes();
    let body = (0..whole.len())
        .find(|at| whole[*at..].starts_with(text))
        .unwrap();
    let mut flipped = whole.clone();
    flipped[body + 30] ^= 1;
    let broken = [
        flipped,
        whole[..whole.len() / 2].to_vec(),
        Vec::new(),
        b"diary".to_vec(),
    ];
    for contents in broken {
        fs::write(&backup, contents).unwrap();
        let error = care::restore(&backup, &path, false, &mut quietly).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("backup.db"), "{told}");
        assert!(fs::read(&path).unwrap() == store, "the store was touched");
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().contains("before-restore")),
        "{left:?}"
    );
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().contains("draft")),
        "{left:?}"
    );
}

#[test]
fn nothing_is_restored_or_compacted_under_a_daemon_or_a_program_that_has_it_open() {
    let (folder, path) = stored(5);
    let backup = folder.path().join("backup.db");
    care::backup(&path, &backup, false, &mut quietly).unwrap();
    let daemon = DaemonLock::acquire(&path).unwrap().unwrap();
    let refused = |done: Result<(), StoreError>| {
        let error = done.unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
        error.to_string()
    };
    let restore = || care::restore(&backup, &path, false, &mut quietly).map(drop);
    assert!(refused(restore()).contains(&std::process::id().to_string()));
    refused(care::compact(&path, &mut quietly).map(drop));
    refused(care::recover(&path, &folder.path().join("new.db"), &mut quietly).map(drop));
    drop(daemon);
    restore().unwrap();
}

#[test]
fn compacting_gives_free_pages_back() {
    let (_folder, path) = stored(300);
    let mut store = Sqlite::open(&path).unwrap();
    let all = articles(&path).unwrap();
    let ids: Vec<_> = all
        .iter()
        .skip(10)
        .map(|stored| stored.article.id)
        .collect();
    store.delete(&ids, "asked", at_the_end()).unwrap();
    drop(store);
    let room = care::room(&path).unwrap();
    assert!(room.needed > 0 && room.free > room.needed);
    let stats = care::stats(&path).unwrap();
    assert!(stats.free_pages > 10, "{stats:?}");
    let done = care::compact(&path, &mut quietly).unwrap();
    assert!(done.after < done.before / 2, "{done:?}");
    assert_eq!(articles(&path).unwrap()[..], all[..10]);
    let stats = care::stats(&path).unwrap();
    assert_eq!((stats.free_pages, stats.articles), (0, 10));
    assert_eq!(stats.tombstones, [("asked".to_owned(), 290)]);
    let parts: u64 = stats.parts.iter().map(|part| part.bytes).sum();
    assert_eq!(parts, stats.file, "every page belongs to something");
}

#[test]
fn compacting_tells_that_a_reader_keeps_the_file_as_it_is() {
    let (_folder, path) = stored(30);
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM articles")
        .unwrap();
    let done = care::compact(&path, &mut quietly).unwrap();
    assert!(!done.is_cut, "{done:?}");
    drop(reader);
    assert!(care::compact(&path, &mut quietly).unwrap().is_cut);
}

fn at_the_end() -> tidings::model::Time {
    crate::contract::at(999)
}

#[test]
fn the_commands_say_what_they_did() {
    let (_folder, path) = stored(9);
    let tidings = Tidings::new();
    tidings.write("tidings.db", fs::read(&path).unwrap());
    fs::create_dir(tidings.path("backups")).unwrap();
    tidings
        .run(&["db", "backup", "backups"])
        .ok()
        .stdout_has("Backed up 9 articles to backups/tidings-2");
    tidings
        .run(&["db", "backup", "b.db"])
        .ok()
        .stdout_has("Backed up 9 articles to b.db");
    tidings
        .run(&["db", "backup", "b.db"])
        .code(2)
        .stderr_has("--force");
    tidings
        .run(&["db", "restore", "b.db"])
        .ok()
        .stdout_has("Restored 9 articles")
        .stdout_has("before-restore-1");
    tidings
        .run(&["db", "compact"])
        .ok()
        .stdout_has("before")
        .stderr_has("are free");
    let stats = tidings.run(&["db", "stats", "--json"]).ok().jsonl();
    assert_eq!(stats[0]["articles"], 9);
    assert_eq!(stats[0]["store_id"].as_str().map(str::len), Some(32));
    tidings
        .run(&["db", "stats"])
        .ok()
        .stdout_has("articles   9")
        .stdout_has("bytes an article");
}
