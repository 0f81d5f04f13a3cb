//! `tidings run` while nothing is due: what it needs, and what it says of new settings.

use crate::util::{Daemon, Reply, Site, Tidings, rss};

#[test]
fn settings_that_need_a_restart_are_told_at_a_reload() {
    let site = Site::start();
    site.serve("/a", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/a"));
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("polls");
    let tidings = tidings.settings(
        "store = \"other.db\"\n[schedule]\ninterval = \"2h\"\n\
         [websub]\npublic_url = \"https://news.example.org/\"",
    );
    daemon.sighup();
    daemon.wait_for_stderr_line("reloaded (SIGHUP)");
    let line = daemon.wait_for_stderr_line("in force only after a restart");
    assert!(line.contains("store, websub.public_url"), "{line}");
    assert!(!tidings.path("other.db").exists());
    let tidings = tidings.settings("store = \"tidings.db\"\n[websub]\npublic_url = \"\"");
    daemon.sighup();
    daemon.wait_for_stderr_line("reloaded (SIGHUP)");
    daemon.sigterm();
    let ran = daemon.wait();
    let last = ran.stderr.rsplit("reloaded").next().unwrap();
    assert!(
        !last.contains("after a restart"),
        "what is as it was: {ran}"
    );
    drop(tidings);
}

/// A number of `/proc/PID/status`, in kB.
fn memory(daemon: &Daemon, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn many_feeds_that_are_not_due_need_little_memory() {
    const FEEDS: u64 = 20_000;
    let feeds: String = (0..FEEDS)
        .map(|n| {
            format!(
                "[[feed]]\nurl = \"https://host{n}.example.org/blog/feed.xml\"\n\
                 name = \"Feed number {n}\"\ntags = [\"news\"]\npaused = true\n\n"
            )
        })
        .collect();
    let started = |text: &str| {
        let tidings = Tidings::new();
        tidings.write("feeds.toml", text);
        // The first start writes them all to the store, whose caches are no matter here.
        tidings.run(&["poll", "--all"]).ok();
        let mut daemon = tidings.spawn(&["run"]);
        daemon.wait_for_stderr_line("polls");
        let (now, most) = (memory(&daemon, "VmRSS"), memory(&daemon, "VmHWM"));
        daemon.sigterm();
        daemon.wait().ok();
        (now, most)
    };
    let (few, _) = started("");
    let (many, most) = started(&feeds);
    let each = |kb: u64| kb.saturating_sub(few) * 1024 / FEEDS;
    let (now, most) = (each(many), each(most));
    // Read as one tree they took 1700 and 3200.
    assert!(
        now < 1200 && most < 1600,
        "{now} bytes a feed, {most} at most"
    );
}
