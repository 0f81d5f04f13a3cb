//! Kept documents, read once more: what this version of the program, or the feed's keys of today, make
//! of them otherwise than was made then.
//!
//! Documents come newest first. What an article is, the newest document that has it says, unless a
//! later version is stored; details that polls pass over are compared in the document that the stored
//! version is from. Nothing is fetched, and what polls know of the feed stays as it is.

use std::collections::{HashMap, HashSet};

use super::{
    Candidate, Ingest, Speaker, decide::may_replace, kept::kept_body, learnt::candidate, names,
};
use crate::{
    model::{
        Action, Article, ArticleId, Committed, Decided, EntryKey, Failure, FeedId, FeedRecord,
        FeedSpec, Known, RawHtml, RawPlace, Replay, Said, Time,
    },
    normalize::fingerprint,
    store::StoreError,
};

/// The replay of one feed.
pub struct Replaying {
    feed: FeedRecord,
    spec: FeedSpec,
    row: i64,
    settled: Settled,
}

/// What a document brought.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Its entries.
    pub entries: u32,
    /// What was (or would be) done.
    pub done: Committed,
    /// Titles of articles, each with whether it is new.
    pub articles: Vec<(String, bool)>,
    /// Why it could not be read.
    pub failure: Option<Failure>,
}

/// What newer documents, or stored versions, have said the last word about.
#[derive(Default)]
struct Settled {
    keys: HashSet<EntryKey>,
    articles: HashSet<ArticleId>,
}

impl Ingest {
    /// Begins a feed's replay; `None` if no feed file names it.
    ///
    /// # Errors
    /// The store's.
    pub async fn replaying(&self, feed: FeedRecord) -> Result<Option<Replaying>, StoreError> {
        let Some(spec) = self.setup().spec(&feed.id).cloned() else {
            return Ok(None);
        };
        let row = self.store.backfill(feed.id.clone()).await?.row;
        Ok(Some(Replaying {
            feed,
            spec,
            row,
            settled: Settled::default(),
        }))
    }

    /// Reads a kept document once more and commits what is other than it was, or only tells it. `None`
    /// if it is no longer there.
    ///
    /// # Errors
    /// The store's.
    pub async fn replay(
        &self,
        run: &mut Replaying,
        place: RawPlace,
        is_dry: bool,
    ) -> Result<Option<Replayed>, StoreError> {
        let Some(document) = self.store.raw_document(place).await? else {
            return Ok(None);
        };
        let body = kept_body(document);
        let (limits, trust) = (self.limits(&run.spec), run.feed.state.names.trust());
        let read = self.readers.read(&run.spec, body, limits, trust, place.at);
        let document = match read.await {
            Ok(document) => document,
            Err(failure) => {
                return Ok(Some(Replayed {
                    failure: Some(failure),
                    ..Replayed::default()
                }));
            }
        };
        let mut candidates: Vec<Candidate> = document
            .normalized
            .entries
            .into_iter()
            .map(candidate)
            .collect();
        let titles = candidates
            .iter()
            .map(|candidate| candidate.article.title.clone())
            .collect();
        // An entry whose names are made otherwise today is no new one.
        let namesakes = self.store.namesakes(run.row, titles).await?;
        names::adopt_strangers(&mut candidates, &namesakes);
        let ids = candidates
            .iter()
            .map(|candidate| (candidate.key, candidate.article.id));
        let known = self.store.known(run.row, ids.collect()).await?;
        let said = self.store.said(known.articles.keys().copied().collect());
        let said: HashMap<ArticleId, Said> = said
            .await?
            .into_iter()
            .map(|said| (said.article.id, said))
            .collect();
        let entries = u32::try_from(candidates.len()).unwrap_or(u32::MAX);
        let stored = Stored {
            known: &known,
            said: &said,
            links: trust.links,
        };
        let decided = judge(
            candidates,
            &stored,
            &mut run.settled,
            (&run.feed.id, place.at),
        );
        let articles: Vec<(String, bool)> = decided.iter().filter_map(told).collect();
        let done = if is_dry || decided.is_empty() {
            let new = articles.iter().filter(|(_, new)| *new).count();
            Committed {
                new: u32::try_from(new).unwrap_or(u32::MAX),
                changed: u32::try_from(articles.len() - new).unwrap_or(u32::MAX),
                same: 0,
                deleted: 0,
            }
        } else {
            let replay = Replay {
                feed: run.feed.id.clone(),
                said_at: place.at,
                entries: decided,
                now: (self.clock)(),
            };
            self.store.replay(replay).await?
        };
        Ok(Some(Replayed {
            entries,
            done,
            articles,
            failure: None,
        }))
    }
}

