//! Formats, labels and damage, each in a document of a few lines.

use super::*;
use crate::model::{Markup, MarkupKind};

const LIMITS: Limits = Limits {
    max_entries: 3,
    pages: false,
};

fn read(document: &str) -> RawFeed {
    parse(
        document.as_bytes(),
        None,
        "https://example.org/feed",
        LIMITS,
    )
    .unwrap()
}

fn titles(feed: &RawFeed) -> Vec<&str> {
    feed.entries
        .iter()
        .map(|entry| entry.title.as_ref().map_or("", |title| title.text.as_str()))
        .collect()
}

#[test]
fn a_web_page_is_told_from_a_feed() {
    let page = b"<!DOCTYPE html><html><head><title>x</title></head></html>";
    assert_eq!(
        parse(page, Some("text/html"), "https://example.org/", LIMITS),
        Err(ParseError::WebPage)
    );
}

#[test]
fn empty_and_foreign_documents_say_what_they_are() {
    let error = |text: &str| {
        parse(text.as_bytes(), None, "https://example.org/", LIMITS)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error("  \n"), "the document is empty");
    assert_eq!(error("hello"), "not a feed: neither XML nor JSON");
    assert_eq!(
        error("<!-- a\npicture --><svg/>"),
        "not a feed: its root element is <svg> at line 2 column 12"
    );
}

#[test]
fn a_panic_in_the_parser_is_an_error_with_its_reason() {
    // What feed-rs is given never looks like this.
    let feed = "<rss version=\"2.0\"><channel><item><author>山田（yamada@example.com）</author></item></channel></rss>";
    let error = guard::run(feed).unwrap_err();
    assert!(matches!(error, ParseError::Panicked(_)), "{error:?}");
}

#[test]
fn a_mail_address_stuck_to_a_name_loses_no_feed() {
    let author = |author: &str| {
        let feed = read(&format!(
            "<rss version=\"2.0\"><channel><item><title>日本 a@b</title><author>{author}</author></item></channel></rss>"
        ));
        assert_eq!(titles(&feed), ["日本 a@b"]);
        feed.entries[0].authors[0].name.clone().unwrap()
    };
    for written in ["山田（yamada@example.com）", "a@example.com（山田さん）"] {
        assert_eq!(author(written), written);
    }
}

#[test]
fn every_rss_version_is_read() {
    for root in [
        "<rss version=\"2.0\">",
        "<rss version=\"0.91\">",
        "<rss version=\"2.00\">",
        "<rss>",
        "<rss version='0.93' xmlns='http://backend.userland.com/rss2'>",
    ] {
        let feed = read(&format!(
            "<?xml version=\"1.0\"?>\n{root}<channel><title>C</title><item><title>T</title><link>https://example.org/1</link></item></channel></rss>"
        ));
        assert_eq!(titles(&feed), ["T"], "{root}");
    }
}

#[test]
fn rdf_of_both_generations_is_read() {
    for namespace in [
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
    ] {
        let feed = read(&format!(
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"{namespace}\"><channel><title>C</title></channel><item><title>T</title><link>https://example.org/1</link></item></rdf:RDF>"
        ));
        assert_eq!(titles(&feed), ["T"], "{namespace}");
    }
}

#[test]
fn atom_of_both_generations_is_read() {
    let new = read(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>C</title><entry><id>1</id><title type=\"text\">a &lt;b&gt;</title><updated>2020-01-01T00:00:00Z</updated></entry></feed>",
    );
    assert_eq!(
        new.entries[0].title,
        Some(Markup {
            text: "a <b>".to_owned(),
            kind: MarkupKind::Text
        })
    );
    let old = read(
        "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title>C</title><entry><id>1</id><title>T</title><issued>2003-12-13T08:29:29Z</issued><content type=\"text/html\" mode=\"escaped\">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>",
    );
    assert_eq!(titles(&old), ["T"]);
    assert!(old.entries[0].published.is_some());
    assert_eq!(
        old.entries[0].content,
        Some(Markup {
            text: "<p>x</p>".to_owned(),
            kind: MarkupKind::Html
        })
    );
}

