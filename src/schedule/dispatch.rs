//! Which feeds may start now: claims from the store, never more than the window holds. Whose host's
//! turn it is the store knows, which all processes share.
//!
//! A feed is claimed only when it is about to start, so that a kill reserves as little as possible.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use tracing::info;

use super::{Refusal, may_poll_by_hand};
use crate::{
    model::{DueFeed, FeedFilter, FeedId, FeedRecord, Spread, Time, later},
    store::{Claim, Claimed, Store, StoreError},
};

/// Reads the wall clock; tests pass their own.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// How often the store is asked although nothing ended here: another process may have freed a host.
const LOOK: Duration = Duration::from_secs(15);
/// A round's feed whose host is busy or shut is tried again after this at the latest.
const RETRY: Duration = Duration::from_secs(1);
/// Longer than any poll; only a killed process lets a lease run out.
const LEASE: Duration = Duration::from_secs(600);

/// Where feeds come from.
#[derive(Debug)]
pub enum Source {
    /// Whatever falls due, for ever.
    Due,
    /// Each of these once.
    Round(Round),
}

/// A round's feeds, queued by scope.
#[derive(Debug)]
pub struct Round {
    waiting: HashMap<String, VecDeque<FeedId>>,
    /// Scopes with waiting feeds whose turn may have come.
    ready: VecDeque<String>,
    /// Scopes with waiting feeds, and when to ask again whether it is their turn.
    resting: BTreeSet<(Time, String)>,
    force: bool,
    refused: Sender<(FeedRecord, Refusal)>,
}

impl Source {
    /// One round over `feeds`, each with its scope. Whether each may be polled is asked again when its
    /// turn comes, because a round can be long and another process may poll meanwhile; `refused` is told of
    /// those that may not. A feed whose host's turn has not come waits for it.
    #[must_use]
    pub fn round(
        feeds: impl IntoIterator<Item = (FeedId, String)>,
        force: bool,
        refused: Sender<(FeedRecord, Refusal)>,
    ) -> Self {
        let mut round = Round {
            waiting: HashMap::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            force,
            refused,
        };
        for (feed, scope) in feeds {
            let queue = round.waiting.entry(scope).or_insert_with_key(|scope| {
                round.ready.push_back(scope.clone());
                // Most scopes have one feed.
                VecDeque::with_capacity(1)
            });
            queue.push_back(feed);
        }
        Self::Round(round)
    }
}

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Feeds claimed and not yet finished.
    window: usize,
    /// Of one scope.
    per_host: usize,
    /// Between two of one scope.
    spacing: Duration,
}

impl Limits {
    /// Limits for so many requests at once. Feeds that wait for their host's turn or for the
    /// writer hold no request, so that a few times as many may be claimed.
    #[must_use]
    pub fn new(concurrency: usize, per_host: usize, spacing: Duration) -> Self {
        Self {
            window: concurrency.max(1) * 2,
            per_host: per_host.max(1),
            spacing,
        }
    }
}

/// See the module.
pub struct Dispatch {
    store: Store,
    source: Source,
    clock: Clock,
    limits: Limits,
    running: usize,
    /// What the store said of the next due time, and when that is asked for again.
    next_try: Option<NextTry>,
}

/// Known until a poll ends, which may free its host or make its feed due.
#[derive(Clone, Copy)]
struct NextTry {
    due: Option<Time>,
    asked: Time,
}

impl NextTry {
    /// Nothing can be claimed before this, as far as is known.
    fn at(self) -> Time {
        let again = later(self.asked, LOOK);
        self.due.map_or(again, |due| due.min(again))
    }
}

impl Dispatch {
    /// A dispatch over `source`.
    #[must_use]
    pub fn new(store: Store, source: Source, clock: Clock, limits: Limits) -> Self {
        Self {
            store,
            source,
            clock,
            limits,
            running: 0,
            next_try: None,
        }
    }

    /// True if there is room, and something may be there to claim.
    #[must_use]
    pub fn may_claim(&self) -> bool {
        let now = (self.clock)();
        let comes = match &self.source {
            Source::Due => self.next_try.is_none_or(|next| next.at() <= now),
            Source::Round(round) => {
                let rested = round.resting.first();
                !round.ready.is_empty() || rested.is_some_and(|(until, _)| *until <= now)
            }
        };
        comes && self.room().is_some()
    }

