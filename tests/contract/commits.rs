//! Committing: what each decision does, the change sequence, and stories that two feeds carry.

use tidings::model::{Action, Article, Committed, FeedFilter, Fingerprint};

use super::{
    Bench, article_id, at, batch, contract, entry, id, insert, key, link, replace, slugs, story,
    touch, version,
};

contract! {
    an_insert_stores_the_article_with_its_sighting
    a_replacement_keeps_id_and_first_sight_and_the_old_version_as_a_revision
    a_replacement_under_another_link_keeps_the_stored_id
    a_link_adds_a_sighting_and_takes_a_number_once
    a_touch_changes_nothing_that_can_be_seen
    every_change_takes_exactly_the_next_number
    one_story_from_two_feeds_is_one_article_with_two_sightings
    one_story_from_two_feeds_in_one_group_is_one_article_too
    the_loser_of_a_race_is_weighed_again_at_its_next_poll
    two_entries_of_one_document_with_one_story_are_one_article
    an_import_is_no_sighting
    a_feed_may_carry_what_was_imported
    an_empty_batch_moves_the_feed_on
    an_empty_group_is_no_work
    the_history_counts_what_the_store_found
}

fn done(new: u32, changed: u32, same: u32) -> Committed {
    Committed {
        new,
        changed,
        same,
        deleted: 0,
    }
}

fn an_insert_stores_the_article_with_its_sighting(store: &mut Bench) {
    store.with_feeds(&["one"]);
    assert_eq!(
        store.poll("one", 5, vec![insert(story("a"))]),
        done(1, 0, 0)
    );
    let all = store.pages(&tidings::model::ArticleQuery::default(), 10);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].article, story("a"));
    assert_eq!((all[0].seq, all[0].revision), (1, 0));
    assert_eq!((all[0].first_seen, all[0].changed_at), (at(5), at(5)));
    assert_eq!(all[0].feeds, [id("one")]);
}

fn a_replacement_keeps_id_and_first_sight_and_the_old_version_as_a_revision(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 5, vec![insert(story("a"))]);
    let changed = store.poll("one", 70, vec![replace(version("a", "second"))]);
    assert_eq!(changed, done(0, 1, 0));
    store.poll("one", 140, vec![replace(version("a", "third"))]);
    let all = store.all();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].article, version("a", "third"));
    assert_eq!((all[0].seq, all[0].revision), (3, 2));
    assert_eq!((all[0].first_seen, all[0].changed_at), (at(5), at(140)));
    let revisions = store.other.revisions(article_id("a")).unwrap();
    let told: Vec<_> = revisions
        .iter()
        .map(|old| {
            (
                old.revision,
                old.replaced_at,
                old.title.as_str(),
                old.body.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, at(70), "About a", "first"),
            (1, at(140), "About a", "second")
        ]
    );
}

fn a_replacement_under_another_link_keeps_the_stored_id(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let moved = Article {
        url: Some("https://example.org/elsewhere".to_owned()),
        canonical_url: Some("https://example.org/elsewhere".to_owned()),
        id: article_id("elsewhere"),
        fingerprint: Fingerprint([9; 16]),
        ..story("a")
    };
    let action = Action::Replace {
        id: article_id("a"),
        article: Box::new(moved.clone()),
    };
    store.poll("one", 70, vec![entry("a", moved.fingerprint, action)]);
    let all = store.all();
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].article.id, &all[0].article.url),
        (article_id("a"), &moved.url)
    );
}

fn a_link_adds_a_sighting_and_takes_a_number_once(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    assert_eq!(store.poll("two", 5, vec![link(&story("a"))]), done(0, 0, 1));
    let all = store.all();
    assert_eq!(all[0].feeds, [id("one"), id("two")]);
    assert_eq!(
        (all[0].seq, all[0].revision, all[0].changed_at),
        (2, 0, at(0)),
        "whoever follows the changes is told of the feed that joined"
    );
    store.poll("two", 70, vec![link(&story("a"))]);
    assert_eq!(store.last_seq(), 2);
    let nothing = store.poll("two", 140, vec![link(&story("unknown"))]);
    assert_eq!((nothing.new, nothing.changed), (0, 0));
    assert_eq!(store.all().len(), 1);
}

fn a_touch_changes_nothing_that_can_be_seen(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let before = store.all();
    assert_eq!(
        store.poll("one", 70, vec![touch(&story("a"))]),
        done(0, 0, 1)
    );
    assert_eq!(store.all(), before);
    assert_eq!(store.last_seq(), 1);
}

fn every_change_takes_exactly_the_next_number(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let (one, two) = (store.lease("one", 0), store.lease("two", 0));
    let group = [
        batch(&one, 0, vec![insert(story("a")), insert(story("b"))]),
        batch(
            &two,
            0,
            vec![link(&story("a")), insert(story("c")), touch(&story("z"))],
        ),
    ];
    store.db.commit(&group).unwrap();
    let numbers = |store: &mut Bench| -> Vec<i64> {
        let changes = store.db.changes(0, 100).unwrap();
        changes.iter().map(tidings::model::Change::seq).collect()
    };
    assert_eq!(
        numbers(store),
        [2, 3, 4],
        "a took one more with its second feed"
    );
    store.poll("one", 70, vec![replace(version("b", "second"))]);
    assert_eq!(numbers(store), [3, 4, 5]);
    store
        .db
        .delete(&[article_id("a"), article_id("c")], "test", at(80))
        .unwrap();
    assert_eq!(numbers(store), [5, 6, 7]);
    store.import(90, vec![insert(story("d"))]);
    assert_eq!(numbers(store), [5, 6, 7, 8]);
    assert_eq!(store.last_seq(), 8);
}

