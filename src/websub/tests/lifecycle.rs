//! A subscription's life, step by step.

use super::*;

#[test]
fn a_request_is_reserved_before_it_is_sent() {
    let mut sub = wanted();
    assert!(ask(&mut sub, at(-1)).is_none(), "not due");
    assert_eq!(ask(&mut sub, at(0)).unwrap().mode, Mode::Subscribe);
    assert!(sub.awaiting);
    assert_eq!(sub.due_at, Some(at(HOUR)));
    assert!(ask(&mut sub, at(1)).is_none(), "asked twice");
}

#[test]
fn a_request_that_is_never_verified_is_repeated_ever_more_rarely_and_says_why() {
    let mut sub = wanted();
    let mut waits = Vec::new();
    for _ in 0..8 {
        let now = sub.due_at.unwrap();
        ask(&mut sub, now).unwrap();
        waits.push((sub.due_at.unwrap() - now).num_hours());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
    assert!(sub.why.unwrap().contains("did not verify"));
}

#[test]
fn a_hub_that_is_down_is_asked_ever_more_rarely_and_never_before_retry_after() {
    let mut sub = wanted();
    let asked = ask(&mut sub, at(0)).unwrap();
    answered(&mut sub, asked, &refused(Some(500), None), at(0));
    assert_eq!((sub.state, sub.failures), (State::Failed, 1));
    assert_eq!(sub.due_at, Some(at(2 * HOUR)));
    let asked = ask(&mut sub, at(2 * HOUR)).unwrap();
    assert_eq!(sub.state, State::Pending);
    let wait = refused(Some(503), Some(3 * 24 * 3600));
    answered(&mut sub, asked, &wait, at(2 * HOUR));
    assert_eq!(sub.failures, 2);
    assert_eq!(sub.due_at, Some(at(2 * HOUR + 3 * DAY)));
}

/// Not sent: the hub's host had asked for a pause before.
fn held(seconds: u64) -> Posted {
    Posted {
        held: true,
        ..refused(None, Some(seconds))
    }
}

#[test]
fn a_pause_that_is_met_before_asking_is_no_failure_and_the_request_waits_for_its_end() {
    let mut renewing = active();
    renewing.due_at = Some(at(8 * DAY));
    let mut failed = wanted();
    let asked = ask(&mut failed, at(0)).unwrap();
    answered(&mut failed, asked, &refused(Some(500), None), at(0));
    let mut unverified = wanted();
    ask(&mut unverified, at(0)).unwrap();
    for mut sub in [wanted(), renewing, failed, unverified] {
        let (before, now) = (sub.clone(), sub.due_at.unwrap());
        for _ in 0..9 {
            let now = sub.due_at.unwrap();
            let asked = ask(&mut sub, now).unwrap();
            answered(&mut sub, asked, &held(300), now);
        }
        assert_eq!(sub.due_at, Some(now + Duration::from_secs(9 * 300)));
        let due_at = before.due_at;
        assert_eq!(Subscription { due_at, ..sub }, before);
    }
}

#[test]
fn a_subscription_that_was_given_up_while_its_request_was_held_stays_given_up() {
    let mut sub = wanted();
    let asked = ask(&mut sub, at(0)).unwrap();
    sub.state = State::Leaving;
    answered(&mut sub, asked, &held(300), at(0));
    assert_eq!(sub.state, State::Leaving);
}

#[test]
fn a_hub_that_verifies_before_it_answers_counts() {
    let mut sub = wanted();
    let asked = ask(&mut sub, at(0)).unwrap();
    verify(&mut sub, &says("subscribe"), terms(), at(0));
    let before = sub.clone();
    answered(&mut sub, asked, &refused(Some(500), None), at(1));
    assert_eq!(sub, before);
}

#[test]
fn a_verification_is_confirmed_once_and_only_as_it_was_asked_for() {
    let mut sub = wanted();
    assert_eq!(
        verify(&mut sub, &says("subscribe"), terms(), at(0)),
        Verdict::Refuse,
        "nobody asked"
    );
    ask(&mut sub, at(0)).unwrap();
    let other_topic = Verification {
        topic: "https://a.example/other".to_owned(),
        ..says("subscribe")
    };
    let no_challenge = Verification {
        challenge: String::new(),
        ..says("subscribe")
    };
    let endless = Verification {
        challenge: "x".repeat(5000),
        ..says("subscribe")
    };
    for wrong in [
        other_topic,
        no_challenge,
        endless,
        says("unsubscribe"),
        says(""),
    ] {
        let before = sub.clone();
        assert_eq!(verify(&mut sub, &wrong, terms(), at(0)), Verdict::Refuse);
        assert_eq!(sub, before, "{wrong:?}");
    }
    assert_eq!(
        verify(&mut sub, &says("subscribe"), terms(), at(1)),
        Verdict::Confirm
    );
    assert_eq!(
        verify(&mut sub, &says("subscribe"), terms(), at(1)),
        Verdict::Refuse,
        "replayed"
    );
    assert!(sub.is_active(at(10 * DAY)) && !sub.is_active(at(10 * DAY + 1)));
}

#[test]
fn a_lease_is_renewed_at_four_fifths_and_within_reason() {
    let lease = |seconds: Option<u64>, own_host, jitter| {
        let mut sub = wanted();
        ask(&mut sub, at(0)).unwrap();
        let said = Verification {
            lease_seconds: seconds,
            ..says("subscribe")
        };
        let terms = Terms {
            own_host,
            jitter,
            ..terms()
        };
        verify(&mut sub, &said, terms, at(0));
        let seconds = |moment: Option<Time>| (moment.unwrap() - at(0)).num_seconds();
        (seconds(sub.lease_until), seconds(sub.due_at))
    };
    assert_eq!(lease(Some(1000), false, 0.0), (1000, 800));
    assert_eq!(lease(Some(1000), false, 1.0), (1000, 750));
    assert_eq!(lease(None, false, 0.0), (864_000, 691_200));
    assert_eq!(lease(Some(0), false, 0.0), (300, 240));
    assert_eq!(lease(Some(5), true, 0.0), (5, 4));
    assert_eq!(lease(Some(u64::MAX), false, 0.0).0, 400 * 24 * 3600);
}

#[test]
fn a_renewal_that_fails_is_tried_again_before_the_lease_ends() {
    let mut sub = active();
    let asked = ask(&mut sub, at(8 * DAY)).unwrap();
    answered(&mut sub, asked, &refused(None, None), at(8 * DAY));
    assert_eq!(sub.state, State::Active, "it holds until its lease ends");
    assert_eq!(sub.due_at, Some(at(8 * DAY + 2 * HOUR)));
    let mut tries = 0;
    while sub.due_at.unwrap() < at(10 * DAY) {
        let now = sub.due_at.unwrap();
        let asked = ask(&mut sub, now).unwrap();
        answered(&mut sub, asked, &refused(Some(500), None), now);
        tries += 1;
    }
    assert!(tries >= 3, "{tries}");
    assert!(ask(&mut sub, at(30 * DAY)).is_some());
    assert_eq!(sub.state, State::Pending);
}

#[test]
fn a_renewal_keeps_what_the_hub_has_proven_and_a_gap_does_not() {
    let mut sub = active();
    delivered(&mut sub, at(HOUR));
    ask(&mut sub, at(8 * DAY)).unwrap();
    verify(&mut sub, &says("subscribe"), terms(), at(8 * DAY));
    assert!(is_pushed(&sub, at(9 * DAY)));
    assert_eq!(sub.active_since, Some(at(0)));
    ask(&mut sub, at(40 * DAY)).unwrap();
    verify(&mut sub, &says("subscribe"), terms(), at(40 * DAY));
    assert!(!is_pushed(&sub, at(41 * DAY)));
    assert_eq!(sub.active_since, Some(at(40 * DAY)));
}

#[test]
fn a_denial_may_come_any_time_and_is_asked_about_after_days() {
    let mut sub = active();
    let denied = Verification {
        reason: Some("too\n\u{1b}[31mmany".to_owned()),
        ..says("denied")
    };
    let mut waits = Vec::new();
    let mut now = at(HOUR);
    for _ in 0..7 {
        assert_eq!(verify(&mut sub, &denied, terms(), now), Verdict::Noted);
        assert_eq!(sub.state, State::Denied);
        let due = sub.due_at.unwrap();
        waits.push((due - now).num_days());
        now = due;
        ask(&mut sub, now).unwrap();
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    assert_eq!(sub.why.as_deref(), Some("too \\u{1b}[31mmany"));
    let elsewhere = Verification {
        topic: "https://a.example/other".to_owned(),
        ..denied
    };
    assert_eq!(
        verify(&mut active(), &elsewhere, terms(), at(1)),
        Verdict::Refuse
    );
}

#[test]
fn what_is_left_is_confirmed_and_a_hub_that_does_not_hear_is_told_three_times() {
    let leaving = || Subscription {
        state: State::Leaving,
        due_at: Some(at(HOUR)),
        ..active()
    };
    let mut sub = leaving();
    assert_eq!(ask(&mut sub, at(HOUR)).unwrap().mode, Mode::Unsubscribe);
    assert_eq!(
        verify(&mut sub, &says("subscribe"), terms(), at(HOUR)),
        Verdict::Refuse
    );
    assert_eq!(
        verify(&mut sub, &says("unsubscribe"), terms(), at(HOUR)),
        Verdict::Confirm
    );
    assert_eq!((sub.state, sub.due_at), (State::Ended, None));
    let mut deaf = leaving();
    let mut told = 0;
    while let Some(due) = deaf.due_at {
        if let Some(asked) = ask(&mut deaf, due) {
            told += 1;
            answered(&mut deaf, asked, &refused(Some(500), None), due);
        }
    }
    assert_eq!((told, deaf.state), (3, State::Ended));
    let mut lapsed = leaving();
    assert!(ask(&mut lapsed, at(11 * DAY)).is_none());
    assert_eq!(lapsed.state, State::Ended);
}
