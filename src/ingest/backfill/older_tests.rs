//! Where older entries are looked for.

use super::*;
use crate::model::{FeedState, PageRecord, Time, Validators};

pub(in crate::ingest) const FEED: &str = "https://example.org/feed";

pub(in crate::ingest) fn now() -> Time {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

pub(in crate::ingest) fn feed(facts: FeedFacts) -> FeedRecord {
    FeedRecord {
        id: "one".parse().unwrap(),
        origin: String::new(),
        url: FEED.to_owned(),
        scope: "example.org".to_owned(),
        scope_paused_until: None,
        interval: Duration::from_secs(3600),
        name: None,
        tags: Vec::new(),
        paused: false,
        retired: false,
        next_poll: now(),
        claimed_at: None,
        leased_until: None,
        state: FeedState {
            facts,
            body_hash: Some("feed".to_owned()),
            ..FeedState::default()
        },
        articles: 0,
    }
}

pub(in crate::ingest) fn links(archive: bool, next: bool, previous: bool) -> FeedFacts {
    let link = |name: &str| format!("https://example.org/{name}");
    FeedFacts {
        archive_url: archive.then(|| link("archive")),
        next_url: next.then(|| link("next")),
        prev_url: previous.then(|| link("previous")),
        generator: Some("https://WordPress.org/?v=6.4".to_owned()),
        ..FeedFacts::default()
    }
}

pub(in crate::ingest) fn begun(facts: FeedFacts) -> Cursor {
    begin(&feed(facts), None, Wish::default(), now()).unwrap()
}

/// Page `number`, made of `source`, that leads to `next`.
pub(in crate::ingest) fn page(source: PageSource, number: u32, next: Option<&str>) -> PageRecord {
    PageRecord {
        url: format!("https://example.org/{number}"),
        round: 1,
        number,
        source,
        next: next.map(str::to_owned),
        entries: 10,
        body_hash: format!("body {number}"),
        keys_hash: format!("keys {number}"),
        validators: Validators::default(),
    }
}

/// The cursor before that page.
pub(in crate::ingest) fn before(page: &PageRecord) -> Cursor {
    Cursor {
        source: page.source,
        next: Some(page.url.clone()),
        number: page.number,
        ..begun(links(true, true, true))
    }
}

#[test]
fn archives_come_before_pages_and_pages_before_a_guess() {
    for (facts, source, url) in [
        (
            links(true, true, true),
            PageSource::Archive,
            "https://example.org/archive",
        ),
        (
            links(false, true, true),
            PageSource::Next,
            "https://example.org/next",
        ),
        (
            links(false, false, true),
            PageSource::Previous,
            "https://example.org/previous",
        ),
        (
            links(false, false, false),
            PageSource::Numbered,
            "https://example.org/feed?paged=2",
        ),
    ] {
        let cursor = begun(facts);
        assert_eq!((cursor.source, cursor.next.as_deref()), (source, Some(url)));
        assert_eq!((cursor.number, cursor.round, cursor.pages), (2, 1, 0));
    }
}

#[test]
fn a_feed_that_names_nothing_is_guessed_at_only_by_the_operators_word() {
    let plain = feed(FeedFacts::default());
    let why = begin(&plain, None, Wish::default(), now()).unwrap_err();
    assert!(why.contains("--paged"), "{why}");
    let paged = Wish {
        paged: true,
        ..Wish::default()
    };
    assert_eq!(
        begin(&plain, None, paged, now()).unwrap().source,
        PageSource::Numbered
    );
    // And then it counts more than links.
    let linked = feed(links(true, true, true));
    assert_eq!(
        begin(&linked, None, paged, now()).unwrap().source,
        PageSource::Numbered
    );
}

#[test]
fn a_feed_that_was_never_polled_is_to_be_polled_first() {
    let mut fresh = feed(links(true, true, true));
    fresh.state.body_hash = None;
    let why = begin(&fresh, None, Wish::default(), now()).unwrap_err();
    assert!(why.contains("tidings poll one"), "{why}");
}

#[test]
fn a_run_goes_on_where_the_last_one_ended_unless_it_is_to_begin_anew() {
    let kept = Cursor {
        number: 7,
        next: Some("https://example.org/7".to_owned()),
        pages: 5,
        new: 40,
        known: 10,
        ..begun(links(true, false, false))
    };
    let feed = feed(links(true, false, false));
    let resumed = begin(&feed, Some(&kept), Wish::default(), now()).unwrap();
    assert_eq!(resumed, kept);
    let restart = Wish {
        restart: true,
        ..Wish::default()
    };
    let anew = begin(&feed, Some(&kept), restart, now()).unwrap();
    assert_eq!((anew.number, anew.round), (2, 2));
    assert_eq!(
        (anew.pages, anew.new, anew.known),
        (5, 40, 10),
        "what was brought is not forgotten"
    );
    let paged = Wish {
        paged: true,
        ..Wish::default()
    };
    let why = begin(&feed, Some(&kept), paged, now()).unwrap_err();
    assert!(why.contains("--restart --paged"), "{why}");
}

#[test]
fn a_page_number_takes_the_place_of_another_and_leaves_the_rest_of_the_query() {
    for (url, page) in [
        (
            "https://example.org/feed",
            "https://example.org/feed?paged=3",
        ),
        (
            "https://example.org/?feed=rss2&cat=a%20b+c",
            "https://example.org/?feed=rss2&cat=a%20b+c&paged=3",
        ),
        (
            "https://example.org/feed?paged=2&x=%C3%A4",
            "https://example.org/feed?x=%C3%A4&paged=3",
        ),
    ] {
        assert_eq!(numbered(url, 3).as_deref(), Some(page));
    }
    // Asked where the feed answers, so that no page needs a redirect.
    let mut moved = feed(links(false, false, false));
    moved.state.validators.url = "https://example.org/feed/".to_owned();
    let cursor = begin(&moved, None, Wish::default(), now()).unwrap();
    assert_eq!(
        cursor.next.as_deref(),
        Some("https://example.org/feed/?paged=2")
    );
}

#[test]
fn the_relation_that_led_to_a_page_leads_on() {
    let all = links(true, true, true);
    let next = |source, facts: &FeedFacts| {
        let (source, next) = next_of(source, "https://example.org/feed?paged=4", 4, facts);
        (
            source,
            next.unwrap_or_default().replace("https://example.org/", ""),
        )
    };
    let found = |source, name: &str| (source, name.to_owned());
    assert_eq!(
        next(PageSource::Archive, &all),
        found(PageSource::Archive, "archive")
    );
    assert_eq!(
        next(PageSource::Next, &all),
        found(PageSource::Next, "next")
    );
    assert_eq!(
        next(PageSource::Next, &links(false, false, true)),
        found(PageSource::Next, "")
    );
    assert_eq!(
        next(PageSource::Previous, &links(false, true, true)),
        found(PageSource::Previous, "previous")
    );
    assert_eq!(
        next(PageSource::Previous, &all),
        found(PageSource::Archive, "archive")
    );
    assert_eq!(
        next(PageSource::Numbered, &all),
        found(PageSource::Numbered, "feed?paged=5")
    );
}

#[test]
fn archives_that_an_earlier_round_read_are_passed_over() {
    let archive = |number: u32, next: Option<&str>| page(PageSource::Archive, number, next);
    let read = [
        archive(2, Some("https://example.org/3")),
        archive(3, Some("https://example.org/4")),
    ];
    let at = |round| Cursor {
        round,
        ..before(&read[0])
    };
    let mut cursor = at(2);
    skip_read(&mut cursor, &read);
    assert_eq!(
        (cursor.next.as_deref(), cursor.number),
        (Some("https://example.org/4"), 4)
    );
    // Those of the same round are met again only in a circle, which `after` sees.
    let mut same = at(1);
    skip_read(&mut same, &read);
    assert_eq!(same, at(1));
    let mut to_the_end = at(2);
    skip_read(&mut to_the_end, &[read[0].clone(), archive(3, None)]);
    assert!(
        to_the_end
            .finished
            .unwrap()
            .contains("page 3 is the last one")
    );
    let mut circle = at(2);
    skip_read(
        &mut circle,
        &[read[0].clone(), archive(3, Some("https://example.org/2"))],
    );
    assert!(circle.finished.unwrap().contains("leads back"));
    // Pages change: they are asked for again.
    let mut pages = Cursor {
        round: 2,
        ..before(&page(PageSource::Next, 2, None))
    };
    skip_read(&mut pages, &[page(PageSource::Next, 2, Some("x"))]);
    assert_eq!(pages.number, 2);
}

#[test]
fn what_begins_with_https_does_not_go_on_without() {
    let cursor = |url: &str| Cursor {
        next: Some(url.to_owned()),
        ..begun(links(true, false, false))
    };
    let secure = feed(FeedFacts::default());
    let why = target(&cursor("http://example.org/2"), &secure).unwrap_err();
    assert!(why.contains("http://example.org/2"), "{why}");
    assert!(target(&cursor("https://elsewhere.example/2"), &secure).is_ok());
    let mut plain = feed(FeedFacts::default());
    plain.url = "http://example.org/feed".to_owned();
    assert!(target(&cursor("http://example.org/2"), &plain).is_ok());
    plain.state.validators.url = FEED.to_owned();
    assert!(target(&cursor("http://example.org/2"), &plain).is_err());
}

#[test]
fn pages_of_other_peoples_servers_are_ten_seconds_apart() {
    let mut fetch = FetchConfig {
        host_interval: Duration::ZERO,
        ..FetchConfig::default()
    };
    let ten = Duration::from_secs(10);
    assert_eq!(pause("https://example.org/2", &fetch), ten);
    assert_eq!(pause("http://127.0.0.1/2", &fetch), ten);
    fetch.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    assert_eq!(pause("http://127.0.0.1/2", &fetch), Duration::ZERO);
    assert_eq!(pause("https://example.org/2", &fetch), ten);
    fetch.host_interval = Duration::from_secs(30);
    assert_eq!(
        pause("https://example.org/2", &fetch),
        Duration::from_secs(30)
    );
}

#[test]
fn a_pause_is_counted_from_the_last_request_by_whatever_clock() {
    let ten = Duration::from_secs(10);
    let after = |seconds: i64| {
        let last = now() + chrono::Duration::seconds(seconds);
        wait(Some(last), ten, now()).as_secs()
    };
    assert_eq!(wait(None, ten, now()), Duration::ZERO);
    assert_eq!(
        (after(-4), after(0), after(-10), after(-9999)),
        (6, 10, 0, 0)
    );
    assert_eq!(after(9999), 10, "a clock that was ahead");
}
