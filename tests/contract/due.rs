//! Claiming what is due: order, limits, hosts, and when to look again.

use tidings::{
    model::{FeedSpec, Time},
    store::Claim,
};

use super::{Bench, LEASE, at, batch, batch_with, claim, contract, ids, spec, spec_on};

contract! {
    only_due_feeds_are_claimed_and_the_longest_overdue_first
    a_claim_takes_no_more_than_its_limit
    a_claim_takes_no_more_of_a_host_than_it_may
    a_host_that_fills_the_front_of_the_queue_does_not_starve_others
    a_claim_that_may_take_nothing_takes_nothing
    paused_retired_and_gone_feeds_are_never_claimed
    a_claim_tells_the_feed_its_host_and_what_is_known
    the_next_due_feed_is_the_earliest_that_is_not_polled_now
    a_leased_feed_comes_back_when_its_lease_runs_out_at_the_latest
    nothing_is_next_due_where_nothing_is_active
}

/// Feeds that were each polled once, so that they are due at these minutes.
fn due_at(store: &mut Bench, feeds: &[(&str, i64)]) {
    let ids: Vec<_> = feeds.iter().map(|(feed, _)| *feed).collect();
    store.with_feeds(&ids);
    for (feed, minute) in feeds {
        store.poll(feed, minute - 60, Vec::new());
    }
}

fn only_due_feeds_are_claimed_and_the_longest_overdue_first(store: &mut Bench) {
    due_at(
        store,
        &[("late", 70), ("soon", 101), ("latest", 61), ("now", 100)],
    );
    assert_eq!(store.claimable(100), ["latest", "late", "now"]);
}

fn a_claim_takes_no_more_than_its_limit(store: &mut Bench) {
    due_at(store, &[("a", 61), ("b", 62), ("c", 63)]);
    let two = Claim {
        limit: 2,
        ..claim(100)
    };
    assert_eq!(ids(&store.claim(&two)), ["a", "b"]);
    assert_eq!(ids(&store.claim(&two)), ["c"]);
}

fn a_claim_takes_no_more_of_a_host_than_it_may(store: &mut Bench) {
    let specs = ["a", "b", "c"].map(|feed| spec_on(feed, "same.example"));
    store.sync([specs.to_vec(), vec![spec("d")]].concat(), 0);
    let two_each = Claim {
        per_host: 2,
        ..claim(0)
    };
    assert_eq!(store.claim(&two_each).len(), 3);
    assert_eq!(store.claim(&two_each).len(), 0, "two of it are under way");
}

fn a_host_that_fills_the_front_of_the_queue_does_not_starve_others(store: &mut Bench) {
    let big = (0..50).map(|n| spec_on(&format!("big-{n}"), "big.example"));
    store.sync(big.clone().collect(), 0);
    store.sync(big.chain(["x", "y", "z"].map(spec)).collect(), 1);
    let one_each = Claim {
        limit: 3,
        per_host: 1,
        ..claim(5)
    };
    let claimed = store.claim(&one_each);
    let hosts: Vec<_> = claimed.iter().map(|feed| feed.scope.as_str()).collect();
    assert_eq!(hosts, ["big.example", "x.example", "y.example"]);
}

fn a_claim_that_may_take_nothing_takes_nothing(store: &mut Bench) {
    store.with_feeds(&["a"]);
    for nothing in [
        Claim {
            limit: 0,
            ..claim(0)
        },
        Claim {
            per_host: 0,
            ..claim(0)
        },
    ] {
        assert_eq!(store.claim(&nothing).len(), 0);
    }
    assert_eq!(store.claimable(0), ["a"]);
}

fn paused_retired_and_gone_feeds_are_never_claimed(store: &mut Bench) {
    store.with_feeds(&["paused", "retired", "gone"]);
    let due = store.lease("gone", 0);
    let gone = tidings::model::FeedState {
        gone: true,
        ..due.state.clone()
    };
    store.commit(batch_with(&due, gone, 0, Vec::new())).unwrap();
    let paused = FeedSpec {
        paused: true,
        ..spec("paused")
    };
    store.sync(vec![paused, spec("gone")], 1);
    assert_eq!(store.claimable(1000), [""; 0]);
    let named = ["paused", "retired", "gone"].map(super::id);
    let named = store.db.claim(&named, &claim(1000)).unwrap();
    assert!(named.feeds.is_empty() && named.waiting.is_empty());
}

fn a_claim_tells_the_feed_its_host_and_what_is_known(store: &mut Bench) {
    store.sync(vec![spec_on("a", "Host.Example:8080")], 3);
    store.poll("a", 3, Vec::new());
    let mut claimed = store.claim(&claim(70));
    let claimed = claimed.remove(0);
    assert_eq!(claimed.scope, "host.example");
    assert_eq!(claimed.feed.due_at, at(63));
    assert_eq!(claimed.feed.state.last_ok, Some(at(3)));
}

fn next(store: &mut Bench) -> Option<Time> {
    store.other.next_due().unwrap()
}

fn the_next_due_feed_is_the_earliest_that_is_not_polled_now(store: &mut Bench) {
    due_at(store, &[("a", 70), ("b", 80)]);
    assert_eq!(next(store), Some(at(70)));
    assert_eq!(store.claimable(75), ["a"]);
    assert_eq!(next(store), Some(at(80)));
    assert_eq!(store.claimable(80), ["b"]);
    assert_eq!(next(store), Some(at(135)), "a, reserved an hour ahead");
}

fn a_leased_feed_comes_back_when_its_lease_runs_out_at_the_latest(store: &mut Bench) {
    let often = FeedSpec {
        interval: Some(LEASE / 5),
        ..spec("a")
    };
    store.sync(vec![often], 0);
    let due = store.lease("a", 0);
    assert_eq!(
        next(store),
        Some(at(10)),
        "the lease of a process that died"
    );
    assert_eq!(store.claimable(9), [""; 0]);
    store.commit(batch(&due, 1, Vec::new())).unwrap();
    assert_eq!(next(store), Some(at(61)));
    store.lease("a", 20);
    assert_eq!(store.claimable(60), [""; 0]);
    assert_eq!(store.claimable(61), ["a"]);
}

fn nothing_is_next_due_where_nothing_is_active(store: &mut Bench) {
    assert_eq!(next(store), None);
    due_at(store, &[("a", 70)]);
    store.sync(Vec::new(), 61);
    assert_eq!(next(store), None);
}
