//! The policy's rules, one by one, and what holds for every input.

use std::time::Duration;

use super::*;
use crate::model::{FailKind, Failure, FeedState, Outcome, Rhythm, Time, Validators};

const HOUR: Duration = Duration::from_secs(3600);
const PACE: Pace = Pace {
    floor: HOUR,
    ceiling: Duration::from_secs(24 * 3600),
    chosen: false,
};

fn now() -> Time {
    "2026-03-02T10:30:00Z".parse().unwrap()
}

fn answer(outcome: Outcome) -> Answer {
    Answer {
        outcome,
        fresh_for: None,
        retry_after: None,
    }
}

fn healthy_state() -> FeedState {
    FeedState {
        validators: Validators {
            etag: Some(b"x".to_vec()),
            ..Validators::default()
        },
        ..FeedState::default()
    }
}

fn wait(state: &FeedState, answer: &Answer) -> Duration {
    (next_poll(now(), state, answer, &PACE, 0.0).at - now())
        .to_std()
        .unwrap()
}

fn failing(failures: u32, status: Option<u16>) -> FeedState {
    let failure = Failure {
        kind: FailKind::Status,
        status,
        message: String::new(),
    };
    FeedState {
        failures,
        failure: Some(failure),
        ..healthy_state()
    }
}

#[test]
fn a_healthy_feed_is_asked_at_its_interval() {
    assert_eq!(wait(&healthy_state(), &answer(Outcome::Same)), HOUR);
}

#[test]
fn a_quiet_feed_is_asked_at_half_its_gap_but_daily() {
    let quiet = |hours: u32| FeedState {
        rhythm: Some(Rhythm {
            median_gap: HOUR * hours,
        }),
        ..healthy_state()
    };
    assert_eq!(wait(&quiet(10), &answer(Outcome::New)), HOUR * 5);
    assert_eq!(wait(&quiet(1000), &answer(Outcome::New)), HOUR * 24);
}

#[test]
fn the_longest_of_all_hints_counts_capped_at_a_day() {
    let state = FeedState {
        hint_minutes: Some(180),
        ..healthy_state()
    };
    assert_eq!(wait(&state, &answer(Outcome::New)), HOUR * 3);
    let fresh = Answer {
        fresh_for: Some(HOUR * 5),
        ..answer(Outcome::Same)
    };
    assert_eq!(wait(&state, &fresh), HOUR * 5);
    let for_ever = Answer {
        fresh_for: Some(HOUR * 9999),
        ..answer(Outcome::Same)
    };
    assert_eq!(wait(&state, &for_ever), HOUR * 24);
}

#[test]
fn a_server_without_validators_is_asked_daily_unless_the_operator_chose() {
    assert_eq!(
        wait(&FeedState::default(), &answer(Outcome::New)),
        HOUR * 24
    );
    let chosen = Pace {
        chosen: true,
        ..PACE
    };
    let next = next_poll(
        now(),
        &FeedState::default(),
        &answer(Outcome::New),
        &chosen,
        0.0,
    );
    assert_eq!((next.at - now()).to_std().unwrap(), HOUR);
}

#[test]
fn failures_double_the_wait_up_to_a_day_and_then_a_week() {
    assert_eq!(
        wait(&failing(1, Some(500)), &answer(Outcome::Failed)),
        HOUR * 2
    );
    assert_eq!(
        wait(&failing(3, Some(500)), &answer(Outcome::Failed)),
        HOUR * 8
    );
    assert_eq!(
        wait(&failing(9, Some(500)), &answer(Outcome::Failed)),
        HOUR * 24
    );
    assert_eq!(
        wait(&failing(9, Some(404)), &answer(Outcome::Failed)),
        HOUR * 64
    );
    assert_eq!(
        wait(&failing(30, Some(500)), &answer(Outcome::Failed)),
        HOUR * 24 * 7
    );
}

#[test]
fn refusals_and_unreadable_documents_are_left_alone_for_hours() {
    assert_eq!(
        wait(&failing(1, Some(403)), &answer(Outcome::Failed)),
        HOUR * 4
    );
    let mut unreadable = failing(1, None);
    unreadable.failure.as_mut().unwrap().kind = FailKind::Parse;
    assert_eq!(wait(&unreadable, &answer(Outcome::Failed)), HOUR * 6);
}

