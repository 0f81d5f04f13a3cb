//! Politeness by scope: spacing, leases counted over all processes, and pauses that servers asked
//! for.

use std::time::Duration;

use tidings::{
    model::{Batch, HostPause, Time},
    store::{Claim, Claimed, HostTurn},
};

use super::{Bench, LEASE, at, batch, claim, contract, id, ids, spec, spec_on};

contract! {
    two_claims_of_a_host_are_its_spacing_apart_whoever_claims
    leases_of_a_host_are_counted_over_all_processes
    a_full_host_is_free_when_a_poll_ends_or_its_lease_runs_out
    sites_that_count_as_one_share_their_pace
    a_pause_stops_the_whole_host_and_then_its_feeds_come_one_by_one
    a_pause_of_a_host_without_feeds_is_remembered_for_those_to_come
    a_pause_is_never_shortened_and_stays_when_the_store_is_opened_anew
    a_pause_that_was_asked_for_outside_of_polls_holds_for_polls
    pauses_are_told_of_since_a_moment
    a_request_that_is_no_polls_takes_its_turn_among_them
    a_poll_under_way_holds_others_off_for_as_long_as_polls_take
    a_claim_by_name_waits_for_its_hosts_turn
    an_answer_that_is_here_already_needs_no_turn
    a_new_feed_of_a_host_waits_for_its_turn
    a_feed_that_changes_hosts_takes_nothing_along
    a_hosts_rest_is_forgotten_when_it_has_no_feeds
}

const SPACING: Duration = Duration::from_secs(120);

/// One at a time, two minutes apart.
fn politely(minute: i64) -> Claim {
    Claim {
        per_host: 1,
        spacing: SPACING,
        ..claim(minute)
    }
}

fn on(host: &str, feeds: &[&str]) -> Vec<tidings::model::FeedSpec> {
    feeds.iter().map(|feed| spec_on(feed, host)).collect()
}

fn paused(claimed: &Claimed, minute: i64, scope: &str, until: Time) -> Batch {
    let mut batch = batch(&claimed.feed, minute, Vec::new());
    let scope = scope.to_owned();
    batch.feed.as_mut().unwrap().pause = Some(HostPause { scope, until });
    batch
}

fn two_claims_of_a_host_are_its_spacing_apart_whoever_claims(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b", "c"]), 0);
    let many = |minute| Claim {
        per_host: 9,
        ..politely(minute)
    };
    assert_eq!(ids(&store.claim(&many(0))), ["a"]);
    assert_eq!(store.other.claim_due(&many(1)).unwrap().len(), 0);
    assert_eq!(store.other.next_due().unwrap(), Some(at(2)));
    assert_eq!(ids(&store.other.claim_due(&many(2)).unwrap()), ["b"]);
    assert_eq!(store.claim(&many(3)).len(), 0);
    assert_eq!(ids(&store.claim(&many(4))), ["c"]);
}

fn leases_of_a_host_are_counted_over_all_processes(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b", "c"]), 0);
    let two = |minute| Claim {
        per_host: 2,
        ..claim(minute)
    };
    store.lease("c", 0);
    assert_eq!(ids(&store.other.claim_due(&two(0)).unwrap()), ["a"]);
    assert_eq!(store.other.claim_due(&two(0)).unwrap().len(), 0);
    let named = store.db.claim(&[id("b")], &two(1)).unwrap();
    assert_eq!(named.waiting, [(id("b"), at(10))]);
}

fn a_full_host_is_free_when_a_poll_ends_or_its_lease_runs_out(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b", "c"]), 0);
    let first = store.claim(&politely(0)).remove(0);
    // Looked at and put off.
    assert_eq!(store.claim(&politely(3)).len(), 0);
    assert_eq!(store.other.next_due().unwrap(), Some(at(10)));
    store.commit(batch(&first.feed, 4, Vec::new())).unwrap();
    assert_eq!(ids(&store.claim(&politely(4))), ["b"]);
    // That process dies.
    assert_eq!(store.claim(&politely(13)).len(), 0);
    assert_eq!(ids(&store.claim(&politely(14))), ["c"]);
}

fn sites_that_count_as_one_share_their_pace(store: &mut Bench) {
    let specs = ["www.reddit.com", "old.reddit.com", "reddit.com"];
    let specs = specs.iter().zip(["a", "b", "c"]);
    store.sync(specs.map(|(host, feed)| spec_on(feed, host)).collect(), 0);
    assert_eq!(store.feed("b").scope, "reddit.com");
    let no_spacing = |minute| Claim {
        spacing: Duration::ZERO,
        ..claim(minute)
    };
    assert_eq!(ids(&store.claim(&no_spacing(0))), ["a"]);
    assert_eq!(store.other.next_due().unwrap(), Some(at(1)));
    assert_eq!(ids(&store.claim(&no_spacing(1))), ["b"]);
}

