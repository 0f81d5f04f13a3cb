//! Hosts that asked to be left alone: nobody asks them, by hand or through a redirect; on the
//! operator's own network one bad route stops no other.

use std::time::{Duration, SystemTime};

use tidings::{
    config::Config,
    fetch::Fetcher,
    ingest::{Asked, Ingest},
    model::{Fetched, HostPause, Time},
    store::{Backend as _, Store, sqlite::Sqlite},
};

use super::{again, only_feed};
use crate::{
    contract,
    util::{Reply, Site, Tidings, rss},
};

/// A store whose feeds are known, and in which a server of the scope has asked for an hour of peace.
fn paused(tidings: &Tidings, feed: &str, scope: &str) {
    tidings.run(&["poll", "--all"]);
    let mut store = Sqlite::open(&tidings.path("tidings.db")).unwrap();
    let now = tidings::store::Claim {
        now: Time::from(SystemTime::now()),
        ..contract::claim(0)
    };
    let due = store.claim(&[contract::id(feed)], &now).unwrap().feeds;
    let mut batch = contract::batch(&due[0].feed, 0, Vec::new());
    batch.feed.as_mut().unwrap().pause = Some(HostPause {
        scope: scope.to_owned(),
        until: Time::from(SystemTime::now() + Duration::from_secs(3600)),
    });
    store.commit(&[batch]).unwrap().remove(0).unwrap();
}

fn named(id: &str, url: &str) -> String {
    format!("[[feed]]\nid = {id:?}\nurl = {url:?}")
}

#[test]
fn a_paused_host_is_not_asked_by_hand_even_when_forced() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed_toml(&named("f", &site.url("/f")));
    paused(&tidings, "f", "127.0.0.1");
    let ran = again(&tidings);
    ran.ok()
        .stdout_has("its host 127.0.0.1 asked not to be asked before in")
        .stdout_has("1 skipped");
    assert_eq!(site.all_requests().len(), 1, "the poll before the pause");
    let feed = only_feed(&tidings);
    assert!(feed["host_paused_until"].is_string(), "{feed}");
    assert_eq!(feed["health"], "waiting");
    assert_eq!(feed["waiting"]["until"], feed["host_paused_until"]);
    let shown = tidings.run(&["feed", "show", "f"]);
    shown.ok().stdout_has("asked not to be asked before");
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("1: 1 waiting")
        .stdout_has("127.0.0.1 asked not to be asked before")
        .stdout_lacks("waits until");
    let preview = tidings.run(&["preview", &site.url("/f")]);
    preview.code(2).stderr_has("asked not to be asked before");
    assert_eq!(site.all_requests().len(), 1);
}

#[test]
fn a_redirect_to_a_paused_host_ends_before_it() {
    let (near, far) = (Site::start(), Site::start_on("127.0.0.2"));
    near.serve("/f", Reply::feed(rss(&["a"])));
    far.serve("/g", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed_toml(&named("f", &near.url("/f")));
    paused(&tidings, "f", "127.0.0.2");
    near.serve("/f", Reply::redirect(302, &far.url("/g")));
    again(&tidings).ok().stdout_has("1 asked to wait");
    assert_eq!(near.requests("/f").len(), 2);
    assert_eq!(far.all_requests().len(), 0);
    let feed = only_feed(&tidings);
    assert!(feed["retry_after"].is_string(), "{feed}");
    assert_eq!(feed["polls"][0]["outcome"], "throttled");
    assert_eq!(
        feed["polls"][0]["error"],
        "not asked: its host asked for a pause"
    );
    // Its own host may be asked, but the feed itself waits as long.
    again(&tidings).ok().stdout_has("1 skipped");
    assert_eq!(near.requests("/f").len(), 2);
}

#[test]
fn a_bad_route_on_the_operators_own_network_stops_no_other() {
    let site = Site::start();
    for (path, status) in [("/1", 429), ("/3", 503)] {
        site.serve(path, Reply::status(status).header("Retry-After", "3600"));
    }
    site.serve("/2", Reply::feed(rss(&["b"])));
    site.serve("/4", Reply::feed(rss(&["d"])));
    let mut tidings = Tidings::new();
    for path in ["/1", "/2", "/3", "/4"] {
        tidings = tidings.feed(&site.url(path));
    }
    let ran = tidings.run(&["poll", "--all"]);
    ran.ok()
        .stdout_has("2 gave articles")
        .stdout_has("2 asked to wait");
    assert_eq!(site.all_requests().len(), 4);
}

/// What a poll of a feed at `near.example` leaves behind if it is answered so at minute 10.
fn pauses_after(fetched: Fetched) -> Vec<HostPause> {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&folder.path().join("tidings.db")).unwrap();
        let spec = contract::spec_on("f", "near.example");
        let set = contract::set(vec![spec.clone()]);
        store.sync_feeds(set, contract::at(0)).await.unwrap();
        let claims = store.claim(vec![contract::id("f")], contract::claim(9));
        let due = claims.await.unwrap().feeds.remove(0).feed;
        let config = Config::default();
        let ingest = Ingest::new(
            Fetcher::new(&config.fetch).unwrap(),
            store.clone(),
            config.into(),
            vec![spec.clone()],
            std::sync::Arc::new(|| contract::at(10)),
        );
        let asked = Asked::first(&spec.url);
        let report = ingest
            .absorb(due, &spec, &asked, fetched, contract::at(9))
            .await;
        assert!(report.unwrap().next_poll >= contract::at(10 + 60));
        store.host_pauses(contract::at(10)).await.unwrap()
    })
}

#[test]
fn whoever_asks_for_a_pause_is_left_alone_for_as_long_and_for_hours_if_nothing_is_said() {
    let throttled = |status, minutes: Option<u64>, scope: &str| Fetched::Throttled {
        status,
        retry_after: minutes.map(|minutes| Duration::from_secs(minutes * 60)),
        scope: Some(scope.to_owned()),
        resume: None,
    };
    let pause = |scope: &str, minute| HostPause {
        scope: scope.to_owned(),
        until: contract::at(minute),
    };
    for (fetched, expected) in [
        (
            throttled(429, Some(90), "near.example"),
            pause("near.example", 100),
        ),
        (
            throttled(429, None, "near.example"),
            pause("near.example", 10 + 240),
        ),
        // After a redirect.
        (
            throttled(503, Some(5), "far.example"),
            pause("far.example", 15),
        ),
    ] {
        assert_eq!(pauses_after(fetched), [expected]);
    }
    assert_eq!(pauses_after(throttled(429, Some(0), "near.example")), []);
    let own = Fetched::Throttled {
        status: 429,
        retry_after: Some(Duration::from_secs(60)),
        scope: None,
        resume: None,
    };
    assert_eq!(pauses_after(own), []);
}
