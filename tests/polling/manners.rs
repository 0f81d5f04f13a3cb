//! What a request says about us, how many there are at once, and where a redirect may lead it.

use super::{again, only_feed};
use crate::util::{Reply, Site, Tidings, channel, item, rss};

#[test]
fn a_request_names_its_product_and_carries_nothing_that_tracks() {
    let site = Site::start();
    let feed = Reply::feed(rss(&["a"]))
        .header("Set-Cookie", "id=1; Path=/")
        .etag("\"1\"");
    site.serve(
        "/from",
        Reply::redirect(301, "/f?x=1").header("Set-Cookie", "seen=1"),
    );
    site.serve("/f?x=1", feed);
    let tidings = Tidings::new().feed(&site.url("/from"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok();
    assert_eq!(site.all_requests().len(), 4);
    for request in site.all_requests() {
        assert_eq!(request.method, "GET");
        let agent = request.header("user-agent").unwrap();
        assert!(agent.starts_with("Tidings/"), "{agent}");
        for name in [
            "cookie",
            "referer",
            "cache-control",
            "pragma",
            "authorization",
        ] {
            assert_eq!(request.header(name), None, "{request:?}");
        }
        assert!(
            request
                .header("accept")
                .unwrap()
                .contains("application/atom+xml")
        );
        assert!(request.header("accept-encoding").unwrap().contains("gzip"));
        assert!(
            ["/from", "/f?x=1"].contains(&request.target.as_str()),
            "{request:?}"
        );
    }
}

#[test]
fn the_operator_may_name_himself_in_the_settings_or_for_one_feed() {
    let site = Site::start();
    site.serve("/a", Reply::feed(rss(&["a"])));
    site.serve("/b", Reply::feed(rss(&["b"])));
    let own = format!(
        "[[feed]]\nurl = {:?}\nuser_agent = \"Mine/2\"",
        site.url("/b")
    );
    let tidings = Tidings::new()
        .settings("[fetch]\nuser_agent = \"Ours/1 (+https://example.org)\"")
        .feed(&site.url("/a"))
        .feed_toml(&own);
    tidings.run(&["poll", "--all"]).ok();
    let agent = |path: &str| site.requests(path)[0].header("user-agent");
    assert_eq!(
        agent("/a").as_deref(),
        Some("Ours/1 (+https://example.org)")
    );
    assert_eq!(agent("/b").as_deref(), Some("Mine/2"));
}

#[test]
fn the_operators_headers_go_to_the_feeds_own_origin_only() {
    let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::redirect(302, "/near"));
    site.serve("/near", Reply::redirect(302, &stranger.url("/far")));
    stranger.serve("/far", Reply::feed(rss(&["a"])));
    let lines = format!(
        "[[feed]]\nurl = {:?}\nheaders = {{ \"X-Api-Key\" = \"hush\", Authorization = \"Bearer hush\" }}",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    let ran = tidings.run(&["poll", "--all", "-vv"]);
    ran.ok().stdout_lacks("hush").stderr_lacks("hush");
    for path in ["/f", "/near"] {
        assert_eq!(
            site.requests(path)[0].header("x-api-key").as_deref(),
            Some("hush")
        );
    }
    let far = &stranger.requests("/far")[0];
    assert_eq!(
        (far.header("x-api-key"), far.header("authorization")),
        (None, None)
    );
    let shown = tidings.run(&["feed", "show", "127", "--json"]);
    shown.ok().stdout_lacks("hush");
    for name in ["tidings.db", "tidings.db-wal"] {
        let store = std::fs::read(tidings.path(name)).unwrap_or_default();
        assert!(
            !store.windows(4).any(|bytes| bytes == b"hush"),
            "a secret in {name}"
        );
    }
}

#[test]
fn one_host_has_one_request_in_flight_and_a_slow_host_holds_up_no_other() {
    let (slow, quick) = (Site::start(), Site::start_on("127.0.0.2"));
    let mut tidings = Tidings::new();
    slow.serve("/0", Reply::hold());
    for n in 0..4 {
        if n > 0 {
            slow.serve(&format!("/{n}"), Reply::feed(rss(&["a"])));
        }
        tidings = tidings.feed(&slow.url(&format!("/{n}")));
        quick.serve(&format!("/{n}"), Reply::feed(rss(&["b"])));
        tidings = tidings.feed(&quick.url(&format!("/{n}")));
    }
    let round = tidings.spawn(&["poll", "--all"]);
    slow.wait_for_requests("/0", 1);
    for n in 0..4 {
        quick.wait_for_requests(&format!("/{n}"), 1);
    }
    // Whatever is polled of the slow host, it waits for the answer that does not come.
    slow.serve("/0", Reply::feed(rss(&["a"])));
    round.wait().ok().stdout_has("Polled 8 feeds");
    assert_eq!((slow.most_in_flight(), quick.most_in_flight()), (1, 1));
}

#[test]
fn requests_to_one_host_start_an_interval_apart() {
    let site = Site::start();
    let mut tidings = Tidings::new().settings("[fetch]\nhost_interval = \"500ms\"");
    for n in 0..3 {
        site.serve(&format!("/{n}"), Reply::feed(rss(&["a"])));
        tidings = tidings.feed(&site.url(&format!("/{n}")));
    }
    tidings.run(&["poll", "--all"]).ok();
    let times: Vec<_> = site
        .all_requests()
        .iter()
        .map(|request| request.at)
        .collect();
    // The clocks of two processes and the machine's load are allowed for.
    let total = times[2] - times[0];
    assert!(total.as_millis() >= 600, "three requests within {total:?}");
}

#[test]
fn a_permanent_move_is_remembered_as_evidence_and_a_temporary_one_as_such() {
    for (status, word) in [
        (301, "Permanent"),
        (308, "Permanent"),
        (302, "Temporary"),
        (307, "Temporary"),
    ] {
        let site = Site::start();
        site.serve("/old", Reply::redirect(status, "/new"));
        site.serve("/new", Reply::feed(rss(&["a"])).etag("\"1\""));
        let tidings = Tidings::new().feed(&site.url("/old"));
        tidings.run(&["poll", "--all"]).ok();
        again(&tidings).ok();
        let feed = only_feed(&tidings);
        assert_eq!(feed["redirect"], site.url("/new"), "{feed}");
        assert_eq!(
            feed["url"],
            site.url("/old"),
            "the feed file is the operator's"
        );
        let shown = tidings.run(&["feed", "show", feed["id"].as_str().unwrap()]);
        let line = shown.ok().line_with("leads to").to_owned();
        assert!(
            line.to_lowercase().contains(&word.to_lowercase()),
            "{status}: {line}"
        );
        assert!(line.contains("2 polls"), "{status}: {line}");
    }
}

#[test]
fn a_chain_with_one_temporary_hop_is_temporary() {
    let site = Site::start();
    site.serve("/1", Reply::redirect(301, "/2"));
    site.serve("/2", Reply::redirect(302, "/3"));
    site.serve("/3", Reply::redirect(301, "/4"));
    site.serve("/4", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/1"));
    tidings.run(&["poll", "--all"]).ok();
    let shown = tidings
        .run(&["feed", "show", "127"])
        .ok()
        .stdout
        .to_lowercase();
    assert!(shown.contains("temporary"), "{shown}");
}

#[test]
fn a_redirect_that_ends_leaves_no_evidence() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::redirect(301, "/g").then(Reply::feed(rss(&["a", "b"]))),
    );
    site.serve("/g", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok();
    assert_eq!(only_feed(&tidings)["redirect"], serde_json::Value::Null);
}

#[test]
fn five_redirects_are_followed_and_six_are_not() {
    let site = Site::start();
    for n in 0..6 {
        site.serve(
            &format!("/{n}"),
            Reply::redirect(302, &format!("/{}", n + 1)),
        );
    }
    site.serve("/6", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/1"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
    let tidings = Tidings::new().feed(&site.url("/0"));
    tidings
        .run(&["poll", "--all"])
        .code(1)
        .stdout_has("more than 5 redirects");
}

#[test]
fn more_large_documents_than_may_be_in_memory_at_once_are_all_read() {
    let site = Site::start_on("0.0.0.0");
    let mut tidings = Tidings::new();
    for feed in 1..=12 {
        let name = format!("large-{feed}");
        // Beyond a megabyte, so that each waits for one of the few places.
        let padding = format!("<!--{}-->", "x".repeat(1_200_000));
        let document = channel("Large feed", &(padding + &item(&name, &name)));
        let path = format!("/{feed}");
        site.serve(&path, Reply::feed(document));
        tidings = tidings.feed(&site.url_at(&format!("127.0.9.{feed}"), &path));
    }
    tidings
        .run(&["poll", "--all"])
        .ok()
        .stdout_has("12 gave articles");
}
