//! Damage and contradictions first, then the encodings.

use super::*;

fn read(bytes: &[u8], content_type: Option<&str>) -> (String, String, Vec<String>) {
    let mut repairs = Vec::new();
    let decoded = decode(bytes, content_type, &mut repairs);
    (
        decoded.text.into_owned(),
        decoded.encoding,
        repairs.into_iter().map(|repair| repair.what).collect(),
    )
}

/// The bytes of a feed that says its encoding is `label` and has `title`.
fn labelled(label: &str, title: &[u8]) -> Vec<u8> {
    let head = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\n<rss><title>");
    [head.as_bytes(), title, b"</title></rss>"].concat()
}

/// The title a document has once decoded.
fn title(bytes: &[u8]) -> String {
    title_of(&read(bytes, None).0)
}

fn title_of(text: &str) -> String {
    let rest = text.split_once("<title>").unwrap_or_default().1;
    rest.split_once("</title>").unwrap_or_default().0.to_owned()
}

/// The text in a character set of one byte.
fn in_page(page: &str, text: &str) -> Vec<u8> {
    let page = code_pages::page(page).unwrap();
    let all: Vec<u8> = (0..=255).collect();
    let characters: Vec<char> = page.decode(&all).0.chars().collect();
    let byte = |wanted| characters.iter().rposition(|c| *c == wanted);
    text.chars()
        .map(|c| u8::try_from(byte(c).unwrap()).unwrap())
        .collect()
}

#[test]
fn nothing_is_lost_of_what_is_no_encoding_at_all() {
    assert_eq!(read(b"", None), (String::new(), "utf-8".into(), vec![]));
    assert_eq!(read(b"<", None).0, "<");
    assert_eq!(read(b"\xff\xfe", None).0, "");
    assert_eq!(read(b"\xef\xbb\xbf\xef\xbb\xbf<a/>", None).0, "<a/>");
    for byte in 0..=255 {
        read(&[byte], None);
        read(&[byte, 0], Some("text/xml; charset=utf-32"));
        read(&[0x4c, byte, 0x6f], Some("text/xml; charset=cp037"));
    }
}

#[test]
fn valid_utf_8_is_not_copied_and_beats_labels() {
    let mut repairs = Vec::new();
    let document = labelled("utf-8", "Grüße — 日本".as_bytes());
    let decoded = decode(&document, None, &mut repairs);
    assert!(matches!(decoded.text, Cow::Borrowed(_)));
    assert_eq!((decoded.encoding.as_str(), repairs), ("utf-8", vec![]));
    for label in [
        "iso-8859-1",
        "utf-16",
        "cp437",
        "cp037",
        "utf-7",
        "hz",
        "nonsense",
    ] {
        let (text, encoding, repairs) = read(&labelled(label, "Grüße".as_bytes()), None);
        assert_eq!(
            (title_of(&text).as_str(), encoding.as_str()),
            ("Grüße", "utf-8")
        );
        assert_eq!(repairs, [format!("labelled {label} but written in utf-8")]);
    }
}

#[test]
fn stray_bytes_in_utf_8_are_read_as_windows_1252() {
    let stray = b"\xc3\xa9t\xc3\xa9 \xc3\xa0 \xc3\xa8 \xc3\xaa don\x92t";
    let (text, encoding, repairs) = read(&labelled("utf-8", stray), None);
    assert_eq!(title_of(&text), "été à è ê don’t");
    assert_eq!((encoding.as_str(), repairs.len()), ("utf-8", 1));
    // A character that breaks off is not three others.
    let broken = [&stray[..9], b"\xe2\x82 x"].concat();
    assert_eq!(title(&labelled("utf-8", &broken)), "été à \u{fffd} x");
}

#[test]
fn a_label_that_is_wrong_is_told() {
    let (text, encoding, repairs) = read(&labelled("utf-8", b"Gr\xfc\xdfe aus K\xf6ln"), None);
    assert_eq!(title_of(&text), "Grüße aus Köln");
    assert_eq!(encoding, "windows-1252");
    assert_eq!(repairs, ["labelled utf-8 but written in windows-1252"]);
    let undeclared = b"<rss><title>Gr\xfc\xdfe aus K\xf6ln</title></rss>";
    let (text, _, repairs) = read(undeclared, Some("text/xml"));
    assert_eq!(title_of(&text), "Grüße aus Köln");
    assert_eq!(repairs, ["written in windows-1252 and does not say so"]);
}

