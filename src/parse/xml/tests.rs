//! What writers of feeds get wrong, each in a document of a line or two.

use super::read;
use crate::{
    model::MarkupKind,
    parse::{
        Limits,
        draft::{Draft, Fields},
        repairs::Repairs,
    },
};

/// The document and what was told of it.
pub(super) fn draft(document: &str) -> (Draft<'_>, Vec<String>) {
    let mut repairs = Repairs::default();
    let draft = read(
        document,
        "https://example.org/f/",
        Limits {
            max_entries: 100,
            pages: false,
        },
        &mut repairs,
    )
    .unwrap();
    let told = repairs.finish(document);
    (draft, told.iter().map(ToString::to_string).collect())
}

pub(super) fn title<'d>(fields: &'d Fields<'_>) -> &'d str {
    fields.title.value().map_or("", |title| &title.text)
}

pub(super) fn titles(document: &str) -> Vec<String> {
    let (draft, _) = draft(document);
    draft
        .entries
        .iter()
        .map(|entry| title(entry).to_owned())
        .collect()
}

/// The fields of the only item of an RSS feed that holds this.
pub(super) fn item<T>(inside: &str, look: impl Fn(&Fields<'_>) -> T) -> T {
    let document = format!("<rss version='2.0'><channel><item>{inside}</item></channel></rss>");
    let (draft, _) = draft(&document);
    assert_eq!(draft.entries.len(), 1, "{inside}");
    look(&draft.entries[0])
}

pub(super) fn item_title(inside: &str) -> String {
    item(inside, |entry| title(entry).to_owned())
}

fn summary(inside: &str) -> String {
    let text = |entry: &Fields<'_>| entry.summary.value().map(|text| text.text.to_string());
    item(inside, text).unwrap_or_default()
}

#[test]
fn an_entry_belongs_to_the_feed_wherever_it_stands() {
    for document in [
        "<rss><channel><title>F</title></channel><item><title>A</title></item></rss>",
        "<rss><item><title>A</title></item><channel><title>F</title></channel></rss>",
        "<channel><title>F</title><item><title>A</title></item></channel>",
        "<rss><channel><title>F</title><items><item><title>A</title></item></items></channel></rss>",
        "<RDF><channel><title>F</title><item><title>A</title></item></channel></RDF>",
        "<x:rss xmlns:x='http://backend.userland.com/rss2'><x:channel><x:title>F</x:title><x:item><x:title>A</x:title></x:item></x:channel></x:rss>",
        "<RSS><CHANNEL><TITLE>F</TITLE><ITEM><TITLE>A</TITLE></ITEM></CHANNEL></RSS>",
        "<feed xmlns='HTTPS://www.w3.org/2005/Atom/'><title>F</title><entry><title>A</title></entry></feed>",
        "<feed xmlns='https://example.org/own'><title>F</title><entry><title>A</title></entry></feed>",
    ] {
        let (draft, _) = draft(document);
        assert_eq!(title(&draft.head), "F", "{document}");
        assert_eq!(titles(document), ["A"], "{document}");
    }
}

#[test]
fn text_is_decoded_once_however_it_is_written() {
    for (inside, expected) in [
        (
            "<description>&lt;b&gt;A &amp;amp; B&lt;/b&gt;</description>",
            "<b>A &amp; B</b>",
        ),
        (
            "<description><![CDATA[<b>A &amp; B</b>]]></description>",
            "<b>A &amp; B</b>",
        ),
        (
            "<description>\n <![CDATA[<b>A</b>]]> \n</description>",
            "<b>A</b>",
        ),
        (
            "<description><![CDATA[A]]]]><![CDATA[>B]]></description>",
            "A]]>B",
        ),
        (
            "<description><b>A</b> &amp; <br/>B</description>",
            "<b>A</b> & <br/>B",
        ),
        (
            "<description>caf&eacute; &hellip; &nosuch; AT&T</description>",
            "café … &nosuch; AT&T",
        ),
        (
            "<description>&#8217;&#x2019;&#146;&#0;&#x110000;</description>",
            "’’’\u{fffd}",
        ),
        (
            "<description>&#55357;&#56832; &#xD83D; see <http://x.example/></description>",
            "😀 \u{fffd} see <http://x.example/>",
        ),
        (
            "<description>1 < 2, <3, a <b c</description>",
            "1 < 2, <3, a <b c",
        ),
        ("<description><!-- c -->A<!-- d --></description>", "A"),
        ("<description><![CDATA[A</description>", "A"),
    ] {
        assert_eq!(summary(inside), expected, "{inside}");
    }
}

#[test]
fn a_documents_own_entities_are_resolved_and_do_not_grow() {
    let document = "<!DOCTYPE rss [<!ENTITY me \"Ann &#169;\"><!ENTITY a '&me;&me;'>]><rss><channel><item><title>&me; &a;</title></item></channel></rss>";
    assert_eq!(titles(document), ["Ann © &me;&me;"]);
}

#[test]
fn the_better_of_two_elements_counts() {
    let date = |inside: &str| {
        item(inside, |entry| {
            entry.published.value().map(|date| date.timestamp())
        })
    };
    let good = "<pubDate>Sat, 01 Jan 2000 00:00:00 GMT</pubDate>";
    for other in [
        "<dc:date>rubbish</dc:date>",
        "<dc:date>1999-01-01</dc:date>",
        "<pubDate></pubDate>",
        "<dcterms:created>1999-01-01</dcterms:created>",
    ] {
        assert_eq!(
            date(&format!("{good}{other}")),
            Some(946_684_800),
            "{other}"
        );
        assert_eq!(
            date(&format!("{other}{good}")),
            Some(946_684_800),
            "{other}"
        );
    }
    assert_eq!(
        item_title("<media:title>M</media:title><title>A</title>"),
        "A"
    );
    assert_eq!(
        item_title("<title>A</title><media:title>M</media:title>"),
        "A"
    );
    assert_eq!(item_title("<media:title>M</media:title>"), "M");
    assert_eq!(
        item_title(
            "<other:object xmlns:other='urn:x'><title>No</title></other:object><title>A</title>"
        ),
        "A"
    );
}

#[test]
fn addresses_are_read_as_meant() {
    let link = |inside: &str| {
        item(inside, |entry| entry.link.value().map(ToString::to_string)).unwrap_or_default()
    };
    for (inside, expected) in [
        (
            "<link>https://x.example/?a=1&copy</link>",
            "https://x.example/?a=1&copy",
        ),
        (
            "<link><![CDATA[https://x.example/?a=1&amp;b=2]]></link>",
            "https://x.example/?a=1&b=2",
        ),
        (
            "<link rel='ALTERNATE' href='b'/><link rel='alternate' href='a'/>",
            "a",
        ),
        (
            "<link rel='alternate' type='application/json' href='b'/><link href='a'/>",
            "a",
        ),
        ("<link rdf:resource='a'/>", "a"),
        ("<link>a</link><atom:link rel='alternate' href='b'/>", "a"),
    ] {
        assert_eq!(link(inside), expected, "{inside}");
    }
    let others = "<link href='a'/><link hreflang='de' href='b'/>";
    assert_eq!(item(others, |entry| entry.links.len()), 1);
}

#[test]
fn of_two_descriptions_the_second_is_the_full_text() {
    let inside = "<description>a</description><description>b</description>";
    let texts = item(inside, |entry| {
        let text = |slot: &crate::parse::draft::Slot<crate::parse::draft::Text<'_>>| {
            slot.value().map(|text| text.text.to_string())
        };
        (text(&entry.summary), text(&entry.content))
    });
    assert_eq!(texts, (Some("a".to_owned()), Some("b".to_owned())));
    let inside = "<description>a long text, all of it</description><summary>short</summary>";
    assert_eq!(
        item(inside, |entry| entry.content.value().unwrap().text.len()),
        22
    );
    assert_eq!(item_title("<title>A</title><title>B</title>"), "A");
}

