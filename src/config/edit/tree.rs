//! A TOML feed file as a tree that remembers its text: order, comments, white space.
//!
//! Changes the tree only; reading it back and replacing the file is the caller's.

use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, RawString, Table, Value};

use super::{Change, NewFeed};
use crate::{
    config::{
        Env,
        address::{derive_id, feed_url},
        document::Document,
        error::{ConfigError, ConfigErrors},
        source::Source,
    },
    model::{FeedId, FeedKind, Opening},
};

/// A feed file that can be edited: it parses, and its feeds are `[[feed]]` tables.
pub(super) struct FeedTree {
    pub(super) path: PathBuf,
    document: DocumentMut,
}

impl FeedTree {
    /// Reads a file.
    pub(super) fn open(path: &Path, env: &Env) -> Result<Self, ConfigErrors> {
        Self::parse(Source::read(
            path,
            env,
            "create it, or correct `feeds` in the settings file",
        )?)
    }

    /// Reads a file, or starts an empty one.
    pub(super) fn open_or_new(path: &Path, env: &Env) -> Result<Self, ConfigErrors> {
        let path = env.absolute(path);
        if path.symlink_metadata().is_ok() {
            Self::open(&path, env)
        } else {
            Self::parse(Source::new(&path, env, String::new()))
        }
    }

    fn parse(source: Source) -> Result<Self, ConfigErrors> {
        let Ok(mut document) = source.text.parse::<DocumentMut>() else {
            let shown = source.shown.clone();
            let errors = Document::parse(source)
                .errors
                .into_iter()
                .map(|(_, error)| error)
                .collect();
            ConfigErrors::check(errors)?;
            return Err(ConfigError::in_file(shown, "cannot be edited: it is not TOML").into());
        };
        let feeds = document
            .entry("feed")
            .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if !feeds.is_array_of_tables() {
            return Err(source
                .error(
                    0,
                    "feed",
                    "cannot be edited; write each feed as a table [[feed]]",
                )
                .into());
        }
        Ok(Self {
            path: source.path,
            document,
        })
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        self.document.to_string()
    }

    /// The feed of an id or URL, with its id.
    pub(super) fn find(&self, wanted: &str) -> Option<(usize, FeedId)> {
        let wanted_url = feed_url(wanted).ok().map(|url| url.to_string());
        self.feeds()?.iter().enumerate().find_map(|(index, feed)| {
            let id = feed_id(feed)?;
            let by_url = wanted_url.is_some() && wanted_url == url_of(feed);
            (by_url || id.as_str() == wanted).then_some((index, id))
        })
    }

    /// The ids of all feeds.
    pub(super) fn ids(&self) -> Vec<FeedId> {
        self.feeds()
            .into_iter()
            .flatten()
            .filter_map(feed_id)
            .collect()
    }

    /// The URLs of all feeds, with their ids.
    pub(super) fn urls(&self) -> impl Iterator<Item = (String, FeedId)> {
        let feeds = self.feeds().into_iter().flatten();
        feeds.filter_map(|feed| Some((url_of(feed)?, feed_id(feed)?)))
    }

    /// Appends a feed.
    pub(super) fn push(&mut self, feed: &NewFeed) {
        let mut table = Table::new();
        set(&mut table, "url", Some(feed.url.as_str().into()));
        set(
            &mut table,
            "id",
            feed.id.as_ref().map(|id| id.as_str().into()),
        );
        set(&mut table, "name", feed.name.as_deref().map(Into::into));
        set(&mut table, "interval", feed.interval.map(duration));
        set(&mut table, "tags", list(&feed.tags));
        set(&mut table, "kind", kind(feed.kind));
        set(&mut table, "paused", yes(feed.paused));
        let access = &feed.access;
        set(&mut table, "allow_private", openings(&access.allow_private));
        let proxy = access.proxy.as_ref().map(|way| way.name().into());
        set(&mut table, "proxy", proxy);
        set(&mut table, "http1_only", yes(access.http1_only));
        set(
            &mut table,
            "connect_timeout",
            access.connect_timeout.map(duration),
        );
        set(
            &mut table,
            "read_timeout",
            access.read_timeout.map(duration),
        );
        // What stood at the end of the file stays before the new feed.
        let trailing = raw(Some(self.document.trailing()));
        let is_first = self.feeds().is_none_or(ArrayOfTables::is_empty) && trailing.is_empty();
        let gap = if is_first || trailing.ends_with("\n\n") {
            ""
        } else {
            "\n"
        };
        table.decor_mut().set_prefix(trailing + gap);
        self.document.set_trailing("");
        if let Some(feeds) = self.feeds_mut() {
            feeds.push(table);
        }
    }

