//! Articles into an SQLite file, made in the folder for temporary files and poured out when complete.
//!
//! Written once by one writer, it needs no journal; indexes are made at the end, in one pass each.
//! The same articles give the same bytes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{self, Write},
};

use rusqlite::{Connection, params, types::ToSqlOutput, types::Value as Plain};
use tempfile::NamedTempFile;

use super::{APPLICATION_ID, io_error};
use crate::{
    export::{
        ArticleWriter, Carrier, Cleanups, SCHEMA_VERSION,
        formats::body,
        record::{Field, Kind, Moment, Row},
        value::Value,
    },
    model::{FeedId, StoredArticle},
};

/// What is beside the articles. A feed's articles are found by `article_feeds`, since an article may
/// have come by several.
const TABLES: &str = "
CREATE TABLE feeds (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    url TEXT,
    tags TEXT NOT NULL,
    articles INTEGER NOT NULL
);
CREATE TABLE article_feeds (
    feed TEXT NOT NULL,
    article TEXT NOT NULL,
    PRIMARY KEY (feed, article)
) WITHOUT ROWID;
";

const HAS_REPEATS: &str = "SELECT EXISTS (SELECT 1 FROM articles GROUP BY id HAVING count(*) > 1)";

/// An article that changed while it was exported came twice; the later one counts.
const WITHOUT_REPEATS: &str =
    "DELETE FROM articles WHERE rowid NOT IN (SELECT max(rowid) FROM articles GROUP BY id)";

const INDEXES: &str = "
CREATE INDEX articles_id ON articles (id);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX article_feeds_article ON article_feeds (article);
";

/// See the file's head.
pub(in crate::export) struct Sqlite<'a> {
    /// With HTML, cleaned as these feeds ask.
    html: Option<&'a Cleanups>,
    /// What is known of feeds.
    known: &'a [Carrier],
    fields: &'static [Field],
    insert: String,
    /// From the beginning to the end.
    open: Option<(Connection, NamedTempFile)>,
}

impl<'a> Sqlite<'a> {
    pub(in crate::export) fn new(html: Option<&'a Cleanups>, known: &'a [Carrier]) -> Self {
        let fields = Row::fields(html.is_some());
        let places = vec!["?"; fields.len()].join(", ");
        Self {
            html,
            known,
            fields,
            insert: format!("INSERT INTO articles VALUES ({places})"),
            open: None,
        }
    }

    fn create(&self, path: &std::path::Path) -> rusqlite::Result<Connection> {
        let db = Connection::open(path)?;
        // No other sees the file, and one that is cut off is thrown away.
        db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        db.pragma_update(None, "locking_mode", "exclusive")?;
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
        db.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        // KiB, negated.
        db.pragma_update(None, "cache_size", -32 * 1024)?;
        let mut columns = String::new();
        for field in self.fields {
            let kind = match field.kind {
                Kind::Integer => "INTEGER",
                _ => "TEXT",
            };
            let null = if field.is_nullable { "" } else { " NOT NULL" };
            let comma = if columns.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(columns, "{comma}\n    {} {kind}{null}", field.name);
        }
        db.execute_batch(&format!(
            "BEGIN;\nCREATE TABLE articles ({columns}\n);\n{TABLES}"
        ))?;
        Ok(db)
    }

    fn insert(&self, db: &Connection, stored: &StoredArticle) -> rusqlite::Result<()> {
        let html = self.html.map(|cleanups| body::html(stored, cleanups));
        let values = Row::new(stored, html).values();
        let values = values.iter().take(self.fields.len());
        let values = values.map(|value| plain(value));
        db.prepare_cached(&self.insert)?
            .execute(rusqlite::params_from_iter(values))?;
        let mut carried =
            db.prepare_cached("INSERT OR IGNORE INTO article_feeds VALUES (?1, ?2)")?;
        let id = stored.article.id.to_string();
        for feed in &stored.feeds {
            carried.execute([feed.as_str(), &id])?;
        }
        Ok(())
    }

    /// Writes what follows the articles, and closes the file.
    fn complete(&self, db: Connection) -> rusqlite::Result<()> {
        db.execute_batch(INDEXES)?;
        if db.query_row(HAS_REPEATS, [], |row| row.get(0))? {
            db.execute_batch(WITHOUT_REPEATS)?;
        }
        self.feeds(&db)?;
        db.execute_batch("COMMIT")?;
        db.close().map_err(|(_, error)| error)
    }

    /// Writes down the feeds that carried any of the articles.
    fn feeds(&self, db: &Connection) -> rusqlite::Result<()> {
        let known: BTreeMap<&str, &Carrier> = self
            .known
            .iter()
            .map(|feed| (FeedId::as_str(&feed.id), feed))
            .collect();
        let mut counts =
            db.prepare("SELECT feed, count(*) FROM article_feeds GROUP BY feed ORDER BY feed")?;
        let counts: Vec<(String, i64)> = counts
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, articles) in counts {
            let feed = known.get(id.as_str());
            let tags = feed.map_or_else(
                || "[]".to_owned(),
                |feed| serde_json::json!(feed.tags).to_string(),
            );
            db.prepare_cached("INSERT INTO feeds VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    id,
                    feed.and_then(|feed| feed.name.as_deref()),
                    feed.and_then(|feed| feed.url.as_deref()),
                    tags,
                    articles
                ])?;
        }
        Ok(())
    }
}

/// A value as SQLite holds it.
fn plain<'a>(value: &'a Value<'_>) -> ToSqlOutput<'a> {
    match value {
        Value::Null => ToSqlOutput::Owned(Plain::Null),
        Value::Text(text) => ToSqlOutput::from(&**text),
        // Sizes that a feed made up may be larger than any file.
        Value::Integer(number) => {
            ToSqlOutput::Owned(Plain::Integer(i64::try_from(*number).unwrap_or(i64::MAX)))
        }
        Value::Time(time) => ToSqlOutput::Owned(Plain::Text(Moment(*time).to_string())),
        // Texts, numbers and lists of them are always JSON.
        Value::List(_) | Value::Object(..) => {
            ToSqlOutput::Owned(serde_json::to_string(value).map_or(Plain::Null, Plain::Text))
        }
    }
}

fn not_open() -> io::Error {
    io::Error::other("the file is not open")
}

impl ArticleWriter for Sqlite<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        let file = NamedTempFile::new()?;
        let db = self.create(file.path()).map_err(io_error)?;
        self.open = Some((db, file));
        Ok(())
    }

    fn article(&mut self, _: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let (db, _) = self.open.as_ref().ok_or_else(not_open)?;
        self.insert(db, stored).map_err(io_error)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let (db, file) = self.open.take().ok_or_else(not_open)?;
        self.complete(db).map_err(io_error)?;
        io::copy(&mut File::open(file.path())?, out).map(drop)
    }
}
