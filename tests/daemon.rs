//! `tidings run` from outside: it polls, reloads, drains, and survives being
//! killed at any moment.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::util::{DEADLINE, Daemon, Database, Reply, Site, Tidings, rss};

/// A feed that may be asked every second, because the host is the operator's own.
pub(crate) fn brisk(id: &str, url: &str) -> String {
    format!("[[feed]]\nid = {id:?}\nurl = {url:?}\ninterval = \"1s\"\n")
}

/// A running daemon over these paths of a site.
fn running(site: &Site, paths: &[&str]) -> (Tidings, Daemon) {
    let mut tidings = Tidings::new();
    for path in paths {
        site.serve(path, Reply::feed(rss(&[&path[1..]])).etag("\"1\""));
        tidings = tidings.feed_toml(&brisk(&path[1..], &site.url(path)));
    }
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("polls");
    (tidings, daemon)
}

#[test]
fn the_daemon_polls_again_and_again_conditionally_and_sigterm_ends_it() {
    let site = Site::start();
    let (tidings, daemon) = running(&site, &["/a", "/b"]);
    site.wait_for_requests("/a", 2);
    site.wait_for_requests("/b", 2);
    daemon.sigterm();
    let ran = daemon.wait();
    ran.ok()
        .stderr_has("stopping")
        .stderr_has("stopped")
        .stderr_has("a: 1 entry: 1 new");
    assert!(site.requests("/a")[1].is_conditional());
    let store = Database::of(&tidings);
    store.assert_sound();
    assert_eq!(store.count("articles"), 2);
    let gap = store.shortest_gap();
    assert!(gap >= Duration::from_secs(1), "polled again after {gap:?}");
}

#[test]
fn sigterm_lets_the_poll_under_way_end_and_keeps_what_it_brought() {
    let site = Site::start();
    let mut tidings = Tidings::new();
    site.serve("/slow", Reply::hold());
    tidings = tidings.feed(&site.url("/slow"));
    let mut daemon = tidings.spawn(&["run"]);
    site.wait_for_requests("/slow", 1);
    daemon.sigterm();
    daemon.wait_for_stderr_line("stopping: polls under way may end");
    site.serve("/slow", Reply::feed(rss(&["a"])));
    daemon.wait().ok();
    assert_eq!(Database::of(&tidings).count("articles"), 1);
}

#[test]
fn sigterm_gives_back_what_was_claimed_and_not_asked() {
    let (slow, other) = (Site::start(), Site::start_on("127.0.0.2"));
    slow.serve("/slow", Reply::hold());
    other.serve("/b", Reply::feed(rss(&["b"])));
    let feed = |id: &str, url: String| format!("[[feed]]\nid = {id:?}\nurl = {url:?}");
    let tidings = Tidings::new()
        .settings("[fetch]\nconcurrency = 1")
        .feed_toml(&feed("a", slow.url("/slow")));
    let mut daemon = tidings.spawn(&["run"]);
    slow.wait_for_requests("/slow", 1);
    // One request at once: the second feed is claimed and waits.
    let tidings = tidings.feed_toml(&feed("b", other.url("/b")));
    daemon.sighup();
    let claimed = "SELECT count(*) FROM feeds WHERE id = 'b' AND lease_until > 0";
    let start = Instant::now();
    while Database::of(&tidings).number(claimed) == 0 {
        assert!(start.elapsed() < DEADLINE, "the second feed is not claimed");
        std::thread::yield_now();
    }
    daemon.sigterm();
    daemon.wait_for_stderr_line("stopping");
    slow.serve("/slow", Reply::feed(rss(&["a"])));
    daemon.wait().ok();
    let store = Database::of(&tidings);
    let kept =
        "SELECT count(*) FROM feeds WHERE id = 'b' AND claimed_at IS NULL AND lease_until = 0";
    assert_eq!(store.number(kept), 1);
    assert_eq!(store.count("articles"), 1);
    assert_eq!(other.all_requests().len(), 0);
    // It is due as it was.
    tidings.run(&["poll"]).ok().stdout_has("Polled 1 feed");
    assert_eq!(other.all_requests().len(), 1);
}

