//! The stage as a whole: documents in, articles out. Rules of one field are tested in its file.

use super::*;
use crate::model::{
    Category, Contributor, DateSource, Enclosure, Extraction, Markup, MarkupKind, RawCategory,
    RawMedia, RawPerson, RawSource, TakenFrom,
};

pub(super) fn html(text: &str) -> Option<Markup> {
    Some(Markup {
        text: text.to_owned(),
        kind: MarkupKind::Html,
    })
}

pub(super) fn run(feed: &RawFeed) -> Normalized {
    let context = Context {
        feed_id: &"feed".parse().unwrap(),
        source_name: None,
        feed_url: "https://feeds.example/rss",
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        cleanup: &Cleanup::default(),
        trust: Default::default(),
    };
    normalize(feed, &context)
}

pub(super) fn one(entry: RawEntry) -> (Article, Vec<Problem>) {
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
        seconds: None,
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
    let (article, _) = one(RawEntry {
        title: html("1"),
        ..RawEntry::default()
    });
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
        categories: (0..100).map(|n| n.to_string().as_str().into()).collect(),
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
    let credited = vec!["Film Crew".into()];
    let mail = RawEntry {
        authors: vec!["a@b.example".into()],
        title: html("2"),
        ..RawEntry::default()
    };
    let feed = RawFeed {
        authors: vec!["Ann".into()],
        entries: vec![
            RawEntry {
                contributors: credited,
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
            entries: vec![RawEntry {
                title: html("1"),
                ..RawEntry::default()
            }],
            ..RawFeed::default()
        };
        let context = Context {
            feed_id: &"feed".parse().unwrap(),
            source_name: name,
            feed_url: "https://feeds.example/rss",
            now: Time::UNIX_EPOCH,
            cleanup: &Cleanup::default(),
            trust: Default::default(),
        };
        normalize(&feed, &context).entries.remove(0).article.source
    };
    assert_eq!(source(html("A &amp; B"), Some("Mine")), "Mine");
    assert_eq!(source(html("A &amp; B"), None), "A & B");
    assert_eq!(source(html(" "), None), "feeds.example");
}

fn person(name: &str, role: &str) -> RawPerson {
    RawPerson {
        role: role.to_owned(),
        ..name.into()
    }
}

#[test]
fn details_are_filled_from_the_entry_and_then_from_the_feed() {
    let entry = RawEntry {
        authors: vec!["Ann Lee".into()],
        contributors: vec![
            person("Bo Park <bo@example.org>", "Editor"),
            person("Cy Young and Di Fox", ""),
        ],
        categories: vec![
            "plain".into(),
            RawCategory {
                term: "t1".into(),
                label: Some("Term &amp; one".into()),
                scheme: Some("https://v.example/".into()),
            },
        ],
        image: Some("/i.png".into()),
        comments: Some("javascript:alert(1)".into()),
        source: Some(RawSource {
            title: Some("<b>Other</b>".into()),
            url: Some("//other.example/feed".into()),
            is_page: false,
        }),
        link: Some("https://a.example/1".into()),
        ..RawEntry::default()
    };
    let out = run(&RawFeed {
        rights: html("&copy; <b>2020</b>\nSite"),
        entries: vec![entry],
        ..RawFeed::default()
    });
    let article = &out.entries[0].article;
    let details = &article.details;
    let contributor = |name: &str, role: &str| Contributor {
        name: name.to_owned(),
        role: role.to_owned(),
    };
    assert_eq!(
        details.contributors,
        [
            contributor("Bo Park", "editor"),
            contributor("Cy Young", "contributor"),
            contributor("Di Fox", "contributor")
        ]
    );
    assert_eq!(article.tags, ["plain", "Term & one"]);
    assert_eq!(
        details.categories,
        [Category {
            term: "t1".into(),
            scheme: "https://v.example/".into()
        }]
    );
    assert_eq!(
        details.image.as_deref(),
        Some("https://feeds.example/i.png")
    );
    assert_eq!(details.comments_url, None);
    assert_eq!(details.rights.as_deref(), Some("© 2020 Site"));
    assert_eq!(
        details.taken_from,
        Some(TakenFrom {
            title: Some("Other".into()),
            url: Some("https://other.example/feed".into())
        })
    );
    assert!(
        out.problems[0].what.contains("javascript"),
        "{:?}",
        out.problems
    );
}

#[test]
fn a_photographer_is_no_author_and_a_credited_writer_is() {
    let credits = RawEntry {
        contributors: vec![person("Ann", "photographer"), person("Bo", "writer")],
        title: html("1"),
        ..RawEntry::default()
    };
    let (article, _) = one(credits);
    assert_eq!(article.authors, ["Bo"]);
    assert_eq!(article.details.contributors.len(), 1);
}

#[test]
fn markup_is_kept_where_it_says_more_than_the_text() {
    let of = |body: &str, base: Option<&str>, link: Option<&str>| {
        let (article, problems) = one(RawEntry {
            content: html(body),
            base: base.map(str::to_owned),
            link: link.map(str::to_owned),
            ..RawEntry::default()
        });
        (article.html, problems.len())
    };
    assert_eq!(of("<p>a<br/>1 < 2</p><DIV>b</DIV>", None, None), (None, 0));
    let page = Some("https://a.example/1");
    let (kept, _) = of("<p>a <b>b</b></p>", None, page);
    let kept = kept.unwrap();
    assert_eq!((kept.text.as_str(), kept.base), ("<p>a <b>b</b></p>", None));
    let base = |base, link| of("<i>a</i>", base, link).0.unwrap().base;
    assert_eq!(
        base(Some("/b/"), page).as_deref(),
        Some("https://feeds.example/b/")
    );
    assert_eq!(base(page, page), None);
    assert_eq!(
        base(None, None).as_deref(),
        Some("https://feeds.example/rss")
    );
    assert_eq!(of(&"<i>a</i>".repeat(150_000), None, page), (None, 1));
}
