//! Clocks that were wrong, and starts: no feed is stuck, no wait is cut short, nothing bursts.

use std::time::Duration;

use tidings::{
    model::{FeedState, HostPause, Spread},
    store::Replanned,
};

use super::{Bench, at, batch, batch_with, claim, contract, id, ids, set, spec, spec_on};

contract! {
    a_plan_made_under_a_wrong_clock_lasts_as_long_as_was_decided
    a_retry_after_given_under_a_wrong_clock_is_kept_from_now_on
    a_pause_given_under_a_wrong_clock_is_kept_from_now_on
    a_gate_shut_under_a_wrong_clock_opens
    a_poll_under_way_when_the_clock_is_set_back_may_still_commit
    a_lease_made_under_a_wrong_clock_runs_out
    a_feed_added_under_a_wrong_clock_is_not_stuck
    a_spread_made_under_a_wrong_clock_is_not_stuck
    a_moment_that_no_rule_can_have_made_is_cut
    a_right_clock_changes_nothing
    what_is_overdue_is_spread_in_its_order_and_never_polled_feeds_come_last
    who_is_not_overdue_or_polled_now_is_not_spread
}

const TEN_YEARS: i64 = 10 * 366 * 24 * 60;

fn mend(store: &mut Bench, minute: i64) -> u64 {
    store.db.replan(at(minute), None).unwrap().mended
}

fn spread() -> Option<Spread> {
    Some(Spread::new(Duration::from_secs(2)))
}

fn a_plan_made_under_a_wrong_clock_lasts_as_long_as_was_decided(store: &mut Bench) {
    for ahead in [60, TEN_YEARS] {
        store.sync(vec![spec("a")], 0);
        store.poll("a", ahead, Vec::new());
        assert!(mend(store, 5) > 0);
        let feed = store.feed("a");
        assert_eq!((feed.next_poll, feed.claimed_at), (at(65), Some(at(5))));
        assert_eq!(store.claimable(64), [""; 0]);
        assert_eq!(store.claimable(65), ["a"]);
        store.db.break_leases().unwrap();
    }
}

fn a_retry_after_given_under_a_wrong_clock_is_kept_from_now_on(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", TEN_YEARS);
    let state = FeedState {
        retry_after: Some(at(TEN_YEARS + 300)),
        ..FeedState::default()
    };
    let mut asked = batch_with(&due, state, TEN_YEARS, Vec::new());
    asked.feed.as_mut().unwrap().next_poll = at(TEN_YEARS + 310);
    store.commit(asked).unwrap();
    mend(store, 7);
    let feed = store.feed("a");
    assert_eq!(feed.next_poll, at(317));
    assert_eq!(feed.state.retry_after, Some(at(307)));
}

fn a_pause_given_under_a_wrong_clock_is_kept_from_now_on(store: &mut Bench) {
    store.sync(
        ["a", "b"].map(|feed| spec_on(feed, "one.example")).to_vec(),
        0,
    );
    let due = store.lease("a", TEN_YEARS);
    let mut asked = batch(&due, TEN_YEARS, Vec::new());
    asked.feed.as_mut().unwrap().pause = Some(HostPause {
        scope: "one.example".to_owned(),
        until: at(TEN_YEARS + 200),
    });
    store.commit(asked).unwrap();
    mend(store, 7);
    assert_eq!(store.feed("b").scope_paused_until, Some(at(207)));
    assert_eq!(store.claimable(206), [""; 0]);
    assert_eq!(store.claimable(207).len(), 2);
}

fn a_gate_shut_under_a_wrong_clock_opens(store: &mut Bench) {
    let specs = ["a", "b"].map(|feed| spec_on(feed, "one.example"));
    store.sync(specs.to_vec(), 0);
    store.poll("a", TEN_YEARS, Vec::new());
    mend(store, 7);
    assert_eq!(store.claimable(7), ["b"]);
}

fn a_poll_under_way_when_the_clock_is_set_back_may_still_commit(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 60);
    mend(store, 0);
    assert_eq!(store.feed("a").leased_until, Some(at(10)));
    store.commit(batch(&due, 1, Vec::new())).unwrap();
    assert_eq!(store.feed("a").next_poll, at(61));
}

