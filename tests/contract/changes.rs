//! The change sequence as an incremental export follows it, poll history, totals.

use tidings::model::{Change, Outcome};

use super::{Bench, article_id, at, batch, contract, id, insert, replace, story, version};

contract! {
    changes_come_in_order_each_article_once_at_its_latest_number
    a_cursor_repeats_nothing_and_misses_nothing_whatever_the_page
    what_changes_between_two_pages_is_seen
    another_connection_sees_a_commit_at_once
    polls_are_listed_newest_first_with_all_that_is_known
    history_before_a_moment_is_dropped
    totals_count_articles_and_the_space_they_take
}

fn told(changes: &[Change]) -> Vec<String> {
    let tell = |change: &Change| match change {
        Change::Upsert(stored) => format!("{} {}", stored.seq, stored.article.title),
        Change::Delete { id, seq, .. } => format!("{seq} delete {id}"),
    };
    changes.iter().map(tell).collect()
}

/// Two inserts, an edit of the first, a deletion of the second, one more insert: 3, 4, 5.
fn with_history(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a")), insert(story("b"))]);
    store.poll("one", 70, vec![replace(version("a", "second"))]);
    store.db.delete(&[article_id("b")], "test", at(80)).unwrap();
    store.poll("one", 140, vec![insert(story("c"))]);
}

fn changes_come_in_order_each_article_once_at_its_latest_number(store: &mut Bench) {
    with_history(store);
    let changes = store.other.changes(0, 100).unwrap();
    let deleted = format!("4 delete {}", article_id("b"));
    assert_eq!(told(&changes), ["3 About a", deleted.as_str(), "5 About c"]);
    assert!(matches!(changes[1], Change::Delete { at: moment, .. } if moment == at(80)));
    assert!(matches!(&changes[0], Change::Upsert(stored) if stored.article.body == "second"));
}

fn a_cursor_repeats_nothing_and_misses_nothing_whatever_the_page(store: &mut Bench) {
    with_history(store);
    let whole = told(&store.db.changes(0, 100).unwrap());
    for size in 1..=4 {
        let (mut cursor, mut all) = (0, Vec::new());
        loop {
            let page = store.db.changes(cursor, size).unwrap();
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            cursor = last.seq();
            all.extend(told(&page));
        }
        assert_eq!(all, whole, "pages of {size}");
    }
    assert!(store.db.changes(5, 10).unwrap().is_empty());
    assert!(store.db.changes(0, 0).unwrap().is_empty());
    assert_eq!(told(&store.db.changes(-7, 100).unwrap()), whole);
}

fn what_changes_between_two_pages_is_seen(store: &mut Bench) {
    with_history(store);
    let first = store.db.changes(0, 2).unwrap();
    store.poll("one", 210, vec![replace(version("a", "third"))]);
    let rest = store.db.changes(first[1].seq(), 100).unwrap();
    assert_eq!(told(&rest), ["5 About c", "6 About a"]);
}

fn another_connection_sees_a_commit_at_once(store: &mut Bench) {
    store.with_feeds(&["one"]);
    for minute in [0, 70, 140] {
        store.poll("one", minute, vec![insert(story(&format!("at-{minute}")))]);
        let theirs = store.other.totals(at(0)).unwrap();
        assert_eq!(theirs, store.db.totals(at(0)).unwrap());
        assert_eq!(
            store.other.changes(theirs.last_seq - 1, 9).unwrap().len(),
            1
        );
    }
}

fn polls_are_listed_newest_first_with_all_that_is_known(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let outcomes = [
        Outcome::New,
        Outcome::Same,
        Outcome::Gone,
        Outcome::Throttled,
        Outcome::Failed,
    ];
    let mut expected = Vec::new();
    for (minute, outcome) in (0..).step_by(70).zip(outcomes) {
        let due = store.lease("one", minute);
        let mut batch = batch(&due, minute, Vec::new());
        let poll = &mut batch.feed.as_mut().unwrap().poll;
        poll.outcome = outcome;
        poll.status = (outcome != Outcome::Failed).then_some(299);
        poll.error = Some("wörds\nin two lines".to_owned());
        poll.bytes = 1 << 40;
        expected.insert(0, poll.clone());
        store.commit(batch).unwrap();
    }
    store.poll("two", 0, Vec::new());
    assert_eq!(store.other.polls(&id("one"), 100).unwrap(), expected);
    assert_eq!(store.other.polls(&id("one"), 2).unwrap(), expected[..2]);
    assert!(store.db.polls(&id("unknown"), 9).unwrap().is_empty());
}

fn history_before_a_moment_is_dropped(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    for minute in [0, 70, 140] {
        store.poll("one", minute, Vec::new());
        store.poll("two", minute, Vec::new());
    }
    assert_eq!(store.db.maintain(at(0), at(70)).unwrap(), 2);
    assert_eq!(store.db.maintain(at(0), at(70)).unwrap(), 0);
    let left = store.db.polls(&id("one"), 9).unwrap();
    let times: Vec<_> = left.iter().map(|poll| poll.at).collect();
    assert_eq!(times, [at(140), at(70)]);
    assert_eq!(store.feed("one").state.last_poll, Some(at(140)));
}

fn totals_count_articles_and_the_space_they_take(store: &mut Bench) {
    let empty = store.db.totals(at(0)).unwrap();
    assert_eq!(
        (empty.articles, empty.articles_since, empty.last_seq),
        (0, 0, 0)
    );
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    store.poll(
        "one",
        70,
        vec![insert(version("b", &"long ".repeat(100_000)))],
    );
    let totals = store.db.totals(at(70)).unwrap();
    assert_eq!(
        (totals.articles, totals.articles_since, totals.last_seq),
        (2, 1, 2)
    );
    assert!(totals.bytes > empty.bytes + 400_000, "{totals:?}");
}
