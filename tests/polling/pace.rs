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
fn a_feed_that_was_asked_to_wait_is_waiting_until_then_and_says_why() {
    let hour = |status| Reply::status(status).header("Retry-After", "3600");
    for (reply, why) in [
        (hour(429), "Retry-After"),
        (hour(503), "Retry-After"),
        (Reply::status(429), "asked to slow down"),
    ] {
        for was_ok in [false, true] {
            let (site, tidings) = if was_ok {
                polled_once(Reply::feed(rss(&["a"])).then(reply.clone()))
            } else {
                polled_once(reply.clone())
            };
            if was_ok {
                again(&tidings).ok().stdout_has("1 asked to wait");
            }
            let feed = only_feed(&tidings);
            assert_eq!(feed["health"], "waiting", "{feed}");
            assert!(feed["waiting"]["until"].is_string(), "{feed}");
            let id = feed["id"].as_str().unwrap();
            tidings.run(&["feed", "list"]).ok().stdout_has("waiting");
            let shown = tidings.run(&["feed", "show", id]);
            shown.ok().stdout_has("health     waiting until ");
            let status = tidings.run(&["status"]);
            status
                .ok()
                .stdout_has("feeds     1: 1 waiting")
                .stdout_has(&format!("\n{id}  {}\n  waits until ", site.url("/f")))
                .stdout_has(why);
            let status = tidings.run(&["status", "--json"]).ok().json();
            assert_eq!(status["feeds"]["waiting"], 1, "{status}");
            assert_eq!(status["waiting"][0]["feed"], id, "{status}");
        }
    }
}

#[test]
fn a_failing_feed_that_is_asked_to_wait_is_failing_still() {
    let throttled = Reply::status(429).header("Retry-After", "3600");
    let (_site, tidings) = polled_once(Reply::status(404).then(throttled));
    again(&tidings).ok().stdout_has("1 asked to wait");
    assert_eq!(only_feed(&tidings)["health"], "failing");
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

#[test]
fn a_redirect_that_asks_to_wait_is_followed_only_then() {
    let site = Site::start();
    let later = Reply::redirect(301, "/new").header("Retry-After", "3600");
    site.serve("/f", later);
    site.serve("/new", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok();
    assert_eq!(site.requests("/f").len(), 1);
    assert_eq!(site.requests("/new").len(), 0, "followed at once");
    let feed = only_feed(&tidings);
    assert!(feed["retry_after"].is_string(), "{feed}");
    assert_eq!(feed["failures"], 0, "{feed}");
    let shown = tidings.run(&["feed", "show", "127"]);
    shown
        .ok()
        .stdout_has(&format!("{} (a redirect", site.url("/new")));
}

#[test]
fn after_such_a_wait_the_redirects_target_is_asked_and_not_the_redirect() {
    let site = Site::start();
    let later = Reply::redirect(302, "/new").header("Retry-After", "1");
    site.serve("/f", later);
    site.serve("/new", Reply::feed(rss(&["a"])));
    let lines = format!("[[feed]]\nurl = {:?}\ninterval = \"1s\"", site.url("/f"));
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok();
    // Whole rounds, not a sleep: each asks whether the wait is over.
    while site.requests("/new").is_empty() {
        tidings.run(&["poll", "--all"]).ok();
    }
    assert_eq!(site.requests("/f").len(), 1);
    assert_eq!(tidings.exported().len(), 1);
}

#[test]
fn no_wait_means_follow_at_once() {
    for value in ["0", "-5", "soon"] {
        let site = Site::start();
        site.serve(
            "/f",
            Reply::redirect(301, "/new").header("Retry-After", value),
        );
        site.serve("/new", Reply::feed(rss(&["a"])));
        let tidings = Tidings::new().feed(&site.url("/f"));
        tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
    }
}

#[test]
fn a_bot_check_is_named_and_waits_for_hours() {
    for (status, header) in [
        (403, "cf-mitigated"),
        (503, "cf-mitigated"),
        (202, "x-amzn-waf-action"),
    ] {
        let reply = Reply::status(status).header(header, "challenge");
        let (site, tidings) = polled_once(reply);
        let feed = only_feed(&tidings);
        let error = feed["error"].as_str().unwrap_or_default();
        assert!(
            error.contains("blocked by bot protection"),
            "{status}: {feed}"
        );
        let moment = |key: &str| {
            let text = feed[key].as_str().unwrap().to_owned();
            text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
        };
        assert!(moment("next_poll") - moment("last_poll") >= chrono::Duration::hours(4));
        let agents: Vec<_> = site
            .all_requests()
            .iter()
            .map(|request| request.header("user-agent"))
            .collect();
        assert_eq!(agents.len(), 1, "tried again in disguise: {agents:?}");
    }
}

#[test]
fn a_document_that_shares_nothing_with_the_last_one_is_told_as_a_gap() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::feed(rss(&["a", "b"])).then(Reply::feed(rss(&["c", "d"]))),
    );
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_lacks("gap");
    again(&tidings).ok().stderr_lacks("panicked");
    let feed = only_feed(&tidings);
    assert_eq!(feed["gaps"], 1, "{feed}");
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("may have lost entries");
    let status = tidings.run(&["status", "--json"]).ok().json();
    assert_eq!(status["gaps"]["all"], 1, "{status}");
    let shown = tidings.run(&["feed", "show", "127"]);
    shown.ok().stdout_has("none of the newest entries");
    assert_eq!(tidings.exported().len(), 4);
}

