//! Changes of the feed files that keep their comments: add, remove, set, pause.
//!
//! A change is made on the text's own tree, the result is read back as a feed file, and only a
//! result without new mistakes replaces the file, in one step. OPML files are never changed.

mod replace;
#[cfg(test)]
mod tests;
mod tree;

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Config, Env,
    address::{derive_id, feed_url},
    error::{ConfigError, ConfigErrors},
    feeds::{is_opml, load_feeds_with},
    opml,
    section::closest,
};
use crate::model::{Access, FeedId, FeedKind, FeedSpec, Opening};
use tree::FeedTree;

/// A feed to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFeed {
    /// http(s) URL.
    pub url: String,
    /// An id of its own; else one is derived from the URL.
    pub id: Option<FeedId>,
    /// The source name in exports.
    pub name: Option<String>,
    /// The shortest time between two polls.
    pub interval: Option<Duration>,
    /// Labels.
    pub tags: Vec<String>,
    /// What is expected at the URL.
    pub kind: FeedKind,
    /// Not polled for now.
    pub paused: bool,
    /// How its server is reached.
    pub access: Access,
}

impl From<FeedSpec> for NewFeed {
    /// What an import takes over; the id is derived anew. A foreign list opens no network and
    /// chooses no proxy.
    fn from(spec: FeedSpec) -> Self {
        let FeedSpec {
            url,
            name,
            interval,
            tags,
            kind,
            paused,
            ..
        } = spec;
        Self {
            url,
            id: None,
            name,
            interval,
            tags,
            kind,
            paused,
            access: Access::default(),
        }
    }
}

/// One change of a feed; an empty value removes the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another URL. The feed keeps its id: one that was derived is written down.
    Url(String),
    /// The source name.
    Name(Option<String>),
    /// The shortest time between two polls.
    Interval(Option<Duration>),
    /// Labels.
    Tags(Vec<String>),
    /// Groups of removal rules that are not applied.
    Keep(Vec<String>),
    /// Selectors of what else is removed.
    Remove(Vec<String>),
    /// What is expected at the URL.
    Kind(FeedKind),
    /// Not polled while set.
    Paused(bool),
    /// Private networks that it may be fetched from.
    AllowPrivate(Vec<Opening>),
    /// A proxy's name, or `none`.
    Proxy(Option<String>),
    /// No HTTP/2 while set.
    Http1Only(bool),
}

/// What [`add`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The file that was changed.
    pub file: PathBuf,
    /// Feeds that are new.
    pub added: Vec<FeedId>,
    /// Feeds left out because a feed file has their URL already.
    pub known: Vec<FeedId>,
}

/// What [`remove`] and [`change`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The file that was changed.
    pub file: PathBuf,
    /// The feed.
    pub id: FeedId,
}

/// Adds feeds to the end of the first TOML feed file, which is created if need be. Feeds whose
/// URL a feed file has already are left out.
///
/// # Errors
/// A URL that is not allowed, a file with syntax errors, one that cannot be written. Nothing is
/// changed then.
pub fn add(config: &Config, env: &Env, feeds: &[NewFeed]) -> Result<Added, ConfigErrors> {
    let path = config.feeds.iter().find(|path| !is_opml(path)).ok_or_else(|| {
        ConfigError::new("the settings name no TOML feed file to add to; write e.g. feeds = [\"feeds.toml\"]")
    })?;
    let _lock = lock(path, env)?;
    let mut tree = FeedTree::open_or_new(path, env)?;
    let (specs, _) = load_feeds_with(config, env, None);
    let mut known: HashMap<String, FeedId> = tree.urls().collect();
    known.extend(specs.into_iter().map(|spec| (spec.url, spec.id)));
    let mut done = Added {
        file: env.absolute(path),
        added: Vec::new(),
        known: Vec::new(),
    };
    for feed in feeds {
        let url = feed_url(&feed.url).map_err(ConfigError::new)?.to_string();
        if let Some(id) = known.get(&url) {
            done.known.push(id.clone());
            continue;
        }
        let derived = derive_id(&url).map_err(|error| ConfigError::new(error.to_string()))?;
        let id = feed.id.clone().unwrap_or(derived);
        known.insert(url.clone(), id.clone());
        done.added.push(id);
        tree.push(&NewFeed {
            url,
            ..feed.clone()
        });
    }
    if !done.added.is_empty() {
        save(&tree, config, env)?;
    }
    Ok(done)
}

/// Removes a feed, named by its id or URL, with the comments that are its own.
///
/// # Errors
/// As [`change`].
pub fn remove(config: &Config, env: &Env, feed: &str) -> Result<Edited, ConfigErrors> {
    edit(config, env, feed, |tree, index| {
        tree.remove(index);
        Ok(())
    })
}

/// Changes keys of a feed, named by its id or URL, in whichever TOML file has it.
///
/// # Errors
/// If no TOML file has the feed, the file has syntax errors or cannot be written, or the change
/// would be a mistake. Nothing is changed then.
pub fn change(
    config: &Config,
    env: &Env,
    feed: &str,
    changes: &[Change],
) -> Result<Edited, ConfigErrors> {
    edit(config, env, feed, |tree, index| {
        changes
            .iter()
            .try_for_each(|change| tree.change(index, change))
    })
}

