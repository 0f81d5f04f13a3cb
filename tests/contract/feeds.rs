//! Feeds as the feed files name them: sync, listing.

use std::time::Duration;

use tidings::{
    model::{
        FailKind, Failure, FeedFacts, FeedFilter, FeedSpec, FeedState, Gaps, Health, HostPause,
        Move, Permanence, Redirect, Resume, Staleness, Unread, Validators,
    },
    store::{FeedSet, SyncReport},
};

use super::{Bench, HOUR, at, batch, batch_with, contract, id, insert, set, spec, story};

contract! {
    a_new_feed_is_due_at_once
    a_sync_that_changes_nothing_reports_nothing
    every_field_of_a_spec_that_changes_is_reported_and_stored
    a_feed_keeps_its_state_when_its_entry_changes
    a_vanished_feed_is_retired_and_its_articles_stay
    only_the_files_of_a_sync_lose_feeds
    a_feed_that_moves_to_another_file_is_the_same_feed
    a_retired_feed_that_is_named_again_is_added_and_keeps_its_state
    a_paused_feed_that_is_resumed_is_due_when_it_was
    feeds_are_counted_by_their_health
    an_endless_interval_neither_overflows_nor_stops_other_feeds
    feeds_are_listed_by_id_without_the_retired_ones_unless_asked
    feeds_are_found_by_id_and_their_articles_counted_once
    feeds_are_listed_a_page_at_a_time
    the_articles_of_a_feed_take_its_new_name_as_their_source
}

fn origin(feed: &str, file: &str) -> FeedSpec {
    FeedSpec {
        origin: file.into(),
        ..spec(feed)
    }
}

pub(super) fn report(added: u32, changed: u32, retired: u32) -> SyncReport {
    SyncReport {
        added,
        changed,
        retired,
    }
}

fn rich_facts() -> FeedFacts {
    FeedFacts {
        encoding: Some("windows-1252".to_owned()),
        language: Some("de".to_owned()),
        generator: Some("Press 7".to_owned()),
        rights: Some("© \"Ada\"".to_owned()),
        subtitle: Some("News".to_owned()),
        image: Some("https://example.org/logo.png".to_owned()),
        self_url: Some("https://one.example/one.xml".to_owned()),
        hubs: vec!["https://hub.example/".to_owned()],
        next_url: Some("https://one.example/one.xml?page=2".to_owned()),
        prev_url: Some("https://one.example/one.xml?page=0".to_owned()),
        archive_url: Some("https://one.example/2025".to_owned()),
    }
}

/// A state in which every field says something.
pub(super) fn rich_state() -> FeedState {
    FeedState {
        names: tidings::model::Names::default(),
        title: Some("A title – ünïcode".to_owned()),
        site_url: Some("https://example.org/".to_owned()),
        format: Some("RSS 2.0".to_owned()),
        facts: rich_facts(),
        validators: Validators {
            etag: Some(vec![b'"', 0xE9, b'"']),
            last_modified: Some(b"yesterday".to_vec()),
            url: "https://one.example/one.xml".to_owned(),
        },
        body_hash: Some("abc".to_owned()),
        last_poll: Some(at(1)),
        last_ok: Some(at(2)),
        last_new: Some(at(3)),
        failures: 4,
        failure: Some(Failure {
            kind: FailKind::Status,
            status: Some(410),
            message: "gone".to_owned(),
        }),
        retry_after: Some(at(600)),
        gone_since: Some(at(4)),
        gone_polls: 2,
        gone: true,
        redirect: Some(Redirect {
            url: "https://two.example/".to_owned(),
            permanence: Permanence::Permanent,
            since: at(5),
            polls: 6,
            shares_entries: true,
        }),
        learnt_url: Some("https://one.example/new.xml".to_owned()),
        moves: vec![Move {
            at: at(5),
            from: "https://one.example/one.xml".to_owned(),
            to: "https://one.example/new.xml".to_owned(),
            what: "moved".to_owned(),
        }],
        resume: Some(Resume {
            url: "https://one.example/later.xml".to_owned(),
            permanence: Permanence::Temporary,
        }),
        max_age: Some(300),
        throttled: 2,
        unmatched: 3,
        etag_useless: true,
        staleness: Staleness {
            since: Some(at(6)),
            patience: Some(std::time::Duration::from_secs(7)),
            lying: true,
            probed: Some(at(8)),
        },
        unread: Some(Unread {
            hash: "def".to_owned(),
            reading: "0.0.1 feed".to_owned(),
        }),
        newest: vec!["0011223344556677".to_owned()],
        gaps: Gaps {
            count: 1,
            last: Some(at(9)),
            after: Some(at(7)),
            halvings: 1,
        },
        rhythm: None,
        hint_minutes: Some(30),
        skip_hours: vec![1, 2],
        skip_days: vec![6],
        repairs: vec!["mended".to_owned()],
        cleanup: "keep toc\n".to_owned(),
        kind: Some(tidings::model::FeedKind::Sitemap),
        next_reason: "because".to_owned(),
    }
}

