//! When entries may have been lost, and what follows from it.

use super::*;

fn at(hour: i64) -> Time {
    "2026-03-02T10:00:00Z".parse::<Time>().unwrap() + chrono::Duration::hours(hour)
}

fn keys(names: &[u8]) -> Vec<EntryKey> {
    names.iter().map(|name| EntryKey([*name; 16])).collect()
}

/// The state after a document with these entries, newest first.
fn after(old: &FeedState, names: &[u8], hour: i64) -> FeedState {
    let keys = keys(names);
    FeedState {
        gaps: weigh(old, &keys, &[], at(hour)),
        newest: keys.iter().take(NEWEST).map(|key| mark(*key)).collect(),
        last_ok: Some(at(hour)),
        ..FeedState::default()
    }
}

#[test]
fn a_document_without_any_of_the_newest_entries_of_the_last_one_is_a_gap() {
    let first = after(&FeedState::default(), &[3, 2, 1], 0);
    let steady = after(&first, &[5, 4, 3], 1);
    assert_eq!(steady.gaps, Gaps::default());
    let gap = after(&steady, &[9, 8, 7], 2);
    let expected = Gaps {
        count: 1,
        last: Some(at(2)),
        after: Some(at(1)),
        halvings: 1,
    };
    assert_eq!(gap.gaps, expected);
    let again = after(&gap, &[12, 11, 10], 3);
    assert_eq!((again.gaps.count, again.gaps.halvings), (2, 2));
}

#[test]
fn two_weeks_without_a_gap_make_the_waits_as_long_again() {
    let gap = after(&after(&FeedState::default(), &[1], 0), &[9], 1);
    let quiet = after(&gap, &[10, 9], 5);
    assert_eq!(quiet.gaps.halvings, 1);
    let weeks = after(&quiet, &[11, 10], 1 + 14 * 24);
    assert_eq!((weeks.gaps.count, weeks.gaps.halvings), (1, 0));
}

#[test]
fn an_old_entry_that_stays_hides_no_gap() {
    let first = after(&FeedState::default(), &[9, 8, 7, 6, 5, 1], 0);
    // Number 1 is pinned; it was none of the newest.
    assert_eq!(after(&first, &[20, 19, 18, 1], 1).gaps.count, 1);
}

#[test]
fn a_gap_after_a_long_absence_is_told_but_changes_no_interval() {
    let first = after(&FeedState::default(), &[2, 1], 0);
    let state = after(&first, &[9, 8], 7 * 24);
    assert_eq!((state.gaps.count, state.gaps.halvings), (1, 0));
}
