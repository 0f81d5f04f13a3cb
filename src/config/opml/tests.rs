//! Lists as readers export them, and as nobody should.

use std::path::Path;

use super::{
    read::{Pages, read},
    write,
};
use crate::{
    config::{Env, feed_table::FeedFile, source::Source},
    model::{FeedKind, FeedSpec},
};

fn opml(text: &str) -> FeedFile {
    opml_with(text, Pages::AsTheyStand)
}

fn opml_with(text: &str, pages: Pages) -> FeedFile {
    let source = Source::new(
        Path::new("list.opml"),
        &Env::in_dir("/srv"),
        text.to_owned(),
    );
    read(source, pages)
}

fn errors(file: &FeedFile) -> Vec<String> {
    file.mistakes
        .iter()
        .map(|(_, error)| error.to_string())
        .collect()
}

/// Name, URL and tags of each feed.
fn feeds(file: &FeedFile) -> Vec<(&str, &str, String)> {
    let show = |feed: &'_ FeedSpec| feed.tags.join("|");
    file.feeds
        .iter()
        .map(|(_, feed)| {
            (
                feed.name.as_deref().unwrap_or("-"),
                feed.url.as_str(),
                show(feed),
            )
        })
        .collect()
}

#[test]
fn sloppy_lists_are_read_as_people_mean_them() {
    let file = opml(
        "<OPML><body>\n\
         <outline TEXT='Caf&eacute; & Co' XMLURL=\"http://a.org/?x=1&y=2\" isComment=\"True\">\n\
         <outline text=\"News\"><outline title=\"B &#38; &#x42; &nope;\" xmlUrl='http://b.org/' category=\"/tech/linux,daily\"/>\n\
         <Outline text='http://c.org/' xmlurl=http://c.org/ ></outline>\n\
         </body></strange>",
    );
    assert_eq!(errors(&file), [""; 0]);
    assert_eq!(
        feeds(&file),
        [
            ("Café & Co", "http://a.org/?x=1&y=2", String::new()),
            (
                "B & B &nope;",
                "http://b.org/",
                "News|tech|linux|daily".into()
            ),
            ("-", "http://c.org/", "News".into()),
        ]
    );
}

#[test]
fn bad_entries_are_told_with_their_line_and_the_others_kept() {
    let file = opml(
        "<opml version='1.1'><body>\n<outline text='ok' xmlUrl='https://ok.org/f'/>\n\
         <outline text='bad' xmlUrl='ftp://bad.org/'/>\n<outline text='again' xmlUrl='https://ok.org/f#x'/>\n\
         <outline text='half' xmlUrl='https://half.org/",
    );
    assert_eq!(feeds(&file).len(), 1);
    let errors = errors(&file);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0]
            .starts_with("list.opml:3:1: outline: \"ftp://bad.org/\" is neither http nor https"),
        "{errors:?}"
    );
    assert!(
        errors[1].starts_with("list.opml:5:1: outline: the rest of the file is not XML"),
        "{errors:?}"
    );
}

#[test]
fn something_that_is_no_opml_is_refused() {
    for text in [
        "",
        "just text",
        "<html><body><p>hello</p></body></html>",
        "{\"a\": 1}",
    ] {
        assert_eq!(
            errors(&opml(text)),
            ["list.opml:1:1: outline: this is not OPML: there is no <opml> and no <outline> in it"]
        );
    }
    assert_eq!(
        errors(&opml("<opml version=\"2.0\"><body></body></opml>")),
        [""; 0]
    );
}

#[test]
fn hostile_sizes_end_the_reading_and_not_the_program() {
    let deep = opml(&format!("<opml>{}", "<outline text='f'>".repeat(50_000)));
    assert!(errors(&deep)[0].contains("more than 32 deep"));
    let many: String = (0..10_001)
        .map(|n| format!("<outline xmlUrl='http://x.org/{n}'>\n"))
        .collect();
    let many = opml(&many);
    assert_eq!(many.feeds.len(), 10_000);
    assert!(errors(&many)[0].starts_with("list.opml:10001:1: outline: more than 10000 outlines"));
}

#[test]
fn latin_1_is_read_by_its_declaration() {
    let bytes = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><opml><outline text=\"Caf\xe9\" xmlUrl=\"http://a.org/\"/></opml>";
    let text = super::read::decode(bytes.to_vec());
    let marked = format!("\u{feff}{text}\n<outline xmlUrl='x'/>");
    let marked = opml(&super::read::decode(marked.into_bytes()));
    assert_eq!(feeds(&marked)[0].0, "Café");
    assert!(errors(&marked)[0].starts_with("list.opml:2:1: outline: \"x\" is not a whole URL"));
    assert_eq!(feeds(&opml(&text))[0].0, "Café");
}

#[test]
fn what_was_written_reads_back_the_same() {
    let list = "<opml><outline text='A \"&lt;&amp;&gt;&apos;' xmlUrl='http://a.org/?a=1&amp;b=2'/>\
                <outline text='T'><outline text='C' xmlUrl='http://c.org/' category='x,y/z'/></outline>\
                <outline xmlUrl='http://n.org/'/></opml>"
        .replace("\"&lt;", "&quot;&lt;");
    let first = opml(&list);
    let specs: Vec<FeedSpec> = first.feeds.iter().map(|(_, feed)| feed.clone()).collect();
    let text = write("Mine & yours", &specs);
    let again = opml(&text);
    assert_eq!(errors(&again), [""; 0]);
    let sorted = |file: &FeedFile| {
        let mut specs: Vec<FeedSpec> = file.feeds.iter().map(|(_, feed)| feed.clone()).collect();
        specs.sort_by(|a, b| a.url.cmp(&b.url));
        specs
    };
    assert_eq!(sorted(&again), sorted(&first));
    assert!(text.contains(
        "<outline type=\"rss\" text=\"C\" title=\"C\" xmlUrl=\"http://c.org/\" category=\"x,y/z\"/>"
    ));
    assert!(text.contains("<title>Mine &amp; yours</title>"));
}

#[test]
fn a_sitemap_is_one_again_after_export_and_import() {
    let file = opml(
        "<opml><body><outline type='news-sitemap' xmlUrl='http://a.org/'/><outline type='sitemap' xmlUrl='http://b.org/'/>\
         <outline type='atom' xmlUrl='http://c.org/'/></body></opml>",
    );
    let specs: Vec<FeedSpec> = file.feeds.into_iter().map(|(_, spec)| spec).collect();
    let again = opml(&write("Feeds", &specs)).feeds.into_iter();
    let kinds: Vec<FeedKind> = again.map(|(_, spec)| spec.kind).collect();
    assert_eq!(
        kinds,
        [FeedKind::NewsSitemap, FeedKind::Sitemap, FeedKind::Feed]
    );
}
