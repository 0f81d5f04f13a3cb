//! The conductor: one feed from due to committed. Read this file first.
//!
//! It alone calls the stages, in this order: fetch, parse, normalize, (what the store knows,)
//! decide, commit (parse and normalize are called in `document`, on a thread for pure work). A
//! failed step is a value that is committed like any other poll.

mod decide;
mod document;
mod facts;
mod learnt;
mod report;
mod state;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use sha2::{Digest as _, Sha256};

pub use decide::{Candidate, Speaker, decide};
pub use document::{Document, read_document};
pub use report::Report;

use crate::{
    config::Config,
    fetch::{ClientError, FetchRequest, Fetcher},
    model::{
        Action, Batch, CacheHints, Decided, DueFeed, FeedCommit, FeedId, FeedSpec, Fetched,
        Outcome, PollRecord, Time, Validators,
    },
    parse::Limits,
    schedule::{self, Answer, Clock, Pace},
    store::{Store, StoreError},
};
use document::Readers;
use learnt::{Arrival, Learnt};
use state::Seen;

/// Polls feeds; clones share everything.
#[derive(Clone)]
pub struct Ingest {
    setup: Arc<RwLock<Setup>>,
    store: Store,
    clock: Clock,
    readers: Readers,
}

/// What a reload replaces; a poll works with the setup it began with.
#[derive(Clone)]
pub struct Setup {
    fetcher: Fetcher,
    config: Arc<Config>,
    specs: Arc<HashMap<FeedId, FeedSpec>>,
}

impl Ingest {
    /// A conductor over these parts.
    #[must_use]
    pub fn new(
        fetcher: Fetcher,
        store: Store,
        config: Arc<Config>,
        specs: Vec<FeedSpec>,
        clock: Clock,
    ) -> Self {
        let setup = Setup {
            fetcher,
            config,
            specs: Arc::new(by_id(specs)),
        };
        Self {
            setup: Arc::new(RwLock::new(setup)),
            store,
            clock,
            readers: Readers::new(),
        }
    }

    /// Takes over new settings and feeds and gives back the old ones, with which polls under way
    /// end.
    ///
    /// # Errors
    /// When the new settings make no HTTP client; the old ones stay.
    pub fn reconfigure(
        &self,
        config: Arc<Config>,
        specs: Vec<FeedSpec>,
    ) -> Result<Setup, ClientError> {
        let fetcher = self.setup().fetcher.renewed(&config.fetch)?;
        let setup = Setup {
            fetcher,
            config,
            specs: Arc::new(by_id(specs)),
        };
        Ok(self.adopt(setup))
    }

