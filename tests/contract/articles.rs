//! Articles in pages: every one once, in order, filtered, and counted alike.

use tidings::model::{Article, ArticleQuery, FeedSpec, Order};

use super::{Bench, at, contract, id, insert, link, slugs, spec, story};

contract! {
    articles_come_by_publication_else_by_first_sight
    pages_repeat_nothing_and_leave_no_gap_under_ties
    newest_first_is_the_same_list_backwards
    a_page_that_exactly_ends_the_list_may_promise_more_but_gives_nothing
    feeds_filter_by_who_carried_it_and_any_of_them_will_do
    tags_filter_by_the_feeds_labels
    since_is_inclusive_and_until_is_not
    since_and_until_can_look_at_collection
    languages_authors_and_length_narrow
    every_order_pages_alike
    all_conditions_hold_together
    what_is_stored_between_two_pages_never_repeats_an_article
    a_date_in_the_far_future_orders_by_first_sight
    an_empty_store_has_no_articles
}

fn published(slug: &str, minute: Option<i64>) -> Article {
    Article {
        published_at: minute.map(at),
        ..story(slug)
    }
}

/// Forty articles of three feeds, five of a kind at each moment; tags `x` (one, two), `y` (two).
fn with_many(store: &mut Bench) {
    let tagged = |feed, tags: &[&str]| FeedSpec {
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..spec(feed)
    };
    store.sync(
        vec![
            tagged("one", &["x"]),
            tagged("two", &["x", "y"]),
            spec("three"),
        ],
        0,
    );
    let article = |n: usize| published(&format!("n{n:02}"), Some(i64::try_from(n / 5).unwrap()));
    let of = |range: std::ops::Range<usize>| range.map(|n| insert(article(n))).collect::<Vec<_>>();
    store.poll("three", 0, of(25..40));
    store.poll("one", 1, of(0..15));
    let both = (10..15).map(|n| link(&article(n)));
    store.poll("two", 2, of(15..25).into_iter().chain(both).collect());
}

/// Pages of every size give the same, and `count` agrees.
fn names(store: &mut Bench, query: &ArticleQuery) -> Vec<String> {
    let whole = slugs(&store.pages(query, 1000));
    for size in [1, 2, 3, 5, 7, 39, 40] {
        assert_eq!(slugs(&store.pages(query, size)), whole, "pages of {size}");
    }
    assert_eq!(
        store.other.count(query).unwrap(),
        whole.len() as u64,
        "{query:?}"
    );
    let mut distinct = whole.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), whole.len(), "an article came twice");
    whole
}

