//! What is told of a store's health and size, whatever kind of store it is.
//!
//! Values only: `sqlite/care` finds them, `cli/db` prints them.

use std::path::PathBuf;

use crate::model::{ArticleId, StoreId, Time};

/// How far a long work on a store is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// A part of the work begins, with so many steps; 0: nobody knows.
    Begins(&'static str, u64),
    /// So many steps of it are done.
    Done(u64),
}

/// Who is told how far it is.
pub type Told<'a> = &'a mut dyn FnMut(Progress);

/// Something that is wrong with a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The file's structure, in the words of the database.
    Structure(String),
    /// Rows of a table that point to rows that are not there.
    Dangling {
        /// The table.
        table: String,
        /// How many.
        rows: u64,
    },
    /// A rule of the store that rows break.
    Rule {
        /// What should not be.
        what: &'static str,
        /// How many rows break it.
        rows: u64,
    },
    /// An article.
    Article(DamagedArticle),
}

/// An article that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedArticle {
    /// Its number in the file.
    pub row: i64,
    /// Its id, as far as it is known.
    pub id: Option<ArticleId>,
    /// Its title as it can be read now.
    pub title: Option<String>,
    /// Nothing of it can be read.
    pub is_lost: bool,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Articles that could be counted.
    pub articles: u64,
    /// Articles whose hash was compared; `None` if none was to be.
    pub hashed: Option<u64>,
    /// The store is of an earlier version: its articles have no hashes yet, or hashes over other values.
    pub is_older: bool,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// The damaged articles.
    pub fn damaged(&self) -> impl Iterator<Item = &DamagedArticle> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::Article(article) => Some(article),
            _ => None,
        })
    }
}

/// What was written as a backup.
#[derive(Clone, Debug)]
pub struct BackedUp {
    /// Where.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Articles in it.
    pub articles: u64,
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Articles that the store has now.
    pub articles: u64,
    /// Where the store that was there is kept.
    pub kept: Option<PathBuf>,
    /// The backup's schema is older: the next command brings it up to date.
    pub is_older: bool,
}

/// What a compaction did.
#[derive(Clone, Copy, Debug)]
pub struct Compacted {
    /// Bytes of the store's files before.
    pub before: u64,
    /// And after.
    pub after: u64,
    /// False if another program read the store all the while: what was written lies in the log, and
    /// the file is cut when that program has ended.
    pub is_cut: bool,
}

/// Bytes that a compaction needs beside the store for a while, and those that there are.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Needed.
    pub needed: u64,
    /// Free for this user.
    pub free: u64,
}

/// One table or index, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The table it belongs to: its own name for a table.
    pub table: String,
    /// Bytes of its pages.
    pub bytes: u64,
    /// Of these, bytes that hold nothing.
    pub unused: u64,
}

/// What a store holds and takes.
#[derive(Clone, Debug)]
pub struct Stats {
    /// See [`StoreId`].
    pub store_id: StoreId,
    /// Number of the schema.
    pub schema: i64,
    /// Articles.
    pub articles: u64,
    /// Feeds that feed files name.
    pub feeds: u64,
    /// Feeds that none names any more.
    pub retired: u64,
    /// Pairs of feed and entry.
    pub sightings: u64,
    /// Replaced versions.
    pub revisions: u64,
    /// Deleted articles, by reason.
    pub tombstones: Vec<(String, u64)>,
    /// Polls in the history.
    pub polls: u64,
    /// Last number of the change sequence.
    pub last_seq: i64,
    /// Dates of the oldest and the newest article: publication, else first sight.
    pub span: Option<(Time, Time)>,
    /// Bytes of the file.
    pub file: u64,
    /// Bytes of the write-ahead log beside it.
    pub log: u64,
    /// Bytes of a page.
    pub page: u64,
    /// Pages that are used again before the file grows.
    pub free_pages: u64,
    /// Tables and indexes, largest first.
    pub parts: Vec<Part>,
}

impl Stats {
    /// Bytes of the file that hold something.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.file.saturating_sub(self.free_pages * self.page)
    }
}

/// What could be taken over from a damaged store.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Rows taken over, by table.
    pub rows: Vec<(String, u64)>,
    /// Articles that are as they were written.
    pub sound: u64,
    /// Articles that were taken over although something of them is damaged, and those that are lost.
    pub damaged: Vec<DamagedArticle>,
    /// Tables of which something could not be read, with the rows known to be lost, if they can be
    /// counted.
    pub lost: Vec<(String, Option<u64>)>,
    /// Rows left out because what they belong to is lost.
    pub orphans: u64,
}