fn a_pause_stops_the_whole_host_and_then_its_feeds_come_one_by_one(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b", "c"]), 0);
    let first = store.claim(&politely(0)).remove(0);
    store
        .commit(paused(&first, 1, "one.example", at(50)))
        .unwrap();
    assert_eq!(store.feed("c").scope_paused_until, Some(at(50)));
    let expected = HostPause {
        scope: "one.example".to_owned(),
        until: at(50),
    };
    assert_eq!(store.other.host_pauses(at(49)).unwrap(), [expected]);
    assert_eq!(store.other.host_pauses(at(50)).unwrap(), []);
    assert_eq!(store.claim(&politely(49)).len(), 0);
    assert_eq!(store.other.next_due().unwrap(), Some(at(50)));
    let named = store.db.claim(&[id("b")], &politely(49)).unwrap();
    assert_eq!(named.waiting, [(id("b"), at(50))]);
    let second = store.claim(&politely(50));
    assert_eq!(ids(&second), ["b"]);
    store
        .commit(batch(&second[0].feed, 50, Vec::new()))
        .unwrap();
    assert_eq!(store.claim(&politely(51)).len(), 0);
    assert_eq!(ids(&store.claim(&politely(52))), ["c"]);
}

fn a_pause_of_a_host_without_feeds_is_remembered_for_those_to_come(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let first = store.claim(&politely(0)).remove(0);
    // A redirect led there.
    store
        .commit(paused(&first, 0, "far.example", at(90)))
        .unwrap();
    assert_eq!(store.feed("a").scope_paused_until, None);
    store.sync(vec![spec("a"), spec_on("b", "far.example")], 5);
    assert_eq!(store.feed("b").scope_paused_until, Some(at(90)));
    assert_eq!(store.claim(&politely(5)).len(), 0);
    assert_eq!(ids(&store.claim(&politely(90))), ["a", "b"]);
}

fn a_pause_is_never_shortened_and_stays_when_the_store_is_opened_anew(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b"]), 0);
    let both = store.claim(&claim(0));
    store
        .commit(paused(&both[0], 0, "one.example", at(300)))
        .unwrap();
    store
        .commit(paused(&both[1], 1, "one.example", at(100)))
        .unwrap();
    store.db.break_leases().unwrap();
    store.sync(on("one.example", &["a", "b"]), 2);
    assert_eq!(store.claimable(299), [""; 0]);
    assert_eq!(store.claimable(300).len(), 2);
}

fn a_pause_that_was_asked_for_outside_of_polls_holds_for_polls(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b"]), 0);
    let pause = |minute| HostPause {
        scope: "one.example".to_owned(),
        until: at(minute),
    };
    store.other.pause_host(&pause(30), at(0)).unwrap();
    // Never shortened.
    store.other.pause_host(&pause(20), at(1)).unwrap();
    assert_eq!(store.claim(&politely(29)).len(), 0);
    assert_eq!(ids(&store.claim(&politely(30))), ["a"]);
}

fn pauses_are_told_of_since_a_moment(store: &mut Bench) {
    store.sync(on("one.example", &["a"]), 0);
    let pause = |scope: &str, minute| HostPause {
        scope: scope.to_owned(),
        until: at(minute),
    };
    let (one, two) = (pause("one.example", 30), pause("two.example", 20));
    store.other.pause_host(&one, at(0)).unwrap();
    store.other.pause_host(&two, at(5)).unwrap();
    let mut since = |noted, now| store.db.pauses_since(at(noted), at(now)).unwrap();
    assert_eq!(since(0, 6), [one, two.clone()]);
    assert_eq!(since(1, 6), [two]);
    assert_eq!(since(6, 6), []);
    assert_eq!(since(1, 20), [], "it is over");
}

