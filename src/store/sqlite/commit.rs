//! Committing what polls decided: articles, sightings, revisions, the change sequence, feed state
//! and the lease, whole or not at all.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{
    Sql, changes, feeds, hosts, raw,
    rows::{self, millis},
    sequence::Sequence,
    urls,
    version::{self, Stamp, Version},
};
use crate::{
    model::{Action, ArticleId, Committed, Decided, FeedCommit, Fingerprint, PollRecord, Time},
    store::{Packed, StoreError, packed::Prepared},
};

/// Commits the batches in one transaction. A batch is refused before it writes anything, so that
/// no savepoint is needed: those copy every page they touch.
pub(super) fn group(
    tx: &Transaction<'_>,
    batches: &[Packed],
) -> Sql<Vec<Result<Committed, StoreError>>> {
    let mut group = Group::load(tx)?;
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        results.push(one(tx, batch, &mut group)?);
    }
    group.seq.save(tx)?;
    Ok(results)
}

/// What all batches of a transaction share.
pub(super) struct Group {
    pub(super) seq: Sequence,
    /// Something was deleted once.
    pub(super) has_tombstones: bool,
}

impl Group {
    pub(super) fn load(tx: &Transaction<'_>) -> Sql<Self> {
        Ok(Self {
            seq: Sequence::load(tx)?,
            has_tombstones: tx
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones)")?
                .query_row([], |row| row.get(0))?,
        })
    }
}

fn one(
    tx: &Transaction<'_>,
    packed: &Packed,
    group: &mut Group,
) -> Sql<Result<Committed, StoreError>> {
    let batch = packed.batch();
    if let Some(feed) = &batch.feed
        && !update_feed(tx, feed, batch.now)?
    {
        return Ok(Err(StoreError::LeaseLost {
            feed: feed.id.to_string(),
        }));
    }
    let owner = batch.feed.as_ref().map(|feed| feed.row);
    let done = write(tx, packed.entries(), owner, batch.now, group)?;
    if let Some(feed) = &batch.feed {
        raw::apply(tx, feed.row, &feed.unread, packed.raw())?;
        if let Some(since) = feed.state.names.doubted_since() {
            feeds::note_doubt(tx, feed.row, since)?;
        }
        if feed.gap {
            feeds::note_gap(tx, feed.row, batch.now)?;
        }
        insert_poll(tx, feed.row, &feed.poll, done)?;
    }
    Ok(Ok(done))
}

/// Writes entries, each with what was made of it, and the sightings in the feed that they are from.
pub(super) fn write<'a>(
    tx: &Transaction<'_>,
    entries: impl Iterator<Item = (&'a Decided, &'a Prepared)>,
    owner: Option<i64>,
    now: Time,
    group: &mut Group,
) -> Sql<Committed> {
    let mut done = Committed::default();
    for (entry, prepared) in entries {
        let sighted = apply(tx, (entry, prepared), owner, now, group, &mut done)?;
        if let (Some(feed), Some(sighted)) = (owner, sighted) {
            // The record names the feeds: who follows the changes is told of one that joins.
            if !sighted.is_numbered && !changes::is_carried(tx, feed, sighted.article)? {
                changes::renumber(tx, sighted.article, group.seq.next())?;
            }
            sight(tx, feed, &sighted, entry, now)?;
        }
    }
    Ok(done)
}

