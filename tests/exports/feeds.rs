//! A re-published feed says what the articles say: our own parser is the reader.

use std::fs;

use serde_json::Value;

use super::{bytes, rich};
use crate::util::Tidings;

/// What must come back; the rest has no place in some of the formats.
const FIELDS: &[&str] = &[
    "title",
    "url",
    "body",
    "summary",
    "authors",
    "tags",
    "enclosures",
    "language",
];

fn articles(tidings: &Tidings, source: &str) -> Vec<Value> {
    let mut lines = tidings
        .run(&["preview", source, "--format", "jsonl", "--quiet"])
        .ok()
        .jsonl();
    lines.sort_by_key(|line| line["url"].to_string() + &line["body"].to_string());
    lines
}

/// The documents of all formats that Tidings reads.
fn documents() -> Vec<std::path::PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/formats");
    let found = fs::read_dir(folder).unwrap();
    let mut found: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() > 5);
    found
}

#[test]
fn a_republished_feed_comes_back_as_the_same_articles() {
    let tidings = Tidings::new();
    for document in documents() {
        let document = document.to_str().unwrap();
        let given = articles(&tidings, document);
        for format in ["atom", "rss", "jsonfeed"] {
            let ran = tidings.run(&["preview", document, "--format", format, "--quiet"]);
            let name = format!("again.{format}");
            tidings.write(&name, &ran.ok().stdout);
            let again = articles(&tidings, &name);
            assert_eq!(again.len(), given.len(), "{document} as {format}");
            for (one, other) in given.iter().zip(&again) {
                for field in FIELDS {
                    assert_eq!(
                        other[field], one[field],
                        "{field} of {document} as {format}"
                    );
                }
                // Atom's `updated` cannot be left out, and stands in where there is no other date.
                if format != "atom" || !one["published_at"].is_null() {
                    for field in ["published_at", "published_from"] {
                        assert_eq!(
                            other[field], one[field],
                            "{field} of {document} as {format}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_stored_archive_is_republished_newest_first_with_html_and_stable_ids() {
    let tidings = rich();
    let id = tidings.exported()[0]["id"].as_str().unwrap().to_owned();
    for name in ["out.atom", "out.rss", "out.jsonfeed"] {
        let args = [
            "export",
            "--out",
            name,
            "--title",
            "A & B",
            "--self-url",
            "https://me.example/f",
        ];
        tidings.run(&args).ok().stdout_has("Exported 3 articles");
        let first = bytes(&tidings, name);
        let text = String::from_utf8(first.clone()).unwrap();
        assert!(
            text.contains(&format!("urn:tidings:article:{id}")),
            "{text}"
        );
        assert!(text.contains("https://me.example/f"), "{text}");
        assert!(text.contains("bold"), "the body's markup is there: {text}");
        assert!(!text.contains("x()"), "and safe: {text}");
        assert!(text.find("Only text").unwrap() < text.find("Ein Satz").unwrap());
        tidings.run(&args).ok().stdout_has("(unchanged)");
        assert_eq!(bytes(&tidings, name), first);
    }
    assert!(
        tidings
            .read("out.atom")
            .contains("<title>A &amp; B</title>")
    );
    // The newest article's date; what has none was collected later than all others' dates.
    let ran = tidings.run(&["export", "--format", "atom", "--until", "2019-12-01"]);
    let head = ran.ok().stdout.split("<entry").next().unwrap().to_owned();
    assert!(
        head.contains("<updated>2019-11-06T00:00:00Z</updated>"),
        "{head}"
    );
    let ran = tidings.run(&["export", "--format", "rss", "--limit", "1"]);
    assert_eq!(ran.ok().stdout.matches("<item>").count(), 1);
    ran.stdout_has("Only text");
}

#[test]
fn options_that_the_format_has_no_place_for_are_told() {
    let tidings = rich();
    for (args, why) in [
        (
            &["--format", "csv", "--title", "x"][..],
            "--title is for feeds and books",
        ),
        (
            &["--front-matter", "--format", "csv"],
            "--front-matter is for Markdown",
        ),
        (&["--csv-safe"], "--csv-safe is for CSV"),
        (&["--manifest"], "--manifest stands beside a file"),
        (&["--out", "a.epub.gz"], "an EPUB is packed already"),
    ] {
        let ran = tidings.run(&[&["export"], args].concat());
        ran.code(2).complains_once(why);
    }
}
