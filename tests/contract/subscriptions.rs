//! Subscriptions at hubs and what they deliver: wanted once, found when due, given up whole, and
//! deliveries that leave alone what polls know.

use tidings::model::{
    FeedId, FeedSpec, FeedState, Leave, NewSubscription, Outcome, PollRecord, Push,
    RefusedDeliveries, Secret, Subscription, SubscriptionState as State,
};

use super::{Bench, at, contract, id, insert, spec, story, touch};

contract! {
    a_wanted_subscription_is_due_at_once_and_wanted_once
    another_topic_or_hub_replaces_the_subscription_and_the_old_hub_is_told
    a_subscription_that_nobody_was_asked_for_is_over_without_a_word
    feeds_that_are_not_polled_want_no_subscription_and_lose_theirs
    settings_that_changed_give_up_what_they_no_longer_want
    what_has_long_been_over_is_forgotten
    due_subscriptions_are_one_of_each_hub_and_none_of_busy_ones
    a_change_is_kept_whole_and_only_where_there_is_something_to_change
    a_delivery_stores_articles_and_leaves_state_lease_and_next_poll_alone
    a_delivery_for_a_feed_that_is_not_polled_keeps_nothing
    a_poll_is_only_brought_forward_and_never_under_way
}

const CALLBACKS: &str = "https://me.example/websub/";

fn wanted(feed: &str, hub: &str, topic: &str, token: &str) -> NewSubscription {
    NewSubscription {
        feed: id(feed),
        feed_url: spec(feed).url,
        topic: topic.to_owned(),
        hub: hub.to_owned(),
        callbacks: CALLBACKS.to_owned(),
        token: Secret::new(token.to_owned()),
        secret: Some(Secret::new(format!("secret of {token}"))),
    }
}

fn strangers(callbacks: Option<&str>, unwanted: &[&str]) -> Leave {
    Leave::Strangers {
        callbacks: callbacks.map(str::to_owned),
        unwanted: unwanted.iter().map(|feed| id(feed)).collect(),
    }
}

impl Bench {
    fn want(&mut self, feed: &str, hub: &str, topic: &str, token: &str) -> bool {
        let wanted = wanted(feed, hub, topic, token);
        self.db.subscribe(&wanted, at(0)).unwrap()
    }

    fn subscription(&mut self, token: &str) -> Subscription {
        self.other.subscription(token).unwrap().unwrap()
    }

    fn change(&mut self, token: &str, mut change: impl FnMut(&mut Subscription)) {
        assert!(self.db.change_subscription(token, &mut change).unwrap());
    }

    fn asked(&mut self, token: &str) {
        self.change(token, |sub| sub.asked_at = Some(at(0)));
    }

    fn due_tokens(&mut self, minute: i64, busy: &[&str], limit: usize) -> Vec<String> {
        let busy: Vec<String> = busy.iter().map(|hub| (*hub).to_owned()).collect();
        let due = self.db.due_subscriptions(at(minute), &busy, limit).unwrap();
        let tokens = due.iter().map(|sub| sub.asked.token.expose().to_owned());
        tokens.collect()
    }
}

fn a_wanted_subscription_is_due_at_once_and_wanted_once(store: &mut Bench) {
    store.with_feeds(&["a"]);
    assert!(store.want("a", "hub", "topic", "t1"));
    assert!(!store.want("a", "hub", "topic", "t2"));
    let sub = store.subscription("t1");
    assert_eq!(sub.asked, wanted("a", "hub", "topic", "t1"));
    assert_eq!((sub.state, sub.due_at), (State::Pending, Some(at(0))));
    assert_eq!((sub.awaiting, sub.failures, sub.proven), (false, 0, false));
    assert!(store.db.subscription("t2").unwrap().is_none());
    assert_eq!(store.db.subscriptions(Some(&id("a"))).unwrap(), [sub]);
    assert_eq!(store.db.next_subscription(&[]).unwrap(), Some(at(0)));
}

