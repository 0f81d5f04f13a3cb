//! Near copies: labelled wherever they come from, never dropped, and nothing else is.

use tidings::model::{Article, ArticleQuery, StoredArticle};

use super::{Bench, article_id, at, batch, contract, id, insert, key, replace, slugs, version};

contract! {
    a_near_copy_in_another_feed_is_labelled_and_kept
    copies_that_come_in_one_round_find_each_other
    copies_of_copies_are_of_one_cluster
    a_feed_that_repeats_itself_is_labelled_only_where_it_says_the_same
    an_import_of_the_same_source_counts_as_the_same_feed
    short_texts_are_no_copies
    texts_without_spaces_have_copies_too
    an_edit_labels_anew_and_points_at_older_articles_alone
    an_edit_of_the_title_keeps_the_label
    copies_are_found_among_the_articles_of_some_weeks
    a_thousand_equal_articles_are_one_cluster
    one_of_each_cluster_is_the_first_that_fulfils_the_other_conditions
    a_label_outlives_the_first_of_its_cluster
}

const DAY: i64 = 24 * 60;

/// So many words, the same for the same seed, hardly any three alike for two seeds.
fn words(seed: u64, count: usize) -> Vec<String> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % 2_000
    };
    (0..count).map(|_| format!("w{}", next())).collect()
}

fn text(seed: u64) -> String {
    words(seed, 120).join(" ")
}

/// The text with every n-th word another.
fn changed(seed: u64, nth: usize) -> String {
    let mut words = words(seed, 120);
    for (at, word) in words.iter_mut().enumerate() {
        if at % nth == nth - 1 {
            *word = format!("changed{at}");
        }
    }
    words.join(" ")
}

fn found(store: &mut Bench, slug: &str) -> StoredArticle {
    let all = store.all().into_iter();
    let mut found: Vec<_> = all
        .filter(|stored| stored.article.id == article_id(slug))
        .collect();
    assert_eq!(found.len(), 1, "{slug}");
    found.remove(0)
}

#[track_caller]
fn assert_copy(store: &mut Bench, slug: &str, of: &str, cluster: &str) {
    let stored = found(store, slug);
    let label = (stored.duplicate_of, stored.cluster);
    assert_eq!(label, (Some(article_id(of)), article_id(cluster)), "{slug}");
}

#[track_caller]
fn assert_no_copy(store: &mut Bench, slug: &str) {
    let stored = found(store, slug);
    assert_eq!(
        (stored.duplicate_of, stored.cluster),
        (None, article_id(slug)),
        "{slug}"
    );
}

fn a_near_copy_in_another_feed_is_labelled_and_kept(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll(
        "one",
        0,
        vec![
            insert(version("a", &text(1))),
            insert(version("b", &text(2))),
        ],
    );
    store.poll("two", 5, vec![insert(version("c", &changed(1, 20)))]);
    assert_copy(store, "c", "a", "a");
    assert_no_copy(store, "a");
    assert_no_copy(store, "b");
    assert_eq!(
        found(store, "a").seq,
        1,
        "the article that was copied has not changed"
    );
    let changes = store.db.changes(2, 9).unwrap();
    assert!(
        matches!(&changes[..], [tidings::model::Change::Upsert(stored)] if stored.duplicate_of == Some(article_id("a")))
    );
}

fn copies_that_come_in_one_round_find_each_other(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let (one, two) = (store.lease("one", 0), store.lease("two", 0));
    let batches = [
        batch(&one, 0, vec![insert(version("a", &text(1)))]),
        batch(&two, 0, vec![insert(version("b", &text(1)))]),
    ];
    store.db.commit(&batches).unwrap();
    assert_copy(store, "b", "a", "a");
}

