//! When a redirect is believed, and what is remembered of it.

use super::*;

const OLD: &str = "https://example.org/feed";
const NEW: &str = "https://www.example.org/feed";
const ELSEWHERE: &str = "https://example.net/feed";

fn at(hour: i64) -> Time {
    "2026-03-02T10:00:00Z".parse::<Time>().unwrap() + chrono::Duration::hours(hour)
}

/// The state after answers from `answered` at these hours.
fn story(answered: &str, moved: Permanence, shares_entries: bool, hours: &[i64]) -> FeedState {
    hours.iter().fold(FeedState::default(), |old, hour| {
        let mut state = old.clone();
        let arrival = Arrival {
            asked: old.learnt_url.as_deref().unwrap_or(OLD),
            answered,
            moved: old.learnt_url.is_none().then_some(moved),
            shares_entries,
        };
        arrived(&mut state, &old, &arrival, at(*hour));
        state
    })
}

#[test]
fn a_permanent_redirect_is_learnt_after_three_polls_over_two_days() {
    use Permanence::{Permanent, Temporary};
    let learnt = |moved, hours: &[i64]| story(NEW, moved, false, hours).learnt_url;
    assert_eq!(learnt(Permanent, &[0, 24, 47]), None, "too soon");
    assert_eq!(learnt(Permanent, &[0, 48]), None, "too few");
    assert_eq!(learnt(Permanent, &[0, 24, 48]).as_deref(), Some(NEW));
    assert_eq!(learnt(Temporary, &[0, 24, 48, 999]), None);
}

#[test]
fn another_site_needs_a_week_and_entries_that_the_feed_had() {
    let learnt =
        |shares, hours: &[i64]| story(ELSEWHERE, Permanence::Permanent, shares, hours).learnt_url;
    assert_eq!(learnt(true, &[0, 24, 48]), None);
    assert_eq!(learnt(true, &[0, 24, 7 * 24]).as_deref(), Some(ELSEWHERE));
    assert_eq!(learnt(false, &[0, 24, 7 * 24, 70 * 24]), None);
}

#[test]
fn what_was_learnt_to_be_asked_under_tls_is_not_unlearnt() {
    let clear = Redirect {
        url: "http://example.org/feed".to_owned(),
        permanence: Permanence::Permanent,
        since: at(0),
        polls: 99,
        shares_entries: true,
    };
    assert!(!is_moved(&clear, OLD, at(9999)));
    assert!(is_moved(&clear, "http://example.org/old", at(9999)));
}

#[test]
fn sites_are_told_apart_by_the_public_suffix_list() {
    assert!(same_site(
        "https://a.example.co.uk/x",
        "https://b.example.co.uk/y"
    ));
    assert!(!same_site("https://a.co.uk/", "https://b.co.uk/"));
    assert!(!same_site(
        "https://ada.github.io/",
        "https://bob.github.io/"
    ));
    assert!(same_site("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
    assert!(!same_site("http://127.0.0.1/", "http://127.0.0.2/"));
    assert!(same_site("http://localhost/", "http://localhost/feed"));
}

#[test]
fn every_step_is_in_the_history_once() {
    let state = story(NEW, Permanence::Permanent, false, &[0, 24, 48, 72]);
    let steps: Vec<_> = state.moves.iter().map(|step| step.what.as_str()).collect();
    assert_eq!(
        steps,
        [
            "is redirected permanently",
            "moved: 3 polls since 2026-03-02 were redirected there permanently"
        ]
    );
    assert_eq!(
        (state.moves[1].from.as_str(), state.moves[1].to.as_str()),
        (OLD, NEW)
    );
}

#[test]
fn a_token_in_the_query_is_no_move() {
    let mut state = FeedState::default();
    for hour in 0..20 {
        let old = state.clone();
        let answered = format!("https://cdn.example/feed?token={hour}");
        let arrival = Arrival {
            asked: OLD,
            answered: &answered,
            moved: Some(Permanence::Temporary),
            shares_entries: true,
        };
        arrived(&mut state, &old, &arrival, at(hour));
    }
    assert_eq!(state.moves.len(), 1);
}

#[test]
fn a_learnt_address_that_ends_gives_way_to_the_feed_files() {
    let mut state = story(NEW, Permanence::Permanent, false, &[0, 24, 48]);
    state.failures = 1;
    failed(&mut state, OLD, false, at(60));
    assert!(state.learnt_url.is_some(), "one failure is none");
    failed(&mut state, OLD, true, at(61));
    assert_eq!((state.learnt_url.as_deref(), state.failures), (None, 0));
    let step = state.moves.last().unwrap();
    assert_eq!((step.from.as_str(), step.to.as_str()), (NEW, OLD));
}

#[test]
fn a_long_history_keeps_its_end() {
    let mut state = FeedState::default();
    for hour in 0..40 {
        let old = state.clone();
        let answered = format!("https://example.org/{hour}");
        let arrival = Arrival {
            asked: OLD,
            answered: &answered,
            moved: Some(Permanence::Temporary),
            shares_entries: true,
        };
        arrived(&mut state, &old, &arrival, at(hour));
    }
    assert_eq!(state.moves.len(), REMEMBERED);
    assert_eq!(state.moves.last().unwrap().to, "https://example.org/39");
}
