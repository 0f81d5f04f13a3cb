//! What the operator wants: settings and feed files, read, checked and edited.
//!
//! TOML is read raw with positions and then resolved; every error is collected and names file,
//! line, column, key and remedy. Nothing here polls, stores or prints.

mod access;
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
mod retention;
mod section;
mod settings;
mod sites;
mod source;
#[cfg(test)]
mod tests;
mod value;
mod websub;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

pub use access::proxy;
pub use address::{derive_id, feed_url, is_own_host};
pub use env::Env;
pub use error::{ConfigError, ConfigErrors, Position};
pub use feed_table::{feed_kind, rule_group, selector};
pub use feeds::{FeedList, load_feeds, no_feeds_yet, read_feeds};
pub use load::{Loaded, Report, check, load, load_or_default, store_path};
pub use sites::{SiteFeed, Trust, site_feed};

use crate::model::{Opening, ProxySpec, RawRule, Retention, Way};

/// The resolved settings. `config/tidings.toml` shows every key at its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// SQLite file; `None` = `$STATE_DIRECTORY/tidings.db`, else the XDG data directory.
    pub store: Option<PathBuf>,
    /// Feed files (`.toml` or `.opml`), absolute after loading.
    pub feeds: Vec<PathBuf>,
    /// `[proxies]`: the proxies that `[fetch] proxy` and feeds may name.
    pub proxies: Vec<Arc<ProxySpec>>,
    /// `[fetch]`
    pub fetch: FetchConfig,
    /// `[schedule]`
    pub schedule: ScheduleConfig,
    /// `[websub]`
    pub websub: WebSubConfig,
    /// `[retention]`
    pub retention: Retention,
    /// `[retention] keep_raw`
    pub raw: RawRule,
}

/// `[fetch]`: how requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchConfig {
    /// Private networks that feeds may be fetched from; none by default.
    pub allow_private: Vec<Opening>,
    /// The way of all feeds that choose none of their own; the environment has no say in it.
    pub proxy: Way,
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

/// `[websub]`: news that hubs push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSubConfig {
    /// Where hubs reach the listener, without a slash at its end; `None`: no subscriptions.
    pub public_url: Option<String>,
    /// Where it listens, in plain HTTP.
    pub listen: SocketAddr,
    /// For how long subscriptions are asked for; the hub decides.
    pub lease: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: None,
            feeds: vec![PathBuf::from("feeds.toml")],
            proxies: Vec::new(),
            fetch: FetchConfig::default(),
            schedule: ScheduleConfig::default(),
            websub: WebSubConfig::default(),
            retention: Retention::default(),
            raw: RawRule::default(),
        }
    }
}

impl Default for WebSubConfig {
    fn default() -> Self {
        Self {
            public_url: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8380)),
            lease: Duration::from_secs(10 * 24 * 3600),
        }
    }
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            proxy: Way::Direct,
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
