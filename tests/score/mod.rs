//! A month in the life of publishers, as their logs tell it.
//!
//! Servers that know nothing of Tidings (`publisher`) write down what is asked of them and when, on a
//! clock that jumps from one due moment to the next (`world`); a judge reads the logs alone
//! (`judge`), by the counts of the feed reader score test: unconditional, made-up and out-of-sequence
//! requests, cookies, referrers, query parameters, seconds between polls.

mod judge;
mod publisher;
mod world;

use judge::Judge;
use publisher::{Kind, Publishers};
use world::World;

const FEEDS: usize = 50;
const DAYS: i64 = 30;
const RESTARTS: i64 = 20;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

#[test]
fn in_a_month_with_twenty_restarts_no_publisher_finds_anything_to_complain_about() {
    let publishers = Publishers::start(FEEDS);
    let mut world = World::new(&publishers);
    for stop in 1..=RESTARTS {
        world.run_until(stop * DAYS * DAY / RESTARTS);
        // Half of the restarts are kills, in the middle of a request.
        if stop % 2 == 0 {
            world.kill_in_a_poll();
        }
        world.restart();
    }
    let log = publishers.log();
    assert!(log.len() > FEEDS * 30, "only {} requests", log.len());
    for feed in 0..FEEDS {
        let judge = Judge::of(&log, feed);
        judge.assert_clean();
        match publishers.kind(feed) {
            Kind::Bare => judge.assert_gaps(24 * HOUR),
            Kind::Fresh => judge.assert_gaps(3 * HOUR),
            Kind::Patient => judge.assert_waits(),
            Kind::Moved => judge.assert_learns_within(4 * DAY),
            Kind::Gzipped => judge.assert_whole_documents_at_most(publishers.editions(feed) + 4),
            _ => judge.assert_gaps(HOUR),
        }
        assert_eq!(
            judge.last_edition(),
            publishers.editions(feed),
            "feed {feed} missed news"
        );
    }
    assert_eq!(
        world.articles(),
        publishers.articles(),
        "lost or doubled articles"
    );
}
