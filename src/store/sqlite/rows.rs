//! Rows to values and back: times, ids, JSON lists.

use rusqlite::{Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

use super::{Sql, html};
use crate::model::{
    Article, ArticleId, DateSource, Extraction, FeedId, FeedState, Fingerprint, StoredArticle, Time,
};

/// The columns that [`stored_article`] reads; `a` is the article's row. [`html::COLUMNS`] may
/// follow.
///
/// The source is the owner feed's configured name if it has one, so that renaming a feed renames
/// its articles' source.
pub(super) const STORED: &str = "a.row, a.sort_at, a.id, a.seq, a.revision, a.fingerprint,
    COALESCE((SELECT f.name FROM feeds f WHERE f.row = a.owner), a.source),
    a.title, a.authors, a.url, NULLIF(COALESCE(a.canonical_url, a.url), ''), a.published_at, a.published_from,
    a.updated_at, a.first_seen, a.changed_at, a.language, a.tags, a.enclosures, a.summary,
    a.extraction, a.body,
    (SELECT s.guid FROM sightings s WHERE s.article = a.row AND s.guid IS NOT NULL
        ORDER BY s.first_seen, s.feed, s.key LIMIT 1),
    (SELECT json_group_array(seen.id) FROM (
        SELECT f.id FROM sightings s JOIN feeds f ON f.row = s.feed WHERE s.article = a.row
        GROUP BY f.id ORDER BY min(s.first_seen), f.id) seen),
    a.details, a.cluster, a.duplicate_of";

/// Where those of [`STORED`] stand that articles are ordered by.
pub(super) const SORT_AT: usize = 1;
pub(super) const SEQ: usize = 3;
pub(super) const FIRST_SEEN: usize = 14;

/// Where [`html::COLUMNS`] begin.
const HTML: usize = 27;

pub(super) fn stored_article(row: &Row<'_>, with_html: bool) -> Sql<StoredArticle> {
    let id = ArticleId(row.get(2)?);
    let published_from: String = row.get(12)?;
    let extraction: String = row.get(20)?;
    let feeds: Vec<String> = list(row, 23)?;
    let body: String = row.get(21)?;
    let html = match with_html {
        true => html::read(row, HTML, id, &body)?,
        false => None,
    };
    let article = Article {
        id,
        title: row.get(7)?,
        authors: list(row, 8)?,
        source: row.get(6)?,
        url: row.get(9)?,
        canonical_url: row.get(10)?,
        guid: row.get(22)?,
        published_at: optional_time(row, 11)?,
        published_from: DateSource::from_name(&published_from).unwrap_or(DateSource::None),
        updated_at: optional_time(row, 13)?,
        language: row.get(16)?,
        tags: list(row, 17)?,
        enclosures: list(row, 18)?,
        summary: row.get(19)?,
        body,
        extraction: Extraction::from_name(&extraction).unwrap_or(Extraction::None),
        html,
        details: parsed(row, 24)?.unwrap_or_default(),
        fingerprint: Fingerprint(row.get(5)?),
    };
    Ok(StoredArticle {
        cluster: row.get::<_, Option<_>>(25)?.map_or(id, ArticleId),
        duplicate_of: row.get::<_, Option<_>>(26)?.map(ArticleId),
        article,
        seq: row.get(SEQ)?,
        first_seen: time(row, FIRST_SEEN)?,
        changed_at: time(row, 15)?,
        revision: row.get(4)?,
        feeds: feeds.iter().filter_map(|id| id.parse().ok()).collect(),
    })
}

pub(super) fn millis(time: Time) -> i64 {
    time.timestamp_millis()
}

pub(super) fn from_millis(column: usize, millis: i64) -> Sql<Time> {
    Time::from_timestamp_millis(millis)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, millis))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> Sql<Time> {
    from_millis(column, row.get(column)?)
}

pub(super) fn optional_time(row: &Row<'_>, column: usize) -> Sql<Option<Time>> {
    row.get::<_, Option<i64>>(column)?
        .map(|millis| from_millis(column, millis))
        .transpose()
}

/// A text, or what damage left of it.
pub(super) fn lossy(row: &Row<'_>, column: usize) -> Sql<String> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned())
}

/// A number of words; none where there is no such number.
pub(super) fn words(row: &Row<'_>, column: usize) -> Sql<usize> {
    let words: i64 = row.get(column)?;
    Ok(usize::try_from(words).unwrap_or(0))
}

/// What polls have learnt. A state that cannot be read (another version's, say) is an empty one:
/// the next poll learns it anew, and one feed's state never keeps the others from their turn.
pub(super) fn feed_state(row: &Row<'_>, column: usize) -> Sql<FeedState> {
    let text = row.get_ref(column)?.as_str()?;
    Ok(serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::warn!("what was known of a feed cannot be read and is learnt anew: {error}");
        FeedState::default()
    }))
}

pub(super) fn feed_id(row: &Row<'_>, column: usize) -> Sql<FeedId> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A JSON list; NULL is the empty list.
pub(super) fn list<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Sql<Vec<T>> {
    Ok(parsed(row, column)?.unwrap_or_default())
}

/// A JSON value, or NULL.
fn parsed<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Sql<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })?;
    text.map(|text| parse_json(column, text)).transpose()
}

pub(super) fn parse_json<T: DeserializeOwned>(column: usize, text: &str) -> Sql<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// NULL for the empty list.
pub(super) fn list_json<T: Serialize>(items: &[T]) -> Sql<Option<String>> {
    if items.is_empty() {
        Ok(None)
    } else {
        json(&items).map(Some)
    }
}

/// NULL for the default.
pub(super) fn given_json<T: Serialize + Default + PartialEq>(value: &T) -> Sql<Option<String>> {
    if *value == T::default() {
        Ok(None)
    } else {
        json(value).map(Some)
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Sql<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
