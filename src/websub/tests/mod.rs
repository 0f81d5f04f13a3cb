//! The protocol's decisions, one by one.

mod lifecycle;

use std::time::Duration;

use super::*;
use crate::model::{
    FailKind, Failure, FeedState, NewSubscription, Posted, SubscriptionState as State,
};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn at(minute: i64) -> Time {
    "2026-03-02T10:00:00Z".parse::<Time>().unwrap() + chrono::Duration::minutes(minute)
}

fn wanted() -> Subscription {
    Subscription {
        asked: NewSubscription {
            feed: "a".parse().unwrap(),
            feed_url: "https://a.example/feed".to_owned(),
            topic: "https://a.example/topic".to_owned(),
            hub: "https://hub.example/".to_owned(),
            callbacks: callbacks("https://me.example/x"),
            token: token([7; 32]),
            secret: Some(secret([9; 32])),
        },
        feed_row: 1,
        state: State::Pending,
        awaiting: false,
        due_at: Some(at(0)),
        asked_at: None,
        active_since: None,
        lease_until: None,
        failures: 0,
        delivered_at: None,
        pinged_at: None,
        proven: false,
        missed_at: None,
        why: None,
        refused: crate::model::RefusedDeliveries::default(),
    }
}

fn terms() -> Terms {
    Terms {
        lease: Duration::from_secs(10 * 24 * 3600),
        own_host: false,
        jitter: 0.0,
    }
}

fn says(mode: &str) -> Verification {
    Verification {
        mode: mode.to_owned(),
        topic: "https://a.example/topic".to_owned(),
        challenge: "echo me".to_owned(),
        lease_seconds: Some(10 * 24 * 3600),
        reason: None,
    }
}

/// Asked and verified at minute 0, for ten days.
fn active() -> Subscription {
    let mut sub = wanted();
    ask(&mut sub, at(0)).unwrap();
    assert_eq!(
        verify(&mut sub, &says("subscribe"), terms(), at(0)),
        Verdict::Confirm
    );
    sub
}

fn refused(status: Option<u16>, retry_after: Option<u64>) -> Posted {
    Posted {
        failure: Some(Failure {
            kind: FailKind::Status,
            status,
            message: "no".to_owned(),
        }),
        retry_after: retry_after.map(Duration::from_secs),
        ..Posted::default()
    }
}

#[test]
fn tokens_and_secrets_are_long_and_fit_where_they_go() {
    let token = token([0xff; 32]);
    assert!(may_be_token(token.expose()), "{}", token.expose());
    assert!(!may_be_token("../../etc/passwd") && !may_be_token(&"a".repeat(44)));
    let secret = secret([0xab; 32]);
    assert_eq!(secret.expose().len(), 64);
    assert!(!format!("{:?}", wanted()).contains(wanted().asked.token.expose()));
}

#[test]
fn a_secret_goes_where_nobody_listens_in() {
    for hub in [
        "https://hub.example/",
        "http://127.0.0.1:9/",
        "http://[::1]/",
    ] {
        assert!(keeps_secrets(hub), "{hub}");
    }
    for hub in [
        "http://hub.example/",
        "http://192.168.1.2/",
        "http://127.0.0.1.example/",
        "x",
    ] {
        assert!(!keeps_secrets(hub), "{hub}");
    }
}

#[test]
fn the_form_has_what_the_mode_needs() {
    let sub = wanted();
    let form = |mode| {
        let form = form(&sub, mode, terms().lease);
        form.into_iter()
            .collect::<std::collections::HashMap<_, _>>()
    };
    let subscribe = form(Mode::Subscribe);
    assert!(subscribe["hub.callback"].starts_with("https://me.example/x/websub/"));
    assert_eq!(subscribe["hub.mode"], "subscribe");
    assert_eq!(subscribe["hub.topic"], "https://a.example/topic");
    assert_eq!(subscribe["hub.lease_seconds"], "864000");
    assert!(subscribe["hub.secret"].len() < 200);
    let unsubscribe = form(Mode::Unsubscribe);
    assert_eq!(unsubscribe["hub.callback"], subscribe["hub.callback"]);
    assert!(!unsubscribe.contains_key("hub.secret"));
}