#[test]
fn a_part_of_an_element_is_not_taken_for_the_entrys_own() {
    let link = |entry: &Fields<'_>| entry.link.value().map(ToString::to_string);
    let inside = "<image><url>i</url><link>no</link><title>no</title></image><link>yes</link>";
    assert_eq!(item(inside, link).as_deref(), Some("yes"));
    let document = "<feed><entry><source><title>S</title><id>urn:s</id><link href='https://s.example/'/><updated>2001-01-01T00:00:00Z</updated></source><title>A</title></entry></feed>";
    let (draft, told) = draft(document);
    let entry = &draft.entries[0];
    assert_eq!(title(entry), "A");
    assert!(entry.updated.value().is_none() && entry.id.value().is_none());
    let source = entry.source.value().unwrap();
    assert_eq!(source.title.as_deref(), Some("S"));
    assert_eq!(source.url.as_deref(), Some("https://s.example/"));
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_source_of_any_length_is_no_part_of_the_entry() {
    let long = "x".repeat(100_000);
    let document = format!(
        "<feed><entry><id>e1</id><author><name>Ann</name></author><source><title>S</title><subtitle>{long}</subtitle><id>https://b.example/feed</id><link rel='self' href='https://b.example/feed'/><link href='https://b.example/'/><author><name>S</name></author></source></entry></feed>"
    );
    let (draft, told) = draft(&document);
    let entry = &draft.entries[0];
    assert_eq!(entry.id.value().unwrap(), "e1");
    assert_eq!(entry.people.len(), 1);
    let source = entry.source.value().unwrap();
    assert_eq!(
        (source.url.as_deref(), source.is_page),
        (Some("https://b.example/"), true)
    );
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn texts_of_media_and_podcasts_are_plain_unless_they_hold_tags() {
    let kind = |inside: &str| {
        item(inside, |entry| {
            let text = entry.summary.value().unwrap();
            (text.kind == MarkupKind::Html, text.text.to_string())
        })
    };
    for (inside, expected) in [
        (
            "<media:description>a\n?a=1&amp;copy=2 Vec&lt;T></media:description>",
            (false, "a\n?a=1&copy=2 Vec<T>"),
        ),
        (
            "<media:description type='html'>&lt;b>a&lt;/b></media:description>",
            (true, "<b>a</b>"),
        ),
        ("<itunes:summary>a\nb</itunes:summary>", (false, "a\nb")),
        (
            "<itunes:summary><![CDATA[<p>a</p>]]></itunes:summary>",
            (true, "<p>a</p>"),
        ),
    ] {
        assert_eq!(
            kind(inside),
            (expected.0, expected.1.to_owned()),
            "{inside}"
        );
    }
}

#[test]
fn a_picture_among_the_files_stands_for_an_entry_without_one() {
    let image = |inside: &str| item(inside, |entry| entry.image.value().map(ToString::to_string));
    let files = "<enclosure url='a.mp3' type='audio/mpeg' length='0'/><media:content url='b.jpg' medium='image'/>";
    assert_eq!(image(files).as_deref(), Some("b.jpg"));
    let both = format!("{files}<media:thumbnail url='c.jpg'/>");
    assert_eq!(image(&both).as_deref(), Some("c.jpg"));
    assert_eq!(item(files, |entry| entry.files[0].length), None);
}

#[test]
fn people_keep_their_roles() {
    let roles = |inside: &str| {
        item(inside, |entry| {
            let role = |person: &crate::parse::draft::Person<'_>| {
                format!("{}: {}", person.role, person.name)
            };
            entry.people.iter().map(role).collect::<Vec<_>>()
        })
    };
    assert_eq!(
        roles(
            "<author>a@b.example (Ann)</author><dc:creator><![CDATA[Bo]]></dc:creator><media:credit role='Photographer'>Cy</media:credit>"
        ),
        [
            "author: a@b.example (Ann)",
            "author: Bo",
            "photographer: Cy"
        ]
    );
    assert_eq!(
        roles(
            "<atom:author><atom:name>Ann</atom:name><atom:email>a@b.example</atom:email></atom:author><atom:contributor><atom:name>Bo</atom:name></atom:contributor>"
        ),
        ["author: Ann", "contributor: Bo"]
    );
}

#[test]
fn relative_addresses_follow_xml_base() {
    let document = "<feed xml:base='https://b.example/x/'><link href='site'/><entry xml:base='y/'><link href='1'/><content type='html' xml:base='/z/'>x</content></entry><entry><link href='https://c.example'/></entry></feed>";
    let (draft, _) = draft(document);
    let link = |fields: &Fields<'_>| {
        fields
            .link
            .value()
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    assert_eq!(link(&draft.head), "https://b.example/x/site");
    assert_eq!(link(&draft.entries[0]), "https://b.example/x/y/1");
    assert_eq!(
        draft.entries[0].base.as_deref(),
        Some("https://b.example/z/")
    );
    assert_eq!(link(&draft.entries[1]), "https://c.example");
}

#[test]
fn atom_says_what_its_texts_are() {
    let content = |element: &str| {
        let document =
            format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{element}</entry></feed>");
        let (draft, _) = draft(&document);
        let text = draft.entries[0].content.value().unwrap();
        (text.kind == MarkupKind::Html, text.text.to_string())
    };
    for (element, expected) in [
        ("<content>a &lt;b></content>", (false, "a <b>")),
        ("<content type='html'>a &lt;b></content>", (true, "a <b>")),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>1 &lt; 2<br/></div></content>",
            (
                true,
                "<div xmlns='http://www.w3.org/1999/xhtml'>1 &lt; 2<br/></div>",
            ),
        ),
        (
            "<content type='xhtml'><h:p xmlns:h='http://www.w3.org/1999/xhtml'>a</h:p></content>",
            (true, "<p xmlns:h='http://www.w3.org/1999/xhtml'>a</p>"),
        ),
        (
            "<content mode='base64'>PGI+YTwvYj4=</content>",
            (true, "<b>a</b>"),
        ),
        (
            "<content type='text/html' mode='escaped'>&lt;b>a</content>",
            (true, "<b>a"),
        ),
        (
            "<content type='TEXT/HTML; charset=utf-8'>&lt;b>a</content>",
            (true, "<b>a"),
        ),
        (
            "<content type='text'>a</content><content type='html'>&lt;b>a</content>",
            (true, "<b>a"),
        ),
    ] {
        assert_eq!(
            content(element),
            (expected.0, expected.1.to_owned()),
            "{element}"
        );
    }
}

#[test]
fn categories_within_categories_are_all_told() {
    let document = "<rss><channel><itunes:category text='Arts'><itunes:category text='Food'/></itunes:category><title>F</title></channel></rss>";
    let (draft, _) = draft(document);
    let terms: Vec<&str> = draft
        .head
        .categories
        .iter()
        .map(|one| one.term.as_ref())
        .collect();
    assert_eq!(terms, ["Arts", "Food"]);
    assert_eq!(title(&draft.head), "F");
}
