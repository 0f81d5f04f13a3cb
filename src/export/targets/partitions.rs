//! A folder of parts of one table, as Hive lays them out: `date=2026-01-31/articles.parquet`.
//!
//! Articles come in the order of their partitions, so that one file is open at a time. What is
//! exported holds whole partitions: the days or months that a range touches, the feeds that were
//! asked for. Of what an earlier export of the same question left, and only by its manifest, files
//! of partitions that this export covers and found empty are removed; all others stay.

use std::{
    collections::{BTreeMap, VecDeque},
    error::Error,
    fs, io,
    path::Path,
};

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveTime};
use serde_json::{Map, Value};

use super::{directory, file};
use crate::{
    export::{
        ArticleSource, ExportError, Options, Summary, Tally,
        manifest::{self, FileEntry},
    },
    model::{FeedId, StoredArticle, Time},
};

/// Where articles go that no feed carried; Hive's own name for it.
const NONE: &str = "__HIVE_DEFAULT_PARTITION__";

/// What a table is cut by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionBy {
    /// The day on which an article was first seen, in UTC.
    Day,
    /// The month in which it was.
    Month,
    /// The feed that carried it; an article of several feeds is in each of their partitions.
    Feed,
}

/// Which partitions are exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// What the table is cut by.
    pub by: PartitionBy,
    /// Only articles first seen at or after; the beginning of a partition.
    pub since: Option<Time>,
    /// Only articles first seen before; the beginning of a partition.
    pub until: Option<Time>,
    /// Only these feeds; empty = all.
    pub feeds: Vec<FeedId>,
}

impl PartitionBy {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Feed => "feed",
        }
    }

    /// The name of its column.
    fn column(self) -> &'static str {
        match self {
            Self::Day => "date",
            Self::Month => "month",
            Self::Feed => "feed",
        }
    }

    /// The beginning of the partition that holds this moment.
    fn beginning(self, at: Time) -> Option<Time> {
        let day = at.date_naive();
        let day = match self {
            Self::Day => Some(day),
            Self::Month => day.with_day(1),
            Self::Feed => return None,
        };
        day.map(midnight)
    }

    /// The end of the partition that begins here.
    fn end(self, beginning: Time) -> Option<Time> {
        let day = beginning.date_naive();
        let next = match self {
            Self::Day => day.checked_add_days(Days::new(1)),
            Self::Month => day.checked_add_months(Months::new(1)),
            Self::Feed => None,
        };
        next.map(midnight)
    }
}

