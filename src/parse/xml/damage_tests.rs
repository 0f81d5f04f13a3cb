//! Documents that are broken: unclosed, cut short, surrounded by junk.

use super::{
    read,
    tests::{draft, item, item_title, title, titles},
};
use crate::parse::{Limits, ParseError, repairs::Repairs};

#[test]
fn what_stands_before_and_after_the_feed_is_no_part_of_it() {
    let feed =
        "<rss version='2.0'><channel><title>F</title><item><title>A</title></item></channel></rss>";
    for (before, after) in [
        ("<br />\n<b>Warning</b>: mysql in <b>x.php</b><br />", ""),
        (
            "<!-- c --><?xml version='1.0'?>",
            "<script>alert(1)</script>",
        ),
        ("<!DOCTYPE rss [<!ENTITY x 'y'>]>", "junk"),
    ] {
        assert_eq!(titles(&format!("{before}{feed}{after}")), ["A"], "{before}");
    }
}

#[test]
fn entries_after_the_end_of_the_feed_are_read_and_leave_its_title_alone() {
    for document in [
        "<rss><channel><title>F</title><item><title>A</title></item></channel></rss><rss><channel><title>G</title><item><title>B</title></item></channel></rss>",
        "<rss><channel><title>F</title></channel></rss><item><title>A</title></item><item><title>B</title></item>",
        "<feed><title>F</title><entry><title>A</title></feed></entry><entry><title>B</title></entry><title>G</title></feed>",
        "<rss><channel><title>F</title><item><title>A</title></item></item><title>B</title></item><item><title>B</title></item></channel></rss>",
    ] {
        let (draft, _) = draft(document);
        assert_eq!(title(&draft.head), "F", "{document}");
        assert_eq!(titles(document), ["A", "B"], "{document}");
    }
}

#[test]
fn tags_of_the_feed_that_stray_into_an_entry_do_not_end_it() {
    for stray in [
        "</channel>",
        "</rss>",
        "<channel>",
        "<rss version='2.0'>",
        "<rdf:RDF>",
    ] {
        let document = format!(
            "<rss><channel><title>F</title><item><guid>1</guid>{stray}<title>A</title></item><item><title>B</title></item></channel></rss>"
        );
        let (draft, _) = draft(&document);
        assert_eq!(titles(&document), ["A", "B"], "{stray}");
        assert_eq!(title(&draft.head), "F", "{stray}");
    }
}

#[test]
fn a_web_page_is_no_feed() {
    let read = |document| {
        read(
            document,
            "",
            Limits {
                max_entries: 9,
                pages: false,
            },
            &mut Repairs::default(),
        )
        .err()
    };
    assert_eq!(
        read("<html><body><p>x</p></body></html>"),
        Some(ParseError::WebPage)
    );
    assert!(matches!(
        read("<opml><body/></opml>"),
        Some(ParseError::NotAFeed(_))
    ));
    assert!(matches!(read("just < text"), Some(ParseError::NotAFeed(_))));
}

#[test]
fn an_element_that_is_never_closed_ends_where_the_next_begins() {
    for inside in [
        "<title>A<link>https://x.example/</link>",
        "<title>A<description>B</description>",
        "<title>A<pubDate>now</pubDate>",
        "<title>A<dc:creator>Ann</dc:creator>",
        "<title>A</titel><guid>1</guid>",
        "<author>Ann<title>A</title>",
        "<dc:creator><dc:creator>Ann</dc:creator><title>A</title>",
        "<itunes:image href='u'><title>A</title>",
        "<media:thumbnail url='u'><title>A</title>",
        "<image><url>u</url><title>A</title>",
        "<source>S<title>A</title>",
        "<textInput><name>n</name><title>A</title>",
        "<title\n><link>x</link><title>A</title>",
        "<guid\n<title>A</title>",
        "<title>A</ title >",
        "<Title>A</title>",
        "<title><![CDATA[A</title>",
        "<title><![cdata[A]]></title>",
        "<content type='xhtml'><div>x</div><title>A</title>",
        "<image><title>A</title><url>u</url></image><title>A</title>",
        "<unknown><title>A</title>",
    ] {
        assert_eq!(item_title(inside), "A", "{inside}");
    }
    assert_eq!(
        titles("<rss><channel><item><title>A<item><title>B</title></item></channel></rss>"),
        ["A", "B"]
    );
    assert_eq!(
        titles(
            "<rss><channel><item><author>x<category>c</category><title>A</title></item><item><title>B</title><author>y</author></item></channel></rss>"
        ),
        ["A", "B"]
    );
    assert_eq!(
        titles(
            "<rss><channel><item><title><![CDATA[A</title></item><item><title><![CDATA[B]]></title></item></channel></rss>"
        ),
        ["A", "B"]
    );
    assert_eq!(
        titles(
            "<rss><channel><item\n<title>A</title></item><item><title>B</title></item></channel></rss>"
        ),
        ["A", "B"]
    );
    assert_eq!(
        titles("<feed><entry><title>A</title><entry><title>B</title></feed>"),
        ["A", "B"]
    );
}

