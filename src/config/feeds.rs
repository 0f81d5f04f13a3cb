//! All feed files together: the list of what is polled, each feed once.
//!
//! Good feeds are returned beside the mistakes; whether to go on is the caller's decision.

use std::{collections::HashMap, path::Path};

use url::Url;

use super::{
    Config, Env,
    address::{is_own_host, private_address},
    error::ConfigError,
    feed_table::{self, FeedFile},
    opml,
    section::Mistakes,
    source::Source,
};
use crate::model::{FeedSpec, Opening};

const MISSING: &str = "create it, or correct `feeds` in the settings file";
/// Of the file that `feed add` writes to.
const MISSING_FIRST: &str =
    "`tidings feed add URL` makes it, or correct `feeds` in the settings file";

/// What the feed files say.
#[derive(Clone, Debug, Default)]
pub struct FeedList {
    /// The feeds without a mistake, each once, in the order of the files.
    pub feeds: Vec<FeedSpec>,
    /// A feed file that is missing, a feed with a mistake, a feed that another one repeats.
    pub errors: Vec<ConfigError>,
    /// What concerns one feed alone and keeps it from being polled well: a credential that is missing,
    /// a private address without an opening.
    pub warnings: Vec<ConfigError>,
}

/// Reads every feed file that the settings name.
#[must_use]
pub fn read_feeds(config: &Config, env: &Env) -> FeedList {
    load_with(config, env, None)
}

/// As [`read_feeds`], for whom feeds and errors will do.
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
    let list = load_with(config, env, edited);
    (list.feeds, list.errors)
}

fn load_with(config: &Config, env: &Env, edited: Option<(&Path, &str)>) -> FeedList {
    let mut files = Vec::new();
    for path in &config.feeds {
        let edited = edited.filter(|(file, _)| *file == env.absolute(path));
        files.push(match edited {
            Some((_, text)) => Ok(feed_table::read(
                Source::new(path, env, text.to_owned()),
                config,
                env,
            )),
            None => read_file(path, config, env),
        });
    }
    tell_twins(&mut files);
    let mut list = FeedList::default();
    for file in files {
        let mut file = match file {
            Ok(file) => file,
            Err(error) => {
                list.errors.push(error);
                continue;
            }
        };
        warn_of_private(&mut file, config);
        for mistakes in [&mut file.mistakes, &mut file.warnings] {
            mistakes.sort_by_key(|(offset, _)| *offset);
        }
        let bare = |mistakes: Mistakes| mistakes.into_iter().map(|(_, error)| error);
        list.errors.extend(bare(file.mistakes));
        list.warnings.extend(bare(file.warnings));
        if list.feeds.is_empty() {
            list.feeds.reserve_exact(file.feeds.len());
        }
        list.feeds
            .extend(file.feeds.into_iter().map(|(_, feed)| feed));
    }
    list
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

/// Takes out the feeds that an earlier one repeats, by its URL or its id, and says so.
fn tell_twins(files: &mut [Result<FeedFile, ConfigError>]) {
    let mut twins: HashMap<(usize, usize), ConfigError> = HashMap::new();
    let (mut urls, mut ids) = (HashMap::new(), HashMap::new());
    let read = files.iter().enumerate();
    for (index, file) in read.filter_map(|(index, file)| Some((index, file.as_ref().ok()?))) {
        for (at, (offset, feed)) in file.feeds.iter().enumerate() {
            let same_url = urls
                .get(feed.url.as_str())
                .map(|first| ("url", *first, "the same feed; remove one of them"));
            let same_id = ids.get(&feed.id).map(|first| {
                let what = "the same id; give one of them another `id`";
                ("id", *first, what)
            });
            if let Some((key, (first, first_offset), what)) = same_url.or(same_id) {
                let first: &FeedFile = first;
                let message = format!("{} has {what}", first.source.place(first_offset));
                let mut error = file.source.error(*offset, &format!("feed.{key}"), message);
                error.feed = vec![feed.id.to_string(), feed.url.clone()];
                twins.insert((index, at), error);
                continue;
            }
            urls.insert(feed.url.as_str(), (file, *offset));
            ids.insert(&feed.id, (file, *offset));
        }
    }
    drop((urls, ids));
    if twins.is_empty() {
        return;
    }
    for (index, file) in files.iter_mut().enumerate() {
        let Ok(FeedFile {
            feeds, mistakes, ..
        }) = file
        else {
            continue;
        };
        let mut places = 0..;
        feeds.retain(|(offset, _)| {
            let at = places.next().unwrap_or_default();
            let twin = twins.remove(&(index, at));
            let is_first = twin.is_none();
            mistakes.extend(twin.map(|error| (*offset, error)));
            is_first
        });
    }
}

/// Says which feeds will be refused because they are on a private network that nobody opened.
fn warn_of_private(file: &mut FeedFile, config: &Config) {
    for (offset, feed) in &file.feeds {
        let Ok(url) = Url::parse(&feed.url) else {
            continue;
        };
        let Some(address) = private_address(&url) else {
            continue;
        };
        let opened = [&config.fetch.allow_private[..], &feed.access.allow_private].concat();
        if is_own_host(&url, &opened) {
            continue;
        }
        let opening = Opening {
            network: address.into(),
            port: url.port_or_known_default(),
        };
        let place = if is_opml(&file.source.path) {
            "in [fetch] of the settings"
        } else {
            "below this [[feed]]"
        };
        let message = format!(
            "{} is on a private network, where nothing is asked for without an opening; if that is meant, write \
             allow_private = [\"{opening}\"] {place}",
            url.host_str().unwrap_or_default()
        );
        let warning = file.source.error(*offset, "feed.url", message);
        file.warnings.push((*offset, warning));
    }
}
