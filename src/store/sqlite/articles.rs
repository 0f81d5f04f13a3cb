//! Looking articles up: what is known of a document, pages for exports, counts.

use rusqlite::{Connection, OptionalExtension as _, named_params, types::Value};

use super::{
    Sql, html,
    rows::{self, millis},
};
use crate::{
    model::{
        ArticleId, ArticleQuery, EntryKey, FeedId, Fingerprint, Known, KnownArticle, KnownSighting,
        Page, PageKey, Time,
    },
    store::Totals,
};

pub(super) fn known(db: &Connection, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Sql<Known> {
    let mut known = Known::default();
    for (key, id) in entries {
        let sighting = known_sighting(db, feed, *key)?;
        // A sighted entry belongs to its article, whatever its link says today.
        let article = sighting.map_or(*id, |sighting| sighting.article);
        if let Some(sighting) = sighting {
            known.sightings.insert(*key, sighting);
        }
        if let Some(current) = known_article(db, article)? {
            known.articles.insert(article, current);
        } else if is_tombstone(db, article)? {
            known.tombstones.insert(article);
        }
        if sighting.is_none() && is_deleted_entry(db, feed, *key)? {
            known.tombstones.insert(*id);
        }
    }
    Ok(known)
}

fn known_sighting(db: &Connection, feed: i64, key: EntryKey) -> Sql<Option<KnownSighting>> {
    db.prepare_cached(
        "SELECT a.id, s.fingerprint FROM sightings s JOIN articles a ON a.row = s.article
         WHERE s.feed = ?1 AND s.key = ?2",
    )?
    .query_row((feed, key.0), |row| {
        Ok(KnownSighting {
            article: ArticleId(row.get(0)?),
            fingerprint: Fingerprint(row.get(1)?),
        })
    })
    .optional()
}

fn is_deleted_entry(db: &Connection, feed: i64, key: EntryKey) -> Sql<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM deleted_entries WHERE feed = ?1 AND key = ?2)")?
        .query_row((feed, key.0), |row| row.get(0))
}

fn known_article(db: &Connection, id: ArticleId) -> Sql<Option<KnownArticle>> {
    db.prepare_cached(
        "SELECT a.fingerprint, (SELECT f.id FROM feeds f WHERE f.row = a.owner), a.words FROM articles a WHERE a.id = ?1",
    )?
    .query_row([id.0], |row| {
        let owner: Option<String> = row.get(1)?;
        Ok(KnownArticle {
            fingerprint: Fingerprint(row.get(0)?),
            owner: owner.and_then(|id| id.parse().ok()),
            words: row.get(2)?,
        })
    })
    .optional()
}

fn is_tombstone(db: &Connection, id: ArticleId) -> Sql<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1)")?
        .query_row([id.0], |row| row.get(0))
}

/// A query's conditions as SQL, with the values they bind.
struct Conditions {
    sql: String,
    values: Vec<(&'static str, Value)>,
}

impl Conditions {
    fn of(query: &ArticleQuery) -> Sql<Self> {
        let mut conditions = Self {
            sql: "1".to_owned(),
            values: Vec::new(),
        };
        if !query.feeds.is_empty() {
            let ids: Vec<&str> = query.feeds.iter().map(FeedId::as_str).collect();
            // A list of rows, not a look at every article's feeds, and (CROSS) made from the feeds
            // on: a small feed's page does not cost a walk through a large store.
            conditions.and(
                "a.row IN (SELECT s.article FROM feeds f CROSS JOIN sightings s ON s.feed = f.row
                 WHERE f.id IN (SELECT value FROM json_each(:feeds)))",
                ":feeds",
                rows::json(&ids)?.into(),
            );
        }
        if !query.feed_tags.is_empty() {
            conditions.and(
                "a.row IN (SELECT s.article FROM feeds f CROSS JOIN sightings s ON s.feed = f.row
                 WHERE EXISTS (SELECT 1 FROM json_each(f.tags) t
                    WHERE t.value IN (SELECT value FROM json_each(:tags))))",
                ":tags",
                rows::json(&query.feed_tags)?.into(),
            );
        }
        if let Some(since) = query.since {
            conditions.and("a.sort_at >= :since", ":since", millis(since).into());
        }
        if let Some(until) = query.until {
            conditions.and("a.sort_at < :until", ":until", millis(until).into());
        }
        Ok(conditions)
    }

    fn and(&mut self, sql: &str, name: &'static str, value: Value) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.push((name, value));
    }

    fn bound(&self) -> Vec<(&str, &dyn rusqlite::ToSql)> {
        self.values
            .iter()
            .map(|(name, value)| (*name, value as &dyn rusqlite::ToSql))
            .collect()
    }
}

pub(super) fn page(
    db: &Connection,
    query: &ArticleQuery,
    after: Option<PageKey>,
    limit: usize,
) -> Sql<Page> {
    let mut conditions = Conditions::of(query)?;
    let (order, past) = if query.newest_first {
        ("DESC", "<")
    } else {
        ("ASC", ">")
    };
    if let Some(key) = after {
        conditions.and(
            &format!("(a.sort_at, a.row) {past} (:at, :row)"),
            ":at",
            key.sort_at.into(),
        );
        conditions.values.push((":row", key.row.into()));
    }
    conditions
        .values
        .push((":limit", i64::try_from(limit).unwrap_or(i64::MAX).into()));
    let html = if query.with_html {
        format!(", {}", html::COLUMNS)
    } else {
        String::new()
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {}{html} FROM articles a WHERE {} ORDER BY a.sort_at {order}, a.row {order} LIMIT :limit",
        rows::STORED,
        conditions.sql
    ))?;
    let mut found = statement.query(conditions.bound().as_slice())?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = found.next()? {
        last = Some(PageKey {
            row: row.get(0)?,
            sort_at: row.get(1)?,
        });
        page.articles
            .push(rows::stored_article(row, query.with_html)?);
    }
    page.next = last.filter(|_| page.articles.len() == limit);
    Ok(page)
}

pub(super) fn count(db: &Connection, query: &ArticleQuery) -> Sql<u64> {
    let conditions = Conditions::of(query)?;
    db.prepare_cached(&format!(
        "SELECT count(*) FROM articles a WHERE {}",
        conditions.sql
    ))?
    .query_row(conditions.bound().as_slice(), |row| row.get(0))
}

pub(super) fn totals(db: &Connection, since: Time, bytes: u64) -> Sql<Totals> {
    db.query_row(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM articles WHERE first_seen >= :since),
                (SELECT value FROM counters WHERE name = 'seq')",
        named_params! { ":since": millis(since) },
        |row| {
            Ok(Totals { articles: row.get(0)?, articles_since: row.get(1)?, bytes, last_seq: row.get(2)? })
        },
    )
}