#[test]
fn a_page_in_the_feeds_place_is_kept_and_what_it_names_is_told() {
    let site = Site::start();
    let page = "<!doctype html><html><head><link rel=alternate type=application/rss+xml href=/new.xml></head></html>";
    site.serve("/f", Reply::feed(rss(&["a"])).then(Reply::html(page)));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    for _ in 0..2 {
        again(&tidings)
            .code(1)
            .stdout_has(&format!("--url {}", site.url("/new.xml")));
    }
    let database = Database::of(&tidings);
    assert_eq!(
        database.count("unread_documents"),
        1,
        "the same page is kept once"
    );
    let shown = tidings.run(&["feed", "show", "127"]);
    shown.ok().stdout_has("preview").stdout_has("--unread");
    tidings
        .run(&["preview", "127", "--unread"])
        .code(2)
        .stdout_has("   1  <!doctype html><html><head><link rel=alternate")
        .stderr_has("/new.xml");
    let body = tidings.run(&["preview", "127", "--unread", "--body"]);
    assert_eq!(body.ok().stdout, page);
    site.serve("/f", Reply::feed(rss(&["a", "b"])));
    again(&tidings).ok().stdout_has("1 new");
    assert_eq!(database.count("unread_documents"), 0);
}

#[test]
fn the_head_of_a_document_that_cannot_be_read_is_shown_with_the_place_where_the_reader_stopped() {
    let lines: String = (0..60)
        .map(|n| format!("<!-- {n} \u{1b}[31m -->\n"))
        .collect();
    let long = "x".repeat(9999);
    let document = format!("{lines}<svg {long}=\"\"/>\n");
    let (_site, tidings) = polled_once(Reply::feed(document.clone()));
    let ran = tidings.run(&["preview", "127", "--unread"]);
    ran.code(2).stdout_has("  20  <!-- 19 \\u{1b}[31m -->");
    ran.stdout_lacks("<!-- 20").stdout_lacks("\u{1b}[31m");
    ran.stderr_has("its root element is <svg> at line 61 column 1");
    ran.stderr_has("41 lines more, --body gives all of it")
        .stderr_has("HTTP 200");
    let whole = tidings.run(&["preview", "127", "--unread", "--body"]);
    assert_eq!(whole.ok().stdout, document);
    let (_site, tidings) = polled_once(Reply::feed(format!("<svg {long}=\"\"/>")));
    let ran = tidings.run(&["preview", "127", "--unread"]);
    ran.code(2)
        .stdout_has("xxx\u{2026}")
        .stderr_has("--body gives all of it");
    assert!(ran.stdout.len() < 1000, "{}", ran.stdout.len());
}

#[test]
fn a_later_version_reads_what_an_earlier_one_could_not_without_a_request() {
    let (site, tidings) = polled_once(Reply::feed("<rss><channel>".replace("rss", "html")));
    assert_eq!(only_feed(&tidings)["health"], "failing");
    // As an earlier version would have left a document that is read now.
    let database = rusqlite::Connection::open(tidings.path("tidings.db")).unwrap();
    let body = zstd::bulk::compress(rss(&["a", "b"]).as_bytes(), 1).unwrap();
    database
        .execute("UPDATE unread_documents SET body = ?1", [body])
        .unwrap();
    let sql = "UPDATE feeds SET state = json_set(state, '$.unread.reading', '0.0.1')";
    database.execute(sql, []).unwrap();
    drop(database);
    again(&tidings).ok().stdout_has("2 new");
    assert_eq!(
        site.requests("/f").len(),
        1,
        "asked although the document is here"
    );
    assert_eq!(only_feed(&tidings)["health"], "ok");
}
