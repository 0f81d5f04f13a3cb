//! How subscriptions begin, go on and end.

use std::time::{Duration, SystemTime};

use tidings::{
    model::{HostPause, Time},
    store::{Backend as _, sqlite::Sqlite},
};

use super::{World, articles, document};
use crate::util::{Database, Hub, Reply, Site, Tidings, hub::Manners};

#[test]
fn a_hub_in_the_headers_comes_before_one_in_the_document() {
    let (site, right, wrong) = (Site::start(), Hub::start(), Hub::start());
    let links = format!("<{}>; rel=\"hub\", </topic>; rel=self", right.url());
    let reply = Reply::feed(document(&wrong.url(), &site.url("/a"), &["first"]));
    site.serve("/a", reply.header("Link", links));
    let tidings = World::settings(Tidings::new()).feed(&site.url("/a"));
    let daemon = tidings.spawn(&["run"]);
    let asked = right.wait_for_asked(1).remove(0);
    assert_eq!(asked.get("hub.topic"), site.url("/topic"));
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(wrong.asked().len(), 0);
}

#[test]
fn a_short_lease_is_renewed_before_it_ends_at_the_same_callback() {
    let manners = Manners {
        lease: 2,
        ..Manners::default()
    };
    let world = World::with(manners, "");
    let asked = world.hub.wait_for_asked(3);
    for again in &asked[1..] {
        assert_eq!(again.fields, asked[0].fields);
    }
    for verified in world.hub.wait_for_verified(3) {
        assert_eq!(verified.status, 200);
    }
    world.stop();
}

#[test]
fn a_hub_that_is_down_is_asked_once_and_polling_goes_on() {
    let manners = Manners {
        status: 500,
        ..Manners::default()
    };
    let mut world = World::with(manners, "interval = \"1s\"\n");
    world
        .daemon
        .wait_for_stderr_line("cannot be asked: HTTP 500: said");
    let before = world.site.requests("/a").len();
    world.site.wait_for_requests("/a", before + 3);
    let shown = world.tidings.run(&["feed", "show", "a"]);
    shown
        .ok()
        .stdout_has("the hub could not be asked; it is asked again in")
        .stdout_has("HTTP 500: said");
    assert_eq!(world.hub.asked().len(), 1);
    world.stop();
}

#[test]
fn a_restart_keeps_the_subscription_and_asks_no_hub_again() {
    let (mut world, asked) = World::subscribed();
    asked.deliver("sha256", world.document(&["second"]));
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    let World {
        site,
        hub,
        tidings,
        daemon,
    } = world;
    daemon.kill9();
    daemon.wait();
    let mut daemon = tidings.spawn(&["run", "-v"]);
    daemon.wait_for_stderr_line("listening for hubs");
    let body = document(&hub.url(), &site.url("/a"), &["third"]);
    assert_eq!(asked.deliver("sha256", body).status, 202);
    daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!((hub.asked().len(), site.requests("/a").len()), (1, 1));
    assert_eq!(articles(&tidings), 3);
}

#[test]
fn a_feed_that_is_removed_or_opts_out_is_unsubscribed_and_deliveries_are_gone() {
    for opts_out in [false, true] {
        let (mut world, asked) = World::subscribed();
        if opts_out {
            let feeds = world.tidings.read("feeds.toml");
            world
                .tidings
                .write("feeds.toml", format!("{feeds}websub = false\n"));
        } else {
            world.tidings.run(&["feed", "remove", "a"]).ok();
        }
        let goodbye = world.hub.wait_for_asked(2).remove(1);
        assert_eq!(goodbye.get("hub.mode"), "unsubscribe");
        assert_eq!(goodbye.get("hub.topic"), asked.get("hub.topic"));
        assert_eq!(goodbye.callback(), asked.callback());
        let verified = world.hub.wait_for_verified(2).remove(1);
        assert_eq!(
            (verified.status, &verified.body),
            (200, &verified.challenge)
        );
        world
            .daemon
            .wait_for_stderr_line("the hub no longer pushes");
        assert_eq!(asked.deliver("sha256", world.document(&["x"])).status, 410);
        assert_eq!(goodbye.verify(9).status, 404, "replayed");
        assert_eq!(articles(&world.stop()), 1);
    }
}

