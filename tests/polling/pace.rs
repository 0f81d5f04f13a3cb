//! When a feed may be asked again: never within its interval unless forced, never within
//! `Retry-After` at all.

use std::time::{Duration, SystemTime};

use super::{again, only_feed};
use crate::util::{Database, Reply, Site, Tidings, rss};

fn polled_once(reply: Reply) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/f", reply);
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]);
    assert_eq!(site.requests("/f").len(), 1);
    (site, tidings)
}

#[test]
fn a_feed_is_not_asked_twice_within_its_interval_unless_forced() {
    let (site, tidings) = polled_once(Reply::feed(rss(&["a"])).etag("\"1\""));
    let ran = tidings.run(&["poll", "--all"]);
    ran.ok()
        .stdout_has("skipped")
        .stdout_has("or now with --force");
    tidings.run(&["poll"]).ok().stdout_has("No feed is due");
    let id = only_feed(&tidings)["id"].as_str().unwrap().to_owned();
    tidings.run(&["poll", &id]).ok().stdout_has("1 skipped");
    assert_eq!(site.requests("/f").len(), 1);
    again(&tidings).ok();
    assert_eq!(site.requests("/f").len(), 2);
}

#[test]
fn a_feed_whose_interval_has_passed_is_due_again() {
    let site = Site::start();
    let replies = Reply::feed(rss(&["a"])).then(Reply::feed(rss(&["a", "b"])));
    site.serve("/f", replies);
    let lines = format!("[[feed]]\nurl = {:?}\ninterval = \"1s\"", site.url("/f"));
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll"]).ok().stdout_has("1 new");
    // Whole rounds, not a sleep: each asks the store what is due.
    while site.requests("/f").len() < 2 {
        tidings.run(&["poll", "--all"]).ok();
    }
    let gap = Database::of(&tidings).shortest_gap();
    assert!(gap >= Duration::from_secs(1), "asked again after {gap:?}");
    assert_eq!(tidings.exported().len(), 2);
}

#[test]
fn retry_after_is_kept_even_when_forced() {
    let in_an_hour = SystemTime::now() + Duration::from_secs(3600);
    let date = chrono::DateTime::<chrono::Utc>::from(in_an_hour);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    for (status, value) in [(429, "3600"), (503, "3600"), (429, date.as_str())] {
        let reply = Reply::status(status).header("Retry-After", value);
        let (site, tidings) = polled_once(reply);
        let ran = again(&tidings);
        ran.ok()
            .stdout_has("the server asked not to be asked before");
        assert_eq!(site.requests("/f").len(), 1, "{status} {value}");
        let feed = only_feed(&tidings);
        assert!(feed["retry_after"].is_string(), "{feed}");
        assert!(
            feed["next_poll"].as_str() >= feed["retry_after"].as_str(),
            "{feed}"
        );
    }
}

#[test]
fn adding_a_known_feed_again_asks_nobody_anything() {
    let (site, tidings) = polled_once(Reply::status(429).header("Retry-After", "3600"));
    let ran = tidings.run(&["feed", "add", &site.url("/f")]);
    ran.ok().stdout_has("known already");
    assert_eq!(site.requests("/f").len(), 1);
}

#[test]
fn being_asked_to_wait_is_no_failure_of_the_feed() {
    let (_site, tidings) = polled_once(Reply::status(429).header("Retry-After", "60"));
    let feed = only_feed(&tidings);
    assert_eq!(feed["failures"], 0, "{feed}");
    assert_eq!(feed["polls"][0]["outcome"], "throttled");
    assert_eq!(feed["polls"][0]["status"], 429);
}

#[test]
fn a_429_without_retry_after_waits_for_hours() {
    let (_site, tidings) = polled_once(Reply::status(429));
    let feed = only_feed(&tidings);
    let moment = |key: &str| {
        feed[key]
            .as_str()
            .unwrap()
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    };
    let wait = moment("next_poll") - moment("last_poll");
    assert!(wait >= chrono::Duration::hours(4), "{wait}");
}

#[test]
fn a_503_without_retry_after_is_a_failure_that_backs_off() {
    let (_site, tidings) = polled_once(Reply::status(503));
    again(&tidings).code(1);
    let feed = only_feed(&tidings);
    assert_eq!(feed["failures"], 2);
    assert!(
        feed["next_reason"]
            .as_str()
            .unwrap()
            .contains("twice the last"),
        "{feed}"
    );
}

#[test]
fn a_410_is_told_and_asked_once_more_before_the_feed_is_given_up() {
    let good = Reply::feed(rss(&["a"]));
    let (site, tidings) = polled_once(good.then(Reply::status(410)));
    let ran = again(&tidings);
    ran.code(1)
        .stdout_has("HTTP 410: the publisher says the feed is gone for good");
    let feed = only_feed(&tidings);
    assert_eq!(
        feed["health"], "failing",
        "one slip of a server must not end a feed: {feed}"
    );
    assert_eq!(feed["articles"], 1, "the articles stay");
    site.serve("/f", Reply::feed(rss(&["a", "b"])));
    again(&tidings).ok().stdout_has("1 new");
    assert_eq!(only_feed(&tidings)["health"], "ok");
}

#[test]
fn a_paused_feed_is_not_asked() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let lines = format!("[[feed]]\nurl = {:?}\npaused = true", site.url("/f"));
    let tidings = Tidings::new().feed_toml(&lines);
    again(&tidings).ok().stdout_has("paused");
    assert_eq!(site.all_requests().len(), 0);
}
