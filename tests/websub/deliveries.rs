//! What hubs deliver, what they only hint at, and what they leave out.

use serde_json::Value;

use super::{World, articles};
use crate::util::{
    Database, Reply,
    hub::{Manners, sign},
};

#[test]
fn a_feed_with_a_hub_is_subscribed_verified_and_its_deliveries_are_stored_at_once() {
    let (mut world, asked) = World::subscribed();
    assert_eq!(asked.get("hub.mode"), "subscribe");
    assert_eq!(asked.get("hub.topic"), world.site.url("/a"));
    assert_eq!(asked.get("hub.lease_seconds"), "864000");
    assert_eq!(asked.get("hub.secret").len(), 64);
    assert!(asked.callback().contains("/tidings/websub/"));
    let verified = world.hub.wait_for_verified(1).remove(0);
    assert_eq!(verified.body, verified.challenge);
    assert!(verified.head.contains("text/plain"), "{}", verified.head);
    assert!(verified.head.contains("nosniff"), "{}", verified.head);
    for method in ["sha1", "sha256", "sha384", "sha512"] {
        let answer = asked.deliver(method, world.document(&[method]));
        assert_eq!(answer.status, 202);
        world
            .daemon
            .wait_for_stderr_line("a: pushed: 1 entry: 1 new");
    }
    let shown = world.tidings.run(&["feed", "show", "a"]);
    shown
        .ok()
        .stdout_has("yes; polls are the safety net")
        .stdout_has("pushed")
        .stdout_lacks(asked.get("hub.secret"))
        .stdout_lacks(asked.callback());
    world
        .tidings
        .run(&["status"])
        .ok()
        .stdout_has("1 of 1 subscriptions are active");
    assert_eq!(articles(&world.stop()), 5);
}

