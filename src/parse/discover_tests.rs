//! Pages as they are written, and what is to be found in them.

use super::{Page, discover};
use crate::model::{Alternate, CacheHints, HubLinks, NewBody, Validators};

fn answer(html: &[u8], charset: &str) -> NewBody {
    NewBody {
        bytes: html.to_vec().into(),
        content_type: Some(format!("text/html; charset={charset}")),
        final_url: "https://example.org/a/page.html".to_owned(),
        moved: None,
        validators: Validators::default(),
        hints: CacheHints::default(),
        status: 200,
        links: HubLinks::default(),
        alternates: Vec::new(),
    }
}

fn page(html: &str) -> Page {
    discover(&answer(html.as_bytes(), "utf-8"))
}

#[track_caller]
fn assert_urls(html: &str, urls: &[&str]) {
    let found = page(html).feeds;
    let found: Vec<&str> = found.iter().map(|feed| feed.url.as_str()).collect();
    assert_eq!(found, urls, "{html}");
}

fn link(rel: &str, mime: &str, href: &str) -> String {
    format!("<link rel=\"{rel}\" type=\"{mime}\" href=\"{href}\">")
}

#[test]
fn every_type_of_feed_is_found_and_the_first_stays_first() {
    let types = [
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
    ];
    let links: Vec<String> = types
        .iter()
        .enumerate()
        .map(|(at, mime)| link("alternate", mime, &format!("/{at}")))
        .collect();
    assert_urls(
        &links.concat(),
        &[
            "https://example.org/0",
            "https://example.org/1",
            "https://example.org/2",
            "https://example.org/3",
        ],
    );
}

#[test]
fn case_white_space_quotes_and_entities_are_read_as_browsers_do() {
    let found = page(
        "<LINK REL=' home  ALTERNATE\n' TYPE='Application/RSS+XML ; charset=utf-8' TITLE=' Caf&eacute; &amp;\n more '\
         HREF=' ../f?a=1&amp;b=2#top '><link rel=alternate type=application/atom+xml href=g />",
    );
    let feeds = found.feeds;
    assert_eq!(feeds[0].url, "https://example.org/f?a=1&b=2");
    assert_eq!(feeds[0].title.as_deref(), Some("Caf\u{e9} & more"));
    assert_eq!(feeds[0].mime, "application/rss+xml");
    assert_eq!(
        (feeds[1].url.as_str(), feeds[1].title.as_deref()),
        ("https://example.org/a/g", None)
    );
}

#[test]
fn links_are_relative_to_the_first_base() {
    let rss = link("alternate", "application/rss+xml", "f.xml");
    assert_urls(
        &format!(
            "<base target=_top><base href='//cdn.example.org/x/'><base href='https://other.example/'>{rss}"
        ),
        &["https://cdn.example.org/x/f.xml"],
    );
    assert_urls(
        &format!("<base href='http://'>{rss}"),
        &["https://example.org/a/f.xml"],
    );
}

#[test]
fn what_only_looks_like_markup_is_passed_over() {
    let rss = link("alternate", "application/rss+xml", "/no");
    for html in [
        format!("<!-- {rss} -->"),
        format!("<script>document.write('{rss}')</script>"),
        format!("<style>{rss}</style>"),
        format!("<title>{rss}</title>"),
        format!("<textarea>{rss}</textarea>"),
        format!("<noscript>{rss}</noscript>"),
        format!("<template><div><template></template>{rss}</div></template>"),
        format!("<img alt='{}'>", rss.replace('"', "")),
    ] {
        assert_urls(
            &format!(
                "{html}{}",
                link("alternate", "application/atom+xml", "/yes")
            ),
            &["https://example.org/yes"],
        );
    }
}

#[test]
fn other_relations_types_and_schemes_are_no_feeds() {
    let rss = "application/rss+xml";
    for html in [
        link("stylesheet", rss, "/f"),
        link("alternates", rss, "/f"),
        link("alternate", "application/json+oembed", "/f"),
        link("alternate", "application/json", "/wp-json/wp/v2/pages/2"),
        link("alternate", "text/xml", "/sitemap-de"),
        link("alternate", "text/html", "/de"),
        link("alternate", "", "/f"),
        link("alternate", rss, ""),
        link("alternate", rss, "javascript:alert(1)"),
        link("alternate", rss, "file:///etc/passwd"),
        link("alternate", rss, "http://"),
        format!("<link type=\"{rss}\" href=\"/f\">"),
        "<link rel=alternate type=application/rss+xml>".to_owned(),
    ] {
        assert_urls(&html, &[]);
    }
}

