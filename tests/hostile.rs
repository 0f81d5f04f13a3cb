//! Servers and documents that are broken or mean harm. Each ends in one clear line (or is read as
//! far as it goes), the other feeds of the round are polled all the same, and the next round is
//! fine again.

use std::time::{Duration, Instant};

use crate::util::{Database, Ran, Reply, Site, Tidings, channel, item, rss};

/// Longer than any test here may take, far shorter than what an unbounded wait would be.
const SOON: Duration = Duration::from_secs(30);

/// A bad feed and, on another host, a good one.
struct Round {
    bad: Site,
    _good: Site,
    tidings: Tidings,
}

impl Round {
    fn with(reply: Reply) -> Self {
        Self::new(reply, "")
    }

    /// With more keys for the bad feed.
    fn new(reply: Reply, keys: &str) -> Self {
        let (bad, good) = (Site::start(), Site::start_on("127.0.0.3"));
        bad.serve("/bad", reply);
        good.serve("/good", Reply::feed(rss(&["a"])));
        let feed = |id: &str, url: String, keys: &str| {
            format!("[[feed]]\nid = \"{id}\"\nurl = {url:?}\n{keys}")
        };
        let tidings = Tidings::new()
            .feed_toml(&feed("bad", bad.url("/bad"), keys))
            .feed_toml(&feed("good", good.url("/good"), ""));
        Self {
            bad,
            _good: good,
            tidings,
        }
    }

    fn poll(&self) -> Ran {
        let start = Instant::now();
        let ran = self.tidings.run(&["poll", "--all"]);
        assert!(start.elapsed() < SOON, "{:?} for {ran}", start.elapsed());
        let good = ran.line_with(" good ").to_owned();
        assert!(good.starts_with("ok") && good.contains("1 new"), "{ran}");
        ran
    }

    /// The bad feed fails with one line that says so, and is well again when it is mended.
    #[track_caller]
    fn fails_with(&self, words: &str) {
        let ran = self.poll();
        ran.code(1).stdout_has("1 failed");
        let line = ran.line_with(" bad ");
        assert!(line.starts_with("failed"), "{ran}");
        assert!(line.contains(words), "no {words:?} in {line:?}");
        assert_eq!(ran.stderr, "", "told twice: {ran}");
        let status = self.tidings.run(&["status"]);
        status.ok().stdout_has("1 failing").stdout_has(words);
        self.recovers();
    }

    #[track_caller]
    fn recovers(&self) {
        self.bad.serve("/bad", Reply::feed(rss(&["b"])));
        let url = self.bad.url("/bad");
        // Without the keys: a short deadline has done its work.
        self.tidings.write(
            "feeds.toml",
            format!("[[feed]]\nid = \"bad\"\nurl = {url:?}\n"),
        );
        let ran = self.tidings.run(&["poll", "bad", "--force"]);
        ran.ok().stdout_has("1 new, 0 changed, 2 in the store");
        Database::of(&self.tidings).assert_sound();
    }
}

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
fn a_web_page_is_told_from_a_feed() {
    let page =
        Reply::html("<!doctype html><html><head><title>Hello</title></head><body>x</body></html>");
    Round::with(page).fails_with("this is a web page, not a feed");
}

#[test]
fn an_empty_answer_is_called_empty() {
    Round::with(Reply::feed("")).fails_with("the document is empty");
}

#[test]
fn text_that_is_no_feed_is_told() {
    Round::with(Reply::feed("Service temporarily offline")).fails_with("not a feed");
    Round::with(Reply::feed("<svg xmlns='http://www.w3.org/2000/svg'/>")).fails_with("<svg>");
    Round::with(Reply::feed("{\"error\": true}")).fails_with("JSON");
}

