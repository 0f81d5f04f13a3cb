//! Committing what polls decided: articles, sightings, revisions, the change sequence, feed state
//! and the lease, whole or not at all.

use rusqlite::{OptionalExtension as _, Transaction, named_params, params};

use super::{
    Sql, html,
    rows::{self, millis},
};
use crate::{
    model::{Action, Article, ArticleId, Batch, Committed, Decided, FeedCommit, Fingerprint, Time},
    store::StoreError,
};

/// A stored date further ahead than this is not believed for ordering.
const AHEAD: chrono::Duration = chrono::Duration::hours(24);

/// Commits the batches in one transaction. A batch is refused before it writes anything, so that
/// no savepoint is needed: those copy every page they touch.
pub(super) fn group(
    tx: &Transaction<'_>,
    batches: &[Batch],
) -> Sql<Vec<Result<Committed, StoreError>>> {
    let mut seq = Sequence::load(tx)?;
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        results.push(one(tx, batch, &mut seq)?);
    }
    seq.save(tx)?;
    Ok(results)
}

fn one(
    tx: &Transaction<'_>,
    batch: &Batch,
    seq: &mut Sequence,
) -> Sql<Result<Committed, StoreError>> {
    if let Some(feed) = &batch.feed
        && !update_feed(tx, feed)?
    {
        return Ok(Err(StoreError::LeaseLost {
            feed: feed.id.to_string(),
        }));
    }
    let owner = batch.feed.as_ref().map(|feed| feed.row);
    let mut done = Committed::default();
    for entry in &batch.entries {
        let sighted = apply(tx, entry, owner, batch.now, seq, &mut done)?;
        if let (Some(feed), Some(sighted)) = (owner, sighted) {
            sight(tx, feed, &sighted, entry, batch.now)?;
        }
    }
    if let Some(feed) = &batch.feed {
        insert_poll(tx, feed, done)?;
    }
    Ok(Ok(done))
}

/// False if the lease is no longer ours.
fn update_feed(tx: &Transaction<'_>, feed: &FeedCommit) -> Sql<bool> {
    let changed = tx
        .prepare_cached(
            "UPDATE feeds SET state = ?3, next_at = ?4, gone = ?5, lease_until = 0
             WHERE row = ?1 AND lease = ?2 AND lease_until > 0",
        )?
        .execute(params![
            feed.row,
            feed.lease,
            rows::json(&feed.state)?,
            millis(feed.next_poll),
            feed.state.gone
        ])?;
    Ok(changed == 1)
}

/// What a sighting is of.
struct Sighted {
    article: i64,
    fingerprint: Fingerprint,
}

