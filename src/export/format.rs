//! The one place where formats are chosen: their names, their extensions, their options.

use std::{collections::HashMap, path::Path};

use sha2::{Digest as _, Sha256};

use super::{ArticleWriter, Packing, Partition, formats, parquet, sqlite};
use crate::model::{Cleanup, FeedId};

/// How feeds ask for their bodies to be cleaned.
pub type Cleanups = HashMap<FeedId, Cleanup>;

/// How articles are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The article schema: title, date, author and link as Markdown, then the body line by line.
    #[default]
    Markdown,
    /// One JSON object a line.
    Jsonl,
    /// One JSON array.
    Json,
    /// RFC 4180, with a header.
    Csv,
    /// Typed columns: Apache Parquet.
    Parquet,
    /// Plain tables in one file: SQLite 3.
    Sqlite,
    /// A feed: Atom 1.0.
    Atom,
    /// A feed: RSS 2.0.
    Rss,
    /// A feed: JSON Feed 1.1.
    JsonFeed,
    /// A book to read: EPUB 3.
    Epub,
}

impl Format {
    /// Every format, in the order to show them.
    pub const ALL: [Self; 10] = [
        Self::Markdown,
        Self::Jsonl,
        Self::Json,
        Self::Csv,
        Self::Parquet,
        Self::Sqlite,
        Self::Atom,
        Self::Rss,
        Self::JsonFeed,
        Self::Epub,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Sqlite => "sqlite",
            Self::Atom => "atom",
            Self::Rss => "rss",
            Self::JsonFeed => "jsonfeed",
            Self::Epub => "epub",
        }
    }

    /// What its files' names end in; the first is what exports into folders are called.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Markdown => &["md", "markdown", "txt"],
            Self::Jsonl => &["jsonl", "ndjson"],
            Self::Json => &["json"],
            Self::Csv => &["csv"],
            Self::Parquet => &["parquet", "pq"],
            // Not `db`, as stores are called.
            Self::Sqlite => &["sqlite", "sqlite3"],
            Self::Atom => &["atom"],
            Self::Rss => &["rss"],
            Self::JsonFeed => &["jsonfeed"],
            Self::Epub => &["epub"],
        }
    }

    /// The format of a file, by the end of its name: `a.csv`, `a.jsonl.gz`.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let unpacked = Packing::of_path(path).stripped(path);
        let extension = unpacked.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|format| format.extensions().contains(&&*extension))
    }

    /// What files that this names end in.
    pub(super) fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// The file of an export into a folder, where that is one file.
    pub(super) fn file_name(self) -> String {
        format!("articles.{}", self.extension())
    }

    /// True if bodies can be written as HTML.
    #[must_use]
    pub fn has_html(self) -> bool {
        self != Self::Markdown
    }

    /// True if bodies are written as HTML wherever there is some, asked for or not.
    #[must_use]
    pub fn wants_html(self) -> bool {
        self.is_feed() || self == Self::Epub
    }

    /// True if what was deleted can be written between the articles.
    #[must_use]
    pub fn has_tombstones(self) -> bool {
        matches!(self, Self::Jsonl | Self::Csv)
    }

    /// True if its files can be parts of one table.
    #[must_use]
    pub fn has_partitions(self) -> bool {
        matches!(self, Self::Jsonl | Self::Csv | Self::Parquet)
    }

    /// True if it is no text, which a terminal would show as noise.
    #[must_use]
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Epub | Self::Parquet | Self::Sqlite)
    }

    /// True if its files hold whole records, which can be taken back as they were.
    #[must_use]
    pub fn has_records(self) -> bool {
        matches!(self, Self::Jsonl | Self::Parquet | Self::Sqlite)
    }

    /// True for what feed readers subscribe to: its newest article comes first.
    #[must_use]
    pub fn is_feed(self) -> bool {
        matches!(self, Self::Atom | Self::Rss | Self::JsonFeed)
    }
}

/// A format and everything that can be chosen about it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The format.
    pub format: Format,
    /// How its bytes are packed.
    pub packing: Packing,
    /// With bodies as HTML, safe to show, in the formats that have it as a field.
    pub html: bool,
    /// How feeds ask for HTML to be cleaned.
    pub cleanups: Cleanups,
    /// Markdown: fields as YAML before the article.
    pub front_matter: bool,
    /// CSV: no cell may be a formula.
    pub for_spreadsheets: bool,
    /// What feeds and books say of themselves.
    pub head: FeedHead,
    /// Tables have columns for what was deleted; formats without tombstones leave it alone.
    pub tells_changes: bool,
    /// A manifest beside a file; folders always get one.
    pub manifest: bool,
    /// Folders of parts of one table, instead of one file.
    pub partition: Option<Partition>,
    /// What is known of the feeds, for snapshots.
    pub carriers: Vec<Carrier>,
    /// What was asked for, for the manifest.
    pub query: serde_json::Map<String, serde_json::Value>,
}

impl From<Format> for Options {
    fn from(format: Format) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }
}

impl Options {
    /// A writer, for one stream or file.
    #[must_use]
    pub fn writer(&self) -> Box<dyn ArticleWriter + '_> {
        let (head, cleanups) = (&self.head, &self.cleanups);
        let html = self.html.then_some(cleanups);
        match self.format {
            Format::Markdown => Box::new(formats::Markdown::new(self.front_matter)),
            Format::Jsonl => Box::new(formats::Jsonl { html }),
            Format::Json => Box::new(formats::Json::new(html)),
            Format::Csv => Box::new(formats::Csv {
                html,
                is_for_spreadsheets: self.for_spreadsheets,
                tells_changes: self.tells_changes,
            }),
            Format::Parquet => Box::new(parquet::Parquet::new(html)),
            Format::Sqlite => Box::new(sqlite::Sqlite::new(html, &self.carriers)),
            Format::Atom => Box::new(formats::Atom::new(head, cleanups)),
            Format::Rss => Box::new(formats::Rss::new(head, cleanups)),
            Format::JsonFeed => Box::new(formats::JsonFeed::new(head, cleanups)),
            Format::Epub => Box::new(formats::Epub::new(head, cleanups)),
        }
    }
}

/// What is known of a feed that carried articles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Which feed.
    pub id: FeedId,
    /// The operator's name for it, else its own title.
    pub name: Option<String>,
    /// The URL polled.
    pub url: Option<String>,
    /// The operator's labels.
    pub tags: Vec<String>,
}

/// What a re-published feed, or a book, says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedHead {
    /// Title.
    pub title: String,
    /// Where the feed will be published.
    pub self_url: Option<String>,
    /// The page it belongs to.
    pub home_url: Option<String>,
}

impl Default for FeedHead {
    fn default() -> Self {
        Self {
            title: "Tidings".to_owned(),
            self_url: None,
            home_url: None,
        }
    }
}

impl FeedHead {
    /// The feed's id: its address, else one made from its title.
    pub(super) fn id(&self) -> String {
        self.self_url.clone().unwrap_or_else(|| {
            let digest = Sha256::digest(&self.title);
            let id: String = digest[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("urn:tidings:feed:{id}")
        })
    }
}
