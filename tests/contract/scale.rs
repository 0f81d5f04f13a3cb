//! What the store's questions cost in a large store; run by hand, prints times.
//!
//! `cargo test --release --test tidings contract::scale -- --ignored --nocapture`

#![allow(clippy::print_stderr, reason = "printing figures is what it is for")]

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tidings::{
    model::{ArticleQuery, EntryKey, FeedFilter},
    store::{Backend as _, Claim, sqlite::Sqlite},
};

use super::{article_id, at, batch, claim, id, insert, key, set, spec, spec_on, story};

const FEEDS: usize = 100_000;
const ARTICLES: usize = 300_000;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let value = work();
    eprintln!("{:>10.2?}  {what}", started.elapsed());
    value
}

/// The feeds, half of them on one host, and their articles, three a feed.
fn large() -> (TempDir, Sqlite, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    let feed = |n: usize| match n % 2 {
        0 => spec_on(&format!("feed-{n}"), "big.example"),
        _ => spec(&format!("feed-{n}")),
    };
    let feeds = set((0..FEEDS).map(feed).collect());
    timed("sync 100,000 new feeds", || {
        store.sync_feeds(&feeds, at(0)).unwrap()
    });
    timed("sync 100,000 unchanged feeds", || {
        store.sync_feeds(&feeds, at(0)).unwrap()
    });
    let body = "Some words of an article of medium length. ".repeat(50);
    let stores = Instant::now();
    for first in (0..FEEDS).step_by(50) {
        let ids: Vec<_> = (first..first + 50)
            .map(|n| id(&format!("feed-{n}")))
            .collect();
        let claimed = store.claim(&ids, &claim(0)).unwrap().feeds;
        let batches: Vec<_> = claimed
            .iter()
            .zip(first..)
            .map(|(claimed, feed)| {
                let entries = (0..ARTICLES / FEEDS).map(|n| {
                    let mut article = super::version(&format!("f{feed}-{n}"), &body);
                    article.id.0[..8].copy_from_slice(&(feed * 7 + n).to_le_bytes());
                    let minute = i64::try_from((feed * 31 + n * 977) % 400_000).unwrap();
                    article.published_at = Some(at(-minute));
                    let mut entry = insert(article);
                    entry.key = EntryKey(super::bytes(&format!("{n}")));
                    entry
                });
                let mut batch = batch(&claimed.feed, 0, entries.collect());
                let feed = i64::try_from(feed % 50).unwrap();
                batch.feed.as_mut().unwrap().next_poll = at(60 + feed);
                batch
            })
            .collect();
        store.commit(&batches).unwrap();
    }
    eprintln!(
        "{:>10.2?}  store 300,000 articles, 50 polls a group",
        stores.elapsed()
    );
    (folder, store, path)
}

#[test]
#[ignore = "takes minutes; prints figures"]
fn a_hundred_thousand_feeds_and_three_hundred_thousand_articles() {
    let (_folder, mut store, path) = large();
    for again in ["first", "again"] {
        eprintln!("--- {again}");
        ask_for_feeds(&mut store);
        ask_for_articles(&mut store);
    }
    timed("maintain (with ANALYZE)", || {
        store.maintain(at(0), at(-1)).unwrap()
    });
    store = Sqlite::open(&path).unwrap();
    eprintln!("--- after ANALYZE");
    ask_for_feeds(&mut store);
    ask_for_articles(&mut store);
}

fn ask_for_feeds(store: &mut Sqlite) {
    let polite = Claim {
        limit: 64,
        per_host: 1,
        spacing: Duration::from_secs(2),
        ..claim(2000)
    };
    let claimed = timed("claim_due: 64 of 100,000, one host half of them", || {
        store.claim_due(&polite).unwrap()
    });
    assert_eq!(claimed.len(), 64);
    let feeds: Vec<_> = claimed.into_iter().map(|claimed| claimed.feed).collect();
    timed("release 64", || store.release(&feeds).unwrap());
    timed("claim_due: nothing is due", || {
        store.claim_due(&claim(1)).unwrap()
    });
    timed("next_due", || store.next_due().unwrap());
    timed("health", || store.health(at(2000)).unwrap());
    timed("replan: nothing to do", || {
        store.replan(at(1), None).unwrap()
    });
    let due = store.claim(&[id("feed-1")], &claim(3000)).unwrap().feeds;
    let entries = vec![insert(story("measured"))];
    timed("commit one poll with one article", || {
        store.commit(&[batch(&due[0].feed, 3000, entries)]).unwrap()
    });
    timed("break_leases", || store.break_leases().unwrap());
}

fn ask_for_articles(store: &mut Sqlite) {
    let entries: Vec<_> = (0..100)
        .map(|n| (key(&n.to_string()), article_id("none")))
        .collect();
    timed("known: 100 entries", || store.known(500, &entries).unwrap());
    let query = ArticleQuery::default();
    let page = timed("articles: first 100", || {
        store.articles(&query, None, 100).unwrap()
    });
    timed("articles: next 100", || {
        store.articles(&query, page.next, 100).unwrap()
    });
    let newest = ArticleQuery {
        newest_first: true,
        since: Some(at(-40_000)),
        ..query.clone()
    };
    timed("articles: newest 100 since", || {
        store.articles(&newest, None, 100).unwrap()
    });
    timed("count since", || store.count(&newest).unwrap());
    let of_feed = ArticleQuery {
        feeds: vec![id("feed-777")],
        ..query.clone()
    };
    timed("articles: of one feed", || {
        store.articles(&of_feed, None, 100).unwrap()
    });
    timed("count: of one feed", || store.count(&of_feed).unwrap());
    timed("count: all", || store.count(&query).unwrap());
    timed("changes: 100 in the middle", || {
        store.changes(150_000, 100).unwrap()
    });
    timed("changes: none", || store.changes(300_000, 100).unwrap());
    timed("polls of one feed", || {
        store.polls(&id("feed-777"), 50).unwrap()
    });
    timed("totals", || store.totals(at(-1)).unwrap());
    let one = FeedFilter {
        ids: vec![id("feed-777")],
        retired: true,
        count_articles: true,
        ..FeedFilter::default()
    };
    timed("feeds: one", || store.feeds(&one).unwrap());
    timed("feeds: all, counted", || {
        let all = FeedFilter {
            count_articles: true,
            ..FeedFilter::default()
        };
        store.feeds(&all).unwrap()
    });
}
