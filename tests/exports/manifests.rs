//! Manifests: what was written, and what has become of it.

use std::fs;

use serde_json::Value;

use super::rich;
use crate::util::Tidings;

fn manifest(tidings: &Tidings, name: &str) -> Value {
    serde_json::from_str(&tidings.read(name)).unwrap()
}

/// The article files that a folder's manifest lists.
fn listed(tidings: &Tidings, folder: &str) -> Vec<String> {
    let manifest = manifest(tidings, &format!("{folder}/manifest.json"));
    let files = manifest["files"].as_array().unwrap().iter();
    files
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_file_has_its_manifest_beside_it_when_it_is_asked_for() {
    let tidings = rich();
    let args = [
        "export",
        "--since",
        "2019-01-01",
        "--min-words",
        "2",
        "--out",
        "a.jsonl.gz",
        "--manifest",
    ];
    tidings.run(&args).ok();
    let first = tidings.read("a.jsonl.gz.manifest.json");
    let found = manifest(&tidings, "a.jsonl.gz.manifest.json");
    assert_eq!(found["manifest_version"], 1);
    assert_eq!(found["schema_version"], 1);
    assert_eq!(
        found["tool"],
        concat!("tidings ", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(found["format"], "jsonl");
    assert_eq!(found["articles"], 3);
    assert_eq!(
        (&found["first_seq"], &found["last_seq"]),
        (&1.into(), &3.into())
    );
    let query = serde_json::json!({
        "min_words": 2, "order": "published", "since": "2019-01-01T00:00:00Z"
    });
    assert_eq!(found["query"], query);
    let size = fs::metadata(tidings.path("a.jsonl.gz")).unwrap().len();
    assert_eq!(found["files"][0]["bytes"], size);
    tidings.run(&args).ok();
    assert_eq!(
        tidings.read("a.jsonl.gz.manifest.json"),
        first,
        "no clock is in it"
    );
    for path in ["a.jsonl.gz", "a.jsonl.gz.manifest.json"] {
        let ran = tidings.run(&["verify", path]);
        ran.ok()
            .stdout_has("3 articles in 1 file, as the manifest says");
    }
    tidings.run(&["export", "--out", "b.csv"]).ok();
    assert!(!tidings.path("b.csv.manifest.json").exists());
    tidings
        .run(&["verify", "b.csv"])
        .code(2)
        .complains_once("there is no manifest");
}

#[test]
fn verify_names_each_file_that_is_not_as_it_was_written() {
    let tidings = rich();
    tidings
        .run(&["export", "--out", "d/"])
        .ok()
        .stdout_has("3 files written");
    tidings
        .run(&["verify", "d"])
        .ok()
        .stdout_has("3 articles in 3 files");
    let files = listed(&tidings, "d");
    assert_eq!(files.len(), 3);
    let path = |at: usize| format!("d/{}", files[at]);
    // A user's own files are nobody's business.
    tidings.write("d/notes.md", "mine");
    tidings.run(&["verify", "d"]).ok();
    fs::remove_file(tidings.path(&path(0))).unwrap();
    let mut text = tidings.read(&path(1)).into_bytes();
    *text.last_mut().unwrap() ^= 1;
    tidings.write(&path(1), &text);
    tidings.write(&path(2), "longer than it was, or shorter");
    tidings.write(
        "d/2020/01/2020-01-01-x-0123456789ab.md",
        "of another export",
    );
    let ran = tidings.run(&["verify", "d"]);
    let found: Vec<&str> = ran.code(2).stderr.lines().collect();
    let expected = [
        format!("{}: missing", path(0)),
        format!("{}: changed: the same size, but other bytes", path(1)),
        format!("{}: changed: 30 bytes where", path(2)),
        "d/2020/01/2020-01-01-x-0123456789ab.md: not in the manifest".to_owned(),
    ];
    assert_eq!(found.len(), expected.len(), "{ran}");
    for (line, fault) in found.iter().zip(&expected) {
        assert!(line.starts_with(&format!("tidings: {fault}")), "{ran}");
    }
    assert_eq!(ran.stdout, "");
    tidings.run(&["export", "--out", "d/"]).ok();
    fs::remove_dir_all(tidings.path("d/2020")).unwrap();
    tidings.run(&["verify", "d"]).ok();
    tidings
        .run(&["verify", "d", "nowhere"])
        .code(1)
        .complains_once("nowhere");
}

#[test]
fn a_folder_filled_by_several_exports_is_verified_whole() {
    let tidings = rich();
    tidings
        .run(&["export", "--language", "en", "--out", "d/"])
        .ok();
    tidings
        .run(&["export", "--language", "de", "--out", "d/"])
        .ok();
    assert_eq!(listed(&tidings, "d").len(), 2);
    assert_eq!(manifest(&tidings, "d/manifest.json")["articles"], 2);
    tidings.run(&["verify", "d"]).ok();
    tidings
        .run(&["export", "--out", "d/", "--format", "csv"])
        .ok();
    assert!(tidings.path("d/articles.csv").exists());
    tidings.run(&["verify", "d"]).ok();
}

#[test]
fn another_programs_manifest_is_not_replaced_and_paths_lead_nowhere_else() {
    let tidings = rich();
    tidings.write("d/manifest.json", "{\"name\": \"my app\"}");
    let ran = tidings.run(&["export", "--out", "d"]);
    ran.code(2)
        .complains_once("not a manifest that this version of tidings knows");
    assert_eq!(fs::read_dir(tidings.path("d")).unwrap().count(), 1);
    tidings.run(&["export", "--out", "e/"]).ok();
    let file = listed(&tidings, "e").remove(0);
    let hostile = tidings
        .read("e/manifest.json")
        .replace(&file, "../tidings.db");
    tidings.write("e/manifest.json", hostile);
    let ran = tidings.run(&["verify", "e"]);
    let found: Vec<&str> = ran.code(2).stderr.lines().collect();
    // And the file that it no longer lists is there.
    assert_eq!(found.len(), 2, "{ran}");
    assert!(found[0].ends_with("it is outside of the export"), "{ran}");
    assert!(found[1].contains("not in the manifest"), "{ran}");
}
