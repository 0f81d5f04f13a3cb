//! What can be typed: commands, options, and their help.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, builder::PossibleValue};
use clap_complete::Shell;

use super::{
    article::ArticleCommand,
    cleanup::CleanupArgs,
    cursor::CursorCommand,
    db::DbCommand,
    feed::{AccessArgs, FeedCommand},
    incremental::CursorArgs,
    search::SearchArgs,
    tail::TailArgs,
    when::Since,
};
use crate::{
    export::{Format, PartitionBy},
    model::{FeedKind, Order, search::Query},
};

/// Collects RSS, Atom and JSON feeds as data: polls politely, stores every article once, exports.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, max_term_width = 80, after_help = EXAMPLES)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tidings --config config/tidings.toml poll --all  poll the sample feeds once
  tidings feed add https://www.gizchina.com        find a site's feed and add it
  tidings preview https://www.gizchina.com/feed/   what Tidings makes of a feed
  tidings export --since 7d --out articles/        last week as Markdown files
  tidings run                                      poll for ever (see systemd/)

Exit status: 0 all done, 1 done in part, 2 could not run, 75 another daemon has
the store, 130 ended by Ctrl-C, 143 ended by SIGTERM.";

/// Options of every command.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Global {
    /// Settings file.
    #[arg(
        long,
        global = true,
        help = "Settings file [default: $TIDINGS_CONFIG, ./tidings.toml, /etc/tidings/tidings.toml]",
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub config: Option<PathBuf>,
    /// SQLite file.
    #[arg(
        long,
        global = true,
        help = "SQLite file [default: `store` in the settings, $STATE_DIRECTORY/tidings.db, \
                the XDG data directory]",
        value_name = "PATH",
        help_heading = "Global options"
    )]
    pub store: Option<PathBuf>,
    /// Say only what went wrong, and the summary
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Global options"
    )]
    pub quiet: bool,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
    /// How log lines look; json is one object a line
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub log_format: LogFormat,
    /// When to use colours; auto: on a terminal, unless `NO_COLOR` is set
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: Color,
}

// The values below are told in one line of help. A comment of its own on a value would make clap
// print every option of every command over several lines.

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Poll feeds for ever, in the foreground, until SIGTERM or SIGINT
    ///
    /// Reloads settings and feed files on SIGHUP and when one of them changes. Under systemd, see
    /// systemd/tidings.service.
    Run,
    /// Poll feeds once, now, and exit
    Poll(PollArgs),
    /// Fetch older entries of feeds, page by page
    Backfill(BackfillArgs),
    /// Read kept documents once more: what a fix makes of them becomes revisions
    Replay(ReplayArgs),
    /// Add, list, show, edit and remove feeds; OPML in and out
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Show the articles a feed would yield, without a store
    Preview(PreviewArgs),
    /// Show an article with its history; delete articles
    #[command(subcommand)]
    Article(ArticleCommand),
    /// Find articles by words of their titles and texts
    Search(SearchArgs),
    /// Write articles to standard output, a file or a folder
    Export(ExportArgs),
    /// Print changes as JSON Lines, as they are collected with -f
    Tail(TailArgs),
    /// Cursors of incremental exports: list, show, remove, reset
    #[command(subcommand)]
    Cursor(CursorCommand),
    /// Read exported articles, or those of another store, into the store
    Import(ImportArgs),
    /// Check exports against their manifests
    Verify(VerifyArgs),
    /// Print the JSON Schema of exported articles
    Schema,
    /// Feeds by health, articles, last and next poll
    Status(StatusArgs),
    /// Check, back up, restore, prune, compact and measure the store
    #[command(subcommand)]
    Db(DbCommand),
    /// Check settings and feed files; tells every mistake with file, line and remedy
    Check,
    /// Print a completion script for a shell
    #[command(after_help = super::help::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page: `tidings man | man -l -`
    Man,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings poll                       the feeds that are due
  tidings poll --all                 every feed whose interval has passed
  tidings poll gizchina --force      one feed, even if it was just polled

