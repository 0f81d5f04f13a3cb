//! `preview`: what Tidings makes of a URL, a file or standard input, touching no store.

use crate::util::{Reply, Site, Tidings, rss};

#[test]
fn a_url_a_file_and_standard_input_give_the_same() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a", "b"])));
    let tidings = Tidings::new();
    tidings.write("saved.xml", rss(&["a", "b"]));
    let by_url = tidings.run(&["preview", &site.url("/f")]);
    by_url
        .ok()
        .stdout_has("# Title a")
        .stderr_has("RSS 2.0 \u{201c}Small feed\u{201d}: 2 entries");
    let by_file = tidings.run(&["preview", "saved.xml"]);
    let by_pipe = tidings.run_with_stdin(&["preview", "-"], rss(&["a", "b"]));
    assert_eq!(by_file.ok().stdout, by_url.stdout);
    assert_eq!(by_pipe.ok().stdout, by_url.stdout);
    assert!(!tidings.path("tidings.db").exists());
}

#[test]
fn a_preview_needs_no_settings_and_takes_formats_and_a_limit() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", rss(&["a", "b", "c"]));
    std::fs::remove_file(tidings.path("tidings.toml")).unwrap();
    let command = tidings.bare_command(&[
        "preview",
        "saved.xml",
        "--format",
        "jsonl",
        "--limit",
        "2",
        "-q",
    ]);
    let ran = crate::util::Daemon::start(command).wait();
    assert_eq!(ran.ok().jsonl().len(), 2);
    assert_eq!(ran.stderr, "");
}

#[test]
fn relative_links_of_a_file_are_resolved_against_the_base() {
    let tidings = Tidings::new();
    tidings.write(
        "saved.xml",
        rss(&["a"])
            .replace("<link>https://example.org/</link>", "")
            .replace("https://example.org/a", "/a"),
    );
    let ran = tidings.run(&[
        "preview",
        "saved.xml",
        "--base",
        "https://base.example/feed",
    ]);
    ran.ok().stdout_has("https://base.example/a");
}

#[test]
fn a_page_is_told_with_its_feeds() {
    let site = Site::start();
    let page = "<!doctype html><head><link rel=alternate type=application/rss+xml href=/f></head>";
    site.serve("/", Reply::html(page));
    let ran = Tidings::new().run(&["preview", &site.url("/")]);
    ran.code(2).complains_once(&format!(
        "a web page, not a feed; its feeds: {}",
        site.url("/f")
    ));
}

#[test]
fn what_cannot_be_previewed_is_told() {
    let (site, tidings) = (Site::start(), Tidings::new());
    tidings
        .run(&["preview", &site.url("/none")])
        .code(2)
        .complains_once("HTTP 404");
    tidings
        .run(&["preview", "none.xml"])
        .code(2)
        .complains_once("none.xml: cannot be read");
    tidings
        .run_with_stdin(&["preview", "-"], "hello")
        .code(2)
        .complains_once("not a feed");
    tidings
        .run_with_stdin(&["preview", "-"], "")
        .code(2)
        .complains_once("the document is empty");
}

/// A feed with something wrong in several places.
const BROKEN: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>Ham & Eggs</title>
<link>/home</link>
<description>News</description>
<language>en</language>
<generator>Press 7</generator>
<copyright>&copy; 2026 Ada</copyright>
<item>
<title>Eggs &amp; &lt;i&gt;Bread&lt;/i&gt;</title>
<link>https://example.org/a?utm_source=rss&x=1</link>
<dc:creator>By Ada Moss</dc:creator>
<pubDate>Tue, 05 Nov 2019 16:55:07 GMT</pubDate>
<description><![CDATA[<p>Some <b>bold</b> text</p><script>x()</script>]]></description>
</item>
<item><title>Second</title><link>https://example.org/b</link></item>
<item><title>Second</title><link>https://example.org/b</link></item>
</channel></rss>
"#;

