//! Retention's effects: which articles to look at, and their deletion in small transactions.
//!
//! What goes is decided by `model::prune_reason`, in the transaction that deletes: a feed may have
//! carried the article a moment ago.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{Sql, changes, rows};
use crate::{
    model::{
        ArticleId, Horizon, KeepRule, PageKey, PruneReason, Retention, StoreId, Time, prune_reason,
    },
    store::{Pruned, PrunedArticle, Pruning},
};

/// Articles that one step looks at.
const LOOK: usize = 500;
/// Articles that one step deletes: a transaction of some ten milliseconds.
const DELETE: usize = 100;

pub(super) fn store_id(db: &Connection) -> Sql<StoreId> {
    db.prepare_cached("SELECT value FROM identity WHERE name = 'store_id'")?
        .query_row([], |row| row.get(0).map(StoreId))
}

pub(super) fn feeds(db: &Connection, retention: &Retention) -> Sql<Vec<(i64, KeepRule)>> {
    let mut feeds = Vec::new();
    // What no feed file ever named is an import's: there is no rule for it, and its articles stay.
    let mut statement = db.prepare_cached("SELECT row, id, tags FROM feeds WHERE origin <> ''")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let tags: Vec<String> = rows::list(row, 2)?;
        let rule = retention.rule_of(&rows::feed_id(row, 1)?, &tags);
        if let Some(rule) = rule {
            feeds.push((row.get(0)?, rule));
        }
    }
    Ok(feeds)
}

pub(super) fn last_kept(db: &Connection, feed: i64, articles: u64) -> Sql<Option<PageKey>> {
    let offset = i64::try_from(articles).unwrap_or(i64::MAX);
    // From the index alone: most feeds have fewer.
    let sighted: i64 = db
        .prepare_cached("SELECT count(*) FROM sightings WHERE feed = ?1")?
        .query_row([feed], |row| row.get(0))?;
    if sighted <= offset {
        return Ok(None);
    }
    db.prepare_cached(
        "SELECT a.sort_at, a.row FROM (SELECT DISTINCT article FROM sightings WHERE feed = ?1) s
            CROSS JOIN articles a ON a.row = s.article
         ORDER BY a.sort_at DESC, a.row DESC LIMIT 1 OFFSET ?2",
    )?
    .query_row([feed, offset - 1], page_key)
    .optional()
}

fn page_key(row: &rusqlite::Row<'_>) -> Sql<PageKey> {
    Ok(PageKey {
        sort_at: row.get(0)?,
        row: row.get(1)?,
    })
}

pub(super) fn surplus(db: &Connection, retention: &Retention) -> Sql<u64> {
    if retention.max_bytes.is_none() {
        return Ok(0);
    }
    let number = |pragma| db.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    let used = pages * number("page_size")?;
    let articles = db
        .prepare_cached("SELECT count(*) FROM articles")?
        .query_row([], |row| row.get(0))?;
    Ok(retention.surplus(used, articles))
}

/// What a step would delete.
pub(super) fn candidates(db: &Connection, pruning: &Pruning) -> Sql<Pruned> {
    let after = pruning.after.unwrap_or(PageKey {
        sort_at: i64::MIN,
        row: i64::MIN,
    });
    let mut statement = db.prepare_cached(
        "SELECT a.sort_at, a.row, a.id, a.title,
            (SELECT json_group_array(s.feed) FROM sightings s WHERE s.article = a.row)
         FROM articles a WHERE a.sort_at < ?1 AND (a.sort_at, a.row) > (?2, ?3)
         ORDER BY a.sort_at, a.row LIMIT ?4",
    )?;
    let mut found = statement.query(params![pruning.end, after.sort_at, after.row, LOOK])?;
    let (mut pruned, mut needed, mut looked) = (Pruned::default(), pruning.needed, 0);
    while let Some(row) = found.next()? {
        let key = page_key(row)?;
        let feeds: Vec<i64> = rows::list(row, 4)?;
        let horizon = |feed: &i64| -> Option<Horizon> { pruning.horizons.get(feed).copied() };
        if let Some(reason) = prune_reason(key, feeds.iter().map(horizon), needed > 0) {
            needed -= u64::from(reason == PruneReason::Bytes);
            pruned.articles.push(PrunedArticle {
                id: ArticleId(row.get(2)?),
                title: row.get(3)?,
                at: rows::from_millis(0, key.sort_at)?,
                reason,
            });
        }
        looked += 1;
        if looked == LOOK || pruned.articles.len() == DELETE {
            pruned.next = Some(key);
            break;
        }
    }
    Ok(pruned)
}

/// Deletes what a step may.
pub(super) fn step(tx: &Transaction<'_>, pruning: &Pruning, now: Time) -> Sql<Pruned> {
    let pruned = candidates(tx, pruning)?;
    let mut deleted = 0;
    for reason in [PruneReason::Age, PruneReason::Number, PruneReason::Bytes] {
        let articles = pruned.articles.iter();
        let ids: Vec<ArticleId> = articles
            .filter(|article| article.reason == reason)
            .map(|article| article.id)
            .collect();
        deleted += changes::delete(tx, &ids, reason.as_str(), now)?;
    }
    if deleted > 0 {
        tx.prepare_cached("UPDATE counters SET value = value + ?1 WHERE name = 'pruned'")?
            .execute([deleted])?;
    }
    Ok(pruned)
}
