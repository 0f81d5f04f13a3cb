//! What each kind of answer does to a feed's state.

use super::*;
use crate::model::{FeedKind, Redirect, Staleness};

const URL: &str = "https://example.org/feed";
const HOUR: Duration = Duration::from_secs(3600);

fn at(minute: i64) -> Time {
    "2026-03-02T10:00:00Z".parse::<Time>().unwrap() + chrono::Duration::minutes(minute)
}

fn validators(url: &str, etag: &str) -> Validators {
    Validators {
        etag: Some(etag.as_bytes().to_vec()),
        last_modified: None,
        url: url.to_owned(),
    }
}

fn document(url: &str, moved: Option<Permanence>, digest: Digest) -> Seen {
    Seen::Document {
        validators: validators(url, "new"),
        moved,
        hash: "hash".to_owned(),
        delta: false,
        digest: Box::new(digest),
    }
}

fn same(url: &str, moved: Option<Permanence>) -> Seen {
    Seen::Same {
        validators: validators(url, "same"),
        moved,
        confirmed: true,
    }
}

fn key(n: u8) -> EntryKey {
    EntryKey([n; 16])
}

/// A document with these entries, newest first.
fn entries(keys: &[u8]) -> Seen {
    let keys: Vec<EntryKey> = keys.iter().map(|n| key(*n)).collect();
    let digest = Digest {
        newest: keys.iter().take(5).map(|key| gaps::mark(*key)).collect(),
        keys,
        ..Digest::default()
    };
    document(URL, None, digest)
}

fn failed() -> Seen {
    Seen::Failed(Failure {
        kind: FailKind::Timeout,
        status: None,
        message: "too slow".to_owned(),
    })
}

fn throttled(status: u16) -> Seen {
    Seen::Throttled {
        status,
        resume: None,
    }
}

fn spec() -> FeedSpec {
    FeedSpec {
        id: "example".parse().unwrap(),
        url: URL.to_owned(),
        kind: FeedKind::default(),
        name: None,
        interval: None,
        tags: Vec::new(),
        headers: Vec::new(),
        paused: false,
        user_agent: None,
        timeout: None,
        max_body: None,
        keep_raw: None,
        websub: true,
        access: Default::default(),
        cleanup: Default::default(),
        origin: "".into(),
    }
}

fn after(state: &FeedState, seen: &Seen, minute: i64) -> FeedState {
    asked_to_wait(state, seen, None, minute)
}

fn asked_to_wait(
    state: &FeedState,
    seen: &Seen,
    retry_after: Option<Duration>,
    minute: i64,
) -> FeedState {
    let hints = CacheHints {
        retry_after,
        ..CacheHints::default()
    };
    let poll = Poll {
        spec: &spec(),
        asked: &Asked {
            url: state.learnt_url.clone().unwrap_or(URL.to_owned()),
            ..Asked::default()
        },
        seen,
        hints,
        answered: at(minute),
    };
    advance(state, &poll)
}

/// The state after these answers at these minutes.
fn story(answers: &[(i64, Seen)]) -> FeedState {
    let fresh = FeedState::default();
    answers
        .iter()
        .fold(fresh, |state, (minute, seen)| after(&state, seen, *minute))
}

#[test]
fn a_document_is_remembered() {
    let digest = Digest {
        marks: Vec::new(),
        title: Some("Title".to_owned()),
        site_url: Some("https://example.org/".to_owned()),
        format: "Atom 1.0".to_owned(),
        facts: FeedFacts {
            generator: Some("Press 7".to_owned()),
            ..FeedFacts::default()
        },
        hint_minutes: Some(90),
        skip_hours: vec![3],
        skip_days: vec![6],
        repairs: vec!["mended".to_owned()],
        cleanup: "keep toc\n".to_owned(),
        median_gap: Some(HOUR),
        keys: vec![key(1)],
        newest: vec![gaps::mark(key(1))],
    };
    let state = after(
        &FeedState::default(),
        &document(URL, None, digest.clone()),
        1,
    );
    let expected = FeedState {
        title: digest.title,
        site_url: digest.site_url,
        format: Some(digest.format),
        facts: digest.facts,
        validators: validators(URL, "new"),
        body_hash: Some("hash".to_owned()),
        last_poll: Some(at(1)),
        last_ok: Some(at(1)),
        hint_minutes: digest.hint_minutes,
        skip_hours: digest.skip_hours,
        skip_days: digest.skip_days,
        repairs: digest.repairs,
        cleanup: digest.cleanup,
        kind: Some(FeedKind::Feed),
        rhythm: Some(Rhythm { median_gap: HOUR }),
        newest: digest.newest,
        ..FeedState::default()
    };
    assert_eq!(state, expected);
    // What the next document no longer says is forgotten.
    let state = after(&state, &document(URL, None, Digest::default()), 2);
    assert_eq!(
        (state.hint_minutes, state.rhythm, state.title),
        (None, None, None)
    );
    assert!(state.skip_hours.is_empty() && state.repairs.is_empty());
}

