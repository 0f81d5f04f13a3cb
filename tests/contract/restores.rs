//! Articles taken back from an export: with the ids, dates and feeds that they had.

use tidings::{model::StoredArticle, store::Restored};

use super::{Bench, article_id, at, contract, id, insert, key, slugs, story, version};

contract! {
    an_article_comes_back_with_its_dates_version_and_feeds
    entries_that_share_a_key_keep_their_feed_all_the_same
    what_was_deleted_stays_deleted
    a_feed_that_is_named_later_has_its_articles_and_is_polled
    a_restored_entry_is_known_to_its_feed
}

fn exported(slug: &str, feeds: &[&str]) -> StoredArticle {
    StoredArticle {
        cluster: article_id(slug),
        duplicate_of: None,
        article: story(slug),
        seq: 99,
        first_seen: at(-50),
        changed_at: at(-40),
        revision: 3,
        feeds: feeds.iter().map(|feed| id(feed)).collect(),
    }
}

fn restored(article: StoredArticle, name: &str) -> Restored {
    Restored {
        key: key(name),
        other_key: key(&article.article.title),
        article,
    }
}

fn an_article_comes_back_with_its_dates_version_and_feeds(store: &mut Bench) {
    let given = exported("a", &["two", "one"]);
    let done = store
        .db
        .restore(&[restored(given.clone(), "a")], at(5))
        .unwrap();
    assert_eq!((done.new, done.changed, done.same), (1, 0, 0));
    let expected = StoredArticle {
        seq: 1,
        ..given.clone()
    };
    assert_eq!(store.all(), std::slice::from_ref(&expected));
    let done = store.db.restore(&[restored(given, "a")], at(6)).unwrap();
    assert_eq!((done.new, done.changed, done.same), (0, 0, 1));
    assert_eq!(store.all(), [expected]);
    assert_eq!(store.last_seq(), 1);
}

fn entries_that_share_a_key_keep_their_feed_all_the_same(store: &mut Bench) {
    let both = ["a", "b"].map(|slug| restored(exported(slug, &["one"]), "shared"));
    assert_eq!(store.db.restore(&both, at(5)).unwrap().new, 2);
    assert!(store.all().iter().all(|stored| stored.feeds == [id("one")]));
}

fn what_was_deleted_stays_deleted(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    store.db.delete(&[article_id("a")], "test", at(1)).unwrap();
    let done = store
        .db
        .restore(&[restored(exported("a", &["one"]), "a")], at(5))
        .unwrap();
    assert_eq!((done.new, done.changed, done.same), (0, 0, 0));
    assert_eq!(done.deleted, 1);
    assert!(store.all().is_empty());
}

fn a_feed_that_is_named_later_has_its_articles_and_is_polled(store: &mut Bench) {
    store
        .db
        .restore(&[restored(exported("a", &["one"]), "a")], at(5))
        .unwrap();
    assert!(store.claimable(6).is_empty(), "nobody asked for it");
    store.with_feeds(&["one"]);
    assert_eq!(store.claimable(6), ["one"]);
    assert_eq!(store.feed("one").articles, 1);
}

fn a_restored_entry_is_known_to_its_feed(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store
        .db
        .restore(&[restored(exported("a", &["one"]), "a")], at(5))
        .unwrap();
    let row = store.lease("one", 6).row;
    let entries = [(key("a"), article_id("other"))];
    let known = store.db.known(row, &entries).unwrap();
    let sighting = known.sightings[&key("a")];
    assert_eq!(sighting.article, article_id("a"));
    assert_eq!(sighting.fingerprint, version("a", "first").fingerprint);
    assert_eq!(known.articles[&article_id("a")].owner, None);
    assert_eq!(slugs(&store.all()), ["a"]);
}
