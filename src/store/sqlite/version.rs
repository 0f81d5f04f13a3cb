//! Articles as rows: how a version is written, labelled as a copy, indexed, and replaced by the next.

use rusqlite::{Statement, ToSql, Transaction, params};

use super::{
    Sql,
    hash::Hasher,
    near::{self, Label, Subject},
    rows::{self, millis},
    search::{self, Texts},
};
use crate::{
    model::{Article, ArticleId, Time},
    store::packed::Prepared,
};

/// A stored date further ahead than this is not believed for ordering.
const AHEAD: chrono::Duration = chrono::Duration::hours(24);

/// An article as it is written.
pub(super) struct Version<'a> {
    pub(super) article: &'a Article,
    pub(super) prepared: &'a Prepared,
}

impl Version<'_> {
    fn texts(&self) -> Texts<'_> {
        Texts::of(&self.article.title, &self.article.body, self.prepared)
    }

    /// What is looked for copies of; `row` if it is stored already.
    fn subject(&self, stamp: &Stamp, row: Option<i64>) -> Subject<'_> {
        Subject {
            row,
            owner: stamp.owner,
            source: &self.article.source,
            body: &self.article.body,
            words: self.article.words(),
            sketch: self.prepared.sketch.as_ref(),
            now: stamp.now,
        }
    }
}

/// What the store adds to a version.
pub(super) struct Stamp {
    pub(super) seq: i64,
    pub(super) owner: Option<i64>,
    pub(super) first_seen: Time,
    pub(super) revision: i64,
    pub(super) now: Time,
}

/// Writes a new article, labels and indexes it; `None` if there is one with its id.
pub(super) fn add(tx: &Transaction<'_>, version: &Version<'_>, stamp: &Stamp) -> Sql<Option<i64>> {
    let copy = near::find(tx, &version.subject(stamp, None))?;
    let Some(row) = insert(tx, version, stamp, copy.label)? else {
        return Ok(None);
    };
    search::insert(tx, row, &version.texts())?;
    near::keep(tx, row, &copy)?;
    Ok(Some(row))
}

/// The current version becomes a revision, the new one takes its place; the article keeps its id
/// and the moment it was first seen.
pub(super) fn replace(
    tx: &Transaction<'_>,
    id: ArticleId,
    version: &Version<'_>,
    mut stamp: Stamp,
) -> Sql<i64> {
    let (row, first_seen, revision, label, is_same_text) = tx
        .prepare_cached(
            "SELECT row, first_seen, revision, cluster, duplicate_of, body = ?2 FROM articles WHERE id = ?1",
        )?
        .query_row(params![id.0, version.article.body], |row| {
            let label = Label {
                cluster: row.get(3)?,
                duplicate_of: row.get(4)?,
            };
            let revision: i64 = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, revision, label, row.get::<_, bool>(5)?))
        })?;
    tx.prepare_cached(
        "INSERT INTO revisions (article, revision, replaced_at, owner, fingerprint, title, authors, url,
            published_at, updated_at, summary, body)
         SELECT row, revision, ?2, owner, fingerprint, title, authors, url, published_at, updated_at, summary, body
         FROM articles WHERE row = ?1",
    )?
    .execute(params![row, millis(stamp.now)])?;
    stamp.first_seen = rows::from_millis(1, first_seen)?;
    stamp.revision = revision + 1;
    search::update(tx, row, &version.texts())?;
    if is_same_text {
        update(tx, id, version, &stamp, label)?;
        return Ok(row);
    }
    let copy = near::find(tx, &version.subject(&stamp, Some(row)))?;
    update(tx, id, version, &stamp, copy.label)?;
    near::keep(tx, row, &copy)?;
    Ok(row)
}

