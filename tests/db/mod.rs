//! `tidings db` and the stores it is for: damaged, in use, full, old, cut off in the middle.

mod backups;
mod damage;
mod kills;
mod migrating;
mod recovering;
mod retention;
mod scale;
pub(crate) mod together;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tidings::{
    model::{Article, ArticleQuery, RawHtml, StoredArticle},
    store::{
        Backend as _, StoreError,
        care::{CheckReport, Progress},
        sqlite::{Sqlite, care},
    },
};

use crate::contract::{at, batch, claim, insert, set, spec, story};

/// Numbers that look random and are the same in each run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}

/// An article with a long body and its markup, different from all others.
fn long_story(slug: &str) -> Article {
    let mut dice = Dice::new(slug.bytes().map(u64::from).sum::<u64>() + 977 * slug.len() as u64);
    let words = ["news", "of", "the", "day", "in", "brief", "über", "市議会"];
    let count = 100 + dice.below(900);
    let body: Vec<&str> = (0..count).map(|_| words[dice.below(words.len())]).collect();
    let body = format!("{slug} {}", body.join(" "));
    Article {
        html: Some(RawHtml {
            text: format!("<p>{body}</p>"),
            base: None,
        }),
        body,
        ..story(slug)
    }
}

/// Adds articles to a store as a poll of its one feed does.
fn add(store: &mut Sqlite, minute: i64, slugs: impl Iterator<Item = String>) {
    let due = store
        .claim(&["one".parse().unwrap()], &claim(minute))
        .unwrap();
    let entries = slugs.map(|slug| insert(long_story(&slug))).collect();
    let batch = batch(&due.feeds[0].feed, minute, entries);
    store.commit(&[batch]).unwrap().remove(0).unwrap();
}

/// A store of so many articles, closed.
fn stored(articles: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    store.sync_feeds(&set(vec![spec("one")]), at(0)).unwrap();
    add(&mut store, 0, (0..articles).map(|n| format!("s{n}")));
    drop(store);
    (folder, path)
}

fn check(path: &Path, deep: bool) -> Result<CheckReport, StoreError> {
    care::check(path, deep, &mut quietly)
}

fn quietly(_: Progress) {}

/// Every article with its markup, in the order of its number; without what sightings add.
fn articles(path: &Path) -> Result<Vec<StoredArticle>, StoreError> {
    let query = ArticleQuery {
        with_html: true,
        ..ArticleQuery::default()
    };
    let mut all = Sqlite::open_reader(path)?
        .articles(&query, None, 100_000)?
        .articles;
    for stored in &mut all {
        stored.feeds.clear();
        stored.article.guid = None;
    }
    all.sort_by_key(|stored| stored.seq);
    Ok(all)
}
