//! Parquet, SQLite snapshots and partitions as users get them; and stores moved into others.

use std::fs;

use serde_json::Value;

use super::{bytes, rich};
use crate::util::Tidings;

/// The run's own store.
const OWN: &str = "tidings.db";

/// Lines without the numbers of the change sequence, in the order of ids.
fn lines(tidings: &Tidings, store: &str) -> Vec<Value> {
    let args = ["--store", store, "export", "--format", "jsonl", "--html"];
    let mut lines = tidings.run(&args).ok().jsonl();
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("seq");
    }
    lines.sort_by_key(|line| line["id"].to_string());
    lines
}

#[test]
fn tables_are_taken_back_without_loss_and_are_the_same_bytes_every_time() {
    let tidings = rich();
    let all = lines(&tidings, OWN);
    for name in ["a.parquet", "a.sqlite", "a.sqlite3.gz", "a.sqlite.zst"] {
        tidings.run(&["export", "--html", "--out", name]).ok();
        let first = bytes(&tidings, name);
        tidings
            .run(&["export", "--html", "--out", name])
            .ok()
            .stdout_has("unchanged");
        assert!(first == bytes(&tidings, name), "{name}");
        let store = format!("{name}.db");
        for expected in [
            "3 articles new, 0 changed, 0 known already",
            "0 articles new, 0 changed, 3 known already",
        ] {
            let ran = tidings.run(&["--store", &store, "import", name]);
            ran.ok().stdout_has(expected);
        }
        assert_eq!(lines(&tidings, &store), all, "{name}");
    }
}

#[test]
fn another_store_is_taken_over_with_feeds_and_html_and_stays_as_it_is() {
    let tidings = rich();
    let all = lines(&tidings, OWN);
    for expected in ["3 articles new", "3 known already"] {
        let ran = tidings.run(&["--store", "new.db", "import", "--from-store", OWN]);
        ran.ok().stdout_has(expected);
    }
    assert_eq!(lines(&tidings, "new.db"), all);
    assert_eq!(lines(&tidings, OWN), all);
    tidings
        .run(&["import", "--from-store", OWN])
        .code(2)
        .complains_once("that is the store itself");
    tidings
        .run(&["import", "--from-store", "none.db"])
        .code(2)
        .complains_once("none.db");
    assert!(!tidings.path("none.db").exists());
    // Named like a snapshot, it is still no snapshot.
    fs::copy(tidings.path(OWN), tidings.path("store.sqlite")).unwrap();
    tidings
        .run(&["--store", "x.db", "import", "store.sqlite"])
        .code(2)
        .complains_once("of a store use --from-store");
    tidings
        .run(&["export", "--format", "sqlite", "--out", OWN])
        .code(2)
        .complains_once("that is the store itself");
}

#[test]
fn a_snapshot_has_articles_feeds_and_who_carried_what() {
    let tidings = rich();
    tidings.run(&["export", "--out", "a.sqlite"]).ok();
    let db = rusqlite::Connection::open(tidings.path("a.sqlite")).unwrap();
    let text = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(
        text(
            "SELECT json_array(a.title, a.published_at, a.words > 0, typeof(a.words), f.id, f.name,
                    f.articles, json_extract(a.authors, '$[1]'), strftime('%Y', a.published_at))
             FROM article_feeds c JOIN articles a ON a.id = c.article JOIN feeds f ON f.id = c.feed
             WHERE a.language = 'en'"
        ),
        "[\"=cmd|' /C calc'!A0 \\\"q\\\", AT&T\",\"2019-11-05T16:55:07Z\",1,\"integer\",\
         \"rich\",\"Rich\",3,\"Bo Falk\",\"2019\"]"
    );
    for (column, plan) in [("published_at", "published_at"), ("id", "id")] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT title FROM articles WHERE {column} = ?1");
        let found: String = db.query_row(&sql, ["x"], |row| row.get(3)).unwrap();
        assert!(
            found.contains(&format!("USING INDEX articles_{plan}")),
            "{found}"
        );
    }
    let schema = text("SELECT group_concat(sql, '') FROM sqlite_schema");
    assert!(!schema.contains("STRICT"), "{schema}");
}