#[test]
fn retry_after_is_never_shortened_and_429_without_it_waits_four_hours() {
    let throttled = Answer {
        retry_after: Some(HOUR * 24 * 20),
        ..answer(Outcome::Throttled)
    };
    assert_eq!(wait(&healthy_state(), &throttled), HOUR * 24 * 20);
    assert_eq!(
        wait(&healthy_state(), &answer(Outcome::Throttled)),
        HOUR * 4
    );
}

#[test]
fn skipped_hours_and_days_are_kept_free() {
    let state = FeedState {
        skip_hours: vec![11, 12],
        ..healthy_state()
    };
    let next = next_poll(now(), &state, &answer(Outcome::Same), &PACE, 0.0);
    assert_eq!(next.at, "2026-03-02T13:00:00Z".parse::<Time>().unwrap());
    let monday = FeedState {
        skip_days: vec![0],
        ..healthy_state()
    };
    let next = next_poll(now(), &monday, &answer(Outcome::Same), &PACE, 0.0);
    assert_eq!(next.at, "2026-03-03T00:00:00Z".parse::<Time>().unwrap());
}

#[test]
fn no_combination_of_inputs_polls_before_the_floor_or_before_retry_after() {
    let outcomes = [
        Outcome::New,
        Outcome::Same,
        Outcome::Gone,
        Outcome::Throttled,
        Outcome::Failed,
    ];
    let waits = [
        None,
        Some(Duration::ZERO),
        Some(HOUR / 2),
        Some(HOUR * 50),
        Some(Duration::MAX / 4),
    ];
    for outcome in outcomes {
        for fresh_for in waits {
            for retry_after in waits.map(|wait| wait.map(|wait| wait.min(HOUR * 24 * 31))) {
                for failures in [0, 1, 7, 31, u32::MAX] {
                    for jitter in [0.0, 0.5, 1.0, f64::INFINITY] {
                        let state = FeedState {
                            skip_hours: vec![3, 4],
                            ..failing(failures, Some(404))
                        };
                        let answer = Answer {
                            outcome,
                            fresh_for,
                            retry_after,
                        };
                        let next = next_poll(now(), &state, &answer, &PACE, jitter).at;
                        assert!(next >= now() + chrono::Duration::hours(1));
                        assert!(
                            next >= now()
                                + chrono::Duration::from_std(retry_after.unwrap_or_default())
                                    .unwrap()
                        );
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_full_window_rests_until_a_poll_ends_however_much_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::store::Store::open(&folder.path().join("t.db")).unwrap();
    let spec = |name: &str| crate::model::FeedSpec {
        id: name.parse().unwrap(),
        url: format!("https://{name}.example/"),
        name: None,
        interval: None,
        tags: Vec::new(),
        headers: Vec::new(),
        paused: false,
        user_agent: None,
        timeout: None,
        max_body: None,
        cleanup: crate::model::Cleanup::default(),
        origin: "/feeds.toml".to_owned(),
    };
    let set = crate::store::FeedSet {
        specs: ["a", "b", "c"].map(spec).to_vec(),
        origins: None,
        default_interval: HOUR,
    };
    store.sync_feeds(set, now()).await.unwrap();
    let clock: Clock = std::sync::Arc::new(now);
    let mut dispatch = Dispatch::new(store, Source::Due, clock, Limits::new(1, 1));
    assert_eq!(dispatch.claim().await.unwrap().len(), 2);
    assert!(dispatch.claim().await.unwrap().is_empty());
    assert!(dispatch.rest() > Duration::ZERO, "the loop would spin");
    dispatch.finished("a.example", None);
    assert_eq!(dispatch.claim().await.unwrap().len(), 1);
}

#[test]
fn a_name_that_does_not_resolve_is_looked_up_again_within_hours_however_long_it_lasts() {
    let mut offline = failing(99, None);
    offline.failure.as_mut().unwrap().kind = FailKind::Dns;
    assert_eq!(wait(&offline, &answer(Outcome::Failed)), HOUR * 2);
}
