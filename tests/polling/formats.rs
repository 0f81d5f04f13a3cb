//! Every feed format to the same record: a tiny document of each in `fixtures/formats`, and what
//! it must give in `golden/formats`.

use std::path::Path;

use super::again;
use crate::util::{Reply, Site, Tidings, golden};

/// Polls a fixture and compares what the store then holds, without the moments of the poll.
fn gives(name: &str, content_type: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/formats")
        .join(name);
    let document =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let site = Site::start();
    let reply = Reply::feed(document).content_type(content_type).gzip();
    site.serve(&format!("/{name}"), reply);
    let lines = format!(
        "[[feed]]\nid = \"tiny\"\nurl = {:?}",
        site.url(&format!("/{name}"))
    );
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok().stdout_has("0 new, 0 changed");
    let mut text = String::new();
    for mut article in tidings.exported() {
        let fields = article.as_object_mut().unwrap();
        for moment in ["first_seen", "changed_at"] {
            assert!(
                fields.remove(moment).is_some_and(|at| at.is_string()),
                "{moment}"
            );
        }
        text.push_str(&serde_json::to_string_pretty(&article).unwrap());
        text.push('\n');
    }
    // Relative links are resolved against the address of the document, whose port is by chance.
    let text = text.replace(&site.url(""), "http://site.example");
    golden(&format!("formats/{name}.jsonl"), &text);
}

#[test]
fn rss_0_91_becomes_articles() {
    gives("rss091.xml", "text/xml");
}

#[test]
fn rss_2_0_with_content_and_dublin_core_becomes_articles() {
    gives("rss20.xml", "application/rss+xml");
}

#[test]
fn rss_1_0_becomes_articles() {
    gives("rdf.xml", "application/rdf+xml");
}

#[test]
fn atom_0_3_becomes_articles() {
    gives("atom03.xml", "application/x.atom+xml");
}

#[test]
fn atom_1_0_becomes_articles() {
    gives("atom10.xml", "application/atom+xml");
}

#[test]
fn json_feed_becomes_articles() {
    gives("feed.json", "application/feed+json");
}

#[test]
fn a_windows_1251_document_becomes_articles() {
    gives("windows1251.xml", "text/xml");
}

#[test]
fn what_only_some_publishers_give_becomes_fields_of_its_own() {
    gives("details.xml", "application/rss+xml");
}
