//! A feed gets a new URL: what is forgotten, and what is not asked again.

use std::time::Duration;

use tidings::{
    model::{FeedFilter, FeedSpec, FeedState, Staleness, Validators},
    store::{Claim, FeedSet, StoreError},
};

use super::{
    Bench, at, batch, batch_with, claim, contract,
    feeds::{report, rich_state, with_rich_feed},
    id, ids, insert, set, slugs, spec, spec_on, story,
};

contract! {
    a_new_url_is_due_at_once_and_forgets_what_the_old_one_answered
    a_new_url_on_the_same_host_still_waits_for_its_retry_after
    a_new_url_that_answered_already_is_not_asked_at_once
    a_poll_of_the_old_url_that_is_under_way_is_fenced_off
    an_edit_that_is_undone_is_none
    a_url_that_comes_back_keeps_the_newest_validators_of_the_place_that_answers
    a_url_that_had_ended_is_tried_again_when_its_time_comes
    a_feed_with_a_new_name_is_the_same_feed
    a_new_name_is_no_new_name_while_the_old_one_is_in_use
    feeds_that_exchange_their_urls_are_asked_as_before
    a_url_that_another_feed_takes_over_brings_its_entries_along
    urls_that_were_left_are_forgotten_with_the_history_and_few_of_each_feed_are_kept
    a_feed_counts_with_the_host_that_it_asks
}

fn a_new_url_is_due_at_once_and_forgets_what_the_old_one_answered(store: &mut Bench) {
    with_rich_feed(store);
    assert_eq!(store.claimable(1000), [""; 0], "it is gone");
    assert_eq!(
        store.sync(vec![spec_on("one", "new.example")], 7),
        report(0, 1, 0)
    );
    let feed = store.feed("one");
    let old = rich_state();
    let expected = FeedState {
        validators: Validators::default(),
        body_hash: None,
        failures: 0,
        failure: None,
        retry_after: None,
        gone_since: None,
        gone_polls: 0,
        gone: false,
        redirect: None,
        learnt_url: None,
        resume: None,
        max_age: None,
        throttled: 0,
        unmatched: 0,
        etag_useless: false,
        staleness: Staleness::default(),
        newest: Vec::new(),
        unread: None,
        ..old
    };
    assert_eq!((feed.state, feed.next_poll), (expected, at(7)));
    assert_eq!(store.claimable(7), ["one"]);
}

fn a_new_url_on_the_same_host_still_waits_for_its_retry_after(store: &mut Bench) {
    with_rich_feed(store);
    let moved = FeedSpec {
        url: "https://one.example/elsewhere.xml".to_owned(),
        ..spec("one")
    };
    store.sync(vec![moved], 7);
    assert_eq!(store.feed("one").state.retry_after, Some(at(600)));
    assert_eq!(store.claimable(599), [""; 0]);
    assert_eq!(store.claimable(600), ["one"]);
}

fn a_new_url_that_answered_already_is_not_asked_at_once(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let due = store.lease("one", 0);
    let moved = FeedState {
        last_ok: Some(at(0)),
        learnt_url: Some("https://one.example/new.xml".to_owned()),
        validators: Validators {
            etag: Some(b"1".to_vec()),
            last_modified: None,
            url: "https://one.example/new.xml".to_owned(),
        },
        ..FeedState::default()
    };
    store
        .commit(batch_with(&due, moved.clone(), 0, Vec::new()))
        .unwrap();
    let next = store.feed("one").next_poll;
    let taken_over = FeedSpec {
        url: "https://one.example/new.xml".to_owned(),
        ..spec("one")
    };
    store.sync(vec![taken_over], 5);
    let feed = store.feed("one");
    assert_eq!(
        feed.next_poll, next,
        "the operator wrote down what was learnt"
    );
    let expected = FeedState {
        learnt_url: None,
        ..moved
    };
    assert_eq!(feed.state, expected);
}

fn a_poll_of_the_old_url_that_is_under_way_is_fenced_off(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let old = store.lease("one", 0);
    store.sync(vec![spec_on("one", "new.example")], 1);
    let gone = FeedState {
        gone: true,
        ..old.state.clone()
    };
    let late = batch_with(&old, gone, 2, vec![insert(story("a"))]);
    let refused = store.commit(late);
    assert!(matches!(refused, Err(StoreError::LeaseLost { feed }) if feed == "one"));
    assert_eq!(store.claimable(2), ["one"]);
    assert!(store.all().is_empty());
}

/// The feed `one` with another URL, on its host.
fn at_path(path: &str) -> FeedSpec {
    FeedSpec {
        url: format!("https://one.example/{path}"),
        ..spec("one")
    }
}

fn tagged(etag: &str, url: &str) -> Validators {
    Validators {
        etag: Some(etag.as_bytes().to_vec()),
        last_modified: None,
        url: url.to_owned(),
    }
}

