//! Subscriptions at hubs: kept, found by token and by when they are due. What becomes of one is
//! decided elsewhere.

use rusqlite::{
    Connection, OptionalExtension as _, Row, Transaction, named_params, params, types::Type,
};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::model::{
    FeedId, Leave, NewSubscription, RefusedDeliveries, Secret, Subscription, SubscriptionState,
    Time,
};

/// How long one that is over is remembered, so that what still comes is told apart from nonsense.
const REMEMBERED: chrono::Duration = chrono::Duration::days(30);

/// What [`subscription`] reads; `s` is the subscription, `f` its feed.
const COLUMNS: &str = "f.id, s.feed_url, s.topic, s.hub, s.callbacks, s.token, s.secret, s.state, s.awaiting,
    s.due_at, s.asked_at, s.active_since, s.lease_until, s.failures, s.delivered_at, s.pinged_at, s.proven,
    s.missed_at, s.why, s.feed, s.refused, s.refused_at, s.refused_why";
const FROM: &str = "FROM subscriptions s JOIN feeds f ON f.row = s.feed";

pub(super) fn subscribe(tx: &Transaction<'_>, wanted: &NewSubscription, now: Time) -> Sql<bool> {
    let same: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM subscriptions s JOIN feeds f ON f.row = s.feed
                WHERE f.id = ?1 AND s.state NOT IN ('leaving', 'ended')
                AND (s.feed_url, s.topic, s.hub, s.callbacks) = (?2, ?3, ?4, ?5))",
        )?
        .query_row(
            params![
                wanted.feed.as_str(),
                wanted.feed_url,
                wanted.topic,
                wanted.hub,
                wanted.callbacks
            ],
            |row| row.get(0),
        )?;
    if same {
        return Ok(false);
    }
    leave(tx, &Leave::Feed(wanted.feed.clone()), now)?;
    let inserted = tx
        .prepare_cached(
            "INSERT INTO subscriptions (feed, feed_url, topic, hub, callbacks, token, secret, due_at)
             SELECT row, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM feeds
             WHERE id = ?1 AND paused = 0 AND retired = 0 AND gone = 0",
        )?
        .execute(params![
            wanted.feed.as_str(),
            wanted.feed_url,
            wanted.topic,
            wanted.hub,
            wanted.callbacks,
            wanted.token.expose(),
            wanted.secret.as_ref().map(Secret::expose),
            millis(now),
        ])?;
    Ok(inserted == 1)
}

pub(super) fn leave(tx: &Transaction<'_>, leave: &Leave, now: Time) -> Sql<u64> {
    const MARK: &str =
        "UPDATE subscriptions SET awaiting = 0, failures = 0, why = NULL, proven = 0,
            state = iif(asked_at IS NULL OR state = 'denied', 'ended', 'leaving'),
            due_at = iif(asked_at IS NULL OR state = 'denied', NULL, :now)
         WHERE state NOT IN ('leaving', 'ended') AND ";
    let marked = match leave {
        Leave::Feed(feed) => tx
            .prepare_cached(&format!(
                "{MARK} feed = (SELECT row FROM feeds WHERE id = :feed)"
            ))?
            .execute(named_params! { ":now": millis(now), ":feed": feed.as_str() })?,
        Leave::Strangers {
            callbacks,
            unwanted,
        } => {
            let unwanted: Vec<&str> = unwanted.iter().map(FeedId::as_str).collect();
            tx.prepare_cached(&format!(
                "{MARK} (callbacks IS NOT :callbacks OR EXISTS (
                    SELECT 1 FROM feeds f WHERE f.row = feed AND (f.paused OR f.retired OR f.gone
                        OR f.url <> feed_url OR f.id IN (SELECT value FROM json_each(:unwanted)))))"
            ))?
            .execute(named_params! {
                ":now": millis(now), ":callbacks": callbacks, ":unwanted": rows::json(&unwanted)?,
            })?
        }
    };
    tx.prepare_cached(
        "DELETE FROM subscriptions WHERE state = 'ended' AND coalesce(asked_at, 0) < ?1",
    )?
    .execute([millis(now - REMEMBERED)])?;
    Ok(marked as u64)
}

pub(super) fn by_token(db: &Connection, token: &str) -> Sql<Option<Subscription>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE s.token = ?1"))?
        .query_row([token], subscription)
        .optional()
}