#[test]
fn the_header_goes_before_the_declaration_unless_it_is_the_servers_default() {
    let russian = labelled("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2");
    for header in [
        "text/xml",
        "text/xml; charset=iso-8859-1",
        "text/xml; charset=us-ascii",
        "x;charset=?",
    ] {
        assert_eq!(
            title_of(&read(&russian, Some(header)).0),
            "Привет",
            "{header}"
        );
    }
    let header = Some("text/xml; qs=1; CharSet = 'KOI8-R' ");
    assert_eq!(
        title_of(&read(&labelled("windows-1251", b"\xf0"), header).0),
        "П"
    );
}

#[test]
fn latin_1_and_ascii_are_read_as_windows_1252() {
    for label in [
        "iso-8859-1",
        "us-ascii",
        "latin1",
        "8859",
        "cp819",
        "ISO_8859-1:1987",
    ] {
        assert_eq!(
            title(&labelled(label, b"don\x92t \x80 caf\xe9")),
            "don’t € café",
            "{label}"
        );
    }
}

#[test]
fn utf_16_and_utf_32_are_read_with_and_without_mark() {
    let document = "<?xml version=\"1.0\" encoding=\"utf-16\"?><title>Grüße 日本 😀</title>";
    let units: Vec<u16> = document.encode_utf16().collect();
    let encoded: [(&str, Vec<u8>, &[u8]); 4] = [
        (
            "utf-16be",
            units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            b"\xfe\xff",
        ),
        (
            "utf-16le",
            units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            b"\xff\xfe",
        ),
        (
            "utf-32be",
            document
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
            b"\0\0\xfe\xff",
        ),
        (
            "utf-32le",
            document
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect(),
            b"\xff\xfe\0\0",
        ),
    ];
    for (name, bytes, mark) in encoded {
        assert_eq!(read(&bytes, None), (document.into(), name.into(), vec![]));
        let marked = [mark, &bytes].concat();
        assert_eq!(read(&marked, None), (document.into(), name.into(), vec![]));
    }
}

#[test]
fn dos_mac_and_other_pages_are_read_by_any_of_their_names() {
    for (label, expected) in [
        ("437", 'Ç'),
        ("IBM437", 'Ç'),
        ("cp437", 'Ç'),
        ("x-cp437", 'Ç'),
        ("csPC8CodePage437", 'Ç'),
        ("CCSID00858", 'Ç'),
        ("cp855", 'ђ'),
        ("cp862", 'א'),
        ("cp737", 'Α'),
        ("cp720", '€'),
        ("cp1125", 'А'),
        ("CP866", 'А'),
        ("mac_latin2", 'Ä'),
        ("maccentraleurope", 'Ä'),
        ("x-mac-croatian", 'Ä'),
        ("mac-cyrillic", 'А'),
        ("x-mac-cyrillic", 'А'),
        ("macintosh", 'Ä'),
        ("koi8_t", 'қ'),
        ("KZ-1048", 'Ђ'),
        ("ptcp154", 'Җ'),
        ("koi8-u", '─'),
        ("palmos", '€'),
        ("windows_1250", '€'),
        ("1251", 'Ђ'),
    ] {
        assert_eq!(
            title(&labelled(label, b"\x80")),
            expected.to_string(),
            "{label}"
        );
    }
    assert_eq!(title(&labelled("hp-roman8", b"\xa1")), "À");
    assert_eq!(title(&labelled("tis-620", b"\xa1")), "ก");
    assert_eq!(title(&labelled("iso8859_15", b"\xa4")), "€");
}

