//! News sitemaps as a source: links with title and date, beside feeds that have the texts.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::again;
use crate::util::{Reply, Site, Tidings, channel, item, rss};

/// A sitemap of news with the links and titles that `rss` gives the same names.
fn news(names: &[&str]) -> String {
    let pages: String = names
        .iter()
        .map(|name| {
            format!(
                "<url><loc>https://example.org/{name}</loc><lastmod>2026-01-02</lastmod><news:news><news:publication>\
                 <news:name>The Times</news:name><news:language>en</news:language></news:publication>\
                 <news:publication_date>2026-01-01T10:00:00Z</news:publication_date>\
                 <news:title>Headline {name}</news:title><news:keywords>one, two</news:keywords></news:news></url>"
            )
        })
        .collect();
    urlset(&pages)
}

fn urlset(pages: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{pages}</urlset>"
    )
}

fn plain(names: &[&str]) -> String {
    let page = |name: &&str| {
        format!("<url><loc>https://example.org/{name}</loc><lastmod>2026-01-02</lastmod></url>")
    };
    urlset(&names.iter().map(page).collect::<String>())
}

fn xml(document: impl Into<Vec<u8>>) -> Reply {
    Reply::status(200)
        .body(document)
        .content_type("application/xml")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A file that is gzip itself: no content coding is declared.
fn gzip_file(bytes: &[u8]) -> Reply {
    Reply::status(200)
        .body(gzip(bytes))
        .content_type("application/gzip")
}

fn feed(id: &str, url: &str, kind: &str) -> String {
    format!("[[feed]]\nid = {id:?}\nurl = {url:?}\nkind = {kind:?}")
}

#[test]
fn an_added_news_sitemap_gives_links_with_what_it_says_and_nothing_else() {
    let site = Site::start();
    site.serve("/news.xml", xml(news(&["a", "b"])).etag("\"1\""));
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "add", &site.url("/news.xml")]);
    ran.ok()
        .stdout_has("News sitemap \u{201c}The Times\u{201d}, 2 entries");
    ran.stdout_has("links without texts");
    assert!(
        tidings
            .read("feeds.toml")
            .contains("kind = \"news-sitemap\"")
    );
    let articles = tidings.exported();
    assert_eq!(articles.len(), 2);
    let one = &articles[0];
    assert_eq!(
        (&one["title"], &one["url"]),
        (&"Headline a".into(), &"https://example.org/a".into())
    );
    assert_eq!(
        (&one["extraction"], &one["body"]),
        (&"none".into(), &"".into())
    );
    assert_eq!(one["published_at"], "2026-01-01T10:00:00Z");
    assert_eq!(
        (&one["published_from"], &one["language"]),
        (&"feed".into(), &"en".into())
    );
    assert_eq!(
        (&one["source"], &one["tags"]),
        (&"The Times".into(), &serde_json::json!(["one", "two"]))
    );
    again(&tidings).ok().stdout_has("304");
    assert!(site.requests("/news.xml")[1].is_conditional());
}

#[test]
fn a_sitemap_of_pages_is_polled_only_if_its_feed_says_that_it_is_one() {
    let site = Site::start();
    site.serve("/s.xml", xml(plain(&["a", "b"])));
    let tidings = Tidings::new().feed(&site.url("/s.xml"));
    let ran = tidings.run(&["poll"]);
    ran.code(1)
        .stdout_has("a sitemap of 2 pages, none of them marked as news");
    let ran = Tidings::new().run(&["feed", "add", &site.url("/s.xml")]);
    ran.code(2).complains_once("`feed add --kind sitemap`");
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "add", "--kind", "sitemap", &site.url("/s.xml")]);
    ran.ok().stdout_has("Sitemap, 2 entries");
    assert!(tidings.read("feeds.toml").contains("kind = \"sitemap\""));
    let articles = tidings.exported();
    let one = &articles[0];
    assert_eq!((&one["title"], &one["body"]), (&"".into(), &"".into()));
    assert_eq!(
        (&one["published_from"], &one["published_at"]),
        (&"feed_updated".into(), &"2026-01-02T00:00:00Z".into())
    );
}

