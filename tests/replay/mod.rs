//! Kept documents and what reading them once more does; feeds whose names for entries change.

mod names;

use crate::util::{Database, Reply, Site, Tidings, channel, item, rss};

/// A feed that keeps what changes.
fn keeping(replies: Reply) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/f", replies);
    let lines = format!(
        "[[feed]]\nid = \"small\"\nurl = {:?}\nkeep_raw = \"changed\"",
        site.url("/f")
    );
    (site, Tidings::new().feed_toml(&lines))
}

fn poll(tidings: &Tidings, times: usize) {
    for _ in 0..times {
        tidings.run(&["poll", "--all", "--force"]).ok();
    }
}

/// What the store would hold if an earlier version of the program had read a body otherwise.
fn misread(tidings: &Tidings, title: &str) {
    let database = Database::of(tidings);
    let sql = "UPDATE articles SET body = 'Misread.', fingerprint = zeroblob(16) WHERE title = ?1";
    database.execute(sql, [title]);
    let sql = "UPDATE sightings SET fingerprint = zeroblob(16)
        WHERE article = (SELECT row FROM articles WHERE title = ?1)";
    database.execute(sql, [title]);
}

fn body(tidings: &Tidings, title: &str) -> String {
    let articles = tidings.exported();
    let article = articles.iter().find(|article| article["title"] == title);
    article.expect("an article of that title")["body"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_replay_right_after_the_polls_changes_nothing() {
    let edited = channel(
        "Small feed",
        &[item("a", "a, edited"), item("b", "b")].concat(),
    );
    let first = Reply::feed(rss(&["a", "b"]));
    let (_site, tidings) = keeping(
        first
            .then(Reply::feed(edited))
            .then(Reply::feed(rss(&["b", "c"]))),
    );
    poll(&tidings, 3);
    assert_eq!(Database::of(&tidings).count("raw_documents"), 3);
    let before = tidings.exported();
    let ran = tidings.run(&["replay", "small"]);
    ran.ok().stdout_has("3 documents, 0 changed, 0 new");
    assert_eq!(tidings.exported(), before);
    tidings
        .run(&["feed", "show", "small"])
        .ok()
        .stdout_has("kept       3 documents since ");
}

#[test]
fn what_was_misread_becomes_a_revision_once_and_nobody_is_asked() {
    let (site, tidings) = keeping(Reply::feed(rss(&["a", "b"])));
    poll(&tidings, 1);
    misread(&tidings, "Title a");
    let seen = "SELECT max(last_seen) FROM sightings";
    let before = Database::of(&tidings).number(seen);
    let dry = tidings.run(&["replay", "--all", "--dry-run"]);
    dry.ok()
        .stdout_has("changed   small  Title a")
        .stdout_has("nothing was written");
    assert_eq!(body(&tidings, "Title a"), "Misread.");
    let ran = tidings.run(&["replay", "--all"]);
    ran.ok().stdout_has("1 document, 1 changed, 0 new");
    assert_eq!(body(&tidings, "Title a"), "Text of a.");
    let database = Database::of(&tidings);
    assert_eq!(
        (
            database.count("articles"),
            database.count("revisions"),
            database.count("sightings")
        ),
        (2, 1, 2)
    );
    assert_eq!(database.number(seen), before, "nothing was seen now");
    let again = tidings.run(&["replay", "--all"]);
    again.ok().stdout_has("0 changed, 0 new");
    misread(&tidings, "Title a");
    let later = tidings.run(&["replay", "small"]);
    later.ok().stdout_has("1 changed");
    assert_eq!(site.requests("/f").len(), 1);
    database.assert_sound();
}

#[test]
fn deleted_articles_stay_deleted_and_lost_ones_come_back() {
    let (_site, tidings) = keeping(Reply::feed(rss(&["a", "b"])));
    poll(&tidings, 1);
    let id = |title: &str| {
        let articles = tidings.exported();
        let article = articles.iter().find(|article| article["title"] == title);
        article.unwrap()["id"].as_str().unwrap().to_owned()
    };
    tidings.run(&["article", "delete", &id("Title a")]).ok();
    Database::of(&tidings).execute("DELETE FROM articles WHERE title = ?1", ["Title b"]);
    Database::of(&tidings).execute("DELETE FROM sightings WHERE guid = ?1", ["guid-b"]);
    let ran = tidings.run(&["replay", "small"]);
    ran.ok().stdout_has("0 changed, 1 new");
    let titles: Vec<_> = tidings
        .exported()
        .iter()
        .map(|a| a["title"].clone())
        .collect();
    assert_eq!(titles, ["Title b"]);
}

#[test]
fn a_later_version_is_never_turned_back() {
    let edited = Reply::feed(channel("Small feed", &item("a", "a, edited")));
    let (_site, tidings) = keeping(Reply::feed(rss(&["a"])).then(edited));
    poll(&tidings, 1);
    tidings.write(
        "feeds.toml",
        tidings
            .read("feeds.toml")
            .replace("\"changed\"", "\"failed\""),
    );
    poll(&tidings, 1);
    assert_eq!(Database::of(&tidings).count("raw_documents"), 1);
    tidings
        .run(&["replay", "small"])
        .ok()
        .stdout_has("0 changed");
    assert_eq!(body(&tidings, "Title a"), "Text of a, edited.");
}

#[test]
fn caps_hold_and_the_oldest_documents_go_first() {
    let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
    let mut replies = Reply::feed(rss(&["first"]));
    for name in &names {
        replies = replies.then(Reply::feed(rss(&[name])));
    }
    let (_site, tidings) = keeping(replies);
    let tidings = tidings.settings("[retention]\nkeep_raw_documents = 3");
    poll(&tidings, 7);
    let database = Database::of(&tidings);
    assert_eq!(database.count("raw_documents"), 3);
    let sum = database.number("SELECT sum(size) FROM raw_documents");
    let counted = database.number("SELECT value FROM counters WHERE name = 'raw_bytes'");
    assert_eq!(sum, counted);
    tidings
        .run(&["replay", "small", "--since", "2000-01-01"])
        .ok()
        .stdout_has("3 documents");
}

#[test]
fn none_keeps_not_even_what_cannot_be_read_and_failed_keeps_nothing_else() {
    let page = Reply::status(200).body("<html><body>Not here</body></html>");
    let (_site, tidings) = keeping(page.clone().then(Reply::feed(rss(&["a"]))).then(page));
    let feeds = tidings.read("feeds.toml");
    tidings.write("feeds.toml", feeds.replace("\"changed\"", "\"none\""));
    tidings.run(&["poll", "--all", "--force"]);
    assert_eq!(Database::of(&tidings).count("unread_documents"), 0);
    tidings.write("feeds.toml", feeds.replace("\"changed\"", "\"failed\""));
    tidings.run(&["poll", "--all", "--force"]);
    tidings.run(&["poll", "--all", "--force"]);
    let database = Database::of(&tidings);
    assert_eq!(database.count("raw_documents"), 0);
    assert_eq!(database.count("unread_documents"), 1);
    tidings.run(&["check"]).ok();
    tidings.write("feeds.toml", feeds.replace("\"changed\"", "\"all\""));
    let ran = tidings.run(&["check"]);
    ran.code(2)
        .stderr_has("write one of \"changed\", \"failed\", \"none\"");
}