#[test]
fn one_entry_is_explained_field_by_field_with_the_feed_and_its_defects() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", BROKEN);
    let base = ["--base", "https://example.org/feed.xml"];
    let ran = tidings.run(&[&["preview", "saved.xml", "--explain"], &base[..]].concat());
    ran.ok()
        .stdout_has("Entry 1 of 3\n")
        .stdout_has("title          Eggs & Bread\n")
        .stdout_has("from dc:creator")
        .stdout_has("canonical_url  https://example.org/a?x=1\n")
        .stdout_has("updated_at     -\n")
        .stdout_has("\nThe feed\nformat         RSS 2.0\n")
        .stdout_has("generator      Press 7\n")
        .stdout_has("rights         © 2026 Ada\n")
        .stdout_has("Wrong with the feed:\n  line 4, column ")
        .stderr_lacks(" ");
    assert!(
        ran.stdout.lines().all(|line| line.chars().count() <= 80),
        "{ran}"
    );
    // The option may stand before the file, and the number after it.
    let before = tidings.run(&[&["preview", "--explain", "saved.xml"], &base[..]].concat());
    assert_eq!(before.ok().stdout, ran.stdout);
    let third = tidings.run(&["preview", "saved.xml", "--explain", "3"]);
    third
        .ok()
        .stdout_has("title          Second\n")
        .stdout_has("problem        the document holds this entry more than once\n");
}

#[test]
fn an_explanation_is_one_json_object_if_asked() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", BROKEN);
    let explained = tidings.run(&["preview", "saved.xml", "--explain", "2", "--json"]);
    let explained = explained.ok().json();
    assert_eq!(
        (&explained["entry"], &explained["entries"]),
        (&2.into(), &3.into())
    );
    assert_eq!(explained["fields"][0]["field"], "title");
    assert_eq!(explained["fields"][0]["value"], "Second");
    let value = |name: &str| {
        let fields = explained["fields"].as_array().unwrap();
        let field = fields.iter().find(|field| field["field"] == name);
        field.unwrap()["value"].clone()
    };
    assert_eq!(value("authors"), serde_json::json!([]));
    assert_eq!(value("updated_at"), serde_json::Value::Null);
    assert!(explained["fields"][0]["steps"].is_array());
    assert_eq!(explained["feed"]["language"], "en");
    assert_eq!(explained["feed"]["hubs"], serde_json::json!([]));
    let repair = &explained["repairs"][0];
    assert_eq!((&repair["line"], &repair["times"]), (&4.into(), &2.into()));
    assert!(repair["column"].is_u64() && repair["what"].is_string());
    let problem = serde_json::json!({
        "entry": 3, "what": "the document holds this entry more than once"
    });
    assert_eq!(explained["problems"], serde_json::json!([problem]));
    // Beside the explanation, the article as JSON Lines have it.
    let lines = tidings.run(&["preview", "saved.xml", "--format", "jsonl"]);
    let mut article = lines.ok().jsonl()[1].clone();
    for moment in ["first_seen", "changed_at"] {
        article[moment] = explained["article"][moment].clone();
    }
    assert_eq!(explained["article"], article);
}

#[test]
fn an_entry_that_is_not_there_cannot_be_explained() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", BROKEN);
    for (number, words) in [
        ("4", "there is no entry 4: the document has 3 entries"),
        ("0", "there is no entry 0"),
    ] {
        let ran = tidings.run(&["preview", "saved.xml", "--explain", number]);
        ran.code(2)
            .complains_once(words)
            .stdout_lacks("Entry")
            .stdout_has("The feed\nformat         RSS 2.0\n")
            .stdout_has("\nWrong with the feed:\n  line 4, column ")
            .stdout_has("\nWrong with entries:\n  entry 3: ");
    }
    for (args, words) in [
        (
            &["saved.xml", "--explain", "first"][..],
            "--explain takes the number of an entry",
        ),
        (&["--explain", "2"], "which feed?"),
        (&["--explain"], "which feed?"),
        (&["saved.xml", "--html"], "add --format jsonl"),
    ] {
        let ran = tidings.run(&[&["preview"], args].concat());
        ran.code(2).complains_once(words);
        assert_eq!(ran.stdout, "", "{ran}");
    }
}

#[test]
fn what_is_wrong_is_told_apart_from_the_articles() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", BROKEN);
    let ran = tidings.run(&["preview", "saved.xml"]);
    ran.ok()
        .stdout_lacks("line 4")
        .stderr_has("\nWrong with the feed:\n  line 4, column ")
        .stderr_has(
            "\nWrong with entries:\n  entry 3: the document holds this entry more than once\n",
        );
}