A feed is named by its id, the beginning of its id, its name or its URL.
Retry-After is kept in every case. Ctrl-C and SIGTERM end the round after the
polls under way, and after ten seconds at the latest.")]
pub(super) struct PollArgs {
    /// Feeds to poll; none: those that are due
    #[arg(value_name = "FEED")]
    pub(super) feeds: Vec<String>,
    /// Every feed whose interval has passed, due or not
    #[arg(long, conflicts_with = "feeds")]
    pub(super) all: bool,
    /// Even if a feed was polled less than its interval ago
    #[arg(long)]
    pub(super) force: bool,
    /// Afterwards write all articles in the store to this folder, as `tidings export --out` does
    #[arg(long, value_name = "DIR")]
    pub(super) export: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings backfill gizchina                  the next 20 older pages
  tidings backfill gizchina --max-pages 200
  tidings backfill gizchina --restart        from the newest page again

Older pages are found by the feed's own links (RFC 5005: archives, then pages),
else by WordPress's ?paged=N if robots.txt allows it. One page is asked for every
ten seconds. A run ends at a page without anything new, at the last page, at a
page that repeats another, with --max-pages, and with Ctrl-C or SIGTERM after the
page under way; the next run goes on behind it.")]
pub(super) struct BackfillArgs {
    /// Feeds, one after the other (id, beginning of an id, name or URL)
    #[arg(value_name = "FEED", required = true)]
    pub(super) feeds: Vec<String>,
    /// At most so many pages of each feed in this run, 200 at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(super) max_pages: u32,
    /// From the newest page again; archives that were read are not asked for again
    #[arg(long)]
    pub(super) restart: bool,
    /// By ?paged=N, even if nothing says that the server knows it
    #[arg(long)]
    pub(super) paged: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings replay gizchina --dry-run       what would change
  tidings replay --all --since 30d

Documents are kept with keep_raw = \"changed\" (settings or feed file). They are
read by this version of the program and with the feed's keys of today, newest
first; nobody is asked for anything. An article that comes out otherwise gets a
revision, what was left out by mistake becomes an article, and what was deleted
or has a later version stays as it is.")]
pub(super) struct ReplayArgs {
    /// Feeds (id, beginning of an id, name or URL)
    #[arg(value_name = "FEED", required_unless_present = "all")]
    pub(super) feeds: Vec<String>,
    /// Every feed
    #[arg(long, conflicts_with = "feeds")]
    pub(super) all: bool,
    /// Only documents from this moment on (a date, a time, or an age such as 7d)
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Since>,
    /// Tell what would change and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings preview https://www.gizchina.com/feed/
  tidings preview saved-feed.xml --format jsonl | jq .title
  tidings preview gizchina --remove .promo --limit 1    a rule to try on a feed
  tidings preview saved-feed.xml --explain 3
  curl -s https://example.org/feed | tidings preview - --limit 3")]
pub(super) struct PreviewArgs {
    /// URL of a feed, a file, a feed of the feed files (id, beginning of an id, or name), or - for
    /// standard input
    #[arg(value_name = "URL|FILE|FEED|-", required_unless_present = "explain")]
    pub(super) source: Option<String>,
    /// Format to print; jsonl is one object a line, with every field
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// With --format jsonl, json, csv, parquet, sqlite: also the bodies' HTML, made safe to show
    #[arg(long)]
    pub(super) html: bool,
    /// At most so many articles
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// The URL that relative links in a FILE or - are resolved against
    #[arg(long, value_name = "URL")]
    pub(super) base: Option<String>,
    /// Of a feed of yours: the last document that could not be read, without asking for a new one
    #[arg(long, conflicts_with = "base")]
    pub(super) unread: bool,
    /// With --unread: that document itself, all of it, as it came
    #[arg(long, requires = "unread", conflicts_with = "explain")]
    pub(super) body: bool,
    /// What is there: feed, news-sitemap, or sitemap for the pages of any sitemap
    #[arg(long, value_name = "KIND", value_parser = crate::config::feed_kind)]
    pub(super) kind: Option<FeedKind>,
    #[command(flatten)]
    pub(super) access: AccessArgs,
    #[command(flatten)]
    pub(super) cleanup: CleanupArgs,
    /// Instead of articles: where each field of the N-th entry is from and what was done to it
    /// [default: the first], what the feed says of itself, what is wrong with it
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "",
        conflicts_with_all = ["format", "html", "limit"])]
    pub(super) explain: Option<String>,
    /// With --explain: as one JSON object
    #[arg(long, requires = "explain")]
    pub(super) json: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings export > all.md                         everything, oldest first
  tidings export --feed gizchina --since 7d --out week/      a file per article
  tidings export --since 2026-01-01 --out year.jsonl.gz
  tidings export --limit 50 --title News --out news.atom     a feed of feeds
  tidings export --tag longread --since 7d --out week.epub
  tidings export --search 'rust -game' --unique > rust.md    without copies
  tidings export --feed gizchina --since 7d --out week.parquet
  tidings export --format parquet --partition day --out lake/
  tidings export --cursor archive --out all.jsonl      what is new since last time

--out's ending chooses the format, and .gz or .zst behind it packs the file.

Moments are dates (2026-01-31), times (2026-01-31T12:00:00Z) or ages (90m, 12h,
7d, 4w). --since and --until look at the publication date, or at the moment of
collection where there is none.

Partitions by day and month are written whole: --since-collected counts from the
beginning of its day or month, --until-collected to the end. Files of others
stay; those of the range that are empty by now are removed.")]
pub(super) struct ExportArgs {
    /// Format to write [default: by the ending of --out, else markdown]
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,
    /// A folder (existing, or ending in /) for a file per article, else a file; none or -: standard
    /// output
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    #[command(flatten)]
    pub(super) style: StyleArgs,
    #[command(flatten)]
    pub(super) incremental: CursorArgs,
}

/// Which articles.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Which articles")]
pub(super) struct SelectionArgs {
    /// Of this feed (id, beginning of an id, name or URL); may be repeated
    #[arg(long, value_name = "FEED")]
    pub(super) feed: Vec<String>,
    /// Of feeds with this tag; may be repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(super) tag: Vec<String>,
    /// In this language (en; pt-BR for one region's only); may be repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(super) language: Vec<String>,
    /// By this author, by full name; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) author: Vec<String>,
    /// With at least so many words
    #[arg(long, value_name = "N")]
    pub(super) min_words: Option<u32>,
    /// That a search finds; see `tidings search --help`
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub(super) search: Option<Query>,
    /// Of articles that are near copies of each other (`cluster_id`) only the
    /// first one stored
    #[arg(long)]
    pub(super) unique: bool,
    /// Published from this moment on
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Since>,
    /// Published before this moment
    #[arg(long, value_name = "WHEN")]
    pub(super) until: Option<Since>,
    /// Collected from this moment on
    #[arg(long, value_name = "WHEN")]
    pub(super) since_collected: Option<Since>,
    /// Collected before this moment
    #[arg(long, value_name = "WHEN")]
    pub(super) until_collected: Option<Since>,
    /// What to order by, oldest first; feeds have the newest first
    #[arg(long, value_enum, default_value_t, value_name = "BY")]
    pub(super) order: OrderArg,
    /// At most so many, the newest ones
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u64>,
}

/// How they are written.
#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "How they are written")]
pub(super) struct StyleArgs {
    /// With the bodies' HTML, made safe to show (jsonl, json, csv, parquet,
    /// sqlite; feeds and epub have it anyway)
    #[arg(long)]
    pub(super) html: bool,
    /// Markdown: with the fields as YAML, for Obsidian and Hugo
    #[arg(long)]
    pub(super) front_matter: bool,
    /// CSV: an apostrophe before cells that a spreadsheet would run as formulas
    #[arg(long)]
    pub(super) csv_safe: bool,
    /// Folders of jsonl, csv, parquet: a file for each day or month of
    /// collection (date=2026-01-31/), or for each feed (feed=ID/)
    #[arg(long, value_enum, value_name = "BY", conflicts_with_all = ["cursor", "cursor_file"])]
    pub(super) partition: Option<PartitionArg>,
    /// Feeds and epub: title [default: Tidings]
    #[arg(long)]
    pub(super) title: Option<String>,
    /// Feeds: the URL at which the feed will be published
    #[arg(long, value_name = "URL")]
    pub(super) self_url: Option<String>,
    /// Feeds: the URL of the page that the feed belongs to
    #[arg(long, value_name = "URL")]
    pub(super) home_url: Option<String>,
    /// Also write FILE.manifest.json, for `tidings verify`; folders always have
    /// a manifest.json, those of partitions beside them
    #[arg(long)]
    pub(super) manifest: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings import 000_925fbd9d1ce491a7.txt
  tidings import articles/       every .md, .txt, .jsonl, .parquet and .sqlite
                                 file below it
  tidings import all.parquet     with ids, dates and feeds as they were
  tidings import --from-store old/tidings.db

JSON Lines, Parquet, SQLite snapshots and stores give back everything but the
numbers of the change sequence and the replaced versions; bodies' HTML is in
stores, and in files that were exported with --html. A known article is changed
only by a later version.")]
pub(super) struct ImportArgs {
    /// Exported files, also packed (.gz, .zst), or folders of them
    #[arg(value_name = "PATH", required_unless_present = "from_store")]
    pub(super) paths: Vec<PathBuf>,
    /// All articles of another store, which stays as it is
    #[arg(long, value_name = "STORE", conflicts_with = "paths")]
    pub(super) from_store: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings export --out articles/ && tidings verify articles/
  tidings verify year.jsonl.gz       reads year.jsonl.gz.manifest.json

Exit status: 0 all as written, 1 some of the paths are, 2 none is.")]
pub(super) struct VerifyArgs {
    /// Exports: folders, files, or their manifests
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct StatusArgs {
    /// As one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.name());
        Some(match self {
            Self::Markdown => value.alias("md"),
            _ => value,
        })
    }
}

/// What the folders of an export stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PartitionArg {
    Day,
    Month,
    Feed,
}

impl From<PartitionArg> for PartitionBy {
    fn from(by: PartitionArg) -> Self {
        match by {
            PartitionArg::Day => Self::Day,
            PartitionArg::Month => Self::Month,
            PartitionArg::Feed => Self::Feed,
        }
    }
}

/// What exports are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OrderArg {
    #[default]
    Published,
    Collected,
    Changed,
}

impl From<OrderArg> for Order {
    fn from(order: OrderArg) -> Self {
        match order {
            OrderArg::Published => Self::Published,
            OrderArg::Collected => Self::Collected,
            OrderArg::Changed => Self::Changed,
        }
    }
}
