//! The stage as a whole: documents in, articles out. Rules of one field are tested in its file.

use super::*;
use crate::model::{DateSource, Enclosure, Extraction, Markup, MarkupKind, RawMedia};

fn html(text: &str) -> Option<Markup> {
    Some(Markup {
        text: text.to_owned(),
        kind: MarkupKind::Html,
    })
}

fn run(feed: &RawFeed) -> Normalized {
    let context = Context {
        feed_id: &"feed".parse().unwrap(),
        source_name: None,
        feed_url: "https://feeds.example/rss",
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    normalize(feed, &context)
}

fn one(entry: RawEntry) -> (Article, Vec<Problem>) {
    let mut out = run(&RawFeed {
        entries: vec![entry],
        ..RawFeed::default()
    });
    (out.entries.remove(0).article, out.problems)
}

/// The CDATA text of `element` in a fixture.
fn cdata<'a>(xml: &'a str, element: &str) -> &'a str {
    let start = xml.find(&format!("<{element}><![CDATA[")).unwrap() + element.len() + 11;
    &xml[start..start + xml[start..].find("]]>").unwrap()]
}

#[test]
fn the_seed_article_comes_out_of_both_feeds_without_the_rating_widget() {
    let expected = include_str!("../../tests/fixtures/seed/expected_body.txt");
    let (_, without_widget) = expected.trim_end().split_once('\n').unwrap();
    for xml in [
        include_str!("../../tests/fixtures/seed/gizchina_feed.xml"),
        include_str!("../../tests/fixtures/seed/gizchina_feed_widget.xml"),
    ] {
        let (article, problems) = one(RawEntry {
            guid: Some("https://www.gizchina.com/?p=431335".into()),
            link: Some("https://www.gizchina.com/2019/11/05/microsoft/".into()),
            content: html(cdata(xml, "content:encoded")),
            summary: html(cdata(xml, "description")),
            authors: vec![cdata(xml, "dc:creator").into()],
            ..RawEntry::default()
        });
        assert_eq!(article.body, without_widget);
        assert_eq!(article.authors, ["Argam Artashyan"]);
        assert_eq!(problems, []);
        let summary = article.summary.unwrap();
        assert!(
            summary.ends_with(" […]") && !summary.contains("appeared first"),
            "{summary}"
        );
    }
}

#[test]
fn a_bad_entry_is_kept_poorer_and_its_neighbours_are_untouched() {
    let bad = RawEntry {
        link: Some("javascript:alert(1)".into()),
        published: Some("1970-01-01T00:00:00Z".parse().unwrap()),
        title: html("Bad"),
        ..RawEntry::default()
    };
    let good = RawEntry {
        link: Some("/good".into()),
        ..RawEntry::default()
    };
    let out = run(&RawFeed {
        entries: vec![bad, good],
        ..RawFeed::default()
    });
    assert_eq!(out.entries[0].article.url, None);
    assert_eq!(out.entries[0].article.published_from, DateSource::None);
    assert_eq!(
        out.entries[1].article.url.as_deref(),
        Some("https://feeds.example/good")
    );
    assert_eq!(
        out.problems
            .iter()
            .map(|problem| problem.entry)
            .collect::<Vec<_>>(),
        [0, 0]
    );
}

#[test]
fn an_entry_that_repeats_is_left_out_and_noted() {
    let entry = RawEntry {
        guid: Some("1".into()),
        title: html("A"),
        ..RawEntry::default()
    };
    let out = run(&RawFeed {
        entries: vec![entry.clone(), entry],
        ..RawFeed::default()
    });
    assert_eq!(out.entries.len(), 1);
    assert_eq!(out.problems[0].entry, 1);
}

