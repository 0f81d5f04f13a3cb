//! Articles out as files and streams, and back in from the files this wrote.
//!
//! One file per format behind [`ArticleWriter`], one per kind of target. The order and the bytes
//! of an export depend on the articles alone: nothing here reads a clock, the environment or the
//! network, and no text from outside becomes a path but through `name`.

mod directory;
mod error;
mod escape;
mod file;
mod import;
mod jsonl;
mod markdown;
mod name;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::model::{Cleanup, FeedId, StoredArticle};

pub use error::{ExportError, ImportError};
pub use import::{Identify, read_markdown};

/// How articles are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format<'a> {
    /// The article schema: title, date, author and link as Markdown, then the body line by line.
    Markdown,
    /// One JSON object a line.
    Jsonl,
    /// The same with the bodies' HTML, safe to show, cleaned as these feeds ask.
    JsonlWithHtml(&'a Cleanups),
}

/// How feeds ask for their bodies to be cleaned.
pub type Cleanups = HashMap<FeedId, Cleanup>;

impl<'a> Format<'a> {
    /// Every format's name, in the order to show them.
    pub const NAMES: [&'static str; 2] = ["markdown", "jsonl"];

    /// The format of a name in [`Self::NAMES`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "markdown" => Some(Self::Markdown),
            "jsonl" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// A writer of this format, for one stream or file.
    #[must_use]
    pub fn writer(self) -> Box<dyn ArticleWriter + 'a> {
        match self {
            Self::Markdown => Box::new(markdown::Markdown),
            Self::Jsonl => Box::new(jsonl::Jsonl { html: None }),
            Self::JsonlWithHtml(cleanups) => Box::new(jsonl::Jsonl {
                html: Some(cleanups),
            }),
        }
    }
}

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
}

/// Where articles go.
pub enum Target<'a> {
    /// A stream, usually standard output.
    Stream(&'a mut dyn Write),
    /// One file, replaced whole or not at all.
    File(&'a Path),
    /// A folder: a file per article for Markdown, `articles.jsonl` for JSON Lines.
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
}

/// Exports everything `source` gives; `progress` hears the number of articles so far.
///
/// # Errors
/// [`ExportError::PipeClosed`] if the stream's reader went away, which is a clean end; any other
/// means that the export is not complete, and says what to do.
pub fn run(
    source: &mut dyn ArticleSource,
    format: Format<'_>,
    target: Target<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    match (target, format) {
        (Target::Stream(out), _) => {
            let articles = stream(source, format, out, progress, &ExportError::stream)?;
            Ok(Summary {
                articles,
                ..Summary::default()
            })
        }
        (Target::File(path), _) => file::run(source, format, path, progress),
        (Target::Directory(root), Format::Jsonl | Format::JsonlWithHtml(_)) => {
            directory::create(root)?;
            file::run(source, format, &root.join("articles.jsonl"), progress)
        }
        (Target::Directory(root), Format::Markdown) => directory::run(source, root, progress),
    }
}

/// Writes all articles to one stream; `failed` says what a write error means there.
fn stream(
    source: &mut dyn ArticleSource,
    format: Format<'_>,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
    failed: &dyn Fn(io::Error) -> ExportError,
) -> Result<u64, ExportError> {
    let mut out = BufWriter::with_capacity(64 << 10, out);
    let mut writer = format.writer();
    writer.begin(&mut out).map_err(failed)?;
    let count = for_each(source, progress, &mut |article| {
        writer.article(&mut out, article).map_err(failed)
    })?;
    writer
        .finish(&mut out)
        .and_then(|()| out.flush())
        .map_err(failed)?;
    Ok(count)
}

/// Hands every article to `each`; returns how many there were.
fn for_each(
    source: &mut dyn ArticleSource,
    progress: &mut dyn FnMut(u64),
    each: &mut dyn FnMut(&StoredArticle) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    let mut count = 0;
    loop {
        let page = source.next_page().map_err(ExportError::Source)?;
        if page.is_empty() {
            return Ok(count);
        }
        for article in &page {
            each(article)?;
            count += 1;
            progress(count);
        }
    }
}