fn numbered(range: impl IntoIterator<Item = usize>) -> Vec<String> {
    range.into_iter().map(|n| format!("n{n:02}")).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn articles_come_by_publication_else_by_first_sight(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let first = ["c", "b"].map(|slug| insert(published(slug, Some(-20))));
    store.poll("one", 0, first.into());
    store.poll(
        "one",
        70,
        vec![
            insert(published("undated", None)),
            insert(published("a", Some(-30))),
        ],
    );
    assert_eq!(
        names(store, &ArticleQuery::default()),
        ["a", "c", "b", "undated"]
    );
}

fn pages_repeat_nothing_and_leave_no_gap_under_ties(store: &mut Bench) {
    with_many(store);
    assert_eq!(
        sorted(names(store, &ArticleQuery::default())),
        numbered(0..40)
    );
}

fn newest_first_is_the_same_list_backwards(store: &mut Bench) {
    with_many(store);
    let mut oldest_first = names(store, &ArticleQuery::default());
    let backwards = ArticleQuery {
        newest_first: true,
        ..ArticleQuery::default()
    };
    oldest_first.reverse();
    assert_eq!(names(store, &backwards), oldest_first);
}

fn a_page_that_exactly_ends_the_list_may_promise_more_but_gives_nothing(store: &mut Bench) {
    with_many(store);
    let query = ArticleQuery::default();
    let page = store.db.articles(&query, None, 40).unwrap();
    assert_eq!(page.articles.len(), 40);
    if page.next.is_some() {
        let beyond = store.db.articles(&query, page.next, 40).unwrap();
        assert!(beyond.articles.is_empty() && beyond.next.is_none());
    }
    let nothing = store.db.articles(&query, None, 0).unwrap();
    assert!(nothing.articles.is_empty() && nothing.next.is_none());
}

fn feeds_filter_by_who_carried_it_and_any_of_them_will_do(store: &mut Bench) {
    with_many(store);
    let of = |feeds: &[&str]| ArticleQuery {
        feeds: feeds.iter().map(|feed| id(feed)).collect(),
        ..ArticleQuery::default()
    };
    assert_eq!(sorted(names(store, &of(&["one"]))), numbered(0..15));
    assert_eq!(sorted(names(store, &of(&["two"]))), numbered(10..25));
    assert_eq!(sorted(names(store, &of(&["one", "two"]))), numbered(0..25));
    assert!(names(store, &of(&["unknown"])).is_empty());
    let both = store.pages(&of(&["two"]), 100);
    let shared = both
        .iter()
        .find(|stored| stored.article.title == "About n10")
        .unwrap();
    assert_eq!(shared.feeds, [id("one"), id("two")]);
}

fn tags_filter_by_the_feeds_labels(store: &mut Bench) {
    with_many(store);
    let tagged = |tags: &[&str]| ArticleQuery {
        feed_tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        ..ArticleQuery::default()
    };
    assert_eq!(sorted(names(store, &tagged(&["x"]))), numbered(0..25));
    assert_eq!(sorted(names(store, &tagged(&["y"]))), numbered(10..25));
    assert_eq!(
        sorted(names(store, &tagged(&["none", "y"]))),
        numbered(10..25)
    );
    assert!(names(store, &tagged(&["none"])).is_empty());
}

fn since_is_inclusive_and_until_is_not(store: &mut Bench) {
    with_many(store);
    let between = ArticleQuery {
        since: Some(at(2)),
        until: Some(at(4)),
        ..ArticleQuery::default()
    };
    assert_eq!(sorted(names(store, &between)), numbered(10..20));
    let since = ArticleQuery {
        until: None,
        ..between.clone()
    };
    assert_eq!(sorted(names(store, &since)), numbered(10..40));
    let never = ArticleQuery {
        until: Some(at(2)),
        ..between
    };
    assert!(names(store, &never).is_empty());
}

fn since_and_until_can_look_at_collection(store: &mut Bench) {
    with_many(store);
    let collected = |since: Option<i64>, until: Option<i64>| ArticleQuery {
        since_collected: since.map(at),
        until_collected: until.map(at),
        ..ArticleQuery::default()
    };
    assert_eq!(
        sorted(names(store, &collected(Some(1), None))),
        numbered(0..25)
    );
    assert_eq!(
        sorted(names(store, &collected(Some(1), Some(2)))),
        numbered(0..15)
    );
    assert_eq!(
        sorted(names(store, &collected(None, Some(1)))),
        numbered(25..40)
    );
}

fn languages_authors_and_length_narrow(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let said = |slug: &str, language: Option<&str>, authors: &[&str], words: usize| {
        insert(Article {
            language: language.map(str::to_owned),
            authors: authors.iter().map(|name| (*name).to_owned()).collect(),
            body: "word ".repeat(words),
            ..published(slug, Some(0))
        })
    };
    let entries = vec![
        said("a", Some("pt"), &["Ann Lee", "Bo"], 1),
        said("b", Some("pt-BR"), &["ann lee"], 2),
        said("c", Some("ptx"), &["Zoë"], 3),
        said("d", None, &[], 0),
    ];
    store.poll("one", 0, entries);
    let of = |languages: &[&str], authors: &[&str], min_words: Option<u32>| ArticleQuery {
        languages: languages.iter().map(|tag| (*tag).to_owned()).collect(),
        authors: authors.iter().map(|name| (*name).to_owned()).collect(),
        min_words,
        ..ArticleQuery::default()
    };
    for (query, expected) in [
        (of(&["PT"], &[], None), &["a", "b"][..]),
        (of(&["pt-br", "ptx"], &[], None), &["b", "c"]),
        (of(&["p", "%", "p_"], &[], None), &[]),
        (of(&[], &["Ann LEE"], None), &["a", "b"]),
        (of(&[], &["Zoë", "Bo"], None), &["a", "c"]),
        (of(&[], &["Ann"], None), &[]),
        (of(&[], &[], Some(2)), &["b", "c"]),
        (of(&[], &[], Some(0)), &["a", "b", "c", "d"]),
        (of(&["pt"], &["Bo"], Some(1)), &["a"]),
    ] {
        assert_eq!(sorted(names(store, &query)), expected, "{query:?}");
    }
}

fn every_order_pages_alike(store: &mut Bench) {
    with_many(store);
    for order in [Order::Collected, Order::Changed] {
        let query = ArticleQuery {
            order,
            ..ArticleQuery::default()
        };
        let mut expected = match order {
            // A second feed carries five of them: they took another number then.
            Order::Changed => numbered((25..40).chain(0..10).chain(15..25).chain(10..15)),
            _ => numbered((25..40).chain(0..25)),
        };
        assert_eq!(names(store, &query), expected, "{order:?}");
        let backwards = ArticleQuery {
            newest_first: true,
            ..query
        };
        expected.reverse();
        assert_eq!(names(store, &backwards), expected, "{order:?}");
    }
}

fn all_conditions_hold_together(store: &mut Bench) {
    with_many(store);
    let query = ArticleQuery {
        feeds: vec![id("one"), id("three")],
        feed_tags: vec!["y".to_owned()],
        since: Some(at(1)),
        until: Some(at(9)),
        newest_first: true,
        ..ArticleQuery::default()
    };
    assert_eq!(sorted(names(store, &query)), numbered(10..15));
}

fn what_is_stored_between_two_pages_never_repeats_an_article(store: &mut Bench) {
    with_many(store);
    let query = ArticleQuery::default();
    let first = store.db.articles(&query, None, 20).unwrap();
    store.poll(
        "one",
        80,
        (0..9)
            .map(|n| insert(published(&format!("late{n}"), Some(n))))
            .collect(),
    );
    let (mut all, mut after) = (slugs(&first.articles), first.next);
    while after.is_some() {
        let page = store.db.articles(&query, after, 7).unwrap();
        all.extend(slugs(&page.articles));
        after = page.next;
    }
    let old = sorted(
        all.into_iter()
            .filter(|name| name.starts_with('n'))
            .collect(),
    );
    assert_eq!(old, numbered(0..40));
}

fn a_date_in_the_far_future_orders_by_first_sight(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let year = 60 * 24 * 365;
    let entries = [
        ("in-a-year", year),
        ("tomorrow", 60 * 24),
        ("past-tomorrow", 60 * 24 + 1),
    ];
    let entries = entries.map(|(slug, minute)| insert(published(slug, Some(minute))));
    store.poll("one", 0, entries.into());
    let all = store.all();
    assert_eq!(slugs(&all), ["in-a-year", "past-tomorrow", "tomorrow"]);
    assert_eq!(
        all[0].article.published_at,
        Some(at(year)),
        "the date itself is kept"
    );
}

fn an_empty_store_has_no_articles(store: &mut Bench) {
    assert!(names(store, &ArticleQuery::default()).is_empty());
}
