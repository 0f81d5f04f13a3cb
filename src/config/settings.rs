//! The settings file: TOML to [`Config`], every mistake reported.
//!
//! Reads one text; where it lies and what it leads to is `load`'s business.

use std::{path::PathBuf, sync::Arc, time::Duration};

use toml::de::DeValue;

use super::{
    Config, Env, FetchConfig, ScheduleConfig, access,
    document::Document,
    error::ConfigError,
    retention,
    section::{Mistakes, Part, Section},
    source::Source,
    value::{self, Read},
    websub,
};
use crate::model::ProxySpec;

/// Politeness: no public site is polled more often than this.
pub(super) const MIN_INTERVAL: Duration = minutes(15);
/// A feed polled less often than this is better removed.
pub(super) const MAX_INTERVAL: Duration = days(30);
/// Bounds of `timeout`, in `[fetch]` and of a feed.
pub(super) const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=minutes(60);
/// Bounds of `max_body`, in `[fetch]` and of a feed.
pub(super) const BODIES: std::ops::RangeInclusive<u64> = 1024..=1024 * 1024 * 1024;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn days(count: u64) -> Duration {
    minutes(count * 24 * 60)
}

/// Reads the settings as far as they are right; what is wrong keeps its default. Beside them the
/// mistakes, and what keeps nothing from being used.
pub(super) fn read(source: Source, env: &Env) -> (Config, Vec<ConfigError>, Vec<ConfigError>) {
    let document = Document::parse(source);
    let root = document.root();
    let part = Part {
        source: &document.source,
        base: 0,
    };
    let mut top = Section::new(part, &root, "");
    let folder = document.source.path.parent().unwrap_or(&env.cwd).to_owned();
    let defaults = Config::default();
    let place = |path: PathBuf| env.absolute(&folder.join(path));

    let store = top
        .read("store", value::text)
        .filter(|store| !store.is_empty());
    let feeds = top.list("feeds", feed_file).unwrap_or(defaults.feeds);
    let proxies = top
        .table("proxies", |section| access::proxies(section, &folder, env))
        .unwrap_or_default();
    let fetch = top
        .table("fetch", |section| fetch(section, &proxies))
        .unwrap_or_default();
    let (retention, raw) = top.table("retention", retention::read).unwrap_or_default();
    let config = Config {
        store: store.map(|store| place(store.into())),
        feeds: feeds.into_iter().map(place).collect(),
        schedule: top.table("schedule", schedule).unwrap_or_default(),
        websub: top
            .table("websub", |table| websub::read(table, &fetch.allow_private))
            .unwrap_or_default(),
        retention,
        raw,
        fetch,
        proxies,
    };
    top.finish(|key| match key {
        "feed" => Some("in a feed file; put it there and name the file in `feeds`"),
        key => home(key, ""),
    });
    let mut mistakes = top.mistakes;
    mistakes.extend(document.errors.iter().cloned());
    mistakes.sort_by_key(|(offset, _)| *offset);
    let told = |list: Mistakes| list.into_iter().map(|(_, error)| error).collect();
    (config, told(mistakes), told(top.warnings))
}

/// Where a key that is unknown in one table is at home.
pub(super) fn home(key: &str, here: &str) -> Option<&'static str> {
    let (table, words) = match key {
        "store" | "feeds" => ("", "at the top of the file, before the first [table]"),
        "interval" | "max_interval" | "history" => ("schedule", "in [schedule]"),
        "allow_private" | "concurrency" | "host_concurrency" | "host_interval" | "timeout"
        | "connect_timeout" | "read_timeout" | "max_body" | "max_entries" | "user_agent"
        | "proxy" => ("fetch", "in [fetch]"),
        "max_age" | "max_per_feed" | "max_bytes" | "keep_tagged" | "keep_raw"
        | "keep_raw_documents" | "keep_raw_bytes" => ("retention", "in [retention]"),
        "public_url" | "listen" | "lease" => ("websub", "in [websub]"),
        _ => return None,
    };
    (table != here).then_some(words)
}

fn feed_file(value: &DeValue<'_>) -> Read<PathBuf> {
    let path = PathBuf::from(value::text(value)?);
    let known = path
        .extension()
        .is_some_and(|ext| ext.eq_ignore_ascii_case("toml") || ext.eq_ignore_ascii_case("opml"));
    if known {
        Ok(path)
    } else {
        Err(format!(
            "\"{}\" is not a feed file; its name must end in .toml or .opml",
            path.display()
        )
        .into())
    }
}

fn fetch(section: &mut Section<'_, '_>, proxies: &[Arc<ProxySpec>]) -> FetchConfig {
    let default = FetchConfig::default();
    let fetch = FetchConfig {
        allow_private: section
            .list("allow_private", access::opening)
            .unwrap_or_default(),
        proxy: section
            .read("proxy", |v| access::way(v, proxies))
            .unwrap_or_default(),
        concurrency: section
            .read("concurrency", |v| value::count(v, &(1..=1024)))
            .unwrap_or(default.concurrency),
        host_concurrency: section
            .read("host_concurrency", |v| value::count(v, &(1..=16)))
            .unwrap_or(default.host_concurrency),
        host_interval: section
            .read("host_interval", |v| {
                value::duration(v, &(Duration::ZERO..=minutes(60)))
            })
            .unwrap_or(default.host_interval),
        timeout: section
            .read("timeout", access::deadline)
            .unwrap_or(default.timeout),
        connect_timeout: section
            .read("connect_timeout", access::deadline)
            .unwrap_or(default.connect_timeout),
        read_timeout: section
            .read("read_timeout", access::deadline)
            .unwrap_or(default.read_timeout),
        max_body: section
            .read("max_body", |v| value::size(v, &BODIES))
            .unwrap_or(default.max_body),
        max_entries: section
            .read("max_entries", |v| value::count(v, &(1..=1_000_000)))
            .unwrap_or(default.max_entries),
        user_agent: section
            .read("user_agent", value::user_agent)
            .unwrap_or(default.user_agent),
    };
    section.finish(|key| home(key, "fetch"));
    fetch
}

fn schedule(section: &mut Section<'_, '_>) -> ScheduleConfig {
    let default = ScheduleConfig::default();
    let interval = section
        .read("interval", |v| {
            value::duration(v, &(MIN_INTERVAL..=MAX_INTERVAL))
        })
        .unwrap_or(default.interval);
    let max_interval = section.read("max_interval", |v| {
        let span = value::duration(v, &(MIN_INTERVAL..=MAX_INTERVAL))?;
        if span < interval {
            let least = value::in_units(interval);
            return Err(format!("is shorter than `interval`; write at least \"{least}\"").into());
        }
        Ok(span)
    });
    let schedule = ScheduleConfig {
        interval,
        max_interval: max_interval.unwrap_or(default.max_interval.max(interval)),
        history: section
            .read("history", |v| value::duration(v, &(days(1)..=days(3650))))
            .unwrap_or(default.history),
    };
    section.finish(|key| home(key, "schedule"));
    schedule
}
