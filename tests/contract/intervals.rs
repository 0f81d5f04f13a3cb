//! Intervals that the operator changes: a shorter one counts at once, where the interval decided.

use std::time::Duration;

use tidings::model::{FailKind, Failure, FeedSpec, FeedState};

use super::{Bench, at, batch_with, contract, spec};

contract! {
    a_shorter_interval_counts_from_the_last_poll_at_once
    a_shorter_interval_ends_no_wait_that_has_another_reason
}

fn every(feed: &str, minutes: u64) -> FeedSpec {
    FeedSpec {
        interval: Some(Duration::from_secs(minutes * 60)),
        ..spec(feed)
    }
}

fn a_shorter_interval_counts_from_the_last_poll_at_once(store: &mut Bench) {
    store.with_feeds(&["one", "new"]);
    store.poll("one", 0, Vec::new());
    store.sync(vec![every("one", 40), every("new", 40)], 10);
    assert_eq!(store.feed("one").next_poll, at(40));
    assert_eq!(store.feed("new").next_poll, at(0), "it was due already");
    // Longer again: the next poll decides.
    store.sync(vec![every("one", 600), spec("new")], 11);
    assert_eq!(store.feed("one").next_poll, at(40));
    store.sync(vec![every("one", 20), spec("new")], 30);
    assert_eq!(store.feed("one").next_poll, at(20));
    assert_eq!(store.claimable(30), ["new", "one"]);
}

fn a_shorter_interval_ends_no_wait_that_has_another_reason(store: &mut Bench) {
    let ids = ["failing", "asked", "quiet"];
    store.with_feeds(&ids);
    for feed in ids {
        let due = store.lease(feed, 0);
        let state = match feed {
            "failing" => FeedState {
                failure: Some(Failure {
                    kind: FailKind::Timeout,
                    status: None,
                    message: "no answer".to_owned(),
                }),
                ..FeedState::default()
            },
            "asked" => FeedState {
                retry_after: Some(at(60)),
                ..FeedState::default()
            },
            _ => FeedState::default(),
        };
        let mut batch = batch_with(&due, state, 0, Vec::new());
        if feed == "quiet" {
            // Its own rhythm, not the interval.
            batch.feed.as_mut().unwrap().next_poll = at(600);
        }
        store.commit(batch).unwrap();
    }
    store.sync(ids.map(|feed| every(feed, 20)).to_vec(), 1);
    let next = ids.map(|feed| store.feed(feed).next_poll);
    assert_eq!(next, [at(60), at(60), at(600)]);
}