#[test]
fn partitions_by_feed_hold_every_article_also_those_of_no_feed() {
    let tidings = rich();
    tidings.write("own.md", "# Mine\nJan 2, 2020\nMe\n\ntext of it\n");
    tidings
        .run(&["export", "--limit", "1", "--out", "one.md"])
        .ok();
    let md = tidings.read("one.md").replace("# ", "# Again ");
    tidings.write(
        "own.md",
        md.replace("https://example.org/", "https://other.example/"),
    );
    tidings
        .run(&["import", "own.md"])
        .ok()
        .stdout_has("1 article new");
    let args = [
        "export",
        "--format",
        "jsonl",
        "--partition",
        "feed",
        "--out",
        "lake/",
    ];
    tidings
        .run(&args)
        .ok()
        .stdout_has("Exported 4 articles to lake/ (2 files written)");
    let count = |name: &str| {
        tidings
            .read(&format!("lake/{name}/articles.jsonl"))
            .lines()
            .count()
    };
    assert_eq!(count("feed=rich"), 3);
    assert_eq!(count("feed=__HIVE_DEFAULT_PARTITION__"), 1);
    tidings
        .run(&["verify", "lake/"])
        .ok()
        .stdout_has("4 articles in 2 files, as the manifest says");
    // One feed alone says nothing of the others.
    tidings
        .run(&[&args[..], &["--feed", "rich"]].concat())
        .ok()
        .stdout_has("Exported 3 articles to lake/ (1 file unchanged)");
    let ran = tidings.run(&["--store", "back.db", "import", "lake/"]);
    ran.ok().stdout_has("4 articles new");
}

#[test]
fn partitions_by_day_are_whole_whatever_hour_was_asked_for() {
    let tidings = rich();
    for format in ["parquet", "csv", "jsonl"] {
        let out = format!("{format}/");
        let args = [
            "export",
            "--format",
            format,
            "--partition",
            "day",
            "--out",
            &out,
        ];
        tidings.run(&args).ok().stdout_has("3 articles");
        // From this moment on, which is the whole of today.
        let day = fs::read_dir(tidings.path(format))
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let day = day.file_name().into_string().unwrap();
        let noon = format!("{}T23:59:59Z", day.strip_prefix("date=").unwrap());
        tidings
            .run(&[&args[..], &["--since-collected", &noon]].concat())
            .ok()
            .stdout_has("Exported 3 articles")
            .stdout_has("(1 file unchanged)");
        tidings.run(&["verify", &out]).ok();
        let manifest: Value =
            serde_json::from_str(&tidings.read(&format!("{format}.manifest.json"))).unwrap();
        assert_eq!(manifest["query"]["partition"], "day");
        assert_eq!(
            manifest["files"][0]["path"],
            format!("{format}/{day}/articles.{format}")
        );
    }
}

#[test]
fn what_partitions_and_tables_have_no_room_for_is_told() {
    let tidings = rich();
    for (args, why) in [
        (
            &["--partition", "day", "--out", "a/"][..],
            "--partition is for folders",
        ),
        (
            &["--partition", "day", "--out", "a.parquet"],
            "--partition is for folders",
        ),
        (
            &[
                "--format",
                "csv",
                "--partition",
                "feed",
                "--out",
                "a/",
                "--limit",
                "1",
            ],
            "--limit would cut partitions",
        ),
        (
            &[
                "--format",
                "csv",
                "--partition",
                "day",
                "--out",
                "a/",
                "--order",
                "changed",
            ],
            "ordered by collection",
        ),
        (&["--out", "a.parquet.gz"], "packed already"),
    ] {
        tidings
            .run(&[&["export"], args].concat())
            .code(2)
            .complains_once(why);
        assert!(!tidings.path("a").exists());
    }
    tidings.write("bad.parquet", "PAR1 no PAR1");
    tidings
        .run(&["import", "bad.parquet"])
        .code(2)
        .complains_once("bad.parquet: cannot be read");
}
