//! Incremental exports that are killed at any moment while a writer goes on: their consumers end up with
//! what a full export says, byte for byte, and are told nothing twice. 21 kills in ordinary runs;
//! `TIDINGS_KILLS=500` for more.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tidings::{
    model::{Article, Batch, Decided},
    store::{Backend as _, sqlite::Sqlite},
};

use crate::{
    contract::{article_id, at, insert, replace, version},
    db::Dice,
    util::Tidings,
};

/// The runs that are killed, in turn.
const RUNS: [&[&str]; 3] = [
    &["export", "--cursor", "one", "--out", "all.jsonl"],
    &[
        "export", "--cursor", "parts", "--format", "jsonl", "--out", "parts/",
    ],
    &["export", "--cursor", "tree", "--out", "tree/"],
];

/// A version with a long text.
fn long(slug: usize, text: usize) -> Article {
    let words = format!("word{text} ").repeat(200 + slug % 300);
    version(&slug.to_string(), &words)
}

fn commit(store: &mut Sqlite, entries: Vec<Decided>) {
    let batch = Batch {
        feed: None,
        entries,
        now: at(0),
    };
    store.commit(&[batch]).unwrap().remove(0).unwrap();
}

/// Inserts, edits and deletes until told to stop. About a thousand articles are there at a time.
fn write(path: &Path, stop: &AtomicBool) {
    let mut store = Sqlite::open(path).unwrap();
    let mut dice = Dice::new(5);
    let mut alive: Vec<usize> = (0..1000).collect();
    let (mut next, mut round) = (1000, 0);
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let mut entries = Vec::new();
        for _ in 0..4 {
            let old = alive.swap_remove(dice.below(alive.len()));
            store
                .delete(&[article_id(&old.to_string())], "test", at(1))
                .unwrap();
            alive.push(next);
            entries.push(insert(long(next, 0)));
            next += 1;
        }
        for _ in 0..8 {
            let edited = alive[dice.below(alive.len() - 4)];
            entries.push(replace(long(edited, round)));
        }
        commit(&mut store, entries);
        // Not faster than the exports can follow.
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Somebody who takes over each line once.
#[derive(Default)]
struct Consumer {
    articles: BTreeMap<String, (i64, String)>,
    told: BTreeSet<(String, i64)>,
}

impl Consumer {
    fn take(&mut self, lines: &str) {
        assert!(lines.is_empty() || lines.ends_with('\n'), "a torn line");
        for line in lines.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = value["id"].as_str().unwrap().to_owned();
            let seq = value["seq"].as_i64().unwrap();
            assert!(self.told.insert((id.clone(), seq)), "told twice: {line}");
            if value["deleted"] == true {
                self.articles.remove(&id);
            } else {
                self.articles.insert(id, (seq, format!("{line}\n")));
            }
        }
    }

    /// What it has, in the order of changes.
    fn all(&self) -> String {
        let mut lines: Vec<_> = self.articles.values().collect();
        lines.sort();
        lines.iter().map(|(_, line)| line.as_str()).collect()
    }
}

/// Who reads the file as far as the cursor says.
#[derive(Default)]
struct FileReader {
    consumer: Consumer,
    read: Vec<u8>,
}

impl FileReader {
    fn look(&mut self, store: &Path, file: &Path) {
        let cursors = Sqlite::open_reader(store).unwrap().cursors().unwrap();
        let Some(cursor) = cursors.into_iter().find(|cursor| cursor.name == "one") else {
            return;
        };
        let bytes = fs::read(file).unwrap();
        let known = usize::try_from(cursor.bytes).unwrap();
        assert!(
            bytes.len() >= known,
            "the file is shorter than the cursor says"
        );
        assert!(
            bytes[..known].starts_with(&self.read),
            "what was acknowledged has changed"
        );
        let new = String::from_utf8(bytes[self.read.len()..known].to_vec()).unwrap();
        self.consumer.take(&new);
        self.read = bytes[..known].to_vec();
    }
}

/// Who takes each part file as soon as it is there.
#[derive(Default)]
struct PartReader {
    consumer: Consumer,
    taken: BTreeMap<PathBuf, Vec<u8>>,
    end: i64,
}

impl PartReader {
    fn look(&mut self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        let mut parts: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        parts.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        parts.sort();
        for part in parts {
            let bytes = fs::read(&part).unwrap();
            if let Some(before) = self.taken.get(&part) {
                assert_eq!(*before, bytes, "a part that was taken has changed");
                continue;
            }
            let name = part.file_stem().unwrap().to_str().unwrap();
            let range: Vec<i64> = name.split('-').filter_map(|n| n.parse().ok()).collect();
            assert!(range[0] >= self.end && range[1] > range[0], "{name}");
            self.end = range[1];
            self.consumer.take(std::str::from_utf8(&bytes).unwrap());
            self.taken.insert(part, bytes);
        }
    }
}

/// Every file below a folder but the manifest.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("manifest.json") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn consumers_of_killed_exports_have_what_a_full_export_says_and_nothing_twice() {
    let kills: usize = std::env::var("TIDINGS_KILLS").map_or(21, |kills| kills.parse().unwrap());
    let tidings = Tidings::new();
    let path = tidings.path("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    for slugs in (0..1000).collect::<Vec<_>>().chunks(100) {
        let entries = slugs.iter().map(|slug| insert(long(*slug, 0))).collect();
        commit(&mut store, entries);
    }
    drop(store);
    let (mut file, mut parts) = (FileReader::default(), PartReader::default());
    let (stop, mut dice, mut killed) = (AtomicBool::new(false), Dice::new(3), 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&path, &stop));
        for kill in 0..kills {
            let run = tidings.spawn(RUNS[kill % 3]);
            // Chaos, not synchronisation: any moment is a good one.
            std::thread::sleep(Duration::from_millis(dice.below(400) as u64));
            run.kill9();
            killed += usize::from(run.wait().code.is_none());
            file.look(&path, &tidings.path("all.jsonl"));
            parts.look(&tidings.path("parts"));
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
    });
    assert!(killed > kills / 4, "only {killed} of {kills} were killed");
    for run in RUNS {
        tidings.run(run).ok();
    }
    file.look(&path, &tidings.path("all.jsonl"));
    parts.look(&tidings.path("parts"));
    let full = tidings.run(&["export", "--format", "jsonl", "--order", "changed"]);
    full.ok();
    assert!(file.consumer.all() == full.stdout, "the file's consumer");
    assert!(parts.consumer.all() == full.stdout, "the parts' consumer");
    tidings.run(&["export", "--out", "full/"]).ok();
    let (tree, whole) = (files(&tidings.path("tree")), files(&tidings.path("full")));
    assert!(tree.keys().eq(whole.keys()), "other files");
    assert!(tree == whole, "files with other bytes");
    tidings.run(&["verify", "parts", "tree"]).ok();
    for run in RUNS {
        tidings.run(run).ok().stdout_has("Nothing new");
    }
}
