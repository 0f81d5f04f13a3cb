//! Retention as the operator meets it: settings, `db prune`, the daemon.

use crate::util::{Database, Reply, Site, Tidings, channel, item};

/// A feed with an entry of 2019 and one without a date, which is as old as its collection.
fn old_and_new() -> String {
    let new = item("new", "new").replace("<pubDate>Tue, 05 Nov 2019 16:55:07 GMT</pubDate>", "");
    channel("Small feed", &format!("{}{new}", item("old", "old")))
}

fn set_up(settings: &str) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/a", Reply::feed(old_and_new()));
    let tidings = Tidings::new()
        .feed_toml(&format!(
            "[[feed]]\nid = \"a\"\nurl = {:?}\ntags = [\"precious\"]\n",
            site.url("/a")
        ))
        .settings(settings);
    tidings.run(&["poll", "--all"]).ok();
    assert_eq!(Database::of(&tidings).count("articles"), 2);
    (site, tidings)
}

#[test]
fn what_is_too_old_is_shown_then_deleted_and_does_not_come_back() {
    let (site, tidings) = set_up("[retention]\nmax_age = \"30d\"");
    let dry = tidings.run(&["db", "prune", "--dry-run"]);
    dry.ok()
        .stdout_has("2019-11-05")
        .stdout_has("Title old")
        .stdout_has("Would delete 1 article (1 by age)");
    assert_eq!(Database::of(&tidings).count("articles"), 2);
    tidings
        .run(&["db", "prune"])
        .ok()
        .stdout_has("Deleted 1 article (1 by age)");
    tidings
        .run(&["db", "prune"])
        .ok()
        .stdout_has("Deleted 0 articles");
    site.serve(
        "/a",
        Reply::feed(format!("{}<!-- changed -->", old_and_new())),
    );
    tidings.run(&["poll", "--all", "--force"]).ok();
    let titles: Vec<_> = tidings
        .exported()
        .iter()
        .map(|article| article["title"].clone())
        .collect();
    assert_eq!(titles, ["Title new"]);
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("1 in all; 1 deleted by [retention]");
    let status = tidings.run(&["status", "--json"]).ok().jsonl();
    assert_eq!(status[0]["articles"]["pruned"], 1);
    let stats = tidings.run(&["db", "stats", "--json"]).ok().jsonl();
    assert_eq!(stats[0]["deleted"]["retention: age"], 1);
    tidings.run(&["db", "check", "--deep"]).ok();
}

#[test]
fn the_daemon_deletes_what_is_too_old() {
    let (_site, tidings) = set_up("[retention]\nmax_per_feed = 1");
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("deleted 1 articles that [retention] keeps no longer");
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(Database::of(&tidings).count("articles"), 1);
    assert_eq!(
        Database::of(&tidings).text("SELECT reason FROM tombstones"),
        "retention: number"
    );
}

#[test]
fn single_feeds_and_tags_are_excepted_and_without_rules_everything_is_kept() {
    for kept in [
        "[retention]\nmax_age = \"30d\"\n[retention.feeds.a]\nmax_age = \"\"",
        "[retention]\nmax_age = \"30d\"\nkeep_tagged = [\"precious\"]",
    ] {
        let (_site, tidings) = set_up(kept);
        tidings
            .run(&["db", "prune"])
            .ok()
            .stdout_has("Deleted 0 articles");
    }
    let (_site, tidings) = set_up("[retention.feeds.a]\nmax_per_feed = 1");
    tidings.run(&["db", "prune"]).ok().stdout_has("1 by number");
    let (_site, tidings) = set_up("");
    tidings
        .run(&["db", "prune"])
        .ok()
        .stdout_has("Everything is kept");
}

#[test]
fn tags_are_those_of_the_feed_files_and_mistakes_in_these_delete_nothing() {
    let (site, tidings) = set_up("[retention]\nmax_age = \"30d\"\nkeep_tagged = [\"archive\"]");
    let feeds = |tags: &str| {
        let url = site.url("/a");
        tidings.write(
            "feeds.toml",
            format!("[[feed]]\nid = \"a\"\nurl = {url:?}\ntags = {tags}\n"),
        );
    };
    feeds("[\"archive\"]");
    tidings
        .run(&["db", "prune"])
        .ok()
        .stdout_has("Deleted 0 articles");
    feeds("[unquoted]");
    tidings
        .run(&["db", "prune"])
        .code(2)
        .stderr_has("feeds.toml:4:9");
    assert_eq!(Database::of(&tidings).count("articles"), 2);
    feeds("[]");
    tidings.run(&["db", "prune"]).ok().stdout_has("1 by age");
}

#[test]
fn mistakes_in_the_rules_are_told_with_their_place() {
    let tidings = Tidings::new();
    tidings.write(
        "tidings.toml",
        "[retention]\nmax_age = \"1h\"\nmax_bytes = \"1 MiB\"\nmax_per_feed = -1\nkeep = 3\n\
         [retention.feeds.\"No Feed\"]\nmax_age = \"30d\"\n",
    );
    let ran = tidings.run(&["check"]);
    ran.code(2)
        .stderr_has("tidings.toml:2:11: retention.max_age: \"1h\" is out of range")
        .stderr_has("tidings.toml:3:13: retention.max_bytes: \"1 MiB\" is out of range")
        .stderr_has("tidings.toml:4:16: retention.max_per_feed")
        .stderr_has(
            "tidings.toml:5:1: retention: unknown key `keep`; known here: max_per_feed, max_age",
        )
        .stderr_has("names no feed");
}

#[test]
fn names_that_no_feed_has_are_warned_of() {
    let tidings = Tidings::new().feed_toml(
        "[[feed]]\nid = \"gizchina\"\nurl = \"https://example.org/feed\"\ntags = [\"tech\"]\n",
    );
    tidings.write(
        "tidings.toml",
        "[retention]\nmax_age = \"365d\"\nkeep_tagged = [\"tehc\", \"tech\"]\n\
         [retention.feeds.gizchna]\nmax_age = \"30d\"\n[retention.feeds.gizchina]\nmax_per_feed = 9\n",
    );
    let ran = tidings.run(&["check"]);
    ran.ok()
        .stdout_has("no mistakes, 2 warnings")
        .stderr_has(
            "retention.feeds.gizchna: no feed has the id \"gizchna\"; did you mean \"gizchina\"?",
        )
        .stderr_has("retention.keep_tagged: no feed has the tag \"tehc\"; did you mean \"tech\"?");
}