#[test]
fn json_feed_is_read_and_its_plain_text_stays_plain() {
    let feed = read(
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"C","items":[{"id":"1","url":"https://example.org/1","content_text":"a <b"}]}"#,
    );
    assert_eq!(feed.format, "JSON Feed 1.1");
    assert_eq!(
        feed.entries[0].content,
        Some(Markup {
            text: "a <b".to_owned(),
            kind: MarkupKind::Text
        })
    );
}

#[test]
fn ids_that_are_numbers_are_read_as_text() {
    let feed = read(
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"C","items":[{"id":2,"content_text":"a"},{"id":"b","content_text":"b"}]}"#,
    );
    let guids: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| entry.guid.as_deref())
        .collect();
    assert_eq!(guids, [Some("2"), Some("b")]);
    assert_eq!(feed.repairs.len(), 1);
}

#[test]
fn a_wrong_charset_label_does_not_garble_the_text() {
    let document = "<rss version=\"2.0\"><channel><item><title>Grüße</title><guid>1</guid></item></channel></rss>";
    let feed = parse(
        document.as_bytes(),
        Some("text/xml; charset=us-ascii"),
        "https://example.org/",
        LIMITS,
    )
    .unwrap();
    assert_eq!(titles(&feed), ["Grüße"]);
    let latin: Vec<u8> = document
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let feed = parse(&latin, None, "https://example.org/", LIMITS).unwrap();
    assert_eq!(titles(&feed), ["Grüße"]);
}

#[test]
fn guids_that_feed_rs_makes_up_are_not_taken_for_the_publishers() {
    let feed = read(
        "<rss version=\"2.0\"><channel><item><title>T</title><link>https://example.org/1</link></item></channel></rss>",
    );
    assert_eq!(feed.entries[0].guid, None);
}

#[test]
fn a_truncated_document_gives_the_entries_before_the_damage() {
    let feed = read(
        "<rss version=\"2.0\"><channel><item><title>A</title></item><item><title>B</title></item><item><title>C</ti",
    );
    assert_eq!(titles(&feed), ["A", "B"]);
    let told: Vec<String> = feed.repairs.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 1, column 101: a stray </ti>",
            "line 1, column 105: the document ends before <item> is closed",
            "line 1, column 105: the entry that is cut off is left out"
        ]
    );
}

