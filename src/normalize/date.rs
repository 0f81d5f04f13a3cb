//! Which of an entry's dates can be believed. A date is never invented.

use std::{collections::BTreeSet, time::Duration};

use chrono::Datelike;

use super::log::Log;
use crate::model::{DateSource, RawEntry, Time};

/// News on the web hardly predates it; earlier years are defaults such as 1970 or misread digits.
const FIRST_YEAR: i32 = 1990;
/// Later dates are mistakes, nearer ones are announcements.
const MAX_AHEAD: chrono::Duration = chrono::Duration::days(366);
/// How many entries tell the rhythm: enough for a median, few enough to follow a change.
const RHYTHM_ENTRIES: usize = 20;

/// The dates of an entry that can be believed.
pub(super) struct Dates {
    /// Publication, else last edit.
    pub(super) published: Option<Time>,
    /// Which of the two.
    pub(super) from: DateSource,
    /// Last edit.
    pub(super) updated: Option<Time>,
}

/// Reads an entry's dates; what cannot be believed is noted.
pub(super) fn dates(entry: &RawEntry, now: Time, log: &mut Log<'_>) -> Dates {
    let mut believe = |date: Option<Time>, field, which: &str| {
        let date = date?;
        if date.year() >= FIRST_YEAR && date <= now + MAX_AHEAD {
            return Some(date);
        }
        log.problem(
            field,
            format!(
                "the {which} date {} cannot be right",
                date.format("%Y-%m-%d")
            ),
        );
        None
    };
    let published = believe(entry.published, "published_at", "publication");
    let updated = believe(entry.updated, "updated_at", "update");
    let from = match (published, updated) {
        (Some(_), _) => DateSource::Feed,
        (None, Some(_)) => DateSource::FeedUpdated,
        (None, None) => DateSource::None,
    };
    if from == DateSource::FeedUpdated {
        log.from("published_at", "updated");
        log.step("published_at", || {
            "the last edit stands in for the publication".to_owned()
        });
    }
    Dates {
        published: published.or(updated),
        from,
        updated,
    }
}

/// The median gap between the newest entries' distinct dates; `None` for fewer than two.
pub(super) fn median_gap(dates: impl Iterator<Item = Time>) -> Option<Duration> {
    let distinct: BTreeSet<Time> = dates.collect();
    let newest: Vec<Time> = distinct.into_iter().rev().take(RHYTHM_ENTRIES).collect();
    let mut gaps: Vec<chrono::Duration> = newest
        .windows(2)
        .map(|pair| pair[0].signed_duration_since(pair[1]))
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2)?.to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn read(published: Option<&str>, updated: Option<&str>) -> (Dates, Vec<String>) {
        let entry = RawEntry {
            published: published.map(time),
            updated: updated.map(time),
            ..RawEntry::default()
        };
        let mut notes = Vec::new();
        let mut note = |note| notes.push(note);
        let dates = dates(
            &entry,
            time("2020-01-01T00:00:00Z"),
            &mut Log::new(&mut note),
        );
        (dates, notes)
    }

    #[test]
    fn a_date_that_cannot_be_right_is_no_date() {
        for wrong in [
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2021-06-01T00:00:00Z",
        ] {
            let (dates, notes) = read(Some(wrong), None);
            assert_eq!((dates.published, dates.from), (None, DateSource::None));
            assert!(notes[0].contains(&wrong[..10]), "{notes:?}");
        }
    }

    #[test]
    fn without_a_publication_date_the_update_stands_in_and_says_so() {
        let (dates, notes) = read(Some("1970-01-01T00:00:00Z"), Some("2019-05-01T00:00:00Z"));
        assert_eq!(dates.published, Some(time("2019-05-01T00:00:00Z")));
        assert_eq!((dates.from, notes.len()), (DateSource::FeedUpdated, 1));
    }

    #[test]
    fn the_rhythm_is_the_median_of_distinct_dates() {
        let days = |days: &[u32]| {
            let times: Vec<Time> = days
                .iter()
                .map(|day| time(&format!("2019-01-{day:02}T00:00:00Z")))
                .collect();
            median_gap(times.into_iter()).map(|gap| gap.as_secs() / 86_400)
        };
        assert_eq!(days(&[]), None);
        assert_eq!(days(&[3, 3]), None);
        assert_eq!(days(&[1, 2, 2, 3, 30]), Some(1));
    }
}
