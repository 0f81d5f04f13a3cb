//! The Markdown schema: what must not change a byte, and what must come back the same.

use super::*;

/// Titles as newsrooms write them; none may gain a backslash.
const ORDINARY: &[&str] = &[
    "Microsoft and Nokia Once Again Reached a Strategic Cooperation",
    "Foo (bar) – 50% [video] C# a_b 4.4*",
    "snake_case_name and 5 * 4 * 3 = 60",
    "AT&T, R&D & Co. < 5 > 3 <3",
    "C:\\dir \"quoted\" it's #1 – 'x' `tick",
    "Vec< T > | ~ ^ $ @ { } = + ; : ! ?",
    "F# and C##",
];

#[test]
fn a_seed_file_that_is_read_and_written_keeps_its_bytes() {
    let articles = import(SEED).unwrap();
    assert_eq!(export(&articles, Format::Markdown), SEED);
    let article = &articles[0];
    assert_eq!(article.authors, ["Argam Artashyan"]);
    assert_eq!(article.source, "Gizchina");
    assert_eq!(article.published_from, DateSource::Import);
    assert_eq!(article.body.lines().count(), 9);
    assert!(
        article
            .body
            .starts_with("Microsoft and Nokia Once Again Reached a Strategic Cooperation4.4")
    );
}

#[test]
fn ordinary_titles_are_written_as_they_are() {
    for title in ORDINARY {
        let text = export(&[article(title, "")], Format::Markdown);
        assert_eq!(text, format!("\n# {title}\n"));
    }
}

#[test]
fn what_commonmark_would_read_as_markup_is_escaped() {
    for (title, written) in [
        ("a <b> </b> <!-- <?", "a \\<b> \\</b> \\<!-- \\<?"),
        ("&amp; &#65; &x", "\\&amp; \\&#65; &x"),
        ("*a* _b_ M*A*S*H", "\\*a\\* \\_b\\_ M\\*A\\*S\\*H"),
        ("[a](b)", "[a]\\(b)"),
        ("`a` \\* \\", "\\`a\\` \\\\* \\"),
        ("C # D #", "C # D \\#"),
        ("##", "\\##"),
        (" a\u{7}\n", "&#32;a&#7;&#10;"),
    ] {
        assert_eq!(
            export(&[article(title, "")], Format::Markdown),
            format!("\n# {written}\n")
        );
    }
}

#[test]
fn unknown_fields_are_left_out_and_never_invented() {
    assert_eq!(export(&[article("", "")], Format::Markdown), "\n#\n");
    assert_eq!(
        export(&[article("T", "a\nb")], Format::Markdown),
        "\n# T\n\na\nb\n"
    );
    let sourced = Article {
        source: "S*".into(),
        ..article("T", "")
    };
    assert_eq!(
        export(&[sourced], Format::Markdown),
        "\n# T\n\nOriginal: **S\\***\n"
    );
}

#[test]
fn several_authors_are_joined_and_a_comma_in_a_name_is_kept() {
    let authors = vec!["Ann, Jr.".to_owned(), "Bo".to_owned()];
    let text = export(
        &[Article {
            authors: authors.clone(),
            ..article("T", "")
        }],
        Format::Markdown,
    );
    assert_eq!(text, "\n# T\n\nAuthor: **Ann\\, Jr., Bo**\n");
    assert_eq!(import(&text).unwrap()[0].authors, authors);
}

#[test]
fn a_first_body_line_that_looks_like_a_header_comes_back_as_body() {
    for body in [
        "# Not a title\nrest",
        "#",
        "\\# x",
        "---\nfoo: bar\n---\n# Another title",
        "\\---",
        "Author: **x**",
        "Author\\: **x**\nPublished at: y",
        "Published at: **2019-11-05T16:55:07+00:00**",
        "Original: [a](https://b.example/)",
    ] {
        for url in [None, Some("https://x.example/".to_owned())] {
            let written = Article {
                canonical_url: url.clone(),
                url,
                ..article("T", body)
            };
            let text = export(std::slice::from_ref(&written), Format::Markdown);
            assert_eq!(import(&text).unwrap(), [written], "{text}");
        }
    }
}

/// Joins pieces that matter to Markdown in every order a small generator comes up with.
fn nasty(seed: &mut u64, pieces: &[&str]) -> String {
    let mut next = || {
        *seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize
    };
    (0..next() % 9)
        .map(|_| pieces[next() % pieces.len()])
        .collect()
}