/// A poll of a feed, answered by that URL with that `ETag`.
fn polled(store: &mut Bench, feed: &str, minute: i64, validators: Validators) -> FeedState {
    let due = store.lease(feed, minute);
    let state = FeedState {
        validators,
        body_hash: Some(format!("hash at {minute}")),
        last_poll: Some(at(minute)),
        last_ok: Some(at(minute)),
        max_age: Some(300),
        ..due.state.clone()
    };
    let entries = vec![insert(story(&format!("{feed}-{minute}")))];
    store
        .commit(batch_with(&due, state.clone(), minute, entries))
        .unwrap();
    state
}

fn an_edit_that_is_undone_is_none(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let own = tagged("\"1\"", &spec("one").url);
    let before = polled(store, "one", 0, own);
    store.sync(vec![at_path("typo.xml")], 5);
    assert_eq!(store.claimable(5), ["one"], "nobody has asked there yet");
    assert_eq!(store.sync(vec![spec("one")], 6), report(0, 1, 0));
    let feed = store.feed("one");
    assert_eq!((feed.state, feed.next_poll), (before, at(60)));
    assert_eq!(store.claimable(59), [""; 0]);
    assert_eq!(store.claimable(60), ["one"]);
    // Back to the wrong one: that was reserved for an hour too.
    store.sync(vec![at_path("typo.xml")], 61);
    assert_eq!(store.claimable(64), [""; 0]);
    assert_eq!(store.claimable(65), ["one"]);
}

fn a_url_that_comes_back_keeps_the_newest_validators_of_the_place_that_answers(store: &mut Bench) {
    store.with_feeds(&["one"]);
    // The feed file's URL redirects.
    let target = "https://one.example/target.xml";
    polled(store, "one", 0, tagged("\"old\"", target));
    store.sync(vec![at_path("target.xml")], 5);
    polled(store, "one", 60, tagged("\"new\"", target));
    store.sync(vec![spec("one")], 70);
    let feed = store.feed("one");
    assert_eq!(feed.state.validators, tagged("\"new\"", target));
    assert_eq!(feed.state.body_hash.as_deref(), Some("hash at 60"));
    assert_eq!(feed.next_poll, at(120), "asked at minute 60");
}

fn a_url_that_had_ended_is_tried_again_when_its_time_comes(store: &mut Bench) {
    with_rich_feed(store);
    store.sync(vec![spec_on("one", "new.example")], 7);
    store.sync(vec![spec("one")], 8);
    let feed = store.feed("one");
    assert!(!feed.state.gone);
    assert_eq!(feed.state.retry_after, Some(at(600)));
    assert_eq!(store.claimable(599), [""; 0]);
    assert_eq!(store.claimable(600), ["one"]);
}

fn a_feed_with_a_new_name_is_the_same_feed(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let own = tagged("\"1\"", &spec("one").url);
    let before = polled(store, "one", 0, own);
    let renamed = FeedSpec {
        id: id("uno"),
        ..spec("one")
    };
    let named = vec![renamed.clone(), spec("two")];
    assert_eq!(store.sync(named.clone(), 5), report(0, 1, 0));
    assert_eq!(store.sync(named, 5), report(0, 0, 0));
    let feed = store.feed("uno");
    assert_eq!((feed.state, feed.next_poll), (before.clone(), at(60)));
    assert_eq!((feed.articles, feed.retired), (1, false));
    assert_eq!(store.db.polls(&id("uno"), 9).unwrap().len(), 1);
    assert_eq!(store.all()[0].feeds, [id("uno")]);
    let all = FeedFilter {
        retired: true,
        ..FeedFilter::default()
    };
    let all = store.db.feeds(&all).unwrap();
    assert_eq!(all.len(), 2, "the old name is left behind");
    // Removed, and added again by its first name.
    store.sync(vec![spec("two")], 6);
    assert_eq!(
        store.sync(vec![spec("one"), spec("two")], 7),
        report(1, 0, 0)
    );
    let feed = store.feed("one");
    assert_eq!((feed.state, feed.next_poll), (before, at(60)));
}

fn a_new_name_is_no_new_name_while_the_old_one_is_in_use(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, Vec::new());
    let twin = FeedSpec {
        id: id("twin"),
        ..spec("one")
    };
    assert_eq!(
        store.sync(vec![spec("one"), twin.clone()], 1),
        report(1, 0, 0)
    );
    assert_eq!(store.feed("twin").next_poll, at(1));
    // Nor for a command whose files are others.
    let other = FeedSpec {
        id: id("other"),
        origin: "/home/feeds.toml".into(),
        ..twin
    };
    let theirs = FeedSet {
        origins: Some(vec!["/home/feeds.toml".to_owned()]),
        ..set(vec![other])
    };
    store.db.sync_feeds(&theirs, at(2)).unwrap();
    assert_eq!(store.feed("one").state.last_ok, Some(at(0)));
    assert_eq!(store.feed("other").state.last_ok, None);
}