#[test]
fn ebcdic_is_read_by_its_own_declaration() {
    for page in [
        "cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140",
    ] {
        for label in [
            page.to_owned(),
            page.replace("cp", "IBM"),
            page.replace("cp", ""),
        ] {
            let document =
                format!("<?xml version=\"1.0\" encoding=\"{label}\"?>\n<title>x [1]</title>");
            let (text, encoding, repairs) = read(&in_page(page, &document), None);
            assert_eq!(text, document);
            assert_eq!((encoding.as_str(), repairs), (page, vec![]));
        }
    }
    let bytes = in_page("cp1140", "<title>1 €</title>");
    let header = Some("text/xml; charset=ibm-1140");
    assert_eq!(title_of(&read(&bytes, header).0), "1 €");
}

#[test]
fn every_page_has_its_table_and_every_name_its_encoding() {
    for line in include_str!("code_pages.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let names = line.strip_prefix("= ").unwrap_or(line);
        for name in names.split(" | ").next().unwrap().split_whitespace() {
            assert!(Charset::for_label(name).is_some(), "{name}");
            assert!(Charset::for_label(&name.to_uppercase()).is_some(), "{name}");
        }
    }
    for none in ["", "nonsense", "cp", "cp99999", "x-user"] {
        assert_eq!(Charset::for_label(none), None, "{none}");
    }
}

#[test]
fn encodings_written_in_ascii_are_obeyed() {
    for (label, bytes, expected) in [
        ("iso-2022-jp", &b"\x1b$BF|K\\\x1b(B"[..], "日本"),
        ("iso-2022-kr", b"\x1b$)C\x0eGQ19\x0f", "한국"),
        ("hz-gb-2312", b"~{VPND~} ~~", "中文 ~"),
        (
            "hz",
            b"a ~{<:Ky2;S{#,NpJ)l6HK!#~}Bye.",
            "a 己所不欲，勿施於人。Bye.",
        ),
        ("utf-7", b"Gr+APwA3w-e 1 +- 1 +2D3eAA-", "Grüße 1 + 1 😀"),
        ("unicode-1-1-utf-7", b"+ZeVnLIqe", "日本語"),
    ] {
        assert_eq!(title(&labelled(label, bytes)), expected, "{label}");
    }
    let undeclared = b"<rss><title>\x1b$BF|K\\\x1b(B</title></rss>";
    assert_eq!(title(undeclared), "日本");
    // A label alone changes nothing.
    assert_eq!(title(&labelled("utf-7", b"1 + 1 ~{")), "1 + 1 ~{");
}

#[test]
fn encodings_of_several_bytes_are_read_and_bear_a_stray_byte() {
    for (label, bytes, expected) in [
        ("big5", &b"\xa4\xa4\xa4\xe5"[..], "中文"),
        ("big5-hkscs", b"\xa4\xa4\xa4\xe5", "中文"),
        ("gb2312", b"\xd6\xd0\xce\xc4", "中文"),
        ("cp936", b"\xd6\xd0\xce\xc4", "中文"),
        ("sjis", b"\x93\xfa\x96{", "日本"),
        ("shift_jis_2004", b"\x93\xfa\x96{", "日本"),
        ("cp932", b"\x93\xfa\x96{", "日本"),
        ("euc_jisx0213", b"\xc6\xfc\xcb\xdc", "日本"),
        ("euc-kr", b"\xb3\xe2", "년"),
        ("ks_c-5601-1987", b"\xb3\xe2", "년"),
        ("johab", b"\xd0\x65\x8a\x82", "한국"),
    ] {
        assert_eq!(title(&labelled(label, bytes)), expected, "{label}");
    }
    let mut long = b"\xc6\xfc\xcb\xdc".repeat(50);
    long.extend(b"\xff ");
    let (text, encoding, repairs) = read(&labelled("euc-jp", &long), None);
    assert!(title_of(&text).starts_with("日本日本"), "{text}");
    assert_eq!((encoding.as_str(), repairs.len()), ("euc-jp", 1));
}