fn another_topic_or_hub_replaces_the_subscription_and_the_old_hub_is_told(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.want("a", "hub", "topic", "t1");
    store.asked("t1");
    assert!(store.want("a", "hub", "moved", "t2"));
    store.asked("t2");
    assert!(store.want("a", "other", "moved", "t3"));
    let states = ["t1", "t2", "t3"].map(|token| store.subscription(token).state);
    assert_eq!(states, [State::Leaving, State::Leaving, State::Pending]);
    assert_eq!(store.subscription("t1").due_at, Some(at(0)));
    let all = store.db.subscriptions(Some(&id("a"))).unwrap();
    assert_eq!(all[0].asked.token.expose(), "t3", "the latest comes first");
    assert_eq!(all.len(), 3);
}

fn a_subscription_that_nobody_was_asked_for_is_over_without_a_word(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.want("a", "hub", "topic", "t1");
    assert_eq!(store.db.leave(&Leave::Feed(id("a")), at(1)).unwrap(), 1);
    assert_eq!(store.db.leave(&Leave::Feed(id("a")), at(1)).unwrap(), 0);
    assert_eq!(store.db.next_subscription(&[]).unwrap(), None);
    assert!(store.want("a", "hub", "topic", "t2"));
}

fn feeds_that_are_not_polled_want_no_subscription_and_lose_theirs(store: &mut Bench) {
    store.with_feeds(&["paused", "retired", "moved", "stays"]);
    for feed in ["paused", "retired", "moved", "stays"] {
        assert!(store.want(feed, "hub", "topic", feed));
        store.asked(feed);
    }
    let paused = FeedSpec {
        paused: true,
        ..spec("paused")
    };
    let moved = FeedSpec {
        url: "https://moved.example/other".to_owned(),
        ..spec("moved")
    };
    store.sync(vec![paused, moved, spec("stays")], 1);
    let left = store.db.leave(&strangers(Some(CALLBACKS), &[]), at(1));
    assert_eq!(left.unwrap(), 3);
    assert_eq!(store.subscription("stays").state, State::Pending);
    for feed in ["paused", "retired", "moved"] {
        assert_eq!(store.subscription(feed).state, State::Leaving, "{feed}");
    }
    for feed in ["paused", "retired"] {
        assert!(!store.want(feed, "hub", "topic", "again"));
    }
}

fn settings_that_changed_give_up_what_they_no_longer_want(store: &mut Bench) {
    store.with_feeds(&["a", "b"]);
    for feed in ["a", "b"] {
        store.want(feed, "hub", "topic", feed);
        store.asked(feed);
    }
    let mut leave = |leave: Leave| store.db.leave(&leave, at(1)).unwrap();
    assert_eq!(leave(strangers(Some(CALLBACKS), &[])), 0);
    assert_eq!(leave(strangers(Some(CALLBACKS), &["b"])), 1);
    assert_eq!(
        leave(strangers(Some("https://new.example/websub/"), &[])),
        1
    );
    assert_eq!(leave(strangers(None, &[])), 0);
    store.want("a", "hub", "topic", "a2");
    store.asked("a2");
    assert_eq!(store.db.leave(&strangers(None, &[]), at(1)).unwrap(), 1);
}

fn what_has_long_been_over_is_forgotten(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.want("a", "hub", "topic", "t1");
    store.change("t1", |sub| {
        sub.asked_at = Some(at(0));
        sub.state = State::Ended;
        sub.due_at = None;
    });
    let month = 30 * 24 * 60;
    store.db.leave(&strangers(None, &[]), at(month)).unwrap();
    assert!(store.db.subscription("t1").unwrap().is_some());
    store
        .db
        .leave(&strangers(None, &[]), at(month + 1))
        .unwrap();
    assert!(store.db.subscription("t1").unwrap().is_none());
}

fn due_subscriptions_are_one_of_each_hub_and_none_of_busy_ones(store: &mut Bench) {
    store.with_feeds(&["a", "b", "c", "d"]);
    for (feed, hub, minute) in [
        ("a", "one", 5),
        ("b", "one", 3),
        ("c", "two", 4),
        ("d", "three", 60),
    ] {
        store.want(feed, hub, "topic", feed);
        store.change(feed, |sub| sub.due_at = Some(at(minute)));
    }
    assert_eq!(store.due_tokens(2, &[], 9), [""; 0]);
    assert_eq!(store.due_tokens(10, &[], 9), ["b", "c"]);
    assert_eq!(store.due_tokens(10, &[], 1), ["b"]);
    assert_eq!(store.due_tokens(10, &["one"], 9), ["c"]);
    assert_eq!(store.due_tokens(99, &["one", "two"], 9), ["d"]);
    let busy = ["one".to_owned(), "two".to_owned()];
    assert_eq!(store.db.next_subscription(&busy).unwrap(), Some(at(60)));
}

