//! What a backfill does not touch, what its requests carry, and pauses that servers ask for.

use super::{again, backfill, linked, pages, polled, shown};
use crate::util::{Database, Reply, Site, Tidings, channel, item, rss};

#[test]
fn a_pause_that_the_server_asks_for_is_kept_by_the_next_run_too() {
    for reply in [
        Reply::status(429).header("Retry-After", "3600"),
        Reply::status(503).header("Retry-After", "3600"),
        Reply::status(429),
        Reply::status(503),
    ] {
        let site = Site::start();
        let tidings = polled(&site, linked("prev-archive", "/2", &["b"]));
        site.serve("/2", reply.then(Reply::feed(rss(&["a"]))));
        backfill(&tidings, &[])
            .ok()
            .stdout_has("page 2 has to wait (HTTP ")
            .stdout_has("it may go on in ");
        for more in [&[][..], &["--restart"], &["--restart", "--paged"]] {
            backfill(&tidings, more)
                .ok()
                .stdout_has("skipped   mine  the server asked not to be asked before in ");
        }
        assert_eq!(pages(&site), ["/2"]);
        assert_eq!(
            shown(&tidings)["retry_after"],
            serde_json::Value::Null,
            "the feed is another document"
        );
    }
}

#[test]
fn a_feed_that_has_to_wait_itself_is_not_backfilled_either() {
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "/2", &["b"]));
    site.serve("/f", Reply::status(429).header("Retry-After", "3600"));
    again(&tidings);
    backfill(&tidings, &[])
        .ok()
        .stdout_has("skipped   mine  the server asked not to be asked before");
    assert_eq!(pages(&site).len(), 0);
}

#[test]
fn a_page_waits_for_its_hosts_turn_among_the_polls_of_other_processes() {
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "/2", &["b"]));
    site.serve("/2", Reply::feed(rss(&["a"])));
    // A daemon has just claimed another feed of the host.
    let store = Database::of(&tidings);
    let shut = "UPDATE hosts SET gate_at = 2000 + 1000 * unixepoch('subsec') RETURNING gate_at";
    let gate = store.number(shut);
    backfill(&tidings, &[]).ok().stdout_has("1 page");
    assert_eq!(pages(&site), ["/2"]);
    let asked = store.number("SELECT asked_at FROM backfills");
    assert!(asked >= gate, "asked {} ms too early", gate - asked);
}

#[test]
fn polls_notice_nothing_of_a_backfill() {
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "/2", &["c"]));
    let old = Reply::feed(rss(&["b"]))
        .etag("\"old\"")
        .header("Cache-Control", "max-age=80000");
    site.serve("/2", old);
    let before = shown(&tidings);
    backfill(&tidings, &[]).ok();
    let mut after = shown(&tidings);
    assert_eq!(after["polls"].as_array().unwrap().len(), 1);
    after["backfill"] = serde_json::Value::Null;
    after["articles"] = before["articles"].clone();
    assert_eq!(after, before);
    again(&tidings).ok().stdout_has("not modified (304)");
    let asked = site.requests("/f");
    assert_eq!(
        asked[1].header("if-none-match").as_deref(),
        Some("\"feed\"")
    );
}

#[test]
fn what_the_feed_said_since_is_not_overwritten_by_an_old_page() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["b"]));
    let edited =
        linked("next", "/2", &[]).replace("</channel>", &(item("b", "the edit") + "</channel>"));
    site.serve("/f", Reply::feed(edited));
    again(&tidings).ok().stdout_has("1 changed");
    let old = item("b", &"the old version, which is longer, ".repeat(9)) + &item("a", "a");
    site.serve("/2", Reply::feed(channel("Small feed", &old)));
    backfill(&tidings, &[])
        .ok()
        .stdout_has("1 article new, 1 known");
    let articles = tidings.exported();
    let edit = articles
        .iter()
        .find(|article| article["title"] == "Title b")
        .unwrap();
    assert_eq!(
        (&edit["body"], &edit["revision"]),
        (&"Text of the edit.".into(), &1.into())
    );
    let added = articles
        .iter()
        .find(|article| article["title"] == "Title a")
        .unwrap();
    assert_eq!(added["published_at"], "2019-11-05T16:55:07Z");
    assert_eq!(added["feeds"], serde_json::json!(["mine"]));
    // Nor does the next poll take the old page's word for an edit.
    site.serve(
        "/f",
        Reply::feed(channel("Other head", &item("b", "the edit"))),
    );
    again(&tidings).ok().stdout_has("0 new, 0 changed");
}

