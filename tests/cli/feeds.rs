//! `tidings feed`: adding, editing and removing feeds with the file's comments kept; OPML.

use crate::util::{Reply, Site, Tidings, rss};

const COMMENTED: &str = "# My feeds. Do not touch.\n\n# The first.\n[[feed]]\nid = \"first\"      # stays\n\
    url = \"http://127.0.0.1:1/a\"   # the address\nname = \"One\"\n\n# The second.\n[[feed]]\nid = \"second\"\n\
    url = \"http://127.0.0.1:1/b\"\n# the end\n";

fn commented() -> Tidings {
    let tidings = Tidings::new();
    tidings.write("feeds.toml", COMMENTED);
    tidings
}

/// Every comment of `COMMENTED` is still there.
#[track_caller]
fn assert_comments(tidings: &Tidings) {
    let now = tidings.read("feeds.toml");
    for comment in [
        "# My feeds. Do not touch.",
        "# The first.",
        "# stays",
        "# the address",
        "# The second.",
        "# the end",
    ] {
        assert!(now.contains(comment), "{comment} was lost:\n{now}");
    }
    tidings.run(&["check"]).ok();
}

#[test]
fn an_added_feed_is_asked_once_and_its_next_poll_is_conditional() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a", "b"])).etag("\"1\""));
    let tidings = commented();
    let ran = tidings.run(&[
        "feed",
        "add",
        &site.url("/f"),
        "--name",
        "Mine",
        "--tag",
        "x",
        "--interval",
        "2h",
    ]);
    ran.ok().stdout_has("added").stdout_has("2 entries");
    assert_eq!(site.all_requests().len(), 1);
    assert_eq!(tidings.exported().len(), 2);
    // The look was the first poll: it is not due again.
    tidings.run(&["poll", "Mine"]).ok().stdout_has("skipped");
    assert_eq!(site.all_requests().len(), 1);
    tidings
        .run(&["poll", "Mine", "--force"])
        .ok()
        .stdout_has("304");
    assert!(site.requests("/f")[1].is_conditional());
    let feed = tidings.run(&["feed", "show", "Mine", "--json"]).ok().json();
    assert_eq!(
        (&feed["interval_seconds"], &feed["tags"]),
        (&7200.into(), &serde_json::json!(["x"]))
    );
    assert_comments(&tidings);
}

#[test]
fn a_page_with_two_feeds_costs_two_requests_and_names_the_other() {
    let site = Site::start();
    let page = "<html><head><link rel=\"alternate\" type=\"application/rss+xml\" title=\"Posts\" href=\"/posts.xml\">\
        <link rel=\"alternate\" type=\"application/atom+xml\" href=\"/comments.atom\"></head><body>Hello</body></html>";
    site.serve("/", Reply::html(page).etag("\"page\""));
    site.serve("/posts.xml", Reply::feed(rss(&["a"])).etag("\"feed\""));
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "add", &site.url("/")]);
    ran.ok().stdout_has(&site.url("/posts.xml"));
    ran.stdout_has(&format!("also there: {}", site.url("/comments.atom")));
    assert_eq!(site.all_requests().len(), 2, "{:?}", site.all_requests());
    tidings
        .run(&["poll", "--all", "--force"])
        .ok()
        .stdout_has("304");
    assert_eq!(site.all_requests().len(), 3);
    for known in ["/posts.xml", "/"] {
        let again = tidings.run(&["feed", "add", &site.url(known)]);
        again.ok().stdout_has("known already");
    }
    assert_eq!(
        site.requests("/posts.xml").len(),
        2,
        "a known feed was asked again"
    );
}

#[test]
fn a_permanent_redirect_is_settled_when_a_feed_is_added_and_a_temporary_one_is_not() {
    for (status, path) in [(301, "/new"), (302, "/old")] {
        let site = Site::start();
        site.serve("/old", Reply::redirect(status, "/new"));
        site.serve("/new", Reply::feed(rss(&["a"])));
        let tidings = Tidings::new();
        tidings.run(&["feed", "add", &site.url("/old")]).ok();
        let feeds = tidings.run(&["feed", "list", "--json"]).ok().json();
        assert_eq!(feeds[0]["url"], site.url(path), "{status}");
    }
}

#[test]
fn what_cannot_be_added_is_told_and_changes_nothing() {
    let site = Site::start();
    site.serve(
        "/page",
        Reply::html("<html><body>no feeds here</body></html>"),
    );
    let tidings = commented();
    for (url, words) in [
        (site.url("/none"), "HTTP 404"),
        (site.url("/page"), "a web page that names no feed"),
        ("gopher://example.org/".to_owned(), "only http and https"),
        ("http://10.0.0.1/feed".to_owned(), "allow_private"),
        (
            "feeds.toml".to_owned(),
            "not a URL; `tidings feed import FILE`",
        ),
        (
            "feed:gopher://example.org/".to_owned(),
            "only http and https",
        ),
    ] {
        tidings
            .run(&["feed", "add", &url])
            .code(2)
            .complains_once(words);
    }
    assert_eq!(tidings.read("feeds.toml"), COMMENTED);
    assert!(
        !tidings.path("tidings.db").exists(),
        "a store was made for nothing"
    );
}