fn feeds_that_exchange_their_urls_are_asked_as_before(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let (first, second) = (spec("one").url, spec("two").url);
    polled(store, "one", 0, tagged("\"1\"", &first));
    polled(store, "two", 20, tagged("\"2\"", &second));
    let exchanged = |feed: &str, url: &str| FeedSpec {
        url: url.to_owned(),
        ..spec(feed)
    };
    store.sync(
        vec![exchanged("one", &second), exchanged("two", &first)],
        30,
    );
    let (one, two) = (store.feed("one"), store.feed("two"));
    assert_eq!(one.state.validators, tagged("\"2\"", &second));
    assert_eq!(two.state.validators, tagged("\"1\"", &first));
    assert_eq!((one.next_poll, two.next_poll), (at(80), at(60)));
    assert_eq!(
        (one.scope, two.scope),
        ("two.example".to_owned(), "one.example".to_owned())
    );
    assert_eq!(store.claimable(60), ["two"]);
    assert_eq!(store.claimable(80), ["one"]);
}

fn a_url_that_another_feed_takes_over_brings_its_entries_along(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let own = tagged("\"1\"", &spec("one").url);
    polled(store, "one", 0, own.clone());
    let heir = FeedSpec {
        id: id("heir"),
        ..spec("one")
    };
    store.sync(vec![spec_on("one", "new.example"), heir], 5);
    let feed = store.feed("heir");
    assert_eq!((feed.state.validators, feed.next_poll), (own, at(60)));
    // A 304 would leave it without any.
    assert_eq!(feed.articles, 1);
    assert_eq!(slugs(&store.all()), ["one-0"]);
    assert_eq!(store.claimable(5), ["one"]);
}

fn urls_that_were_left_are_forgotten_with_the_history_and_few_of_each_feed_are_kept(
    store: &mut Bench,
) {
    store.with_feeds(&["one"]);
    for edit in 0..20 {
        let minute = edit * 100;
        store.sync(vec![at_path(&edit.to_string())], minute);
        let url = at_path(&edit.to_string()).url;
        polled(store, "one", minute, tagged(&edit.to_string(), &url));
    }
    let known = |store: &mut Bench, edit: i64| {
        store.sync(vec![at_path(&edit.to_string())], 2000);
        store.feed("one").state.validators.etag.is_some()
    };
    // At 19 now; each of these leaves another behind.
    assert!(known(store, 13));
    assert!(!known(store, 2));
    store.sync(vec![at_path("elsewhere")], 2001);
    store.db.maintain(at(1701), at(1701)).unwrap();
    assert!(!known(store, 16));
    assert!(known(store, 18));
}

fn a_feed_counts_with_the_host_that_it_asks(store: &mut Bench) {
    store.sync(
        vec![spec_on("a", "old.example"), spec_on("b", "new.example")],
        0,
    );
    let due = store.lease("a", 0);
    let moved = FeedState {
        learnt_url: Some("https://new.example/a.xml".to_owned()),
        ..due.state.clone()
    };
    store
        .commit(batch_with(&due, moved, 0, Vec::new()))
        .unwrap();
    store.poll("b", 0, Vec::new());
    assert_eq!(store.feed("a").scope, "new.example");
    // A sync that changes nothing, and one that does.
    let same = vec![spec_on("a", "old.example"), spec_on("b", "new.example")];
    assert_eq!(store.sync(same.clone(), 1), report(0, 0, 0));
    let paused = FeedSpec {
        name: Some("A".to_owned()),
        ..spec_on("a", "old.example")
    };
    store.sync(vec![paused, spec_on("b", "new.example")], 1);
    assert_eq!(store.feed("a").scope, "new.example");
    let politely = |minute| Claim {
        per_host: 1,
        spacing: Duration::from_secs(120),
        ..claim(minute)
    };
    let claimed = store.claim(&politely(60));
    assert_eq!(ids(&claimed).len(), 1, "two of one host at once");
    store
        .commit(batch(&claimed[0].feed, 60, Vec::new()))
        .unwrap();
    assert_eq!(store.claim(&politely(61)).len(), 0);
    assert_eq!(store.claim(&politely(62)).len(), 1);
    // The learnt address is given up.
    store.db.break_leases().unwrap();
    let due = store.lease("a", 200);
    let back = FeedState {
        learnt_url: None,
        ..due.state.clone()
    };
    store
        .commit(batch_with(&due, back, 200, Vec::new()))
        .unwrap();
    assert_eq!(store.feed("a").scope, "old.example");
}
