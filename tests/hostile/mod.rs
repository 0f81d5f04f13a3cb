//! Servers and documents that are broken or mean harm. Each ends in one clear line (or is read as
//! far as it goes), the other feeds of the round are polled all the same, and the next round is
//! fine again.

mod documents;
mod output;
mod portal;
mod redirects;
mod servers;
mod spellings;
mod ssrf;
mod ways;

use std::time::{Duration, Instant};

use crate::util::{Database, Ran, Reply, Site, Tidings, rss};

/// Longer than any test here may take, far shorter than what an unbounded wait would be.
const SOON: Duration = Duration::from_secs(30);

/// A bad feed and, on another host, a good one.
struct Round {
    bad: Site,
    _good: Site,
    tidings: Tidings,
}

impl Round {
    fn with(reply: Reply) -> Self {
        Self::new(reply, "")
    }

    /// With more keys for the bad feed.
    fn new(reply: Reply, keys: &str) -> Self {
        let (bad, good) = (Site::start(), Site::start_on("127.0.0.3"));
        bad.serve("/bad", reply);
        good.serve("/good", Reply::feed(rss(&["a"])));
        let feed = |id: &str, url: String, keys: &str| {
            format!("[[feed]]\nid = \"{id}\"\nurl = {url:?}\n{keys}")
        };
        let tidings = Tidings::new()
            .feed_toml(&feed("bad", bad.url("/bad"), keys))
            .feed_toml(&feed("good", good.url("/good"), ""));
        Self {
            bad,
            _good: good,
            tidings,
        }
    }

    fn poll(&self) -> Ran {
        let start = Instant::now();
        let ran = self.tidings.run(&["poll", "--all"]);
        assert!(start.elapsed() < SOON, "{:?} for {ran}", start.elapsed());
        let good = ran.line_with(" good ").to_owned();
        assert!(good.starts_with("ok") && good.contains("1 new"), "{ran}");
        ran
    }

    /// The bad feed fails with one line that says so, and is well again when it is mended.
    #[track_caller]
    fn fails_with(&self, words: &str) {
        let ran = self.poll();
        ran.code(1).stdout_has("1 failed");
        let line = ran.line_with(" bad ");
        assert!(line.starts_with("failed"), "{ran}");
        assert!(line.contains(words), "no {words:?} in {line:?}");
        assert_eq!(ran.stderr, "", "told twice: {ran}");
        let status = self.tidings.run(&["status"]);
        status.ok().stdout_has("1 failing").stdout_has(words);
        self.recovers();
    }

    #[track_caller]
    fn recovers(&self) {
        self.bad.serve("/bad", Reply::feed(rss(&["b"])));
        let url = self.bad.url("/bad");
        // Without the keys: a short deadline has done its work.
        self.tidings.write(
            "feeds.toml",
            format!("[[feed]]\nid = \"bad\"\nurl = {url:?}\n"),
        );
        let ran = self.tidings.run(&["poll", "bad", "--force"]);
        ran.ok().stdout_has("1 new, 0 changed, 2 in the store");
        Database::of(&self.tidings).assert_sound();
    }
}
