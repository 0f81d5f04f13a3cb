//! What the questions of scheduling cost, in steps of SQLite's machine: the same for a thousand
//! feeds and for a hundred thousand, however they are distributed over hosts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    model::{Batch, FeedCommit, FeedState, Outcome, PollRecord, Time},
    store::{Backend as _, Claim, Claimed, sqlite::Sqlite},
};

/// How feeds lie on hosts.
#[derive(Clone, Copy, Debug)]
enum Hosts {
    One,
    OneEach,
    /// A hundred feeds each.
    Some,
}

struct Counted {
    store: Sqlite,
    steps: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

fn now() -> Time {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

/// So many feeds, all of them due in the last hour.
fn counted(feeds: u64, hosts: Hosts) -> Counted {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("t.db")).unwrap();
    let host = match hosts {
        Hosts::One => "'one.example'",
        Hosts::OneEach => "n || '.example'",
        Hosts::Some => "(n % (:feeds / 100)) || '.example'",
    };
    let db = &mut store.connection;
    db.execute(
        &format!(
            "WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < :feeds)
             INSERT INTO feeds (id, origin, url, scope, interval_ms, next_at)
                SELECT 'feed-' || n, '/f', 'https://' || n, {host}, 3600000, :now - n % 3600000 FROM count"
        ),
        rusqlite::named_params! { ":feeds": feeds, ":now": now().timestamp_millis() },
    )
    .unwrap();
    db.execute_batch(
        "INSERT INTO hosts (scope, ready_at) SELECT scope, min(next_at) FROM feeds GROUP BY scope",
    )
    .unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&steps);
    db.progress_handler(
        1,
        Some(move || {
            count.fetch_add(1, Ordering::Relaxed);
            false
        }),
    )
    .unwrap();
    Counted {
        store,
        steps,
        _folder: folder,
    }
}

impl Counted {
    /// The steps that `work` takes.
    fn steps<T>(&mut self, work: impl FnOnce(&mut Sqlite) -> T) -> (T, u64) {
        self.steps.store(0, Ordering::Relaxed);
        let value = work(&mut self.store);
        (value, self.steps.load(Ordering::Relaxed))
    }
}

fn claim() -> Claim {
    Claim {
        now: now(),
        lease: Duration::from_secs(600),
        limit: 10,
        per_host: 16,
        spacing: Duration::ZERO,
        asks: true,
    }
}

fn answered(claimed: &Claimed) -> Batch {
    let poll = PollRecord {
        at: now(),
        outcome: Outcome::Same,
        status: Some(304),
        bytes: 0,
        ms: 5,
        entries: 0,
        new: 0,
        changed: 0,
        error: None,
    };
    let feed = FeedCommit {
        id: claimed.feed.id.clone(),
        row: claimed.feed.row,
        lease: claimed.feed.lease,
        state: FeedState::default(),
        next_poll: now() + chrono::Duration::hours(1),
        pause: None,
        unread: crate::model::Kept::AsBefore,
        gap: false,
        poll,
    };
    Batch {
        feed: Some(feed),
        entries: Vec::new(),
        now: now(),
    }
}

/// Steps of: claiming ten feeds, asking what is next, committing ten polls, giving ten back.
fn costs(feeds: u64, hosts: Hosts) -> [u64; 4] {
    let mut counted = counted(feeds, hosts);
    // Once, so that every statement is prepared.
    let first = counted.store.claim_due(&claim()).unwrap();
    let batches: Vec<_> = first.iter().map(answered).collect();
    counted.store.commit(&batches).unwrap();
    let (claimed, claiming) = counted.steps(|store| store.claim_due(&claim()).unwrap());
    assert_eq!(claimed.len(), 10, "{feeds} feeds, {hosts:?}");
    let (_, asking) = counted.steps(|store| store.next_due().unwrap());
    let batches: Vec<_> = claimed.iter().map(answered).collect();
    let (_, committing) = counted.steps(|store| store.commit(&batches).unwrap());
    let third = counted.store.claim_due(&claim()).unwrap();
    let third: Vec<_> = third.into_iter().map(|claimed| claimed.feed).collect();
    let (_, releasing) = counted.steps(|store| store.release(&third).unwrap());
    [claiming, asking, committing, releasing]
}

#[test]
fn what_scheduling_costs_does_not_grow_with_the_feeds_however_they_lie_on_hosts() {
    for hosts in [Hosts::One, Hosts::OneEach, Hosts::Some] {
        let few = costs(1_000, hosts);
        assert!(few.iter().all(|steps| *steps > 0), "nothing was counted");
        for feeds in [10_000, 100_000] {
            let many = costs(feeds, hosts);
            for (few, many) in few.iter().zip(many) {
                // Nothing but the depth of the trees may differ, and that is no step.
                assert!(
                    many <= few + few / 4,
                    "{hosts:?}: {few} steps, with {feeds} feeds {many}"
                );
            }
        }
        eprintln!(
            "{hosts:?}: {few:?} steps of SQLite for claim, next_due, commit, release of ten feeds"
        );
    }
}

#[test]
fn a_host_that_is_full_or_shut_is_looked_at_once_and_then_passed_over() {
    let mut counted = counted(1_000, Hosts::OneEach);
    let polite = Claim {
        limit: 2_000,
        per_host: 1,
        spacing: Duration::from_secs(2),
        ..claim()
    };
    assert_eq!(counted.store.claim_due(&polite).unwrap().len(), 1_000);
    let (none, steps) = counted.steps(|store| store.claim_due(&polite).unwrap());
    assert!(none.is_empty());
    assert!(steps < 30, "{steps} steps to find that nobody is ready");
}

#[test]
fn feeds_are_counted_from_indexes_alone() {
    let counted = counted(100, Hosts::Some);
    let explain = |sql: &str| -> Vec<String> {
        let mut plan = counted
            .store
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let lines = plan.query_map([], |row| row.get(3)).unwrap();
        lines.map(Result::unwrap).collect()
    };
    let active = explain(
        "WITH pauses AS MATERIALIZED (SELECT scope FROM hosts WHERE paused_until > 5)
         SELECT standing, next_at < 5, scope IN pauses, count(*) FROM feeds
         WHERE paused = 0 AND retired = 0 AND gone = 0 AND lease_until = 0 GROUP BY 1, 2, 3",
    );
    let is_covered = |line: &String| line.contains("COVERING INDEX feeds_due");
    assert!(active.iter().any(is_covered), "{active:?}");
    let reads_feeds = |line: &&String| line.contains("feeds");
    assert_eq!(active.iter().filter(reads_feeds).count(), 1, "{active:?}");
    let idle = explain(
        "SELECT paused, count(*) FROM feeds
         WHERE (paused = 1 OR retired = 1 OR gone = 1) AND retired = 0 GROUP BY 1",
    );
    assert!(idle[0].contains("INDEX feeds_idle"), "{idle:?}");
}
