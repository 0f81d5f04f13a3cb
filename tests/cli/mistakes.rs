//! Mistakes in settings, feed files and stores: one clear line each, exit code 2, nothing lost.

use super::polled;
use crate::util::{Daemon, Database, Tidings};

#[test]
fn without_a_settings_file_the_search_path_is_told() {
    let tidings = Tidings::new();
    std::fs::remove_file(tidings.path("tidings.toml")).unwrap();
    for command in ["poll", "run", "check"] {
        let ran = Daemon::start(tidings.bare_command(&[command])).wait();
        ran.code(2)
            .stderr_has("no settings file: looked for $TIDINGS_CONFIG");
    }
    let ran = tidings.run(&["poll"]);
    ran.code(2).complains_once("tidings.toml");
    let env = Tidings::new().env("TIDINGS_CONFIG", tidings.path("absent.toml"));
    let ran = Daemon::start(env.bare_command(&["poll"])).wait();
    ran.code(2).complains_once("absent.toml");
}

#[test]
fn the_settings_are_found_in_the_working_directory_and_by_environment() {
    let tidings = Tidings::new();
    let ran = Daemon::start(tidings.bare_command(&["check"])).wait();
    ran.ok().stdout_has("all good");
    let elsewhere = Tidings::new();
    std::fs::remove_file(elsewhere.path("tidings.toml")).unwrap();
    let elsewhere = elsewhere.env("TIDINGS_CONFIG", tidings.path("tidings.toml"));
    Daemon::start(elsewhere.bare_command(&["check"]))
        .wait()
        .ok();
}

#[test]
fn five_mistakes_are_five_lines_with_their_places() {
    let (site, tidings) = polled();
    let url = site.url("/f");
    let feeds = format!(
        "# my feeds\n[[feed]]\nid = \"small\"\nurl = {url:?}\n\n[[feed]]\nname = \"no address\"\n\n\
         [[feed]]\nurl = \"ftp://example.org/x\"\n\n[[feed]]\nurl = \"https://example.org/a\"\ninterval = \"5 parsecs\"\n\n\
         [[feed]]\nurl = \"https://example.org/b\"\nintervall = \"1h\"\n\n[[feed]]\nurl = {url:?}\n"
    );
    tidings.write("feeds.toml", feeds);
    let ran = tidings.run(&["check"]);
    ran.code(2).stdout_has("5 mistakes");
    assert_eq!(ran.stderr.lines().count(), 5, "{ran}");
    for line in [
        "feeds.toml:6:1: feed.url: is missing",
        "feeds.toml:10:7: feed.url: \"ftp://example.org/x\" is neither http nor https",
        "feeds.toml:14:12: feed.interval: \"5 parsecs\" is not a duration",
        "feeds.toml:18:1: feed: unknown key `intervall`; did you mean `interval`?",
        "feeds.toml:20:1: feed.url: feeds.toml:2 has the same feed",
    ] {
        ran.stderr_has(line);
    }
    // A round refuses to start on half of what was asked for, and loses nothing.
    let poll = tidings.run(&["poll", "--all"]);
    poll.code(2);
    assert_eq!(poll.stderr, ran.stderr);
    assert_eq!(tidings.exported().len(), 3);
}

#[test]
fn an_unknown_setting_is_an_error_with_a_guess() {
    let tidings = Tidings::new().settings("[fetch]\nconcurency = 3");
    let ran = tidings.run(&["poll"]);
    ran.code(2).complains_once("did you mean `concurrency`?");
}

#[test]
fn a_feed_that_is_not_there_is_told_by_every_command() {
    let (_site, tidings) = polled();
    for args in [
        &["poll", "nosuch"][..],
        &["feed", "show", "nosuch"],
        &["feed", "remove", "nosuch"],
        &["feed", "pause", "nosuch"],
        &["feed", "edit", "nosuch", "--name", "x"],
        &["export", "--feed", "nosuch"],
    ] {
        let ran = tidings.run(args);
        ran.code(2)
            .complains_once("no feed is called \"nosuch\"; `tidings feed list` shows");
    }
}

#[test]
fn an_ambiguous_feed_is_told_with_those_it_may_mean() {
    let tidings = Tidings::new()
        .feed_toml("[[feed]]\nid = \"news-a\"\nurl = \"http://127.0.0.1:1/a\"")
        .feed_toml("[[feed]]\nid = \"news-b\"\nurl = \"http://127.0.0.1:1/b\"");
    let ran = tidings.run(&["feed", "show", "news"]);
    ran.code(2).complains_once("news-a, news-b");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_untouched() {
    let tidings = Tidings::new();
    let path = tidings.path("tidings.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);")
        .unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    for command in [
        &["poll", "--all"][..],
        &["run"],
        &["export"],
        &["status"],
        &["import", "tidings.toml"],
    ] {
        let ran = tidings.run(command);
        ran.code(2)
            .complains_once("not a Tidings store (an SQLite database of another program");
        ran.stderr_has("left untouched");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_empty_file_and_a_text_file_are_no_stores() {
    for (bytes, what) in [
        ("", "an empty file"),
        (
            "My notes, long enough to be read.",
            "not an SQLite database",
        ),
    ] {
        let tidings = Tidings::new();
        tidings.write("tidings.db", bytes);
        for command in [&["poll", "--all"][..], &["run"], &["export"], &["status"]] {
            tidings.run(command).code(2).complains_once(what);
        }
        assert_eq!(tidings.read("tidings.db"), bytes);
    }
}

#[test]
fn a_store_of_a_newer_tidings_is_refused() {
    let (_site, tidings) = polled();
    let other = rusqlite::Connection::open(tidings.path("tidings.db")).unwrap();
    other.pragma_update(None, "user_version", 9999).unwrap();
    drop(other);
    for command in ["poll", "status", "export"] {
        tidings
            .run(&[command])
            .code(2)
            .complains_once("written by a newer Tidings (schema 9999");
    }
}

#[test]
fn a_command_that_only_reads_makes_no_store() {
    let tidings = Tidings::new();
    let ran = tidings.run(&["export"]);
    ran.code(2)
        .complains_once("no store here yet; `tidings poll --all` makes one");
    tidings.run(&["status"]).ok().stdout_has("(none yet");
    tidings
        .run(&["feed", "list"])
        .ok()
        .stdout_has("No feeds yet");
    assert!(!tidings.path("tidings.db").exists());
}

#[test]
fn a_store_in_a_place_that_cannot_be_written_is_told() {
    let tidings = Tidings::new();
    tidings.write("file", "x");
    let ran = tidings.run(&["--store", "file/tidings.db", "poll"]);
    ran.code(2).complains_once("cannot open the store");
}

#[test]
fn an_export_that_cannot_be_written_is_told_and_loses_nothing() {
    let (_site, tidings) = polled();
    tidings.write("file", "mine");
    for out in ["file/", "file/x/", "file/x.md", "missing/x.md"] {
        let ran = tidings.run(&["export", "--out", out]);
        ran.code(2).complains_once(out.trim_end_matches('/'));
        ran.stderr_lacks(".tidings-");
    }
    let ran = tidings.run(&["poll", "--all", "--export", "file"]);
    ran.code(2).complains_once("file");
    assert_eq!(tidings.read("file"), "mine");
    Database::of(&tidings).assert_sound();
    assert_eq!(Database::of(&tidings).count("articles"), 3);
}