#[test]
fn of_several_urls_the_good_ones_are_added() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "add", &site.url("/none"), &site.url("/f")]);
    ran.code(1).stdout_has("added").complains_once("HTTP 404");
    assert_eq!(ran.stderr.matches("/none").count(), 1, "{ran}");
}

#[test]
fn a_feed_that_is_there_already_is_left_and_said_to_be() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new().feed(&site.url("/f"));
    let before = tidings.read("feeds.toml");
    let url = format!("feed:{}", site.url("/f"));
    for more in [&[][..], &["--no-fetch"]] {
        let args = [&["feed", "add", &url, "--tag", "a,b"], more].concat();
        let ran = tidings.run(&args);
        ran.ok()
            .stdout_has("known already")
            .stdout_has("left as it was; `tidings feed edit` changes it");
    }
    assert_eq!(tidings.read("feeds.toml"), before);
    let ran = tidings.run(&["feed", "add", &site.url("/g"), "--no-fetch", "--tag", "a,b"]);
    ran.ok().stdout_has("added");
    assert!(tidings.read("feeds.toml").contains(r#"tags = ["a", "b"]"#));
}

#[test]
fn a_list_beside_a_mistake_is_done_in_part() {
    let tidings = Tidings::new()
        .feed_toml("[[feed]]\nurl = \"http://127.0.0.1:1/a\"\npaused = true")
        .feed_toml("[[feed]]\nurl = \"nothing\"");
    let list = tidings.run(&["feed", "list"]);
    list.code(1)
        .stdout_has("never      -")
        .complains_once("feeds.toml:6:7");
    tidings
        .run(&["feed", "export"])
        .code(1)
        .stdout_has("127.0.0.1:1/a");
    let tidings = Tidings::new().feed_toml("[[feed]]\nurl = \"nothing\"");
    let list = tidings.run(&["feed", "list"]);
    list.code(1)
        .complains_once("feeds.toml:2:7")
        .stdout_lacks("No feeds yet");
    let missing = Tidings::new().settings("feeds = [\"my.toml\"]");
    let list = missing.run(&["feed", "list"]);
    list.code(1)
        .complains_once("`tidings feed add URL` makes it")
        .stdout_lacks("No feeds yet");
}

#[test]
fn before_the_first_feed_a_list_tells_how_to_add_one() {
    let tidings = Tidings::new();
    tidings.write("tidings.toml", "");
    std::fs::remove_file(tidings.path("feeds.toml")).unwrap();
    let list = tidings.run(&["feed", "list"]);
    assert_eq!(list.ok().stderr, "");
    assert!(list.stdout.starts_with("No feeds yet. "), "{list}");
    assert_eq!(list.stdout.lines().count(), 1);
}

#[test]
fn a_feed_with_defects_is_added_with_a_word_about_them() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::feed(rss(&["a"]).replace("Title a", "Ham & Eggs")),
    );
    let tidings = Tidings::new();
    tidings
        .run(&["feed", "add", &site.url("/f"), "--id", "mine"])
        .ok()
        .stdout_has("1 thing is wrong with it; `tidings feed show mine` lists them");
}

#[test]
fn a_feed_can_be_added_unseen() {
    let site = Site::start();
    let tidings = commented();
    tidings
        .run(&[
            "feed",
            "add",
            "--no-fetch",
            &site.url("/later"),
            "--id",
            "later",
        ])
        .ok()
        .stdout_has("added later");
    assert_eq!(site.all_requests().len(), 0);
    let list = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(list[2]["id"], "later");
    assert_comments(&tidings);
}