#[test]
fn switched_off_the_hubs_are_told_and_answered_also_after_a_restart() {
    let (world, _) = World::subscribed();
    let settings = world.tidings.read("tidings.toml");
    let World {
        hub,
        tidings,
        daemon,
        site: _site,
    } = world;
    daemon.sigterm();
    daemon.wait().ok();
    let off = settings.replace("public_url = ", "public_url = \"\" # ");
    assert_ne!(off, settings);
    tidings.write("tidings.toml", off);
    let mut daemon = tidings.spawn(&["run", "-v"]);
    let goodbye = hub.wait_for_asked(2).remove(1);
    assert_eq!(goodbye.get("hub.mode"), "unsubscribe");
    let verified = hub.wait_for_verified(2).remove(1);
    assert_eq!(
        (verified.status, &verified.body),
        (200, &verified.challenge)
    );
    daemon.wait_for_stderr_line("the hub no longer pushes");
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_hub_that_redirects_is_followed_with_the_request_as_it_was_and_only_by_307_and_308() {
    for (status, follows) in [(307, true), (308, true), (302, false), (303, false)] {
        let (front, back) = (Hub::start(), Hub::start());
        let site = Site::start();
        front.behave(Manners {
            status,
            location: Some(back.url()),
            ..Manners::default()
        });
        let body = document(&front.url(), &site.url("/a"), &["first"]);
        site.serve("/a", Reply::feed(body));
        let tidings = World::settings(Tidings::new()).feed(&site.url("/a"));
        let mut daemon = tidings.spawn(&["run"]);
        let asked = front.wait_for_asked(1).remove(0);
        if follows {
            assert_eq!(back.wait_for_asked(1)[0].fields, asked.fields);
            daemon.wait_for_stderr_line("the hub pushes until");
        } else {
            daemon.wait_for_stderr_line(&format!("cannot be asked: HTTP {status}"));
            assert_eq!(back.asked().len(), 0);
        }
        daemon.sigterm();
        daemon.wait().ok();
    }
}

#[test]
fn without_public_url_nobody_is_asked_and_nothing_listens() {
    let (site, hub) = (Site::start(), Hub::start());
    let body = document(&hub.url(), &site.url("/a"), &["first"]);
    site.serve("/a", Reply::feed(body));
    let tidings = Tidings::new().feed(&site.url("/a"));
    let mut daemon = tidings.spawn(&["run", "-v"]);
    daemon.wait_for_stderr_line("1 entry: 1 new");
    daemon.sigterm();
    daemon.wait().ok().stderr_lacks("listening");
    tidings.run(&["status"]).ok().stdout_lacks("subscriptions");
    assert_eq!(hub.asked().len(), 0);
    assert_eq!(Database::of(&tidings).count("subscriptions"), 0);
}

#[test]
fn a_feed_that_moves_to_another_hub_is_subscribed_there_and_without_one_it_is_left() {
    let world = World::with(Manners::default(), "interval = \"1s\"\n");
    world.hub.wait_for_verified(1);
    let other = Hub::start();
    let topic = world.site.url("/a");
    let moved = document(&other.url(), &topic, &["second"]);
    world.site.serve("/a", Reply::feed(moved).etag("\"2\""));
    let there = other.wait_for_asked(1).remove(0);
    assert_eq!(there.get("hub.mode"), "subscribe");
    let here = world.hub.wait_for_asked(2).remove(1);
    assert_eq!(here.get("hub.mode"), "unsubscribe");
    assert_ne!(here.callback(), there.callback());
    other.wait_for_verified(1);
    let without = document("mailto:nobody", &topic, &["third"]);
    world.site.serve("/a", Reply::feed(without).etag("\"3\""));
    let left = other.wait_for_asked(2).remove(1);
    assert_eq!(left.get("hub.mode"), "unsubscribe");
    assert_eq!(left.callback(), there.callback());
    assert_eq!(other.wait_for_verified(2)[1].status, 200);
    world.stop();
}

#[test]
fn a_reload_switches_it_on_and_off() {
    let (site, hub) = (Site::start(), Hub::start());
    let body = document(&hub.url(), &site.url("/a"), &["first"]);
    site.serve("/a", Reply::feed(body).etag("\"1\""));
    let lines = format!(
        "[[feed]]\nid = \"a\"\nurl = {:?}\ninterval = \"1s\"",
        site.url("/a")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    let off = tidings.read("tidings.toml");
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("1 entry: 1 new");
    let tidings = World::settings(tidings);
    daemon.sighup();
    daemon.wait_for_stderr_line("listening for hubs on 127.77.");
    assert_eq!(hub.wait_for_verified(1)[0].status, 200);
    tidings.write("tidings.toml", off);
    daemon.sighup();
    let goodbye = hub.wait_for_asked(2).remove(1);
    assert_eq!(goodbye.get("hub.mode"), "unsubscribe");
    assert_eq!(hub.wait_for_verified(2)[1].status, 200);
    daemon.sigterm();
    daemon.wait().ok();
}

#[test]
fn a_feed_that_names_no_hub_or_not_itself_says_why_it_is_not_pushed() {
    let (site, hub) = (Site::start(), Hub::start());
    let whole = document(&hub.url(), &site.url("/a"), &["first"]);
    site.serve(
        "/none",
        Reply::feed(whole.replace("rel=\"hub\"", "rel=\"x\"")),
    );
    site.serve(
        "/half",
        Reply::feed(whole.replace("rel=\"self\"", "rel=\"x\"")),
    );
    let mut tidings = World::settings(Tidings::new());
    for id in ["none", "half"] {
        let url = site.url(&format!("/{id}"));
        tidings = tidings.feed_toml(&format!("[[feed]]\nid = {id:?}\nurl = {url:?}"));
    }
    tidings.run(&["poll", "--all"]).ok();
    for (id, why) in [
        ("none", "names no hub"),
        ("half", "not its own address there"),
    ] {
        tidings.run(&["feed", "show", id]).ok().stdout_has(why);
    }
    assert_eq!(Database::of(&tidings).count("subscriptions"), 0);
}

#[test]
fn an_address_that_is_taken_is_told_with_its_setting() {
    let tidings = World::settings(Tidings::new());
    let settings = tidings.read("tidings.toml");
    let at = settings.find("listen = \"").unwrap() + "listen = \"".len();
    let listen = settings[at..].split('"').next().unwrap();
    let _taken = std::net::TcpListener::bind(listen).unwrap();
    tidings
        .run(&["run"])
        .code(2)
        .complains_once("`listen` in [websub]");
}

#[test]
fn a_hub_whose_host_asked_for_a_pause_is_asked_when_that_is_over_and_has_not_failed() {
    // Behind a proxy hosts have names, and are nobody's own network.
    let proxy = Site::start();
    let (hub, topic) = ("http://hub.example/hub", "http://feeds.example/a");
    proxy.serve(topic, Reply::feed(document(hub, topic, &["first"])));
    let tidings = World::settings(Tidings::new())
        .settings(&format!(
            "[proxies]\noffice = \"http://{}\"\n[fetch]\nproxy = \"office\"",
            proxy.address()
        ))
        .feed(topic);
    let pause = HostPause {
        scope: "hub.example".to_owned(),
        until: Time::from(SystemTime::now() + Duration::from_secs(7 * 3600)),
    };
    let mut store = Sqlite::open(&tidings.path("tidings.db")).unwrap();
    store
        .pause_host(&pause, Time::from(SystemTime::now()))
        .unwrap();
    drop(store);
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("waits: not asked: hub.example asked for a pause");
    daemon.sigterm();
    let ran = daemon.wait();
    ran.ok().stderr_lacks("cannot be asked");
    assert_eq!(proxy.requests(hub).len(), 0);
    let database = Database::of(&tidings);
    assert_eq!(database.number("SELECT failures FROM subscriptions"), 0);
    let due = database.number("SELECT due_at FROM subscriptions");
    let late = due - pause.until.timestamp_millis();
    assert!(late.abs() < 60_000, "{late} ms after the pause");
}
