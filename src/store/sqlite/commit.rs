//! Committing what polls decided: articles, sightings, revisions, the change sequence, feed state
//! and the lease, whole or not at all.

use rusqlite::{OptionalExtension as _, Statement, ToSql, Transaction, params};

use super::{
    Sql, feeds,
    hash::Hasher,
    hosts,
    html::Frame,
    rows::{self, millis},
    unread, urls,
};
use crate::{
    model::{
        Action, Article, ArticleId, Committed, Decided, FeedCommit, Fingerprint, PollRecord, Time,
    },
    store::{Packed, StoreError},
};

/// A stored date further ahead than this is not believed for ordering.
const AHEAD: chrono::Duration = chrono::Duration::hours(24);

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
        unread::apply(tx, feed.row, &feed.unread)?;
        if feed.gap {
            feeds::note_gap(tx, feed.row, batch.now)?;
        }
        insert_poll(tx, feed.row, &feed.poll, done)?;
    }
    Ok(Ok(done))
}

/// Writes entries, each with its markup, and the sightings in the feed that they are from.
pub(super) fn write<'a>(
    tx: &Transaction<'_>,
    entries: impl Iterator<Item = (&'a Decided, Option<&'a Frame>)>,
    owner: Option<i64>,
    now: Time,
    group: &mut Group,
) -> Sql<Committed> {
    let mut done = Committed::default();
    for (entry, markup) in entries {
        let sighted = apply(tx, (entry, markup), owner, now, group, &mut done)?;
        if let (Some(feed), Some(sighted)) = (owner, sighted) {
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
}

/// Returns what the feed sighted; `None` where there is nothing to write down.
fn apply(
    tx: &Transaction<'_>,
    (entry, markup): (&Decided, Option<&Frame>),
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
    let sighted = |article| {
        Some(Sighted {
            article,
            fingerprint: entry.fingerprint,
        })
    };
    match &entry.action {
        Action::Insert(article) => {
            let version = Version { article, markup };
            if group.has_tombstones && is_deleted(tx, article.id)? {
                return Ok(None);
            }
            let Some(row) = insert(tx, &version, &stamp(group.seq.upcoming()))? else {
                // Another feed has brought the same story since `known` was asked. Its version is
                // what counts as sighted, so that this feed's own is weighed at its next poll.
                done.same += 1;
                return stored(tx, article.id);
            };
            group.seq.next();
            done.new += 1;
            Ok(sighted(row))
        }
        Action::Replace { id, article } => {
            if stored(tx, *id)?.is_none() {
                return Ok(None);
            }
            done.changed += 1;
            let version = Version { article, markup };
            replace(tx, *id, &version, stamp(group.seq.next())).map(sighted)
        }
        Action::Link { id } => {
            done.same += 1;
            Ok(stored(tx, *id)?.and_then(|stored| sighted(stored.article)))
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
            })
        })
        .optional()
}

pub(super) fn is_deleted(tx: &Transaction<'_>, id: ArticleId) -> Sql<bool> {
    tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1)")?
        .query_row([id.0], |row| row.get(0))
}

/// What orders the article: its date if that is believable, else the moment it was first seen.
fn sort_at(published: Option<Time>, first_seen: Time) -> i64 {
    millis(
        published
            .filter(|at| *at <= first_seen + AHEAD)
            .unwrap_or(first_seen),
    )
}

/// NULL where it says nothing beyond `url`, empty where there is none beside a `url`.
fn canonical(article: &Article) -> Option<&str> {
    match (article.canonical_url.as_deref(), article.url.as_deref()) {
        (None, Some(_)) => Some(""),
        (canonical, url) => canonical.filter(|_| canonical != url),
    }
}

/// Writes a new article; `None` if there is one with its id.
///
/// INSERT and UPDATE apart, and no RETURNING: of a statement that may write twice SQLite copies every
/// page it touches to a statement journal.
pub(super) fn insert(
    tx: &Transaction<'_>,
    version: &Version<'_>,
    stamp: &Stamp,
) -> Sql<Option<i64>> {
    let mut statement = tx.prepare_cached(
            "INSERT INTO articles (id, seq, fingerprint, owner, source, title, authors, url,
                canonical_url, published_at, published_from, updated_at, changed_at, sort_at, language,
                tags, enclosures, summary, extraction, words, body, details, html_base, html, hash, first_seen, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)
             ON CONFLICT (id) DO NOTHING",
    )?;
    bind_version(&mut statement, version.article.id, version, stamp)?;
    statement.raw_bind_parameter(26, millis(stamp.first_seen))?;
    statement.raw_bind_parameter(27, stamp.revision)?;
    Ok((statement.raw_execute()? == 1).then(|| tx.last_insert_rowid()))
}

