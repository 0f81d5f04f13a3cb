//! JSON Lines: keys, their order, and HTML that is safe to show.

use super::*;
use crate::model::{Category, Cleanup, Contributor, RawHtml, RuleGroup, TakenFrom};

fn lines(articles: &[Article], format: impl Into<Options>) -> Vec<serde_json::Value> {
    let text = export(articles, format);
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn with_html(text: &str, base: Option<&str>) -> Article {
    Article {
        url: Some("https://example.org/a/".to_owned()),
        html: Some(RawHtml {
            text: text.to_owned(),
            base: base.map(str::to_owned),
        }),
        ..article("T", "body")
    }
}

fn with_cleanups(cleanups: &Cleanups) -> Options {
    Options {
        html: true,
        cleanups: cleanups.clone(),
        ..Format::Jsonl.into()
    }
}

#[test]
fn a_json_line_has_every_key_in_order_and_whole_seconds() {
    let plain = article("T \"q\"", "a\nb c");
    let file = Enclosure {
        url: "https://x.example/a.mp3".into(),
        mime: None,
        bytes: Some(5),
        seconds: Some(61),
    };
    let rich = Article {
        published_at: "2019-11-05T16:55:07.999Z".parse().ok(),
        enclosures: vec![file],
        details: Details {
            contributors: vec![Contributor {
                name: "Zoë".to_owned(),
                role: "editor".to_owned(),
            }],
            categories: vec![Category {
                term: "Food".to_owned(),
                scheme: "https://x.example/cats".to_owned(),
            }],
            taken_from: Some(TakenFrom {
                title: None,
                url: Some("https://x.example/feed".to_owned()),
            }),
            language_confidence: Some(97),
            ..Details::default()
        },
        ..plain.clone()
    };
    let text = export(&[plain, rich], Format::Jsonl);
    let (first, second) = text.trim_end().split_once('\n').unwrap();
    let id = id_of("T \"q\"");
    assert_eq!(
        first,
        format!(
            "{{\"id\":\"{id}\",\"seq\":7,\"revision\":1,\"feeds\":[\"a\",\"b\"],\"guid\":null,\
             \"url\":null,\"canonical_url\":null,\"source\":\"\",\"title\":\"T \\\"q\\\"\",\
             \"authors\":[],\"contributors\":[],\"published_at\":null,\"published_from\":\"none\",\
             \"updated_at\":null,\"first_seen\":\"2020-01-02T03:04:05Z\",\
             \"changed_at\":\"2020-01-02T03:04:06Z\",\"language\":null,\"language_confidence\":null,\
             \"tags\":[],\"categories\":[],\"enclosures\":[],\"image\":null,\"comments_url\":null,\
             \"rights\":null,\"taken_from\":null,\"summary\":null,\
             \"body\":\"a\\nb c\",\"words\":3,\"extraction\":\"import\",\
             \"fingerprint\":\"00000000000000000000000000000000\",\"cluster_id\":\"{id}\",\
             \"duplicate_of\":null}}"
        )
    );
    for part in [
        r#""published_at":"2019-11-05T16:55:07Z""#,
        r#"[{"url":"https://x.example/a.mp3","mime":null,"bytes":5,"seconds":61}]"#,
        r#""contributors":[{"name":"Zoë","role":"editor"}]"#,
        r#""categories":[{"term":"Food","scheme":"https://x.example/cats"}]"#,
        r#""taken_from":{"title":null,"url":"https://x.example/feed"}"#,
        r#""language_confidence":97"#,
    ] {
        assert!(second.contains(part), "no {part} in {second}");
    }
}

#[test]
fn html_is_the_last_key_of_every_line_when_it_is_asked_for_and_else_of_none() {
    let articles = [article("T", "body"), with_html("<b>x</b>", None)];
    let cleanups = Cleanups::new();
    let text = export(&articles, with_cleanups(&cleanups));
    let ends = [",\"html\":null}", ",\"html\":\"<b>x</b>\"}"];
    for (line, end) in text.lines().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
    assert!(!export(&articles, Format::Jsonl).contains("html"));
}

#[test]
fn html_leaves_only_safe_and_with_links_that_lead_somewhere() {
    let hostile = "<p onclick=\"x()\">a<script>alert(1)</script> <a href=\"../b\">b</a>\
        <img src=\"c.png\" onerror=\"x()\"><a href=\"javascript:x()\">c</a>";
    let articles = [
        with_html(hostile, None),
        with_html(hostile, Some("https://base.example/x/")),
    ];
    let cleanups = Cleanups::new();
    let lines = lines(&articles, with_cleanups(&cleanups));
    for (line, link) in lines
        .iter()
        .zip(["https://example.org/b", "https://base.example/b"])
    {
        let html = line["html"].as_str().unwrap();
        assert!(html.contains(link), "{html}");
        for danger in ["script", "onclick", "onerror"] {
            assert!(!html.contains(danger), "{html}");
        }
    }
}

#[test]
fn html_is_cleaned_as_the_feed_that_carried_it_asks() {
    let boilerplate = "<p>text</p><div class=\"sharedaddy\">Share</div><p class=\"promo\">Buy</p>";
    let articles = [with_html(boilerplate, None)];
    let own = Cleanup {
        keep: vec![RuleGroup::Share],
        remove: vec!["p.promo".parse().unwrap()],
    };
    let of = |feed: &str| Cleanups::from([(feed.parse().unwrap(), own.clone())]);
    for (cleanups, share, promo) in [(of("b"), true, false), (of("other"), false, true)] {
        let lines = lines(&articles, with_cleanups(&cleanups));
        let html = lines[0]["html"].as_str().unwrap();
        assert_eq!(
            (html.contains("Share"), html.contains("Buy")),
            (share, promo),
            "{html}"
        );
    }
}
