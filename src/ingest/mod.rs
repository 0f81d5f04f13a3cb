//! The conductor: one feed from due to committed. Read this file first.
//!
//! It alone calls the stages, in this order: fetch, parse, normalize, (what the store knows,)
//! decide, commit (parse and normalize are called in `document`, on a thread for pure work). A
//! failed step is a value that is committed like any other poll.

mod address;
mod backfill;
mod decide;
mod document;
mod drops;
mod facts;
mod gaps;
mod hubs;
mod kept;
mod learnt;
mod names;
mod pauses;
mod push;
mod renamed;
mod replay;
mod report;
mod request;
mod setup;
mod state;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, Semaphore};

pub use backfill::{Older, PageReport, Stop, Wish, has_older};
pub use decide::{Candidate, Speaker, decide};
pub use document::{Document, read_document};
pub use drops::Refused;
pub use hubs::Admission;
pub use kept::kept_body;
pub use push::{Delivered, Delivery};
pub use replay::{Replayed, Replaying};
pub use report::Report;
pub use request::Asked;
pub use setup::Setup;

use crate::{
    config::Config,
    fetch::{ClientError, FetchRequest, Fetcher, Ticket},
    model::{
        Action, Batch, CacheHints, Decided, DueFeed, FeedCommit, FeedId, FeedSpec, FeedState,
        Fetched, HostPause, KeepRaw, Kept, Outcome, PollRecord, Time, later, pause_until,
    },
    parse::Limits,
    schedule::{self, Answer, Clock, Pace},
    store::{Store, StoreError},
};
use document::Readers;
use drops::Drops;
use learnt::{Arrival, Learnt};
use state::Seen;

/// The pause after a poll while which the feed's hub said that there is more.
const AFTER_PING: Duration = Duration::from_secs(15 * 60);
/// A claim for a URL that this process does not know yet is put back for so long: by then it has read
/// the feed file anew.
const SOON: Duration = Duration::from_secs(15);
/// Documents between their answer and their commit at most: enough to fill the writer's transactions,
/// and no more, because each is some hundred kilobytes.
const DOCUMENTS: usize = 48;

/// Polls feeds; clones share everything.
#[derive(Clone)]
pub struct Ingest {
    setup: Arc<RwLock<Setup>>,
    store: Store,
    clock: Clock,
    readers: Readers,
    /// Rung when a request to a hub may be due.
    hubs: Arc<Notify>,
    /// Deliveries that were not taken in.
    drops: Arc<Drops>,
    documents: Arc<Semaphore>,
    /// When the store was last asked for new pauses.
    pauses_known: Arc<Mutex<Time>>,
}