#[test]
fn a_kind_that_is_corrected_is_enough_to_read_a_sitemap_that_has_not_changed() {
    let site = Site::start();
    site.serve("/s.xml", xml(plain(&["a", "b"])).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&feed("s", &site.url("/s.xml"), "feed"));
    tidings.run(&["poll"]).code(1);
    tidings
        .run(&["feed", "edit", "s", "--kind", "sitemap"])
        .ok();
    again(&tidings).ok().stdout_has("2 new");
    let shown = tidings.run(&["feed", "show", "s", "--json"]).ok().json();
    assert_eq!(shown["kind"], "sitemap");
    tidings
        .run(&["feed", "show", "s"])
        .ok()
        .stdout_has("kind       sitemap");
}

#[test]
fn a_sitemap_index_is_no_source_and_its_sitemaps_are_listed() {
    let site = Site::start();
    let index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>/old.xml</loc></sitemap>\
        <sitemap><loc>/news.xml</loc><lastmod>2026-01-01</lastmod></sitemap></sitemapindex>";
    site.serve("/index.xml", xml(index));
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "add", &site.url("/index.xml")]);
    ran.code(2)
        .complains_once("a sitemap index; give the one of its 2 sitemaps");
    ran.stderr_has(&site.url("/news.xml"));
    let found = tidings
        .run(&["feed", "find", "--json", &site.url("/index.xml")])
        .ok()
        .json();
    assert_eq!(
        (&found[0]["url"], &found[1]["url"]),
        (&site.url("/news.xml").into(), &site.url("/old.xml").into())
    );
    assert!(
        site.requests("/news.xml").is_empty(),
        "a sitemap was asked for unasked"
    );
    let tidings = tidings.feed_toml(&feed("index", &site.url("/index.xml"), "news-sitemap"));
    let ran = tidings.run(&["poll"]);
    ran.code(1)
        .stdout_has("a sitemap index, which is not polled itself");
}

#[test]
fn a_packed_sitemap_is_unpacked_and_a_bomb_is_given_up() {
    let site = Site::start();
    site.serve("/news.xml.gz", gzip_file(news(&["a"]).as_bytes()));
    site.serve("/bomb.xml.gz", gzip_file(&vec![b' '; 32 << 20]));
    site.serve("/twice.xml", xml(news(&["b"])).gzip());
    let tidings = Tidings::new().settings("[fetch]\nmax_body = \"1 MiB\"");
    for path in ["/news.xml.gz", "/twice.xml"] {
        tidings
            .run(&["feed", "add", &site.url(path)])
            .ok()
            .stdout_has("1 entry");
    }
    let ran = tidings.run(&["feed", "add", &site.url("/bomb.xml.gz")]);
    ran.code(2).complains_once("larger than 1.0 MiB");
    tidings.write("saved.xml.gz", gzip(news(&["c"]).as_bytes()));
    tidings
        .run(&["preview", "saved.xml.gz"])
        .ok()
        .stdout_has("Headline c");
}

#[test]
fn a_story_of_feed_and_sitemap_is_one_article_with_the_feeds_text_whoever_comes_first() {
    for order in [["feed", "news"], ["news", "feed"]] {
        let site = Site::start();
        site.serve(
            "/feed",
            Reply::feed(channel("Feed", &item("a", "the story"))),
        );
        site.serve("/news", xml(news(&["a"])).etag("\"1\""));
        let tidings = Tidings::new()
            .feed_toml(&feed("feed", &site.url("/feed"), "feed"))
            .feed_toml(&feed("news", &site.url("/news"), "news-sitemap"));
        for id in order {
            tidings.run(&["poll", id]).ok();
        }
        let articles = tidings.exported();
        assert_eq!(articles.len(), 1, "{order:?}");
        let one = &articles[0];
        assert_eq!(one["title"], "Title a", "{order:?}");
        assert!(
            one["body"].as_str().unwrap().contains("the story"),
            "{order:?}"
        );
        assert_eq!(one["feeds"], serde_json::json!(order));
        // A new headline in the sitemap changes nothing any more.
        site.serve("/news", xml(news(&["a"]).replace("Headline", "Other")));
        tidings.run(&["poll", "news", "--force"]).ok();
        assert_eq!(tidings.exported(), articles, "{order:?}");
    }
}

