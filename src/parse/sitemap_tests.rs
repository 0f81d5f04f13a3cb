//! Sitemaps as entries: what Google's documentation shows, what publishers make of it, what nobody
//! should make of it.

use super::{Limits, ParseError, parse};
use crate::model::{FeedKind, RawEntry, RawFeed};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset \
    xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
    xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\" \
    xmlns:image=\"http://www.google.com/schemas/sitemap-image/1.1\">";

fn read_with(document: &str, max_entries: usize, pages: bool) -> Result<RawFeed, ParseError> {
    let limits = Limits { max_entries, pages };
    parse(
        document.as_bytes(),
        Some("application/xml"),
        "https://example.org/s.xml",
        limits,
    )
}

fn read(document: &str) -> RawFeed {
    read_with(document, 10_000, false).unwrap()
}

/// A page with news of a day of January 2026.
fn news(name: &str, day: u32) -> String {
    format!(
        "<url><loc>https://example.org/{name}</loc><news:news><news:publication><news:name>The Times</news:name>\
         <news:language>en</news:language></news:publication>\
         <news:publication_date>2026-01-{day:02}T10:00:00+01:00</news:publication_date>\
         <news:title>Title {name}</news:title></news:news></url>\n"
    )
}

fn page(name: &str, lastmod: &str) -> String {
    format!(
        "<url><loc>https://example.org/{name}</loc><lastmod>{lastmod}</lastmod><priority>0.5</priority></url>"
    )
}

fn links(feed: &RawFeed) -> Vec<&str> {
    feed.entries
        .iter()
        .filter_map(|entry| entry.link.as_deref())
        .collect()
}

#[test]
fn everything_that_a_news_sitemap_says_is_read() {
    let feed = read(&format!(
        "{HEAD}<url><loc>https://example.org/a?x=1&amp;y=2</loc><lastmod>2026-01-03</lastmod><news:news>\
         <news:publication><news:name>The Times</news:name><news:language>en</news:language></news:publication>\
         <news:publication_date>2026-01-02T03:04:05Z</news:publication_date><news:title>Ham &amp; Eggs</news:title>\
         <news:keywords>food, breakfast</news:keywords><news:genres>Blog</news:genres>\
         <news:stock_tickers>NASDAQ:HAM</news:stock_tickers></news:news>\
         <image:image><image:loc>https://example.org/i.jpg</image:loc></image:image></url></urlset>"
    ));
    assert_eq!(
        (feed.kind, feed.format.as_str()),
        (FeedKind::NewsSitemap, "News sitemap")
    );
    assert_eq!(feed.title.unwrap().text, "The Times");
    let [entry] = feed.entries.as_slice() else {
        panic!("{:?}", feed.entries)
    };
    assert_eq!(entry.link.as_deref(), Some("https://example.org/a?x=1&y=2"));
    assert_eq!(entry.title.as_ref().unwrap().text, "Ham & Eggs");
    assert_eq!(
        entry.published.unwrap().to_rfc3339(),
        "2026-01-02T03:04:05+00:00"
    );
    assert_eq!(
        entry.updated.unwrap().to_rfc3339(),
        "2026-01-03T00:00:00+00:00"
    );
    assert_eq!(entry.language.as_deref(), Some("en"));
    let tags: Vec<&str> = entry
        .categories
        .iter()
        .map(|tag| tag.term.as_str())
        .collect();
    assert_eq!(tags, ["food", "breakfast", "Blog", "NASDAQ:HAM"]);
    assert_eq!(entry.image.as_deref(), Some("https://example.org/i.jpg"));
    assert!(entry.content.is_none() && entry.summary.is_none() && entry.guid.is_none());
    assert_eq!(feed.repairs, []);
}

#[test]
fn prefixes_and_namespaces_are_read_in_any_spelling() {
    let bare = "<urlset><url><loc>/a</loc><news:news><news:title>T</news:title></news:news></url></urlset>";
    let prefixed = "<sm:urlset xmlns:sm='http://www.google.com/schemas/sitemap/0.84' \
        xmlns:n='https://www.google.com/schemas/sitemap-news/0.9/'><sm:url><sm:loc>\n /a \n</sm:loc><n:news>\
        <n:title><![CDATA[T]]></n:title></n:news></sm:url></sm:urlset>";
    for document in [bare, prefixed] {
        let feed = read(document);
        assert_eq!(links(&feed), ["/a"], "{document}");
        assert_eq!(feed.entries[0].title.as_ref().unwrap().text, "T");
    }
}

#[test]
fn pages_without_news_count_only_where_they_are_asked_for() {
    let plain = format!(
        "{HEAD}{}{}</urlset>",
        page("a", "2026-01-01"),
        page("b", "nonsense")
    );
    assert_eq!(
        read_with(&plain, 10, false).unwrap_err(),
        ParseError::PagesOnly(2)
    );
    let feed = read_with(&plain, 10, true).unwrap();
    assert_eq!(
        (feed.kind, feed.format.as_str()),
        (FeedKind::Sitemap, "Sitemap")
    );
    assert_eq!(
        links(&feed),
        ["https://example.org/a", "https://example.org/b"]
    );
    let dated = |entry: &RawEntry| {
        (
            entry.title.is_none(),
            entry.published,
            entry.updated.is_some(),
        )
    };
    assert_eq!(
        feed.entries.iter().map(dated).collect::<Vec<_>>(),
        [(true, None, true), (true, None, false)]
    );
    assert!(
        feed.repairs[0].what.contains("no date that can be read"),
        "{:?}",
        feed.repairs
    );

    let mixed = format!("{HEAD}{}{}</urlset>", page("a", "2026-01-01"), news("b", 1));
    assert_eq!(links(&read(&mixed)), ["https://example.org/b"]);
    let all = read_with(&mixed, 10, true).unwrap();
    assert_eq!(all.entries.len(), 2);
}