fn told(decided: &Decided) -> Option<(String, bool)> {
    match &decided.action {
        Action::Insert(article) => Some((article.title.clone(), true)),
        Action::Replace { article, .. } => Some((article.title.clone(), false)),
        Action::Link { .. } | Action::Touch => None,
    }
}

/// What the store has of a document's entries.
struct Stored<'a> {
    known: &'a Known,
    said: &'a HashMap<ArticleId, Said>,
    /// Links count.
    links: bool,
}

/// What a document of this feed and moment changes. Pure.
fn judge(
    candidates: Vec<Candidate>,
    stored: &Stored<'_>,
    settled: &mut Settled,
    (feed, at): (&FeedId, Time),
) -> Vec<Decided> {
    let mut decided = Vec::new();
    for candidate in candidates {
        let Candidate {
            key, guid, article, ..
        } = candidate;
        let sighting = stored.known.sightings.get(&key);
        let id = sighting.map_or(article.id, |sighting| sighting.article);
        let is_settled = settled.keys.contains(&key) || settled.articles.contains(&id);
        if is_settled || stored.known.tombstones.contains(&id) {
            continue;
        }
        let said = stored.said.get(&id);
        let current = stored.known.articles.get(&id);
        let is_same = said.is_some_and(|said| says_same(&article, said, at, stored.links));
        if is_same && said.is_some_and(|said| said.said_at < at) {
            // The document that the version is from has yet to be compared.
            continue;
        }
        settled.keys.insert(key);
        settled.articles.insert(id);
        let action = match (said, current) {
            (Some(said), Some(current)) => {
                let may = may_replace(&article, current, Speaker::Feed(feed));
                if is_same || said.said_at > at || !may {
                    continue;
                }
                Action::Replace {
                    id,
                    article: Box::new(article),
                }
            }
            (None, None) => Action::Insert(Box::new(article)),
            // It went in between.
            _ => continue,
        };
        let fingerprint = match &action {
            Action::Insert(article) | Action::Replace { article, .. } => article.fingerprint,
            Action::Link { .. } | Action::Touch => continue,
        };
        decided.push(Decided {
            key,
            guid,
            fingerprint,
            action,
        });
    }
    decided
}

/// True if the entry of a document of that moment says what is stored: in all values if the stored
/// version is from it, else in those that make a version.
fn says_same(article: &Article, said: &Said, at: Time, links: bool) -> bool {
    let stored = &said.article;
    if said.said_at == at {
        return is_equal(article, stored);
    }
    let link = stored.canonical_url.as_deref().filter(|_| links);
    article.fingerprint == fingerprint(&stored.title, &stored.authors, link, &stored.body)
}

/// True if nothing of what a document says is other; names are not looked at.
fn is_equal(article: &Article, stored: &Article) -> bool {
    let millis = |at: Option<Time>| at.map(|at| at.timestamp_millis());
    let kept = |html: &&RawHtml| html.text.len() <= RawHtml::MOST_BYTES;
    millis(article.published_at) == millis(stored.published_at)
        && millis(article.updated_at) == millis(stored.updated_at)
        && article.html.as_ref().filter(kept) == stored.html.as_ref()
        && Article {
            id: stored.id,
            source: stored.source.clone(),
            guid: stored.guid.clone(),
            fingerprint: stored.fingerprint,
            published_at: stored.published_at,
            updated_at: stored.updated_at,
            html: stored.html.clone(),
            ..article.clone()
        } == *stored
}
