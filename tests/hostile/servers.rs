//! Servers that are broken or mean harm: each ends by its deadline or its cap.

use std::time::Duration;

use super::Round;
use crate::util::{Coding, Daemon, Reply, Site, Tidings, rss};

const BOMBS: [Coding; 3] = [Coding::Gzip, Coding::Brotli, Coding::Zstd];

#[test]
fn a_404_says_what_to_check() {
    Round::with(Reply::status(404)).fails_with("HTTP 404: there is no feed at this address");
}

#[test]
fn a_401_and_a_403_and_a_500_say_whose_turn_it_is() {
    for (status, words) in [
        (401, "wants a login"),
        (403, "the server refuses"),
        (500, "the server has a problem of its own"),
        (418, "HTTP 418: this is no answer to a feed request"),
    ] {
        Round::with(Reply::status(status)).fails_with(words);
    }
}

#[test]
fn a_bomb_ends_at_the_cap_however_it_is_packed() {
    for coding in BOMBS {
        Round::with(Reply::bomb(coding, 1 << 32)).fails_with("larger than 16.0 MiB");
    }
}

#[test]
fn a_packed_body_ends_at_half_the_cap_on_the_wire() {
    // Noise does not pack: as much comes over the wire as is unpacked.
    let mut state = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(700 << 10)
    .collect();
    let cap = "max_body = \"1 MiB\"";
    let plain = Round::new(Reply::feed(noise.clone()), cap);
    plain.fails_with("not a feed");
    let packed = Round::new(Reply::feed(noise).gzip(), cap);
    packed.fails_with("packed, half of it");
}

#[test]
fn bombs_cost_little_memory() {
    for coding in BOMBS {
        let (bad, good) = (Site::start(), Site::start_on("127.0.0.3"));
        good.serve("/good", Reply::feed(rss(&["a"])));
        bad.serve("/bad", Reply::hold());
        let tidings = Tidings::new()
            .feed_toml(&format!(
                "[[feed]]\nid = \"good\"\nurl = {:?}",
                good.url("/good")
            ))
            .feed_toml(&format!(
                "[[feed]]\nid = \"bad\"\nurl = {:?}",
                bad.url("/bad")
            ));
        let mut daemon = tidings.spawn(&["run"]);
        daemon.wait_for_stderr_line("good: 1 entry: 1 new");
        bad.wait_for_requests("/bad", 1);
        let before = peak(&daemon);
        bad.serve("/bad", Reply::bomb(coding, 1 << 32));
        daemon.wait_for_stderr_line("larger than 16.0 MiB");
        let grown = peak(&daemon).saturating_sub(before);
        assert!(grown <= 64 << 10, "{grown} kB for {coding:?}");
    }
}

