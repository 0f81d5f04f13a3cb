//! What is let go leaves a tombstone, takes what belongs to it along, and does not come back.

use std::{collections::BTreeMap, time::Duration};

use tidings::{
    model::{Article, Change, FeedSpec, Horizon, KeepRule, PruneReason, Retention, StoredArticle},
    store::{Pruned, Pruning, Restored},
};

use super::{
    Bench, article_id, at, contract, id, insert, key, link, replace, set, slugs, spec, story,
    version,
};

contract! {
    a_store_keeps_its_name
    what_is_too_old_goes_with_all_that_belongs_to_it_and_does_not_come_back
    what_two_feeds_carry_goes_when_both_let_it_go
    the_newest_of_a_feed_are_kept_by_number
    a_step_deletes_a_few_and_the_next_goes_on_behind_it
    want_of_space_takes_the_oldest_and_no_more_than_needed
    an_import_stays
    what_an_export_brought_back_stays_until_a_feed_file_names_its_feed
    feeds_with_a_tag_that_is_kept_let_nothing_go
}

const MINUTE: Duration = Duration::from_secs(60);

/// A story published at a minute.
fn dated(slug: &str, minute: i64) -> Article {
    Article {
        published_at: Some(at(minute)),
        ..story(slug)
    }
}

fn by_age(minutes: u32) -> Retention {
    Retention {
        rule: KeepRule {
            max_age: Some(MINUTE * minutes),
            max_articles: None,
        },
        ..Retention::default()
    }
}

impl Bench {
    /// The horizons that these rules give at a minute.
    fn horizons(&mut self, retention: &Retention, minute: i64) -> BTreeMap<i64, Horizon> {
        let feeds = self.db.pruned_feeds(retention).unwrap();
        let horizon = |(feed, rule): (i64, KeepRule)| {
            let most = rule.max_articles;
            let last = most.and_then(|most| self.db.last_kept(feed, most).unwrap());
            (feed, Horizon::of(&rule, at(minute), last))
        };
        feeds.into_iter().map(horizon).collect()
    }

    /// One step over the oldest articles.
    fn prune(&mut self, retention: &Retention, minute: i64) -> Pruned {
        let pruning = Pruning {
            horizons: self.horizons(retention, minute),
            end: i64::MAX,
            ..Pruning::default()
        };
        let told = self.other.prunable(&pruning).unwrap();
        let done = self.db.prune(&pruning, at(minute)).unwrap();
        assert_eq!(told.articles, done.articles, "what is told is what is done");
        done
    }

    fn left(&mut self) -> Vec<String> {
        slugs(&self.all())
    }
}

fn a_store_keeps_its_name(bench: &mut Bench) {
    let name = bench.db.store_id().unwrap();
    assert_eq!(bench.other.store_id().unwrap(), name);
    assert_ne!(Bench::sqlite().db.store_id().unwrap(), name);
}

fn what_is_too_old_goes_with_all_that_belongs_to_it_and_does_not_come_back(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let (old, new) = (dated("old", 0), dated("new", 50));
    bench.poll("one", 60, vec![insert(old.clone()), insert(new)]);
    bench.poll("one", 130, vec![replace(version("old", "second"))]);
    let last = bench.last_seq();
    let done = bench.prune(&by_age(100), 140);
    assert_eq!(done.articles.len(), 1);
    assert_eq!(done.articles[0].reason, PruneReason::Age);
    assert_eq!(done.articles[0].title, "About old");
    assert_eq!(bench.left(), ["new"]);
    assert!(bench.db.revisions(old.id).unwrap().is_empty());
    let changes = bench.db.changes(last, 9).unwrap();
    assert!(matches!(changes[..], [Change::Delete { id, .. }] if id == old.id));
    assert_eq!(bench.db.totals(at(0)).unwrap().pruned, 1);
    // It is in the feed still, under another link too.
    let done = bench.poll("one", 200, vec![insert(old)]);
    assert_eq!(done.new, 0);
    assert_eq!(bench.left(), ["new"]);
}

fn what_two_feeds_carry_goes_when_both_let_it_go(bench: &mut Bench) {
    bench.with_feeds(&["one", "two"]);
    let shared = dated("shared", 0);
    bench.poll(
        "one",
        0,
        vec![insert(shared.clone()), insert(dated("own", 0))],
    );
    bench.poll("two", 1, vec![link(&shared)]);
    let long = KeepRule {
        max_age: Some(MINUTE * 1000),
        max_articles: None,
    };
    let retention = Retention {
        feeds: [(id("two"), long)].into(),
        ..by_age(10)
    };
    bench.prune(&retention, 20);
    assert_eq!(bench.left(), ["shared"]);
    bench.prune(&retention, 999);
    assert_eq!(bench.left(), ["shared"]);
    bench.prune(&retention, 1001);
    assert!(bench.left().is_empty());
}

