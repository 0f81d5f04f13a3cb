//! Incremental exports: what changed since the last run, and everything that is refused.

use std::fs;

use tidings::store::CursorLock;

use super::{bytes, go_on, poll, polled};
use crate::{
    db::together::on_a_small_disk,
    util::{Database, Reply, Tidings, channel, item},
};

fn id_of(tidings: &Tidings, title: &str) -> String {
    let all = tidings.exported();
    let found = all.iter().find(|article| article["title"] == title);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

const RUN: [&str; 5] = ["export", "--cursor", "c", "--out", "all.jsonl"];

#[test]
fn a_run_appends_what_changed_since_the_last_one() {
    let (site, tidings) = polled(&["a", "b"]);
    tidings.run(&RUN).ok().stdout_has("Exported 2 articles");
    let full = tidings.run(&["export", "--format", "jsonl", "--order", "changed"]);
    assert_eq!(tidings.read("all.jsonl"), full.stdout);
    tidings.run(&RUN).ok().stdout_has("Nothing new");
    go_on(&site, &tidings);
    let b = id_of(&tidings, "Title b");
    tidings.run(&["article", "delete", &b]).ok();
    tidings
        .run(&RUN)
        .ok()
        .stdout_has("Exported 2 articles and 1 removal");
    let text = tidings.read("all.jsonl");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        (&lines[2]["title"], &lines[2]["revision"]),
        (&"Title a".into(), &1.into())
    );
    assert_eq!(lines[3]["title"], "Title c");
    assert_eq!(
        (lines[4]["id"].as_str(), &lines[4]["deleted"]),
        (Some(&*b), &true.into())
    );
    assert_eq!(lines[4]["reason"], "deleted");
    tidings
        .run(&["cursor", "list"])
        .ok()
        .stdout_has("c  up to date  jsonl");
}

#[test]
fn packed_files_grow_by_whole_members_and_tables_have_columns_for_removals() {
    let (site, tidings) = polled(&["a", "b"]);
    let gz = ["export", "--cursor", "gz", "--out", "all.jsonl.gz"];
    let zst = ["export", "--cursor", "zst", "--out", "all.jsonl.zst"];
    let csv = [
        "export", "--cursor", "csv", "--format", "csv", "--out", "csv/",
    ];
    let runs = [&gz[..], &zst[..], &csv[..], &RUN[..]];
    runs.iter().for_each(|run| _ = tidings.run(run).ok());
    go_on(&site, &tidings);
    tidings
        .run(&["article", "delete", &id_of(&tidings, "Title b")])
        .ok();
    runs.iter().for_each(|run| _ = tidings.run(run).ok());
    for name in ["all.jsonl.gz", "all.jsonl.zst"] {
        let mut text = String::new();
        let mut file = tidings::export::open_unpacked(&tidings.path(name)).unwrap();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, tidings.read("all.jsonl"), "{name}");
    }
    let mut names: Vec<_> = fs::read_dir(tidings.path("csv"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "changes-000000000000-000000000002.csv",
            "changes-000000000002-000000000005.csv",
            "manifest.json"
        ]
    );
    let mut csv = csv::Reader::from_path(tidings.path("csv").join(&names[1])).unwrap();
    let width = csv.headers().unwrap().len();
    let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&row[width - 3], &row[width - 1]))
        .collect();
    assert_eq!(told, [("false", ""), ("false", ""), ("true", "deleted")]);
    let manifest: serde_json::Value =
        serde_json::from_str(&tidings.read("csv/manifest.json")).unwrap();
    assert!(manifest["cursor"]["from"].as_str().unwrap().ends_with(":0"));
    assert!(manifest["cursor"]["to"].as_str().unwrap().ends_with(":5"));
    tidings.run(&["verify", "csv"]).ok();
}

