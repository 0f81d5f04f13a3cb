//! Folders of parts of one table: which partitions there are, what is removed and what stays.

use std::fs;

use super::*;
use crate::model::FeedId;

/// Articles by the day of their first sight, in its order.
struct Days(Vec<StoredArticle>);

impl Days {
    fn new(days: &[&str]) -> Self {
        let seen = |(nth, day): (usize, &&str)| StoredArticle {
            first_seen: format!("{day}T23:59:59.999Z").parse().unwrap(),
            seq: nth as i64,
            ..stored(article(&format!("{day} {nth}"), "body"))
        };
        Self(days.iter().enumerate().rev().map(seen).collect())
    }
}

impl ArticleSource for Days {
    fn next_page(&mut self) -> Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        let rest = self.0.len().saturating_sub(3);
        Ok(self.0.drain(rest..).rev().collect())
    }
}

fn at(day: &str) -> Option<Time> {
    format!("{day}T00:00:00Z").parse().ok()
}

fn options(partition: Partition) -> Options {
    Options {
        partition: Some(partition),
        ..Format::Jsonl.into()
    }
}

fn by(by: PartitionBy, since: Option<Time>, until: Option<Time>) -> Partition {
    Partition::new(by, since, until, Vec::new())
}

fn to(root: &Path, days: &[&str], options: &Options) -> Summary {
    let target = Target::Directory(root);
    run(&mut Days::new(days), options, target, &mut |_| {}).unwrap()
}

fn folders(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const DAYS: [&str; 5] = [
    "2026-01-30",
    "2026-01-31",
    "2026-01-31",
    "2026-02-01",
    "2026-02-01",
];

#[test]
fn each_day_or_month_has_a_folder_with_its_articles_and_nothing_else_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("lake");
    for (cut, expected) in [
        (
            PartitionBy::Day,
            vec![
                ("date=2026-01-30", 1),
                ("date=2026-01-31", 2),
                ("date=2026-02-01", 2),
            ],
        ),
        (
            PartitionBy::Month,
            vec![("month=2026-01", 3), ("month=2026-02", 2)],
        ),
    ] {
        let options = options(by(cut, None, None));
        let summary = to(&root, &DAYS, &options);
        assert_eq!(
            (summary.articles, summary.written),
            (5, expected.len() as u64)
        );
        let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
        assert_eq!(folders(&root), names);
        for (name, lines) in expected {
            let text = fs::read_to_string(root.join(name).join("articles.jsonl")).unwrap();
            assert_eq!(text.lines().count(), lines, "{name}");
        }
        let again = to(&root, &DAYS, &options);
        assert_eq!((again.written, again.emptied), (0, 0));
        let verified = verify(&root).unwrap();
        assert_eq!((verified.articles, &*verified.faults), (5, &[][..]));
        fs::remove_dir_all(&root).unwrap();
        fs::remove_file(dir.path().join("lake.manifest.json")).unwrap();
    }
}

#[test]
fn partitions_that_are_empty_by_now_are_removed_where_they_were_asked_for_and_listed() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("lake");
    let all = options(by(PartitionBy::Day, None, None));
    to(&root, &DAYS, &all);
    fs::write(root.join("date=2026-01-31/mine.txt"), "mine").unwrap();
    fs::create_dir(root.join("date=2026-01-01")).unwrap();
    fs::write(root.join("date=2026-01-01/articles.jsonl"), "another's").unwrap();
    // The range does not reach the first two days.
    let late = options(by(PartitionBy::Day, at("2026-02-01"), None));
    assert_eq!(to(&root, &[], &late).emptied, 1);
    assert_eq!(
        folders(&root),
        ["date=2026-01-01", "date=2026-01-30", "date=2026-01-31"]
    );
    assert_eq!(verify(&root).unwrap().articles, 3);
    // Another question says nothing of what the first one found.
    let mut other = all.clone();
    other.query.insert("language".to_owned(), "en".into());
    assert_eq!(to(&root, &[], &other).emptied, 0);
    assert_eq!(to(&root, &[], &all).emptied, 0);
    assert_eq!(to(&root, &DAYS[..1], &all).emptied, 1);
    assert_eq!(
        folders(&root),
        ["date=2026-01-01", "date=2026-01-30", "date=2026-01-31"]
    );
    assert!(root.join("date=2026-01-31/mine.txt").exists());
    assert!(!root.join("date=2026-01-31/articles.jsonl").exists());
    assert!(root.join("date=2026-01-01/articles.jsonl").exists());
}

#[test]
fn a_range_is_widened_to_whole_partitions() {
    let noon = "2026-01-15T12:00:00Z".parse().ok();
    let day = by(PartitionBy::Day, noon, noon);
    assert_eq!((day.since, day.until), (at("2026-01-15"), at("2026-01-16")));
    let month = by(PartitionBy::Month, noon, noon);
    assert_eq!(
        (month.since, month.until),
        (at("2026-01-01"), at("2026-02-01"))
    );
    let exact = by(PartitionBy::Month, at("2026-12-01"), at("2026-12-01"));
    assert_eq!(
        (exact.since, exact.until),
        (at("2026-12-01"), at("2026-12-01"))
    );
    let feed = by(PartitionBy::Feed, noon, noon);
    assert_eq!((feed.since, feed.until), (noon, noon));
}

/// A page for each feed, the last of none.
struct Feeds(Vec<Option<FeedId>>, Option<FeedId>);

impl ArticleSource for Feeds {
    fn next_page(&mut self) -> Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        let Some(feed) = self.0.pop() else {
            return Ok(Vec::new());
        };
        self.1 = feed;
        Ok(vec![stored(article("T", "body"))])
    }

    fn feed(&self) -> Option<&FeedId> {
        self.1.as_ref()
    }
}

#[test]
fn an_article_of_several_feeds_is_once_in_each_and_one_of_none_has_hives_own_name() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("lake");
    let feed = |id: &str| Some(id.parse().unwrap());
    let mut source = Feeds(vec![None, feed("b"), feed("a")], None);
    let options = options(by(PartitionBy::Feed, None, None));
    let summary = run(&mut source, &options, Target::Directory(&root), &mut |_| {}).unwrap();
    assert_eq!(summary.articles, 3);
    assert_eq!(
        folders(&root),
        ["feed=__HIVE_DEFAULT_PARTITION__", "feed=a", "feed=b"]
    );
}

#[test]
fn articles_out_of_order_are_an_error_and_replace_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let days = ["2026-01-01", "2026-01-02", "2026-01-01"];
    let options = options(by(PartitionBy::Day, None, None));
    let target = Target::Directory(dir.path());
    let result = run(&mut Days::new(&days), &options, target, &mut |_| {});
    assert!(matches!(result, Err(ExportError::Source(_))), "{result:?}");
}