/// False if the lease is no longer ours.
fn update_feed(tx: &Transaction<'_>, feed: &FeedCommit, now: Time) -> Sql<bool> {
    let found: Option<(String, String)> = tx
        .prepare_cached(
            "UPDATE feeds SET state = ?3, standing = ?4, next_at = ?5, planned_at = ?6, gone = ?7, lease_until = 0
             WHERE row = ?1 AND lease = ?2 AND lease_until > 0 RETURNING url, scope",
        )?
        .query_row(
            params![
                feed.row,
                feed.lease,
                rows::json(&feed.state)?,
                feed.state.standing().as_str(),
                millis(feed.next_poll),
                millis(now),
                feed.state.gone
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((url, scope)) = found else {
        return Ok(false);
    };
    if let Some(pause) = &feed.pause {
        hosts::pause(tx, pause, now)?;
    }
    urls::settle(tx, feed.row, &feed.state, (&url, &scope))?;
    Ok(true)
}

/// What a sighting is of.
struct Sighted {
    article: i64,
    fingerprint: Fingerprint,
    /// It took a number of the change sequence just now.
    is_numbered: bool,
}

/// Returns what the feed sighted; `None` where there is nothing to write down.
fn apply(
    tx: &Transaction<'_>,
    (entry, prepared): (&Decided, &Prepared),
    owner: Option<i64>,
    now: Time,
    group: &mut Group,
    done: &mut Committed,
) -> Sql<Option<Sighted>> {
    let stamp = |seq| Stamp {
        seq,
        owner,
        first_seen: now,
        revision: 0,
        now,
    };
    let sighted = |article, is_numbered| {
        Some(Sighted {
            article,
            fingerprint: entry.fingerprint,
            is_numbered,
        })
    };
    match &entry.action {
        Action::Insert(article) => {
            let version = Version { article, prepared };
            if group.has_tombstones && is_deleted(tx, article.id)? {
                return Ok(None);
            }
            let Some(row) = version::add(tx, &version, &stamp(group.seq.upcoming()))? else {
                // Another feed has brought the same story since `known` was asked. Its version is
                // what counts as sighted, so that this feed's own is weighed at its next poll.
                done.same += 1;
                return stored(tx, article.id);
            };
            group.seq.next();
            done.new += 1;
            Ok(sighted(row, true))
        }
        Action::Replace { id, article } => {
            if stored(tx, *id)?.is_none() {
                return Ok(None);
            }
            done.changed += 1;
            let version = Version { article, prepared };
            version::replace(tx, *id, &version, stamp(group.seq.next()))
                .map(|row| sighted(row, true))
        }
        Action::Link { id } => {
            done.same += 1;
            Ok(stored(tx, *id)?.and_then(|stored| sighted(stored.article, false)))
        }
        Action::Touch => {
            done.same += 1;
            if let Some(feed) = owner {
                tx.prepare_cached(
                    "UPDATE sightings SET last_seen = ?3 WHERE feed = ?1 AND key = ?2",
                )?
                .execute(params![feed, entry.key.0, millis(now)])?;
            }
            Ok(None)
        }
    }
}

fn stored(tx: &Transaction<'_>, id: ArticleId) -> Sql<Option<Sighted>> {
    tx.prepare_cached("SELECT row, fingerprint FROM articles WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(Sighted {
                article: row.get(0)?,
                fingerprint: Fingerprint(row.get(1)?),
                is_numbered: false,
            })
        })
        .optional()
}

pub(super) fn is_deleted(tx: &Transaction<'_>, id: ArticleId) -> Sql<bool> {
    tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1)")?
        .query_row([id.0], |row| row.get(0))
}

fn sight(
    tx: &Transaction<'_>,
    feed: i64,
    sighted: &Sighted,
    entry: &Decided,
    now: Time,
) -> Sql<()> {
    let values = params![
        feed,
        entry.key.0,
        sighted.article,
        sighted.fingerprint.0,
        entry.guid,
        millis(now)
    ];
    let inserted = tx
        .prepare_cached(
            "INSERT INTO sightings (feed, key, article, fingerprint, guid, first_seen, last_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (feed, key) DO NOTHING",
        )?
        .execute(values)?;
    if inserted == 0 {
        tx.prepare_cached(
            "UPDATE sightings SET article = ?3, fingerprint = ?4, guid = ?5, last_seen = ?6
             WHERE feed = ?1 AND key = ?2",
        )?
        .execute(values)?;
    }
    Ok(())
}

pub(super) fn insert_poll(
    tx: &Transaction<'_>,
    feed: i64,
    poll: &PollRecord,
    done: Committed,
) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO polls (feed, at, outcome, status, bytes, ms, entries, new, changed, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        feed,
        millis(poll.at),
        poll.outcome.as_str(),
        poll.status,
        poll.bytes,
        poll.ms,
        poll.entries,
        done.new,
        done.changed,
        poll.error,
    ])?;
    Ok(())
}