/// Returns what the feed sighted; `None` where there is nothing to write down.
fn apply(
    tx: &Transaction<'_>,
    entry: &Decided,
    owner: Option<i64>,
    now: Time,
    seq: &mut Sequence,
    done: &mut Committed,
) -> Sql<Option<Sighted>> {
    let stamp = |seq| Stamp {
        seq,
        owner,
        first_seen: now,
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
            if is_deleted(tx, article.id)? {
                return Ok(None);
            }
            // Another feed may have brought the same story since `known` was asked. Its version
            // is what counts as sighted, so that this feed's own is weighed at its next poll.
            if let Some(stored) = stored(tx, article.id)? {
                done.same += 1;
                return Ok(Some(stored));
            }
            done.new += 1;
            put(tx, article.id, article, &stamp(seq.next())).map(sighted)
        }
        Action::Replace { id, article } => {
            if stored(tx, *id)?.is_none() {
                return Ok(None);
            }
            done.changed += 1;
            replace(tx, *id, article, stamp(seq.next())).map(sighted)
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

fn is_deleted(tx: &Transaction<'_>, id: ArticleId) -> Sql<bool> {
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

/// Writes a version under `id`: a new article, or the next version of a stored one.
fn put(tx: &Transaction<'_>, id: ArticleId, article: &Article, stamp: &Stamp) -> Sql<i64> {
    tx.prepare_cached(
        "INSERT INTO articles (id, seq, fingerprint, owner, source, title, authors, url, canonical_url,
            published_at, published_from, updated_at, first_seen, changed_at, sort_at, language, tags,
            enclosures, summary, extraction, words, body, details, html_base, html)
         VALUES (:id, :seq, :fingerprint, :owner, :source, :title, :authors, :url, :canonical, :published,
            :published_from, :updated, :first_seen, :now, :sort_at, :language, :tags, :enclosures, :summary,
            :extraction, :words, :body, :details, :html_base, :html)
         ON CONFLICT (id) DO UPDATE SET revision = revision + 1, seq = excluded.seq,
            fingerprint = excluded.fingerprint, owner = excluded.owner, source = excluded.source,
            title = excluded.title, authors = excluded.authors, url = excluded.url,
            canonical_url = excluded.canonical_url, published_at = excluded.published_at,
            published_from = excluded.published_from, updated_at = excluded.updated_at,
            changed_at = excluded.changed_at, sort_at = excluded.sort_at, language = excluded.language,
            tags = excluded.tags, enclosures = excluded.enclosures, summary = excluded.summary,
            extraction = excluded.extraction, words = excluded.words, body = excluded.body,
            details = excluded.details, html_base = excluded.html_base, html = excluded.html
         RETURNING row",
    )?
    .query_row(
        named_params! {
            ":id": id.0, ":seq": stamp.seq, ":fingerprint": article.fingerprint.0, ":owner": stamp.owner,
            ":source": article.source, ":title": article.title, ":authors": rows::list_json(&article.authors)?,
            ":url": article.url, ":canonical": canonical(article), ":published": article.published_at.map(millis),
            ":published_from": article.published_from.as_str(), ":updated": article.updated_at.map(millis),
            ":first_seen": millis(stamp.first_seen), ":now": millis(stamp.now),
            ":sort_at": sort_at(article.published_at, stamp.first_seen), ":language": article.language,
            ":tags": rows::list_json(&article.tags)?, ":enclosures": rows::list_json(&article.enclosures)?,
            ":summary": article.summary, ":extraction": article.extraction.as_str(),
            ":words": article.words(), ":body": article.body, ":details": rows::given_json(&article.details)?,
            ":html_base": article.html.as_ref().and_then(|html| html.base.as_deref()),
            ":html": html::compressed(article.html.as_ref())?,
        },
        |row| row.get(0),
    )
}

/// What the store adds to a version.
struct Stamp {
    seq: i64,
    owner: Option<i64>,
    first_seen: Time,
    now: Time,
}

/// The current version becomes a revision, the new one takes its place; the article keeps its id
/// and the moment it was first seen.
fn replace(tx: &Transaction<'_>, id: ArticleId, article: &Article, mut stamp: Stamp) -> Sql<i64> {
    let (row, first_seen): (i64, i64) = tx
        .prepare_cached("SELECT row, first_seen FROM articles WHERE id = ?1")?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    tx.prepare_cached(
        "INSERT INTO revisions (article, revision, replaced_at, owner, fingerprint, title, authors, url,
            published_at, updated_at, summary, body)
         SELECT row, revision, ?2, owner, fingerprint, title, authors, url, published_at, updated_at, summary, body
         FROM articles WHERE row = ?1",
    )?
    .execute(params![row, millis(stamp.now)])?;
    stamp.first_seen = rows::from_millis(1, first_seen)?;
    put(tx, id, article, &stamp)
}

fn sight(
    tx: &Transaction<'_>,
    feed: i64,
    sighted: &Sighted,
    entry: &Decided,
    now: Time,
) -> Sql<()> {
    tx.prepare_cached(
        "INSERT INTO sightings (feed, key, article, fingerprint, guid, first_seen, last_seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         ON CONFLICT (feed, key) DO UPDATE SET article = excluded.article, fingerprint = excluded.fingerprint,
            guid = excluded.guid, last_seen = excluded.last_seen",
    )?
    .execute(params![
        feed,
        entry.key.0,
        sighted.article,
        sighted.fingerprint.0,
        entry.guid,
        millis(now)
    ])?;
    Ok(())
}

fn insert_poll(tx: &Transaction<'_>, feed: &FeedCommit, done: Committed) -> Sql<()> {
    let poll = &feed.poll;
    tx.prepare_cached(
        "INSERT INTO polls (feed, at, outcome, status, bytes, ms, entries, new, changed, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        feed.row,
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
        self.last += 1;
        self.last
    }

    pub(super) fn save(self, tx: &Transaction<'_>) -> Sql<()> {
        if self.last != self.stored {
            tx.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'seq'")?
                .execute([self.last])?;
        }
        Ok(())
    }
}