impl Ingest {
    /// A conductor over these parts.
    #[must_use]
    pub fn new(
        fetcher: Fetcher,
        store: Store,
        config: Arc<Config>,
        specs: impl Into<Arc<[FeedSpec]>>,
        clock: Clock,
    ) -> Self {
        let setup = Setup::new(fetcher, config, specs.into());
        Self {
            setup: Arc::new(RwLock::new(setup)),
            store,
            clock,
            readers: Readers::new(),
            hubs: Arc::default(),
            drops: Arc::default(),
            documents: Arc::new(Semaphore::new(DOCUMENTS)),
            pauses_known: Arc::new(Mutex::new(Time::MIN_UTC)),
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
        specs: Arc<[FeedSpec]>,
    ) -> Result<Setup, ClientError> {
        let fetcher = self.setup().fetcher.renewed(&config.fetch)?;
        Ok(self.adopt(Setup::new(fetcher, config, specs)))
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
    /// `Ok(None)`: the feed is not, or not with this URL, in the feed files as this process has read them;
    /// nobody was asked. With the `ticket` the poll can be taken back until its request is sent.
    ///
    /// # Errors
    /// Only the store's: a failed request or document is a [`Report`].
    pub async fn poll(&self, due: DueFeed, ticket: Ticket) -> Result<Option<Report>, StoreError> {
        let setup = self.setup();
        let Some(spec) = setup.spec(&due.id) else {
            // Due again at once it would come back here; another process, whose files name it, polls it
            // at its time.
            return self.put_back(due, setup.config.schedule.interval).await;
        };
        if spec.url != due.url {
            return self.put_back(due, SOON).await;
        }
        if let Some(body) = self.kept(&due, spec).await? {
            let asked = Asked::first(&body.final_url);
            let (fetched, now) = (Fetched::New(body), (self.clock)());
            return self.absorb(due, spec, &asked, fetched, now).await.map(Some);
        }
        let (request, asked) = request::request(spec, &due, (self.clock)());
        let request = FetchRequest { ticket, ..request };
        let (fetched, took) = setup.fetcher.fetch_timed(&request, (self.clock)()).await;
        // The poll began with its request; the wait for the host's turn is no part of it.
        let took = chrono::Duration::from_std(took).unwrap_or_default();
        let started = (self.clock)() - took;
        self.absorb(due, spec, &asked, fetched, started)
            .await
            .map(Some)
    }

    /// Gives back a claim that is not used, for a while at least.
    async fn put_back(&self, due: DueFeed, wait: Duration) -> Result<Option<Report>, StoreError> {
        let due_at = due.due_at.max(later((self.clock)(), wait));
        let due = DueFeed { due_at, ..due };
        self.store.release(vec![due]).await.map(|()| None)
    }

    fn limits(&self, spec: &FeedSpec) -> Limits {
        self.setup().limits(spec)
    }

    /// The second half of a poll: what was fetched becomes a batch and is committed.
    ///
    /// # Errors
    /// The store's.
    pub async fn absorb(
        &self,
        due: DueFeed,
        spec: &FeedSpec,
        asked: &Asked,
        fetched: Fetched,
        started: Time,
    ) -> Result<Report, StoreError> {
        // Waits are counted from the answer: the request may have waited for its host's turn.
        let answered = (self.clock)();
        let is_document = matches!(fetched, Fetched::New(_));
        let _place = match is_document {
            true => self.documents.acquire().await.ok(),
            false => None,
        };
        let mut learnt = self.learn(&due, spec, fetched, started).await;
        self.know_again(&due, &mut learnt).await?;
        let (seen, hints) = (&learnt.seen, learnt.hints);
        let pause = learnt.pause.and_then(|(scope, wait)| {
            let until = pause_until(answered, wait)?;
            Some(HostPause { scope, until })
        });
        let entries = self
            .decide(due.row, Speaker::Feed(&due.id), learnt.entries)
            .await?;
        let poll = state::Poll {
            spec,
            asked,
            seen,
            hints,
            answered,
        };
        let plan = self.plan(&due, &poll, &entries, started).await?;
        let now = (self.clock)();
        let outcome = seen.outcome();
        let kept = match learnt.unread {
            // What was kept is read by now.
            Kept::AsBefore if seen.is_success() && due.state.unread.is_some() => Kept::Nothing,
            kept => kept::stored(kept, &entries, now),
        };
        let poll = PollRecord {
            at: started,
            outcome,
            ms: u64::try_from((now - started).num_milliseconds()).unwrap_or(0),
            error: state::error(seen),
            ..learnt.poll
        };
        let commit = FeedCommit {
            id: due.id.clone(),
            row: due.row,
            lease: due.lease,
            state: plan.state,
            next_poll: plan.next_poll,
            unread: kept,
            pause,
            gap: plan.gap,
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
            next_poll: plan.next_poll,
            gap_since: due.state.last_ok.filter(|_| plan.gap),
        };
        report.log();
        Ok(report)
    }

    /// What becomes of the feed, and when it is polled next.
    async fn plan(
        &self,
        due: &DueFeed,
        poll: &state::Poll<'_>,
        entries: &[Decided],
        started: Time,
    ) -> Result<Plan, StoreError> {
        let (spec, outcome) = (poll.spec, poll.seen.outcome());
        let mut state = state::advance(&due.state, poll);
        if entries
            .iter()
            .any(|entry| matches!(entry.action, Action::Insert(_) | Action::Replace { .. }))
        {
            state.last_new = Some(poll.answered);
        }
        let hub = self
            .hub(due, spec, &state, (outcome, started), entries)
            .await?;
        if hub.pushed {
            // What came and went in between was delivered.
            state.gaps.clone_from(&due.state.gaps);
        }
        let pace = Pace {
            pushed: hub.pushed,
            ..pace(spec, &self.setup().config)
        };
        let now = (self.clock)();
        let answer = answer(outcome, poll.hints, &state);
        let next = schedule::next_poll(now, &state, &answer, &pace, jitter(&due.id, now));
        let after_ping = later(now, pace.floor.min(AFTER_PING));
        let (next_poll, reason) = match hub.pinged && after_ping < next.at {
            true => (after_ping, FeedState::BY_PING.to_owned()),
            false => (next.at, next.reason),
        };
        state.next_reason = reason;
        let gap = state.gaps.count > due.state.gaps.count;
        Ok(Plan {
            state,
            next_poll,
            gap,
        })
    }

    /// What the answer says, with its document read if it is a new one.
    async fn learn(&self, due: &DueFeed, spec: &FeedSpec, fetched: Fetched, now: Time) -> Learnt {
        match fetched {
            Fetched::New(body) => {
                let arrival = Arrival::of(&body);
                if due.state.body_hash.as_ref() == Some(&arrival.hash)
                    && !request::is_read_anew(spec, due)
                {
                    return arrival.same();
                }
                if let Some(failure) = request::known_unreadable(spec, &due.state, &arrival.hash) {
                    return arrival.unreadable(failure, None);
                }
                let keep = self.setup().raw_rule(spec);
                let raw = (keep.keep != KeepRaw::None).then(|| kept::raw(&body, now));
                match self.read_known(spec, body, &due.state.names, now).await {
                    Ok(document) => {
                        let raw = raw.filter(|_| keep.keep == KeepRaw::Changed);
                        let learnt = arrival.read(document, &spec.cleanup);
                        learnt.keeping(raw, keep.caps)
                    }
                    Err(failure) => arrival.unreadable(failure, raw),
                }
            }
            Fetched::NotModified {
                validators,
                hints,
                moved,
            } => {
                let confirmed = true;
                let seen = Seen::Same {
                    validators,
                    moved,
                    confirmed,
                };
                Learnt::new(seen, Some(304), hints)
            }
            Fetched::Gone => Learnt::new(Seen::Gone, Some(410), CacheHints::default()),
            Fetched::Throttled {
                status,
                retry_after,
                scope,
                resume,
            } => {
                let seen = Seen::Throttled { status, resume };
                Learnt::throttled(seen, Some(status), retry_after, scope)
            }
            Fetched::Held { wait, .. } => {
                // The pause is known; what is told here is only that it was met.
                Learnt::throttled(Seen::Held, None, Some(wait), None)
            }
            Fetched::Failed {
                failure,
                retry_after,
            } => {
                let (status, failure) = (failure.status, state::with_clock(failure, now));
                Learnt::new(Seen::Failed(failure), status, wait(retry_after))
            }
        }
    }

    /// What a feed's entries mean for the store.
    async fn decide(
        &self,
        row: i64,
        speaker: Speaker<'_>,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Decided>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let ids = candidates
            .iter()
            .map(|candidate| (candidate.key, candidate.article.id))
            .collect();
        let known = self.store.known(row, ids).await?;
        Ok(decide::decide(candidates, &known, speaker))
    }
}

/// What a poll means for its feed.
struct Plan {
    state: FeedState,
    next_poll: Time,
    /// Entries may have been lost.
    gap: bool,
}

fn wait(retry_after: Option<Duration>) -> CacheHints {
    CacheHints {
        retry_after,
        ..CacheHints::default()
    }
}

fn pace(spec: &FeedSpec, config: &Config) -> Pace {
    Pace {
        floor: spec.interval.unwrap_or(config.schedule.interval),
        ceiling: config.schedule.max_interval,
        chosen: spec.interval.is_some(),
        pushed: false,
    }
}

fn answer(outcome: Outcome, hints: CacheHints, state: &FeedState) -> Answer {
    // A 304 that says nothing of freshness renews what the 200 said (RFC 9111 section 4.3.4).
    let renewed = state.max_age.map(Duration::from_secs);
    let fresh_for = match outcome {
        Outcome::Same if !hints.stated => renewed,
        _ => hints.fresh_for,
    };
    Answer {
        outcome,
        fresh_for,
        retry_after: state.retry_after.and(hints.retry_after),
    }
}

/// In 0..=1, different for every feed and poll; it need not be unguessable.
fn jitter(feed: &FeedId, now: Time) -> f64 {
    let mut hash = Sha256::new();
    hash.update(feed.as_str());
    hash.update(now.timestamp_millis().to_le_bytes());
    f64::from(hash.finalize()[0]) / 255.0
}
