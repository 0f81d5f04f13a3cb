//! Backfills: reserved before a request, committed whole under the latest reservation, forgotten
//! with the URL they belong to, and nothing of them in what polls have learnt.

use tidings::{
    model::{
        Backfill, Cursor, Decided, FeedSpec, PageCommit, PageRecord, PageSource, Time, Validators,
    },
    store::StoreError,
};

use super::{Bench, at, batch, contract, id, insert, link, slugs, spec, spec_on, story, touch};

contract! {
    a_feed_that_was_never_backfilled_has_no_cursor
    a_reservation_is_seen_by_others_before_anything_is_committed
    a_page_is_committed_with_its_articles_its_cursor_and_its_counts
    what_polls_have_learnt_stays_as_it_is
    of_two_runs_the_one_that_reserved_last_goes_on
    a_refused_page_writes_nothing
    a_page_that_was_read_again_takes_the_place_of_the_first_reading
    the_feeds_of_a_host_share_its_waits
    a_new_url_forgets_the_cursor_and_fences_off_a_page_that_is_under_way
    a_new_url_on_the_same_host_still_waits
    a_feed_that_no_store_knows_cannot_be_reserved
}

fn cursor(number: u32) -> Cursor {
    Cursor {
        round: 1,
        source: PageSource::Archive,
        next: Some(format!("https://one.example/{number}")),
        number,
        finished: None,
        failed: None,
        pages: number - 2,
        new: 0,
        known: 0,
        started_at: at(1),
        updated_at: at(i64::from(number)),
    }
}

fn page(number: u32) -> PageRecord {
    PageRecord {
        url: format!("https://one.example/{number}"),
        round: 1,
        number,
        source: PageSource::Archive,
        next: Some(format!("https://one.example/{}", number + 1)),
        entries: 3,
        body_hash: "abc".to_owned(),
        keys_hash: "def".to_owned(),
        validators: Validators {
            etag: Some(vec![b'"', 0xE9, b'"']),
            last_modified: Some(b"yesterday".to_vec()),
            url: format!("https://one.example/{number}"),
        },
    }
}

/// What page `number` brought, ready to be committed.
fn commit(turn: i64, number: u32, entries: Vec<Decided>) -> PageCommit {
    PageCommit {
        feed: id("one"),
        turn,
        cursor: cursor(number + 1),
        page: Some(page(number)),
        entries,
        not_before: None,
        now: at(i64::from(number)),
    }
}

fn reserve(bench: &mut Bench, turn: i64, number: u32) -> i64 {
    let now = at(i64::from(number));
    let reserved = bench
        .db
        .reserve_page(&id("one"), turn, &cursor(number), now);
    reserved.unwrap()
}

fn of(bench: &mut Bench, feed: &str) -> Backfill {
    bench.other.backfill(&id(feed)).unwrap()
}

fn waits(bench: &mut Bench, feed: &str) -> (Option<Time>, Option<Time>) {
    let backfill = of(bench, feed);
    (backfill.asked_at, backfill.not_before)
}

fn a_feed_that_was_never_backfilled_has_no_cursor(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let row = bench.lease("one", 1).row;
    let expected = Backfill {
        row,
        ..Backfill::default()
    };
    assert_eq!(of(bench, "one"), expected);
    assert_eq!(of(bench, "nobody"), Backfill::default());
}

fn a_reservation_is_seen_by_others_before_anything_is_committed(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    assert_eq!(reserve(bench, 0, 2), 1);
    let backfill = of(bench, "one");
    assert_eq!((backfill.turn, backfill.cursor), (1, Some(cursor(2))));
    assert_eq!(
        (backfill.asked_at, backfill.not_before),
        (Some(at(2)), None)
    );
    assert_eq!(backfill.pages, []);
}

fn a_page_is_committed_with_its_articles_its_cursor_and_its_counts(bench: &mut Bench) {
    bench.with_feeds(&["one", "two"]);
    bench.poll("two", 0, vec![insert(story("b"))]);
    let turn = reserve(bench, 0, 2);
    let page_2 = PageCommit {
        not_before: Some(at(99)),
        ..commit(turn, 2, vec![insert(story("a")), link(&story("b"))])
    };
    let done = bench.db.commit_page(&page_2).unwrap();
    assert_eq!((done.new, done.changed, done.same), (1, 0, 1));
    let backfill = of(bench, "one");
    let expected = Cursor {
        new: 1,
        known: 1,
        ..cursor(3)
    };
    assert_eq!(backfill.cursor, Some(expected));
    assert_eq!(backfill.pages, [page(2)]);
    assert_eq!(
        (backfill.asked_at, backfill.not_before),
        (Some(at(2)), Some(at(99)))
    );
    let all = bench.all();
    assert_eq!(slugs(&all), ["b", "a"]);
    assert_eq!(
        (all[1].first_seen, all[1].article.published_at),
        (at(2), Some(at(0)))
    );
    assert_eq!((all[0].feeds.len(), all[1].feeds.len()), (2, 1));
    assert_ne!(
        all[1].seq, all[0].seq,
        "an insert takes a number, and so does a feed that joins"
    );
    // The feed's own polls know the entries from now on.
    bench.poll("one", 3, vec![touch(&story("a"))]);
    assert_eq!(bench.feed("one").articles, 2);
}