/// One feed whose latest poll left the rich state, next due at minute 60.
pub(super) fn with_rich_feed(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let due = store.lease("one", 0);
    let batch = batch_with(&due, rich_state(), 0, vec![insert(story("a"))]);
    store.commit(batch).unwrap();
}

fn a_new_feed_is_due_at_once(store: &mut Bench) {
    assert_eq!(
        store.sync(vec![spec("one"), spec("two")], 5),
        report(2, 0, 0)
    );
    assert_eq!(store.feed("one").next_poll, at(5));
    assert_eq!(store.claimable(4), [""; 0]);
    assert_eq!(store.claimable(5), ["one", "two"]);
}

fn a_sync_that_changes_nothing_reports_nothing(store: &mut Bench) {
    let specs = vec![spec("one"), spec("two")];
    store.sync(specs.clone(), 0);
    assert_eq!(store.sync(specs, 10), report(0, 0, 0));
    assert_eq!(store.feed("one").next_poll, at(0));
}

fn every_field_of_a_spec_that_changes_is_reported_and_stored(store: &mut Bench) {
    let mut spec = spec("one");
    store.sync(vec![spec.clone()], 0);
    let changes: [fn(&mut FeedSpec); 5] = [
        |spec| spec.name = Some("A name".to_owned()),
        |spec| spec.tags = vec!["tech, \"quoted\"".to_owned(), "ünï".to_owned()],
        |spec| spec.interval = Some(Duration::from_millis(5_400_001)),
        |spec| spec.paused = true,
        |spec| spec.url = "https://other.example/feed".to_owned(),
    ];
    for change in changes {
        change(&mut spec);
        assert_eq!(store.sync(vec![spec.clone()], 1), report(0, 1, 0));
        assert_eq!(store.sync(vec![spec.clone()], 2), report(0, 0, 0));
    }
    let feed = store.feed("one");
    assert_eq!((feed.name, feed.tags), (spec.name, spec.tags));
    assert_eq!((Some(feed.interval), feed.paused), (spec.interval, true));
    assert_eq!(
        (feed.url.as_str(), feed.scope.as_str()),
        ("https://other.example/feed", "other.example")
    );
}

fn a_feed_keeps_its_state_when_its_entry_changes(store: &mut Bench) {
    with_rich_feed(store);
    let renamed = FeedSpec {
        name: Some("Renamed".to_owned()),
        ..spec("one")
    };
    assert_eq!(store.sync(vec![renamed], 5), report(0, 1, 0));
    let feed = store.feed("one");
    assert_eq!(feed.state, rich_state());
    assert_eq!(feed.next_poll, at(60));
}

fn a_vanished_feed_is_retired_and_its_articles_stay(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    assert_eq!(store.sync(vec![spec("two")], 5), report(0, 0, 1));
    assert_eq!(store.sync(vec![spec("two")], 6), report(0, 0, 0));
    assert!(store.feed("one").retired);
    assert_eq!(store.all()[0].feeds, [id("one")]);
}

