//! Backfills: the cursor of each feed, its reservations, and the pages read.

use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params, params};

use super::{
    Sql, deliver,
    rows::{self, millis},
};
use crate::model::{Backfill, Committed, Cursor, FeedId, PageCommit, PageRecord, Time};

pub(super) fn read(db: &Connection, feed: &FeedId) -> Sql<Backfill> {
    let found = db
        .prepare_cached(
            "SELECT f.row, b.cursor, coalesce(b.turn, 0),
                (SELECT max(o.asked_at) FROM backfills o JOIN feeds h ON h.row = o.feed WHERE h.scope = f.scope),
                (SELECT max(o.not_before) FROM backfills o JOIN feeds h ON h.row = o.feed WHERE h.scope = f.scope)
             FROM feeds f LEFT JOIN backfills b ON b.feed = f.row WHERE f.id = ?1",
        )?
        .query_row([feed.as_str()], |row| {
            Ok(Backfill {
                row: row.get(0)?,
                cursor: row
                    .get_ref(1)?
                    .as_str_or_null()
                    .ok()
                    .flatten()
                    .and_then(cursor),
                turn: row.get(2)?,
                asked_at: rows::optional_time(row, 3)?,
                not_before: rows::optional_time(row, 4)?,
                pages: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut backfill) = found else {
        return Ok(Backfill::default());
    };
    let mut statement = db.prepare_cached("SELECT page FROM backfill_pages WHERE feed = ?1")?;
    let pages = statement.query_map([backfill.row], |row| {
        rows::parse_json::<PageRecord>(0, row.get_ref(0)?.as_str()?)
    })?;
    backfill.pages = pages.collect::<Sql<_>>()?;
    Ok(backfill)
}

/// As with a feed's state: what another version wrote and this one cannot read is begun anew.
fn cursor(text: &str) -> Option<Cursor> {
    serde_json::from_str(text)
        .inspect_err(|error| {
            tracing::warn!("where a backfill stood cannot be read; it begins anew: {error}");
        })
        .ok()
}

/// `None` if somebody else has reserved since `turn`.
pub(super) fn reserve(
    tx: &Transaction<'_>,
    feed: &FeedId,
    turn: i64,
    cursor: &Cursor,
    now: Time,
) -> Sql<Option<i64>> {
    tx.prepare_cached(
        "INSERT INTO backfills (feed, cursor, turn, asked_at)
         SELECT row, :cursor, 1, :now FROM feeds
         WHERE id = :feed AND (:turn = 0 OR row IN (SELECT feed FROM backfills))
         ON CONFLICT (feed) DO UPDATE SET cursor = excluded.cursor, turn = turn + 1,
            asked_at = excluded.asked_at WHERE turn = :turn
         RETURNING turn",
    )?
    .query_row(
        named_params! {
            ":feed": feed.as_str(), ":turn": turn, ":cursor": rows::json(cursor)?, ":now": millis(now),
        },
        |row| row.get(0),
    )
    .optional()
}

/// `None` if the reservation is no longer the latest; then nothing is written.
pub(super) fn commit(tx: &Transaction<'_>, page: &PageCommit) -> Sql<Option<Committed>> {
    let feed: Option<i64> = tx
        .prepare_cached(
            "SELECT f.row FROM feeds f JOIN backfills b ON b.feed = f.row WHERE f.id = ?1 AND b.turn = ?2",
        )?
        .query_row(params![page.feed.as_str(), page.turn], |row| row.get(0))
        .optional()?;
    let Some(feed) = feed else {
        return Ok(None);
    };
    let done = deliver::entries(tx, &page.entries, feed, page.now)?;
    let mut cursor = page.cursor.clone();
    cursor.count(done);
    tx.prepare_cached(
        "UPDATE backfills SET cursor = ?2, not_before = coalesce(?3, not_before), asked_at = ?4
         WHERE feed = ?1",
    )?
    .execute(params![
        feed,
        rows::json(&cursor)?,
        page.not_before.map(millis),
        millis(page.now)
    ])?;
    if let Some(page) = &page.page {
        tx.prepare_cached(
            "INSERT INTO backfill_pages (feed, url, page) VALUES (?1, ?2, ?3)
             ON CONFLICT (feed, url) DO UPDATE SET page = excluded.page",
        )?
        .execute(params![feed, page.url, rows::json(page)?])?;
    }
    Ok(Some(done))
}

/// The feed gets a new URL: its older entries are elsewhere too. A request of the old one that is
/// under way is fenced off; what its host asked for still holds if the host stays.
pub(super) fn forget(tx: &Transaction<'_>, feed: &FeedId, same_host: bool) -> Sql<()> {
    tx.prepare_cached(
        "UPDATE backfills SET cursor = NULL, turn = turn + 1,
            asked_at = iif(?2, asked_at, NULL), not_before = iif(?2, not_before, NULL)
         WHERE feed = (SELECT row FROM feeds WHERE id = ?1)",
    )?
    .execute(params![feed.as_str(), same_host])?;
    tx.prepare_cached(
        "DELETE FROM backfill_pages WHERE feed = (SELECT row FROM feeds WHERE id = ?1)",
    )?
    .execute([feed.as_str()])?;
    Ok(())
}
