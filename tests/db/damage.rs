//! Damage of every kind is found, told, and never made worse.

use std::fs;

use tidings::store::care::Finding;

use super::{Dice, articles, check, long_story, stored};
use crate::util::Tidings;

#[test]
fn a_sound_store_is_found_sound_and_checking_changes_nothing() {
    let (folder, path) = stored(30);
    let before = fs::read(&path).unwrap();
    for deep in [false, true] {
        let report = check(&path, deep).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.articles, 30);
        assert_eq!(report.hashed, deep.then_some(30));
    }
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Where a body's text stands in the file, by a part of it.
fn places(file: &[u8], text: &str) -> Vec<usize> {
    let text = text.as_bytes();
    (0..file.len() - text.len())
        .filter(|at| &file[*at..*at + text.len()] == text)
        .collect()
}

#[test]
fn every_flipped_byte_of_a_body_is_found_and_its_article_named() {
    let (_folder, path) = stored(60);
    let whole = fs::read(&path).unwrap();
    let mut dice = Dice::new(1);
    for n in 0..60 {
        // Its first words stand nowhere else: the index has them in another order.
        let body = long_story(&format!("s{n}")).body;
        let starts = places(&whole, &body.chars().take(30).collect::<String>());
        let at = starts[dice.below(starts.len())] + 4 + dice.below(300);
        let mut file = whole.clone();
        file[at] ^= 1 << dice.below(8);
        fs::write(&path, &file).unwrap();
        let report = check(&path, true).unwrap();
        let damaged: Vec<_> = report.damaged().collect();
        assert_eq!(damaged.len(), 1, "{n}: {:?}", report.findings);
        assert_eq!(damaged[0].title, Some(format!("About s{n}")));
        assert!(damaged[0].id.is_some());
        assert!(
            fs::read(&path).unwrap() == file,
            "the check changed the file"
        );
    }
}

#[test]
fn whatever_random_bytes_change_of_an_article_is_found() {
    let (_folder, path) = stored(60);
    let whole = fs::read(&path).unwrap();
    let original = articles(&path).unwrap();
    let mut dice = Dice::new(7);
    let (mut changed, mut found) = (0, 0);
    for round in 0..200 {
        let mut file = whole.clone();
        let at = dice.below(file.len() - 64);
        for byte in &mut file[at..at + 64] {
            *byte = u8::try_from(dice.below(256)).unwrap();
        }
        fs::write(&path, &file).unwrap();
        let is_same = articles(&path).is_ok_and(|all| all == original);
        // Whoever opened it wrote nothing.
        assert!(fs::read(&path).unwrap() == file, "{round}: overwritten");
        let is_found = check(&path, true).map_or(true, |report| !report.findings.is_empty());
        assert!(fs::read(&path).unwrap() == file, "{round}: overwritten");
        changed += usize::from(!is_same);
        found += usize::from(is_found);
        assert!(
            is_same || is_found,
            "{round}: 64 bytes at {at} went unnoticed"
        );
    }
    assert!(changed >= 50, "{changed} of 200 changed an article");
    assert!(found >= changed);
}

#[test]
fn rules_that_rows_break_are_told() {
    let (_folder, path) = stored(5);
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(
        "PRAGMA foreign_keys = off;
         UPDATE counters SET value = 4 WHERE name = 'seq';
         INSERT INTO tombstones SELECT id, 99, 0, 'asked' FROM articles WHERE row = 1;
         INSERT INTO revisions (article, revision, replaced_at, fingerprint, title, body)
            VALUES (4711, 0, 0, x'00', 't', 'b'), (2, 5, 0, x'00', 't', 'b');",
    )
    .unwrap();
    drop(raw);
    let report = check(&path, false).unwrap();
    let has = |words: &str| {
        let mut rules = report.findings.iter();
        rules.any(
            |finding| matches!(finding, Finding::Rule { what, rows: 1 } if what.contains(words)),
        )
    };
    assert!(
        has("articles whose number is beyond"),
        "{:?}",
        report.findings
    );
    assert!(has("deletions whose number is beyond"));
    assert!(has("deleted and are there"));
    assert!(has("replaced versions"));
    let dangling = Finding::Dangling {
        table: "revisions".to_owned(),
        rows: 1,
    };
    assert!(report.findings.contains(&dangling), "{:?}", report.findings);
}

#[test]
fn the_command_names_damaged_articles_and_says_what_to_do() {
    let (_folder, path) = stored(9);
    let tidings = Tidings::new();
    let mut file = fs::read(&path).unwrap();
    tidings.write("tidings.db", &file);
    tidings
        .run(&["db", "check", "--deep"])
        .ok()
        .stdout_has("sound, 9 articles");
    let at = places(&file, "s3 ")[0] + 20;
    file[at] ^= 4;
    tidings.write("tidings.db", &file);
    // Not seen without the hashes.
    tidings.run(&["db", "check"]).ok();
    let ran = tidings.run(&["db", "check", "--deep"]);
    ran.code(1)
        .stdout_has("About s3")
        .stdout_has("1 article damaged")
        .stdout_has("tidings db restore")
        .stdout_has("tidings db recover");
    let told = tidings
        .run(&["db", "check", "--deep", "--json"])
        .code(1)
        .jsonl();
    assert_eq!(told[0]["findings"][0]["title"], "About s3");
    assert_eq!(told[0]["sound"], false);
    // What is no store at all could not be checked.
    for (contents, words) in [
        (&b""[..], "an empty file"),
        (b"my diary", "not an SQLite database"),
    ] {
        tidings.write("tidings.db", contents);
        for command in [
            &["db", "check"][..],
            &["db", "stats"],
            &["db", "compact"],
            &["db", "backup", "b.db"],
        ] {
            tidings.run(command).code(2).stderr_has(words);
        }
        assert_eq!(fs::read(tidings.path("tidings.db")).unwrap(), contents);
    }
    assert!(!tidings.path("b.db").exists());
    fs::remove_file(tidings.path("tidings.db")).unwrap();
    tidings
        .run(&["db", "check"])
        .code(2)
        .stderr_has("no store here yet");
}