#[test]
fn the_same_document_keeps_what_it_said_and_takes_the_new_validators() {
    let first = after(
        &FeedState::default(),
        &document(URL, None, Digest::default()),
        1,
    );
    let state = after(&first, &same(URL, None), 2);
    let expected = FeedState {
        validators: validators(URL, "same"),
        last_poll: Some(at(2)),
        last_ok: Some(at(2)),
        staleness: Staleness {
            since: Some(at(2)),
            ..Staleness::default()
        },
        ..first
    };
    assert_eq!(state, expected);
}

#[test]
fn failures_are_counted_in_a_row_and_keep_what_is_known() {
    let good = after(
        &FeedState::default(),
        &document(URL, None, Digest::default()),
        0,
    );
    let once = after(&good, &failed(), 1);
    let twice = after(&once, &failed(), 2);
    assert_eq!((once.failures, twice.failures), (1, 2));
    assert_eq!(
        twice
            .failure
            .as_ref()
            .map(|failure| failure.message.as_str()),
        Some("too slow")
    );
    assert_eq!((twice.last_poll, twice.last_ok), (Some(at(2)), Some(at(0))));
    assert_eq!(
        (twice.validators, twice.body_hash),
        (good.validators, good.body_hash)
    );
}

#[test]
fn a_success_of_either_kind_resets_every_failure() {
    for good in [document(URL, None, Digest::default()), same(URL, None)] {
        let state = story(&[
            (0, failed()),
            (1, Seen::Gone),
            (2, failed()),
            (3, Seen::Gone),
            (4, good),
        ]);
        assert_eq!((state.failures, state.failure), (0, None));
        assert_eq!(
            (state.gone_since, state.gone_polls, state.gone),
            (None, 0, false)
        );
        assert_eq!(state.last_ok, Some(at(4)));
    }
}

#[test]
fn a_410_ends_a_feed_only_when_it_is_repeated_after_a_day() {
    let day = 24 * 60;
    let first = story(&[(0, Seen::Gone)]);
    assert_eq!(
        (first.gone, first.gone_since, first.gone_polls),
        (false, Some(at(0)), 1)
    );
    assert_eq!(
        first.failure.as_ref().and_then(|failure| failure.status),
        Some(410)
    );
    let within_a_day = story(&[(0, Seen::Gone), (60, Seen::Gone), (day - 1, Seen::Gone)]);
    assert_eq!((within_a_day.gone, within_a_day.failures), (false, 3));
    assert!(story(&[(0, Seen::Gone), (day, Seen::Gone)]).gone);
}

#[test]
fn a_single_410_after_a_long_silence_ends_nothing() {
    let state = story(&[
        (0, document(URL, None, Digest::default())),
        (99_999, Seen::Gone),
    ]);
    assert!(!state.gone);
}

#[test]
fn any_other_answer_ends_a_row_of_410s_and_throttling_does_not() {
    let day = 24 * 60;
    for other in [
        failed(),
        same(URL, None),
        document(URL, None, Digest::default()),
    ] {
        assert!(!story(&[(0, Seen::Gone), (60, other), (2 * day, Seen::Gone)]).gone);
    }
    assert!(story(&[(0, Seen::Gone), (60, throttled(429)), (2 * day, Seen::Gone)]).gone);
}