#[test]
fn what_is_no_signature_holds_for_nothing() {
    let body = b"<feed/>";
    for signature in [
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=00",
        "sha256=",
        "sha256",
        "md5=3b5d3c7d207e37dceeedd301e35e2e58",
        "",
        "sha1=zz",
        "sha1=é",
    ] {
        assert!(!is_signed("key", Some(signature), body), "{signature}");
    }
    assert!(!is_signed("key", None, body));
}

#[test]
fn signatures_of_a_published_example_hold() {
    // RFC 4231, test case 2 (SHA-2), and RFC 2202, test case 2 (SHA-1).
    let body = b"what do ya want for nothing?";
    for signature in [
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "SHA256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
         caeab1a34d4a6b4b636e070a38bce737",
    ] {
        assert!(is_signed("Jefe", Some(signature), body), "{signature}");
        assert!(!is_signed("jefe", Some(signature), body), "{signature}");
        assert!(!is_signed("Jefe", Some(signature), b"what"), "{signature}");
    }
}

#[test]
fn entries_count_as_missed_only_where_the_hub_could_have_delivered_them() {
    let mut sub = active();
    let miss = |sub: &Subscription, last_ok: i64, published: Option<i64>| {
        should_have_come(sub, Some(at(last_ok)), published.map(at), at(DAY))
    };
    assert!(!miss(&sub, HOUR, None), "it has never delivered");
    delivered(&mut sub, at(HOUR));
    assert!(miss(&sub, HOUR, None) && miss(&sub, HOUR, Some(2 * HOUR)));
    assert!(!miss(&sub, -11, None), "from before it was there");
    assert!(!miss(&sub, HOUR, Some(DAY - 5)), "may be on its way");
    assert!(miss(&sub, HOUR, Some(DAY + 5)), "no date ahead is believed");
    pinged(&mut sub, at(2 * HOUR));
    assert!(!miss(&sub, HOUR, None), "it said that there is news");
    assert!(miss(&sub, 3 * HOUR, None), "but not since");
    missed(&mut sub, at(DAY));
    assert!(!is_pushed(&sub, at(DAY)) && !miss(&sub, 3 * HOUR, None));
    delivered(&mut sub, at(DAY));
    assert!(is_pushed(&sub, at(DAY)));
}

#[test]
fn what_nobody_signed_brings_articles_to_feeds_of_http_only() {
    let mut sub = wanted();
    assert!(may_bring_articles(&sub));
    sub.asked.secret = None;
    assert!(!may_bring_articles(&sub));
    sub.asked.feed_url = "http://a.example/feed".to_owned();
    assert!(may_bring_articles(&sub));
}

fn record(state: FeedState) -> FeedRecord {
    FeedRecord {
        id: "a".parse().unwrap(),
        origin: String::new(),
        url: "https://a.example/feed".to_owned(),
        scope: "a.example".to_owned(),
        scope_paused_until: None,
        interval: Duration::from_secs(3600),
        name: None,
        tags: Vec::new(),
        paused: false,
        retired: false,
        next_poll: at(DAY),
        claimed_at: Some(at(0)),
        leased_until: None,
        state,
        articles: 0,
    }
}

#[test]
fn a_ping_polls_a_quarter_of_an_hour_after_the_last_request_and_not_before_retry_after() {
    let well = FeedState {
        last_poll: Some(at(0)),
        last_ok: Some(at(0)),
        ..FeedState::default()
    };
    let soon = |state: FeedState, now| poll_after_ping(&record(state), at(now));
    assert_eq!(soon(well.clone(), 1), Some(at(15)));
    assert_eq!(soon(well.clone(), 40), Some(at(40)));
    let asked_to_wait = FeedState {
        retry_after: Some(at(90)),
        ..well.clone()
    };
    assert_eq!(soon(asked_to_wait, 40), Some(at(90)));
    let throttled = FeedState {
        last_poll: Some(at(5)),
        ..well.clone()
    };
    let failing = FeedState {
        failure: refused(Some(500), None).failure,
        ..well.clone()
    };
    for state in [throttled, failing] {
        assert_eq!(soon(state, 40), None);
    }
    let paused = FeedRecord {
        paused: true,
        ..record(well)
    };
    assert_eq!(poll_after_ping(&paused, at(40)), None);
}