fn a_lease_made_under_a_wrong_clock_runs_out(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.lease("a", TEN_YEARS);
    mend(store, 0);
    assert_eq!(store.claimable(59), [""; 0]);
    assert_eq!(store.claimable(60), ["a"]);
}

fn a_feed_added_under_a_wrong_clock_is_not_stuck(store: &mut Bench) {
    store.sync(vec![spec("a")], TEN_YEARS);
    mend(store, 0);
    assert_eq!(store.claimable(0), ["a"]);
}

fn a_spread_made_under_a_wrong_clock_is_not_stuck(store: &mut Bench) {
    store.with_feeds(&["a", "b"]);
    store.poll("a", 0, Vec::new());
    store.poll("b", 1, Vec::new());
    // Ten years later they look overdue; before their turns come the clock is set.
    store.db.replan(at(TEN_YEARS), spread()).unwrap();
    store.db.replan(at(10), spread()).unwrap();
    let next = ["a", "b"].map(|feed| store.feed(feed).next_poll);
    assert!(next.iter().all(|next| *next <= at(11)), "{next:?}");
}

fn a_moment_that_no_rule_can_have_made_is_cut(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 0);
    let mut odd = batch(&due, 0, Vec::new());
    odd.feed.as_mut().unwrap().next_poll = at(TEN_YEARS);
    store.commit(odd).unwrap();
    mend(store, 5);
    assert_eq!(store.feed("a").next_poll, at(65));
}

fn a_right_clock_changes_nothing(store: &mut Bench) {
    store.with_feeds(&["a", "b", "c"]);
    store.poll("a", 0, Vec::new());
    let due = store.lease("b", 0);
    let mut asked = batch(&due, 0, Vec::new());
    let feed = asked.feed.as_mut().unwrap();
    // The longest that a server can ask for, with its jitter.
    feed.next_poll = at(34 * 24 * 60);
    feed.pause = Some(HostPause {
        scope: "b.example".to_owned(),
        until: at(31 * 24 * 60),
    });
    store.commit(asked).unwrap();
    store.lease("c", 0);
    let before = ["a", "b", "c"].map(|feed| format!("{:?}", store.feed(feed)));
    assert_eq!(store.db.replan(at(1), None).unwrap(), Replanned::default());
    // A clock that is a minute behind is no reason either.
    assert_eq!(
        store.db.replan(at(-1), spread()).unwrap(),
        Replanned::default()
    );
    let after = ["a", "b", "c"].map(|feed| format!("{:?}", store.feed(feed)));
    assert_eq!(before, after);
}

fn what_is_overdue_is_spread_in_its_order_and_never_polled_feeds_come_last(store: &mut Bench) {
    store.with_feeds(&["new", "late", "later"]);
    store.poll("later", 10, Vec::new());
    store.poll("late", 0, Vec::new());
    let planned = store.db.replan(at(500), spread()).unwrap();
    assert_eq!(
        planned,
        Replanned {
            mended: 0,
            spread: 3
        }
    );
    let seconds =
        ["late", "later", "new"].map(|feed| (store.feed(feed).next_poll - at(500)).num_seconds());
    assert_eq!(seconds, [0, 2, 4]);
    assert_eq!(ids(&store.claim(&claim(500))), ["late"]);
    // The daemon is started again and again: who has a place keeps it.
    let planned = store.db.replan(at(500), spread()).unwrap();
    assert_eq!(planned.spread, 0);
}

fn who_is_not_overdue_or_polled_now_is_not_spread(store: &mut Bench) {
    store.with_feeds(&["polled", "waiting", "paused", "overdue"]);
    store.poll("waiting", 30, Vec::new());
    let paused = tidings::model::FeedSpec {
        paused: true,
        ..spec("paused")
    };
    let specs = ["polled", "waiting", "overdue"].map(spec).to_vec();
    store
        .db
        .sync_feeds(&set([specs, vec![paused]].concat()), at(31))
        .unwrap();
    store.lease("polled", 60);
    let planned = store.db.replan(at(60), spread()).unwrap();
    assert_eq!(planned.spread, 1);
    assert_eq!(store.feed("waiting").next_poll, at(90));
    let named = store.db.claim(&[id("waiting")], &claim(60)).unwrap();
    assert_eq!(named.feeds.len(), 1);
}
