//! Articles out as files and streams, and back in from the files this wrote.
//!
//! `record` says what is exported, `format` chooses how, `formats/` and `targets/` do it. The order
//! and the bytes of an export depend on the articles alone: nothing here reads a clock, the
//! environment or the network, and no text from outside becomes a path but through `targets/name`.

mod error;
mod format;
mod formats;
mod import;
mod incremental;
mod manifest;
#[cfg_attr(not(feature = "parquet"), path = "without_parquet.rs")]
mod parquet;
mod record;
mod schema;
mod sqlite;
mod targets;
mod value;
mod verify;

#[cfg(test)]
mod tests;

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::model::{FeedId, StoredArticle};
use targets::{directory, file, partitions};

pub use error::{ExportError, ImportError};
pub use format::{Carrier, Cleanups, FeedHead, Format, Options};
pub use import::{Identify, JsonlReader, Records, read_markdown, records};
pub use incremental::{CursorError, Exported, Follow, Incremental, Keeper, Start};
pub use manifest::MANIFEST_VERSION;
pub use record::{SCHEMA_VERSION, Tombstone};
pub use schema::schema;
pub use targets::{
    packing::{Packing, open_unpacked},
    partitions::{Partition, PartitionBy},
};
pub use verify::{Fault, FaultKind, Verified, verify};

/// Writes articles in one format.
pub trait ArticleWriter {
    /// Writes what stands before the first article.
    ///
    /// # Errors
    /// What `out` reports.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Writes one article.
    ///
    /// # Errors
    /// What `out` reports.
    fn article(&mut self, out: &mut dyn Write, article: &StoredArticle) -> io::Result<()>;

    /// Writes that an article is to be dropped; see [`Format::has_tombstones`].
    ///
    /// # Errors
    /// What `out` reports, and [`io::ErrorKind::Unsupported`] where the format has no place for it.
    fn removed(&mut self, _: &mut dyn Write, _: &Tombstone) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes what stands after the last article.
    ///
    /// # Errors
    /// What `out` reports.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where articles come from, page by page, so that an export's memory does not grow with the store.
pub trait ArticleSource {
    /// The next articles; an empty page is the end.
    ///
    /// # Errors
    /// Whatever kept the articles from being read.
    fn next_page(&mut self)
    -> Result<Vec<StoredArticle>, Box<dyn std::error::Error + Send + Sync>>;

    /// The feed that the articles of the last page are asked for by, where they come feed by feed.
    fn feed(&self) -> Option<&FeedId> {
        None
    }
}

/// Where articles go.
pub enum Target<'a> {
    /// A stream, usually standard output.
    Stream(&'a mut dyn Write),
    /// One file, replaced whole or not at all.
    File(&'a Path),
    /// A folder: a file per article for Markdown, else one file such as `articles.jsonl`.
    Directory(&'a Path),
}

/// What an export did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Articles exported.
    pub articles: u64,
    /// Files written.
    pub written: u64,
    /// Files left alone because their bytes were the same already.
    pub unchanged: u64,
    /// Files removed because their article's file has another name now.
    pub removed: u64,
    /// Files of partitions removed because no article falls into them any more.
    pub emptied: u64,
}

/// What went through an export.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    articles: u64,
    first_seq: Option<i64>,
    last_seq: Option<i64>,
}

impl Tally {
    fn count(&mut self, stored: &StoredArticle) {
        self.articles += 1;
        let (first, last) = (self.first_seq, self.last_seq);
        self.first_seq = Some(first.map_or(stored.seq, |first| first.min(stored.seq)));
        self.last_seq = last.max(Some(stored.seq));
    }

    /// Both together.
    fn and(self, other: Self) -> Self {
        let firsts = [self.first_seq, other.first_seq];
        Self {
            articles: self.articles + other.articles,
            first_seq: firsts.into_iter().flatten().min(),
            last_seq: self.last_seq.max(other.last_seq),
        }
    }
}

/// Exports everything `source` gives; `progress` hears the number of articles so far.
///
/// # Errors
/// [`ExportError::PipeClosed`] if the stream's reader went away, which is a clean end; any other
/// means that the export is not complete, and says what to do.
pub fn run(
    source: &mut dyn ArticleSource,
    options: &Options,
    target: Target<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    match target {
        Target::Stream(out) => {
            let tally = stream(source, options, out, progress, &ExportError::stream)?;
            Ok(Summary {
                articles: tally.articles,
                ..Summary::default()
            })
        }
        Target::File(path) => file::run(source, options, path, progress),
        Target::Directory(root) => match &options.partition {
            Some(partition) => partitions::run(source, options, partition, root, progress),
            None => directory::run(source, options, root, progress),
        },
    }
}

/// Writes all articles to one stream; `failed` says what a write error means there.
fn stream(
    source: &mut dyn ArticleSource,
    options: &Options,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
    failed: &dyn Fn(io::Error) -> ExportError,
) -> Result<Tally, ExportError> {
    let out = BufWriter::with_capacity(64 << 10, out);
    let packer = options.packing.packer(out).map_err(failed)?;
    let mut out = BufWriter::with_capacity(64 << 10, packer);
    let mut writer = options.writer();
    writer.begin(&mut out).map_err(failed)?;
    let tally = for_each(source, progress, &mut |article| {
        writer.article(&mut out, article).map_err(failed)
    })?;
    writer.finish(&mut out).map_err(failed)?;
    let packer = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    packer.finish().map_err(failed)?;
    Ok(tally)
}

/// Hands every article to `each`, and counts them.
fn for_each(
    source: &mut dyn ArticleSource,
    progress: &mut dyn FnMut(u64),
    each: &mut dyn FnMut(&StoredArticle) -> Result<(), ExportError>,
) -> Result<Tally, ExportError> {
    let mut tally = Tally::default();
    loop {
        let page = source.next_page().map_err(ExportError::Source)?;
        if page.is_empty() {
            return Ok(tally);
        }
        for article in &page {
            each(article)?;
            tally.count(article);
            progress(tally.articles);
        }
    }
}
