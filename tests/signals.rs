//! Ends and reloads again and again: what no server may notice, and what the operator may rely on.
//!
//! A handful of rounds each in ordinary runs; `TIDINGS_KILLS=200` and `TIDINGS_SIGNALS=100` make the
//! long ones.

use std::time::Duration;

use crate::util::{Daemon, Database, Reply, Site, Tidings, rss};

fn rounds(variable: &str, few: usize) -> usize {
    let many = std::env::var(variable).ok();
    many.map_or(few, |many| {
        many.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number"))
    })
}

/// A site and a feed of it at each of so many addresses.
fn feeds(count: usize, delay: Duration) -> (Site, Tidings) {
    let site = Site::start_on("0.0.0.0");
    let mut tidings = Tidings::new().settings("[fetch]\nconcurrency = 4");
    for feed in 0..count {
        let path = format!("/{feed}");
        site.serve(&path, Reply::feed(rss(&[&path[1..]])).after(delay));
        let address = format!("127.0.{}.{}", 50 + feed / 250, 1 + feed % 250);
        tidings = tidings.feed(&site.url_at(&address, &path));
    }
    (site, tidings)
}

#[test]
fn killed_in_the_middle_of_rounds_it_asks_no_server_twice_within_the_interval() {
    let kills = rounds("TIDINGS_KILLS", 6);
    // More than all rounds together can begin.
    let count = kills * 20;
    let (site, tidings) = feeds(count, Duration::from_millis(5));
    for kill in 0..kills {
        let before = site.all_requests().len();
        let round = tidings.spawn(&["poll", "--all"]);
        site.wait_for_any_requests(before + 1 + kill % 5);
        round.kill9();
        drop(round);
    }
    tidings.run(&["poll", "--all"]).ok();
    Database::of(&tidings).assert_sound();
    for feed in 0..count {
        let asked = site.requests(&format!("/{feed}")).len();
        assert!(asked <= 1, "feed {feed} was asked {asked} times");
    }
}

/// Started, with its feeds under way.
fn busy(tidings: &Tidings) -> Daemon {
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("polls");
    daemon
}

#[test]
fn a_stop_under_load_is_a_clean_end_each_time() {
    let signals = rounds("TIDINGS_SIGNALS", 4);
    let (site, tidings) = feeds(signals * 20, Duration::from_millis(20));
    for _ in 0..signals {
        let before = site.all_requests().len();
        let daemon = busy(&tidings);
        site.wait_for_any_requests(before + 2);
        daemon.sigterm();
        daemon.wait().ok().stderr_has("stopped");
    }
    Database::of(&tidings).assert_sound();
    assert!(
        site.all_requests()
            .iter()
            .all(|request| site.requests(&request.target).len() == 1),
        "asked again after a clean end"
    );
}

#[test]
fn a_round_that_is_told_to_end_ends_after_the_polls_under_way_and_says_what_is_left() {
    for (signal, code, name) in [("INT", 130, "Ctrl-C"), ("TERM", 143, "SIGTERM")] {
        let site = Site::start();
        let mut tidings = Tidings::new().settings("[fetch]\nconcurrency = 1");
        for path in ["/a", "/b", "/c"] {
            site.serve(path, Reply::hold());
            tidings = tidings.feed(&site.url(path));
        }
        let mut round = tidings.spawn(&["poll", "--all", "--export", "out"]);
        site.wait_for_any_requests(1);
        match signal {
            "INT" => round.sigint(),
            _ => round.sigterm(),
        };
        round.wait_for_stderr_line("ends after the polls under way");
        for path in ["/a", "/b", "/c"] {
            site.serve(path, Reply::feed(rss(&[&path[1..]])));
        }
        let ran = round.wait();
        ran.code(code)
            .stdout_has(&format!("Stopped by {name}: polled 1 feed in "))
            .stdout_has("2 not polled")
            .stderr_has("nothing was written to out");
        assert_eq!(site.all_requests().len(), 1);
        assert!(!tidings.path("out").exists());
        Database::of(&tidings).assert_sound();
        tidings
            .run(&["poll"])
            .ok()
            .stdout_has("Polled 2 feeds")
            .stdout_lacks("skipped");
    }
}

#[test]
fn a_second_signal_ends_a_round_at_once() {
    let site = Site::start();
    site.serve("/f", Reply::hold());
    let tidings = Tidings::new().feed(&site.url("/f"));
    let mut round = tidings.spawn(&["poll", "--all"]);
    site.wait_for_any_requests(1);
    round.sigterm();
    round.wait_for_stderr_line("once more ends it at once");
    round.sigterm();
    round.wait().code(143);
    Database::of(&tidings).assert_sound();
}

#[test]
fn bad_settings_never_take_the_place_of_good_ones_however_often_they_are_tried() {
    let signals = rounds("TIDINGS_SIGNALS", 4);
    let (site, tidings) = feeds(1, Duration::ZERO);
    let good = tidings.read("feeds.toml");
    let mut daemon = busy(&tidings);
    site.wait_for_any_requests(1);
    for round in 0..signals {
        tidings.write(
            "feeds.toml",
            format!("[[feed]]\nurl = \"nonsense {round}\"\n"),
        );
        daemon.sighup();
        let told = daemon.wait_for_stderr_line(&format!("nonsense {round}"));
        assert!(told.contains("feeds.toml:2:7"), "{told}");
    }
    tidings.write("feeds.toml", &good);
    daemon.sighup();
    daemon.wait_for_stderr_line("reloaded (SIGHUP): 1 feeds (0 new, 0 changed, 0 retired)");
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(
        site.all_requests().len(),
        1,
        "no reload asks anybody anything"
    );
}
