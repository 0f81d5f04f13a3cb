//! Searching: what is found, in which order, and that no text of anybody's breaks it.

use std::cell::RefCell;

use proptest::{prelude::*, test_runner::TestRunner};
use tidings::model::{Article, ArticleQuery, search::Query};

use super::{Bench, article_id, at, contract, id, insert, replace, slugs, story, version};

contract! {
    words_are_found_in_titles_and_bodies
    a_search_follows_every_edit_and_deletion
    what_is_deleted_leaves_no_trace_for_what_takes_its_place
    the_best_comes_first_then_the_newest_then_the_lowest_id
    a_search_holds_together_with_all_other_conditions
    pages_of_many_finds_are_those_of_few
    no_query_is_an_error_of_the_store
    without_a_search_there_is_no_best
}

fn article(slug: &str, title: &str, body: &str) -> Article {
    Article {
        title: title.to_owned(),
        body: body.to_owned(),
        ..story(slug)
    }
}

fn entry(slug: &str, title: &str, body: &str) -> tidings::model::Decided {
    let article = article(slug, title, body);
    let id = super::entry(slug, article.fingerprint, tidings::model::Action::Touch);
    tidings::model::Decided {
        action: tidings::model::Action::Insert(Box::new(article)),
        ..id
    }
}

fn searched(query: &str) -> ArticleQuery {
    ArticleQuery {
        search: Some(query.parse::<Query>().unwrap()),
        ..ArticleQuery::default()
    }
}

/// Titles of what a query finds, sorted; all ways of asking agree.
#[track_caller]
fn found(store: &mut Bench, query: &str) -> Vec<String> {
    titles(store, &searched(query))
}

#[track_caller]
fn titles(store: &mut Bench, query: &ArticleQuery) -> Vec<String> {
    let titles = |articles: Vec<tidings::model::StoredArticle>| {
        let titles = articles.into_iter().map(|stored| stored.article.title);
        let mut titles: Vec<String> = titles.collect();
        titles.sort();
        titles
    };
    let all = titles(store.pages(query, 3));
    let best = titles(store.other.best(query, 100_000).unwrap());
    assert_eq!(all, best, "{query:?}");
    assert_eq!(
        store.db.count(query).unwrap(),
        all.len() as u64,
        "{query:?}"
    );
    all
}

fn words_are_found_in_titles_and_bodies(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let entries = [
        (
            "Rust 1.95",
            "The language grows: async closures, Wi-Fi not included.",
        ),
        (
            "Café culture",
            "Naïve résumé writers at the café in İstanbul and Diyarbakır.",
        ),
        ("東京の市議会", "市議会は2024年の予算を可決した。"),
        ("Жуков и Ельцин", "Маршал ёлка."),
        ("서울 소식", "서울은 한국의 수도이다."),
        ("ข่าวไทย", "กรุงเทพมหานครเป็นเมืองหลวง"),
        (
            "Open source",
            "Source code that is open; an open, source of water.",
        ),
    ];
    let entries = entries.map(|(title, body)| entry(title, title, body));
    store.poll("one", 0, entries.into());
    let all: [(&str, &[&str]); 31] = [
        ("rust", &["Rust 1.95"]),
        ("RUST async", &["Rust 1.95"]),
        ("async -rust", &[]),
        ("1.95", &["Rust 1.95"]),
        ("wi-fi", &["Rust 1.95"]),
        ("\"fi wi\"", &[]),
        ("clos*", &["Rust 1.95"]),
        ("clos", &[]),
        ("\"async clos\"*", &["Rust 1.95"]),
        ("cafe", &["Café culture"]),
        ("CAFÉ naive resume", &["Café culture"]),
        ("istanbul", &["Café culture"]),
        ("diyarbakır", &["Café culture"]),
        ("rust OR café", &["Café culture", "Rust 1.95"]),
        ("(rust OR café) -async", &["Café culture"]),
        ("title:café", &["Café culture"]),
        ("title:naive", &[]),
        ("市議会", &["東京の市議会"]),
        ("議会", &["東京の市議会"]),
        ("会議", &[]),
        ("京市", &[]),
        ("2024 予算", &["東京の市議会"]),
        ("жуков", &["Жуков и Ельцин"]),
        ("서울", &["서울 소식"]),
        ("수도", &["서울 소식"]),
        ("กรุงเทพ", &["ข่าวไทย"]),
        ("\"open source\"", &["Open source"]),
        ("\"source open\"", &[]),
        ("open source -water", &[]),
        ("\"that is", &["Open source"]),
        ("nothing", &[]),
    ];
    for (query, expected) in all {
        assert_eq!(found(store, query), expected, "{query}");
    }
}

fn a_search_follows_every_edit_and_deletion(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll(
        "one",
        0,
        vec![insert(version("a", "alpha")), insert(version("b", "alpha"))],
    );
    store.poll("one", 70, vec![replace(version("a", "beta"))]);
    assert_eq!(found(store, "alpha"), ["About b"]);
    assert_eq!(found(store, "beta"), ["About a"]);
    store
        .db
        .delete(&[article_id("a")], "asked", at(80))
        .unwrap();
    assert!(found(store, "beta").is_empty());
    assert_eq!(found(store, "about"), ["About b"]);
}