/// Writes the row of a new article; `None` if there is one with its id.
///
/// INSERT and UPDATE apart, and no RETURNING: of a statement that may write twice SQLite copies every
/// page it touches to a statement journal.
fn insert(
    tx: &Transaction<'_>,
    version: &Version<'_>,
    stamp: &Stamp,
    label: Label,
) -> Sql<Option<i64>> {
    let mut statement = tx.prepare_cached(
            "INSERT INTO articles (id, seq, fingerprint, owner, source, title, authors, url,
                canonical_url, published_at, published_from, updated_at, changed_at, sort_at, language,
                tags, enclosures, summary, extraction, words, body, details, html_base, cluster, duplicate_of,
                html, hash, revision, first_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)
             ON CONFLICT (id) DO NOTHING",
    )?;
    bind(&mut statement, version.article.id, version, stamp, label)?;
    statement.raw_bind_parameter(29, millis(stamp.first_seen))?;
    Ok((statement.raw_execute()? == 1).then(|| tx.last_insert_rowid()))
}

/// Writes the next version of a stored article.
fn update(
    tx: &Transaction<'_>,
    id: ArticleId,
    version: &Version<'_>,
    stamp: &Stamp,
    label: Label,
) -> Sql<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE articles SET seq = ?2, fingerprint = ?3, owner = ?4, source = ?5,
            title = ?6, authors = ?7, url = ?8, canonical_url = ?9, published_at = ?10,
            published_from = ?11, updated_at = ?12, changed_at = ?13, sort_at = ?14, language = ?15,
            tags = ?16, enclosures = ?17, summary = ?18, extraction = ?19, words = ?20, body = ?21,
            details = ?22, html_base = ?23, cluster = ?24, duplicate_of = ?25, html = ?26, hash = ?27,
            revision = ?28, said_at = NULL
         WHERE id = ?1",
    )?;
    bind(&mut statement, id, version, stamp, label)?;
    statement.raw_execute()?;
    Ok(())
}

/// Binds a version's columns as ?1 to ?28. The hash is that of the others (`hash::COLUMNS`).
fn bind(
    statement: &mut Statement<'_>,
    id: ArticleId,
    version: &Version<'_>,
    stamp: &Stamp,
    label: Label,
) -> Sql<()> {
    let Version { article, prepared } = version;
    let html = article.html.as_ref();
    let values: [&dyn ToSql; 25] = [
        &id.0,
        &stamp.seq,
        &article.fingerprint.0,
        &stamp.owner,
        &article.source,
        &article.title,
        &rows::list_json(&article.authors)?,
        &article.url,
        &canonical(article),
        &article.published_at.map(millis),
        &article.published_from.as_str(),
        &article.updated_at.map(millis),
        &millis(stamp.now),
        &sort_at(article.published_at, stamp.first_seen),
        &article.language,
        &rows::list_json(&article.tags)?,
        &rows::list_json(&article.enclosures)?,
        &article.summary,
        &article.extraction.as_str(),
        &article.words(),
        &article.body,
        &rows::given_json(&article.details)?,
        &html.and_then(|html| html.base.as_deref()),
        &label.cluster,
        &label.duplicate_of,
    ];
    let mut hash = Hasher::default();
    for (at, value) in values.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
        hash.bound(value)?;
    }
    hash.bound(&millis(stamp.first_seen))?;
    hash.bound(&stamp.revision)?;
    let markup = prepared.markup.as_ref();
    statement.raw_bind_parameter(26, markup.map(|frame| frame.bytes.as_slice()))?;
    statement.raw_bind_parameter(27, hash.with_markup(markup.map(|frame| &frame.hash)))?;
    statement.raw_bind_parameter(28, stamp.revision)
}

/// What orders the article: its date if that is believable, else the moment it was first seen.
fn sort_at(published: Option<Time>, first_seen: Time) -> i64 {
    let latest = first_seen.checked_add_signed(AHEAD).unwrap_or(first_seen);
    millis(published.filter(|at| *at <= latest).unwrap_or(first_seen))
}

/// NULL where it says nothing beyond `url`, empty where there is none beside a `url`.
fn canonical(article: &Article) -> Option<&str> {
    match (article.canonical_url.as_deref(), article.url.as_deref()) {
        (None, Some(_)) => Some(""),
        (canonical, url) => canonical.filter(|_| canonical != url),
    }
}
