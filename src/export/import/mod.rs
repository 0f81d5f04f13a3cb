//! What this wrote, read back: Markdown; and records, which know their articles.

mod jsonl;
mod markdown;

use std::{io, path::Path};

use super::{Format, ImportError, open_unpacked, parquet, sqlite};
use crate::model::{ArticleId, Fingerprint, StoredArticle, printable};

pub use jsonl::JsonlReader;
pub(super) use jsonl::record;
pub use markdown::read_markdown;

/// Articles one by one; the first error is the end.
pub type Records = Box<dyn Iterator<Item = Result<StoredArticle, ImportError>>>;

/// Opens a file of records; `None` if its format holds none that can be taken back.
///
/// # Errors
/// What the system says, or that the file is damaged; more of that may come while reading.
pub fn records(path: &Path, format: Format) -> io::Result<Option<Records>> {
    Ok(Some(match format {
        Format::Jsonl => Box::new(JsonlReader::new(open_unpacked(path)?, path)),
        Format::Parquet => parquet::records(path)?,
        Format::Sqlite => sqlite::records(path)?,
        _ => return Ok(None),
    }))
}

/// Records as they come, their errors with their number; nothing comes after the first.
pub(super) fn numbered(
    path: &Path,
    rows: impl Iterator<Item = Result<StoredArticle, String>> + 'static,
) -> Records {
    let path = path.to_owned();
    let mut is_over = false;
    let rows = rows.zip(1..).map(move |(row, line)| {
        row.map_err(|expected| ImportError {
            path: path.clone(),
            line,
            expected: printable(&expected),
        })
    });
    Box::new(rows.take_while(move |row| !std::mem::replace(&mut is_over, row.is_err())))
}

/// How an imported article gets its identity; the functions are `normalize`'s.
#[derive(Clone, Copy, Debug)]
pub struct Identify {
    /// The canonical form of a URL; `None` if it is not http or https.
    pub canonical_url: fn(&str) -> Option<String>,
    /// The id, from canonical URL, title and body.
    pub article_id: fn(Option<&str>, &str, &str) -> ArticleId,
    /// The fingerprint, from title, authors, canonical URL and body.
    pub fingerprint: fn(&str, &[String], Option<&str>, &str) -> Fingerprint,
}
