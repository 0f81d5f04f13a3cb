//! What the operator wants: settings and feed files, read, checked and edited.
//!
//! TOML is read raw with positions and then resolved; every error is collected and names file,
//! line, column, key and remedy. Nothing here polls, stores or prints.

mod address;
mod document;
pub mod edit;
mod env;
mod error;
mod feed_table;
mod feeds;
mod headers;
mod load;
pub mod opml;
mod section;
mod settings;
mod source;
#[cfg(test)]
mod tests;
mod value;

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

pub use address::{derive_id, feed_url};
pub use env::Env;
pub use error::{ConfigError, ConfigErrors, Position};
pub use feed_table::{rule_group, selector};
pub use feeds::{load_feeds, no_feeds_yet};
pub use load::{Loaded, Report, check, load, load_or_default, store_path};

/// The resolved settings. `config/tidings.toml` shows every key at its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// SQLite file; `None` = `$STATE_DIRECTORY/tidings.db`, else the XDG data directory.
    pub store: Option<PathBuf>,
    /// Feed files (`.toml` or `.opml`), absolute after loading.
    pub feeds: Vec<PathBuf>,
    /// `[fetch]`
    pub fetch: FetchConfig,
    /// `[schedule]`
    pub schedule: ScheduleConfig,
}

/// `[fetch]`: how requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// Private networks that feeds may be fetched from; none by default.
    pub allow_private: Vec<IpNet>,
    /// Requests in flight at once, over all hosts.
    pub concurrency: usize,
    /// Requests in flight at once to one host.
    pub host_concurrency: usize,
    /// Least time between the starts of two requests to one host.
    pub host_interval: Duration,
    /// Deadline of a whole request, redirects and body included.
    pub timeout: Duration,
    /// Deadline of connecting.
    pub connect_timeout: Duration,
    /// Longest silence while reading.
    pub read_timeout: Duration,
    /// Largest body in bytes, after decompression.
    pub max_body: u64,
    /// Most entries read from one document.
    pub max_entries: usize,
    /// `User-Agent`; say who you are and where to complain.
    pub user_agent: String,
}

/// `[schedule]`: when feeds are polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleConfig {
    /// Shortest time between two polls of a feed that sets none of its own.
    pub interval: Duration,
    /// Longest time between two polls of a healthy feed.
    pub max_interval: Duration,
    /// How long poll history is kept.
    pub history: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: None,
            feeds: vec![PathBuf::from("feeds.toml")],
            fetch: FetchConfig::default(),
            schedule: ScheduleConfig::default(),
        }
    }
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            concurrency: 64,
            host_concurrency: 1,
            host_interval: Duration::from_secs(2),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            max_body: 16 * 1024 * 1024,
            max_entries: 10_000,
            user_agent: concat!("Tidings/", env!("CARGO_PKG_VERSION"), " (feed aggregator)")
                .to_owned(),
        }
    }
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3600),
            max_interval: Duration::from_secs(24 * 3600),
            history: Duration::from_secs(90 * 24 * 3600),
        }
    }
}