#[test]
fn an_edited_article_that_does_not_match_any_more_is_told_as_removed() {
    let (site, tidings) = polled(&["a", "b"]);
    let run = [
        "export",
        "--cursor",
        "c",
        "--min-words",
        "4",
        "--format",
        "jsonl",
    ];
    assert_eq!(tidings.run(&run).ok().jsonl().len(), 0);
    go_on(&site, &tidings);
    assert_eq!(tidings.run(&run).ok().jsonl()[0]["title"], "Title a");
    let items = [
        item("a", "a"),
        item("b", "b"),
        item("c", "c"),
        item("d", "d"),
    ];
    site.serve("/f", Reply::feed(channel("Small feed", &items.concat())));
    poll(&tidings);
    let lines = tidings.run(&run).ok().jsonl();
    assert_eq!(
        lines.len(),
        1,
        "what is new and does not match was never told of"
    );
    assert_eq!(
        (&lines[0]["deleted"], &lines[0]["reason"]),
        (&true.into(), &"unmatched".into())
    );
}

#[test]
fn a_cursor_is_of_one_store() {
    let (_site, tidings) = polled(&["a"]);
    let (_other_site, other) = polled(&["a", "b"]);
    tidings
        .run(&["export", "--cursor-file", "c.json", "--out", "all.jsonl"])
        .ok();
    fs::copy(tidings.path("c.json"), other.path("c.json")).unwrap();
    let ids = [&tidings, &other].map(|one| {
        Database::of(one).text("SELECT lower(hex(value)) FROM identity WHERE name = 'store_id'")
    });
    let ran = other.run(&["export", "--cursor-file", "c.json", "--out", "all.jsonl"]);
    ran.code(2).complains_once(&ids[0]).complains_once(&ids[1]);
    assert!(!other.path("all.jsonl").exists());
    let behind = format!("v1:{}:1", ids[0]);
    let ran = other.run(&["tail", "--from-cursor", &behind]);
    ran.code(2).complains_once(&ids[0]).complains_once(&ids[1]);
    let ahead = format!("v1:{}:9", ids[1]);
    other
        .run(&["tail", "--from-cursor", &ahead])
        .code(2)
        .complains_once("ahead of the store");
    other
        .run(&["tail", "--from-cursor", "9"])
        .code(2)
        .complains_once("not a cursor");
}

#[test]
fn a_damaged_cursor_file_is_refused_and_begun_anew_on_request() {
    let (_site, tidings) = polled(&["a", "b"]);
    let run = ["export", "--cursor-file", "c.json", "--out", "all.jsonl"];
    tidings.run(&run).ok();
    let (good, exported) = (tidings.read("c.json"), bytes(&tidings, "all.jsonl"));
    let wrong = [
        good.replace(":2\"", ":1\""),
        good[..good.len() / 2].to_owned(),
        String::new(),
        "{}".to_owned(),
    ];
    for text in wrong {
        assert_ne!(text, good);
        tidings.write("c.json", &text);
        tidings.run(&run).code(2).complains_once("damaged");
        assert_eq!(bytes(&tidings, "all.jsonl"), exported);
    }
    let anew = [&run[..], &["--reset"]].concat();
    tidings.run(&anew).ok().stdout_has("Exported 2 articles");
    assert_eq!(bytes(&tidings, "all.jsonl"), exported);
    tidings.run(&run).ok().stdout_has("Nothing new");
}

#[test]
fn a_file_that_somebody_edited_is_refused_and_left_alone() {
    let (site, tidings) = polled(&["a", "b"]);
    tidings.run(&RUN).ok();
    let good = tidings.read("all.jsonl");
    go_on(&site, &tidings);
    let cases = [
        (good[..good.len() - 2].to_owned(), "it was cut"),
        (good.replace("Title b", "Title x"), "it was edited"),
        (format!("{good}{{}}\n"), "something else wrote to it"),
    ];
    for (text, told) in cases {
        tidings.write("all.jsonl", &text);
        tidings
            .run(&RUN)
            .code(2)
            .complains_once(told)
            .stderr_has("--reset");
        assert_eq!(tidings.read("all.jsonl"), text);
    }
    tidings.run(&["cursor", "reset", "c"]).ok();
    tidings.run(&RUN).ok().stdout_has("Exported 3 articles");
    let full = tidings.run(&["export", "--format", "jsonl", "--order", "changed"]);
    assert_eq!(tidings.read("all.jsonl"), full.stdout);
}