fn a_request_that_is_no_polls_takes_its_turn_among_them(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b"]), 0);
    let turn = |store: &mut Bench, minute, requests| {
        let turn = HostTurn {
            now: at(minute),
            per_host: 1,
            spacing: SPACING,
            requests,
        };
        store.other.take_turn("one.example", &turn).unwrap()
    };
    // Nobody has asked yet: then claims wait.
    assert_eq!(turn(store, 0, 2), None);
    assert_eq!(turn(store, 1, 1), Some(at(4)), "nor may it twice");
    assert_eq!(store.claim(&politely(3)).len(), 0);
    assert_eq!(store.other.next_due().unwrap(), Some(at(4)));
    let claimed = store.claim(&politely(4));
    assert_eq!(ids(&claimed), ["a"]);
    assert_eq!(turn(store, 5, 1), Some(at(6)));
    store
        .commit(batch(&claimed[0].feed, 5, Vec::new()))
        .unwrap();
    assert_eq!(turn(store, 6, 1), None);
    assert_eq!(store.claim(&politely(7)).len(), 0);
    let claimed = store.claim(&politely(8));
    assert_eq!(ids(&claimed), ["b"]);
    let other = HostTurn {
        now: at(8),
        per_host: 1,
        spacing: Duration::ZERO,
        requests: 1,
    };
    let first = store.other.take_turn("two.example", &other).unwrap();
    assert_eq!(first, None, "another host");
}

fn a_poll_under_way_holds_others_off_for_as_long_as_polls_take(store: &mut Bench) {
    store.sync(on("one.example", &["a"]), 0);
    let quick = Claim {
        spacing: Duration::ZERO,
        ..politely(0)
    };
    assert_eq!(store.claim(&quick).len(), 1);
    let mut turn = |seconds| {
        let turn = HostTurn {
            now: at(0) + chrono::Duration::seconds(seconds),
            per_host: 1,
            spacing: Duration::ZERO,
            requests: 1,
        };
        store.other.take_turn("one.example", &turn).unwrap()
    };
    let over = at(0) + chrono::Duration::seconds(90);
    assert_eq!(turn(30), Some(over));
    // Its process died; the lease has minutes left.
    assert_eq!(turn(90), None);
}

fn a_claim_by_name_waits_for_its_hosts_turn(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b"]), 0);
    let both = [id("a"), id("b")];
    let claims = store.db.claim(&both, &politely(0)).unwrap();
    assert_eq!(ids(&claims.feeds), ["a"]);
    assert_eq!(
        claims.waiting,
        [(id("b"), at(2))],
        "the first shut the gate"
    );
    let again = store.other.claim(&both, &politely(2)).unwrap();
    assert_eq!(again.waiting, [(id("b"), at(10))], "one is under way");
    assert!(again.feeds.is_empty());
    store
        .commit(batch(&claims.feeds[0].feed, 3, Vec::new()))
        .unwrap();
    let both = [id("b"), id("a")];
    let last = store.other.claim(&both, &politely(3)).unwrap();
    assert_eq!(ids(&last.feeds), ["b"]);
    assert_eq!(last.waiting, [(id("a"), at(5))]);
}

fn an_answer_that_is_here_already_needs_no_turn(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b", "c"]), 0);
    store.claim(&politely(0));
    let here = Claim {
        asks: false,
        ..politely(0)
    };
    let claims = store.db.claim(&[id("b")], &here).unwrap();
    assert_eq!(ids(&claims.feeds), ["b"]);
    store
        .commit(batch(&claims.feeds[0].feed, 0, Vec::new()))
        .unwrap();
}

fn a_new_feed_of_a_host_waits_for_its_turn(store: &mut Bench) {
    store.sync(on("one.example", &["a"]), 0);
    let first = store.claim(&politely(0)).remove(0);
    store.commit(batch(&first.feed, 0, Vec::new())).unwrap();
    store.sync(on("one.example", &["a", "b"]), 1);
    assert_eq!(store.claim(&politely(1)).len(), 0);
    assert_eq!(ids(&store.claim(&politely(2))), ["b"]);
}

fn a_feed_that_changes_hosts_takes_nothing_along(store: &mut Bench) {
    store.sync(on("one.example", &["a", "b"]), 0);
    let first = store.claim(&politely(0)).remove(0);
    store
        .commit(paused(&first, 0, "one.example", at(600)))
        .unwrap();
    store.sync(
        vec![spec_on("a", "one.example"), spec_on("b", "two.example")],
        1,
    );
    assert_eq!(ids(&store.claim(&politely(1))), ["b"]);
    assert_eq!(store.claim(&politely(599)).len(), 1, "b again, and not a");
}

fn a_hosts_rest_is_forgotten_when_it_has_no_feeds(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let first = store.claim(&politely(0)).remove(0);
    store
        .commit(paused(&first, 0, "far.example", at(90)))
        .unwrap();
    store.db.maintain(at(0), at(80)).unwrap();
    assert_eq!(store.db.host_pauses(at(1)).unwrap().len(), 1);
    store.db.maintain(at(0), at(91)).unwrap();
    assert_eq!(store.db.host_pauses(at(1)).unwrap().len(), 0);
    assert!(LEASE < Duration::from_secs(3600));
    assert_eq!(store.claimable(100), ["a"]);
}
