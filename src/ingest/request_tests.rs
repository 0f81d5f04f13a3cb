//! Which validators are sent, and when they are doubted.

use super::*;
use crate::model::Rhythm;

const HOUR: i64 = 1;
const DAY_H: i64 = 24;

fn at(hour: i64) -> Time {
    "2026-03-02T10:00:00Z".parse::<Time>().unwrap() + chrono::Duration::hours(hour)
}

fn stored(etag: Option<&str>, date: Option<&str>) -> Validators {
    let bytes = |text: &str| text.as_bytes().to_vec();
    Validators {
        etag: etag.map(bytes),
        last_modified: date.map(bytes),
        url: "https://example.org/feed".to_owned(),
    }
}

fn state() -> FeedState {
    FeedState {
        validators: stored(Some("\"1-gzip\""), Some("Mon, 02 Mar 2026 10:00:00 GMT")),
        ..FeedState::default()
    }
}

fn same(confirmed: bool) -> Seen {
    Seen::Same {
        validators: state().validators,
        moved: None,
        confirmed,
    }
}

fn document() -> Seen {
    Seen::Document {
        validators: state().validators,
        moved: None,
        hash: "other".to_owned(),
        delta: false,
        digest: Box::default(),
    }
}

/// Asks as the state says, is answered by `seen`, and says what was asked.
fn poll(state: &mut FeedState, seen: &Seen, hour: i64) -> Asked {
    let (sent, probe) = validators(state, at(hour));
    let asked = Asked {
        url: String::new(),
        probe,
        etag: sent.etag.is_some(),
    };
    let old = state.clone();
    weigh(state, &old, seen, &asked, at(hour));
    asked
}

#[test]
fn validators_are_sent_as_they_are_stored() {
    assert_eq!(validators(&state(), at(0)), (state().validators, false));
}

#[test]
fn an_etag_that_never_matches_is_left_out_after_three_unchanged_documents() {
    let mut state = state();
    for hour in 0..3 {
        assert!(poll(&mut state, &same(false), hour).etag);
    }
    assert!(state.etag_useless);
    assert!(!poll(&mut state, &same(true), 3).etag);
    let (sent, probe) = validators(&state, at(4));
    assert_eq!((sent.etag, probe), (None, false));
    assert_eq!(sent.last_modified, state.validators.last_modified);
}

#[test]
fn a_match_in_between_or_a_missing_date_keeps_the_etag() {
    let mut matched = state();
    for seen in [
        same(false),
        same(false),
        same(true),
        same(false),
        same(false),
    ] {
        poll(&mut matched, &seen, 0);
    }
    assert!(!matched.etag_useless);
    let mut undated = FeedState {
        validators: stored(Some("\"1-gzip\""), None),
        ..FeedState::default()
    };
    for hour in 0..9 {
        poll(&mut undated, &same(false), hour);
    }
    assert!(!undated.etag_useless);
    assert!(validators(&undated, at(10)).0.etag.is_some());
}

#[test]
fn a_long_row_of_304s_is_doubted_once_and_then_half_as_often() {
    let mut state = state();
    let mut probes = Vec::new();
    for hour in (0..60 * DAY_H).step_by(6) {
        let (_, probe) = validators(&state, at(hour));
        // The server told the truth each time.
        let seen = same(!probe);
        if poll(&mut state, &seen, hour).probe {
            probes.push(hour / DAY_H);
        }
    }
    assert_eq!(probes, [8, 24, 56]);
    assert!(!state.staleness.lying);
}

#[test]
fn a_quiet_feed_is_doubted_late() {
    let mut state = FeedState {
        rhythm: Some(Rhythm {
            median_gap: DAY * 3,
        }),
        ..state()
    };
    poll(&mut state, &same(true), 0);
    assert!(!validators(&state, at(18 * DAY_H - 1)).1);
    assert!(validators(&state, at(18 * DAY_H)).1);
}

#[test]
fn a_server_caught_lying_is_asked_for_the_document_daily_until_it_answers_by_itself() {
    let mut state = state();
    poll(&mut state, &same(true), 0);
    assert!(poll(&mut state, &document(), 8 * DAY_H).probe);
    assert!(state.staleness.lying);
    let start = 8 * DAY_H;
    assert!(!poll(&mut state, &same(true), start + HOUR).probe);
    assert!(!poll(&mut state, &same(true), start + 23).probe);
    assert!(poll(&mut state, &document(), start + 24).probe);
    assert!(state.staleness.lying);
    let mut honest = state.clone();
    assert!(!poll(&mut state, &document(), start + 25).probe);
    assert!(!state.staleness.lying, "a conditional request brought news");
    assert!(poll(&mut honest, &same(false), start + 48).probe);
    assert!(!honest.staleness.lying, "the document was the known one");
}

#[test]
fn news_that_came_just_before_the_question_is_no_lie() {
    let mut state = state();
    poll(&mut state, &same(true), 0);
    let mut news = document();
    if let Seen::Document { validators, .. } = &mut news {
        *validators = stored(Some("\"2\""), Some("Tue, 10 Mar 2026 10:00:00 GMT"));
    }
    assert!(poll(&mut state, &news, 8 * DAY_H).probe);
    assert!(!state.staleness.lying);
}

#[test]
fn a_probe_without_an_answer_is_not_repeated_at_once() {
    let mut state = state();
    poll(&mut state, &same(true), 0);
    assert!(poll(&mut state, &Seen::Gone, 8 * DAY_H).probe);
    assert!(!poll(&mut state, &same(true), 8 * DAY_H + 1).probe);
}
