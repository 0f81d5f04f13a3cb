//! The article schema: the user's own article file, and the feeds it came from, give its bytes.

use crate::util::{Database, Reply, Site, Tidings};

const SEED: &str = include_str!("fixtures/seed/expected_seed.md");
const FEED: &str = include_str!("fixtures/seed/gizchina_feed.xml");
const WIDGET_FEED: &str = include_str!("fixtures/seed/gizchina_feed_widget.xml");

/// The seed without its first body line, the text of a rating widget.
fn without_widget() -> String {
    let (head, body) = SEED.split_once("/)\n\n").unwrap();
    let (widget, rest) = body.split_once('\n').unwrap();
    assert!(
        widget.ends_with("30 votes"),
        "the fixture has changed: {widget}"
    );
    format!("{head}/)\n\n{rest}")
}

/// A served feed, ready to be polled.
fn gizchina(feed: &str) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/feed/", Reply::feed(feed));
    let tidings = Tidings::new().feed(&site.url("/feed/"));
    tidings.write("seed.txt", SEED);
    (site, tidings)
}

/// One article, seen once in the feed, with the version before the last kept.
fn assert_one_story(tidings: &Tidings) {
    let store = Database::of(tidings);
    store.assert_sound();
    assert_eq!(store.count("articles"), 1, "articles");
    assert_eq!(store.count("sightings"), 1, "sightings");
    assert_eq!(store.count("revisions"), 1, "revisions");
    drop(store);
    let lines = tidings.exported();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["revision"], 1);
    assert_eq!(lines[0]["published_at"], "2019-11-05T16:55:07Z");
}

#[test]
fn the_users_own_file_comes_back_byte_for_byte() {
    let tidings = Tidings::new();
    tidings.write("in/seed.txt", SEED);
    tidings
        .run(&["import", "in"])
        .ok()
        .stdout_has("1 article new");
    assert_eq!(tidings.run(&["export"]).ok().stdout, SEED);
    tidings.run(&["export", "--out", "one.md"]).ok();
    assert_eq!(tidings.read("one.md"), SEED);
    tidings.run(&["export", "--out", "folder/"]).ok();
    let again = tidings.run(&["import", "folder"]);
    again
        .ok()
        .stdout_has("0 articles new, 0 changed, 1 known already");
}

#[test]
fn both_feeds_give_the_seed_without_the_widget_line() {
    for feed in [FEED, WIDGET_FEED] {
        let (_site, tidings) = gizchina(feed);
        tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
        assert_eq!(tidings.run(&["export"]).ok().stdout, without_widget());
    }
}

#[test]
fn a_preview_of_the_feed_gives_the_same_bytes_as_the_store() {
    let (site, tidings) = gizchina(WIDGET_FEED);
    let preview = tidings.run(&["preview", &site.url("/feed/")]);
    assert_eq!(preview.ok().stdout, without_widget());
    assert!(
        !tidings.path("tidings.db").exists(),
        "a preview made a store"
    );
}

#[test]
fn an_imported_article_that_is_then_polled_is_one_article_with_its_old_text_as_a_revision() {
    let (_site, tidings) = gizchina(FEED);
    tidings.run(&["import", "seed.txt"]).ok();
    tidings
        .run(&["poll", "--all"])
        .ok()
        .stdout_has("0 new, 1 changed");
    assert_one_story(&tidings);
    assert_eq!(tidings.run(&["export"]).ok().stdout, without_widget());
}

#[test]
fn a_polled_article_that_is_then_imported_is_one_article_with_its_old_text_as_a_revision() {
    let (_site, tidings) = gizchina(FEED);
    tidings.run(&["poll", "--all"]).ok();
    let import = tidings.run(&["import", "seed.txt"]);
    import.ok().stdout_has("0 articles new, 1 changed");
    assert_one_story(&tidings);
    assert_eq!(tidings.run(&["export"]).ok().stdout, SEED);
    // The feed says what it said before: the operator's version stays.
    tidings.run(&["poll", "--all", "--force"]).ok();
    assert_one_story(&tidings);
    assert_eq!(tidings.run(&["export"]).ok().stdout, SEED);
}