#[test]
fn pages_that_are_asked_for_again_are_asked_conditionally() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    site.serve(
        "/2",
        Reply::feed(linked("next", "/3", &["b"])).etag("\"2\""),
    );
    site.serve("/3", Reply::feed(rss(&["a"])).etag("\"3\""));
    backfill(&tidings, &[]).ok();
    let ran = backfill(&tidings, &["--restart"]);
    ran.ok()
        .stdout_has("1 page, 0 articles new, 1 known; stopped: page 2 has nothing new");
    backfill(&tidings, &[])
        .ok()
        .stdout_has("page 3 is the last one");
    for (path, etag) in [("/2", "\"2\""), ("/3", "\"3\"")] {
        let asked = site.requests(path);
        assert_eq!(asked.len(), 2);
        assert!(!asked[0].is_conditional());
        assert_eq!(asked[1].header("if-none-match").as_deref(), Some(etag));
    }
}

#[test]
fn the_operators_headers_go_to_pages_of_the_feeds_own_origin_only() {
    let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::feed(linked("prev-archive", "/near", &["c"])));
    site.serve(
        "/near",
        Reply::feed(linked("prev-archive", &stranger.url("/far"), &["b"])),
    );
    stranger.serve("/far", Reply::feed(rss(&["a"])));
    let lines = format!(
        "[[feed]]\nid = \"mine\"\nurl = {:?}\nuser_agent = \"Mine/2\"\nheaders = {{ \"X-Api-Key\" = \"hush\" }}",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok();
    backfill(&tidings, &[]).ok().stdout_has("2 articles new");
    let (near, far) = (&site.requests("/near")[0], &stranger.requests("/far")[0]);
    assert_eq!(near.header("x-api-key").as_deref(), Some("hush"));
    assert_eq!(far.header("x-api-key"), None);
    assert_eq!(near.header("user-agent").as_deref(), Some("Mine/2"));
}

/// Two feeds of one site, `mine` and `other`, whose older pages are `/2` and `/other2`.
fn two_feeds(site: &Site) -> Tidings {
    site.serve("/other", Reply::feed(linked("next", "/other2", &["z"])));
    let lines = format!("[[feed]]\nid = \"other\"\nurl = {:?}", site.url("/other"));
    let tidings = polled(site, linked("next", "/2", &["c"])).feed_toml(&lines);
    tidings.run(&["poll", "other"]).ok();
    site.serve("/other2", Reply::status(429).header("Retry-After", "3600"));
    tidings
}

#[test]
fn a_pause_holds_for_the_other_feeds_of_the_host() {
    let site = Site::start();
    let tidings = two_feeds(&site);
    let ran = tidings.run(&["backfill", "other", "mine"]);
    ran.ok()
        .stdout_has("other: 0 pages, 0 articles new, 0 known; stopped: page 2 has to wait")
        .stdout_has("skipped   mine  the server asked not to be asked before");
    assert_eq!(site.requests("/2").len(), 0);
}

#[test]
fn a_pause_that_another_process_was_asked_for_ends_a_run_under_way() {
    let site = Site::start();
    let tidings = two_feeds(&site);
    site.serve("/2", Reply::hold());
    let run = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/2", 1);
    tidings.run(&["backfill", "other"]).ok();
    site.serve("/2", Reply::feed(linked("next", "/3", &["b"])));
    let ran = run.wait();
    ran.ok()
        .stdout_has("1 page, 1 article new")
        .stdout_has("stopped: the server asks for a pause");
    assert_eq!(site.requests("/3").len(), 0);
}
