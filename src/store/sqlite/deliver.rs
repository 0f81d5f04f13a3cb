//! Entries that come otherwise than by polls: a hub's deliveries, pages of a backfill.
//!
//! They are committed one by one; what polls have learnt of the feed stays as it is.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    commit::{Group, insert_poll, write},
    raw, rows,
};
use crate::{
    model::{Action, Committed, Decided, Push, Time},
    store::packed::prepared,
};

/// Commits a delivery. Of the feed's state only the moment of the last news is touched, in place:
/// a poll under way will write the rest anew.
pub(super) fn push(tx: &Transaction<'_>, push: &Push) -> Sql<Option<Committed>> {
    let news = push
        .entries
        .iter()
        .any(|entry| matches!(entry.action, Action::Insert(_) | Action::Replace { .. }));
    let row = tx
        .prepare_cached(
            "UPDATE feeds SET state = CASE WHEN ?2 THEN json_set(state, '$.last_new', json(?3)) ELSE state END
             WHERE id = ?1 AND paused = 0 AND retired = 0 RETURNING row",
        )?
        .query_row(
            params![push.feed.as_str(), news, rows::json(&push.now)?],
            |row| row.get(0),
        )
        .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    let done = entries(tx, &push.entries, row, push.now)?;
    let body = raw::packed(&push.raw)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    raw::apply(tx, row, &push.raw, body.as_deref())?;
    insert_poll(tx, row, &push.poll, done)?;
    Ok(Some(done))
}

/// Writes a feed's entries that come rarely: they are prepared on the spot.
pub(super) fn entries(
    tx: &Transaction<'_>,
    entries: &[Decided],
    feed: i64,
    now: Time,
) -> Sql<Committed> {
    let mut group = Group::load(tx)?;
    let prepared = prepared(entries)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let each = entries.iter().zip(&prepared);
    let done = write(tx, each, Some(feed), now, &mut group)?;
    group.seq.save(tx)?;
    Ok(done)
}
