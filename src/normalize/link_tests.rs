//! Which address an article gets, and which identifies it.

use super::tests::{html, one, run};
use crate::model::{RawEntry, RawFeed, RawLink, RawSource};

#[test]
fn a_guid_that_is_a_link_may_be_relative_and_a_source_is_the_last_resort() {
    let relative = RawEntry {
        guid: Some("/a/1".into()),
        guid_is_link: true,
        ..RawEntry::default()
    };
    let url = |entry: &RawEntry| one(entry.clone()).0.url;
    assert_eq!(url(&relative).as_deref(), Some("https://feeds.example/a/1"));
    let other = RawEntry {
        guid_is_link: false,
        source: Some(RawSource {
            url: Some("https://other.example/".into()),
            is_page: true,
            ..RawSource::default()
        }),
        ..relative
    };
    assert_eq!(url(&other).as_deref(), Some("https://other.example/"));
}

#[test]
fn the_publishers_own_address_identifies_an_article_and_a_sources_page_does_not() {
    let (article, _) = one(RawEntry {
        link: Some("https://counter.example/~r/1".into()),
        links: vec![RawLink {
            href: "https://a.example/1?utm_source=x".into(),
            rel: "original".into(),
            mime: None,
        }],
        ..RawEntry::default()
    });
    assert_eq!(article.url.as_deref(), Some("https://counter.example/~r/1"));
    assert_eq!(
        article.canonical_url.as_deref(),
        Some("https://a.example/1")
    );
    let from = |title: &str| {
        let source = Some(RawSource {
            url: Some("https://other.example/".into()),
            is_page: true,
            ..RawSource::default()
        });
        let title = html(title);
        one(RawEntry {
            title,
            source,
            ..RawEntry::default()
        })
        .0
    };
    assert_eq!(from("1").canonical_url, None);
    assert_ne!(from("1").id, from("2").id);
}

#[test]
fn an_entry_that_says_nothing_is_left_out_and_told() {
    let feed = RawFeed {
        entries: vec![
            RawEntry::default(),
            RawEntry {
                title: html("1"),
                ..RawEntry::default()
            },
        ],
        ..RawFeed::default()
    };
    let out = run(&feed);
    assert_eq!(out.entries.len(), 1);
    assert_eq!(out.problems[0].entry, 0);
    assert!(out.problems[0].what.contains("empty"));
}