#[test]
fn a_preview_gives_html_that_is_safe_if_asked() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", BROKEN);
    let ran = tidings.run(&["preview", "saved.xml", "--format", "jsonl", "--html"]);
    let lines = ran.ok().jsonl();
    assert_eq!(lines[0]["html"], "<p>Some <b>bold</b> text</p>");
    assert_eq!(lines[1]["html"], serde_json::Value::Null);
}

#[test]
fn a_feed_without_entries_is_explained_all_the_same() {
    let tidings = Tidings::new();
    let empty = "<rss><channel><title>Ham & Eggs</title></channel></rss>";
    tidings.write("empty.xml", empty);
    tidings
        .run(&["preview", "empty.xml", "--explain"])
        .ok()
        .stdout_has("The feed\nformat ")
        .stdout_has("Wrong with the feed:\n  line 1, column ")
        .stdout_has("There is no entry to explain")
        .stderr_lacks(" ");
    let ran = tidings.run(&["preview", "empty.xml", "--explain", "1", "--json"]);
    ran.code(2).complains_once("there is no entry 1");
    let json = ran.json();
    assert_eq!(
        (&json["entry"], &json["article"], &json["fields"]),
        (&().into(), &().into(), &serde_json::json!([]))
    );
    assert_eq!(json["repairs"][0]["line"], 1);
}

#[test]
fn a_feed_of_the_feed_files_is_previewed_as_they_ask() {
    let site = Site::start();
    let body = "&lt;p&gt;text&lt;/p&gt;&lt;p class='promo'&gt;buy&lt;/p&gt;\
                &lt;p class='ad'&gt;now&lt;/p&gt;&lt;div class='sharedaddy'&gt;share&lt;/div&gt;";
    let item = format!("<item><guid>1</guid><description>{body}</description></item>");
    site.serve("/f", Reply::feed(crate::util::channel("F", &item)));
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nid = \"mine\"\nname = \"My feed\"\nurl = {:?}\nkeep = [\"share\"]\n\
         remove = [\".promo\"]\nuser_agent = \"Me\"\nheaders = {{ x-key = \"k\" }}",
        site.url("/f")
    ));
    let preview = |args: &[&str]| {
        let ran = tidings.run(&[&["preview", "--format", "jsonl"], args].concat());
        ran.ok().jsonl()[0].clone()
    };
    for source in ["mine", "mi", "my feed", &site.url("/f")] {
        let article = preview(&[source]);
        assert_eq!(article["body"], "text\nnow\nshare", "{source}");
        assert_eq!(article["feeds"], serde_json::json!(["mine"]));
        assert_eq!(article["source"], "My feed");
    }
    for request in site.requests("/f") {
        assert_eq!(request.header("user-agent").as_deref(), Some("Me"));
        assert_eq!(request.header("x-key").as_deref(), Some("k"));
    }
    // What is tried counts in place of what is written down.
    let tried = preview(&["mine", "--remove", ".ad", "--remove", "p.x, .promo"]);
    assert_eq!(tried["body"], "text\nshare");
    assert_eq!(
        preview(&["mine", "--remove", ""])["body"],
        "text\nbuy\nnow\nshare"
    );
    assert_eq!(preview(&["mine", "--keep", ""])["body"], "text\nnow");
    tidings.write("saved.xml", crate::util::channel("F", &item));
    let saved = preview(&["saved.xml", "--keep", "share,toc", "--remove", ".ad"]);
    assert_eq!(saved["body"], "text\nbuy\nshare");
    tidings
        .run(&["preview", "mine"])
        .ok()
        .stderr_has("1 entry, read as the feed mine");
}

#[test]
fn a_rule_that_cannot_be_tried_is_told_before_anything_is_fetched() {
    let (site, tidings) = (Site::start(), Tidings::new());
    for (option, text, words) in [
        (
            "--keep",
            "tco",
            "--keep: \"tco\" is no group of removal rules; did you mean `toc`?",
        ),
        ("--keep", "colour", "known are share, related"),
        (
            "--remove",
            "p:hoover",
            "--remove: \"p:hoover\" is not a selector: ",
        ),
    ] {
        let ran = tidings.run(&["preview", &site.url("/f"), option, text]);
        ran.code(2).complains_once(words);
    }
    assert_eq!(site.all_requests().len(), 0);
    tidings
        .run(&["preview", "nofeed"])
        .code(2)
        .complains_once("no feed is called so either");
}