/// Writes the next version of a stored article.
fn update(tx: &Transaction<'_>, id: ArticleId, version: &Version<'_>, stamp: &Stamp) -> Sql<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE articles SET revision = ?26, seq = ?2, fingerprint = ?3, owner = ?4, source = ?5,
            title = ?6, authors = ?7, url = ?8, canonical_url = ?9, published_at = ?10,
            published_from = ?11, updated_at = ?12, changed_at = ?13, sort_at = ?14, language = ?15,
            tags = ?16, enclosures = ?17, summary = ?18, extraction = ?19, words = ?20, body = ?21,
            details = ?22, html_base = ?23, html = ?24, hash = ?25
         WHERE id = ?1",
    )?;
    bind_version(&mut statement, id, version, stamp)?;
    statement.raw_bind_parameter(26, stamp.revision)?;
    statement.raw_execute()?;
    Ok(())
}

/// Binds a version's columns as ?1 to ?25, the last being the hash of the others (`hash::COLUMNS`).
fn bind_version(
    statement: &mut Statement<'_>,
    id: ArticleId,
    version: &Version<'_>,
    stamp: &Stamp,
) -> Sql<()> {
    let Version { article, markup } = version;
    let html = article.html.as_ref();
    let values: [&dyn ToSql; 23] = [
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
    ];
    let mut hash = Hasher::default();
    for (at, value) in values.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
        hash.bound(value)?;
    }
    hash.bound(&millis(stamp.first_seen))?;
    hash.bound(&stamp.revision)?;
    statement.raw_bind_parameter(24, markup.map(|frame| frame.bytes.as_slice()))?;
    statement.raw_bind_parameter(25, hash.with_markup(markup.map(|frame| &frame.hash)))
}

/// An article as it is written.
pub(super) struct Version<'a> {
    pub(super) article: &'a Article,
    pub(super) markup: Option<&'a Frame>,
}

/// What the store adds to a version.
pub(super) struct Stamp {
    pub(super) seq: i64,
    pub(super) owner: Option<i64>,
    pub(super) first_seen: Time,
    pub(super) revision: i64,
    pub(super) now: Time,
}

/// The current version becomes a revision, the new one takes its place; the article keeps its id
/// and the moment it was first seen.
pub(super) fn replace(
    tx: &Transaction<'_>,
    id: ArticleId,
    version: &Version<'_>,
    mut stamp: Stamp,
) -> Sql<i64> {
    let (row, first_seen, revision): (i64, i64, i64) = tx
        .prepare_cached("SELECT row, first_seen, revision FROM articles WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    tx.prepare_cached(
        "INSERT INTO revisions (article, revision, replaced_at, owner, fingerprint, title, authors, url,
            published_at, updated_at, summary, body)
         SELECT row, revision, ?2, owner, fingerprint, title, authors, url, published_at, updated_at, summary, body
         FROM articles WHERE row = ?1",
    )?
    .execute(params![row, millis(stamp.now)])?;
    stamp.first_seen = rows::from_millis(1, first_seen)?;
    stamp.revision = revision + 1;
    update(tx, id, version, &stamp)?;
    Ok(row)
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

/// The one change sequence: every insert, edit and delete takes the next number, in the
/// transaction that makes the change.
pub(super) struct Sequence {
    last: i64,
    stored: i64,
}

impl Sequence {
    pub(super) fn load(tx: &Transaction<'_>) -> Sql<Self> {
        let last = tx
            .prepare_cached("SELECT value FROM counters WHERE name = 'seq'")?
            .query_row([], |row| row.get(0))?;
        Ok(Self { last, stored: last })
    }

    pub(super) fn next(&mut self) -> i64 {
        self.last = self.upcoming();
        self.last
    }

    /// What [`Self::next`] gives, for a change that may not be made after all.
    fn upcoming(&self) -> i64 {
        self.last + 1
    }

    pub(super) fn save(self, tx: &Transaction<'_>) -> Sql<()> {
        if self.last != self.stored {
            tx.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'seq'")?
                .execute([self.last])?;
        }
        Ok(())
    }
}