#[test]
fn text_encoded_twice_is_decoded_twice() {
    let twice = |text: &str| -> String { text.bytes().map(char::from).collect() };
    let by_windows = |text: &str| -> String {
        text.bytes()
            .map(|byte| mend::windows_1252(byte).unwrap_or(char::from(byte)))
            .collect()
    };
    let original = "Grüße aus Köln – „schön“ für 5 €";
    for doubled in [twice(original), by_windows(original)] {
        let (text, _, repairs) = read(&labelled("utf-8", doubled.as_bytes()), None);
        assert_eq!(title_of(&text), original);
        assert_eq!(repairs.len(), 1);
        assert_eq!(mend_double_encoding(&doubled).as_deref(), Some(original));
    }
    assert_eq!(
        mend_double_encoding(&by_windows("Привет")).as_deref(),
        Some("Привет")
    );
    assert_eq!(
        mend_double_encoding(&by_windows("日本語")).as_deref(),
        Some("日本語")
    );
    assert_eq!(mend_double_encoding("isnâ€™t").as_deref(), Some("isn’t"));
    assert_eq!(mend_double_encoding("cafÃ©").as_deref(), Some("café"));
}

#[test]
fn text_that_only_looks_encoded_twice_stays() {
    for text in [
        "",
        "café",
        "„MENÜ“",
        "MENÜ“",
        "MARCHÉ»",
        "«MARCHÉ»",
        "“IRMÔ",
        "IRMÃ…",
        "É…",
        "¿QUÉ?",
        "ÄÖÜ",
        "日本",
        "Ã",
        "Ã© und é",
    ] {
        assert_eq!(mend_double_encoding(text), None, "{text}");
        let (whole, _, repairs) = read(text.as_bytes(), None);
        assert_eq!((whole.as_str(), repairs), (text, vec![]));
    }
    // One quotes mojibake in a text that is sound.
    let quoting = "Ã© Ã¨ Ãª stehen für é, è und ê; schön, nicht? Größe, Süße, Höhe";
    assert_eq!(read(quoting.as_bytes(), None).0, quoting);
}

#[test]
fn control_characters_of_windows_1252_become_its_punctuation() {
    let (text, _, repairs) = read(
        "<title>don\u{92}t \u{93}x\u{94} \u{81}</title>".as_bytes(),
        None,
    );
    assert_eq!(title_of(&text), "don’t “x” \u{81}");
    assert_eq!(repairs.len(), 1);
}

#[test]
fn decoding_takes_time_in_proportion_to_the_document() {
    let begun = std::time::Instant::now();
    for unit in ["Ã©", "Ã", "\u{92}", "~{", "+", "\x1b$", "\x0e", "é"] {
        for label in ["utf-8", "hz", "utf-7", "iso-2022-kr", "johab"] {
            read(&labelled(label, unit.repeat(100_000).as_bytes()), None);
        }
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn the_corpus_is_decoded_as_it_expects() {
    let Ok(corpus) = std::env::var("TIDINGS_CORPUS") else {
        eprintln!("left out: TIDINGS_CORPUS is not set");
        return;
    };
    let root = std::path::Path::new(&corpus).join("feeds");
    let rows = |file: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let decoded = |row: &serde_json::Value| {
        let bytes = std::fs::read(root.join(row["path"].as_str().unwrap())).unwrap();
        read(&bytes, row["http_headers"]["content-type"].as_str())
    };
    let mut wrong = Vec::new();
    for row in rows("feedparser_expect.jsonl") {
        let expected = row["expected"].as_str().unwrap_or_default();
        let wide = row["field"] == "encoding" && expected.starts_with("utf-");
        if row["group"] == "encoding" && wide && decoded(&row).1 != expected {
            wrong.push(format!("{} is not {expected}", row["path"]));
        }
    }
    // Where the damage is not in the text itself, every title is there.
    let squeezed = |text: &str| -> String {
        let text = html_escape::decode_html_entities(text);
        let text = html_escape::decode_html_entities(&text);
        text.split_whitespace().collect()
    };
    for row in rows("mutated_expect.jsonl") {
        let kind = row["mutation"].as_str().unwrap();
        if !kind.starts_with("enc-") || matches!(kind, "enc-stray-byte" | "enc-latin1-as-utf8") {
            continue;
        }
        let text = squeezed(&decoded(&row).0);
        for entry in row["entries"].as_array().unwrap() {
            let title = squeezed(entry["title"].as_str().unwrap_or_default());
            if !text.contains(&title) {
                wrong.push(format!("{} lacks {title}", row["path"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