fn only_the_files_of_a_sync_lose_feeds(store: &mut Bench) {
    store.sync(vec![origin("one", "/a.toml"), origin("two", "/b.toml")], 0);
    let mut mine = FeedSet {
        origins: Some(vec!["/b.toml".to_owned(), "/c.toml".to_owned()]),
        ..set(vec![origin("three", "/c.toml")])
    };
    assert_eq!(store.db.sync_feeds(&mine, at(1)).unwrap(), report(1, 0, 1));
    assert!(!store.feed("one").retired);
    assert!(store.feed("two").retired);
    mine.origins = Some(Vec::new());
    mine.specs = [].into();
    assert_eq!(store.db.sync_feeds(&mine, at(2)).unwrap(), report(0, 0, 0));
    mine.origins = None;
    assert_eq!(store.db.sync_feeds(&mine, at(3)).unwrap(), report(0, 0, 2));
}

fn a_feed_that_moves_to_another_file_is_the_same_feed(store: &mut Bench) {
    store.sync(vec![origin("one", "/a.toml")], 0);
    store.poll("one", 0, Vec::new());
    let moved = FeedSet {
        origins: Some(vec!["/a.toml".to_owned(), "/b.toml".to_owned()]),
        ..set(vec![origin("one", "/b.toml")])
    };
    assert_eq!(store.db.sync_feeds(&moved, at(1)).unwrap(), report(0, 1, 0));
    let feed = store.feed("one");
    assert_eq!((feed.origin.as_str(), feed.retired), ("/b.toml", false));
    assert_eq!(
        (feed.state.last_poll, feed.next_poll),
        (Some(at(0)), at(60))
    );
}

fn a_retired_feed_that_is_named_again_is_added_and_keeps_its_state(store: &mut Bench) {
    with_rich_feed(store);
    store.sync(Vec::new(), 1);
    assert_eq!(store.sync(vec![spec("one")], 2), report(1, 0, 0));
    assert_eq!(store.feed("one").state, rich_state());
    assert_eq!(store.feed("one").next_poll, at(60));
}

fn a_paused_feed_that_is_resumed_is_due_when_it_was(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, Vec::new());
    let paused = FeedSpec {
        paused: true,
        ..spec("one")
    };
    store.sync(vec![paused], 5);
    assert_eq!(store.claimable(100), [""; 0]);
    assert_eq!(store.db.next_due().unwrap(), None);
    store.sync(vec![spec("one")], 110);
    assert_eq!(store.feed("one").next_poll, at(60));
    assert_eq!(store.claimable(110), ["one"]);
}

fn an_endless_interval_neither_overflows_nor_stops_other_feeds(store: &mut Bench) {
    let endless = FeedSpec {
        interval: Some(Duration::MAX),
        ..spec("one")
    };
    store.sync(vec![endless.clone(), spec("two")], 0);
    assert_eq!(store.claimable(0), ["one", "two"]);
    assert!(store.feed("one").next_poll > at(60 * 24 * 365 * 50));
    assert_eq!(store.sync(vec![endless, spec("two")], 1), report(0, 0, 0));
}