fn copies_of_copies_are_of_one_cluster(store: &mut Bench) {
    store.with_feeds(&["one", "two", "three"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("two", 0, vec![insert(version("b", &changed(1, 10)))]);
    let twice = changed(1, 10).replacen("changed", "again", 6);
    store.poll("three", 0, vec![insert(version("c", &twice))]);
    assert_copy(store, "b", "a", "a");
    assert_copy(store, "c", "b", "a");
}

fn a_feed_that_repeats_itself_is_labelled_only_where_it_says_the_same(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("one", 70, vec![insert(version("b", &changed(1, 15)))]);
    store.poll("one", 140, vec![insert(version("c", &text(1)))]);
    assert_no_copy(store, "b");
    assert_copy(store, "c", "a", "a");
}

fn an_import_of_the_same_source_counts_as_the_same_feed(store: &mut Bench) {
    let from = |slug: &str, source: &str, nth| {
        insert(Article {
            source: source.to_owned(),
            ..version(slug, &changed(1, nth))
        })
    };
    store.import(
        0,
        vec![
            from("a", "Here", 200),
            from("b", "Here", 15),
            from("c", "There", 14),
        ],
    );
    assert_no_copy(store, "b");
    assert!(found(store, "c").duplicate_of.is_some());
}

fn short_texts_are_no_copies(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let of = |slug: &str, count: usize| insert(version(slug, &words(1, count).join(" ")));
    store.poll("one", 0, vec![of("a", 39)]);
    store.poll(
        "two",
        0,
        vec![of("b", 39), insert(version("c", "")), of("d", 40)],
    );
    store.poll("one", 70, vec![of("e", 40)]);
    for slug in ["a", "b", "c", "d"] {
        assert_no_copy(store, slug);
    }
    assert_copy(store, "e", "d", "d");
}

fn texts_without_spaces_have_copies_too(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let body = "市議会は昨日の会議で新しい予算案を全会一致で可決し来年度から学校の給食費を無償にすることを決めた。\
                市長は記者会見で子育て世代の負担を減らすためだと説明した。";
    let other = "昨夜の大雨で川の水位が上がり下流の三つの町に避難指示が出たが今朝までに雨は止み水は引き始めたという。\
                 鉄道は正午まで運休する。";
    store.poll(
        "one",
        0,
        vec![insert(version("a", body)), insert(version("b", other))],
    );
    let copy = format!("【東京】{}", body.replace("昨日", "二日"));
    store.poll("two", 0, vec![insert(version("c", &copy))]);
    assert_no_copy(store, "b");
    assert_copy(store, "c", "a", "a");
}

fn an_edit_labels_anew_and_points_at_older_articles_alone(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("two", 0, vec![insert(version("b", &text(2)))]);
    // Towards it, further along, and away again.
    store.poll("two", 70, vec![replace(version("b", &changed(1, 30)))]);
    assert_copy(store, "b", "a", "a");
    store.poll("two", 140, vec![replace(version("b", &changed(1, 10)))]);
    assert_copy(store, "b", "a", "a");
    store.poll("two", 210, vec![replace(version("b", &text(3)))]);
    assert_no_copy(store, "b");
    // What is found by its new text is found; what was there before is no copy of what came later.
    store.poll("one", 280, vec![replace(version("a", &text(3)))]);
    assert_no_copy(store, "a");
    assert_no_copy(store, "b");
}

fn an_edit_of_the_title_keeps_the_label(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("two", 0, vec![insert(version("b", &text(1)))]);
    let later = 200 * DAY;
    let body = |article: Article| Article {
        body: text(1),
        ..article
    };
    store.poll(
        "two",
        later,
        vec![replace(body(version("b", "another print")))],
    );
    assert_copy(store, "b", "a", "a");
    // A word more, when what it was found by is long forgotten.
    store.poll(
        "two",
        later + 70,
        vec![replace(version("b", &format!("{} more", text(1))))],
    );
    assert_copy(store, "b", "a", "a");
}

fn copies_are_found_among_the_articles_of_some_weeks(store: &mut Bench) {
    store.with_feeds(&["one", "two", "three"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("two", 29 * DAY, vec![insert(version("b", &changed(1, 9)))]);
    assert_copy(store, "b", "a", "a");
    store.poll("three", 100 * DAY, vec![insert(version("c", &text(1)))]);
    assert_no_copy(store, "c");
    let mut dropped = 0;
    loop {
        match store.db.maintain(at(100 * DAY), at(0)).unwrap() {
            0 => break,
            rows => dropped += rows,
        }
    }
    assert!(dropped > 0, "what is too old is dropped");
    store.poll("one", 100 * DAY, vec![insert(version("d", &text(1)))]);
    assert_copy(store, "d", "c", "c");
}

fn a_thousand_equal_articles_are_one_cluster(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    for (feed, minute) in [("one", 0), ("two", 10), ("one", 70)] {
        let entries = (0..100).map(|n| {
            let slug = format!("{feed}{minute}-{n}");
            let mut entry = insert(version(&slug, &text(1)));
            entry.key = key(&slug);
            entry
        });
        store.poll(feed, minute, entries.collect());
    }
    let all = store.all();
    let first = all
        .iter()
        .min_by_key(|stored| stored.seq)
        .unwrap()
        .article
        .id;
    assert!(all.iter().all(|stored| stored.cluster == first));
    let copies = all
        .iter()
        .filter(|stored| stored.duplicate_of == Some(first))
        .count();
    assert_eq!(copies, all.len() - 1);
}

fn one_of_each_cluster_is_the_first_that_fulfils_the_other_conditions(store: &mut Bench) {
    store.with_feeds(&["one", "two", "three"]);
    let of = |slug: &str, seed, minute| {
        insert(Article {
            published_at: Some(at(minute)),
            ..version(slug, &text(seed))
        })
    };
    store.poll("one", 0, vec![of("a", 1, 9), of("x", 7, 1)]);
    store.poll("two", 0, vec![of("b", 1, 5), of("y", 8, 2)]);
    store.poll("three", 0, vec![of("c", 1, 3), of("z", 7, 4)]);
    let names = |store: &mut Bench, query: &ArticleQuery| {
        let mut names = slugs(&store.pages(query, 2));
        assert_eq!(store.db.count(query).unwrap(), names.len() as u64);
        names.sort();
        names
    };
    let unique = ArticleQuery {
        one_per_cluster: true,
        ..ArticleQuery::default()
    };
    assert_eq!(names(store, &unique), ["a", "x", "y"]);
    let without_the_first = ArticleQuery {
        until: Some(at(9)),
        ..unique.clone()
    };
    assert_eq!(names(store, &without_the_first), ["b", "x", "y"]);
    let of_feeds = ArticleQuery {
        feeds: vec![id("two"), id("three")],
        ..unique.clone()
    };
    assert_eq!(names(store, &of_feeds), ["b", "y", "z"]);
    let searched = ArticleQuery {
        search: Some("about -b".parse().unwrap()),
        feeds: vec![id("two"), id("three")],
        ..unique
    };
    assert_eq!(names(store, &searched), ["c", "y", "z"]);
    let best = store.db.best(&searched, 9).unwrap();
    assert_eq!(best.len(), 3);
}

fn a_label_outlives_the_first_of_its_cluster(store: &mut Bench) {
    store.with_feeds(&["one", "two", "three"]);
    store.poll("one", 0, vec![insert(version("a", &text(1)))]);
    store.poll("two", 0, vec![insert(version("b", &changed(1, 9)))]);
    store.db.delete(&[article_id("a")], "asked", at(1)).unwrap();
    assert_copy(store, "b", "a", "a");
    store.poll("three", 2, vec![insert(version("c", &text(1)))]);
    assert_copy(store, "c", "b", "a");
    let unique = ArticleQuery {
        one_per_cluster: true,
        ..ArticleQuery::default()
    };
    assert_eq!(slugs(&store.pages(&unique, 9)), ["b"]);
}