#[test]
fn a_delivery_changes_nothing_that_polls_know_and_the_next_one_is_conditional_and_a_day_later() {
    let (mut world, asked) = World::subscribed();
    let before = world.shown();
    asked.deliver("sha256", world.document(&["second"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    let after = world.shown();
    for key in [
        "next_poll",
        "last_poll",
        "title",
        "hubs",
        "self_url",
        "next_reason",
    ] {
        assert_eq!(before[key], after[key], "{key}");
    }
    assert_eq!(after["websub"]["reliable"], true);
    assert_ne!(after["last_new"], Value::Null);
    world.tidings.run(&["poll", "a", "--force"]).ok();
    let asked_twice = world.site.requests("/a");
    assert_eq!(asked_twice.len(), 2);
    assert_eq!(
        asked_twice[1].header("if-none-match").as_deref(),
        Some("\"1\"")
    );
    let reason = world.shown()["next_reason"].to_string();
    assert!(reason.contains("safety net"), "{reason}");
    // What is said again is stored once, and is no news.
    asked.deliver("sha256", world.document(&["second"]));
    asked.deliver("sha256", world.document(&["third"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    let tidings = world.stop();
    let store = Database::of(&tidings);
    assert_eq!(store.count("articles"), 3);
    assert_eq!(
        store.number("SELECT count(*) FROM polls WHERE outcome = 'pushed'"),
        2
    );
}

#[test]
fn forged_deliveries_are_dropped_and_leave_nothing_behind() {
    let (mut world, asked) = World::subscribed();
    let forged = world.document(&["forged"]);
    let of_other = sign("sha256", asked.get("hub.secret"), b"another body");
    let other_key = sign("sha256", "guessed", forged.as_bytes());
    let short = sign("sha1", "guessed", forged.as_bytes());
    for headers in [
        &[][..],
        &[("X-Hub-Signature", of_other.as_str())],
        &[("X-Hub-Signature", &other_key)],
        &[("X-Hub-Signature", &short)],
        &[("X-Hub-Signature", "sha256=")],
        &[("X-Hub-Signature", "none")],
    ] {
        assert_eq!(asked.deliver_with(headers, &forged).status, 202);
    }
    let mut answered = 0;
    for _ in 0..forged_posts() {
        let answer = asked.deliver_with(&[("X-Hub-Signature", &other_key)], &forged);
        assert!([202, 503].contains(&answer.status), "{answer:?}");
        answered += 1;
    }
    assert_eq!(answered, forged_posts());
    world
        .daemon
        .wait_for_stderr_line("a: deliveries of its hub were dropped: 1 not rightly signed");
    // In one line with the forged ones, so it is taken in after them.
    while asked.deliver("sha256", world.document(&["real"])).status != 202 {}
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    let before = world.daemon.stderr().matches("were dropped").count();
    assert_eq!(before, 1, "{}", world.daemon.stderr());
    let shown = world.tidings.run(&["feed", "show", "a"]);
    shown.ok().stdout_has("1 deliveries; told ");
    let large = "x".repeat(30 << 20);
    assert_eq!(asked.deliver("sha256", large).status, 413);
    let tidings = world.stop();
    let shown = tidings.run(&["feed", "show", "a", "--json"]).ok().json();
    let refused = &shown["websub"]["refused"];
    let why = refused["why"].as_str().unwrap();
    assert!(why.contains("1 larger than max_body"), "{why}");
    let told = refused["count"].as_u64().unwrap();
    assert!(told >= 7, "six forged ones and a large one: {told}");
    tidings
        .run(&["status"])
        .ok()
        .stdout_has(&format!("; {told} deliveries were dropped"));
    assert_eq!(articles(&tidings), 2);
    let forged = "SELECT count(*) FROM articles WHERE title LIKE '%forged%'";
    assert_eq!(Database::of(&tidings).number(forged), 0);
}

/// `TIDINGS_FORGED=10000` for more.
fn forged_posts() -> usize {
    let posts = std::env::var("TIDINGS_FORGED").ok();
    posts.map_or(100, |posts| {
        posts.parse().expect("TIDINGS_FORGED is a number")
    })
}

#[test]
fn a_ping_brings_one_poll_soon_and_its_news_is_not_held_against_the_hub() {
    let mut world = World::with(Manners::default(), "interval = \"1s\"\n");
    let asked = world.hub.wait_for_asked(1).remove(0);
    world.daemon.wait_for_stderr_line("the hub pushes until");
    asked.deliver("sha256", world.document(&["second"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    // The next poll sees that the hub delivers; from then on polls are a day apart.
    let mut patience = 10_000;
    while !world.shown()["next_reason"]
        .to_string()
        .contains("safety net")
    {
        patience -= 1;
        assert!(patience > 0, "{}", world.shown());
    }
    let before = world.site.requests("/a").len();
    let news = Reply::feed(world.document(&["third", "second", "first"])).etag("\"2\"");
    world.site.serve("/a", news);
    assert_eq!(asked.deliver("sha1", "").status, 202);
    world
        .daemon
        .wait_for_stderr_line("its hub says that there is news");
    world.site.wait_for_requests("/a", before + 1);
    world.daemon.wait_for_stderr_line("a: 3 entries: 1 new");
    let shown = world.shown();
    assert_eq!(shown["websub"]["reliable"], true, "{shown}");
    assert_eq!(world.site.requests("/a").len(), before + 1);
    world.stop();
}

#[test]
fn a_hub_that_does_not_deliver_everything_is_no_longer_relied_on_until_it_delivers() {
    let (mut world, asked) = World::subscribed();
    asked.deliver("sha256", world.document(&["second"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    let more = Reply::feed(world.document(&["third", "second", "first"])).etag("\"2\"");
    world.site.serve("/a", more);
    world.tidings.run(&["poll", "a", "--force"]).ok();
    let shown = world.tidings.run(&["feed", "show", "a"]);
    shown
        .ok()
        .stdout_has("not reliably")
        .stdout_lacks("safety net");
    asked.deliver("sha256", world.document(&["fourth"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    world
        .tidings
        .run(&["feed", "show", "a"])
        .ok()
        .stdout_has("yes; polls are the safety net");
    assert_eq!(articles(&world.stop()), 4);
}
