//! Scheduling under virtual clocks: the real dispatch, policy and store, with fetching replaced by
//! answers that take a moment and say that nothing is new.
//!
//! Shared by the load tool and the tests. Time goes in ticks; what ends within a tick is committed
//! together, as the store's writer would group it.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tidings::{
    daemon::ClockWatch,
    model::{
        Batch, DueFeed, FeedCommit, FeedKind, FeedSpec, FeedState, Kept, Outcome, PollRecord, Time,
        Validators,
    },
    schedule::{Answer, Clock, Dispatch, Limits, Pace, Source, next_poll},
    store::{Claimed, FeedSet, Store, StoreError},
};

/// Requests at once, as the settings have it.
const CONCURRENCY: usize = 64;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What is simulated.
pub(crate) struct World {
    /// The feeds lie on so many hosts.
    pub(crate) feeds: usize,
    pub(crate) hosts: usize,
    /// Of every feed.
    pub(crate) interval: Duration,
    /// Between two requests to one host.
    pub(crate) spacing: Duration,
    /// How long an answer takes.
    pub(crate) latency: Duration,
    /// Steps of the virtual clocks.
    pub(crate) tick: Duration,
    pub(crate) start: Time,
}

/// One poll, by the virtual clocks.
pub(crate) struct Polled {
    /// The feed's number.
    pub(crate) feed: usize,
    /// Start by the monotonic clock, which never jumps.
    pub(crate) at: Duration,
    /// How long after it was due.
    pub(crate) late: chrono::Duration,
}

/// The simulated daemon and its clocks.
pub(crate) struct Simulation {
    world: World,
    store: Store,
    dispatch: Dispatch,
    watch: ClockWatch,
    wall: Arc<AtomicI64>,
    /// The monotonic clock.
    pub(crate) elapsed: Duration,
    running: Vec<(Duration, Claimed)>,
    pub(crate) polls: Vec<Polled>,
    /// The most polls of one host under way at once.
    pub(crate) most_of_a_host: usize,
}

impl Simulation {
    /// A daemon that starts over a store at `path`.
    pub(crate) async fn start(world: World, path: &Path) -> Result<Self, StoreError> {
        let store = Store::open(path)?;
        store.break_leases().await?;
        let wall = Arc::new(AtomicI64::new(world.start.timestamp_millis()));
        let set = FeedSet {
            specs: (0..world.feeds).map(|feed| spec(feed, &world)).collect(),
            origins: None,
            default_interval: world.interval,
        };
        store.sync_feeds(set, world.start).await?;
        let dispatch = dispatch(&store, &wall, &world);
        Ok(Self {
            world,
            store,
            dispatch,
            watch: ClockWatch::default(),
            wall,
            elapsed: Duration::ZERO,
            running: Vec::new(),
            polls: Vec::new(),
            most_of_a_host: 0,
        })
    }

    /// Both clocks go on by `span`.
    pub(crate) async fn run(&mut self, span: Duration) -> Result<(), StoreError> {
        let end = self.elapsed + span;
        while self.elapsed < end {
            self.step().await?;
            let idle = self.running.is_empty();
            // As the daemon's loop: it comes round each 15 s at least.
            let rest = self.dispatch.rest().min(Duration::from_secs(15));
            let rest = if idle {
                rest.max(self.world.tick)
            } else {
                self.world.tick
            };
            let rest = rest
                .min(end.saturating_sub(self.elapsed))
                .max(Duration::from_millis(1));
            self.elapsed += rest;
            self.jump(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX));
        }
        self.step().await
    }

    /// The wall clock alone is moved, by milliseconds.
    pub(crate) fn jump(&self, by: i64) {
        self.wall.fetch_add(by, Ordering::Relaxed);
    }

    /// The daemon dies and is started anew; what was under way is lost.
    #[allow(dead_code, reason = "the load tool restarts nothing")]
    pub(crate) async fn restart(&mut self) -> Result<(), StoreError> {
        self.running.clear();
        self.store.break_leases().await?;
        self.dispatch = dispatch(&self.store, &self.wall, &self.world);
        self.watch = ClockWatch::default();
        Ok(())
    }

    pub(crate) fn now(&self) -> Time {
        read(&self.wall)
    }

    /// One round of the daemon's loop.
    async fn step(&mut self) -> Result<(), StoreError> {
        self.finish().await?;
        if self.watch.look(self.now(), self.elapsed) {
            self.dispatch.replan().await?;
        }
        let now = self.now();
        loop {
            let claimed = self.dispatch.claim().await?;
            if claimed.is_empty() {
                return Ok(());
            }
            for feed in claimed {
                self.polls.push(Polled {
                    feed: number(&feed.feed),
                    at: self.elapsed,
                    late: now - feed.feed.due_at,
                });
                self.running.push((self.elapsed + self.world.latency, feed));
            }
            let mut of_host: HashMap<&str, usize> = HashMap::new();
            for (_, feed) in &self.running {
                *of_host.entry(&feed.scope).or_default() += 1;
            }
            let most = of_host.into_values().max().unwrap_or(0);
            self.most_of_a_host = self.most_of_a_host.max(most);
        }
    }

    /// Commits what has been answered by now.
    async fn finish(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        let (done, running) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|(end, _)| *end <= self.elapsed);
        self.running = running;
        let mut commits = tokio::task::JoinSet::new();
        let done: Vec<(Duration, Claimed)> = done;
        for (_, claimed) in done {
            self.dispatch.finished(&claimed.scope);
            let (store, batch) = (self.store.clone(), answered(claimed.feed, &self.world, now));
            commits.spawn(async move { store.commit(batch).await });
        }
        while let Some(committed) = commits.join_next().await {
            committed.map_err(|_| StoreError::Closed)??;
        }
        Ok(())
    }
}

