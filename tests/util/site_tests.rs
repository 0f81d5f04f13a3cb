//! The feed server tested by a client that is nothing but a socket, so that a failure of a
//! test elsewhere is never the server's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use flate2::read::GzDecoder;

use super::{Coding, Reply, Site};

/// Sends one request and reads until the server closes (which `Connection: close` replies do;
/// for the others the client says it is done).
fn ask(site: &Site, target: &str, headers: &str) -> String {
    let mut stream = send(site, target, headers);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    // A server that closes with unread input resets; what came before counts.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn send(site: &Site, target: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(site.address()).unwrap();
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n"
    )
    .unwrap();
    stream
}

#[test]
fn a_feed_is_served_with_its_headers_and_the_request_is_logged() {
    let site = Site::start_on("127.0.0.7");
    site.serve("/feed.xml", Reply::feed("<rss/>").etag("\"v1\""));
    let answer = ask(&site, "/feed.xml?a=b", "User-Agent: me\r\nX-Latin: a\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 \r\n"), "{answer}");
    assert!(
        answer.contains("ETag: \"v1\"\r\n") && answer.ends_with("\r\n\r\n<rss/>"),
        "{answer}"
    );
    let requests = site.wait_for_requests("/feed.xml", 1);
    assert_eq!(requests[0].target, "/feed.xml?a=b");
    assert_eq!(requests[0].header("user-agent").as_deref(), Some("me"));
    assert_eq!(requests[0].local, site.address());
    assert!(ask(&site, "/other", "").starts_with("HTTP/1.1 404 "));
}

#[test]
fn matching_validators_get_304_and_the_etag_decides_alone() {
    let site = Site::start();
    let feed = Reply::feed("x")
        .etag("W/\"a\"")
        .last_modified("Mon, 01 Jan 2024 00:00:00 GMT");
    site.serve("/f", feed.clone())
        .serve("/stubborn", feed.unconditional());
    let status = |path: &str, headers: &str| ask(&site, path, headers)[9..12].to_owned();
    let (same, other) = ("If-None-Match: W/\"a\"\r\n", "If-None-Match: \"a\"\r\n");
    let since = "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
    assert_eq!(status("/f", same), "304");
    assert_eq!(status("/f", other), "200");
    assert_eq!(status("/f", since), "304");
    assert_eq!(status("/f", &format!("{other}{since}")), "200");
    assert_eq!(status("/stubborn", same), "200");
}

#[test]
fn a_chain_of_replies_is_given_in_turn_and_its_last_stays() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::status(500)
            .then(Reply::status(503))
            .then(Reply::feed("ok")),
    );
    let statuses: Vec<_> = (0..4)
        .map(|_| ask(&site, "/f", "")[9..12].to_owned())
        .collect();
    assert_eq!(statuses, ["500", "503", "200", "200"]);
}

#[test]
fn a_held_request_is_answered_when_its_path_is_served_anew() {
    let site = Site::start();
    site.serve("/f", Reply::hold());
    let mut held = [
        send(&site, "/f", "Connection: close\r\n"),
        send(&site, "/f", ""),
    ];
    site.wait_for_requests("/f", 2);
    assert_eq!(site.most_in_flight(), 2);
    site.serve("/f", Reply::feed("at last"));
    for stream in &mut held {
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("at last"), "{answer}");
    }
}

#[test]
fn a_bomb_is_small_on_the_wire_and_large_in_memory() {
    let site = Site::start();
    site.serve("/bomb", Reply::bomb(Coding::Gzip, 8 << 20));
    let mut stream = send(&site, "/bomb", "");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.len() < 64 << 10,
        "{} bytes on the wire",
        answer.len()
    );
    let body = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap()
        + 4;
    let decoded = std::io::copy(&mut GzDecoder::new(&answer[body..]), &mut std::io::sink());
    assert!(decoded.unwrap() >= 8 << 20);
}

#[test]
fn hostile_replies_end_with_the_site() {
    let site = Site::start();
    site.serve("/hold", Reply::hold())
        .serve(
            "/drip",
            Reply::drip("never all of it", Duration::from_secs(3600)),
        )
        .serve("/endless", Reply::endless())
        .serve("/slow", Reply::feed("x").after(Duration::from_secs(3600)))
        .serve("/close", Reply::close())
        .serve("/raw", Reply::raw("SSH-2.0-hello\r\n"))
        .serve("/loop", Reply::redirect_forever());
    assert_eq!(ask(&site, "/close", ""), "");
    assert_eq!(ask(&site, "/raw", ""), "SSH-2.0-hello\r\n");
    assert_ne!(ask(&site, "/loop", ""), ask(&site, "/loop", ""));
    let open: Vec<_> = ["/hold", "/drip", "/endless", "/slow"]
        .map(|path| (path, send(&site, path, "")))
        .into();
    for (path, _) in &open {
        site.wait_for_requests(path, 1);
    }
    drop(site);
    for (_, mut stream) in open {
        // Ended or reset; a stream left open would block here for ever.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
}
