//! What becomes of entries: edits are revisions, vanished entries stay, one story is one article.

use super::again;
use crate::util::{Database, Reply, Site, Tidings, channel, item, rss};

/// Two feeds: `first` at `/1`, `second` at `/2`.
fn first_and_second(site: &Site) -> Tidings {
    let feed = |id: &str, path: &str| format!("[[feed]]\nid = {id:?}\nurl = {:?}", site.url(path));
    Tidings::new()
        .feed_toml(&feed("first", "/1"))
        .feed_toml(&feed("second", "/2"))
}

#[test]
fn an_edit_is_a_revision_with_the_old_text_kept() {
    let site = Site::start();
    let version = |text: &str| Reply::feed(channel("Feed", &item("a", text)));
    site.serve(
        "/f",
        version("the first version").then(version("the second version")),
    );
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings
        .run(&["poll", "--all"])
        .ok()
        .stdout_has("1 new, 0 changed");
    let before = tidings.exported();
    again(&tidings).ok().stdout_has("0 new, 1 changed");
    let after = tidings.exported();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0]["id"], before[0]["id"]);
    assert_eq!(
        (&before[0]["revision"], &after[0]["revision"]),
        (&0.into(), &1.into())
    );
    assert!(
        after[0]["seq"].as_i64() > before[0]["seq"].as_i64(),
        "an edit is a change"
    );
    assert_eq!(after[0]["first_seen"], before[0]["first_seen"]);
    assert!(
        after[0]["body"]
            .as_str()
            .unwrap()
            .contains("the second version")
    );
    let store = Database::of(&tidings);
    let old = store.text("SELECT body FROM revisions");
    assert!(old.contains("the first version"), "{old}");
}

#[test]
fn a_new_title_or_link_under_the_same_guid_is_the_same_article() {
    let site = Site::start();
    let entry = |title: &str, link: &str| {
        let item = format!(
            "<item><title>{title}</title><link>{link}</link><guid>urn:x:1</guid><description>d</description></item>"
        );
        Reply::feed(channel("Feed", &(item + &item_two())))
    };
    fn item_two() -> String {
        item("other", "other")
    }
    site.serve(
        "/f",
        entry("Draft", "https://example.org/draft")
            .then(entry("Final", "https://example.org/final")),
    );
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 new");
    again(&tidings).ok().stdout_has("0 new, 1 changed");
    let titles: Vec<_> = tidings
        .exported()
        .into_iter()
        .map(|article| article["title"].clone())
        .collect();
    assert!(
        titles.contains(&"Final".into()) && !titles.contains(&"Draft".into()),
        "{titles:?}"
    );
}

#[test]
fn an_entry_that_leaves_its_feed_stays_in_the_store() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::feed(rss(&["a", "b"])).then(Reply::feed(rss(&["b", "c"]))),
    );
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings)
        .ok()
        .stdout_has("1 new, 0 changed, 3 in the store");
}

#[test]
fn entries_that_lose_their_guids_are_known_by_their_links() {
    let site = Site::start();
    let bare = channel(
        "Feed",
        "<item><title>Title a</title><link>https://example.org/a</link><description>&lt;p&gt;Text of a.&lt;/p&gt;</description></item>\
         <item><title>Title b</title><link>https://example.org/b</link><description>&lt;p&gt;Text of b.&lt;/p&gt;</description></item>",
    );
    site.serve("/f", Reply::feed(rss(&["a", "b"])).then(Reply::feed(bare)));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings)
        .ok()
        .stdout_has("0 new")
        .stdout_has("2 in the store");
}

#[test]
fn two_feeds_with_one_story_are_one_article_seen_in_both() {
    let site = Site::start();
    let tracked = item("a", "a").replace("example.org/a", "example.org/a?utm_source=second");
    site.serve("/1", Reply::feed(channel("First", &item("a", "a"))));
    site.serve("/2", Reply::feed(channel("Second", &tracked)));
    let tidings = first_and_second(&site);
    tidings.run(&["poll", "first"]).ok();
    tidings.run(&["poll", "second"]).ok().stdout_has("0 new");
    let articles = tidings.exported();
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0]["feeds"], serde_json::json!(["first", "second"]));
    for feed in ["first", "second"] {
        let some = tidings.run(&["export", "--feed", feed, "--format", "jsonl"]);
        assert_eq!(some.ok().jsonl().len(), 1, "{feed}");
    }
}

#[test]
fn two_feeds_that_word_one_story_differently_do_not_take_turns() {
    let site = Site::start();
    site.serve(
        "/1",
        Reply::feed(channel("First", &item("a", "our wording"))),
    );
    site.serve(
        "/2",
        Reply::feed(channel("Second", &item("a", "their wording"))),
    );
    let tidings = first_and_second(&site);
    tidings.run(&["poll", "first"]).ok();
    tidings.run(&["poll", "second"]).ok();
    let before = tidings.exported();
    for _ in 0..2 {
        again(&tidings).ok().stdout_has("0 new, 0 changed");
    }
    assert_eq!(tidings.exported(), before);
    assert_eq!(before[0]["revision"], 0);
}

#[test]
fn a_removed_feed_leaves_its_articles() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    tidings.run(&["feed", "remove", "127"]).ok();
    tidings.run(&["poll", "--all"]).ok();
    assert_eq!(tidings.exported().len(), 1);
    assert_eq!(site.all_requests().len(), 1);
    tidings
        .run(&["export", "--feed", "127", "--format", "jsonl"])
        .ok()
        .stdout_has("Title a");
}
