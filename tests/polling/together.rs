//! Two processes that poll the same store at the same time, and a reader that goes away.

use std::{
    io::{BufRead as _, BufReader},
    time::SystemTime,
};

use tidings::{
    model::{HostPause, Time},
    store::{Backend as _, sqlite::Sqlite},
};

use crate::{
    daemon::brisk,
    util::{Reply, Site, Tidings, rss},
};

/// `/a`, held, and what stands behind it on the same host, of which two may be asked at once: a
/// round asks one, so that another process has room.
fn a_host_that_is_slow_at_first(behind: &[&str]) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/a", Reply::hold());
    let mut tidings = Tidings::new()
        .settings("[fetch]\nhost_concurrency = 2")
        .feed_toml(&named(&site, "a"));
    for name in behind {
        site.serve(&format!("/{name}"), Reply::feed(rss(&[name])));
        tidings = tidings.feed_toml(&named(&site, name));
    }
    (site, tidings)
}

fn named(site: &Site, name: &str) -> String {
    format!(
        "[[feed]]\nid = {name:?}\nurl = {:?}",
        site.url(&format!("/{name}"))
    )
}

#[test]
fn a_feed_that_another_process_polled_meanwhile_is_skipped_when_its_turn_comes() {
    let (site, tidings) = a_host_that_is_slow_at_first(&["b"]);
    let round = tidings.spawn(&["poll", "--all"]);
    site.wait_for_requests("/a", 1);
    tidings.run(&["poll", "b"]).ok();
    site.serve("/a", Reply::feed(rss(&["a"])));
    round.wait().ok().stdout_has("1 skipped");
    assert_eq!(site.requests("/b").len(), 1, "asked twice within its hour");
}

#[test]
fn a_retry_after_that_another_process_was_given_holds_even_when_forced() {
    let (site, tidings) = a_host_that_is_slow_at_first(&["b"]);
    site.serve("/b", Reply::status(429).header("Retry-After", "3600"));
    let round = tidings.spawn(&["poll", "--all", "--force"]);
    site.wait_for_requests("/a", 1);
    tidings.run(&["poll", "b"]);
    site.serve("/a", Reply::feed(rss(&["a"])));
    round.wait().ok().stdout_has("1 skipped");
    assert_eq!(site.requests("/b").len(), 1);
}

#[test]
fn a_feed_that_another_process_is_polling_keeps_no_round_from_ending() {
    let (site, tidings) = a_host_that_is_slow_at_first(&["b", "c"]);
    site.serve("/b", Reply::hold());
    let round = tidings.spawn(&["poll", "--all"]);
    site.wait_for_requests("/a", 1);
    let other = tidings.spawn(&["poll", "b"]);
    site.wait_for_requests("/b", 1);
    site.serve("/a", Reply::feed(rss(&["a"])));
    let ran = round.wait();
    ran.ok()
        .stdout_has("another tidings is polling it right now")
        .stdout_has("Polled 2 feeds");
    site.serve("/b", Reply::feed(rss(&["b"])));
    other.wait().ok();
    assert_eq!(site.requests("/b").len(), 1);
}

#[test]
fn two_processes_together_ask_a_host_no_more_than_one_may() {
    let (site, tidings) = a_host_that_is_slow_at_first(&["b", "c"]);
    let tidings = tidings.settings("[fetch]\nhost_concurrency = 1");
    let first = tidings.spawn(&["poll", "a"]);
    site.wait_for_requests("/a", 1);
    let second = tidings.spawn(&["poll", "b", "c"]);
    site.serve("/a", Reply::feed(rss(&["a"])));
    first.wait().ok();
    second.wait().ok().stdout_has("Polled 2 feeds");
    assert_eq!(site.most_in_flight(), 1);
}

#[test]
fn a_reader_that_goes_away_stops_no_round() {
    let (site, tidings) = a_host_that_is_slow_at_first(&["p1", "p2", "z"]);
    tidings.run(&["feed", "pause", "p1", "p2"]).ok();
    site.serve("/a", Reply::feed(rss(&["a"])));
    // Closed before the first line, as `| true` does it.
    let mut child = tidings.command(&["poll", "--all"]).spawn().unwrap();
    drop(child.stdout.take());
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert_eq!(said.map(Result::unwrap).collect::<Vec<_>>(), [""; 0]);
    assert!(child.wait().unwrap().success());
    assert_eq!(site.all_requests().len(), 2);
    let exported = tidings.run(&["export", "--format", "jsonl"]);
    assert_eq!(exported.ok().jsonl().len(), 2);
}

#[test]
fn a_pause_that_another_process_was_told_holds_for_the_redirects_of_the_next_poll() {
    let (near, far) = (Site::start(), Site::start_on("127.0.0.2"));
    near.serve("/f", Reply::redirect(302, &far.url("/g")));
    far.serve("/g", Reply::feed(rss(&["a"])).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&brisk("f", &near.url("/f")));
    let mut daemon = tidings.spawn(&["run", "-v"]);
    far.wait_for_requests("/g", 1);
    let mut store = Sqlite::open(&tidings.path("tidings.db")).unwrap();
    let now = Time::from(SystemTime::now());
    let pause = HostPause {
        scope: "127.0.0.2".to_owned(),
        until: now + chrono::Duration::hours(1),
    };
    store.pause_host(&pause, now).unwrap();
    // One may be under way.
    let before = far.requests("/g").len();
    daemon.wait_for_stderr_line("its host asked for a pause");
    assert!(far.requests("/g").len() <= before + 1);
    daemon.sigterm();
    daemon.wait().ok();
}