fn the_newest_of_a_feed_are_kept_by_number(bench: &mut Bench) {
    bench.with_feeds(&["one", "two"]);
    let stories = (0..9).map(|n| insert(dated(&format!("s{n}"), n))).collect();
    bench.poll("one", 60, stories);
    bench.poll("two", 61, vec![insert(dated("other", 0))]);
    let retention = Retention {
        rule: KeepRule {
            max_age: None,
            max_articles: Some(3),
        },
        ..Retention::default()
    };
    let done = bench.prune(&retention, 70);
    assert!(
        done.articles
            .iter()
            .all(|article| article.reason == PruneReason::Number)
    );
    assert_eq!(bench.left(), ["other", "s6", "s7", "s8"]);
    assert!(bench.prune(&retention, 71).articles.is_empty());
}

fn a_step_deletes_a_few_and_the_next_goes_on_behind_it(bench: &mut Bench) {
    bench.with_feeds(&["one", "two"]);
    // Kept ones stand between those that go.
    let (mut kept, mut old) = (Vec::new(), Vec::new());
    for n in 0..300 {
        kept.push(insert(dated(&format!("kept{n}"), n)));
        old.push(insert(dated(&format!("old{n}"), n)));
    }
    bench.poll("one", 400, old);
    bench.poll("two", 400, kept);
    let retention = Retention {
        feeds: [(id("two"), KeepRule::default())].into(),
        ..by_age(1)
    };
    let mut pruning = Pruning {
        horizons: bench.horizons(&retention, 500),
        end: i64::MAX,
        ..Pruning::default()
    };
    let (mut steps, mut went) = (0, 0);
    loop {
        let done = bench.db.prune(&pruning, at(500)).unwrap();
        assert!(done.articles.len() <= 100, "a step is short");
        (steps, went) = (steps + 1, went + done.articles.len());
        match done.next {
            Some(next) => pruning.after = Some(next),
            None => break,
        }
    }
    assert_eq!(went, 300);
    assert!(steps >= 3);
    assert_eq!(bench.left().len(), 300);
}

fn want_of_space_takes_the_oldest_and_no_more_than_needed(bench: &mut Bench) {
    bench.with_feeds(&["one"]);
    let stories = (0..9).map(|n| insert(dated(&format!("s{n}"), n))).collect();
    bench.poll("one", 60, stories);
    let pruning = Pruning {
        horizons: bench.horizons(&Retention::default(), 70),
        end: i64::MAX,
        needed: 4,
        ..Pruning::default()
    };
    let done = bench.db.prune(&pruning, at(70)).unwrap();
    assert!(
        done.articles
            .iter()
            .all(|article| article.reason == PruneReason::Bytes)
    );
    assert_eq!(bench.left(), ["s4", "s5", "s6", "s7", "s8"]);
    let limit = Retention {
        max_bytes: Some(1),
        ..Retention::default()
    };
    assert_eq!(
        bench.db.surplus(&limit).unwrap(),
        4,
        "nearly all that is left"
    );
    assert_eq!(bench.db.surplus(&Retention::default()).unwrap(), 0);
}

fn an_import_stays(bench: &mut Bench) {
    bench.import(0, vec![insert(dated("mine", 0))]);
    bench.prune(&by_age(1), 1000);
    assert_eq!(bench.left(), ["mine"]);
}

fn what_an_export_brought_back_stays_until_a_feed_file_names_its_feed(bench: &mut Bench) {
    let article = Restored {
        article: StoredArticle {
            cluster: article_id("mine"),
            duplicate_of: None,
            article: dated("mine", 0),
            seq: 1,
            first_seen: at(0),
            changed_at: at(0),
            revision: 0,
            feeds: vec![id("one")],
        },
        key: key("mine"),
        other_key: key("mine"),
    };
    bench.db.restore(&[article], at(5)).unwrap();
    bench.prune(&by_age(1), 1000);
    assert_eq!(bench.left(), ["mine"]);
    bench.with_feeds(&["one"]);
    bench.prune(&by_age(1), 1000);
    assert!(bench.left().is_empty());
}

fn feeds_with_a_tag_that_is_kept_let_nothing_go(bench: &mut Bench) {
    let tagged = FeedSpec {
        tags: vec!["keep".to_owned()],
        ..spec("one")
    };
    bench
        .db
        .sync_feeds(&set(vec![tagged, spec("two")]), at(0))
        .unwrap();
    bench.poll("one", 0, vec![insert(dated("a", 0))]);
    bench.poll("two", 0, vec![insert(dated("b", 0))]);
    let retention = Retention {
        keep_tagged: vec!["keep".to_owned()],
        ..by_age(1)
    };
    bench.prune(&retention, 1000);
    assert_eq!(bench.left(), ["a"]);
}
