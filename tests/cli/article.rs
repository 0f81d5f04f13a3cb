//! One article by name: what is kept of it, how it changed, and its deletion.

use crate::util::{Reply, Tidings, rss};

use super::polled;

fn edited(tidings: &Tidings, title: &str, body: &str) {
    let text = format!(
        "\n# {title}\nPublished at: **2019-11-05T16:55:07+00:00**\nAuthor: **Ann**\n\
         Original: [F](https://example.com/story)\n{body}\n"
    );
    tidings.write("story.md", text);
    tidings.run(&["import", "story.md"]).ok();
}

#[test]
fn an_article_with_damaged_html_is_shown_exported_and_deleted_like_any_other() {
    let (_site, tidings) = polled();
    let all = tidings.exported();
    let id = all[0]["id"].as_str().unwrap();
    let body = all[0]["body"].as_str().unwrap();
    let raw = rusqlite::Connection::open(tidings.path("tidings.db")).unwrap();
    let damage = format!("UPDATE articles SET html = x'01FF' WHERE id = x'{id}'");
    assert_eq!(raw.execute(&damage, []).unwrap(), 1);
    drop(raw);
    let told = format!("the HTML of article {id} is damaged");
    tidings
        .run(&["article", "show", id])
        .ok()
        .stdout_has(body.lines().next().unwrap())
        .stderr_has(&told);
    tidings
        .run(&["article", "show", id, "--json"])
        .ok()
        .stderr_has(&told);
    // Asked for, it is missed; preferred, it is not.
    tidings
        .run(&["export", "--format", "jsonl", "--html"])
        .code(2)
        .stderr_has(&told);
    for format in ["atom", "epub"] {
        let ran = tidings.run(&["export", "--format", format, "--out", "out"]);
        ran.ok()
            .stderr_has(&told)
            .stdout_has(&format!("Exported {} article", all.len()));
    }
    tidings
        .run(&["article", "delete", id])
        .ok()
        .stdout_has("Deleted 1 article");
}

#[test]
fn an_import_says_what_was_deleted_before() {
    let tidings = Tidings::new();
    edited(&tidings, "Mine", "Some words of it.");
    let all = tidings
        .run(&["export", "--format", "jsonl"])
        .ok()
        .stdout
        .clone();
    tidings.write("all.jsonl", all);
    tidings
        .run(&["article", "delete", &id_of(&tidings, "Mine")])
        .ok();
    for file in ["all.jsonl", "story.md"] {
        tidings
            .run(&["import", file])
            .ok()
            .stdout_has("0 articles new, 0 changed, 0 known already, 1 deleted before");
    }
}

fn id_of(tidings: &Tidings, title: &str) -> String {
    let all = tidings.exported();
    let found = all.iter().find(|article| article["title"] == title);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_article_is_shown_with_who_carried_it() {
    let (_site, tidings) = polled();
    let title = tidings.exported()[0]["title"].as_str().unwrap().to_owned();
    let id = id_of(&tidings, &title);
    tidings
        .run(&["article", "show", &id[..6]])
        .ok()
        .stdout_has(&format!("title      {title}\nid         {id}\n"))
        .stdout_has("carried by small, this version, last seen ")
        .stdout_has("(as the feed says)")
        .stdout_has("\nbody       ");
    let shown = tidings.run(&["article", "show", &id, "--json"]).ok().json();
    assert_eq!(shown["id"], *id);
    assert_eq!(shown["sightings"][0]["feed"], "small");
    assert_eq!(shown["sightings"][0]["owner"], true);
    assert!(shown.get("revisions").is_none());
}

#[test]
fn the_history_shows_what_changed_from_version_to_version() {
    let tidings = Tidings::new();
    edited(&tidings, "Price is 5", "It costs 5 today.\nThe end.");
    edited(&tidings, "Price is 6", "It costs 6 today.\nThe end.");
    edited(
        &tidings,
        "Price is 6",
        "It costs 6 today.\nMore to come.\nThe end.",
    );
    let url = "https://example.com/story?utm_source=x#top";
    let ran = tidings.run(&["article", "show", url, "--history"]);
    ran.ok()
        .stdout_has("\nchanged    2 times, last ")
        .stdout_has("\ntitle      Price is [-5-]{+6+}\nbody       It costs [-5-]{+6+} today.\n")
        .stdout_has("\nbody       (a paragraph that stayed)\n           {+More to come.+}\n")
        .stdout_lacks("\u{1b}[");
    let shown = tidings.run(&["article", "show", url, "--history", "--json"]);
    let shown = shown.ok().json();
    assert_eq!(shown["revisions"][0]["title"], "Price is 5");
    assert_eq!(shown["revisions"][1]["body"], "It costs 6 today.\nThe end.");
    assert_eq!(shown["revisions"][0]["authors"][0], "Ann");
    assert_eq!(shown["body"], "It costs 6 today.\nMore to come.\nThe end.");
}

#[test]
fn an_article_that_never_changed_has_no_history() {
    let tidings = Tidings::new();
    edited(&tidings, "T", "b");
    tidings
        .run(&["article", "show", "https://example.com/story", "--history"])
        .ok()
        .stdout_has("It has not changed since it was stored.");
}

#[test]
fn a_name_of_no_article_or_of_several_is_told() {
    let (_site, tidings) = polled();
    let unknown = "00000000000000000000000000000000";
    tidings
        .run(&["article", "show", unknown])
        .code(2)
        .stderr_has("no article of the store is called");
    tidings
        .run(&["article", "show", "xyz"])
        .code(2)
        .stderr_has("names no article; give 4 or more digits of an id");
}

#[test]
fn a_deleted_article_stays_away_though_its_feed_carries_it() {
    let (site, tidings) = polled();
    let id = tidings.exported()[0]["id"].as_str().unwrap().to_owned();
    tidings
        .run(&["article", "delete", &id, "0000000000"])
        .code(2);
    assert_eq!(tidings.exported().len(), 3, "all names or none");
    let ran = tidings.run(&["article", "delete", &id, "--reason", "test"]);
    ran.ok().stdout_has("Deleted 1 article");
    site.serve("/f", Reply::feed(rss(&["a", "b", "c", "d"])));
    tidings.run(&["poll", "--all", "--force"]);
    let left = tidings.exported();
    assert!(left.iter().all(|article| article["id"] != *id));
    tidings.run(&["article", "show", &id]).code(2);
}

#[test]
fn what_a_publisher_writes_moves_no_cursor() {
    let tidings = Tidings::new();
    edited(&tidings, "a \u{1b}[31m red", "old\u{202e} text");
    edited(&tidings, "a \u{1b}[32m green", "new\u{202e} text");
    let url = "https://example.com/story";
    for args in [
        vec!["article", "show", url],
        vec!["article", "show", url, "--history"],
    ] {
        tidings
            .run(&args)
            .ok()
            .stdout_lacks("\u{1b}")
            .stdout_lacks("\u{202e}");
    }
}