#[test]
fn a_second_sigterm_ends_at_once_and_the_next_start_is_fine() {
    let site = Site::start();
    site.serve("/slow", Reply::hold());
    let tidings = Tidings::new().feed_toml(&brisk("slow", &site.url("/slow")));
    let mut daemon = tidings.spawn(&["run"]);
    site.wait_for_requests("/slow", 1);
    daemon.sigterm();
    daemon.wait_for_stderr_line("stopping");
    let start = Instant::now();
    daemon.sigterm();
    daemon.wait().code(1);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "it drained all the same"
    );
    site.serve("/slow", Reply::feed(rss(&["a"])));
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("1 polls were cut off");
    daemon.wait_for_stderr_line("slow: 1 entry: 1 new");
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_server_that_never_answers_delays_neither_the_other_feeds_nor_for_ever_the_end() {
    let (dead, live) = (Site::start(), Site::start_on("127.0.0.2"));
    dead.serve("/dead", Reply::hold());
    live.serve("/live", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new()
        .feed_toml(&brisk("dead", &dead.url("/dead")))
        .feed_toml(&brisk("live", &live.url("/live")));
    let daemon = tidings.spawn(&["run"]);
    dead.wait_for_requests("/dead", 1);
    live.wait_for_requests("/live", 2);
    let start = Instant::now();
    daemon.sigterm();
    daemon.wait().ok().stderr_has("1 polls did not end in time");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn sighup_takes_over_a_new_feed() {
    let site = Site::start();
    let (tidings, mut daemon) = running(&site, &["/a"]);
    site.serve("/b", Reply::feed(rss(&["b"])));
    let tidings = tidings.feed_toml(&brisk("b", &site.url("/b")));
    daemon.sighup();
    daemon.wait_for_stderr_line("2 feeds (1 new, 0 changed, 0 retired)");
    site.wait_for_requests("/b", 1);
    daemon.wait_for_stderr_line("b: 1 entry: 1 new");
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(Database::of(&tidings).count("articles"), 2);
}

#[test]
fn sighup_without_a_change_asks_nobody_anything() {
    let site = Site::start();
    site.serve("/a", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/a"));
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("1 entry: 1 new");
    for _ in 0..3 {
        daemon.sighup();
        daemon.wait_for_stderr_line("reloaded (SIGHUP): 1 feeds (0 new, 0 changed, 0 retired)");
    }
    daemon.sigterm();
    daemon.wait().ok();
    tidings.run(&["feed", "list"]).ok();
    assert_eq!(site.all_requests().len(), 1);
}

#[test]
fn a_changed_feed_file_is_noticed_without_a_signal() {
    let site = Site::start();
    let (tidings, mut daemon) = running(&site, &["/a"]);
    site.serve("/b", Reply::feed(rss(&["b"])));
    let add = tidings.run(&["feed", "add", "--no-fetch", &site.url("/b")]);
    add.ok();
    daemon.wait_for_stderr_line("reloaded (a file changed): 2 feeds");
    site.wait_for_requests("/b", 1);
    tidings.run(&["feed", "remove", "a"]).ok();
    daemon.wait_for_stderr_line("reloaded (a file changed): 1 feeds (0 new, 0 changed, 1 retired)");
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_broken_feed_file_is_told_and_the_old_feeds_stay_in_force() {
    let site = Site::start();
    let (tidings, mut daemon) = running(&site, &["/a"]);
    let good = tidings.read("feeds.toml");
    tidings.write(
        "feeds.toml",
        format!("{good}\n[[feed]]\nurl = \"nonsense\"\nintervall = 3\n"),
    );
    daemon.sighup();
    daemon.wait_for_stderr_line("not reloaded");
    daemon.wait_for_stderr_line("feeds.toml:10:1: feed: unknown key `intervall`");
    let before = site.requests("/a").len();
    site.wait_for_requests("/a", before + 2);
    tidings.write("feeds.toml", good);
    daemon.wait_for_stderr_line("reloaded (a file changed): 1 feeds");
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_second_daemon_ends_with_75_and_names_the_first() {
    let site = Site::start();
    let (tidings, daemon) = running(&site, &["/a"]);
    let second = tidings.run(&["run"]);
    second
        .code(75)
        .complains_once(&format!("(process {})", daemon.id()));
    daemon.kill9();
    daemon.wait();
    let mut third = tidings.spawn(&["run"]);
    third.wait_for_stderr_line("polls 1 feeds");
    third.sigterm();
    third.wait().ok();
}

#[test]
fn commands_work_beside_a_running_daemon() {
    let site = Site::start();
    let (tidings, mut daemon) = running(&site, &["/a"]);
    daemon.wait_for_stderr_line("a: 1 entry: 1 new");
    tidings.run(&["status"]).ok().stdout_has("1 in all");
    tidings.run(&["export"]).ok().stdout_has("# Title a");
    tidings.run(&["poll", "--all", "--force"]);
    site.serve("/new", Reply::feed(rss(&["new"])));
    tidings.run(&["feed", "add", &site.url("/new")]).ok();
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(Database::of(&tidings).count("articles"), 2);
}

#[test]
fn what_keeps_the_daemon_from_starting_is_one_line_and_exit_code_2() {
    let tidings = Tidings::new().feed_toml("[[feed]]\nurl = \"nonsense\"");
    tidings
        .run(&["run"])
        .code(2)
        .complains_once("feeds.toml:2:7: feed.url:");
}

/// How often the next test kills; `TIDINGS_KILLS=50` for more.
fn kills() -> usize {
    let kills = std::env::var("TIDINGS_KILLS").ok();
    kills.map_or(6, |kills| kills.parse().expect("TIDINGS_KILLS is a number"))
}

/// Feed names with their new articles, as the log acknowledged them.
fn acknowledged(log: &str) -> HashMap<String, usize> {
    let mut news = HashMap::new();
    for line in log.lines() {
        let Some((before, after)) = line.split_once(" entries: ") else {
            continue;
        };
        let Some((feed, _)) = before.rsplit_once(": ") else {
            continue;
        };
        let feed = feed.rsplit(' ').next().unwrap();
        let new: usize = after.split(' ').next().unwrap().parse().unwrap();
        *news.entry(feed.to_owned()).or_default() += new;
    }
    news
}

#[test]
fn killed_in_the_middle_of_polling_it_loses_nothing_acknowledged_and_stores_nothing_twice() {
    const FEEDS: usize = 24;
    let site = Site::start_on("0.0.0.0");
    let mut tidings = Tidings::new();
    for n in 0..FEEDS {
        let url = site.url_at(&format!("127.0.1.{}", n + 1), &format!("/{n}"));
        tidings = tidings.feed_toml(&brisk(&format!("f{n}"), &url));
    }
    let mut known: HashMap<String, usize> = HashMap::new();
    for kill in 0..kills() {
        for n in 0..FEEDS {
            let names: Vec<String> = (0..(kill + 1) * 3)
                .map(|article| format!("{n}-{article}"))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            site.serve(&format!("/{n}"), Reply::feed(rss(&names)));
        }
        let round: &[&str] = if kill % 2 == 0 {
            &["run"]
        } else {
            &["poll", "--all", "--force", "-v"]
        };
        let mut daemon = tidings.spawn(round);
        // Somewhere in the round: after some commits, during others.
        for _ in 0..=(kill * 5) % (FEEDS - 2) {
            daemon.wait_for_stderr_line(" entries: ");
        }
        daemon.kill9();
        let ran = daemon.wait();
        for (feed, new) in acknowledged(&ran.stderr) {
            *known.entry(feed).or_default() += new;
        }
        let store = Database::of(&tidings);
        store.assert_sound();
        for (feed, least) in &known {
            let count = store.number(&format!(
                "SELECT count(*) FROM sightings JOIN feeds ON feeds.row = sightings.feed WHERE feeds.id = '{feed}'"
            ));
            assert!(
                count >= i64::try_from(*least).unwrap(),
                "kill {kill}: {feed} has {count} of {least} articles"
            );
        }
        let twice = "SELECT count(*) - count(DISTINCT url) FROM articles";
        assert_eq!(store.number(twice), 0, "kill {kill}: articles stored twice");
    }
    let last = tidings.run(&["poll", "--all", "--force"]);
    last.ok();
    let store = Database::of(&tidings);
    store.assert_sound();
    let all = i64::try_from(FEEDS * kills() * 3).unwrap();
    assert_eq!(
        (
            store.count("articles"),
            store.count("sightings"),
            store.count("revisions")
        ),
        (all, all, 0)
    );
    let gaps =
        "SELECT count(*) FROM articles WHERE seq > (SELECT value FROM counters WHERE name = 'seq')";
    assert_eq!(store.number(gaps), 0, "a change beyond the counter");
}