const PIECES: &[&str] = &[
    "a",
    "B",
    "é",
    "中",
    " ",
    "  ",
    "\\",
    "\\\\",
    "*",
    "**",
    "_",
    "`",
    "``",
    "[",
    "]",
    "(",
    ")",
    "](",
    "<",
    ">",
    "<b>",
    "</",
    "<!--",
    "&",
    "&amp;",
    "&#32;",
    "&#x;",
    "&lt",
    "#",
    " #",
    "# ",
    ",",
    ", ",
    "!",
    "![",
    "\u{a0}",
    "\u{7}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\t",
    "\n",
    "\r\n",
    "|",
    "~",
    ":",
    "Author: **",
    "%20",
    ";",
];

#[test]
fn headers_come_back_the_same_whatever_characters_they_hold() {
    let mut seed = 1;
    for round in 0..30_000 {
        let url = match nasty(&mut seed, PIECES) {
            url if url.starts_with("javascript:") || round % 3 == 0 => None,
            url => Some(url),
        };
        let written = Article {
            authors: (0..round % 4)
                .map(|_| nasty(&mut seed, PIECES))
                .filter(|name| !name.is_empty())
                .collect(),
            source: nasty(&mut seed, PIECES),
            canonical_url: url.clone(),
            url,
            ..article(&nasty(&mut seed, PIECES), "body")
        };
        let text = export(std::slice::from_ref(&written), Format::Markdown);
        let read = import(&text).unwrap_or_else(|error| panic!("{error}\n{text}\n{written:?}"));
        assert_eq!(read, [written], "{text}");
    }
}

#[test]
fn a_stream_is_read_back_as_the_articles_it_was_made_of() {
    let lines = [
        "# x",
        "\\# x",
        "---\nfoo: bar\n---\n# Another title",
        "\\---",
        "#",
        "Author: y",
        "Original\\: z",
        "text",
        "- item",
        "    code",
        "\\",
    ];
    let mut seed = 2;
    for _ in 0..2_000 {
        let articles: Vec<Article> = (0..3)
            .map(|_| {
                let body: Vec<&str> = (0..4)
                    .map(|_| nasty(&mut seed, &["a"]).len() % lines.len())
                    .map(|at| lines[at])
                    .collect();
                let published = "2019-11-05T16:55:07Z"
                    .parse()
                    .ok()
                    .filter(|_| body[0] != "#");
                Article {
                    published_from: if published.is_some() {
                        DateSource::Import
                    } else {
                        DateSource::None
                    },
                    published_at: published,
                    ..article(
                        &nasty(&mut seed, PIECES),
                        &body[..seed as usize % 4].join("\n"),
                    )
                }
            })
            .collect();
        let text = export(&articles, Format::Markdown);
        assert_eq!(import(&text).unwrap(), articles, "{text}");
    }
}

#[test]
fn a_file_from_another_system_is_read() {
    let text = format!("\u{feff}{}", SEED.replace('\n', "\r\n"));
    assert_eq!(import(&text).unwrap(), import(SEED).unwrap());
    let text = "# T\nPublished at: **2019-11-05T18:55:07+02:00**\n\n\na\n\nb";
    let article = &import(text).unwrap()[0];
    assert_eq!(article.published_at, "2019-11-05T16:55:07Z".parse().ok());
    assert_eq!(article.body, "a\nb");
}

#[test]
fn a_bad_file_is_refused_with_the_line_and_what_should_stand_there() {
    for (text, line, expected) in [
        ("", 1, "# Title"),
        ("\nplain text\n", 2, "found \"plain text\""),
        (
            "# T\n\nPublished at: yesterday",
            3,
            "**2019-11-05T16:55:07+00:00**, found \"yesterday\"",
        ),
        ("# T\n\nAuthor: Ann", 3, "**Name**"),
        ("# T\n\nOriginal: S", 3, "[Source](https://…)"),
        ("# T\n\nOriginal: [S](javascript:alert)", 3, "http or https"),
        (
            "# A\n\nx\n\n# B\n\nAuthor: \u{1b}[1m",
            7,
            "found \"\\u{1b}[1m\"",
        ),
    ] {
        let error = import(text).unwrap_err();
        assert_eq!(error.line, line, "{text:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = read_markdown(b"# T\n\n\xff", Path::new("a.md"), &IDENTIFY).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.md:3: expected UTF-8 text: convert the file first"
    );
}