#[test]
fn what_is_told_names_the_place_and_the_number() {
    let document = "<rss version='2.0'><channel>\n<item><title>A & B</title></item>\n<item><title>A & B<link>x</link></item></channel></rss>";
    let (_, told) = draft(document);
    assert_eq!(
        told,
        [
            "line 2, column 16: a bare \"&\"; read as the character (2 times)",
            "line 3, column 19: <title> is not closed",
        ]
    );
}

#[test]
fn every_way_to_cut_a_feed_short_keeps_the_entries_before() {
    let feed = "<?xml version='1.0'?><rss version='2.0'><channel><title>F</title><item><title>A</title><description>&lt;p&gt;x</description></item><item><title><![CDATA[B]]></title><link>https://x.example/?a=1&amp;b=2</link></item><item><title>C</title></item></channel></rss>";
    let first = feed.find("</item>").unwrap() + "</item>".len();
    let second = first + feed[first..].find("</item>").unwrap() + "</item>".len();
    for end in first..feed.len() {
        let found = titles(&feed[..end]);
        let whole: &[&str] = if end < second { &["A"] } else { &["A", "B"] };
        assert!(found.len() >= whole.len(), "{}", &feed[..end]);
        assert!(
            found.iter().zip(whole).all(|(found, whole)| found == whole),
            "{found:?} of {}",
            &feed[..end]
        );
    }
}

#[test]
fn attributes_are_read_without_quotes_and_with_the_wrong_ones() {
    let url = |inside: &str| item(inside, |entry| entry.files[0].href.to_string());
    for inside in [
        "<enclosure url=\"u\" length=\"1\"/>",
        "<enclosure url='u'/>",
        "<enclosure url=u length=1/>",
        "<enclosure url = \"u\" />",
        "<enclosure disabled URL=\"u\" url=\"v\"/>",
        "<media:content url=\"u\"><media:title>T</media:title></media:content>",
    ] {
        assert_eq!(url(inside), "u", "{inside}");
    }
    assert_eq!(
        url("<enclosure url=http://x.example/ >"),
        "http://x.example/"
    );
    assert_eq!(url("<enclosure url='a&amp;b' title='1 > 2'/>"), "a&b");
}

#[test]
fn an_empty_item_within_an_item_does_not_take_its_fields() {
    let document = "<rss><channel><item><title>A</title><item /><link>x</link></item><item><title>B</title></item></channel></rss>";
    let (draft, _) = draft(document);
    assert_eq!(title(&draft.entries[0]), "A");
    assert!(draft.entries[0].link.value().is_some());
    assert_eq!(title(&draft.entries[1]), "B");
    assert!(draft.entries[2].is_empty());
}

#[test]
fn nesting_deeper_than_any_feed_loses_no_entry() {
    let deep = "<x>".repeat(5000);
    let document = format!(
        "<rss><channel><item><title>A</title>{deep}</item><item>{deep}<title>No</title></item><item><title>B</title></item></channel></rss>"
    );
    let found = titles(&document);
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].as_str(), found[2].as_str()), ("A", "B"));
}