#[test]
fn being_throttled_is_no_failure_and_mends_none() {
    let state = story(&[(0, same(URL, None)), (1, throttled(429))]);
    assert_eq!((state.failures, state.failure.as_ref()), (0, None));
    assert_eq!((state.last_poll, state.last_ok), (Some(at(1)), Some(at(0))));
    let failing = story(&[(0, failed()), (1, throttled(503))]);
    assert_eq!(failing.failures, 1);
    assert!(failing.failure.is_some());
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept_until_the_next_answer() {
    let fresh = FeedState::default();
    for seen in [throttled(429), failed()] {
        let state = asked_to_wait(&fresh, &seen, Some(HOUR), 0);
        assert_eq!(state.retry_after, Some(at(60)));
        assert_eq!(after(&state, &seen, 61).retry_after, None);
    }
    let state = asked_to_wait(&fresh, &same(URL, None), Some(HOUR), 0);
    assert_eq!(
        state.retry_after, None,
        "a document came: nothing to wait for"
    );
    let now = asked_to_wait(&fresh, &throttled(429), Some(Duration::ZERO), 0);
    assert_eq!(now.retry_after, None);
    let endless = asked_to_wait(&fresh, &throttled(429), Some(Duration::MAX), 0);
    assert_eq!(endless.retry_after, Some(Time::MAX_UTC));
}

#[test]
fn the_same_redirect_poll_after_poll_is_counted_from_its_first_sight() {
    let target = "https://example.org/new";
    let moved = Some(Permanence::Permanent);
    let state = story(&[
        (0, document(target, moved, Digest::default())),
        (5, same(target, moved)),
        (9, same(target, moved)),
    ]);
    let expected = Redirect {
        url: target.to_owned(),
        permanence: Permanence::Permanent,
        since: at(0),
        polls: 3,
        shares_entries: true,
    };
    assert_eq!(state.redirect, Some(expected));
}

#[test]
fn another_target_or_another_permanence_starts_the_count_anew() {
    let moved = Some(Permanence::Permanent);
    let first = || (0, same("https://example.org/a", moved));
    let elsewhere = story(&[first(), (5, same("https://example.org/b", moved))]);
    let temporary = story(&[
        first(),
        (
            5,
            same("https://example.org/a", Some(Permanence::Temporary)),
        ),
    ]);
    for state in [elsewhere, temporary] {
        let redirect = state.redirect.unwrap();
        assert_eq!((redirect.polls, redirect.since), (1, at(5)));
    }
}

#[test]
fn an_answer_from_the_feeds_own_url_ends_the_evidence() {
    let moved = Some(Permanence::Permanent);
    let before = (0, same("https://example.org/a", moved));
    assert_eq!(story(&[before, (5, same(URL, None))]).redirect, None);
    let around_and_back = (0, same(URL, moved));
    assert_eq!(story(&[around_and_back]).redirect, None);
}

#[test]
fn a_failure_between_redirects_keeps_the_evidence() {
    let moved = Some(Permanence::Permanent);
    let target = "https://example.org/a";
    let state = story(&[
        (0, same(target, moved)),
        (1, failed()),
        (2, same(target, moved)),
    ]);
    assert_eq!(state.redirect.map(|redirect| redirect.polls), Some(2));
}

#[test]
fn the_history_says_what_went_wrong_and_nothing_of_a_success() {
    assert_eq!(error(&same(URL, None)), None);
    assert_eq!(error(&failed()).as_deref(), Some("too slow"));
    assert!(error(&Seen::Gone).unwrap().contains("410"));
    assert!(error(&throttled(503)).unwrap().contains("503"));
}

#[test]
fn a_first_an_empty_and_a_partial_document_are_no_gaps() {
    let first = story(&[(0, entries(&[2, 1]))]);
    assert_eq!(first.gaps.count, 0);
    let emptied = after(&first, &entries(&[]), 60);
    assert_eq!(emptied.gaps.count, 0);
    assert_eq!(
        after(&emptied, &entries(&[9]), 120).gaps.count,
        1,
        "what was there is remembered"
    );
    let mut delta = entries(&[9]);
    if let Seen::Document { delta, .. } = &mut delta {
        *delta = true;
    }
    let partial = after(&first, &delta, 60);
    assert_eq!(partial.gaps.count, 0);
    assert_eq!(
        partial.body_hash, first.body_hash,
        "no hash of the whole document"
    );
    let marks = [9, 2, 1].map(|n| gaps::mark(key(n)));
    assert_eq!(partial.newest, marks);
}

#[test]
fn what_a_redirect_made_wait_is_remembered_for_one_poll() {
    let resume = Resume {
        url: "https://example.org/new".to_owned(),
        permanence: Permanence::Permanent,
    };
    let seen = Seen::Throttled {
        status: 301,
        resume: Some(resume.clone()),
    };
    let state = asked_to_wait(&FeedState::default(), &seen, Some(HOUR), 0);
    assert_eq!(
        (&state.resume, state.retry_after),
        (&Some(resume), Some(at(60)))
    );
    assert_eq!(after(&state, &failed(), 60).resume, None);
}

#[test]
fn a_wrong_clock_of_ours_is_not_counted_against_the_feed() {
    let failure = Failure {
        kind: FailKind::Tls,
        status: None,
        message: "expired".to_owned(),
    };
    assert_eq!(with_clock(failure.clone(), at(0)).kind, FailKind::Tls);
    let clock = with_clock(failure, Time::UNIX_EPOCH);
    assert!(clock.message.contains("1970-01-01"), "{}", clock.message);
    let state = after(&FeedState::default(), &Seen::Failed(clock), 0);
    assert_eq!(state.failures, 0);
    assert!(state.failure.is_some());
}
