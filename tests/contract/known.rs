//! What is known of a document's entries, and that what was deleted stays deleted.

use tidings::model::{Action, ArticleId, Decided, Known};

use super::{Bench, article_id, at, batch, contract, entry, id, insert, key, link, story, version};

contract! {
    nothing_is_known_of_a_new_document
    a_sighted_entry_is_known_by_its_key_whatever_its_link_says
    an_entry_that_is_new_to_its_feed_is_known_by_its_article
    one_feeds_keys_say_nothing_of_another_feeds
    a_known_article_tells_its_owner_and_its_length
    a_deleted_story_is_known_to_be_deleted
    a_deleted_entry_stays_deleted_when_its_link_changes
    a_deleted_story_does_not_come_back_by_any_decision
    a_story_deleted_while_its_poll_was_under_way_does_not_come_back
    deleting_takes_the_revisions_along_and_counts_what_there_was
}

fn row(store: &mut Bench, feed: &str, minute: i64) -> i64 {
    let due = store.lease(feed, minute);
    let row = due.row;
    store.db.release(&[due]).unwrap();
    row
}

fn known(store: &mut Bench, feed: &str, entries: &[(&str, ArticleId)]) -> Known {
    let row = row(store, feed, 1000);
    let entries: Vec<_> = entries.iter().map(|(slug, id)| (key(slug), *id)).collect();
    store.other.known(row, &entries).unwrap()
}

fn nothing_is_known_of_a_new_document(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let nothing = known(store, "one", &[("a", article_id("a"))]);
    assert!(nothing.sightings.is_empty() && nothing.articles.is_empty());
    assert!(nothing.tombstones.is_empty());
    assert!(known(store, "one", &[]).articles.is_empty());
}

fn a_sighted_entry_is_known_by_its_key_whatever_its_link_says(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let found = known(store, "one", &[("a", article_id("moved"))]);
    let sighting = found.sightings[&key("a")];
    assert_eq!(sighting.article, article_id("a"));
    assert_eq!(sighting.fingerprint, story("a").fingerprint);
    assert_eq!(found.articles.len(), 1);
    assert!(found.articles.contains_key(&article_id("a")));
}

fn an_entry_that_is_new_to_its_feed_is_known_by_its_article(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let found = known(store, "one", &[("another key", article_id("a"))]);
    assert!(found.sightings.is_empty());
    assert!(found.articles.contains_key(&article_id("a")));
}

fn one_feeds_keys_say_nothing_of_another_feeds(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let found = known(store, "two", &[("a", article_id("b"))]);
    assert!(found.sightings.is_empty() && found.articles.is_empty());
}

fn a_known_article_tells_its_owner_and_its_length(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(version("a", "four words\nare here"))]);
    let found = known(store, "one", &[("a", article_id("a"))]);
    let article = &found.articles[&article_id("a")];
    assert_eq!(article.owner, Some(id("one")));
    assert_eq!(article.words, 4);
    assert_eq!(
        article.fingerprint,
        version("a", "four words\nare here").fingerprint
    );
}

fn a_deleted_story_is_known_to_be_deleted(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    store.db.delete(&[article_id("a")], "test", at(5)).unwrap();
    for feed in ["one", "two"] {
        let found = known(store, feed, &[("a", article_id("a"))]);
        assert!(found.sightings.is_empty() && found.articles.is_empty());
        assert!(found.tombstones.contains(&article_id("a")), "{feed}");
    }
}

fn a_deleted_entry_stays_deleted_when_its_link_changes(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    store.db.delete(&[article_id("a")], "test", at(5)).unwrap();
    let moved = article_id("moved");
    assert!(
        known(store, "one", &[("a", moved)])
            .tombstones
            .contains(&moved)
    );
    let elsewhere = known(store, "two", &[("a", moved)]);
    assert!(
        elsewhere.tombstones.is_empty(),
        "another feed's entry is another story"
    );
}

fn a_deleted_story_does_not_come_back_by_any_decision(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    store.db.delete(&[article_id("a")], "test", at(5)).unwrap();
    let decisions: [fn() -> Decided; 4] = [
        || insert(story("a")),
        || super::replace(version("a", "second")),
        || link(&story("a")),
        || entry("a", story("a").fingerprint, Action::Touch),
    ];
    for (minute, decision) in (70..).step_by(70).zip(decisions) {
        let done = store.poll("one", minute, vec![decision()]);
        assert_eq!((done.new, done.changed), (0, 0));
        store.import(minute, vec![decision()]);
        assert!(store.all().is_empty());
    }
    assert_eq!(store.last_seq(), 2);
}

fn a_story_deleted_while_its_poll_was_under_way_does_not_come_back(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let due = store.lease("one", 70);
    let decided = super::replace(version("a", "second"));
    store
        .other
        .delete(&[article_id("a")], "test", at(71))
        .unwrap();
    let batch = batch(&due, 72, vec![decided, insert(story("b"))]);
    let done = store.commit(batch).unwrap();
    assert_eq!((done.new, done.changed), (1, 0));
    assert_eq!(super::slugs(&store.all()), ["b"]);
}

fn deleting_takes_the_revisions_along_and_counts_what_there_was(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a")), insert(story("b"))]);
    store.poll("one", 70, vec![super::replace(version("a", "second"))]);
    let ids = ["a", "unknown", "a"].map(article_id);
    assert_eq!(store.db.delete(&ids, "test", at(80)).unwrap(), 1);
    assert_eq!(store.db.delete(&ids, "again", at(81)).unwrap(), 0);
    assert!(store.db.revisions(article_id("a")).unwrap().is_empty());
    assert_eq!(store.feed("one").articles, 1);
    assert_eq!(store.db.totals(at(0)).unwrap().articles, 1);
}