#[test]
fn a_type_of_many_uses_is_a_feed_where_the_page_says_so() {
    assert_urls(
        &link("alternate", "application/json", "/feed.json"),
        &["https://example.org/feed.json"],
    );
    assert_urls(
        &link("feed", "application/json", "/x"),
        &["https://example.org/x"],
    );
    assert_urls("<link rel=feed href=/x>", &["https://example.org/x"]);
    assert_urls(
        "<a rel=alternate type=text/xml title='Our RSS' href=/x>",
        &["https://example.org/x"],
    );
    assert_urls(
        "<link rel=alternate type=application/rss+xml href=feed:https://e.org/f>",
        &["https://e.org/f"],
    );
}

#[test]
fn feeds_of_comments_stand_last_and_repeats_once() {
    let rss = "application/rss+xml";
    for comments in [
        "/comments/feed/",
        "/?feed=comments-rss2",
        "/comments.atom",
        "/feeds/12/comments/default",
    ] {
        let html = [comments, "/feed/", "/feed/#x"]
            .map(|href| link("alternate", rss, href))
            .concat();
        let last = format!("https://example.org{comments}");
        assert_urls(&html, &["https://example.org/feed/", &last]);
    }
    let titled =
        format!("<link rel=alternate type={rss} title='Post &raquo; Comments Feed' href=/p/feed/>");
    assert_urls(
        &(titled + &link("alternate", rss, "/feed/")),
        &["https://example.org/feed/", "https://example.org/p/feed/"],
    );
}

#[test]
fn a_page_is_read_in_its_own_encoding() {
    let html = b"<link rel=alternate type=application/rss+xml title=\"\xcd\xee\xe2\xee\xf1\xf2\xe8\" href=/f>";
    let found = discover(&answer(html, "windows-1251"));
    assert_eq!(
        found.feeds[0].title.as_deref(),
        Some("\u{41d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}")
    );
}

#[test]
fn a_page_that_asks_for_a_password_is_known() {
    assert!(page("<form><input name=p type=PASSWORD></form>").asks_password);
    assert!(
        !page("<form><input name=q type=text></form><!-- <input type=password> -->").asks_password
    );
}

#[test]
fn a_page_of_a_hundred_thousand_links_gives_a_hundred() {
    let html: String = (0..100_000)
        .map(|at| link("alternate", "application/rss+xml", &format!("/{at}")))
        .collect();
    assert_eq!(page(&html).feeds.len(), 100);
}

#[test]
fn headers_name_feeds_before_the_document_and_what_both_name_is_one() {
    let alternate = |url: &str, mime: &str, title: Option<&str>| Alternate {
        url: format!("https://example.org{url}"),
        relations: "alternate".to_owned(),
        mime: mime.to_owned(),
        title: title.map(str::to_owned),
    };
    let rss = "application/rss+xml";
    let html = link("alternate", rss, "/in-page")
        + "<link rel=alternate type=application/rss+xml title=Both href=/both>";
    let mut answer = answer(html.as_bytes(), "utf-8");
    answer.alternates = vec![
        alternate("/comments/feed", rss, None),
        alternate("/de", "text/html", None),
        alternate("/both", rss, None),
        alternate(
            "/in-head",
            "Application/Atom+XML; charset=utf-8",
            Some(" In\n the  head "),
        ),
    ];
    let found = discover(&answer).feeds;
    let found: Vec<(&str, Option<&str>)> = found
        .iter()
        .map(|feed| {
            (
                &feed.url["https://example.org".len()..],
                feed.title.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("/both", Some("Both")),
        ("/in-head", Some("In the head")),
        ("/in-page", None),
        ("/comments/feed", None),
    ];
    assert_eq!(found, expected);
}
