//! Claiming what is due: order, limits, hosts, and when to look again.

use tidings::{model::FeedSpec, store::Claim};

use super::{Bench, LEASE, at, batch_with, claim, contract, ids, spec, spec_on};

contract! {
    only_due_feeds_are_claimed_and_the_longest_overdue_first
    a_claim_takes_no_more_than_its_limit
    a_claim_takes_no_more_of_a_host_than_it_may
    busy_hosts_are_passed_over_and_the_claim_says_so
    a_host_that_fills_the_front_of_the_queue_does_not_starve_others
    a_claim_that_may_take_nothing_takes_nothing
    paused_retired_and_gone_feeds_are_never_claimed
    a_claim_tells_the_feed_its_host_and_what_is_known
    the_next_due_feed_is_the_earliest_after_now
    a_leased_feed_is_looked_at_again_before_it_can_be_due
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
    let first = store.claim(&two);
    assert_eq!(
        (ids(&first), first.held_back),
        (vec!["a".into(), "b".into()], false)
    );
    let second = store.claim(&two);
    assert_eq!((ids(&second), second.held_back), (vec!["c".into()], false));
}

fn a_claim_takes_no_more_of_a_host_than_it_may(store: &mut Bench) {
    let specs = ["a", "b", "c"].map(|feed| spec_on(feed, "same.example"));
    store.sync([specs.to_vec(), vec![spec("d")]].concat(), 0);
    let two_each = Claim {
        per_host: 2,
        ..claim(0)
    };
    let claimed = store.claim(&two_each);
    assert_eq!(claimed.feeds.len(), 3);
    assert!(claimed.held_back);
    let rest = store.claim(&two_each);
    assert_eq!((rest.feeds.len(), rest.held_back), (1, false));
}

fn busy_hosts_are_passed_over_and_the_claim_says_so(store: &mut Bench) {
    store.with_feeds(&["a", "b"]);
    let busy = Claim {
        busy_hosts: vec!["a.example".to_owned(), "unknown.example".to_owned()],
        ..claim(0)
    };
    let claimed = store.claim(&busy);
    assert_eq!((ids(&claimed), claimed.held_back), (vec!["b".into()], true));
    let nothing = store.claim(&busy);
    assert_eq!((ids(&nothing).len(), nothing.held_back), (0, true));
    assert_eq!(store.claimable(0), ["a"]);
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
    let hosts: Vec<_> = claimed
        .feeds
        .iter()
        .map(|feed| feed.host.as_str())
        .collect();
    assert_eq!(hosts, ["big.example", "x.example", "y.example"]);
    assert!(!claimed.held_back, "the limit ended it, not the hosts");
}

fn a_claim_that_may_take_nothing_takes_nothing(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let no_room = store.claim(&Claim {
        limit: 0,
        ..claim(0)
    });
    assert_eq!((no_room.feeds.len(), no_room.held_back), (0, false));
    let no_host = store.claim(&Claim {
        per_host: 0,
        ..claim(0)
    });
    assert_eq!((no_host.feeds.len(), no_host.held_back), (0, true));
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
    let all = store.claim(&claim(1000));
    assert_eq!((all.feeds.len(), all.held_back), (0, false));
    let named = ["paused", "retired", "gone"].map(super::id);
    assert!(store.db.claim(&named, at(1000), LEASE).unwrap().is_empty());
}

fn a_claim_tells_the_feed_its_host_and_what_is_known(store: &mut Bench) {
    store.sync(vec![spec_on("a", "Host.Example:8080")], 3);
    store.poll("a", 3, Vec::new());
    let mut claimed = store.claim(&claim(70)).feeds;
    let claimed = claimed.remove(0);
    assert_eq!(claimed.host, "host.example");
    assert_eq!(claimed.feed.due_at, at(63));
    assert_eq!(claimed.feed.state.last_ok, Some(at(3)));
}

fn the_next_due_feed_is_the_earliest_after_now(store: &mut Bench) {
    due_at(store, &[("a", 70), ("b", 80)]);
    let next = |store: &mut Bench, minute| store.other.next_due(at(minute)).unwrap();
    assert_eq!(next(store, 60), Some(at(70)));
    assert_eq!(next(store, 70), Some(at(80)));
    assert_eq!(next(store, 80), None);
}

fn a_leased_feed_is_looked_at_again_before_it_can_be_due(store: &mut Bench) {
    let often = FeedSpec {
        interval: Some(LEASE / 5),
        ..spec("a")
    };
    store.sync(vec![often], 0);
    store.lease("a", 0);
    let next = |store: &mut Bench, minute| store.other.next_due(at(minute)).unwrap();
    assert_eq!(
        next(store, 0),
        Some(at(2)),
        "a quick poll is due after its interval"
    );
    assert_eq!(
        next(store, 2),
        Some(at(4)),
        "a slow one an interval later at the earliest"
    );
    assert_eq!(
        next(store, 9),
        Some(at(10)),
        "a dead one when its lease ends"
    );
    assert_eq!(store.claimable(9), [""; 0]);
    assert_eq!(store.claimable(10), ["a"]);
}

fn nothing_is_next_due_where_nothing_is_active(store: &mut Bench) {
    assert_eq!(store.db.next_due(at(0)).unwrap(), None);
    due_at(store, &[("a", 70)]);
    store.sync(Vec::new(), 61);
    assert_eq!(store.db.next_due(at(0)).unwrap(), None);
}