#[test]
fn a_gzip_bomb_ends_at_the_cap() {
    Round::with(Reply::gzip_bomb(1 << 32)).fails_with("larger than 16.0 MiB");
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

#[test]
fn a_redirect_loop_ends() {
    Round::with(Reply::redirect(302, "/bad")).fails_with("more than 5 redirects");
    Round::with(Reply::redirect_forever()).fails_with("more than 5 redirects");
}

#[test]
fn a_redirect_to_nowhere_is_told() {
    Round::with(Reply::status(302)).fails_with("HTTP 302 without a Location");
    Round::with(Reply::redirect(302, "http://[")).fails_with("which is no URL");
    Round::with(Reply::redirect(302, "file:///etc/passwd")).fails_with("redirected:");
}

#[test]
fn a_redirect_to_a_private_address_is_refused_however_it_is_spelt() {
    let private = Site::start_on("127.0.0.2");
    private.serve("/secret", Reply::feed(rss(&["secret"])));
    let port = private.address().port();
    for host in [
        "127.0.0.2",
        "2130706434",
        "0x7f.2",
        "0177.0.0.2",
        "127.2",
        "[::ffff:127.0.0.2]",
        "127.0.0.2.",
    ] {
        let site = Site::start();
        site.serve(
            "/f",
            Reply::redirect(302, &format!("http://{host}:{port}/secret")),
        );
        let tidings = Tidings::new()
            .settings("[fetch]\nallow_private = [\"127.0.0.1/32\"]")
            .feed(&site.url("/f"));
        let ran = tidings.run(&["poll", "--all"]);
        ran.code(1).stdout_has("redirected:").stdout_has("private");
        assert_eq!(site.all_requests().len(), 1, "{host}");
    }
    assert_eq!(
        private.all_requests().len(),
        0,
        "a private server was asked"
    );
}

#[test]
fn a_private_address_is_refused_unless_the_settings_open_it() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().settings("[fetch]\nallow_private = []");
    let tidings = tidings
        .feed(&site.url("/f"))
        .feed(&site.url("/f").replace("127.0.0.1", "localhost"));
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1)
        .stdout_has("2 failed")
        .stdout_has("allow_private");
    assert_eq!(site.all_requests().len(), 0);
}

#[test]
fn a_proxy_in_the_environment_is_ignored() {
    let (site, proxy) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::feed(rss(&["a"])));
    let mut tidings = Tidings::new().feed(&site.url("/f"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        tidings = tidings.env(name, proxy.url("/"));
    }
    tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
    assert_eq!(proxy.all_requests().len(), 0);
}

#[test]
fn documents_on_which_feed_rs_panics_are_read() {
    let author = "<item><title>T</title><author>山田（yamada@example.com）</author></item>";
    let round = Round::with(Reply::feed(channel("Feed", author)));
    round.poll().ok().stdout_has("Articles: 2 new");
    let export = round.tidings.run(&["export", "--feed", "bad"]);
    export.ok().stdout_has("Author: **山田**");
    let duration = "<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><item>\
        <title>T</title><itunes:duration>99999999999999999999</itunes:duration></item></channel></rss>";
    let ran = Round::with(Reply::feed(duration)).poll();
    ran.ok().stdout_has("Articles: 2 new");
}

#[test]
fn twenty_thousand_items_are_cut_and_empty_ones_left_out() {
    let round = Round::with(Reply::feed(channel("Feed", &"<item/>".repeat(20_000))));
    round.poll().ok().stdout_has("0 entries: 0 new");
    let items: String = (0..12_000)
        .map(|n| format!("<item><guid>{n}</guid><title>{n}</title></item>"))
        .collect();
    let round = Round::new(Reply::feed(channel("Feed", &items)), "");
    let ran = round.poll();
    ran.ok().stdout_has("10000 entries: 10000 new");
}

#[test]
fn deep_nesting_neither_crashes_nor_stalls() {
    let deep =
        |open: &str, close: &str| format!("{}x{}", open.repeat(50_000), close.repeat(50_000));
    let html = deep("&lt;div&gt;", "&lt;/div&gt;");
    let inside =
        format!("<item><title>T</title><guid>1</guid><description>{html}</description></item>");
    let ran = Round::with(Reply::feed(channel("Feed", &inside))).poll();
    ran.ok().stdout_has("Articles: 2 new");
    let xml = deep("<a>", "</a>");
    let around = format!("<item><title>T</title><guid>1</guid>{xml}</item>");
    let ran = Round::with(Reply::feed(channel("Feed", &around))).poll();
    assert!(ran.line_with(" bad ").len() < 300, "{ran}");
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}",
        "[".repeat(100_000)
    );
    Round::with(Reply::feed(json)).fails_with("broken JSON");
}