#[test]
fn a_day_without_news_is_an_empty_sitemap() {
    let feed = read(&format!("{HEAD}</urlset>"));
    assert_eq!((feed.kind, feed.entries.len()), (FeedKind::NewsSitemap, 0));
}

#[test]
fn two_publications_give_the_sitemap_no_title() {
    let other = news("b", 1).replace("The Times", "The Star");
    let feed = read(&format!("{HEAD}{}{other}</urlset>", news("a", 1)));
    assert!(feed.title.is_none());
}

#[test]
fn of_too_many_pages_the_newest_are_kept_in_their_order() {
    let all: String = (1..=28).map(|day| news(&format!("n{day}"), day)).collect();
    let feed = read_with(&format!("{HEAD}{all}</urlset>"), 3, false).unwrap();
    let newest = [
        "https://example.org/n26",
        "https://example.org/n27",
        "https://example.org/n28",
    ];
    assert_eq!(links(&feed), newest);
    assert!(
        feed.repairs[0].what.contains("more than 3 pages"),
        "{:?}",
        feed.repairs
    );
    let all: String = (1..=28)
        .rev()
        .map(|day| news(&format!("n{day}"), day))
        .collect();
    let feed = read_with(&format!("{HEAD}{all}</urlset>"), 3, false).unwrap();
    assert_eq!(links(&feed)[0], newest[2]);

    let many: String = (0..1500)
        .map(|at| news(&format!("n{at}"), at % 28 + 1))
        .collect();
    let many = format!("{HEAD}{many}</urlset>");
    assert_eq!(read(&many).entries.len(), 1000);
    assert_eq!(read_with(&many, 10_000, true).unwrap().entries.len(), 1500);
}

#[test]
fn pages_that_are_no_news_push_none_out() {
    let pages: String = (0..50)
        .map(|at| page(&format!("p{at}"), "2026-06-01"))
        .collect();
    let feed = read_with(&format!("{HEAD}{}{pages}</urlset>", news("a", 1)), 3, false).unwrap();
    assert_eq!(links(&feed), ["https://example.org/a"]);
}

#[test]
fn an_index_is_no_feed_and_lists_its_sitemaps_newest_first() {
    let index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>\
        <sitemap><loc>https://example.org/old.xml.gz</loc><lastmod>2020-01-01</lastmod></sitemap>\
        <sitemap><loc>/none.xml</loc></sitemap>\
        <sitemap><loc>https://example.org/news.xml</loc><lastmod>2026-01-01T00:00Z</lastmod></sitemap></sitemapindex>";
    let Err(error @ ParseError::SitemapIndex(_)) = read_with(index, 10, true) else {
        panic!("read")
    };
    assert!(
        error
            .to_string()
            .contains("such as https://example.org/news.xml ("),
        "{error}"
    );
    let ParseError::SitemapIndex(urls) = error else {
        unreachable!()
    };
    assert_eq!(
        urls,
        [
            "https://example.org/news.xml",
            "https://example.org/old.xml.gz",
            "https://example.org/none.xml"
        ]
    );
    let empty = read_with("<sitemapindex/>", 10, true).unwrap_err();
    assert!(empty.to_string().contains("lists no sitemap"), "{empty}");
}

#[test]
fn a_sitemap_that_is_cut_off_keeps_its_whole_pages() {
    let document = format!("{HEAD}{}{}{}", news("a", 1), news("b", 2), news("c", 3));
    let feed = read(&document[..document.len() - 60]);
    assert_eq!(
        links(&feed),
        ["https://example.org/a", "https://example.org/b"]
    );
    assert!(!feed.repairs.is_empty());
}

#[test]
fn fifty_thousand_pages_and_pages_in_pages_cost_no_more_memory_than_the_newest() {
    let pages = 50_000;
    let many = format!(
        "{HEAD}{}</urlset>",
        "<url><loc>/a</loc></url>".repeat(pages)
    );
    assert_eq!(read_with(&many, 100, true).unwrap().entries.len(), 100);
    assert!(matches!(
        read_with(&many, 100, false),
        Err(ParseError::PagesOnly(50_000))
    ));
    let nested = format!(
        "{HEAD}{}",
        "<url><news:news><news:title>T</news:title>".repeat(20_000)
    );
    assert_eq!(read_with(&nested, 100, false).unwrap().entries.len(), 100);
}

#[test]
fn entities_in_a_sitemap_do_not_multiply() {
    let lol: String = (1..10)
        .map(|at| {
            format!(
                "<!ENTITY l{at} \"{}\">",
                format!("&l{};", at - 1).repeat(10)
            )
        })
        .collect();
    let document = format!(
        "<!DOCTYPE urlset [<!ENTITY l0 \"lol\">{lol}]>{HEAD}{}</urlset>",
        news("a", 1).replace("Title a", "&l9;")
    );
    let feed = read(&document);
    let length = feed.entries[0]
        .title
        .as_ref()
        .map_or(0, |title| title.text.len());
    assert!(length < 10_000, "{length}");
}

#[test]
fn an_element_called_urlset_in_a_feed_makes_it_no_sitemap() {
    let feed = read(
        "<rss version='2.0'><channel><title>C</title><item><title>A</title><urlset><url>x</url></urlset></item></channel></rss>",
    );
    assert_eq!((feed.kind, feed.entries.len()), (FeedKind::Feed, 1));
}