fn what_is_deleted_leaves_no_trace_for_what_takes_its_place(store: &mut Bench) {
    store.with_feeds(&["one"]);
    for round in 0..3 {
        let (slug, body) = (format!("n{round}"), format!("word{round}"));
        store.poll("one", 70 * round, vec![insert(version(&slug, &body))]);
        store
            .db
            .delete(&[article_id(&slug)], "asked", at(0))
            .unwrap();
    }
    store.poll("one", 300, vec![insert(version("last", "other"))]);
    for query in ["word0", "word1", "word2", "n0"] {
        assert!(found(store, query).is_empty(), "{query}");
    }
    assert_eq!(found(store, "about"), ["About last"]);
}

fn the_best_comes_first_then_the_newest_then_the_lowest_id(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let noise = "other words of another thing ".repeat(20);
    let mut entries = vec![
        entry("body", "Something else", &format!("rust {noise}")),
        entry("title", "On rust", &format!("news {noise}")),
    ];
    for (slug, minute) in [("old", -5), ("new", 0), ("twin", 0), ("older", -9)] {
        let tie = Article {
            published_at: Some(at(minute)),
            ..version(slug, "equal words")
        };
        entries.push(insert(Article {
            title: "About it".to_owned(),
            ..tie
        }));
    }
    for (decided, slug) in entries[2..].iter_mut().zip(["old", "new", "twin", "older"]) {
        decided.key = super::key(slug);
    }
    store.poll("one", 0, entries);
    let best = |store: &mut Bench, query: &str, limit| {
        let found = store.db.best(&searched(query), limit).unwrap();
        found
            .into_iter()
            .map(|stored| stored.article.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        best(store, "rust", 9),
        [article_id("title"), article_id("body")]
    );
    let mut newest = [article_id("new"), article_id("twin")];
    newest.sort();
    let ties = [newest[0], newest[1], article_id("old"), article_id("older")];
    for limit in 0..=5 {
        assert_eq!(best(store, "equal", limit), ties[..limit.min(4)], "{limit}");
    }
}

fn a_search_holds_together_with_all_other_conditions(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let word = |slug: &str, minute| {
        insert(Article {
            published_at: Some(at(minute)),
            ..version(
                slug,
                if slug.starts_with('x') {
                    "apple"
                } else {
                    "pear"
                },
            )
        })
    };
    store.poll("one", 0, vec![word("x1", 1), word("y1", 2), word("x2", 3)]);
    store.poll("two", 0, vec![word("x3", 1), word("x4", 9), word("y2", 9)]);
    let query = ArticleQuery {
        feeds: vec![id("two")],
        since: Some(at(1)),
        until: Some(at(9)),
        ..searched("apple")
    };
    assert_eq!(titles(store, &query), ["About x3"]);
    let newest = ArticleQuery {
        newest_first: true,
        ..searched("apple")
    };
    assert_eq!(slugs(&store.pages(&newest, 2)), ["x4", "x2", "x3", "x1"]);
}

fn pages_of_many_finds_are_those_of_few(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let numbered = |n: usize| {
        let mut article = version(
            &format!("n{n}"),
            if n.is_multiple_of(40) {
                "rare word"
            } else {
                "word"
            },
        );
        article.id.0[..8].copy_from_slice(&n.to_be_bytes());
        article.published_at = Some(at(i64::try_from(n % 7).unwrap()));
        let mut entry = insert(article);
        entry.key.0[..8].copy_from_slice(&n.to_be_bytes());
        entry
    };
    store.poll("one", 0, (0..2_100).map(numbered).collect());
    let many = store.pages(&searched("word"), 500);
    assert_eq!(many.len(), 2_100);
    let rare: Vec<_> = many
        .iter()
        .filter(|it| it.article.body == "rare word")
        .cloned()
        .collect();
    assert_eq!(store.pages(&searched("rare"), 7), rare);
    assert_eq!(store.db.count(&searched("word")).unwrap(), 2_100);
}

fn no_query_is_an_error_of_the_store(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll(
        "one",
        0,
        vec![insert(version("a", "NEAR AND OR NOT title body rowid"))],
    );
    let words = "a|b*|\"|\"\"|(|)|-|--|OR|AND|NOT|NEAR|NEAR(a b, 2)|title:|body:|search:|{title body}:|^a|+|'|;|\\|%|\
                 \0|é|市|🎉|\u{301}|x\u{301}|*|:|,|=|<|>|[|]|{|}|~|`|a-b|rowid|\u{2029}|½";
    let words: Vec<&str> = words.split('|').collect();
    let words = prop::collection::vec(prop::sample::select(words), 0..12);
    let queries = (words, any::<bool>())
        .prop_map(|(words, spaced)| words.join(if spaced { " " } else { "" }));
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let store_of = RefCell::new(&mut *store);
    let outcome = runner.run(&queries, |typed| {
        let Ok(search) = typed.parse::<Query>() else {
            return Ok(());
        };
        let query = ArticleQuery {
            search: Some(search),
            ..ArticleQuery::default()
        };
        let db = &mut store_of.borrow_mut().db;
        let failed = |error| TestCaseError::fail(format!("{error:?}"));
        let best = db.best(&query, 5).map_err(failed)?;
        prop_assert_eq!(best.len() as u64, db.count(&query).map_err(failed)?);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(found(store, "NEAR"), ["About a"]);
}

fn without_a_search_there_is_no_best(store: &mut Bench) {
    store.with_feeds(&["one"]);
    store.poll("one", 0, vec![insert(story("a"))]);
    assert!(
        store
            .db
            .best(&ArticleQuery::default(), 5)
            .unwrap()
            .is_empty()
    );
}
