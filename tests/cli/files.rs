//! Articles out and in: `export` and `import`.

use std::{fs, path::PathBuf};

use super::polled;
use crate::util::{Reply, Site, Tidings, channel};

/// The article files below a folder of the run's directory, sorted.
fn files(tidings: &Tidings, folder: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![tidings.path(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_gets_one_file_an_article_and_the_same_ones_again() {
    let (_site, tidings) = polled();
    let first = tidings.run(&["export", "--out", "articles/"]);
    first
        .ok()
        .stdout_has("Exported 3 articles to articles/")
        .stdout_has("3 files written");
    let before = files(&tidings, "articles");
    assert_eq!(before.len(), 3, "{before:?}");
    let second = tidings.run(&["export", "--out", "articles"]);
    second.ok().stdout_has("3 files unchanged");
    assert_eq!(files(&tidings, "articles"), before);
}

#[test]
fn the_same_store_and_query_give_the_same_bytes() {
    let (_site, tidings) = polled();
    for format in ["markdown", "jsonl"] {
        let args = ["export", "--format", format];
        let (first, second) = (tidings.run(&args), tidings.run(&args));
        assert_eq!(first.ok().stdout, second.ok().stdout);
        tidings.run(&[&args[..], &["--out", "all"]].concat()).ok();
        assert_eq!(tidings.read("all"), first.stdout);
        assert!(first.stdout.ends_with('\n'));
    }
}

#[test]
fn exports_can_be_narrowed_by_feed_tag_date_and_number() {
    let items: String = (1..=5)
        .map(|day| {
            format!(
                "<item><title>Day {day}</title><guid>{day}</guid><link>https://example.org/day/{day}</link>\
                 <pubDate>0{day} Nov 2019 12:00:00 GMT</pubDate></item>"
            )
        })
        .collect();
    let site = Site::start();
    site.serve("/days", Reply::feed(channel("Days", &items)));
    site.serve("/f", Reply::feed(crate::util::rss(&["a"])));
    let tidings = Tidings::new()
        .feed_toml(&format!(
            "[[feed]]\nid = \"days\"\nurl = {:?}\ntags = [\"calendar\"]",
            site.url("/days")
        ))
        .feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    let titles = |more: &[&str]| -> Vec<String> {
        let args = [&["export", "--format", "jsonl"], more].concat();
        let lines = tidings.run(&args).ok().jsonl();
        lines
            .iter()
            .map(|line| line["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(titles(&["--feed", "days"]).len(), 5);
    assert_eq!(titles(&["--tag", "calendar"]).len(), 5);
    assert_eq!(titles(&["--since", "2019-11-05"]), ["Day 5", "Title a"]);
    assert_eq!(titles(&["--until", "2019-11-02"]), ["Day 1"]);
    assert_eq!(
        titles(&["--since", "2019-11-02", "--until", "2019-11-04"]),
        ["Day 2", "Day 3"]
    );
    assert_eq!(titles(&["--limit", "2"]), ["Day 5", "Title a"]);
    assert_eq!(titles(&["--since", "1d"]), Vec::<String>::new());
}

#[test]
fn poll_with_export_leaves_the_articles_as_files() {
    let (_site, tidings) = polled();
    let ran = tidings.run(&["poll", "--all", "--force", "--export", "out"]);
    ran.ok().stdout_has("Exported 3 articles to out");
    assert_eq!(files(&tidings, "out").len(), 3);
}

#[test]
fn an_exported_archive_can_be_imported_elsewhere_and_is_the_same_again() {
    let (_site, tidings) = polled();
    tidings.run(&["export", "--out", "articles/"]).ok();
    let all = tidings.run(&["export"]).ok().stdout.clone();
    let other = tidings.path("other.db");
    let other = other.to_str().unwrap();
    tidings
        .run(&["--store", other, "import", "articles"])
        .ok()
        .stdout_has("3 articles new");
    assert_eq!(tidings.run(&["--store", other, "export"]).ok().stdout, all);
    let again = tidings.run(&["--store", other, "import", "articles"]);
    again
        .ok()
        .stdout_has("0 articles new, 0 changed, 3 known already");
}

#[test]
fn one_unreadable_file_is_told_and_the_others_are_imported() {
    let (_site, tidings) = polled();
    tidings.run(&["export", "--out", "articles/"]).ok();
    tidings.write("articles/junk.md", "no article\n");
    let ran = tidings.run(&["--store", "other.db", "import", "articles"]);
    ran.code(1)
        .stdout_has("3 articles new")
        .stdout_has("1 could not be read");
    ran.complains_once("articles/junk.md:1: expected an article that starts with");
    tidings
        .run(&["import", "nofile.md"])
        .code(2)
        .complains_once("nofile.md: cannot be read");
}

#[test]
fn titles_and_links_with_any_characters_survive_export_and_import() {
    let titles = [
        "# no heading",
        "**bold** [x](y)",
        "a | b \\ c",
        "Ünïcode 山田 🎉",
        "&lt;b&gt; &amp;amp;",
        "Original: [x](y)",
        "trailing \\",
    ];
    let items: String = titles
        .iter()
        .enumerate()
        .map(|(n, title)| {
            format!(
                "<item><title>{title}</title><guid>{n}</guid><link>https://example.org/{n}/(a)_[b]?q=x*y</link>\
                 <author>{title}</author><description>&lt;p&gt;# {title}&lt;/p&gt;&lt;p&gt;Author: **x**&lt;/p&gt;</description></item>"
            )
        })
        .collect();
    let site = Site::start();
    site.serve("/f", Reply::feed(channel("So[u]rce *x*", &items)));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("7 new");
    let fields = |store: &str| -> Vec<serde_json::Value> {
        let lines = tidings
            .run(&["--store", store, "export", "--format", "jsonl"])
            .ok()
            .jsonl();
        let mut rows: Vec<_> = lines
            .iter()
            .map(|line| {
                serde_json::json!([
                    line["title"],
                    line["url"],
                    line["authors"],
                    line["body"],
                    line["source"]
                ])
            })
            .collect();
        rows.sort_by_key(ToString::to_string);
        rows
    };
    tidings.run(&["export", "--out", "articles/"]).ok();
    tidings
        .run(&["--store", "other.db", "import", "articles"])
        .ok()
        .stdout_has("7 articles new");
    assert_eq!(fields("other.db"), fields("tidings.db"));
}

#[test]
fn a_minus_is_standard_output_and_a_file_is_told_without_a_count_of_files() {
    let (_site, tidings) = polled();
    let all = tidings.run(&["export"]).ok().stdout.clone();
    assert_eq!(tidings.run(&["export", "--out", "-"]).ok().stdout, all);
    assert!(!tidings.path("-").exists());
    for words in [
        "Exported 3 articles to a.md\n",
        "Exported 3 articles to a.md (unchanged)\n",
    ] {
        let ran = tidings.run(&["export", "--format", "md", "--out", "a.md"]);
        assert_eq!(ran.ok().stdout, words);
    }
    let ran = tidings.run(&["export", "--out", "no/such/a.md"]);
    ran.code(2)
        .complains_once("no/such/a.md: the folder does not exist; create it first\n");
}

#[test]
fn a_tag_that_no_feed_has_is_told() {
    let (_site, tidings) = polled();
    let ran = tidings.run(&["export", "--tag", "tiny,nosuch"]);
    ran.code(2)
        .complains_once("no feed in the store has the tag \"nosuch\"");
    assert_eq!(ran.stdout, "");
}

#[test]
fn files_that_are_not_there_are_counted_apart_and_make_no_store() {
    let (_site, tidings) = polled();
    tidings.run(&["export", "--out", "a.md"]).ok();
    let ran = tidings.run(&["import", "none.md", "a.md"]);
    ran.code(1).stdout_has(
        "Imported 1 file: 0 articles new, 0 changed, 3 known already; 1 could not be read",
    );
    let ran = tidings.run(&["--store", "new.db", "import", "none.md"]);
    ran.code(2).complains_once("none.md");
    assert_eq!(ran.stdout, "");
    assert!(!tidings.path("new.db").exists());
}

#[test]
fn markup_is_exported_safe_and_cleaned_as_the_feed_asks_when_it_is_asked_for() {
    let body = "<p class=promo>Buy</p><p onclick=x()>Some <b>bold</b> text <a href=/x>link</a></p>";
    let item = format!(
        "<item><title>T</title><link>https://example.org/a</link><description><![CDATA[{body}]]></description></item>"
    );
    let site = Site::start();
    site.serve("/f", Reply::feed(channel("F", &item)));
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nurl = {:?}\nremove = [\"p.promo\"]",
        site.url("/f")
    ));
    tidings.run(&["poll", "--all"]).ok();
    let ran = tidings.run(&["export", "--format", "jsonl", "--html"]);
    let html = ran.ok().jsonl()[0]["html"].as_str().unwrap().to_owned();
    assert!(
        html.contains("<b>bold</b>") && html.contains("https://example.org/x"),
        "{html}"
    );
    assert!(!html.contains("onclick") && !html.contains("Buy"), "{html}");
    assert!(tidings.exported()[0].get("html").is_none());
    let ran = tidings.run(&["export", "--html"]);
    ran.code(2).complains_once(
        "--html is a field of records; add --format jsonl, json, csv, parquet or sqlite",
    );
    tidings
        .run(&["export", "--format", "jsonl", "--html", "--out", "d/"])
        .ok();
    assert!(tidings.read("d/articles.jsonl").contains("<b>bold</b>"));
}
