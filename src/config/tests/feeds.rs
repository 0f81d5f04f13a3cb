//! Feed files: every mistake told, every good feed kept.

use std::{path::Path, time::Duration};

use super::Folder;
use crate::{
    config::*,
    model::{Cleanup, FeedSpec, RuleGroup},
};

/// The good feeds and the mistakes of a feed file beside the given settings.
fn feed_file(settings: &str, text: &str) -> (Vec<FeedSpec>, Vec<String>) {
    Folder::new(&[("tidings.toml", settings), ("feeds.toml", text)]).feeds()
}

#[test]
fn a_feed_file_with_five_different_mistakes_tells_all_five_and_keeps_the_good_feeds() {
    let (feeds, errors) = feed_file(
        "",
        r#"[[feed]]
url = "https://a.org/feed"
intervall = "2h"

[[feed]]
url = "https://b.org/feed"
interval = "5 parsecs"

[[feed]]
url "https://c.org/feed"

[[feed]]
name = "No address"

[[feed]]
url = "https://me:hunter2@d.org/feed"

[[feed]]
url = "https://good.org/feed"
"#,
    );
    let expected = [
        "feeds.toml:3:1: feed: unknown key `intervall`; did you mean `interval`?",
        "feeds.toml:7:12: feed.interval: \"5 parsecs\" is not a duration; write e.g. \"30m\" or \"2h\"",
        "feeds.toml:10:5: a key without a value; write `key = value`",
        "feeds.toml:12:1: feed.url: is missing; write e.g. url = \"https://example.org/feed.xml\"",
        "feeds.toml:16:7: feed.url: a URL with a user name or password in it ends up in logs; \
         use `auth = { basic = { user = \"…\", password = { file = \"…\" } } }` in the feed file",
    ];
    assert_eq!(errors, expected);
    assert_eq!(feeds.len(), 1);
    assert_eq!(feeds[0].url, "https://good.org/feed");
}

