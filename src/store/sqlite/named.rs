//! One article by name, with everything there is of it: its markup (which may be damaged, and must
//! hide nothing else), who carried it, and the versions that were replaced.

use rusqlite::{Connection, Params};

use super::{Sql, html, rows};
use crate::model::{ArticleId, ArticleName, Revision, Sighting, StoredArticle};

/// Articles that a name may mean, ordered by id.
pub(super) fn articles(
    db: &Connection,
    name: &ArticleName,
    limit: usize,
    with_html: bool,
) -> Sql<Vec<StoredArticle>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    match name {
        ArticleName::Id(from, to) => select(
            db,
            "a.id BETWEEN ?1 AND ?2 ORDER BY a.id LIMIT ?3",
            (from.0, to.0, limit),
            with_html,
        ),
        // No index: a URL that is its article's identity is found by the id that it makes.
        ArticleName::Url(url) => select(
            db,
            "a.url = ?1 OR a.canonical_url = ?1 ORDER BY a.id LIMIT ?2",
            (url, limit),
            with_html,
        ),
    }
}

fn select(
    db: &Connection,
    which: &str,
    values: impl Params,
    with_html: bool,
) -> Sql<Vec<StoredArticle>> {
    db.prepare_cached(&format!(
        "SELECT {}, {} FROM articles a WHERE {which}",
        rows::STORED,
        html::COLUMNS
    ))?
    .query_map(values, |row| rows::stored_article(row, with_html))?
    .collect()
}

/// Who carried it, earliest first.
pub(super) fn sightings(db: &Connection, id: ArticleId) -> Sql<Vec<Sighting>> {
    db.prepare_cached(
        "SELECT f.id, s.guid, s.first_seen, s.last_seen, f.row IS a.owner
         FROM articles a JOIN sightings s ON s.article = a.row JOIN feeds f ON f.row = s.feed
         WHERE a.id = ?1 ORDER BY s.first_seen, f.id, s.key",
    )?
    .query_map([id.0], |row| {
        Ok(Sighting {
            feed: rows::feed_id(row, 0)?,
            guid: row.get(1)?,
            first_seen: rows::time(row, 2)?,
            last_seen: rows::time(row, 3)?,
            owner: row.get(4)?,
        })
    })?
    .collect()
}

/// Replaced versions, oldest first.
pub(super) fn revisions(db: &Connection, id: ArticleId) -> Sql<Vec<Revision>> {
    db.prepare_cached(
        "SELECT r.revision, r.replaced_at, f.id, r.title, r.authors, r.url, r.published_at, r.updated_at,
                r.summary, r.body
         FROM revisions r JOIN articles a ON a.row = r.article LEFT JOIN feeds f ON f.row = r.owner
         WHERE a.id = ?1 ORDER BY r.revision",
    )?
    .query_map([id.0], |row| {
        let feed: Option<String> = row.get(2)?;
        Ok(Revision {
            revision: row.get(0)?,
            replaced_at: rows::time(row, 1)?,
            feed: feed.and_then(|id| id.parse().ok()),
            title: row.get(3)?,
            authors: rows::list(row, 4)?,
            url: row.get(5)?,
            published_at: rows::optional_time(row, 6)?,
            updated_at: rows::optional_time(row, 7)?,
            summary: row.get(8)?,
            body: row.get(9)?,
        })
    })?
    .collect()
}