#[test]
fn a_cursor_belongs_to_one_question_format_and_target() {
    let (_site, tidings) = polled(&["a"]);
    tidings.run(&RUN).ok();
    let refused = |args: &[&str], told: &str| {
        tidings.run(args).code(2).complains_once(told);
    };
    refused(
        &["export", "--cursor", "c", "--out", "b.jsonl"],
        "another target",
    );
    refused(
        &[
            "export",
            "--cursor",
            "c",
            "--out",
            "all.jsonl",
            "--feed",
            "f",
        ],
        "another question",
    );
    refused(
        &[
            "export",
            "--cursor",
            "c",
            "--out",
            "all.jsonl",
            "--format",
            "csv",
        ],
        "another format",
    );
    refused(
        &["export", "--cursor", "d", "--out", "all.jsonl"],
        "cursor c writes there",
    );
    refused(
        &["export", "--cursor-file", "d", "--out", "all.jsonl"],
        "there is something already",
    );
    refused(
        &[
            "export", "--cursor", "d", "--since", "7d", "--out", "d.jsonl",
        ],
        "give a date",
    );
    refused(
        &[
            "export", "--cursor", "d", "--format", "epub", "--out", "d.epub",
        ],
        "no place for what was deleted",
    );
    refused(&["export", "--cursor", "d"], "into a folder");
    refused(&["export", "--reset"], "--cursor");
    refused(&["cursor", "show", "d"], "no cursor is called");
    tidings
        .run(&["export", "--cursor", "../c"])
        .code(2)
        .stderr_has("letters");
    tidings.run(&["cursor", "remove", "c"]).ok();
    tidings
        .run(&["cursor", "list"])
        .ok()
        .stdout_has("No cursors");
}

#[test]
fn two_runs_of_one_cursor_do_not_meet() {
    let (_site, tidings) = polled(&["a"]);
    let lock = CursorLock::in_store(&tidings.path("tidings.db"), "c").unwrap();
    assert!(lock.is_some());
    tidings
        .run(&RUN)
        .code(2)
        .complains_once("another tidings uses it");
    drop(lock);
    tidings.run(&RUN).ok();
}

#[test]
fn a_full_disk_takes_back_what_was_half_written_and_the_next_run_completes_it() {
    let names: Vec<String> = (0..60).map(|n| format!("n{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_site, tidings) = polled(&names);
    let told = on_a_small_disk(
        &tidings,
        r#"
        run() { "$TIDINGS" --config tidings.toml "$@" && echo "well" || echo "failed"; }
        dd if=/dev/zero of=disk/ballast bs=1k count=9999 2>/dev/null || true
        truncate -s -8k disk/ballast
        run export --cursor c --out disk/all.jsonl
        wc -c < disk/all.jsonl
        run export --cursor p --format jsonl --out disk/parts/
        ls disk/parts | wc -l
        rm disk/ballast
        run export --cursor c --out disk/all.jsonl
        run export --cursor p --format jsonl --out disk/parts/
        "$TIDINGS" --config tidings.toml export --format jsonl --order changed > full.jsonl
        cmp full.jsonl disk/all.jsonl && cmp full.jsonl disk/parts/*.jsonl && echo same
        "#,
    );
    let Some(told) = told else {
        eprintln!("not allowed to mount a file system here; nothing was tested");
        return;
    };
    assert_eq!(told.matches("no space is left").count(), 2, "{told}");
    let ends: Vec<&str> = told
        .lines()
        .filter(|line| matches!(line.trim(), "well" | "failed" | "0" | "same"))
        .collect();
    assert_eq!(
        ends,
        ["failed", "0", "failed", "0", "well", "well", "same"],
        "{told}"
    );
}