fn feeds_are_listed_by_id_without_the_retired_ones_unless_asked(store: &mut Bench) {
    store.with_feeds(&["b", "c", "a"]);
    store.sync(vec![spec("a"), spec("c")], 1);
    let listed = |store: &mut Bench, retired| {
        let filter = FeedFilter {
            retired,
            ..FeedFilter::default()
        };
        let feeds = store.other.feeds(&filter).unwrap();
        feeds
            .iter()
            .map(|feed| feed.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(store, false), ["a", "c"]);
    assert_eq!(listed(store, true), ["a", "b", "c"]);
}

fn feeds_are_found_by_id_and_their_articles_counted_once(store: &mut Bench) {
    store.with_feeds(&["one", "two", "three"]);
    let a = story("a");
    let mut again = super::link(&a);
    again.key = super::key("another entry of the same story");
    store.poll("one", 0, vec![insert(a.clone()), insert(story("b")), again]);
    let filter = FeedFilter {
        ids: vec![id("two"), id("one"), id("unknown")],
        count_articles: true,
        retired: false,
        ..FeedFilter::default()
    };
    let found: Vec<_> = store.db.feeds(&filter).unwrap();
    let counts: Vec<_> = found
        .iter()
        .map(|feed| (feed.id.as_str(), feed.articles))
        .collect();
    assert_eq!(counts, [("one", 2), ("two", 0)]);
    assert_eq!(found[0].interval, HOUR);
}

fn feeds_are_listed_a_page_at_a_time(store: &mut Bench) {
    store.with_feeds(&["b", "c", "a", "d"]);
    let listed = |store: &mut Bench, after: Option<&str>, limit| {
        let filter = FeedFilter {
            after: after.map(id),
            limit,
            ..FeedFilter::default()
        };
        let feeds = store.other.feeds(&filter).unwrap();
        feeds
            .iter()
            .map(|feed| feed.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(store, None, Some(2)), ["a", "b"]);
    assert_eq!(listed(store, Some("b"), Some(2)), ["c", "d"]);
    assert_eq!(listed(store, Some("bb"), None), ["c", "d"]);
    assert!(listed(store, Some("d"), Some(2)).is_empty());
    assert!(listed(store, None, Some(0)).is_empty());
}

fn the_articles_of_a_feed_take_its_new_name_as_their_source(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let due = store.lease("one", 0);
    store
        .commit(batch(&due, 0, vec![insert(story("a"))]))
        .unwrap();
    assert_eq!(store.all()[0].article.source, "Example");
    let named = FeedSpec {
        name: Some("My name for it".to_owned()),
        ..spec("one")
    };
    store.sync(vec![named], 1);
    assert_eq!(store.all()[0].article.source, "My name for it");
}

/// Counted by the store and feed by feed: one rule, two ways.
fn feeds_are_counted_by_their_health(store: &mut Bench) {
    let ids = [
        "failing", "gone", "new", "ok", "paused", "polling", "retired", "late", "waiting", "asleep",
    ];
    store.with_feeds(&ids);
    for feed in ["failing", "gone", "ok", "late", "waiting", "asleep"] {
        let due = store.lease(feed, 0);
        let mut state = FeedState {
            last_ok: Some(at(0)),
            ..FeedState::default()
        };
        state.gone = feed == "gone";
        if feed == "failing" {
            state.failure = rich_state().failure;
        }
        state.retry_after = (feed == "waiting").then(|| at(60));
        let mut batch = batch_with(&due, state, 0, Vec::new());
        let commit = batch.feed.as_mut().unwrap();
        if ["late", "asleep"].contains(&feed) {
            commit.next_poll = at(30);
        }
        if feed == "asleep" {
            commit.pause = Some(HostPause {
                scope: "asleep.example".to_owned(),
                until: at(50),
            });
        }
        store.commit(batch).unwrap();
    }
    let specs = ids.into_iter().filter(|feed| *feed != "retired");
    let specs = specs.map(|feed| FeedSpec {
        paused: feed == "paused",
        ..spec(feed)
    });
    store.sync(specs.collect(), 1);
    store.lease("polling", 40);
    let now = at(46);
    let counted = store.other.health(now).unwrap();
    let mut by_hand = std::collections::BTreeMap::new();
    for feed in store.db.feeds(&FeedFilter::default()).unwrap() {
        *by_hand.entry(feed.health(now)).or_insert(0) += 1;
    }
    assert_eq!(counted, by_hand);
    let mut in_outline = std::collections::BTreeMap::new();
    for feed in store.db.outlines().unwrap() {
        *in_outline.entry(feed.health(now)).or_insert(0) += 1;
    }
    assert_eq!(counted, in_outline);
    // `new` was never polled, and that is overdue by now; `polling` is new.
    let expected = [
        (Health::Ok, 1),
        (Health::New, 1),
        (Health::Waiting, 2),
        (Health::Late, 2),
        (Health::Failing, 1),
        (Health::Paused, 1),
        (Health::Gone, 1),
    ];
    assert_eq!(counted, expected.into_iter().collect());
}