fn what_polls_have_learnt_stays_as_it_is(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    bench.poll("one", 0, vec![insert(story("a"))]);
    let due = bench.lease("one", 1);
    let before = bench.feed("one");
    let turn = reserve(bench, 0, 2);
    bench
        .db
        .commit_page(&commit(turn, 2, vec![insert(story("b"))]))
        .unwrap();
    let after = bench.feed("one");
    assert_eq!(after.state, before.state);
    assert_eq!(
        (after.next_poll, after.claimed_at, after.leased_until),
        (before.next_poll, before.claimed_at, before.leased_until)
    );
    assert_eq!(bench.db.polls(&id("one"), 9).unwrap().len(), 1);
    // A poll that was under way commits as if nothing had been.
    assert_eq!(bench.commit(batch(&due, 2, vec![])).unwrap().new, 0);
}

fn of_two_runs_the_one_that_reserved_last_goes_on(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let first = reserve(bench, 0, 2);
    let again = bench.other.reserve_page(&id("one"), 0, &cursor(2), at(2));
    assert!(
        matches!(again, Err(StoreError::BackfillTaken { .. })),
        "{again:?}"
    );
    let second = bench
        .other
        .reserve_page(&id("one"), first, &cursor(2), at(3))
        .unwrap();
    assert_eq!(second, first + 1);
    let refused = bench.db.commit_page(&commit(first, 2, vec![]));
    assert!(
        matches!(refused, Err(StoreError::BackfillTaken { .. })),
        "{refused:?}"
    );
    bench.other.commit_page(&commit(second, 2, vec![])).unwrap();
}

fn a_refused_page_writes_nothing(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let turn = reserve(bench, 0, 2);
    let before = (of(bench, "one"), bench.last_seq());
    let late = commit(turn + 1, 2, vec![insert(story("a"))]);
    assert!(bench.db.commit_page(&late).is_err());
    assert_eq!((of(bench, "one"), bench.last_seq()), before);
    assert_eq!(bench.all(), []);
}

fn a_page_that_was_read_again_takes_the_place_of_the_first_reading(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let turn = reserve(bench, 0, 2);
    bench.db.commit_page(&commit(turn, 2, vec![])).unwrap();
    let turn = reserve(bench, turn, 2);
    let again = PageRecord {
        round: 2,
        body_hash: "other".to_owned(),
        ..page(2)
    };
    let second = PageCommit {
        page: Some(again.clone()),
        ..commit(turn, 2, vec![])
    };
    bench.db.commit_page(&second).unwrap();
    assert_eq!(of(bench, "one").pages, [again]);
}

fn the_feeds_of_a_host_share_its_waits(bench: &mut Bench) {
    let specs = [
        spec_on("one", "host.example"),
        spec_on("two", "host.example"),
        spec("far"),
    ];
    bench.sync(specs.into(), 0);
    let turn = reserve(bench, 0, 2);
    let page = PageCommit {
        not_before: Some(at(99)),
        ..commit(turn, 2, vec![])
    };
    bench.db.commit_page(&page).unwrap();
    assert_eq!(waits(bench, "two"), (Some(at(2)), Some(at(99))));
    assert_eq!(of(bench, "two").cursor, None);
    assert_eq!(waits(bench, "far"), (None, None));
}

/// Feed `one` after a page with a `Retry-After`, moved to this URL while another is asked for.
fn moved_to(bench: &mut Bench, url: &str) -> i64 {
    bench.with_feeds(&["one"]);
    let turn = reserve(bench, 0, 2);
    let page = PageCommit {
        not_before: Some(at(99)),
        ..commit(turn, 2, vec![])
    };
    bench.db.commit_page(&page).unwrap();
    let turn = reserve(bench, turn, 3);
    let moved = FeedSpec {
        url: url.to_owned(),
        ..spec("one")
    };
    bench.sync(vec![moved], 4);
    turn
}

fn a_new_url_forgets_the_cursor_and_fences_off_a_page_that_is_under_way(bench: &mut Bench) {
    let turn = moved_to(bench, "https://elsewhere.example/one.xml");
    let refused = bench
        .db
        .commit_page(&commit(turn, 3, vec![insert(story("a"))]));
    assert!(
        matches!(refused, Err(StoreError::BackfillTaken { .. })),
        "{refused:?}"
    );
    let backfill = of(bench, "one");
    assert_eq!((backfill.cursor, backfill.pages), (None, vec![]));
    assert_eq!((backfill.asked_at, backfill.not_before), (None, None));
    reserve(bench, backfill.turn, 2);
}

fn a_new_url_on_the_same_host_still_waits(bench: &mut Bench) {
    moved_to(bench, "https://one.example/other.xml");
    assert_eq!(of(bench, "one").cursor, None);
    assert_eq!(waits(bench, "one"), (Some(at(3)), Some(at(99))));
}

fn a_feed_that_no_store_knows_cannot_be_reserved(bench: &mut Bench) {
    let refused = bench.db.reserve_page(&id("nobody"), 0, &cursor(2), at(1));
    assert!(
        matches!(refused, Err(StoreError::BackfillTaken { .. })),
        "{refused:?}"
    );
}
