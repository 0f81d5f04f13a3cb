//! OPML, the lists that feed readers exchange: read leniently, written strictly.
//!
//! Only what Tidings keeps goes through: URL, name and tags. Nothing here touches the feed
//! files; `edit` adds what was imported.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

pub use write::write;

use super::{
    Env,
    error::ConfigError,
    feed_table::FeedFile,
    source::{Source, read_bytes},
};
use crate::model::FeedSpec;

/// Reads an OPML file for import. Entries with a mistake are errors, the others are returned,
/// each URL once.
#[must_use]
pub fn read_file(path: &Path, env: &Env) -> (Vec<FeedSpec>, Vec<ConfigError>) {
    match read_source(path, env, "check the path") {
        Ok(file) => (
            file.feeds.into_iter().map(|(_, feed)| feed).collect(),
            file.mistakes.into_iter().map(|(_, error)| error).collect(),
        ),
        Err(error) => (Vec::new(), vec![error]),
    }
}

/// Reads an OPML feed file with the places of its feeds.
pub(super) fn read_source(path: &Path, env: &Env, remedy: &str) -> Result<FeedFile, ConfigError> {
    let text = read::decode(read_bytes(path, env, remedy)?);
    Ok(read::read(Source::new(path, env, text)))
}
