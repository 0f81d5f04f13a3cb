//! `tidings feed …`: what is polled.
//!
//! The feed files are the truth; the store adds what it knows of each feed.

mod access;
mod add;
mod edit;
mod find;
mod manners;
mod show;
mod trust;

pub(super) use access::AccessArgs;
pub(super) use show::paint_health;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use access::AccessEdits;

use super::{
    CliError, Ended,
    cleanup::CleanupArgs,
    context::{Context, Named, find_feed},
};
use crate::{
    config::{self, Config, ConfigError, ConfigErrors},
    model::{FeedFilter, FeedId, FeedKind, FeedRecord, FeedSpec},
    store::{Backend as _, StoreError, sqlite::Sqlite},
};

#[derive(Debug, Subcommand)]
pub(super) enum FeedCommand {
    /// Add feeds by URL; a site's page will do, its feed is looked for
    Add(AddArgs),
    /// Show the feeds of a site's page without adding one
    Find(FindArgs),
    /// All feeds with their health
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Everything known about a feed
    Show {
        /// Id, beginning of an id, name or URL
        feed: String,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change a feed's entry in its feed file; comments are kept
    Edit(EditArgs),
    /// Take feeds out of the feed file; their articles stay in the store
    Remove {
        /// Id, beginning of an id, name or URL
        #[arg(required = true, value_name = "FEED")]
        feeds: Vec<String>,
    },
    /// Stop polling feeds until they are resumed
    Pause {
        /// Id, beginning of an id, name or URL
        #[arg(required = true, value_name = "FEED")]
        feeds: Vec<String>,
    },
    /// Poll paused feeds again
    Resume {
        /// Id, beginning of an id, name or URL
        #[arg(required = true, value_name = "FEED")]
        feeds: Vec<String>,
    },
    /// Believe feeds' guids and links again that were found to change
    Trust {
        /// Id, beginning of an id, name or URL
        #[arg(required = true, value_name = "FEED")]
        feeds: Vec<String>,
    },
    /// Add the feeds of an OPML file, as other readers export it
    Import {
        /// The OPML file
        file: PathBuf,
    },
    /// Write all feeds as OPML
    Export {
        /// File to write; none: standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings feed add https://www.gizchina.com/feed/ --name Gizchina
  tidings feed add lwn.net --tag linux --interval 2h
  tidings feed add https://www.youtube.com/channel/UCYO_jab_esuFRV4b17AJtAw
  tidings feed add https://example.org/sitemap-news.xml
  tidings feed add http://192.168.1.20:1200/feed --allow-private 192.168.1.20
  tidings feed add https://example.org/feed --no-fetch")]
pub(super) struct AddArgs {
    /// URLs of feeds or of sites
    #[arg(required = true, value_name = "URL")]
    pub(super) urls: Vec<String>,
    /// The source name in exports [default: the feed's own title]
    #[arg(long)]
    pub(super) name: Option<String>,
    /// A stable id [default: made from the URL]
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<FeedId>,
    /// Shortest time between two polls, such as 30m or 6h
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub(super) interval: Option<std::time::Duration>,
    /// A label; may be repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(super) tag: Vec<String>,
    /// What is there: feed, news-sitemap, or sitemap for the pages of any sitemap, as links without
    /// text [default: feed, or news-sitemap where one is found]
    #[arg(long, value_name = "KIND", value_parser = config::feed_kind)]
    pub(super) kind: Option<FeedKind>,
    #[command(flatten)]
    pub(super) access: AccessArgs,
    /// Do not look at the URL; add it as it stands, or the feed that is known to belong to it
    #[arg(long)]
    pub(super) no_fetch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings feed find lwn.net
  tidings feed find https://example.org/sitemap.xml --json | jq '.[].url'")]
pub(super) struct FindArgs {
    /// URL of a site's page, a feed, or a sitemap index
    pub(super) url: String,
    #[command(flatten)]
    pub(super) access: AccessArgs,
    /// As a JSON array
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings feed edit gizchina --name 'Gizchina.com' --interval 30m
  tidings feed edit gizchina --interval ''            back to the default
  tidings feed edit gizchina --keep toc --remove .promo --remove '#ad'")]
pub(super) struct EditArgs {
    /// Id, beginning of an id, name or URL
    pub(super) feed: String,
    /// Another URL; the feed keeps its id and its articles
    #[arg(long)]
    pub(super) url: Option<String>,
    /// The source name in exports; empty: the feed's own title
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Shortest time between two polls; empty: the default
    #[arg(long, value_name = "TIME")]
    pub(super) interval: Option<String>,
    /// Labels, separated by commas; empty: none
    #[arg(long, value_name = "TAGS")]
    pub(super) tags: Option<String>,
    /// What is there: feed, news-sitemap, or sitemap for the pages of any sitemap
    #[arg(long, value_name = "KIND", value_parser = config::feed_kind)]
    pub(super) kind: Option<FeedKind>,
    #[command(flatten)]
    pub(super) cleanup: CleanupArgs,
    #[command(flatten)]
    pub(super) access: AccessEdits,
}

/// An interval as people type it.
fn interval(text: &str) -> Result<std::time::Duration, String> {
    humantime::parse_duration(text.trim())
        .map_err(|_| "write a time with its unit, such as 30m, 6h or 1d".to_owned())
}

pub(super) fn run(context: &Context, command: FeedCommand) -> Result<Ended, CliError> {
    match command {
        FeedCommand::Add(args) => add::run(context, &args),
        FeedCommand::Find(args) => find::run(context, &args),
        FeedCommand::List { json } => show::list(context, json),
        FeedCommand::Show { feed, json } => show::show(context, &feed, json),
        FeedCommand::Edit(args) => edit::edit(context, &args),
        FeedCommand::Remove { feeds } => {
            edit::each(context, &feeds, "removed", config::edit::remove)
        }
        FeedCommand::Pause { feeds } => edit::each(context, &feeds, "paused", config::edit::pause),
        FeedCommand::Resume { feeds } => {
            edit::each(context, &feeds, "resumed", config::edit::resume)
        }
        FeedCommand::Trust { feeds } => trust::run(context, &feeds),
        FeedCommand::Import { file } => edit::import(context, &file),
        FeedCommand::Export { out } => edit::export(context, out.as_deref()),
    }
}

/// The feeds of the feed files, with their mistakes told but not fatal: a mistake in one feed
/// must not keep the others from being listed. The second is how that ends; that there is no feed
/// file yet is no mistake.
pub(super) fn specs(context: &Context, config: &Config) -> (Vec<FeedSpec>, Ended) {
    let (specs, errors) = read(context, config);
    for error in &errors {
        context.complain(&error.to_string());
    }
    let ended = if errors.is_empty() {
        Ended::Well
    } else {
        Ended::InPart
    };
    (specs, ended)
}

/// The feeds of the feed files, and the mistakes in the entries of the feeds that are `wanted`; the
/// others are told.
pub(super) fn specs_for(
    context: &Context,
    config: &Config,
    wanted: &[&str],
) -> (Vec<FeedSpec>, Mistakes) {
    let (specs, errors) = read(context, config);
    let is_wanted = |error: &ConfigError| wanted.iter().any(|wanted| error.is_about(wanted));
    let (own, others): (Vec<_>, Vec<_>) = errors.into_iter().partition(is_wanted);
    for error in &others {
        context.complain(&error.to_string());
    }
    (specs, Mistakes(own))
}

fn read(context: &Context, config: &Config) -> (Vec<FeedSpec>, Vec<ConfigError>) {
    if config::no_feeds_yet(config, &context.env) {
        return (Vec::new(), Vec::new());
    }
    config::load_feeds(config, &context.env)
}

/// Mistakes in feeds' entries, not told yet.
pub(super) struct Mistakes(Vec<ConfigError>);

impl Mistakes {
    /// What a look-up found; for a feed whose entry has a mistake, that mistake: it is not unknown.
    fn explain(&self, wanted: &str, found: Result<FeedId, CliError>) -> Result<FeedId, CliError> {
        found.or_else(|error| {
            self.check(wanted)?;
            Err(error)
        })
    }

    /// The mistakes in the entry of the feed that is called so, if there are any.
    pub(super) fn check(&self, wanted: &str) -> Result<(), CliError> {
        let own = self.0.iter().filter(|mistake| mistake.is_about(wanted));
        Ok(ConfigErrors::check(own.cloned().collect())?)
    }
}

/// What the store knows; nothing if there is none yet.
pub(super) fn records(
    context: &Context,
    config: &Config,
    filter: &FeedFilter,
) -> Result<Vec<FeedRecord>, CliError> {
    match Sqlite::open_reader(&context.store_path(config)?) {
        Ok(mut store) => Ok(store.feeds(filter)?),
        Err(StoreError::Missing { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// A feed's record; the store gives them in the order of their ids.
fn record<'a>(records: &'a [FeedRecord], id: &FeedId) -> Option<&'a FeedRecord> {
    let at = records.binary_search_by(|record| record.id.cmp(id)).ok()?;
    records.get(at)
}

/// The feed that `wanted` names among the feed files' feeds.
fn find(
    wanted: &str,
    (specs, mistakes): (&[FeedSpec], &Mistakes),
    records: &[FeedRecord],
) -> Result<FeedId, CliError> {
    mistakes.explain(wanted, find_feed(wanted, named(specs, records)))
}

/// What the feeds of the feed files can be named by.
pub(super) fn named<'a>(
    specs: &'a [FeedSpec],
    records: &'a [FeedRecord],
) -> impl Iterator<Item = Named<'a>> + Clone {
    specs.iter().map(|spec| {
        let record = record(records, &spec.id);
        let title = record.and_then(|record| record.state.title.as_deref());
        Named {
            id: &spec.id,
            url: &spec.url,
            name: spec.name.as_deref().or(title),
        }
    })
}