#[test]
fn two_documents_glued_together_are_read_or_refused_without_a_crash() {
    let second = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let ran = Round::with(Reply::feed(rss(&["x"]) + second)).poll();
    ran.ok().stdout_has("Articles: 2 new");
    let ran = Round::with(Reply::feed(format!(
        "{}{second}{}",
        rss(&["x"]),
        rss(&["y"])
    )))
    .poll();
    assert!(ran.line_with(" bad ").len() < 300, "{ran}");
}

#[test]
fn entities_are_neither_opened_nor_multiplied() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">\
        <!ENTITY f SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><title>&b;</title>\
        <item><title>T &f;</title><guid>1</guid><description>&b;&b;</description></item></channel></rss>";
    let round = Round::with(Reply::feed(bomb));
    round.poll();
    round
        .tidings
        .run(&["export"])
        .ok()
        .stdout_lacks("lollol")
        .stdout_lacks("root:");
}

#[test]
fn one_bad_entry_never_loses_the_others() {
    let odd = "<item/><item><title>\u{1}</title></item><item><link>javascript:alert(1)</link><title>J</title></item>\
        <item><title>D</title><guid>d</guid><pubDate>the day after tomorrow</pubDate></item>";
    let round = Round::with(Reply::feed(channel(
        "Feed",
        &(odd.to_owned() + &item("x", "x")),
    )));
    round.poll().ok();
    let export = round.tidings.run(&["export", "--format", "jsonl"]);
    export
        .ok()
        .stdout_has("Title x")
        .stdout_has("\"D\"")
        .stdout_lacks("javascript:");
}

#[test]
fn what_servers_say_reaches_the_terminal_without_control_characters() {
    let title = "<item><title>\u{9b}31m red \u{202e} back</title><guid>1</guid></item>";
    let site = Site::start();
    site.serve("/a", Reply::feed(channel("\u{9b}31m\u{202e}", title)));
    site.serve("/b", Reply::redirect(302, "http://\u{1b}[31m/"));
    site.serve("/c", Reply::feed("<\u{1b}[31m>\u{7}"));
    let tidings = Tidings::new()
        .feed(&site.url("/a"))
        .feed(&site.url("/b"))
        .feed(&site.url("/c"));
    tidings.run(&["poll", "--all", "-vv"]);
    for args in [
        &["poll", "--all", "--force", "-vv"][..],
        &["status"],
        &["feed", "list"],
        &["preview", &site.url("/a"), "--limit", "0"],
    ] {
        let ran = tidings.run(args);
        for text in [&ran.stdout, &ran.stderr] {
            let bad = text
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{args:?}: {ran}");
        }
    }
}

#[test]
fn a_title_never_leads_an_export_out_of_its_folder() {
    let names = [
        "../../escape",
        "/etc/escape",
        "..",
        "a\u{0}b",
        "con",
        &"x".repeat(5000),
    ];
    let items: String = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("<item><title>{name}</title><guid>{n}</guid><link>https://example.org/{n}</link></item>"))
        .collect();
    let round = Round::with(Reply::feed(channel("../..", &items)));
    round.poll().ok();
    round
        .tidings
        .run(&["export", "--out", "deep/down/"])
        .ok()
        .stdout_has("Exported 7 articles");
    let files = |folder: &str| {
        std::fs::read_dir(round.tidings.path(folder))
            .unwrap()
            .count()
    };
    assert_eq!(files("deep"), 1);
    assert!(
        !round.tidings.path("escape.md").exists() && !round.tidings.path("deep/escape.md").exists()
    );
}
