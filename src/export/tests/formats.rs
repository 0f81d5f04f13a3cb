//! What formats write for texts that are hard on them.

use super::*;

/// A title that would end, or change, what it stands in.
const HOSTILE: &str =
    "a: \"b\" # - 'c' {d} [e] \\n \u{85} \u{2028} </title> ]]> & &amp; \u{feff} no";

fn with_title(title: &str) -> Article {
    Article {
        url: Some("https://example.org/?a=1&b=\"2\"".to_owned()),
        ..article(title, "body & <b>\n    code\n    more  so\n\tcell\tcell")
    }
}

#[test]
fn yaml_scalars_are_json_strings_without_what_yaml_takes_for_more() {
    let options = Options {
        front_matter: true,
        ..Options::default()
    };
    for title in [
        HOSTILE,
        "yes",
        "2019-11-05",
        "~",
        "!!x",
        "*a",
        "&a",
        "%",
        "@",
        "`",
        "1e3",
        ": ",
    ] {
        let text = export(&[with_title(title)], options.clone());
        let line = text
            .lines()
            .nth(1)
            .unwrap()
            .strip_prefix("title: ")
            .unwrap();
        assert_eq!(serde_json::from_str::<String>(line).unwrap(), title);
        assert!(
            !line.contains(['\u{85}', '\u{2028}', '\u{feff}']),
            "{line:?}"
        );
    }
}

#[test]
fn feeds_escape_texts_and_keep_the_blanks_of_code() {
    for format in [Format::Atom, Format::Rss] {
        let text = export(&[with_title(HOSTILE)], format);
        assert!(!text.contains("</title> ]]"), "{text}");
        assert!(text.contains("a=1&amp;b=&quot;2&quot;") || text.contains("a=1&amp;b=\"2\""));
        let body = "&lt;p&gt;body &amp;amp; &amp;lt;b&amp;gt;&lt;/p&gt;\n\
                    &lt;pre&gt;    code\n    more  so\n\tcell\tcell&lt;/pre&gt;";
        assert!(text.contains(body), "{text}");
    }
    let text = export(&[with_title("T")], Format::JsonFeed);
    let feed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"][0]["title"], "T");
}

#[test]
fn characters_that_xml_cannot_hold_are_left_out() {
    let text = export(&[with_title("a\u{1}\u{b}\u{ffff}b\u{fffd}")], Format::Atom);
    assert!(text.contains("<title>ab\u{fffd}</title>"), "{text}");
}

#[test]
fn an_export_of_nothing_is_a_whole_document() {
    for format in [Format::Atom, Format::Rss] {
        let text = export(&[], format);
        assert!(
            text.starts_with("<?xml ") && text.trim_end().ends_with('>'),
            "{text}"
        );
    }
    let text = export(&[], Format::JsonFeed);
    let feed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(feed["items"], serde_json::json!([]));
    assert_eq!(export(&[], Format::Json), "[\n]\n");
    assert!(export(&[], Format::Csv).starts_with("id,seq,"));
    assert!(export_bytes(&[], Format::Epub).starts_with(b"PK"));
}

#[test]
fn formats_are_known_by_the_ends_of_names() {
    for (name, format, packing) in [
        ("a.csv", Some(Format::Csv), Packing::None),
        ("a.b.jsonl.gz", Some(Format::Jsonl), Packing::Gzip),
        ("A.JSON.ZST", Some(Format::Json), Packing::Zstd),
        ("a.md", Some(Format::Markdown), Packing::None),
        ("a.gz", None, Packing::Gzip),
        ("csv", None, Packing::None),
        ("a.xml", None, Packing::None),
    ] {
        let path = Path::new(name);
        assert_eq!(
            (Format::of_path(path), Packing::of_path(path)),
            (format, packing),
            "{name}"
        );
    }
    for format in Format::ALL {
        let name = format.file_name();
        assert_eq!(Format::of_path(Path::new(&name)), Some(format), "{name}");
    }
}