#[test]
fn edits_keep_the_comments_and_the_articles() {
    let site = Site::start();
    site.serve(
        "/f",
        Reply::feed(rss(&["a"])).then(Reply::feed(rss(&["a", "b"]))),
    );
    site.serve("/moved", Reply::feed(rss(&["a", "b"])));
    let tidings = commented();
    tidings
        .run(&["feed", "edit", "first", "--url", &site.url("/f")])
        .ok()
        .stdout_has("changed first in feeds.toml");
    tidings.run(&["poll", "first"]).ok().stdout_has("1 new");
    let edit = [
        "feed",
        "edit",
        "first",
        "--name",
        "Uno",
        "--interval",
        "3h",
        "--tags",
        "x, y",
        "--url",
        &site.url("/moved"),
    ];
    tidings.run(&edit).ok();
    assert_comments(&tidings);
    tidings
        .run(&["poll", "first", "--force"])
        .ok()
        .stdout_has("1 new, 0 changed, 2 in the store");
    assert!(!site.requests("/moved")[0].is_conditional());
    let feed = tidings
        .run(&["feed", "show", "first", "--json"])
        .ok()
        .json();
    assert_eq!(
        (&feed["name"], &feed["tags"], &feed["articles"]),
        (&"Uno".into(), &serde_json::json!(["x", "y"]), &2.into())
    );
    let back = [
        "feed",
        "edit",
        "first",
        "--name",
        "",
        "--interval",
        "",
        "--tags",
        "",
    ];
    tidings.run(&back).ok();
    let now = tidings.read("feeds.toml");
    assert!(
        !now.contains("name =") && !now.contains("interval =") && !now.contains("tags ="),
        "{now}"
    );
    tidings
        .run(&["feed", "edit", "first"])
        .code(2)
        .complains_once("nothing to change");
    tidings
        .run(&["feed", "edit", "first", "--url", "zzz"])
        .code(2)
        .complains_once("not a whole URL");
    assert_eq!(tidings.read("feeds.toml"), now);
}

#[test]
fn pausing_and_resuming_keep_the_comments() {
    let tidings = commented();
    tidings
        .run(&["feed", "pause", "first", "second"])
        .ok()
        .stdout_has("paused second");
    assert_eq!(
        tidings.read("feeds.toml").matches("paused = true").count(),
        2
    );
    let list = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(
        (&list[0]["health"], &list[1]["paused"]),
        (&"paused".into(), &true.into())
    );
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 skipped");
    tidings.run(&["feed", "resume", "first", "second"]).ok();
    assert_comments(&tidings);
    let list = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(list[0]["paused"], false);
}

#[test]
fn removing_a_feed_takes_its_lines_and_leaves_the_others() {
    let tidings = commented();
    tidings
        .run(&["feed", "remove", "first"])
        .ok()
        .stdout_has("removed first from feeds.toml");
    let now = tidings.read("feeds.toml");
    assert!(
        !now.contains("127.0.0.1:1/a") && now.contains("127.0.0.1:1/b"),
        "{now}"
    );
    assert!(
        now.contains("# My feeds. Do not touch.") && now.contains("# The second."),
        "{now}"
    );
    let ran = tidings.run(&["feed", "remove", "second", "nosuch"]);
    ran.code(1)
        .stdout_has("removed second")
        .complains_once("nosuch");
    tidings
        .run(&["feed", "list"])
        .ok()
        .stdout_has("No feeds yet");
}

const OPML: &str = r#"<?xml version="1.0"?><opml version="2.0"><head><title>t</title></head><body>
<outline text="Tech"><outline type="rss" text="Alpha &amp; Co" xmlUrl="http://127.0.0.1:1/alpha"/></outline>
<outline type="rss" title="Beta" xmlUrl="http://127.0.0.1:1/beta"/>
<outline text="broken" xmlUrl="ftp://x/"/>
<outline text="Again" xmlUrl="http://127.0.0.1:1/beta"/>
</body></opml>"#;

#[test]
fn an_opml_file_of_another_reader_is_imported_as_far_as_it_is_right() {
    let tidings = commented();
    tidings.write("in.opml", OPML);
    let ran = tidings.run(&["feed", "import", "in.opml"]);
    ran.code(1)
        .stdout_has("2 feeds added to feeds.toml")
        .stderr_has("in.opml:4");
    assert_comments(&tidings);
    let list = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert_eq!(
        (&list[2]["name"], &list[2]["tags"]),
        (&"Alpha & Co".into(), &serde_json::json!(["Tech"]))
    );
    tidings
        .run(&["feed", "import", "nofile.opml"])
        .code(2)
        .stderr_has("nofile.opml");
    tidings
        .run(&["feed", "import", "feeds.toml"])
        .code(2)
        .stderr_has("this is not OPML");
}

#[test]
fn exported_opml_imports_to_the_same_feeds() {
    let tidings = commented();
    tidings.write("in.opml", OPML);
    tidings.run(&["feed", "import", "in.opml"]).code(1);
    tidings
        .run(&["feed", "export", "--out", "out.opml"])
        .ok()
        .stdout_has("4 feeds written to out.opml");
    let text = tidings.run(&["feed", "export"]);
    assert_eq!(text.ok().stdout, tidings.read("out.opml"));
    let other = Tidings::new();
    other.write("in.opml", &text.stdout);
    other
        .run(&["feed", "import", "in.opml"])
        .ok()
        .stdout_has("4 feeds added");
    assert_eq!(other.run(&["feed", "export"]).ok().stdout, text.stdout);
    // An OPML file can be a feed file itself.
    other.write("feeds.opml", &text.stdout);
    let other = other.settings("feeds = [\"feeds.opml\"]");
    assert_eq!(other.run(&["feed", "export"]).ok().stdout, text.stdout);
}