#[test]
fn a_stray_ampersand_does_not_lose_the_feed() {
    let feed = read(
        "<rss version=\"2.0\"><channel><item><title>AT&T <![CDATA[&]]></title></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["AT&T &"]);
}

#[test]
fn entries_beyond_the_cap_are_left_out_and_said_so() {
    let items = "<item><title>x</title></item>".repeat(5);
    let feed = read(&format!(
        "<rss version=\"2.0\"><channel>{items}</channel></rss>"
    ));
    assert_eq!(feed.entries.len(), 3);
    assert!(feed.repairs[0].what.contains("more than 3 entries"));
}

#[test]
fn a_second_xml_declaration_does_no_harm() {
    let feed = read(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><rss version=\"2.0\"><channel><item><title>A</title></item></channel></rss><?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
    );
    assert_eq!(titles(&feed), ["A"]);
}

#[test]
fn hints_are_read_from_the_channel_and_never_from_an_article() {
    let feed = read(
        "<rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel><ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency><skipHours><hour>3</hour><hour>24</hour></skipHours><item><title>&lt;skipDays&gt;<![CDATA[<skipDays><day>Monday</day></skipDays>]]></title></item><skipDays><day>Sunday</day></skipDays></channel></rss>",
    );
    assert_eq!(feed.hints.minutes, Some(720));
    assert_eq!(feed.hints.skip_hours, [3, 0]);
    assert_eq!(feed.hints.skip_days, [6]);
}

#[test]
fn an_empty_media_text_does_not_lose_the_feed() {
    let feed = read(
        "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item><title>A</title><media:group><media:title>T</media:title><media:description type=\"plain\"> </media:description><media:description/></media:group></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["A"]);
    assert!(feed.repairs.is_empty(), "{:?}", feed.repairs);
}

#[test]
fn a_json_feed_with_an_http_version_is_read() {
    let feed = read(
        r#"{"version":"http://jsonfeed.org/version/1","title":"C","items":[{"id":"1","content_text":"x"}]}"#,
    );
    assert_eq!(feed.entries.len(), 1);
}

#[test]
fn no_spelling_of_an_entry_passes_the_limit_of_entries() {
    let prefixed = format!(
        "<a:feed xmlns:a=\"http://www.w3.org/2005/Atom\">{}</a:feed>",
        "<a:entry><a:id>1</a:id></a:entry>".repeat(4)
    );
    assert_eq!(read(&prefixed).entries.len(), 3);
    let items = [r#"{"\u0069d":"1"}"#; 4].join(",");
    let escaped = format!(r#"{{"version":"https://jsonfeed.org/version/1","items":[{items}]}}"#);
    let error = parse(escaped.as_bytes(), None, "https://example.org/", LIMITS).unwrap_err();
    assert_eq!(error, ParseError::TooManyEntries(3));
}

#[test]
fn ids_of_authors_and_files_are_no_entries() {
    let feed = read(
        r#"{"version":"https://jsonfeed.org/version/1","title":"C","authors":[{"id":"a"},{"id":"b"},{"id":"c"}],
            "items":[{"id":"1","content_text":"x"}]}"#,
    );
    assert_eq!(feed.entries.len(), 1);
}

#[test]
fn what_a_document_says_often_costs_time_in_proportion() {
    let start = std::time::Instant::now();
    let spaces: String = (0..20_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    let declared = format!(
        "<rss{spaces}><channel>{}</channel></rss>",
        "<b:c/>".repeat(50_000)
    );
    let _ = parse(declared.as_bytes(), None, "https://example.org/", LIMITS);
    let brackets = format!(
        "{{\"items\":[{}{}",
        " ".repeat(100_000),
        "}".repeat(100_000)
    );
    let _ = parse(brackets.as_bytes(), None, "https://example.org/", LIMITS);
    let late = format!(
        "<rss><channel>{}]]></channel></rss>",
        "<title><![CDATA[<![CDATA[</item></title>".repeat(50_000)
    );
    let _ = parse(late.as_bytes(), None, "https://example.org/", LIMITS);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn entities_of_the_documents_own_do_not_fill_the_memory() {
    let value = "x".repeat(1000);
    let document = format!(
        "<!DOCTYPE rss [<!ENTITY e \"{value}\">]><rss><channel><item><title>{}</title></item></channel></rss>",
        "&e;".repeat(100_000)
    );
    let feed = read(&document);
    let title = feed.entries[0].title.as_ref().unwrap();
    assert!(title.text.len() < 3 << 20, "{}", title.text.len());
}

#[test]
fn mending_takes_time_in_proportion_to_the_document() {
    // Each took the better part of a minute when every piece was looked at to the document's end.
    let cases = [
        ("", "&", 300_000),
        ("", "<media:title ", 100_000),
        ("<!x>", "", 200_000),
        ("", "<![CDATA[", 100_000),
        ("", "<!--", 200_000),
        ("", "<a '", 200_000),
        ("", "<a \"<a '", 100_000),
        ("", "<b>", 100_000),
        ("", "</b>", 100_000),
        ("", "<item>", 100_000),
        ("", "<item><title>", 100_000),
        ("", "<author><x>", 100_000),
        ("", "<item xmlns:a=''>", 50_000),
        ("", "<item><title><![CDATA[</title>", 50_000),
        ("", "<!-- >", 100_000),
        ("", "<title><![CDATA[<![CDATA[</item></title>", 50_000),
        ("", "<image><url>x</url>", 50_000),
        ("", "<a:x xmlns:a='b'/><b:c/>", 50_000),
    ];
    for (before, within, times) in cases {
        let start = std::time::Instant::now();
        let document = format!(
            "{}<rss version=\"2.0\"><channel>{}</channel></rss>",
            before.repeat(times),
            within.repeat(times),
        );
        let _ = parse(document.as_bytes(), None, "https://example.org/", LIMITS);
        assert!(start.elapsed().as_secs() < 15, "{before}{within}");
    }
}

#[test]
fn what_stands_before_a_feed_does_not_decide_its_kind() {
    let rss = "<rss version=\"2.0\"><channel><item><title>A</title></item></channel></rss>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"title":"A"}]}"#;
    for document in [
        format!("{{\"error\":1}}\n{rss}"),
        format!("<br /><b>Warning</b>: x\n{json}"),
    ] {
        assert_eq!(titles(&read(&document)), ["A"], "{document}");
    }
}
