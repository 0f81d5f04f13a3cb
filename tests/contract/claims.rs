//! Leases: whose a feed is, what a crash leaves behind, and who may still commit.

use tidings::{
    model::DueFeed,
    store::{Claim, StoreError},
};

use super::{Bench, at, batch, claim, contract, id, ids, insert, slugs, story};

contract! {
    a_leased_feed_is_nobody_elses
    a_lease_that_ran_out_comes_back
    the_next_poll_is_moved_before_any_request_and_stays_moved_after_a_crash
    a_claim_never_brings_a_poll_forward
    feeds_are_claimed_by_name_whether_due_or_not
    a_feed_is_leased_once_however_often_it_is_named
    a_released_feed_is_due_when_it_was
    a_released_feed_remembers_the_claim_before
    releasing_what_is_no_longer_ours_does_nothing
    breaking_leases_frees_the_feeds_and_keeps_the_reserved_polls
    a_broken_lease_cannot_commit
    an_old_lease_is_refused_whole_and_others_in_the_group_are_kept
    a_lease_that_ran_out_unclaimed_may_still_commit
    a_lease_is_good_for_one_commit
}

fn other_claims(store: &mut Bench, minute: i64) -> Vec<String> {
    ids(&store.other.claim_due(&claim(minute)).unwrap())
}

fn a_leased_feed_is_nobody_elses(store: &mut Bench) {
    store.with_feeds(&["a", "b"]);
    let one = Claim {
        limit: 1,
        ..claim(0)
    };
    assert_eq!(ids(&store.claim(&one)), ["a"]);
    assert_eq!(other_claims(store, 0), ["b"]);
    assert!(
        store
            .other
            .claim(&[id("a")], &claim(9))
            .unwrap()
            .feeds
            .is_empty()
    );
    assert_eq!(store.feed("a").leased_until, Some(at(10)));
}

fn a_lease_that_ran_out_comes_back(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let first = store.lease("a", 0);
    let second = store.other.claim(&[id("a")], &claim(10)).unwrap().feeds;
    assert!(second[0].feed.lease > first.lease);
}

fn the_next_poll_is_moved_before_any_request_and_stays_moved_after_a_crash(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.claimable(5);
    let feed = store.feed("a");
    assert_eq!((feed.next_poll, feed.claimed_at), (at(65), Some(at(5))));
    // The process dies; nobody commits or releases, and the lease runs out.
    for minute in [16, 30, 64] {
        assert_eq!(other_claims(store, minute), [""; 0], "minute {minute}");
    }
    assert_eq!(other_claims(store, 65), ["a"]);
}

fn a_claim_never_brings_a_poll_forward(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 0);
    let mut late = batch(&due, 0, Vec::new());
    late.feed.as_mut().unwrap().next_poll = at(5000);
    store.commit(late).unwrap();
    store.lease("a", 10);
    assert_eq!(store.feed("a").next_poll, at(5000));
}

fn feeds_are_claimed_by_name_whether_due_or_not(store: &mut Bench) {
    store.with_feeds(&["a", "b"]);
    store.poll("a", 0, Vec::new());
    let names = [id("b"), id("unknown"), id("a")];
    let claimed = store.db.claim(&names, &claim(1)).unwrap().feeds;
    let found: Vec<_> = claimed
        .iter()
        .map(|claimed| claimed.feed.id.as_str())
        .collect();
    assert_eq!(found, ["b", "a"]);
    assert_eq!(claimed[1].feed.due_at, at(60));
    assert_eq!(store.feed("b").next_poll, at(61));
}

fn a_feed_is_leased_once_however_often_it_is_named(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let claimed = store
        .db
        .claim(&[id("a"), id("a")], &claim(0))
        .unwrap()
        .feeds;
    assert_eq!(claimed.len(), 1);
}

fn a_released_feed_is_due_when_it_was(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 30);
    store.db.release(&[due]).unwrap();
    let feed = store.feed("a");
    assert_eq!(
        (feed.next_poll, feed.leased_until, feed.claimed_at),
        (at(0), None, None)
    );
    assert_eq!(other_claims(store, 30), ["a"]);
}