pub(super) fn list(db: &Connection, feed: Option<&FeedId>) -> Sql<Vec<Subscription>> {
    // Two statements: the planner would not use the index for one with a condition on the argument.
    let (one, id) = match feed {
        Some(feed) => ("WHERE f.id = ?1", feed.as_str()),
        None => ("WHERE ?1 = ''", ""),
    };
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} {FROM} {one} ORDER BY s.row DESC"
    ))?
    .query_map([id], subscription)?
    .collect()
}

pub(super) fn due(
    db: &Connection,
    now: Time,
    busy_hubs: &[String],
    limit: usize,
) -> Sql<Vec<Subscription>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} {FROM} WHERE s.row IN (
            SELECT first.row FROM (SELECT row, min(due_at) AS due_at FROM subscriptions
                WHERE due_at <= ?1 AND hub NOT IN (SELECT value FROM json_each(?2)) GROUP BY hub) first
            ORDER BY first.due_at LIMIT ?3)
         ORDER BY s.due_at"
    ))?
    .query_map(params![millis(now), rows::json(&busy_hubs)?, limit], subscription)?
    .collect()
}

pub(super) fn next(db: &Connection, busy_hubs: &[String]) -> Sql<Option<Time>> {
    let next: Option<i64> = db
        .prepare_cached(
            "SELECT min(due_at) FROM subscriptions
             WHERE due_at IS NOT NULL AND hub NOT IN (SELECT value FROM json_each(?1))",
        )?
        .query_row([rows::json(&busy_hubs)?], |row| row.get(0))?;
    next.map(|at| rows::from_millis(0, at)).transpose()
}

pub(super) fn change(
    tx: &Transaction<'_>,
    token: &str,
    change: &mut dyn FnMut(&mut Subscription),
) -> Sql<bool> {
    let Some(old) = by_token(tx, token)? else {
        return Ok(false);
    };
    let mut new = old.clone();
    change(&mut new);
    if new == old {
        return Ok(true);
    }
    let moment = |at: Option<Time>| at.map(millis);
    tx.prepare_cached(
        "UPDATE subscriptions SET state = :state, awaiting = :awaiting, due_at = :due, asked_at = :asked,
            active_since = :since, lease_until = :lease, failures = :failures, delivered_at = :delivered,
            pinged_at = :pinged, proven = :proven, missed_at = :missed, why = :why,
            refused = :refused, refused_at = :refused_at, refused_why = :refused_why
         WHERE token = :token",
    )?
    .execute(named_params! {
        ":token": token, ":state": new.state.as_str(), ":awaiting": new.awaiting, ":due": moment(new.due_at),
        ":asked": moment(new.asked_at), ":since": moment(new.active_since), ":lease": moment(new.lease_until),
        ":failures": new.failures, ":delivered": moment(new.delivered_at), ":pinged": moment(new.pinged_at),
        ":proven": new.proven, ":missed": moment(new.missed_at), ":why": new.why,
        ":refused": new.refused.count, ":refused_at": moment(new.refused.at), ":refused_why": new.refused.why,
    })?;
    Ok(true)
}

fn subscription(row: &Row<'_>) -> Sql<Subscription> {
    let state: String = row.get(7)?;
    let state = SubscriptionState::from_name(&state).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(7, Type::Text, state.as_str().into())
    })?;
    Ok(Subscription {
        asked: NewSubscription {
            feed: rows::feed_id(row, 0)?,
            feed_url: row.get(1)?,
            topic: row.get(2)?,
            hub: row.get(3)?,
            callbacks: row.get(4)?,
            token: Secret::new(row.get(5)?),
            secret: row.get::<_, Option<String>>(6)?.map(Secret::new),
        },
        state,
        awaiting: row.get(8)?,
        due_at: rows::optional_time(row, 9)?,
        asked_at: rows::optional_time(row, 10)?,
        active_since: rows::optional_time(row, 11)?,
        lease_until: rows::optional_time(row, 12)?,
        failures: row.get(13)?,
        delivered_at: rows::optional_time(row, 14)?,
        pinged_at: rows::optional_time(row, 15)?,
        proven: row.get(16)?,
        missed_at: rows::optional_time(row, 17)?,
        why: row.get(18)?,
        feed_row: row.get(19)?,
        refused: RefusedDeliveries {
            count: row.get(20)?,
            at: rows::optional_time(row, 21)?,
            why: row.get(22)?,
        },
    })
}