    /// Claims what may start now; may be nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(&mut self) -> Result<Vec<Claimed>, StoreError> {
        let Some(free) = self.room() else {
            return Ok(Vec::new());
        };
        let claimed = match &self.source {
            Source::Due => self.claim_due(free).await?,
            Source::Round(_) => self.claim_round(free).await?,
        };
        self.running += claimed.len();
        Ok(claimed)
    }

    /// How many feeds are worth a claim. Claims are transactions: in a busy stretch they are made for
    /// several feeds at once.
    fn room(&self) -> Option<usize> {
        let free = self.limits.window.saturating_sub(self.running);
        let enough = free > 0 && (self.running == 0 || free >= self.limits.window / 4);
        enough.then_some(free)
    }

    fn order(&self, limit: usize) -> Claim {
        Claim {
            now: (self.clock)(),
            lease: LEASE,
            limit,
            per_host: self.limits.per_host,
            spacing: self.limits.spacing,
            asks: true,
        }
    }

    async fn claim_round(&mut self, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        loop {
            let order = self.order(limit);
            let Source::Round(round) = &mut self.source else {
                return Ok(Vec::new());
            };
            let mut turns = round.take(limit, order.now);
            if turns.is_empty() {
                return Ok(Vec::new());
            }
            let filter = FeedFilter {
                ids: turns.keys().cloned().collect(),
                retired: true,
                ..FeedFilter::default()
            };
            let records = self.store.feeds(filter).await?;
            let (may, may_not): (Vec<_>, Vec<_>) = records
                .into_iter()
                .map(|record| (may_poll_by_hand(&record, order.now, round.force), record))
                .partition(|(answer, _)| answer.is_ok());
            let ids = may.iter().map(|(_, record)| record.id.clone()).collect();
            let mut claims = self.store.claim(ids, order).await?;
            for claimed in &mut claims.feeds {
                // Its URL may have changed since the round was made; its place in it has not.
                if let Some(scope) = turns.remove(&claimed.feed.id) {
                    claimed.scope = scope;
                }
            }
            for (id, until) in claims.waiting {
                if let Some(scope) = turns.remove(&id) {
                    // Another process's poll may end at any moment.
                    let until = until.min(later(order.now, RETRY));
                    round.rest(scope, id, until);
                }
            }
            for (answer, record) in may.into_iter().chain(may_not) {
                if turns.contains_key(&record.id) {
                    let refusal = answer.err().unwrap_or(Refusal::UnderWay);
                    // Nobody may be listening; the feed is left out all the same.
                    let _ = round.refused.send((record, refusal));
                }
            }
            // The turns that were not taken free their hosts for the feeds behind.
            for scope in turns.values() {
                round.has_room(scope);
            }
            if !claims.feeds.is_empty() {
                return Ok(claims.feeds);
            }
        }
    }

    async fn claim_due(&mut self, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        let order = self.order(limit);
        if self.next_try.is_some_and(|next| order.now < next.at()) {
            return Ok(Vec::new());
        }
        let feeds = self.store.claim_due(order).await?;
        let due = if feeds.len() < limit {
            self.store.next_due().await?
        } else {
            Some(order.now)
        };
        self.next_try = Some(NextTry {
            due,
            asked: order.now,
        });
        Ok(feeds)
    }

    /// A claimed feed of this scope is done with.
    pub fn finished(&mut self, scope: &str) {
        self.running = self.running.saturating_sub(1);
        self.next_try = None;
        if let Source::Round(round) = &mut self.source {
            round.has_room(scope);
        }
    }

    /// Gives back claims that were not used; for the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_back(&mut self, unused: Vec<DueFeed>) -> Result<(), StoreError> {
        self.store.release(unused).await
    }

    /// Plans the polls anew, at the start and when the clock has jumped: what is overdue is spread. A
    /// round has its own list, for which only the clock's faults are mended.
    ///
    /// # Errors
    /// The store's.
    pub async fn replan(&mut self) -> Result<(), StoreError> {
        let spread = match &self.source {
            Source::Due => Some(Spread::new(self.limits.spacing)),
            Source::Round(_) => None,
        };
        let planned = self.store.replan((self.clock)(), spread).await?;
        self.next_try = None;
        if planned.mended > 0 {
            let plans = planned.mended;
            info!(
                plans,
                "{plans} plans were made ahead of the clock and are moved back"
            );
        }
        if planned.spread > 0 {
            let feeds = planned.spread;
            info!(
                feeds,
                "{feeds} feeds are due; they are polled one after the other"
            );
        }
        Ok(())
    }

    /// Forgets what is known of the next due time, because the feeds have changed, and takes over
    /// new limits.
    pub fn reconsider(&mut self, limits: Limits) {
        self.next_try = None;
        self.limits = limits;
    }

    /// True when a round has nothing left to start; never for `Due`.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        match &self.source {
            Source::Due => false,
            Source::Round(round) => round.waiting.is_empty(),
        }
    }

    /// True if it claims whatever falls due, and never ends.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        matches!(self.source, Source::Due)
    }

    /// How long nothing can fall due; at most a minute, so that a jump of the wall clock is
    /// noticed.
    #[must_use]
    pub fn rest(&self) -> Duration {
        const MOST: Duration = Duration::from_secs(60);
        if self.room().is_none() {
            // Whatever is due: first a poll must finish, and that wakes the loop.
            return MOST;
        }
        let next = match &self.source {
            Source::Due => self.next_try.map(NextTry::at),
            Source::Round(round) => round.resting.first().map(|(until, _)| *until),
        };
        let now = (self.clock)();
        next.map_or(MOST, |at| (at - now).to_std().unwrap_or(Duration::ZERO))
            .min(MOST)
    }
}

impl Round {
    /// Up to `limit` feeds with their scopes, one of each scope whose turn may have come.
    fn take(&mut self, limit: usize, now: Time) -> HashMap<FeedId, String> {
        while self.resting.first().is_some_and(|(until, _)| *until <= now) {
            self.ready
                .extend(self.resting.pop_first().map(|(_, scope)| scope));
        }
        let mut taken = HashMap::new();
        while taken.len() < limit {
            let Some(scope) = self.ready.pop_front() else {
                break;
            };
            let Some(queue) = self.waiting.get_mut(&scope) else {
                continue;
            };
            let feed = queue.pop_front();
            if queue.is_empty() {
                self.waiting.remove(&scope);
            }
            taken.extend(feed.map(|feed| (feed, scope)));
        }
        taken
    }

    /// The feed keeps its place.
    fn rest(&mut self, scope: String, feed: FeedId, until: Time) {
        let queue = self.waiting.entry(scope.clone()).or_default();
        queue.push_front(feed);
        self.resting.insert((until, scope));
    }

    fn has_room(&mut self, scope: &str) {
        if self.waiting.contains_key(scope) {
            self.ready.push_back(scope.to_owned());
        }
    }
}
