//! A feed gets a new URL: what is forgotten, and what is not asked again.

use tidings::{
    model::{FeedSpec, FeedState, Staleness, Validators},
    store::StoreError,
};

use super::{
    Bench, at, batch_with, contract,
    feeds::{report, rich_state, with_rich_feed},
    insert, spec, spec_on, story,
};

contract! {
    a_new_url_is_due_at_once_and_forgets_what_the_old_one_answered
    a_new_url_on_the_same_host_still_waits_for_its_retry_after
    a_new_url_that_answered_already_is_not_asked_at_once
    a_poll_of_the_old_url_that_is_under_way_is_fenced_off
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
