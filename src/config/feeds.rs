//! All feed files together: the list of what is polled, each feed once.
//!
//! Good feeds are returned beside the mistakes; whether to go on is the caller's decision.

use std::{collections::HashMap, path::Path};

use super::{
    Config, Env,
    error::ConfigError,
    feed_table::{self, FeedFile},
    opml,
    section::Mistakes,
    source::Source,
};
use crate::model::FeedSpec;

const MISSING: &str = "create it, or correct `feeds` in the settings file";
/// Of the file that `feed add` writes to.
const MISSING_FIRST: &str =
    "`tidings feed add URL` makes it, or correct `feeds` in the settings file";

/// Reads every feed file that the settings name.
///
/// A feed file that is missing, a feed with a mistake and a feed that another one repeats are
/// errors; all the other feeds are returned, in the order of the files.
#[must_use]
pub fn load_feeds(config: &Config, env: &Env) -> (Vec<FeedSpec>, Vec<ConfigError>) {
    load_feeds_with(config, env, None)
}

/// True before the first feed: the settings name no feed file but the default one, and it is not
/// there yet. `load_feeds` calls that a mistake, because whoever polls has nothing to do.
#[must_use]
pub fn no_feeds_yet(config: &Config, env: &Env) -> bool {
    match config.feeds.as_slice() {
        [path] => path.ends_with("feeds.toml") && !env.absolute(path).exists(),
        _ => false,
    }
}

/// As [`load_feeds`], with another text for one of the files: what an edit would make of them.
pub(super) fn load_feeds_with(
    config: &Config,
    env: &Env,
    edited: Option<(&Path, &str)>,
) -> (Vec<FeedSpec>, Vec<ConfigError>) {
    let mut seen = Seen::default();
    let mut feeds = Vec::new();
    let mut errors = Vec::new();
    for path in &config.feeds {
        let edited = edited.filter(|(file, _)| *file == env.absolute(path));
        let file = match edited {
            Some((_, text)) => Ok(feed_table::read(
                Source::new(path, env, text.to_owned()),
                config,
                env,
            )),
            None => read_file(path, config, env),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let (new, mut mistakes) = seen.admit(file);
        feeds.extend(new);
        mistakes.sort_by_key(|(offset, _)| *offset);
        errors.extend(mistakes.into_iter().map(|(_, error)| error));
    }
    (feeds, errors)
}

/// Reads one feed file of either kind.
fn read_file(path: &Path, config: &Config, env: &Env) -> Result<FeedFile, ConfigError> {
    if is_opml(path) {
        opml::read_source(path, env, MISSING)
    } else {
        let first = config.feeds.iter().find(|file| !is_opml(file));
        let remedy = if first.is_some_and(|first| first == path) {
            MISSING_FIRST
        } else {
            MISSING
        };
        Ok(feed_table::read(
            Source::read(path, env, remedy)?,
            config,
            env,
        ))
    }
}

/// Told by the name, as everywhere in Tidings.
pub(super) fn is_opml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("opml"))
}

/// URLs and ids so far, each with its file and offset; places are worked out only for messages.
#[derive(Default)]
struct Seen {
    sources: Vec<Source>,
    urls: HashMap<String, (usize, usize)>,
    ids: HashMap<String, (usize, usize)>,
}

impl Seen {
    /// The feeds of a file that no earlier one repeats, and the file's mistakes.
    fn admit(&mut self, file: FeedFile) -> (Vec<FeedSpec>, Mistakes) {
        let mut mistakes = file.mistakes;
        let index = self.sources.len();
        self.sources.push(file.source);
        let mut feeds = Vec::with_capacity(file.feeds.len());
        for (offset, feed) in file.feeds {
            let same_url = self
                .urls
                .get(&feed.url)
                .map(|at| ("url", *at, "the same feed; remove one of them"));
            let same_id = self
                .ids
                .get(feed.id.as_str())
                .map(|at| ("id", *at, "the same id; give one of them another `id`"));
            if let Some((key, (other, other_offset), what)) = same_url.or(same_id) {
                let message = format!("{} has {what}", self.sources[other].place(other_offset));
                let error = self.sources[index].error(offset, &format!("feed.{key}"), message);
                mistakes.push((offset, error));
                continue;
            }
            self.urls.insert(feed.url.clone(), (index, offset));
            self.ids.insert(feed.id.to_string(), (index, offset));
            feeds.push(feed);
        }
        (feeds, mistakes)
    }
}
