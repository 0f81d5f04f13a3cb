//! Validators are echoed byte for byte, replaced on 200 and 304, dropped when a 200 has none, and
//! sent only to the URL that issued them.

use super::again;
use crate::util::{Reply, Request, Site, Tidings, rss};

const DATE: &str = "Tue, 05 Nov 2019 17:10:21 GMT";

fn etag(request: &Request) -> Option<&[u8]> {
    request.header_bytes("if-none-match")
}

fn since(request: &Request) -> Option<String> {
    request.header("if-modified-since")
}

#[test]
fn validators_are_echoed_byte_for_byte_however_odd() {
    let etags: &[&[u8]] = &[
        b"\"strong\"",
        b"W/\"weak\"",
        b"unquoted",
        b"\"caf\xe9\"",
        b"\"with \"\" quotes\"",
        b"\"abc-gzip\"",
    ];
    let dates = [
        DATE,
        "yesterday",
        "Tue, 5 Nov 2019 17:10:21 +0100",
        "0",
        "-1",
        DATE,
    ];
    let site = Site::start();
    let mut tidings = Tidings::new();
    for (n, (tag, date)) in etags.iter().zip(dates).enumerate() {
        let reply = Reply::feed(rss(&["a"])).etag(tag).last_modified(date);
        site.serve(&format!("/{n}"), reply);
        tidings = tidings.feed(&site.url(&format!("/{n}")));
    }
    tidings.run(&["poll", "--all"]).ok();
    let ran = again(&tidings);
    ran.ok()
        .stdout_has("6 unchanged")
        .stdout_has("0 new, 0 changed");
    for (n, (tag, date)) in etags.iter().zip(dates).enumerate() {
        let requests = site.requests(&format!("/{n}"));
        assert!(
            !requests[0].is_conditional(),
            "a made-up validator: {:?}",
            requests[0]
        );
        assert_eq!(etag(&requests[1]), Some(*tag));
        assert_eq!(since(&requests[1]).as_deref(), Some(date));
        ran.stdout_lacks("same document");
    }
}

#[test]
fn a_second_round_over_a_good_server_is_all_304_and_stores_nothing() {
    let site = Site::start();
    let mut tidings = Tidings::new();
    for n in 0..5 {
        let name = format!("n{n}");
        site.serve(
            &format!("/{n}"),
            Reply::feed(rss(&[&name])).etag(format!("\"{n}\"")),
        );
        tidings = tidings.feed(&site.url(&format!("/{n}")));
    }
    tidings.run(&["poll", "--all"]).ok().stdout_has("5 new");
    let ran = again(&tidings);
    ran.ok().stdout_has("5 unchanged").stdout_has("0 new");
    assert_eq!(ran.stdout.matches("not modified (304)").count(), 5, "{ran}");
}

#[test]
fn a_304_replaces_the_validators_it_carries_and_keeps_the_others() {
    let site = Site::start();
    let first = Reply::feed(rss(&["a"]))
        .etag("\"1\"")
        .last_modified(DATE)
        .unconditional();
    site.serve("/f", first.then(Reply::status(304).etag("\"2\"")));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok().stdout_has("304");
    again(&tidings).ok().stdout_has("304");
    let requests = site.requests("/f");
    assert_eq!(etag(&requests[1]), Some(&b"\"1\""[..]));
    assert_eq!(etag(&requests[2]), Some(&b"\"2\""[..]));
    assert_eq!(since(&requests[2]).as_deref(), Some(DATE));
}

#[test]
fn a_200_with_the_same_body_replaces_the_validators_too() {
    let site = Site::start();
    let with = |tag: &str| Reply::feed(rss(&["a"])).etag(tag).unconditional();
    site.serve("/f", with("\"1\"").then(with("\"2\"")));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok().stdout_has("the same document");
    again(&tidings).ok();
    assert_eq!(etag(&site.requests("/f")[2]), Some(&b"\"2\""[..]));
}

#[test]
fn a_200_without_validators_drops_the_stored_ones() {
    let site = Site::start();
    let bare = Reply::feed(rss(&["a", "b"]));
    let first = Reply::feed(rss(&["a"]))
        .etag("\"1\"")
        .last_modified(DATE)
        .unconditional();
    site.serve("/f", first.then(bare));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok().stdout_has("1 new");
    again(&tidings).ok();
    let requests = site.requests("/f");
    assert!(requests[1].is_conditional());
    assert!(!requests[2].is_conditional(), "{:?}", requests[2]);
}

#[test]
fn only_the_url_that_issued_the_validators_gets_them_back() {
    let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::redirect(302, "/here"));
    site.serve("/here", Reply::feed(rss(&["a"])).etag("\"here\""));
    stranger.serve("/there", Reply::feed(rss(&["a"])).etag("\"there\""));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).ok().stdout_has("304");
    site.serve("/f", Reply::redirect(302, &stranger.url("/there")));
    again(&tidings).ok();
    again(&tidings).ok().stdout_has("304");
    assert!(
        site.requests("/f")
            .iter()
            .all(|request| !request.is_conditional())
    );
    assert_eq!(etag(&site.requests("/here")[1]), Some(&b"\"here\""[..]));
    let there = stranger.requests("/there");
    assert_eq!(
        etag(&there[0]),
        None,
        "a stranger was told of another's validator"
    );
    assert_eq!(etag(&there[1]), Some(&b"\"there\""[..]));
}

#[test]
fn a_failure_between_two_polls_keeps_the_validators() {
    let site = Site::start();
    let good = || Reply::feed(rss(&["a"])).etag("\"1\"");
    site.serve("/f", good().then(Reply::status(500)).then(good()));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    again(&tidings).code(1).stdout_has("HTTP 500");
    again(&tidings).ok().stdout_has("304");
}

#[test]
fn the_same_document_from_a_server_without_validators_is_read_once() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a", "b"])));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 new");
    let ran = again(&tidings);
    ran.ok()
        .stdout_has("the same document as before")
        .stdout_has("1 unchanged");
}

#[test]
fn a_difference_is_asked_for_beside_an_etag_and_merged() {
    let site = Site::start();
    let first = Reply::feed(rss(&["a", "b"])).etag("\"1\"").unconditional();
    let delta = Reply::status(226)
        .body(rss(&["c"]))
        .content_type("application/rss+xml")
        .header("IM", "feed")
        .etag("\"2\"");
    site.serve("/f", first.then(delta.then(Reply::status(304))));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 new");
    again(&tidings).ok().stdout_has("1 new");
    again(&tidings).ok();
    let requests = site.requests("/f");
    assert_eq!(requests[0].header("a-im"), None);
    assert_eq!(requests[1].header("a-im").as_deref(), Some("feed"));
    assert_eq!(etag(&requests[2]), Some(b"\"2\"".as_slice()));
    assert_eq!(
        tidings.exported().len(),
        3,
        "what a difference leaves out is not gone"
    );
    let feed = super::only_feed(&tidings);
    assert_eq!(feed["gaps"], 0, "{feed}");
}

#[test]
fn a_difference_of_another_kind_is_an_error() {
    let site = Site::start();
    let delta = Reply::status(226).body("x").header("IM", "vcdiff");
    site.serve("/f", delta);
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).code(1).stdout_has("226");
}
