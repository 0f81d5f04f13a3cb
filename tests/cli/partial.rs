//! What is wrong with one feed, or only odd, stays with it: it is told with its place, and the rest
//! goes on.

use crate::util::{Reply, Site, Tidings, rss};

/// Two feeds, of which the second sends a secret that systemd is to hand over.
fn with_credential(site: &Site) -> Tidings {
    for path in ["/open", "/closed"] {
        site.serve(path, Reply::feed(rss(&[&path[1..]])));
    }
    let lines = format!(
        "[[feed]]\nid = \"open\"\nurl = {:?}\n\n[[feed]]\nid = \"closed\"\nurl = {:?}\n\
         auth = {{ bearer = {{ credential = \"token\" }} }}\n",
        site.url("/open"),
        site.url("/closed")
    );
    Tidings::new().feed_toml(&lines)
}

const MISSING: &str = "feeds.toml:8:19: feed.auth.bearer: the credential \"token\" is missing";

#[test]
fn a_credential_that_is_missing_keeps_its_own_feed_alone_from_being_polled() {
    let site = Site::start();
    let tidings = with_credential(&site);
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1)
        .stdout_has("1 new")
        .stdout_has(MISSING)
        .stdout_has("LoadCredential=");
    assert_eq!(
        site.requests("/closed").len(),
        0,
        "not asked without its secret"
    );
    assert_eq!(site.requests("/open").len(), 1);
    // What needs no request of it is not held up either.
    tidings
        .run(&["feed", "list"])
        .ok()
        .stderr_lacks("credential");
    let ran = tidings.run(&["preview", "closed"]);
    ran.code(2).complains_once(MISSING);
    let ran = tidings.run(&["check"]);
    ran.ok()
        .complains_once(&format!("warning: {MISSING}"))
        .stdout_has("no mistakes, 1 warning, 2 feeds");
}

#[test]
fn a_credential_that_systemd_does_not_hand_over_is_told_by_name_and_sent_when_it_is_there() {
    let site = Site::start();
    let tidings = with_credential(&site);
    let folder = tidings.path("credentials");
    std::fs::create_dir(&folder).unwrap();
    let tidings = tidings.env("CREDENTIALS_DIRECTORY", &folder);
    let ran = tidings.run(&["poll", "closed"]);
    ran.code(1)
        .stdout_has("it is not in $CREDENTIALS_DIRECTORY; add LoadCredential=token:");
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line(MISSING);
    site.wait_for_requests("/open", 1);
    daemon.sigterm();
    daemon.wait().ok();
    tidings.write("credentials/token", "hush\n");
    let ran = tidings.run(&["poll", "closed", "--force"]);
    ran.ok().stdout_has("1 new").stdout_lacks("hush");
    let sent = site.requests("/closed")[0].header("authorization");
    assert_eq!(sent.as_deref(), Some("Bearer hush"));
    tidings.run(&["check"]).ok().stdout_has("all good");
}

#[test]
fn a_private_address_without_an_opening_is_warned_of_by_check() {
    let tidings = Tidings::new().settings("[fetch]\nallow_private = [\"10.0.0.0/8\"]");
    tidings.write(
        "feeds.toml",
        "[[feed]]\nurl = \"http://192.168.1.20:1200/f\"\n[[feed]]\nurl = \"http://10.1.1.1/f\"\n\
         [[feed]]\nurl = \"http://localhost/f\"\nallow_private = [\"127.0.0.1\"]\n\
         [[feed]]\nurl = \"https://intranet.example.org/f\"\n[[feed]]\nurl = \"http://[::1]:8080/f\"\n",
    );
    let ran = tidings.run(&["check"]);
    ran.ok()
        .stderr_has("warning: feeds.toml:1:1: feed.url: 192.168.1.20 is on a private network")
        .stderr_has("allow_private = [\"192.168.1.20/32:1200\"] below this [[feed]]")
        .stderr_has("warning: feeds.toml:10:1: feed.url: [::1]")
        .stderr_has("allow_private = [\"[::1]/128:8080\"]");
    assert_eq!(ran.stderr.lines().count(), 2, "{ran}");
}

#[test]
fn a_feed_whose_entry_has_a_mistake_is_told_by_that_mistake_everywhere() {
    let site = Site::start();
    let (good, bad) = (site.url("/good"), site.url("/bad"));
    let tidings = Tidings::new();
    tidings.write(
        "feeds.toml",
        format!(
            "[[feed]]\nid = \"good\"\nurl = {good:?}\n\n[[feed]]\nid = \"bad\"\nname = \"My Feed\"\n\
             url = {bad:?}\nintervall = \"1h\"\n"
        ),
    );
    for name in ["bad", "my feed", &bad] {
        for args in [
            &["poll", name][..],
            &["backfill", name],
            &["feed", "show", name],
            &["feed", "edit", name, "--name", "x"],
            &["feed", "pause", name],
            &["feed", "remove", name],
        ] {
            let ran = tidings.run(args);
            ran.code(2)
                .complains_once("feeds.toml:9:1: feed: unknown key `intervall`");
            assert_eq!(ran.stderr.lines().count(), 1, "{args:?}: {ran}");
        }
    }
    let ran = tidings.run(&["preview", "bad"]);
    ran.code(2).complains_once("feeds.toml:9:1");
    // Of the other feed everything can be asked; the mistake is told beside it.
    let ran = tidings.run(&["feed", "show", "good"]);
    ran.ok().complains_once("feeds.toml:9:1");
}

#[test]
fn an_imported_list_with_pages_in_it_gets_their_feeds_by_rule() {
    let tidings = Tidings::new();
    tidings.write(
        "in.opml",
        "<opml><body>\n\
         <outline text='Tube' htmlUrl='https://www.youtube.com/channel/UCYO_jab_esuFRV4b17AJtAw'/>\n\
         <outline text='Red' xmlUrl='https://www.reddit.com/r/rust/' htmlUrl='https://www.reddit.com/r/rust/'/>\n\
         <outline text='Toot' xmlUrl='https://mastodon.social/@Gargron'/>\n\
         <outline text='Page' htmlUrl='https://example.org/about'/>\n\
         <outline text='Feed' xmlUrl='https://example.org/feed.xml' htmlUrl='https://github.com/rust-lang/rust'/>\n\
         </body></opml>",
    );
    let ran = tidings.run(&["feed", "import", "in.opml"]);
    ran.ok()
        .stdout_has("4 feeds added")
        .stderr_has("in.opml:2:1: outline: \"https://www.youtube.com/channel/UCYO_jab_esuFRV4b17AJtAw\" is a page (YouTube channel)")
        .stderr_has("in.opml:3:1")
        .stderr_has("in.opml:4:1");
    assert_eq!(ran.stderr.lines().count(), 3, "{ran}");
    let feeds = tidings.read("feeds.toml");
    for url in [
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCYO_jab_esuFRV4b17AJtAw",
        "https://www.reddit.com/r/rust/.rss",
        "https://mastodon.social/@Gargron.rss",
        "https://example.org/feed.xml",
    ] {
        assert!(feeds.contains(url), "{url}:\n{feeds}");
    }
}