#[test]
fn a_sitemap_that_is_to_be_read_as_another_kind_is_asked_for_whole_once() {
    let site = Site::start();
    let both = news(&["a"]).replace(
        "</urlset>",
        "<url><loc>https://example.org/b</loc><lastmod>2026-01-02</lastmod></url></urlset>",
    );
    site.serve("/map", xml(both).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&feed("map", &site.url("/map"), "news-sitemap"));
    tidings.run(&["poll"]).ok().stdout_has("1 new");
    tidings.write("feeds.toml", feed("map", &site.url("/map"), "sitemap"));
    again(&tidings).ok().stdout_has("2 entries: 1 new");
    again(&tidings).ok().stdout_has("not modified (304)");
    let asked = site.requests("/map");
    let conditional: Vec<bool> = asked.iter().map(|asked| asked.is_conditional()).collect();
    assert_eq!(conditional, [false, false, true]);
    // A feed may be a news sitemap as well, and is read alike.
    tidings.write("feeds.toml", feed("map", &site.url("/map"), "news-sitemap"));
    again(&tidings).ok();
    tidings.write("feeds.toml", feed("map", &site.url("/map"), "feed"));
    again(&tidings).ok().stdout_has("not modified (304)");
}

#[test]
fn a_sitemap_takes_no_text_from_an_imported_article() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let first = Tidings::new().feed(&site.url("/f"));
    first.run(&["poll"]).ok();
    let file = first.run(&["export"]).ok().stdout.clone();
    site.serve("/news", xml(news(&["a"])));
    let tidings = Tidings::new().feed_toml(&feed("news", &site.url("/news"), "news-sitemap"));
    tidings.write("a.md", file);
    tidings.run(&["import", "a.md"]).ok();
    tidings.run(&["poll"]).ok();
    let articles = tidings.exported();
    assert_eq!(articles.len(), 1);
    assert!(
        articles[0]["body"].as_str().unwrap().contains("Text of a."),
        "{}",
        articles[0]
    );
}

#[test]
fn a_kind_that_is_none_is_told_with_what_is_meant() {
    let tidings = Tidings::new().feed_toml(&feed("x", "https://example.org/", "sitemaps"));
    tidings
        .run(&["check"])
        .code(2)
        .stderr_has("did you mean `sitemap`?");
    let ran = tidings.run(&["feed", "add", "--kind", "page", "https://example.org/"]);
    ran.code(2)
        .stderr_has("known are feed, news-sitemap, sitemap");
}

#[test]
fn a_hostile_sitemap_costs_its_own_poll_and_no_more() {
    let site = Site::start();
    let entity = |at: u32| {
        format!(
            "<!ENTITY l{at} \"{}\">",
            format!("&l{};", at - 1).repeat(10)
        )
    };
    let laughs: String = (1..10).map(entity).collect();
    let laughs = format!(
        "<!DOCTYPE urlset [<!ENTITY l0 \"lol\">{laughs}]>{}",
        news(&["a"]).replace("Headline", "&l9;")
    );
    site.serve(
        "/laughs",
        xml(laughs.replace("<?xml version=\"1.0\"?>", "")),
    );
    site.serve("/deep", xml(urlset(&"<url><news:news>".repeat(50_000))));
    let many =
        "<url><loc>/x</loc><news:news><news:title>T</news:title></news:news></url>".repeat(20_000);
    site.serve("/many", xml(urlset(&many)));
    site.serve("/good", xml(news(&["good"])));
    let mut tidings = Tidings::new();
    for name in ["laughs", "deep", "many", "good"] {
        let lines = feed(name, &site.url(&format!("/{name}")), "news-sitemap");
        tidings = tidings.feed_toml(&lines);
    }
    tidings.run(&["poll", "good"]).ok().stdout_has("1 new");
    tidings.run(&["poll", "--all"]);
    let articles = tidings.exported();
    let longest = articles
        .iter()
        .filter_map(|one| one["title"].as_str())
        .map(str::len)
        .max();
    assert!(longest.unwrap() <= 4096, "{longest:?}");
    assert!(articles.len() <= 1 + 1 + 1000, "{}", articles.len());
    assert!(articles.iter().any(|one| one["title"] == "Headline good"));
}