#[test]
fn without_a_link_the_guid_and_then_the_first_file_stand_in() {
    let file = Enclosure {
        url: "/a.mp3".into(),
        mime: None,
        bytes: Some(7),
    };
    let media = vec![RawMedia {
        files: vec![file.clone(), file],
        ..RawMedia::default()
    }];
    let guid = Some("https://site.example/?p=1".to_owned());
    let (article, _) = one(RawEntry {
        guid,
        media: media.clone(),
        ..RawEntry::default()
    });
    assert_eq!(article.url.as_deref(), Some("https://site.example/?p=1"));
    let guid = Some("tag:site.example,2020:1".to_owned());
    let (article, _) = one(RawEntry {
        guid,
        media,
        ..RawEntry::default()
    });
    assert_eq!(article.url.as_deref(), Some("https://feeds.example/a.mp3"));
    assert_eq!(article.enclosures.len(), 1);
}

#[test]
fn an_empty_content_falls_to_the_summary_and_then_to_the_media_description() {
    let media = vec![RawMedia {
        description: html("film"),
        ..RawMedia::default()
    }];
    let entry = RawEntry {
        content: html("<p>&nbsp;</p>"),
        media,
        ..RawEntry::default()
    };
    let (article, _) = one(RawEntry {
        summary: html("<b>short</b>"),
        ..entry.clone()
    });
    assert_eq!(
        (article.body.as_str(), article.extraction),
        ("short", Extraction::Summary)
    );
    assert_eq!(article.summary, None);
    let (article, _) = one(entry);
    assert_eq!(
        (article.body.as_str(), article.extraction),
        ("film", Extraction::Media)
    );
    let (article, _) = one(RawEntry::default());
    assert_eq!(
        (article.body.as_str(), article.extraction),
        ("", Extraction::None)
    );
}

#[test]
fn oversized_fields_are_cut_at_a_character_and_noted() {
    let (article, problems) = one(RawEntry {
        title: html(&"ä".repeat(3000)),
        content: html(&"<p>wörd</p>".repeat(500_000)),
        categories: (0..100).map(|n| n.to_string()).collect(),
        ..RawEntry::default()
    });
    assert_eq!(article.title.len(), 4096);
    assert!(article.body.len() <= 2 << 20 && article.body.len() > (2 << 20) - 10);
    assert_eq!(
        (article.tags.len(), problems.len()),
        (64, 3),
        "{problems:?}"
    );
}

#[test]
fn authors_fall_back_to_credits_and_then_to_the_feed() {
    let media = vec![RawMedia {
        credits: vec!["Film Crew".into()],
        ..RawMedia::default()
    }];
    let mail = RawEntry {
        authors: vec!["a@b.example".into()],
        ..RawEntry::default()
    };
    let feed = RawFeed {
        authors: vec!["Ann".into()],
        entries: vec![
            RawEntry {
                media,
                title: html("1"),
                ..mail.clone()
            },
            mail,
        ],
        ..RawFeed::default()
    };
    let out = run(&feed);
    assert_eq!(out.entries[0].article.authors, ["Film Crew"]);
    assert_eq!(out.entries[1].article.authors, ["Ann"]);
}

#[test]
fn the_source_is_the_operators_name_then_the_title_then_the_host() {
    let source = |title: Option<Markup>, name: Option<&str>| {
        let feed = RawFeed {
            title,
            entries: vec![RawEntry::default()],
            ..RawFeed::default()
        };
        let context = Context {
            feed_id: &"feed".parse().unwrap(),
            source_name: name,
            feed_url: "https://feeds.example/rss",
            now: Time::UNIX_EPOCH,
        };
        normalize(&feed, &context).entries.remove(0).article.source
    };
    assert_eq!(source(html("A &amp; B"), Some("Mine")), "Mine");
    assert_eq!(source(html("A &amp; B"), None), "A & B");
    assert_eq!(source(html(" "), None), "feeds.example");
}

#[test]
fn a_language_is_a_tag_in_its_usual_case_or_nothing() {
    let language = |declared: &str| {
        one(RawEntry {
            language: Some(declared.into()),
            ..RawEntry::default()
        })
        .0
        .language
    };
    assert_eq!(language(" en_us ").as_deref(), Some("en-US"));
    assert_eq!(language("zh-hant-tw").as_deref(), Some("zh-Hant-TW"));
    for wrong in ["", "English", "en US", "x", "en-"] {
        assert_eq!(language(wrong), None, "{wrong}");
    }
}