fn midnight(day: NaiveDate) -> Time {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl Partition {
    /// The whole partitions that a range of first sights touches; of feeds, those that are named.
    #[must_use]
    pub fn new(
        by: PartitionBy,
        since: Option<Time>,
        until: Option<Time>,
        feeds: Vec<FeedId>,
    ) -> Self {
        let whole = |at: Time| by.beginning(at).unwrap_or(at);
        let past = |at: Time| match by.beginning(at) {
            Some(beginning) if beginning < at => by.end(beginning).unwrap_or(at),
            _ => at,
        };
        Self {
            by,
            since: since.map(whole),
            until: until.map(past),
            feeds,
        }
    }

    /// The folder of an article.
    fn folder(&self, stored: &StoredArticle, feed: Option<&FeedId>) -> String {
        let column = self.by.column();
        match (self.by, feed) {
            (PartitionBy::Day, _) => format!("{column}={}", stored.first_seen.format("%Y-%m-%d")),
            (PartitionBy::Month, _) => format!("{column}={}", stored.first_seen.format("%Y-%m")),
            // Ids are of a-z, 0-9, '.', '_' and '-'.
            (PartitionBy::Feed, Some(feed)) => format!("{column}={feed}"),
            (PartitionBy::Feed, None) => format!("{column}={NONE}"),
        }
    }

    /// True if the partition of that folder is wholly among what is exported.
    fn covers(&self, folder: &str) -> bool {
        let name = folder.strip_prefix(self.by.column());
        let Some(name) = name.and_then(|name| name.strip_prefix('=')) else {
            return false;
        };
        let beginning = match self.by {
            PartitionBy::Day => name.parse::<NaiveDate>(),
            PartitionBy::Month => format!("{name}-01").parse::<NaiveDate>(),
            PartitionBy::Feed => {
                let is_named = self.feeds.iter().any(|feed| feed.as_str() == name);
                return is_named || self.feeds.is_empty();
            }
        };
        let Ok(beginning) = beginning.map(midnight) else {
            return false;
        };
        self.since.is_none_or(|since| since <= beginning)
            && self.until.is_none_or(|until| beginning < until)
    }

    /// True if an earlier export asked the same but for the partitions that it wanted.
    fn is_same_question(&self, former: &Map<String, Value>, query: &Map<String, Value>) -> bool {
        let which: &[&str] = match self.by {
            PartitionBy::Day | PartitionBy::Month => &["since_collected", "until_collected"],
            PartitionBy::Feed => &["feed"],
        };
        let rest = |query: &Map<String, Value>| {
            let mut query = query.clone();
            query.retain(|name, _| !which.contains(&name.as_str()));
            query
        };
        rest(former) == rest(query)
    }
}

/// Exports below `root`.
pub(in crate::export) fn run(
    source: &mut dyn ArticleSource,
    options: &Options,
    partition: &Partition,
    root: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    directory::create(root)?;
    let manifest = manifest::beside_folder(root);
    let former = manifest::read(&manifest)?;
    let root = &root.canonicalize().unwrap_or_else(|_| root.to_owned());
    // From the manifest's folder on.
    let above = format!(
        "{}/",
        root.file_name().unwrap_or_default().to_string_lossy()
    );
    let mut parts = Parts {
        source,
        partition,
        waiting: VecDeque::new(),
        folder: String::new(),
        next: String::new(),
    };
    let mut files: BTreeMap<String, FileEntry> = BTreeMap::new();
    let (mut summary, mut tally) = (Summary::default(), Tally::default());
    while parts.begin_next().map_err(ExportError::Source)? {
        let below = format!("{}/{}", parts.folder, options.format.file_name());
        let name = format!("{above}{below}");
        if files.contains_key(&name) {
            let why = "the articles do not come in the order of their partitions";
            return Err(ExportError::Source(why.into()));
        }
        let path = root.join(&below);
        directory::create(&file::folder_of(&path))?;
        let before = tally.articles;
        let (part, found, sum) = file::write(&mut parts, options, &path, &mut |done| {
            progress(before + done);
        })?;
        summary.written += part.written;
        summary.unchanged += part.unchanged;
        tally = tally.and(found);
        files.insert(name.clone(), FileEntry::new(name, sum, found.articles));
    }
    summary.articles = tally.articles;
    if let Some(former) = &former
        && partition.is_same_question(&former.query, &options.query)
    {
        let is_gone = |path: &str| {
            let is_covered = path
                .strip_prefix(&above)
                .and_then(|below| below.split_once('/'));
            manifest::is_inside(path)
                && !files.contains_key(path)
                && is_covered.is_some_and(|(folder, name)| {
                    name == options.format.file_name() && partition.covers(folder)
                })
        };
        let folder = manifest.parent().unwrap_or(Path::new("."));
        let paths = former.files.iter().map(|file| file.path.as_str());
        summary.emptied = remove(folder, paths.filter(|path| is_gone(path)))?;
    }
    manifest::write(
        &manifest,
        options,
        tally,
        files.into_values().collect(),
        former,
    )?;
    Ok(summary)
}

/// Removes files and the folders that this empties; gives how many were there.
fn remove<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Result<u64, ExportError> {
    let mut removed = 0;
    for path in paths.map(|path| root.join(path)) {
        match fs::remove_file(&path) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(ExportError::file("remove", &path, error)),
        }
        // A folder that still holds something refuses, which is meant.
        let _ = fs::remove_dir(file::folder_of(&path));
    }
    Ok(removed)
}

/// The articles of one partition, then those of the next.
struct Parts<'a> {
    source: &'a mut dyn ArticleSource,
    partition: &'a Partition,
    /// Read already, each with its folder.
    waiting: VecDeque<(String, StoredArticle)>,
    /// Of the partition under way.
    folder: String,
    /// Of the article that waits first.
    next: String,
}

impl Parts<'_> {
    /// Begins the next partition; false if there is none.
    fn begin_next(&mut self) -> Result<bool, Box<dyn Error + Send + Sync>> {
        self.fill()?;
        self.folder.clone_from(&self.next);
        Ok(!self.waiting.is_empty())
    }

    /// Reads on if nothing waits.
    fn fill(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.waiting.is_empty() {
            let page = self.source.next_page()?;
            let feed = self.source.feed();
            let page = page
                .into_iter()
                .map(|stored| (self.partition.folder(&stored, feed), stored));
            self.waiting = page.collect();
        }
        if let Some((folder, _)) = self.waiting.front() {
            self.next.clone_from(folder);
        }
        Ok(())
    }
}

impl ArticleSource for Parts<'_> {
    fn next_page(&mut self) -> Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        self.fill()?;
        let is_other = |(folder, _): &(String, StoredArticle)| *folder != self.folder;
        let end = self.waiting.iter().position(is_other);
        let page = self.waiting.drain(..end.unwrap_or(self.waiting.len()));
        Ok(page.map(|(_, stored)| stored).collect())
    }
}
