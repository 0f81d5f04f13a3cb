//! The policy's rules, one by one, and what holds for every input.

use std::time::Duration;

use chrono::{Datelike as _, Timelike as _};

use super::*;
use crate::model::{FailKind, Failure, FeedState, Outcome, Rhythm, Time, Validators};

const HOUR: Duration = Duration::from_secs(3600);
const PACE: Pace = Pace {
    floor: HOUR,
    ceiling: Duration::from_secs(24 * 3600),
    chosen: false,
    pushed: false,
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
fn a_feed_whose_news_is_pushed_is_polled_daily_whatever_its_interval_and_its_failures_as_ever() {
    let pushed = Pace {
        pushed: true,
        chosen: true,
        ..PACE
    };
    let next = |state: &FeedState, outcome| next_poll(now(), state, &answer(outcome), &pushed, 0.0);
    let healthy = next(&healthy_state(), Outcome::Same);
    assert_eq!(healthy.at, now() + chrono::Duration::hours(24));
    assert!(healthy.reason.contains("safety net"), "{}", healthy.reason);
    let failed = next(&failing(1, Some(500)), Outcome::Failed);
    assert_eq!(failed.at, now() + chrono::Duration::hours(2));
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
fn no_answer_at_all_is_taken_for_our_own_outage_first() {
    let mut silent = failing(1, None);
    silent.failure.as_mut().unwrap().kind = FailKind::Connect;
    assert_eq!(wait(&silent, &answer(Outcome::Failed)), HOUR);
    silent.failures = 6;
    assert_eq!(wait(&silent, &answer(Outcome::Failed)), HOUR);
    silent.failures = 7;
    assert_eq!(wait(&silent, &answer(Outcome::Failed)), HOUR * 24);
    let quiet = FeedState {
        rhythm: Some(Rhythm {
            median_gap: HOUR * 20,
        }),
        failures: 2,
        ..silent
    };
    assert_eq!(wait(&quiet, &answer(Outcome::Failed)), HOUR * 4);
}

#[test]
fn a_bot_check_is_not_tried_again_and_again() {
    let mut blocked = failing(1, Some(503));
    blocked.failure.as_mut().unwrap().kind = FailKind::Blocked;
    assert_eq!(wait(&blocked, &answer(Outcome::Failed)), HOUR * 4);
}

#[test]
fn being_told_to_slow_down_again_lengthens_the_wait() {
    let again = |throttled| FeedState {
        throttled,
        ..healthy_state()
    };
    let waits = [1, 2, 3, 9].map(|n| wait(&again(n), &answer(Outcome::Throttled)));
    assert_eq!(waits, [HOUR * 4, HOUR * 8, HOUR * 16, HOUR * 24]);
}

#[test]
fn lost_entries_halve_the_waits_but_not_below_the_floor() {
    let lossy = |halvings| {
        let mut state = FeedState {
            rhythm: Some(Rhythm {
                median_gap: HOUR * 16,
            }),
            ..healthy_state()
        };
        state.gaps.halvings = halvings;
        state
    };
    let waits = [0, 1, 2, 4].map(|halvings| wait(&lossy(halvings), &answer(Outcome::New)));
    assert_eq!(waits, [HOUR * 8, HOUR * 4, HOUR * 2, HOUR]);
}

/// What holds for every input.
mod always {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Gaps;

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            Just(Outcome::New),
            Just(Outcome::Same),
            Just(Outcome::Gone),
            Just(Outcome::Throttled),
            Just(Outcome::Failed),
        ]
    }

    fn kind() -> impl Strategy<Value = FailKind> {
        prop_oneof![
            Just(FailKind::Dns),
            Just(FailKind::Connect),
            Just(FailKind::Tls),
            Just(FailKind::Timeout),
            Just(FailKind::Status),
            Just(FailKind::Blocked),
            Just(FailKind::Clock),
            Just(FailKind::Parse),
            Just(FailKind::Protocol),
        ]
    }

    fn seconds(most: u64) -> impl Strategy<Value = Option<Duration>> {
        proptest::option::of((0..=most).prop_map(Duration::from_secs))
    }

    prop_compose! {
        fn state()(
            failures in prop_oneof![0..40_u32, Just(u32::MAX)],
            kind in kind(),
            status in proptest::option::of(400..600_u16),
            gap in seconds(u64::from(u32::MAX)),
            hint_minutes in proptest::option::of(any::<u32>()),
            skip_hours in proptest::collection::vec(0..24_u8, 0..24),
            skip_days in proptest::collection::vec(0..7_u8, 0..7),
            halvings in 0..=9_u8,
            throttled in any::<u32>(),
            validated in any::<bool>(),
        ) -> FeedState {
            let mut state = failing(failures, status);
            if let Some(failure) = &mut state.failure {
                failure.kind = kind;
            }
            if !validated {
                state.validators = Validators::default();
            }
            FeedState {
                rhythm: gap.map(|median_gap| Rhythm { median_gap }),
                hint_minutes,
                skip_hours,
                skip_days,
                throttled,
                gaps: Gaps { halvings, ..Gaps::default() },
                ..state
            }
        }
    }

    prop_compose! {
        fn pace()(floor in 900..90_000_u64, ceiling in 900..900_000_u64, chosen in any::<bool>()) -> Pace {
            Pace {
                floor: Duration::from_secs(floor),
                ceiling: Duration::from_secs(ceiling),
                chosen,
                pushed: false,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn no_poll_is_early_and_none_is_lost(
            outcome in outcome(),
            state in state(),
            pace in pace(),
            fresh_for in seconds(1 << 31),
            retry_after in seconds(31 * 86_400),
            jitter in 0.0..=1.0_f64,
            at in 0..4_000_000_000_i64,
        ) {
            let now = Time::from_timestamp(at, 0).unwrap();
            let answer = Answer { outcome, fresh_for, retry_after };
            let next = next_poll(now, &state, &answer, &pace, jitter);
            let wait = (next.at - now).to_std().unwrap();
            prop_assert!(wait >= pace.floor, "before the interval: {next:?}");
            prop_assert!(wait >= retry_after.unwrap_or_default(), "before Retry-After: {next:?}");
            if matches!(outcome, Outcome::New | Outcome::Same) {
                let day = HOUR * 24;
                prop_assert!(wait >= fresh_for.unwrap_or_default().min(day), "while fresh: {next:?}");
                let hint = HOUR / 60 * state.hint_minutes.unwrap_or_default();
                prop_assert!(wait >= hint.min(day), "before the document's hint: {next:?}");
                prop_assert!(
                    !state.validators.is_empty() || pace.chosen || wait >= day,
                    "the whole document again: {next:?}"
                );
            }
            // With its jitter, and moved out of a week's hours that are skipped.
            let longest = (HOUR * 24 * 31).max(pace.floor).max(pace.ceiling).mul_f64(1.1) + HOUR * 24 * 7;
            prop_assert!(wait <= longest, "never again: {next:?}");
            let skips = |moment: Time| {
                state.skip_hours.contains(&u8::try_from(moment.hour()).unwrap())
                    || state.skip_days.contains(&u8::try_from(moment.weekday().num_days_from_monday()).unwrap())
            };
            let week = (0..24 * 7).map(|hours| next.at + chrono::Duration::hours(hours));
            prop_assert!(!skips(next.at) || week.into_iter().all(skips), "in a skipped hour: {next:?}");
            prop_assert!(!next.reason.is_empty());
        }

        #[test]
        fn jitter_only_lengthens(outcome in outcome(), mut state in state(), pace in pace(), jitter in 0.0..=1.0_f64) {
            state.skip_hours.clear();
            state.skip_days.clear();
            let answer = answer(outcome);
            let plain = next_poll(now(), &state, &answer, &pace, 0.0).at;
            let jittered = next_poll(now(), &state, &answer, &pace, jitter).at;
            prop_assert!(jittered >= plain);
            let (plain, jittered) = (plain - now(), jittered - now());
            prop_assert!(jittered.num_milliseconds() * 10 <= plain.num_milliseconds() * 11 + 10);
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
        kind: crate::model::FeedKind::default(),
        paused: false,
        user_agent: None,
        timeout: None,
        max_body: None,
        access: Default::default(),
        cleanup: Default::default(),
        keep_raw: None,
        websub: true,
        origin: "/feeds.toml".into(),
    };
    let set = crate::store::FeedSet {
        specs: ["a", "b", "c"].map(spec).into(),
        origins: None,
        default_interval: HOUR,
    };
    store.sync_feeds(set, now()).await.unwrap();
    let clock: Clock = std::sync::Arc::new(now);
    let mut dispatch = Dispatch::new(store, Source::Due, clock, Limits::new(1, 1, Duration::ZERO));
    assert_eq!(dispatch.claim().await.unwrap().len(), 2);
    assert!(dispatch.claim().await.unwrap().is_empty());
    assert!(dispatch.rest() > Duration::ZERO, "the loop would spin");
    dispatch.finished("a.example");
    assert_eq!(dispatch.claim().await.unwrap().len(), 1);
}

#[test]
fn a_name_that_does_not_resolve_is_looked_up_again_within_hours_however_long_it_lasts() {
    let mut offline = failing(99, None);
    offline.failure.as_mut().unwrap().kind = FailKind::Dns;
    assert_eq!(wait(&offline, &answer(Outcome::Failed)), HOUR * 2);
}