fn a_change_is_kept_whole_and_only_where_there_is_something_to_change(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.want("a", "hub", "topic", "t1");
    let before = store.subscription("t1");
    let after = Subscription {
        state: State::Active,
        awaiting: true,
        due_at: Some(at(1)),
        asked_at: Some(at(2)),
        active_since: Some(at(3)),
        lease_until: Some(at(4)),
        failures: 5,
        delivered_at: Some(at(6)),
        pinged_at: Some(at(7)),
        proven: true,
        missed_at: Some(at(8)),
        why: Some("because".to_owned()),
        refused: RefusedDeliveries {
            count: 9,
            at: Some(at(10)),
            why: Some("forged".to_owned()),
        },
        ..before
    };
    store.change("t1", |sub| *sub = after.clone());
    assert_eq!(store.subscription("t1"), after);
    let nobody = store
        .db
        .change_subscription("t2", &mut |_| panic!("there is nothing to change"));
    assert!(!nobody.unwrap());
}

fn push(feed: &str, entries: Vec<tidings::model::Decided>) -> Push {
    let poll = PollRecord {
        at: at(30),
        outcome: Outcome::Pushed,
        status: None,
        bytes: 10,
        ms: 5,
        entries: 1,
        new: 0,
        changed: 0,
        error: None,
    };
    Push {
        feed: id(feed),
        entries,
        raw: tidings::model::Kept::AsBefore,
        poll,
        now: at(30),
    }
}

fn a_delivery_stores_articles_and_leaves_state_lease_and_next_poll_alone(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.poll("a", 0, vec![insert(story("one"))]);
    let before = store.feed("a");
    let due = store.lease("a", 10);
    let leased = store.feed("a");
    let entries = vec![insert(story("two")), touch(&story("one"))];
    let done = store.db.push(&push("a", entries)).unwrap().unwrap();
    assert_eq!((done.new, done.same), (1, 1));
    let after = store.feed("a");
    assert_eq!(after.articles, 2);
    assert_eq!(after.state.last_new, Some(at(30)));
    let mut state = after.state;
    state.last_new = before.state.last_new;
    assert_eq!(state, before.state);
    assert_eq!(after.next_poll, leased.next_poll);
    assert_eq!(after.leased_until, leased.leased_until);
    let polls = store.db.polls(&id("a"), 9).unwrap();
    assert_eq!((polls[0].outcome, polls[0].new), (Outcome::Pushed, 1));
    // The poll under way may still commit.
    store.commit(super::batch(&due, 31, Vec::new())).unwrap();
    assert_eq!(store.last_seq(), 2);
}

fn a_delivery_for_a_feed_that_is_not_polled_keeps_nothing(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.sync(Vec::new(), 1);
    let done = store
        .db
        .push(&push("a", vec![insert(story("one"))]))
        .unwrap();
    assert!(done.is_none());
    assert!(store.all().is_empty());
    let nobody: FeedId = id("nobody");
    assert!(
        store
            .db
            .push(&push(nobody.as_str(), Vec::new()))
            .unwrap()
            .is_none()
    );
}

fn a_poll_is_only_brought_forward_and_never_under_way(store: &mut Bench) {
    store.with_feeds(&["a"]);
    store.poll("a", 0, Vec::new());
    let feed = id("a");
    store.db.hasten(&feed, at(90)).unwrap();
    assert_eq!(store.feed("a").next_poll, at(60), "put off");
    store.db.hasten(&feed, at(15)).unwrap();
    let hastened = store.feed("a");
    assert_eq!(hastened.next_poll, at(15));
    assert_eq!(hastened.state.next_reason, FeedState::BY_PING);
    store.lease("a", 20);
    let reserved = store.feed("a").next_poll;
    store.db.hasten(&feed, at(21)).unwrap();
    assert_eq!(store.feed("a").next_poll, reserved, "asked twice at once");
}
