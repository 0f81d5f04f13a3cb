//! What each kind of page and answer means for going on.

use super::*;
use crate::{
    ingest::backfill::older::tests::{FEED, before, begun, feed, links, now, page},
    model::{FailKind, Failure, FeedFacts},
};

fn judge(
    read: &PageRecord,
    unseen: usize,
    this_run: &[PageRecord],
    patient: bool,
) -> (Cursor, Option<Stop>) {
    let mut feed = feed(FeedFacts::default());
    feed.state.validators.url = format!("{FEED}/");
    let judged = Judged {
        feed: &feed,
        pages: this_run,
        this_run,
        patient,
    };
    after(&before(read), read, unseen, judged)
}

#[track_caller]
fn assert_finished((cursor, stop): (Cursor, Option<Stop>), why: &str) {
    let Some(Stop::Finished(told)) = stop else {
        panic!("{stop:?}");
    };
    assert!(told.contains(why), "{told}");
    assert_eq!((cursor.next, cursor.finished), (None, Some(told)));
}

#[test]
fn a_page_with_something_new_leads_to_the_next_one() {
    let read = page(PageSource::Next, 2, Some("https://example.org/3"));
    let (cursor, stop) = judge(&read, 4, &[], false);
    assert_eq!(stop, None);
    assert_eq!((cursor.number, cursor.next), (3, read.next));
    assert_eq!((cursor.pages, cursor.known, cursor.finished), (1, 6, None));
}

#[test]
fn a_page_without_anything_new_ends_the_run_and_the_next_one_begins_behind_it() {
    let read = page(PageSource::Next, 2, Some("https://example.org/3"));
    let (cursor, stop) = judge(&read, 0, &[], false);
    assert!(matches!(stop, Some(Stop::Known(why)) if why.contains("page 2 has nothing new")));
    assert_eq!((cursor.number, cursor.finished), (3, None));
    let (cursor, stop) = judge(&read, 0, &[], true);
    assert_eq!((cursor.number, stop), (3, None));
}

#[test]
fn the_end_is_a_page_that_names_no_older_one_repeats_leads_back_or_is_empty() {
    let last = page(PageSource::Archive, 5, None);
    assert_finished(judge(&last, 9, &[], false), "page 5 is the last one");
    let earlier = page(PageSource::Numbered, 4, Some("x"));
    let bytes = PageRecord {
        body_hash: earlier.body_hash.clone(),
        ..page(PageSource::Numbered, 5, Some("x"))
    };
    assert_finished(
        judge(&bytes, 9, std::slice::from_ref(&earlier), true),
        "page 5 repeats page 4",
    );
    let keys = PageRecord {
        keys_hash: earlier.keys_hash.clone(),
        ..page(PageSource::Numbered, 5, Some("x"))
    };
    assert_finished(
        judge(&keys, 9, std::slice::from_ref(&earlier), true),
        "page 5 repeats page 4",
    );
    let itself = PageRecord {
        body_hash: "feed".to_owned(),
        ..page(PageSource::Numbered, 2, Some("x"))
    };
    assert_finished(
        judge(&itself, 0, &[], false),
        "the feed's own document again",
    );
    let empty = PageRecord {
        entries: 0,
        ..page(PageSource::Numbered, 5, Some("x"))
    };
    assert_finished(judge(&empty, 0, &[], true), "page 5 has no entries");
    for back in [
        FEED,
        "https://example.org/feed/",
        "https://example.org/4",
        "https://example.org/5",
    ] {
        let circle = page(PageSource::Next, 5, Some(back));
        let read = [page(PageSource::Next, 4, Some("https://example.org/5"))];
        assert_finished(judge(&circle, 9, &read, false), "leads back");
    }
}

#[test]
fn an_empty_part_of_an_archive_is_not_its_end() {
    let empty = PageRecord {
        entries: 0,
        ..page(PageSource::Archive, 5, Some("https://example.org/6"))
    };
    let (cursor, stop) = judge(&empty, 0, &[], true);
    assert_eq!((cursor.number, stop), (6, None));
}

#[test]
fn pages_of_an_earlier_run_are_no_repetition() {
    let read = page(PageSource::Numbered, 5, Some("https://example.org/6"));
    let shifted = [PageRecord {
        keys_hash: read.keys_hash.clone(),
        ..page(PageSource::Numbered, 4, None)
    }];
    let feed = feed(FeedFacts::default());
    let judged = Judged {
        feed: &feed,
        pages: &shifted,
        this_run: &[],
        patient: true,
    };
    assert_eq!(after(&before(&read), &read, 0, judged).1, None);
}

#[test]
fn a_missing_page_is_the_end_and_a_failing_one_is_asked_for_again() {
    let cursor = begun(links(false, true, false));
    let failed = |status: Option<u16>| Fetched::Failed {
        failure: Failure {
            kind: FailKind::Status,
            status,
            message: "broken".to_owned(),
        },
        retry_after: None,
    };
    for (answer, words) in [(Fetched::Gone, "410"), (failed(Some(404)), "404")] {
        let (on, stop) = without_document(&cursor, &answer, now());
        assert_finished(
            (on, Some(stop)),
            &format!("page 2 does not exist ({words})"),
        );
    }
    for status in [None, Some(403), Some(500), Some(502)] {
        let (on, stop) = without_document(&cursor, &failed(status), now());
        assert!(on.failed.as_ref().unwrap().contains("broken"));
        let goes_on = Cursor { failed: None, ..on };
        assert_eq!(goes_on, cursor);
        assert!(matches!(stop, Stop::Failed(why) if why.contains("broken")));
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it_with_and_without_a_number() {
    let cursor = begun(links(false, true, false));
    let wait = |answer: &Fetched| match without_document(&cursor, answer, now()) {
        (on, Stop::Wait(until, _)) => {
            assert_eq!(on, cursor);
            (until - now()).num_minutes()
        }
        (_, other) => panic!("{other:?}"),
    };
    let half_an_hour = Some(Duration::from_secs(1800));
    let throttled = |status, retry_after| Fetched::Throttled {
        status,
        retry_after,
        scope: None,
        resume: None,
    };
    let failed = |status, retry_after| Fetched::Failed {
        failure: Failure {
            kind: FailKind::Status,
            status: Some(status),
            message: String::new(),
        },
        retry_after,
    };
    assert_eq!(wait(&throttled(429, half_an_hour)), 30);
    assert_eq!(wait(&throttled(503, half_an_hour)), 30);
    assert_eq!(wait(&throttled(429, None)), 240);
    assert_eq!(wait(&failed(503, None)), 60);
    assert_eq!(wait(&failed(500, half_an_hour)), 30);
}

#[test]
fn a_wait_that_no_server_can_have_asked_for_does_not_hold() {
    let until = |days| Some(now() + chrono::Duration::days(days));
    assert_eq!(held_until(until(-1), now()), None);
    assert!(held_until(until(31), now()).is_some());
    assert_eq!(held_until(until(33), now()), None);
}