    /// Removes a feed and the comments that touch it; those behind a blank line are of others.
    pub(super) fn remove(&mut self, index: usize) {
        let Some(feeds) = self.feeds_mut().filter(|feeds| index < feeds.len()) else {
            return;
        };
        let before = feeds
            .get(index)
            .map(|feed| raw(feed.decor().prefix()))
            .unwrap_or_default();
        feeds.remove(index);
        match feeds.get_mut(index) {
            Some(next) => {
                let behind = raw(next.decor().prefix());
                next.decor_mut()
                    .set_prefix(join(&before, not_own(&behind, false)));
            }
            None => {
                let behind = raw(Some(self.document.trailing()));
                let left = join(&before, not_own(&behind, true));
                self.document.set_trailing(left);
            }
        }
    }

    /// Changes one key of a feed.
    pub(super) fn change(&mut self, index: usize, change: &Change) -> Result<(), ConfigError> {
        let Some(feed) = self.feeds_mut().and_then(|feeds| feeds.get_mut(index)) else {
            return Ok(());
        };
        match change {
            Change::Url(url) => {
                let url = feed_url(url).map_err(ConfigError::new)?;
                if !feed.contains_key("id") {
                    let id = feed_id(feed).map(|id| id.as_str().into());
                    set(feed, "id", id);
                }
                set(feed, "url", Some(url.as_str().into()));
            }
            Change::Name(name) => set(feed, "name", name.as_deref().map(Into::into)),
            Change::Interval(interval) => set(feed, "interval", interval.map(duration)),
            Change::Tags(tags) => set(feed, "tags", list(tags)),
            Change::Keep(groups) => set(feed, "keep", list(groups)),
            Change::Remove(selectors) => set(feed, "remove", list(selectors)),
            Change::Kind(wanted) => set(feed, "kind", kind(*wanted)),
            Change::Paused(paused) => set(feed, "paused", yes(*paused)),
            Change::AllowPrivate(networks) => set(feed, "allow_private", openings(networks)),
            Change::Proxy(name) => set(feed, "proxy", name.as_deref().map(Into::into)),
            Change::Http1Only(only) => set(feed, "http1_only", yes(*only)),
        }
        Ok(())
    }

    fn feeds(&self) -> Option<&ArrayOfTables> {
        self.document.get("feed")?.as_array_of_tables()
    }

    fn feeds_mut(&mut self) -> Option<&mut ArrayOfTables> {
        self.document.get_mut("feed")?.as_array_of_tables_mut()
    }
}

fn url_of(feed: &Table) -> Option<String> {
    Some(feed_url(feed.get("url")?.as_str()?).ok()?.to_string())
}

fn feed_id(feed: &Table) -> Option<FeedId> {
    match feed.get("id").and_then(Item::as_str) {
        Some(id) => id.parse().ok(),
        None => derive_id(&url_of(feed)?).ok(),
    }
}

/// Sets or removes a key; a value that is replaced leaves its comment to the new one.
fn set(table: &mut Table, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn duration(span: std::time::Duration) -> Value {
    humantime::format_duration(span).to_string().into()
}

/// A feed goes without saying.
fn kind(kind: FeedKind) -> Option<Value> {
    (kind != FeedKind::default()).then(|| kind.as_str().into())
}

fn list(tags: &[String]) -> Option<Value> {
    (!tags.is_empty()).then(|| tags.iter().map(String::as_str).collect::<Array>().into())
}

fn openings(networks: &[Opening]) -> Option<Value> {
    list(&networks.iter().map(Opening::to_string).collect::<Vec<_>>())
}

/// `true`, or no key at all.
fn yes(flag: bool) -> Option<Value> {
    flag.then(|| true.into())
}

fn raw(text: Option<&RawString>) -> String {
    text.and_then(RawString::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The part before a removed feed that is not its own comment: all up to the last blank line.
fn join(before: &str, behind: &str) -> String {
    let own = before.rsplit_once("\n\n").map_or("", |(others, _)| others);
    if own.trim().is_empty() {
        return behind.to_owned();
    }
    format!(
        "{}\n{}{behind}",
        own.trim_end(),
        if behind.starts_with('\n') || behind.is_empty() {
            ""
        } else {
            "\n"
        }
    )
}

/// The part behind a removed feed's last key that is not its own: all from the first blank line,
/// or, where none separates it from the next feed, all.
fn not_own(behind: &str, is_last: bool) -> &str {
    if behind.starts_with('\n') {
        return behind;
    }
    match behind.find("\n\n") {
        Some(blank) => &behind[blank + 1..],
        None if is_last => "",
        None => behind,
    }
}
