//! Scheduling under virtual clocks, with the real dispatch, policy and store: hours in seconds.

#[path = "../benches/load/simulate.rs"]
mod simulate;

use std::time::Duration;

use simulate::{Polled, Simulation, World};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const SPACING: Duration = Duration::from_secs(2);

fn world(feeds: usize, hosts: usize, tick: Duration) -> World {
    World {
        feeds,
        hosts,
        interval: HOUR,
        spacing: SPACING,
        latency: Duration::from_millis(300),
        tick,
        start: "2026-03-02T10:00:00Z".parse().unwrap(),
    }
}

/// Runs a story over a store of its own.
fn simulate(world: World, story: impl AsyncFnOnce(&mut Simulation)) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let path = folder.path().join("tidings.db");
        let mut simulation = Simulation::start(world, &path).await.unwrap();
        story(&mut simulation).await;
    });
}

/// The starts of each feed's polls, by the monotonic clock.
fn of_each(polls: &[Polled], feeds: usize) -> Vec<Vec<Duration>> {
    let mut starts = vec![Vec::new(); feeds];
    for poll in polls {
        starts[poll.feed].push(poll.at);
    }
    starts
}

fn shortest_gap(starts: &[Duration]) -> Option<Duration> {
    starts.windows(2).map(|pair| pair[1] - pair[0]).min()
}

#[test]
fn two_thousand_feeds_are_each_polled_in_their_hour_and_nearly_on_time() {
    simulate(
        world(2_000, 700, Duration::from_secs(10)),
        async |simulation| {
            simulation.run(HOUR * 3).await.unwrap();
            let mut late: Vec<_> = simulation.polls.iter().map(|poll| poll.late).collect();
            late.sort();
            assert!(
                late[late.len() * 99 / 100].num_seconds() < 60,
                "{:?}",
                late.last()
            );
            for starts in of_each(&simulation.polls, 2_000) {
                assert!(
                    starts[0] <= MINUTE * 31,
                    "spread over half an hour: {starts:?}"
                );
                assert!(starts.len() >= 2, "{starts:?}");
                assert!(shortest_gap(&starts).unwrap() >= HOUR, "{starts:?}");
                let until_end = simulation.elapsed - *starts.last().unwrap();
                // An hour, its jitter, a minute late.
                assert!(until_end <= MINUTE * 67, "{starts:?}");
            }
            assert_eq!(simulation.most_of_a_host, 1);
        },
    );
}

/// P5: 1,000 feeds on one host after an outage of a day.
#[test]
fn a_thousand_feeds_of_one_host_come_one_by_one_after_an_outage() {
    simulate(
        world(1_000, 1, Duration::from_secs(1)),
        async |simulation| {
            simulation.jump(24 * 3600 * 1000);
            simulation.run(MINUTE * 35).await.unwrap();
            let starts = of_each(&simulation.polls, 1_000);
            assert!(starts.iter().all(|starts| starts.len() == 1), "each once");
            assert_eq!(simulation.most_of_a_host, 1);
            let all: Vec<_> = simulation.polls.iter().map(|poll| poll.at).collect();
            assert!(shortest_gap(&all).unwrap() >= SPACING);
            let last = all.last().unwrap();
            eprintln!(
                "1,000 feeds on one host: the last after {} s",
                last.as_secs()
            );
        },
    );
}

/// R8: what the clock does, in milliseconds, after some hours of quiet.
fn clock_is_set(jump: i64, back_after: Option<Duration>) {
    const FEEDS: usize = 12;
    simulate(world(FEEDS, 6, MINUTE), async |simulation| {
        simulation.run(HOUR * 2).await.unwrap();
        let before = simulation.polls.len();
        let at = simulation.elapsed;
        simulation.jump(jump);
        if let Some(after) = back_after {
            simulation.run(after).await.unwrap();
            let polls = of_each(&simulation.polls[before..], FEEDS);
            assert!(
                polls.iter().all(|polls| polls.len() <= 1),
                "a burst: {polls:?}"
            );
            simulation.jump(-jump);
        }
        simulation.run(HOUR).await.unwrap();
        let jumps = 1 + usize::from(back_after.is_some());
        for starts in of_each(&simulation.polls[before..], FEEDS) {
            let soon = starts
                .iter()
                .filter(|start| **start < at + MINUTE * 55)
                .count();
            assert!(soon <= jumps, "a burst after {jump} ms: {starts:?}");
        }
        simulation.run(HOUR * 23).await.unwrap();
        for starts in of_each(&simulation.polls[before..], FEEDS) {
            assert!(starts.len() >= 18, "stuck after {jump} ms: {starts:?}");
            let until_end = simulation.elapsed - *starts.last().unwrap();
            assert!(
                until_end <= MINUTE * 70,
                "stuck after {jump} ms: {starts:?}"
            );
        }
    });
}

const AN_HOUR: i64 = 3_600_000;
const A_YEAR: i64 = 365 * 24 * AN_HOUR;

#[test]
fn an_hour_forward_and_an_hour_back_burst_nothing_and_stick_nothing() {
    clock_is_set(AN_HOUR, None);
    clock_is_set(-AN_HOUR, None);
}

#[test]
fn ten_years_forward_and_back_again_burst_nothing_and_stick_nothing() {
    clock_is_set(10 * A_YEAR, None);
    clock_is_set(10 * A_YEAR, Some(Duration::from_secs(20)));
    clock_is_set(10 * A_YEAR, Some(MINUTE * 40));
}

#[test]
fn a_clock_that_falls_back_to_1970_bursts_nothing_and_sticks_nothing() {
    clock_is_set(-56 * A_YEAR, None);
    clock_is_set(-56 * A_YEAR, Some(MINUTE * 10));
    clock_is_set(-56 * A_YEAR, Some(MINUTE * 50));
}

#[test]
fn a_suspend_of_eight_hours_bursts_nothing() {
    clock_is_set(8 * AN_HOUR, None);
}

#[test]
fn a_daemon_that_dies_again_and_again_never_asks_a_feed_twice_within_its_hour() {
    simulate(world(30, 10, Duration::from_secs(30)), async |simulation| {
        for restart in 0..20_u32 {
            // Somewhere, mostly in the middle of polls.
            let span = MINUTE * 7 + Duration::from_millis(u64::from(restart) * 7_919 % 60_000);
            simulation.run(span).await.unwrap();
            simulation.restart().await.unwrap();
        }
        for starts in of_each(&simulation.polls, 30) {
            assert!(starts.len() >= 2);
            assert!(shortest_gap(&starts).unwrap() >= HOUR, "{starts:?}");
        }
    });
}