fn a_released_feed_remembers_the_claim_before(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.lease("a", 0);
    // That process died, perhaps after its request; another claims and gives back.
    let due = store.lease("a", 20);
    assert_eq!(store.feed("a").claimed_at, Some(at(20)));
    store.db.release(&[due]).unwrap();
    let feed = store.feed("a");
    assert_eq!((feed.claimed_at, feed.next_poll), (Some(at(0)), at(60)));
}

fn releasing_what_is_no_longer_ours_does_nothing(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let old = store.lease("a", 0);
    let new = store.lease("a", 20);
    store.db.release(std::slice::from_ref(&old)).unwrap();
    assert_eq!(store.feed("a").leased_until, Some(at(30)));
    store.commit(batch(&new, 21, Vec::new())).unwrap();
    store.db.release(&[old, new]).unwrap();
    let feed = store.feed("a");
    assert_eq!((feed.next_poll, feed.claimed_at), (at(81), Some(at(20))));
}

fn breaking_leases_frees_the_feeds_and_keeps_the_reserved_polls(store: &mut Bench) {
    store.with_feeds(&["a", "b", "c"]);
    store.lease("a", 0);
    store.lease("b", 0);
    assert_eq!(store.other.break_leases().unwrap(), 2);
    assert_eq!(store.other.break_leases().unwrap(), 0);
    assert_eq!(store.feed("a").leased_until, None);
    assert_eq!(other_claims(store, 1), ["c"]);
    assert_eq!(other_claims(store, 60), ["a", "b"]);
}

fn a_broken_lease_cannot_commit(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 0);
    store.other.break_leases().unwrap();
    assert_refused(store, &due);
}

fn an_old_lease_is_refused_whole_and_others_in_the_group_are_kept(store: &mut Bench) {
    store.with_feeds(&["a", "b", "c"]);
    let (old, b, c) = (
        store.lease("a", 0),
        store.lease("b", 0),
        store.lease("c", 0),
    );
    let new = store.lease("a", 20);
    let group = [
        batch(&b, 21, vec![insert(story("of-b"))]),
        batch(
            &old,
            21,
            vec![insert(story("too-late")), insert(story("of-b"))],
        ),
        batch(&c, 21, vec![insert(story("of-c"))]),
    ];
    let results = store.db.commit(&group).unwrap();
    assert_eq!(results[0].as_ref().unwrap().new, 1);
    assert!(matches!(&results[1], Err(StoreError::LeaseLost { feed }) if feed == "a"));
    assert_eq!(results[2].as_ref().unwrap().new, 1);
    assert_eq!(slugs(&store.all()), ["of-b", "of-c"]);
    assert_eq!(store.all()[0].feeds, [id("b")]);
    assert_eq!(store.last_seq(), 2, "the refused batch used no number");
    assert!(store.db.polls(&id("a"), 9).unwrap().is_empty());
    let feed = store.feed("a");
    assert_eq!(
        (feed.leased_until, feed.state.last_poll),
        (Some(at(30)), None)
    );
    store.commit(batch(&new, 22, Vec::new())).unwrap();
}

fn a_lease_that_ran_out_unclaimed_may_still_commit(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 0);
    store
        .commit(batch(&due, 500, vec![insert(story("a"))]))
        .unwrap();
    assert_eq!(store.all().len(), 1);
}

fn a_lease_is_good_for_one_commit(store: &mut Bench) {
    store.with_feeds(&["a"]);
    let due = store.lease("a", 0);
    store.commit(batch(&due, 1, Vec::new())).unwrap();
    assert_refused(store, &due);
    assert_eq!(store.db.polls(&id("a"), 9).unwrap().len(), 1);
}

fn assert_refused(store: &mut Bench, due: &DueFeed) {
    let result = store.commit(batch(due, 2, vec![insert(story("a"))]));
    assert!(matches!(result, Err(StoreError::LeaseLost { .. })));
    assert!(store.all().is_empty());
}