/// Stops the polling of a feed until [`resume`].
///
/// # Errors
/// As [`change`].
pub fn pause(config: &Config, env: &Env, feed: &str) -> Result<Edited, ConfigErrors> {
    change(config, env, feed, &[Change::Paused(true)])
}

/// Lets a feed be polled again.
///
/// # Errors
/// As [`change`].
pub fn resume(config: &Config, env: &Env, feed: &str) -> Result<Edited, ConfigErrors> {
    change(config, env, feed, &[Change::Paused(false)])
}

fn edit(
    config: &Config,
    env: &Env,
    feed: &str,
    apply: impl FnOnce(&mut FeedTree, usize) -> Result<(), ConfigError>,
) -> Result<Edited, ConfigErrors> {
    let mut ids = Vec::new();
    let mut broken = Vec::new();
    for path in &config.feeds {
        if is_opml(path) {
            ids.extend(look_in_opml(path, env, feed)?);
            continue;
        }
        let Ok(_lock) = lock(path, env) else { continue };
        match FeedTree::open(path, env) {
            Ok(mut tree) => match tree.find(feed) {
                Some((index, id)) => {
                    apply(&mut tree, index)?;
                    save(&tree, config, env)?;
                    return Ok(Edited {
                        file: env.absolute(path),
                        id,
                    });
                }
                None => ids.extend(tree.ids()),
            },
            Err(errors) => broken.extend(errors.into_vec()),
        }
    }
    ConfigErrors::check(broken)?;
    let ids: Vec<&str> = ids.iter().map(FeedId::as_str).collect();
    let remedy = match closest(feed, &ids) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`tidings feed list` shows the feeds".to_owned(),
    };
    Err(ConfigError::new(format!("no feed file has the feed \"{feed}\"; {remedy}")).into())
}

/// The ids of an OPML file; an error with the remedy if the feed is among them.
fn look_in_opml(path: &Path, env: &Env, feed: &str) -> Result<Vec<FeedId>, ConfigError> {
    // A file that cannot be read is told by those who poll.
    let specs: Vec<FeedSpec> = opml::read_source(path, env, "").map_or_else(
        |_| Vec::new(),
        |file| file.feeds.into_iter().map(|(_, feed)| feed).collect(),
    );
    let url = feed_url(feed).ok().map(|url| url.to_string());
    if specs
        .iter()
        .any(|spec| spec.id.as_str() == feed || Some(&spec.url) == url.as_ref())
    {
        let shown = env.shown(path);
        let message = format!(
            "\"{feed}\" stands in an OPML file, which is not edited; edit it yourself, or take it out of `feeds` in the \
             settings and run `tidings feed import {}`",
            shown.display()
        );
        return Err(ConfigError::in_file(shown, message));
    }
    Ok(specs.into_iter().map(|spec| spec.id).collect())
}

/// Keeps other `tidings feed` commands out until dropped, so that none undoes another's change.
/// The folder is locked, because the file itself is replaced.
fn lock(path: &Path, env: &Env) -> Result<File, ConfigError> {
    let path = env.absolute(path);
    let folder = path.parent().unwrap_or(&env.cwd);
    // File systems without locks are edited without.
    let locked = File::open(folder).and_then(|folder| match folder.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok(folder),
    });
    locked.map_err(|error| {
        let message = format!("the folder cannot be opened: {error}; create it or correct `feeds` in the settings file");
        ConfigError::in_file(env.shown(folder), message)
    })
}

/// Replaces the file if its new text brings no mistake that was not there before.
fn save(tree: &FeedTree, config: &Config, env: &Env) -> Result<(), ConfigErrors> {
    let text = tree.text();
    let (_, before) = load_feeds_with(config, env, None);
    let (_, after) = load_feeds_with(config, env, Some((&tree.path, &text)));
    ConfigErrors::check(fresh(&before, after))?;
    replace::replace(&tree.path, &text).map_err(|error| {
        let message = format!("cannot be changed: {error}; it is as it was");
        ConfigError::in_file(env.shown(&tree.path), message).into()
    })
}

/// The mistakes that are new. Lines shift with an edit, so places and numbers do not count; nor
/// are they told, because the lines are not on disk.
fn fresh(before: &[ConfigError], after: Vec<ConfigError>) -> Vec<ConfigError> {
    let bare = |error: &ConfigError| {
        let text = format!("{:?} {:?} {}", error.file, error.key, error.message);
        text.replace(|c: char| c.is_ascii_digit(), "")
    };
    let mut known: Vec<String> = before.iter().map(bare).collect();
    let mut fresh = Vec::new();
    for error in after {
        let bare = bare(&error);
        match known.iter().position(|known| *known == bare) {
            Some(at) => drop(known.swap_remove(at)),
            None => fresh.push(ConfigError {
                position: None,
                ..error
            }),
        }
    }
    fresh
}
