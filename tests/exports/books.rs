//! EPUB: valid by its own rules, and the same bytes each time.
//!
//! What is checked here of the container, the package and every page is what `epubcheck` refuses
//! books for; it was run over books of real feeds.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};

use quick_xml::{Reader, XmlVersion, events::Event};

use super::{bytes, rich};

/// The files of a zip file, and their names in order.
fn unzip(bytes: &[u8]) -> (Vec<String>, BTreeMap<String, String>) {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut names = Vec::new();
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let name = file.name().unwrap().into_owned();
        names.push(name.clone());
        files.insert(name, text);
    }
    (names, files)
}

type Pairs = Vec<(String, String)>;

/// What stands directly in what, and every value of an attribute; fails where it is not well-formed.
fn elements(name: &str, text: &str) -> (Pairs, Pairs) {
    let mut reader = Reader::from_str(text);
    let (mut open, mut nested, mut attributes) = (vec![String::new()], Vec::new(), Vec::new());
    loop {
        let event = reader
            .read_event()
            .unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        let (start, is_empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let element = String::from_utf8(start.name().as_ref().into()).unwrap();
        nested.push((open.last().unwrap().clone(), element.clone()));
        for attribute in start.attributes() {
            let attribute = attribute.unwrap();
            let key = String::from_utf8(attribute.key.as_ref().into()).unwrap();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
            attributes.push((key, value.into_owned()));
        }
        if !is_empty {
            open.push(element);
        }
    }
    assert_eq!(open, [""], "{name} is closed");
    (nested, attributes)
}

#[test]
fn a_book_has_its_parts_its_order_and_the_same_bytes_again() {
    let tidings = rich();
    tidings
        .run(&["export", "--out", "a.epub", "--title", "The <week>"])
        .ok();
    let book = bytes(&tidings, "a.epub");
    // What makes a file an EPUB stands at these very bytes.
    assert_eq!(&book[30..58], b"mimetypeapplication/epub+zip");
    assert_eq!(&book[8..10], [0, 0], "stored");
    assert_eq!(&book[28..30], [0, 0], "no extra field");
    let (names, files) = unzip(&book);
    assert_eq!(names[..2], ["mimetype", "META-INF/container.xml"]);
    let package = &files["EPUB/package.opf"];
    for (name, text) in &files {
        if name.ends_with(".xhtml") || name.ends_with(".opf") || name.ends_with(".xml") {
            elements(name, text);
        }
        let listed = format!("href=\"{}\"", name.trim_start_matches("EPUB/"));
        let is_page = name.ends_with(".xhtml") || name.ends_with(".css");
        assert_eq!(
            package.matches(&listed).count(),
            usize::from(is_page),
            "{name}"
        );
    }
    assert!(
        package.contains("<dc:title>The &lt;week&gt;</dc:title>"),
        "{package}"
    );
    let contents = &files["EPUB/nav.xhtml"];
    let places = [
        "2019-11-05",
        "a000001.xhtml",
        "2019-11-06",
        "a000002.xhtml",
        "Without a date",
    ];
    let places = places.map(|text| contents.find(text).unwrap());
    assert!(places.is_sorted(), "{contents}");
    tidings
        .run(&["export", "--out", "a.epub", "--title", "The <week>"])
        .ok()
        .stdout_has("(unchanged)");
    tidings
        .run(&["export", "--out", "b.epub", "--title", "The <week>"])
        .ok();
    assert_eq!(bytes(&tidings, "b.epub"), book);
}

#[test]
fn a_page_holds_only_what_every_reader_takes_nested_as_it_must_be() {
    let tidings = rich();
    tidings.run(&["export", "--out", "a.epub"]).ok();
    let (_, files) = unzip(&bytes(&tidings, "a.epub"));
    let page = &files["EPUB/a000001.xhtml"];
    let (nested, attributes) = elements("a page", page);
    let lines = ["p", "pre", "h1", "h2", "h3"];
    for (outer, inner) in &nested {
        let fits = match inner.as_str() {
            "li" => ["ul", "ol"].contains(&outer.as_str()),
            "ul" | "ol" | "blockquote" | "p" | "pre" | "h1" | "h2" | "h3" => {
                ["body", "blockquote", "li"].contains(&outer.as_str())
            }
            "a" | "b" | "br" => {
                lines.contains(&outer.as_str()) || ["a", "b"].contains(&outer.as_str())
            }
            "html" | "head" | "title" | "link" | "body" => true,
            other => panic!("<{other}> in <{outer}>: {page}"),
        };
        assert!(fits, "<{inner}> in <{outer}>: {page}");
    }
    let links: Vec<&str> = attributes
        .iter()
        .filter(|(key, _)| key == "href")
        .map(|(_, value)| value.as_str())
        .collect();
    let wanted = ["https://example.org/x?a=1&b=2", "https://example.org/p.png"];
    assert!(wanted.iter().all(|url| links.contains(url)), "{links:?}");
    for text in [
        "[A pic]",
        "a | b",
        "<pre>  code\n    more</pre>",
        "<b>bold</b>",
    ] {
        assert!(page.contains(text), "no {text:?} in {page}");
    }
    assert!(!page.contains("x()"));
}
