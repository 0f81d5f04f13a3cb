//! What `tidings run` tells a service manager: that it is ready, how it goes, and that it is alive,
//! which it is not while its writer hangs.

use std::os::unix::net::UnixDatagram;

use rusqlite::Connection;

use crate::{
    daemon::brisk,
    util::{DEADLINE, Reply, Site, Tidings, rss},
};

/// What a service manager is told, one message a call.
struct Manager(UnixDatagram);

impl Manager {
    fn bind(tidings: &Tidings) -> Self {
        let socket = UnixDatagram::bind(tidings.path("notify")).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    /// Reads messages up to one that has this text.
    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let length = self
                .0
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("no {text:?}: {error}; heard {heard:#?}"));
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.contains(text) {
                return message;
            }
            heard.push(message);
        }
    }
}

#[test]
fn a_service_manager_hears_ready_status_watchdog_reloading_and_stopping() {
    let site = Site::start();
    site.serve("/a", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed_toml(&brisk("a", &site.url("/a")));
    let manager = Manager::bind(&tidings);
    let socket = tidings.path("notify");
    // Also a watchdog's beat of a third of a second.
    let tidings = tidings
        .env("NOTIFY_SOCKET", socket)
        .env("WATCHDOG_USEC", "1000000");
    let daemon = tidings.spawn(&["run"]);
    manager.wait_for("READY=1");
    let status = manager.wait_for("STATUS=");
    assert!(status.contains("1 feeds: "), "{status}");
    for _ in 0..3 {
        manager.wait_for("WATCHDOG=1");
    }
    manager.wait_for("STATUS=1 feeds: 1 ok, 0 late, 0 failing, 0 paused, 0 gone");
    daemon.sighup();
    let reloading = manager.wait_for("RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    manager.wait_for("READY=1");
    daemon.sigterm();
    manager.wait_for("STOPPING=1");
    daemon.wait().ok();
}

/// Everything that was told by now.
fn told(manager: &Manager) -> Vec<String> {
    let mut buffer = [0; 4096];
    manager.0.set_nonblocking(true).unwrap();
    let heard = std::iter::from_fn(|| {
        manager
            .0
            .recv(&mut buffer)
            .ok()
            .map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned())
    });
    let heard = heard.collect();
    manager.0.set_nonblocking(false).unwrap();
    heard
}

#[test]
fn a_writer_that_hangs_starves_the_watchdog_until_it_answers_again() {
    let site = Site::start();
    site.serve("/a", Reply::feed(rss(&["a"])).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&brisk("a", &site.url("/a")));
    let manager = Manager::bind(&tidings);
    let socket = tidings.path("notify");
    let tidings = tidings
        .env("NOTIFY_SOCKET", socket)
        .env("WATCHDOG_USEC", "1000000");
    let mut daemon = tidings.spawn(&["run"]);
    manager.wait_for("WATCHDOG=1");
    // Another process writes, for much longer than the watchdog waits. The feed is due each second,
    // so that the writer soon waits for its end.
    let other = Connection::open(tidings.path("tidings.db")).unwrap();
    other.busy_timeout(DEADLINE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    daemon.wait_for_stderr_line("writer does not answer; the watchdog is not fed");
    told(&manager);
    // Each of these looks takes a third of the second.
    for _ in 0..3 {
        daemon.wait_for_stderr_line("writer does not answer; the watchdog is not fed");
        let fed = told(&manager).into_iter();
        let fed: Vec<_> = fed
            .filter(|message| message.contains("WATCHDOG=1"))
            .collect();
        assert_eq!(fed, [""; 0]);
    }
    other.execute_batch("ROLLBACK").unwrap();
    manager.wait_for("WATCHDOG=1");
    let before = site.requests("/a").len();
    site.wait_for_requests("/a", before + 1);
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_daemon_that_cannot_start_is_never_ready() {
    let tidings = Tidings::new().feed_toml("[[feed]]\nurl = \"nonsense\"");
    let manager = Manager::bind(&tidings);
    let socket = tidings.path("notify");
    tidings.env("NOTIFY_SOCKET", socket).run(&["run"]).code(2);
    manager.0.set_nonblocking(true).unwrap();
    assert!(manager.0.recv(&mut [0; 64]).is_err(), "it said something");
}