/// The most memory a process has had, in kB.
fn peak(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Servers that never come to an end, one way or another.
fn endless() -> Vec<(&'static str, Reply)> {
    let often = Duration::from_millis(20);
    let ok = "HTTP/1.1 200 OK\r\n";
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    vec![
        ("drip-body", Reply::drip(" ".repeat(1 << 20), often)),
        (
            "drip-head",
            Reply::forever(ok, "X-Drip: 1\r\n", Duration::from_millis(900)),
        ),
        (
            "drip-field",
            Reply::forever(format!("{ok}X-Drip: "), "1", often),
        ),
        ("early-hints", Reply::forever("", early.repeat(50), often)),
        ("silence", Reply::hold()),
    ]
}

#[test]
fn whatever_never_comes_to_an_end_ends_at_the_deadline() {
    for (name, reply) in endless() {
        let round = Round::new(reply, "timeout = \"700ms\"");
        let ran = round.poll();
        ran.code(1);
        let line = ran.line_with(" bad ");
        assert!(
            line.contains("no complete answer within 700ms"),
            "{name}: {line}"
        );
    }
}

#[test]
fn what_takes_its_time_delays_nobody_else() {
    let good: Vec<Site> = (20..23)
        .map(|n| Site::start_on(&format!("127.0.0.{n}")))
        .collect();
    let mut tidings = Tidings::new();
    let mut bad = Vec::new();
    for (n, (name, reply)) in endless().into_iter().enumerate() {
        let site = Site::start_on(&format!("127.0.1.{}", n + 1));
        site.serve("/bad", reply);
        tidings = tidings.feed_toml(&format!(
            "[[feed]]\nid = {name:?}\nurl = {:?}",
            site.url("/bad")
        ));
        bad.push(site);
    }
    for (n, site) in good.iter().enumerate() {
        site.serve("/good", Reply::feed(rss(&[&format!("a{n}")])));
        tidings = tidings.feed_toml(&format!(
            "[[feed]]\nid = \"z{n}\"\nurl = {:?}",
            site.url("/good")
        ));
    }
    let mut daemon = tidings.spawn(&["run"]);
    for site in &bad {
        site.wait_for_requests("/bad", 1);
    }
    for n in 0..good.len() {
        daemon.wait_for_stderr_line(&format!("z{n}: 1 entry: 1 new"));
    }
    // Their deadline is a minute: while all of them were at it, the others were polled.
    let said = daemon.stderr();
    assert!(!said.contains("no complete answer"), "{said}");
}

#[test]
fn a_head_beyond_all_measure_is_refused() {
    let field = |n: usize| format!("X-{n}: y\r\n");
    let head = |fields: String| {
        let feed = rss(&["x"]);
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n{feed}",
            feed.len()
        )
    };
    let many = |count: usize| Reply::raw(head((1..count).map(field).collect()));
    let long = |length: usize| Reply::raw(head(format!("X-Long: {}\r\n", "y".repeat(length))));
    Round::with(many(100))
        .poll()
        .ok()
        .stdout_has("Articles: 2 new");
    Round::with(many(102)).fails_with("no usable answer");
    Round::with(long(60 << 10))
        .poll()
        .ok()
        .stdout_has("Articles: 2 new");
    Round::with(long(70 << 10)).fails_with("the head of the answer has");
    Round::with(long(1 << 20)).fails_with("no usable answer");
}

#[test]
fn a_body_without_end_ends_at_the_cap() {
    Round::new(Reply::endless(), "max_body = \"1 MiB\"").fails_with("larger than 1.0 MiB");
}

#[test]
fn a_dripping_body_ends_at_the_deadline() {
    let drip = Reply::drip(rss(&["a"]), Duration::from_millis(50));
    Round::new(drip, "timeout = \"700ms\"").fails_with("no complete answer within 700ms");
}

#[test]
fn a_server_that_never_answers_ends_at_the_deadline() {
    Round::new(Reply::hold(), "timeout = \"1s\"").fails_with("no complete answer within 1 s");
}

#[test]
fn a_closed_connection_is_told() {
    Round::with(Reply::close()).fails_with("connection closed");
}

#[test]
fn a_port_nobody_listens_at_is_told() {
    let round = Round::with(Reply::status(200));
    let nobody = std::net::TcpListener::bind("127.0.0.9:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let feeds = round.tidings.read("feeds.toml");
    let url = round.bad.url("/bad");
    let elsewhere = format!("http://{address}/bad");
    round
        .tidings
        .write("feeds.toml", feeds.replace(&url, &elsewhere));
    let ran = round.poll();
    ran.code(1).stdout_has("cannot connect: Connection refused");
}

#[test]
fn garbage_in_place_of_http_is_told() {
    Round::with(Reply::raw("SSH-2.0-OpenSSH_9.2\r\n")).fails_with("no usable answer");
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let half = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<rss version=\"2.0\"><channel>";
    Round::with(Reply::raw(half)).fails_with("the answer broke off");
}

#[test]
fn a_body_that_is_not_the_gzip_it_says_is_told() {
    let reply = Reply::feed(rss(&["a"])).header("Content-Encoding", "gzip");
    Round::with(reply).fails_with("not what its headers say");
}
