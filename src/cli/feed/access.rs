//! How a feed's server is reached: the options of `feed add`, `feed find` and `preview`, those of
//! `feed edit`, and what `feed show` tells of it.
//!
//! Secrets have no options: a command line can be read by every user of the machine.

use clap::Args;
use serde_json::{Value, json};

use crate::{
    cli::{CliError, cleanup::parts},
    config::{self, Config, edit::Change},
    model::{Access, FeedSpec, Opening},
};

/// Of `feed add`, `feed find` and `preview`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct AccessArgs {
    /// A private network that may be asked, such as 192.168.1.20 or 192.168.1.20/32:1200; may be
    /// repeated
    #[arg(long, value_name = "NET", value_delimiter = ',')]
    allow_private: Vec<Opening>,
    /// A proxy that the settings name, by that name, or none
    #[arg(long, value_name = "NAME")]
    proxy: Option<String>,
    /// No HTTP/2, for servers that break it
    #[arg(long)]
    http1_only: bool,
}

impl AccessArgs {
    /// True if there is anything to write down.
    pub(super) fn is_asked(&self) -> bool {
        !self.allow_private.is_empty() || self.proxy.is_some() || self.http1_only
    }

    /// What they mean under these settings.
    pub(in crate::cli) fn resolve(&self, config: &Config) -> Result<Access, CliError> {
        self.over(Access::default(), config)
    }

    /// A feed's own access with what was given: further openings, another proxy.
    pub(in crate::cli) fn over(&self, own: Access, config: &Config) -> Result<Access, CliError> {
        let proxy = self.proxy.as_deref();
        let proxy = proxy.map(|name| config::proxy(name, &config.proxies));
        let proxy = proxy
            .transpose()
            .map_err(|why| CliError::Told(format!("--proxy: {why}")))?;
        Ok(Access {
            allow_private: [own.allow_private, self.allow_private.clone()].concat(),
            proxy: proxy.or(own.proxy),
            http1_only: self.http1_only || own.http1_only,
            ..own
        })
    }
}

/// Of `feed edit`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct AccessEdits {
    /// Private networks that this feed may be fetched from, separated by commas; empty: none
    #[arg(long, value_name = "NETS")]
    allow_private: Option<String>,
    /// A proxy that the settings name, by that name, or none; empty: the default
    #[arg(long, value_name = "NAME")]
    proxy: Option<String>,
    /// Whether to do without HTTP/2
    #[arg(long, value_name = "BOOL")]
    http1_only: Option<bool>,
}

impl AccessEdits {
    pub(super) fn changes(&self) -> Result<Vec<Change>, CliError> {
        let mut changes = Vec::new();
        if let Some(networks) = &self.allow_private {
            let networks = parts(networks).into_iter().map(|network| {
                let wrong = |error| {
                    CliError::Told(format!("--allow-private: {network:?} is {error}, or ''"))
                };
                network.parse::<Opening>().map_err(wrong)
            });
            changes.push(Change::AllowPrivate(networks.collect::<Result<_, _>>()?));
        }
        if let Some(proxy) = &self.proxy {
            let proxy = Some(proxy.trim().to_owned()).filter(|proxy| !proxy.is_empty());
            changes.push(Change::Proxy(proxy));
        }
        changes.extend(self.http1_only.map(Change::Http1Only));
        Ok(changes)
    }
}

/// What the feed file asks for, as lines of `feed show`; what it leaves alone has none.
pub(super) fn lines(config: &Config, spec: &FeedSpec) -> Vec<(&'static str, String)> {
    let (access, fetch) = (&spec.access, &config.fetch);
    let headers: Vec<&str> = names(spec).collect();
    let sends = if headers.is_empty() {
        String::new()
    } else {
        format!("{} (values are not shown)", headers.join(", "))
    };
    let proxy = match &access.proxy {
        Some(way) => way.name().to_owned(),
        None if fetch.proxy == crate::model::Way::Direct => String::new(),
        None => format!("{} (the default)", fetch.proxy.name()),
    };
    let opened: Vec<String> = access
        .allow_private
        .iter()
        .map(Opening::to_string)
        .collect();
    let deadlines = [
        ("in all", spec.timeout),
        ("connecting", access.connect_timeout),
        ("silence", access.read_timeout),
    ];
    let deadlines: Vec<String> = deadlines
        .into_iter()
        .filter_map(|(what, time)| Some(format!("{} {what}", humantime::format_duration(time?))))
        .collect();
    vec![
        ("sends", sends),
        ("agent", spec.user_agent.clone().unwrap_or_default()),
        ("proxy", proxy),
        ("opens", opened.join(", ")),
        (
            "protocol",
            if access.http1_only {
                "HTTP/1.1 only"
            } else {
                ""
            }
            .to_owned(),
        ),
        ("deadlines", deadlines.join(", ")),
        (
            "largest",
            spec.max_body
                .map(|bytes| bytesize::ByteSize::b(bytes).to_string())
                .unwrap_or_default(),
        ),
    ]
}

/// The same for `--json`.
pub(super) fn to_json(config: &Config, spec: &FeedSpec) -> Value {
    let (access, fetch) = (&spec.access, &config.fetch);
    let opened = access.allow_private.iter().map(Opening::to_string);
    let seconds = |own: Option<std::time::Duration>, default: std::time::Duration| {
        own.unwrap_or(default).as_secs_f64()
    };
    json!({
        "headers": names(spec).collect::<Vec<_>>(),
        "user_agent": spec.user_agent.as_ref().unwrap_or(&fetch.user_agent),
        "proxy": access.proxy.as_ref().unwrap_or(&fetch.proxy).name(),
        "allow_private": opened.collect::<Vec<_>>(),
        "http1_only": access.http1_only,
        "timeout_seconds": seconds(spec.timeout, fetch.timeout),
        "connect_timeout_seconds": seconds(access.connect_timeout, fetch.connect_timeout),
        "read_timeout_seconds": seconds(access.read_timeout, fetch.read_timeout),
        "max_body": spec.max_body.unwrap_or(fetch.max_body),
    })
}

fn names(spec: &FeedSpec) -> impl Iterator<Item = &str> {
    spec.headers.iter().map(|header| header.name.as_str())
}
