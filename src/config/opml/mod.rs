//! OPML, the lists that feed readers exchange: read leniently, written strictly.
//!
//! Only what Tidings keeps goes through: URL, name and tags. Nothing here touches the feed
//! files; `edit` adds what was imported.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;

use read::Pages;
pub use write::write;

use super::{
    Env,
    error::ConfigError,
    feed_table::FeedFile,
    feeds::FeedList,
    source::{Source, read_bytes},
};

/// Reads an OPML file for import. Entries with a mistake are errors, the others are feeds, each URL
/// once. Pages of sites that are known by rule are replaced by their feeds, and those become warnings.
#[must_use]
pub fn read_file(path: &Path, env: &Env) -> FeedList {
    match read_by(path, env, "check the path", Pages::ByRule) {
        Ok(file) => FeedList {
            feeds: file.feeds.into_iter().map(|(_, feed)| feed).collect(),
            errors: file.mistakes.into_iter().map(|(_, error)| error).collect(),
            warnings: file.warnings.into_iter().map(|(_, told)| told).collect(),
        },
        Err(error) => FeedList {
            errors: vec![error],
            ..FeedList::default()
        },
    }
}

/// Reads an OPML feed file with the places of its feeds.
pub(super) fn read_source(path: &Path, env: &Env, remedy: &str) -> Result<FeedFile, ConfigError> {
    read_by(path, env, remedy, Pages::AsTheyStand)
}

fn read_by(path: &Path, env: &Env, remedy: &str, pages: Pages) -> Result<FeedFile, ConfigError> {
    let text = read::decode(read_bytes(path, env, remedy)?);
    Ok(read::read(Source::new(path, env, text), pages))
}
