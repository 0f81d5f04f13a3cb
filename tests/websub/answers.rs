//! What the callback says to hubs and to strangers, and whom Tidings asks.

use std::net::TcpStream;

use super::{World, articles, document};
use crate::util::{
    Hub, Reply, Site, Tidings,
    hub::{Manners, send},
};

#[test]
fn the_callback_answers_nothing_else() {
    let mut world = World::with(Manners::default(), "max_body = \"64 KiB\"\n");
    let asked = world.hub.wait_for_asked(1).remove(0);
    world.daemon.wait_for_stderr_line("the hub pushes until");
    let callback = asked.callback().to_owned();
    let stranger = callback.rsplit_once('/').unwrap().0.to_owned();
    let status = |method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]| {
        let answer = send(method, url, headers, body);
        assert!(answer.head.contains("nosniff"), "{}", answer.head);
        answer.status
    };
    let unknown = format!("{stranger}/{}", "A".repeat(43));
    for url in [
        &unknown,
        &stranger,
        &format!("{stranger}/<b>"),
        &format!("{callback}x"),
    ] {
        assert_eq!(status("GET", url, &[], b""), 404, "{url}");
        assert_eq!(status("POST", url, &[], b"<rss/>"), 404, "{url}");
    }
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS"] {
        assert_eq!(status(method, &callback, &[], b""), 405, "{method}");
    }
    let gzip = [("Content-Encoding", "gzip")];
    assert_eq!(status("POST", &callback, &gzip, b"\x1f\x8b"), 415);
    let large = vec![b'x'; 70 << 10];
    assert_eq!(status("POST", &callback, &[], &large), 413);
    // A document that is no feed but signed is the word that there is news; it stores nothing.
    let laughs: String = (1..9)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(9)))
        .collect();
    for body in [
        "<html>".to_owned(),
        "\0\0\0".to_owned(),
        "<rss>".to_owned(),
        "<a>".repeat(20_000),
        "<item/>".repeat(9_000),
        format!("<!DOCTYPE rss [<!ENTITY l0 \"ha\">{laughs}]><rss><channel>&l8;</channel></rss>"),
    ] {
        assert_eq!(asked.deliver("sha256", body).status, 202);
        world
            .daemon
            .wait_for_stderr_line("its hub says that there is news");
    }
    assert_eq!(articles(&world.stop()), 1);
}

#[test]
fn only_a_verification_that_is_waited_for_is_confirmed_and_nothing_else_is_echoed() {
    let manners = Manners {
        verifies: false,
        ..Manners::default()
    };
    let mut world = World::with(manners, "");
    let asked = world.hub.wait_for_asked(1).remove(0);
    let topic = asked.get("hub.topic").to_owned();
    let evil = "<script>alert(1)</script>";
    let refused = |mode: &str, topic: &str, challenge: &str| {
        let answer = asked.call(&[
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.challenge", challenge),
            ("hub.lease_seconds", "864000"),
        ]);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, ""),
            "{mode} {topic}"
        );
    };
    refused("subscribe", "http://other.example/", evil);
    refused("subscribe", "", evil);
    refused("unsubscribe", &topic, evil);
    refused("publish", &topic, evil);
    refused("subscribe", &topic, "");
    // Nothing is believed before.
    assert_eq!(
        asked.deliver("sha256", world.document(&["early"])).status,
        404
    );
    let answer = asked.verify(864_000);
    assert_eq!((answer.status, &answer.body), (200, &answer.challenge));
    world.daemon.wait_for_stderr_line("the hub pushes until");
    refused("subscribe", &topic, &answer.challenge);
    refused("subscribe", &topic, evil);
    assert_eq!(
        asked.deliver("sha256", world.document(&["now"])).status,
        202
    );
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    assert_eq!(articles(&world.stop()), 2);
}

#[test]
fn a_hub_may_deny_at_any_time_and_its_reason_is_shown_harmless() {
    let (world, asked) = World::subscribed();
    let topic = asked.get("hub.topic");
    let wrong = asked.call(&[
        ("hub.mode", "denied"),
        ("hub.topic", "http://other.example/"),
    ]);
    assert_eq!(wrong.status, 404);
    let answer = asked.call(&[
        ("hub.mode", "denied"),
        ("hub.topic", topic),
        ("hub.reason", "not\u{1b}[31m you"),
    ]);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let shown = world.tidings.run(&["feed", "show", "a"]);
    shown
        .ok()
        .stdout_has("the hub denies it; it is asked again in")
        .stdout_has("not\\u{1b}[31m you");
    assert_eq!(asked.deliver("sha256", world.document(&["x"])).status, 404);
    assert_eq!(world.hub.asked().len(), 1);
    assert_eq!(articles(&world.stop()), 1);
}

#[test]
fn a_hub_on_a_private_address_is_not_asked() {
    let (site, hub) = (Site::start(), Hub::start_on("127.0.0.2"));
    let body = document(&hub.url(), &site.url("/a"), &["first"]);
    site.serve("/a", Reply::feed(body));
    let tidings = World::settings(Tidings::new())
        .settings("[fetch]\nallow_private = [\"127.0.0.1/32\", \"127.77.0.0/16\"]")
        .feed_toml(&format!(
            "[[feed]]\nid = \"a\"\nurl = {:?}\n",
            site.url("/a")
        ));
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("127.0.0.2 is not a public address");
    daemon.sigterm();
    daemon.wait().ok();
    assert_eq!(hub.asked().len(), 0);
}

#[test]
fn connections_that_say_nothing_keep_no_delivery_out_for_ever() {
    let (mut world, asked) = World::subscribed();
    let address = asked.callback().split('/').nth(2).unwrap().to_owned();
    let idle: Vec<_> = (0..80)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    assert_eq!(
        asked.deliver("sha256", world.document(&["second"])).status,
        202
    );
    world.daemon.wait_for_stderr_line("pushed: 1 entry: 1 new");
    drop(idle);
    world.stop();
}