    /// Takes over a setup, such as the old one after all; gives back the one it replaces.
    pub fn adopt(&self, setup: Setup) -> Setup {
        let mut current = self.setup.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, setup)
    }

    fn setup(&self) -> Setup {
        self.setup
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Polls one claimed feed and commits what it learnt.
    ///
    /// `Ok(None)`: the feed was taken out of the feed files meanwhile; its lease runs out.
    ///
    /// # Errors
    /// Only the store's: a failed request or document is a [`Report`].
    pub async fn poll(&self, due: DueFeed) -> Result<Option<Report>, StoreError> {
        let setup = self.setup();
        let Some(spec) = setup.specs.get(&due.id) else {
            return Ok(None);
        };
        let request = request(spec, &due);
        let (fetched, took) = setup.fetcher.fetch_timed(&request, (self.clock)()).await;
        // The poll began with its request; the wait for the host's turn is no part of it.
        let took = chrono::Duration::from_std(took).unwrap_or_default();
        let started = (self.clock)() - took;
        self.absorb(due, spec, fetched, started).await.map(Some)
    }

    /// The second half of a poll: what was fetched becomes a batch and is committed.
    ///
    /// # Errors
    /// The store's.
    pub async fn absorb(
        &self,
        due: DueFeed,
        spec: &FeedSpec,
        fetched: Fetched,
        started: Time,
    ) -> Result<Report, StoreError> {
        // Waits are counted from the answer: the request may have waited for its host's turn.
        let answered = (self.clock)();
        let learnt = self.learn(&due, spec, fetched, started).await;
        let entries = self.decide(&due, learnt.entries).await?;
        let mut state = state::advance(
            &due.state,
            &learnt.seen,
            learnt.hints.retry_after,
            &spec.url,
            answered,
        );
        if entries
            .iter()
            .any(|entry| matches!(entry.action, Action::Insert(_) | Action::Replace { .. }))
        {
            state.last_new = Some(answered);
        }
        let now = (self.clock)();
        let pace = pace(spec, &self.setup().config);
        let outcome = learnt.seen.outcome();
        let next = schedule::next_poll(
            now,
            &state,
            &answer(outcome, learnt.hints),
            &pace,
            jitter(&due, now),
        );
        state.next_reason = next.reason;
        let poll = PollRecord {
            at: started,
            outcome,
            ms: u64::try_from((now - started).num_milliseconds()).unwrap_or(0),
            error: state::error(&learnt.seen),
            ..learnt.poll
        };
        let (row, lease, next_poll) = (due.row, due.lease, next.at);
        let commit = FeedCommit {
            id: due.id.clone(),
            row,
            lease,
            state,
            next_poll,
            poll: poll.clone(),
        };
        let committed = self
            .store
            .commit(Batch {
                feed: Some(commit),
                entries,
                now,
            })
            .await?;
        let poll = PollRecord {
            new: committed.new,
            changed: committed.changed,
            ..poll
        };
        let report = Report {
            feed: due.id,
            poll,
            committed,
            problems: learnt.problems,
            repairs: learnt.repairs,
            next_poll,
        };
        report.log();
        Ok(report)
    }

    /// What the answer says, with its document read if it is a new one.
    async fn learn(&self, due: &DueFeed, spec: &FeedSpec, fetched: Fetched, now: Time) -> Learnt {
        match fetched {
            Fetched::New(body) => {
                let arrival = Arrival::of(&body);
                if due.state.body_hash.as_ref() == Some(&arrival.hash) && !is_read_anew(spec, due) {
                    return arrival.same();
                }
                let max_entries = self.setup().config.fetch.max_entries;
                match self
                    .readers
                    .read(spec, body, Limits { max_entries }, now)
                    .await
                {
                    Ok(document) => arrival.read(document, &spec.cleanup),
                    Err(failure) => arrival.unreadable(failure),
                }
            }
            Fetched::NotModified {
                validators,
                hints,
                moved,
            } => Learnt::new(Seen::Same { validators, moved }, Some(304), hints),
            Fetched::Gone => Learnt::new(Seen::Gone, Some(410), CacheHints::default()),
            Fetched::Throttled {
                status,
                retry_after,
            } => Learnt::new(
                Seen::Throttled(status),
                Some(status),
                CacheHints {
                    retry_after,
                    fresh_for: None,
                },
            ),
            Fetched::Failed {
                failure,
                retry_after,
            } => {
                let status = failure.status;
                Learnt::new(
                    Seen::Failed(failure),
                    status,
                    CacheHints {
                        retry_after,
                        fresh_for: None,
                    },
                )
            }
        }
    }

    async fn decide(
        &self,
        due: &DueFeed,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Decided>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let ids = candidates
            .iter()
            .map(|candidate| (candidate.key, candidate.article.id))
            .collect();
        let known = self.store.known(due.row, ids).await?;
        Ok(decide::decide(candidates, &known, Speaker::Feed(&due.id)))
    }
}

fn pace(spec: &FeedSpec, config: &Config) -> Pace {
    Pace {
        floor: spec.interval.unwrap_or(config.schedule.interval),
        ceiling: config.schedule.max_interval,
        chosen: spec.interval.is_some(),
    }
}

fn by_id(specs: Vec<FeedSpec>) -> HashMap<FeedId, FeedSpec> {
    specs
        .into_iter()
        .map(|spec| (spec.id.clone(), spec))
        .collect()
}

fn answer(outcome: Outcome, hints: CacheHints) -> Answer {
    Answer {
        outcome,
        fresh_for: hints.fresh_for,
        retry_after: hints.retry_after,
    }
}

/// True if the operator changed how bodies are cleaned since the last document was read: then it
/// is asked for and read once more, changed or not.
fn is_read_anew(spec: &FeedSpec, due: &DueFeed) -> bool {
    due.state.body_hash.is_some() && due.state.cleanup != spec.cleanup.signature()
}

fn request(spec: &FeedSpec, due: &DueFeed) -> FetchRequest {
    FetchRequest {
        url: spec.url.clone(),
        validators: if is_read_anew(spec, due) {
            Validators::default()
        } else {
            due.state.validators.clone()
        },
        headers: spec.headers.clone(),
        user_agent: spec.user_agent.clone(),
        timeout: spec.timeout,
        max_body: spec.max_body,
    }
}

/// In 0..=1, different for every feed and poll; it need not be unguessable.
fn jitter(due: &DueFeed, now: Time) -> f64 {
    let mut hash = Sha256::new();
    hash.update(due.id.as_str());
    hash.update(now.timestamp_millis().to_le_bytes());
    f64::from(hash.finalize()[0]) / 255.0
}