fn dispatch(store: &Store, wall: &Arc<AtomicI64>, world: &World) -> Dispatch {
    let wall = Arc::clone(wall);
    let clock: Clock = Arc::new(move || read(&wall));
    let limits = Limits::new(CONCURRENCY, 1, world.spacing);
    Dispatch::new(store.clone(), Source::Due, clock, limits)
}

fn read(wall: &AtomicI64) -> Time {
    Time::from_timestamp_millis(wall.load(Ordering::Relaxed)).unwrap_or(Time::MAX_UTC)
}

fn number(due: &DueFeed) -> usize {
    due.id.as_str().trim_start_matches('f').parse().unwrap_or(0)
}

fn spec(feed: usize, world: &World) -> FeedSpec {
    let id = format!("f{feed}");
    FeedSpec {
        url: format!("https://h{}.example/{id}.xml", feed % world.hosts),
        id: id.parse().unwrap_or_else(|_| unreachable!("{id} is an id")),
        name: None,
        kind: FeedKind::Feed,
        keep_raw: None,
        websub: true,
        access: Default::default(),
        interval: Some(world.interval),
        tags: Vec::new(),
        headers: Vec::new(),
        paused: false,
        user_agent: None,
        timeout: None,
        max_body: None,
        cleanup: Default::default(),
        origin: "/feeds.toml".into(),
    }
}

/// A 304, as `ingest` would commit it.
fn answered(due: DueFeed, world: &World, now: Time) -> Batch {
    let answer = Answer {
        outcome: Outcome::Same,
        fresh_for: None,
        retry_after: None,
    };
    let pace = Pace {
        floor: world.interval,
        ceiling: DAY,
        chosen: true,
        pushed: false,
    };
    let url = format!("https://example.org/{}", due.id);
    let mut state = FeedState {
        title: Some("A feed with a title of a usual length".to_owned()),
        last_poll: Some(now),
        last_ok: Some(now),
        validators: Validators {
            etag: Some(b"\"0123456789abcdef\"".to_vec()),
            last_modified: Some(b"Mon, 02 Mar 2026 10:00:00 GMT".to_vec()),
            url,
        },
        ..due.state
    };
    // Different for every feed and poll, and the same in every run.
    let spice = (due.row.wrapping_mul(7919) ^ now.timestamp()).rem_euclid(1000);
    let jitter = f64::from(i32::try_from(spice).unwrap_or(0)) / 1000.0;
    let next = next_poll(now, &state, &answer, &pace, jitter);
    state.next_reason = next.reason;
    let poll = PollRecord {
        at: now,
        outcome: Outcome::Same,
        status: Some(304),
        bytes: 0,
        ms: u64::try_from(world.latency.as_millis()).unwrap_or(0),
        entries: 0,
        new: 0,
        changed: 0,
        error: None,
    };
    let feed = FeedCommit {
        id: due.id,
        row: due.row,
        lease: due.lease,
        state,
        next_poll: next.at,
        pause: None,
        unread: Kept::AsBefore,
        gap: false,
        poll,
    };
    Batch {
        feed: Some(feed),
        entries: Vec::new(),
        now,
    }
}