fn one_story_from_two_feeds_is_one_article_with_two_sightings(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("two", 0, vec![insert(story("a"))]);
    assert_eq!(
        store.poll("one", 5, vec![insert(story("a"))]),
        done(0, 0, 1)
    );
    let all = store.all();
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].feeds,
        [id("two"), id("one")],
        "oldest sighting first"
    );
    assert_eq!(all[0].revision, 0);
}

fn one_story_from_two_feeds_in_one_group_is_one_article_too(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let (one, two) = (store.lease("one", 0), store.lease("two", 0));
    let group = [&two, &one].map(|due| batch(due, 0, vec![insert(story("a"))]));
    let results = store.db.commit(&group).unwrap();
    let results: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(results, [done(1, 0, 0), done(0, 0, 1)]);
    let all = store.all();
    assert_eq!((all.len(), all[0].feeds.len(), store.last_seq()), (1, 2, 2));
    let counted = FeedFilter {
        count_articles: true,
        ..FeedFilter::default()
    };
    let counts: Vec<_> = store
        .db
        .feeds(&counted)
        .unwrap()
        .iter()
        .map(|feed| feed.articles)
        .collect();
    assert_eq!(counts, [1, 1]);
}

fn the_loser_of_a_race_is_weighed_again_at_its_next_poll(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let (one, two) = (store.lease("one", 0), store.lease("two", 0));
    let teaser = version("a", "A teaser.");
    let full = version("a", "The full text, many words longer.");
    let group = [
        batch(&one, 0, vec![insert(teaser.clone())]),
        batch(&two, 0, vec![insert(full.clone())]),
    ];
    store.db.commit(&group).unwrap();
    assert_eq!(store.all()[0].article, teaser);
    // What feed two said is not what is stored, so it must not count as said and weighed.
    let known = store.db.known(two.row, &[(key("a"), full.id)]).unwrap();
    assert_ne!(known.sightings[&key("a")].fingerprint, full.fingerprint);
    let known = store.db.known(one.row, &[(key("a"), full.id)]).unwrap();
    assert_eq!(known.sightings[&key("a")].fingerprint, teaser.fingerprint);
}

fn two_entries_of_one_document_with_one_story_are_one_article(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let mut again = insert(story("a"));
    again.key = key("again");
    assert_eq!(
        store.poll("one", 0, vec![insert(story("a")), again]),
        done(1, 0, 1)
    );
    let all = store.all();
    assert_eq!((all.len(), &all[0].feeds[..]), (1, &[id("one")][..]));
}

fn an_import_is_no_sighting(store: &mut Bench) {
    let imported = story("a");
    assert_eq!(store.import(0, vec![insert(imported)]), done(1, 0, 0));
    assert_eq!(store.import(1, vec![touch(&story("a"))]), done(0, 0, 1));
    assert_eq!(store.import(2, vec![link(&story("a"))]), done(0, 0, 1));
    assert_eq!(
        store.import(3, vec![replace(version("a", "second"))]),
        done(0, 1, 0)
    );
    let all = store.all();
    assert_eq!((all.len(), all[0].feeds.len(), all[0].revision), (1, 0, 1));
    assert_eq!(all[0].article.body, "second");
}

fn a_feed_may_carry_what_was_imported(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.import(0, vec![insert(version("a", "from a file"))]);
    let due = store.lease("one", 5);
    let known = store
        .db
        .known(due.row, &[(key("a"), article_id("a"))])
        .unwrap();
    assert_eq!(known.articles[&article_id("a")].owner, None);
    store
        .commit(batch(&due, 5, vec![replace(version("a", "from the feed"))]))
        .unwrap();
    let all = store.all();
    assert_eq!((all.len(), &all[0].feeds[..]), (1, &[id("one")][..]));
    assert_eq!(
        store.db.revisions(article_id("a")).unwrap()[0].body,
        "from a file"
    );
}

fn an_empty_batch_moves_the_feed_on(store: &mut Bench) {
    store.with_feeds(&["one"]);
    assert_eq!(store.poll("one", 5, Vec::new()), done(0, 0, 0));
    let feed = store.feed("one");
    assert_eq!((feed.next_poll, feed.leased_until), (at(65), None));
    assert_eq!(feed.state.last_poll, Some(at(5)));
}

fn an_empty_group_is_no_work(store: &mut Bench) {
    assert!(store.db.commit(&[]).unwrap().is_empty());
    assert_eq!(store.import(0, Vec::new()), done(0, 0, 0));
    assert_eq!(store.last_seq(), 0);
}

fn the_history_counts_what_the_store_found(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    let entries = vec![
        insert(story("a")),
        insert(story("b")),
        replace(version("a", "second")),
    ];
    store.poll("two", 5, entries);
    let polls = store.other.polls(&id("two"), 10).unwrap();
    assert_eq!(
        (polls[0].entries, polls[0].new, polls[0].changed),
        (3, 1, 1)
    );
    assert_eq!(slugs(&store.all()), ["a", "b"]);
}