#[test]
fn a_slip_in_the_syntax_hides_nothing_behind_it() {
    let (feeds, errors) = feed_file(
        "",
        r#"[[feed]]
url = "https://a.org/feed"
tags = ["a", "b"
paused = maybe

[[feed
url = "https://b.org/feed"
[feed.headers]
Authorization = "s3cret"

[[feed]]
url = "https://c.org/feed"
name = """never closed
interval = "3 fortnights"

[[feed]]
url = "https://d.org/feed"
"#,
    );
    let lines: Vec<&str> = errors
        .iter()
        .map(|error| error.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "feeds.toml:3:1",
            "feeds.toml:4:10",
            "feeds.toml:6:7",
            "feeds.toml:13:1",
            "feeds.toml:14:12"
        ],
        "{errors:#?}"
    );
    assert!(!errors.concat().contains("s3cret"));
    let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
    assert_eq!(
        urls,
        ["https://d.org/feed"],
        "feeds with a mistake are left out whole"
    );
    assert!(feeds[0].headers.is_empty());
}

#[test]
fn politeness_has_a_floor_except_on_the_operators_own_hosts() {
    let text = "[[feed]]\nurl = \"http://127.0.0.1:8000/\"\ninterval = \"1s\"\n\
                [[feed]]\nurl = \"http://a.localhost/\"\ninterval = 5\n\
                [[feed]]\nurl = \"https://a.org/\"\ninterval = \"14m\"\n\
                [[feed]]\nurl = \"https://b.org/\"\ninterval = \"15m\"\n";
    let (feeds, errors) = feed_file("[fetch]\nallow_private = [\"127.0.0.0/8\"]\n", text);
    assert_eq!(
        feeds
            .iter()
            .map(|feed| feed.interval.unwrap().as_secs())
            .collect::<Vec<_>>(),
        [1, 5, 900]
    );
    assert!(
        errors[0].starts_with("feeds.toml:9:12: feed.interval: is shorter than \"15m\""),
        "{errors:?}"
    );
    let (feeds, errors) = feed_file("", text);
    assert_eq!((feeds.len(), errors.len()), (1, 3));
}

#[test]
fn a_feed_has_every_key_that_was_asked_for() {
    let folder = Folder::new(&[
        ("tidings.toml", ""),
        ("secret", "Bearer t0ken\n"),
        ("credentials/key", "k3y"),
        (
            "feeds.toml",
            r#"[[feed]]
url = "https://a.org/feed#top"
id = "a"
name = " A feed "
interval = "2h"
tags = ["x", "y z"]
headers = { Authorization = { file = "secret" }, X-Key = { credential = "key" }, X-Plain = "p" }
paused = true
user_agent = "me"
timeout = 5
max_body = "1 MiB"
keep = ["toc", "author-box"]
remove = ["aside.promo"]
"#,
        ),
    ]);
    let env = Env {
        credentials_directory: Some(folder.path("credentials")),
        ..folder.env.clone()
    };
    let (feeds, errors) = load_feeds(&load(None, &env).unwrap().config, &env);
    assert_eq!(errors, []);
    let feed = &feeds[0];
    let headers: Vec<(&str, &str)> = feed
        .headers
        .iter()
        .map(|h| (h.name.as_str(), h.value.expose()))
        .collect();
    assert_eq!(
        headers,
        [
            ("Authorization", "Bearer t0ken"),
            ("X-Key", "k3y"),
            ("X-Plain", "p")
        ]
    );
    assert_eq!(
        (feed.id.as_str(), feed.url.as_str()),
        ("a", "https://a.org/feed")
    );
    assert_eq!(
        (feed.name.as_deref(), feed.paused, feed.max_body),
        (Some("A feed"), true, Some(1 << 20))
    );
    assert_eq!(
        (feed.interval, feed.timeout),
        (
            Some(Duration::from_secs(7200)),
            Some(Duration::from_secs(5))
        )
    );
    assert_eq!(feed.tags, ["x", "y z"]);
    assert_eq!(
        *feed.cleanup,
        Cleanup {
            keep: vec![RuleGroup::Toc, RuleGroup::AuthorBox],
            remove: vec!["aside.promo".to_owned()],
        }
    );
    assert_eq!(Path::new(&*feed.origin), folder.path("feeds.toml"));
}

#[test]
fn a_group_or_selector_that_cannot_be_followed_is_told_with_its_place() {
    let (feeds, errors) = feed_file(
        "",
        r#"[[feed]]
url = "https://a.org/"
keep = ["share", "promo", "tco"]
remove = ["p.x", "p:first", "a >", "p:has(> .x):not(:first-child) + b"]
"#,
    );
    assert!(feeds.is_empty());
    assert_eq!(
        errors,
        [
            "feeds.toml:3:18: feed.keep: \"promo\" is no group of removal rules; known are \
             share, related, newsletter, author-box, ratings, toc, ads, labels, more, tails",
            "feeds.toml:3:27: feed.keep: \"tco\" is no group of removal rules; did you mean `toc`?",
            "feeds.toml:4:18: feed.remove: \"p:first\" is not a selector: unsupported pseudo class or \
             element",
            "feeds.toml:4:29: feed.remove: \"a >\" is not a selector: dangling combinator",
        ]
    );
}

#[test]
fn header_mistakes_never_show_a_value() {
    let (feeds, errors) = feed_file(
        "",
        r#"[[feed]]
url = "https://a.org/"
[feed.headers]
Host = "s3cret"
"Bad Name" = "s3cret"
A = { fil = "s3cret" }
B = { file = "missing" }
C = { credential = "../s3cret" }
D = { credential = "key" }
E = "s3cret\u0000"
F = ["s3cret"]
G = s3cret
"#,
    );
    assert!(feeds.is_empty());
    assert_eq!(errors.len(), 8, "{errors:#?}");
    assert!(!errors.concat().contains("s3cret"), "{errors:#?}");
    assert!(
        errors[3].contains("feed.headers.B: missing: there is no such file")
            || errors[3].contains("there is no such file")
    );
}

#[test]
fn a_feed_that_stands_twice_is_told_with_both_places() {
    let folder = Folder::new(&[
        (
            "tidings.toml",
            "feeds = [\"a.toml\", \"b.toml\", \"c.opml\"]",
        ),
        (
            "a.toml",
            "\n[[feed]]\nurl = \"https://a.org/\"\n[[feed]]\nurl = \"https://b.org/\"\nid = \"b\"\n",
        ),
        (
            "b.toml",
            "[[feed]]\nurl = \"https://A.org:443\"\n[[feed]]\nurl = \"https://c.org/\"\nid = \"b\"\n",
        ),
        (
            "c.opml",
            "<opml><outline xmlUrl='https://b.org/'/><outline xmlUrl='https://d.org/'/></opml>",
        ),
    ]);
    let (feeds, errors) = folder.feeds();
    assert_eq!(
        errors,
        [
            "b.toml:1:1: feed.url: a.toml:2 has the same feed; remove one of them",
            "b.toml:3:1: feed.id: a.toml:4 has the same id; give one of them another `id`",
            "c.opml:1:7: feed.url: a.toml:4 has the same feed; remove one of them",
        ]
    );
    assert_eq!(feeds.len(), 3);
}

#[test]
fn feeds_in_the_wrong_shape_say_the_right_one() {
    let told = |text| feed_file("", text).1.concat();
    assert!(
        told("[feed]\nurl = \"https://a.org/\"\n")
            .contains("write [[feed]], in two pairs of brackets")
    );
    assert!(told("[[feeds]]\nurl = \"https://a.org/\"\n").contains("did you mean `feed`?"));
    assert!(told("url = \"https://a.org/\"\n").contains("it belongs below a [[feed]] line"));
    assert!(
        told("[[feed]]\nurl = \"https://a.org/\"\nid = \"A b\"\n")
            .contains("\"A b\" is not a feed id")
    );
    assert!(
        told("[[feed]]\nurl = \"https://a.org/\"\ntags = [\"a,b\"]\n").contains("is not a tag")
    );
    assert_eq!(told(""), "");
}

#[test]
fn a_file_of_feeds_has_the_same_places_whether_it_is_read_in_parts_or_as_a_whole() {
    let text = "\u{feff}# My feeds.\r\n\n[[feed]] # one\r\nurl = \"https://a.org/\"\r\nid = \"a\"\n\
        remove = [\n  \"p.x\",\n  \"p:first\",\n]\n\n# Behind it.\n  [[ feed ]]\nname = '''[[feed]]'''\n\
        [feed.headers]\nHost = \"x\"\n[[feed]]\nurl = \"https://c.org/\"\n[feed.auth.basic]\nuser = \"c\"\n\
        [[feed]]\nurl = \"https://d.org/\"\n";
    let told = [
        "feeds.toml:8:3: feed.remove: \"p:first\" is not a selector: unsupported pseudo class or element",
        "feeds.toml:12:3: feed.url: is missing; write e.g. url = \"https://example.org/feed.xml\"",
        "feeds.toml:15:1: feed.headers.Host: cannot be set here: it follows from the URL",
        "feeds.toml:18:7: feed.auth.basic.password: is missing",
    ];
    let (feeds, errors) = feed_file("", text);
    assert_eq!(errors, told);
    assert_eq!(feeds.len(), 1);
    // A mistake of syntax at the end: nothing is known of parts.
    let (feeds, errors) = feed_file("", &format!("{text}oops\n"));
    assert_eq!(errors[..told.len()], told);
    assert!(errors[told.len()].starts_with("feeds.toml:22:5: a key without a value"));
    assert_eq!((feeds.len(), errors.len()), (0, told.len() + 1));
}

#[test]
fn what_looks_like_the_header_of_a_feed_within_a_text_is_none() {
    let list = "[[feed]]\nurl = \"https://a.org/\"\nremove = [\n\"\"\"\n[[feed]]\n\"\"\"]\n\
        [[feed]]\nurl = \"https://b.org/\"\n";
    let (feeds, errors) = feed_file("", list);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("feeds.toml:4:1: feed.remove: \"[[feed]]\" is not"));
    assert_eq!(feeds.len(), 1);
    let text = "[[feed]]\nurl = \"https://a.org/\"\nuser_agent = \"\"\"\n[[feed]]\"\"\"\n\
        [[feed]]\nurl = \"https://b.org/\"\n";
    let (feeds, errors) = feed_file("", text);
    assert_eq!(errors, [""; 0]);
    assert_eq!(feeds[0].user_agent.as_deref(), Some("[[feed]]"));
    assert_eq!(feeds.len(), 2);
}

#[test]
fn feeds_share_what_they_have_in_common() {
    let text: String = (0..3)
        .map(|n| format!("[[feed]]\nurl = \"https://a.org/{n}\"\nkeep = [\"toc\"]\n"))
        .collect();
    let (feeds, _) = feed_file("", &text);
    assert!(Arc::ptr_eq(&feeds[0].cleanup, &feeds[2].cleanup));
    assert!(Arc::ptr_eq(&feeds[0].access, &feeds[2].access));
    assert!(Arc::ptr_eq(&feeds[0].origin, &feeds[2].origin));
}
