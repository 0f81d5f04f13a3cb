//! Which feeds may start now: claims from the store, never more than the window holds, never
//! more of one host than it may have.
//!
//! A feed is claimed only when it is about to start, so that a kill reserves as little as possible.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, mpsc::Sender},
    time::Duration,
};

use super::{Refusal, may_poll_by_hand};
use crate::{
    model::{FeedFilter, FeedId, FeedRecord, Time},
    store::{Claim, Claimed, Store, StoreError},
};

/// Reads the wall clock; tests pass their own.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

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

/// A round's feeds, queued by host.
#[derive(Debug)]
pub struct Round {
    waiting: HashMap<String, VecDeque<FeedId>>,
    /// Hosts with waiting feeds and room for one more request.
    ready: VecDeque<String>,
    force: bool,
    refused: Sender<(FeedRecord, Refusal)>,
}

impl Source {
    /// One round over `feeds`. Whether each may be polled is asked again when its turn comes,
    /// because a round can be long and another process may poll meanwhile; `refused` is told of
    /// those that may not.
    #[must_use]
    pub fn round(
        feeds: &[FeedRecord],
        force: bool,
        refused: Sender<(FeedRecord, Refusal)>,
    ) -> Self {
        let mut round = Round {
            waiting: HashMap::new(),
            ready: VecDeque::new(),
            force,
            refused,
        };
        for feed in feeds {
            let queue = round.waiting.entry(feed.host.clone()).or_default();
            if queue.is_empty() {
                round.ready.push_back(feed.host.clone());
            }
            queue.push_back(feed.id.clone());
        }
        Self::Round(round)
    }
}

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Feeds claimed and not yet finished.
    window: usize,
    /// Of one host.
    per_host: usize,
}

impl Limits {
    /// Limits for so many requests at once. Feeds that wait for their host's turn or for the
    /// writer hold no request, so that a few times as many may be claimed.
    #[must_use]
    pub fn new(concurrency: usize, per_host: usize) -> Self {
        Self {
            window: concurrency.max(1) * 2,
            per_host: per_host.max(1),
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
    of_host: HashMap<String, usize>,
    /// Nothing more can be claimed before this, unless a poll finishes and `held_back` is set.
    next_try: Option<Time>,
    held_back: bool,
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
            of_host: HashMap::new(),
            next_try: None,
            held_back: false,
        }
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
        for feed in &claimed {
            self.running += 1;
            *self.of_host.entry(feed.host.clone()).or_default() += 1;
        }
        Ok(claimed)
    }

    /// How many feeds are worth a claim. Claims are transactions: in a busy stretch they are made for
    /// several feeds at once.
    fn room(&self) -> Option<usize> {
        let free = self.limits.window.saturating_sub(self.running);
        let enough = free > 0 && (self.running == 0 || free >= self.limits.window / 4);
        enough.then_some(free)
    }

    async fn claim_round(&mut self, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        let Source::Round(round) = &mut self.source else {
            return Ok(Vec::new());
        };
        loop {
            let mut turns = round.take(limit);
            if turns.is_empty() {
                return Ok(Vec::new());
            }
            let now = (self.clock)();
            let filter = FeedFilter {
                ids: turns.keys().cloned().collect(),
                retired: true,
                ..FeedFilter::default()
            };
            let records = self.store.feeds(filter).await?;
            let (may, may_not): (Vec<_>, Vec<_>) = records
                .into_iter()
                .map(|record| (may_poll_by_hand(&record, now, round.force), record))
                .partition(|(answer, _)| answer.is_ok());
            let ids = may.iter().map(|(_, record)| record.id.clone()).collect();
            let mut claimed = self.store.claim(ids, now, LEASE).await?;
            for feed in &mut claimed {
                // Its URL may have changed since the round was made; its place in it has not.
                if let Some(host) = turns.remove(&feed.feed.id) {
                    feed.host = host;
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
            for host in turns.values() {
                round.host_has_room(host);
            }
            if !claimed.is_empty() {
                return Ok(claimed);
            }
        }
    }

    async fn claim_due(&mut self, limit: usize) -> Result<Vec<Claimed>, StoreError> {
        let now = (self.clock)();
        if self.next_try.is_some_and(|at| now < at) && !self.held_back {
            return Ok(Vec::new());
        }
        let full = self
            .of_host
            .iter()
            .filter(|(_, running)| **running >= self.limits.per_host);
        let busy_hosts = full.map(|(host, _)| host.clone()).collect();
        let per_host = self.limits.per_host;
        let claim = Claim {
            now,
            lease: LEASE,
            limit,
            busy_hosts,
            per_host,
        };
        let batch = self.store.claim_due(claim).await?;
        self.held_back = batch.held_back;
        self.next_try = if batch.feeds.len() < limit {
            self.store.next_due(now).await?
        } else {
            Some(now)
        };
        Ok(batch.feeds)
    }

    /// A claimed feed is done with, and falls due at `next` (`None`: when its lease ends).
    pub fn finished(&mut self, host: &str, next: Option<Time>) {
        // What the store said of the next due time counted this feed by its lease.
        self.next_try = match (self.next_try, next) {
            (Some(known), Some(next)) => Some(known.min(next)),
            (known, _) => known,
        };
        self.running = self.running.saturating_sub(1);
        if let Some(count) = self.of_host.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                self.of_host.remove(host);
            }
        }
        if let Source::Round(round) = &mut self.source {
            round.host_has_room(host);
        }
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

    /// How long nothing can fall due; at most a minute, so that a jump of the wall clock is
    /// noticed.
    #[must_use]
    pub fn rest(&self) -> Duration {
        const MOST: Duration = Duration::from_secs(60);
        if self.room().is_none() {
            // Whatever is due: first a poll must finish, and that wakes the loop.
            return MOST;
        }
        let now = (self.clock)();
        self.next_try
            .map_or(MOST, |at| (at - now).to_std().unwrap_or(Duration::ZERO))
            .min(MOST)
    }
}

impl Round {
    /// Up to `limit` feeds with their hosts, one of each ready host in turn.
    fn take(&mut self, limit: usize) -> HashMap<FeedId, String> {
        let mut taken = HashMap::new();
        while taken.len() < limit {
            let Some(host) = self.ready.pop_front() else {
                break;
            };
            let Some(queue) = self.waiting.get_mut(&host) else {
                continue;
            };
            let feed = queue.pop_front();
            if queue.is_empty() {
                self.waiting.remove(&host);
            }
            taken.extend(feed.map(|feed| (feed, host)));
        }
        taken
    }

    fn host_has_room(&mut self, host: &str) {
        if self.waiting.contains_key(host) {
            self.ready.push_back(host.to_owned());
        }
    }
}
