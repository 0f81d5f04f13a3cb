//! Logins, proxies, openings and deadlines: what feed files and settings make of them.

use super::Folder;
use crate::{
    config::*,
    model::{FeedSpec, Way},
};

const SETTINGS: &str = r#"
[proxies]
tor = "socks5h://127.0.0.1:9050"
office = { url = "http://Proxy.example:3128/", user = "me", password = { file = "pw" } }
[fetch]
proxy = "office"
"#;

/// The feeds and mistakes of a feed file with one feed that has these lines.
fn feed(lines: &str) -> (Vec<FeedSpec>, Vec<String>) {
    feed_under(SETTINGS, lines)
}

fn feed_under(settings: &str, lines: &str) -> (Vec<FeedSpec>, Vec<String>) {
    let text = format!("[[feed]]\nurl = \"http://192.168.1.20:1200/f\"\n{lines}\n");
    let files = [
        ("tidings.toml", settings),
        ("feeds.toml", &text),
        ("pw", "p:w é\n"),
    ];
    Folder::new(&files).feeds()
}

/// The header that a login is sent as.
fn sent(auth: &str) -> String {
    let (feeds, errors) = feed(auth);
    assert_eq!(errors, [""; 0]);
    assert_eq!(feeds[0].headers[0].name, "Authorization");
    assert!(!format!("{:?}", feeds[0]).contains("p:w"));
    feeds[0].headers[0].value.expose().to_owned()
}

#[test]
fn a_login_is_sent_as_its_header() {
    let basic = r#"auth = { basic = { user = "me", password = { file = "pw" } } }"#;
    assert_eq!(sent(basic), "Basic bWU6cDp3IMOp");
    assert_eq!(sent(r#"auth = { bearer = "t0ken" }"#), "Bearer t0ken");
}

#[test]
fn a_feed_is_reached_as_its_keys_say() {
    let (feeds, errors) = feed(
        r#"proxy = "tor"
http1_only = true
connect_timeout = "3s"
read_timeout = "4s"
allow_private = ["192.168.1.20/32:1200", "fd00::/8"]
interval = "1m""#,
    );
    assert_eq!(errors, [""; 0]);
    let access = &feeds[0].access;
    assert_eq!(access.proxy.as_ref().unwrap().name(), "tor");
    assert!(access.http1_only);
    assert_eq!(access.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(access.read_timeout, Some(Duration::from_secs(4)));
    assert_eq!(access.allow_private.len(), 2);
    let (feeds, _) = feed("proxy = \"none\"");
    assert_eq!(feeds[0].access.proxy, Some(Way::Direct));
}

#[test]
fn the_settings_name_the_proxies() {
    let folder = Folder::new(&[("tidings.toml", SETTINGS), ("pw", "s3cret")]);
    let config = load(None, &folder.env).unwrap().config;
    let office = config
        .proxies
        .iter()
        .find(|proxy| proxy.name == "office")
        .unwrap();
    assert_eq!(office.url, "http://proxy.example:3128");
    let (user, password) = office.login.as_ref().unwrap();
    assert_eq!((user.as_str(), password.expose()), ("me", "s3cret"));
    assert_eq!(config.fetch.proxy, Way::Proxy(Arc::clone(office)));
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn mistakes_name_the_place_and_the_remedy_and_no_secret() {
    for (lines, told) in [
        (
            "proxy = \"tro\"",
            "feeds.toml:3:9: feed.proxy: no proxy is called \"tro\"; did you mean \"tor\"?",
        ),
        (
            "proxy = \"http://u:hush@x:1\"",
            "feeds.toml:3:9: feed.proxy: is a URL; give the proxy a name",
        ),
        (
            "allow_private = [\"lan\"]",
            "feeds.toml:3:18: feed.allow_private: \"lan\" is not a network",
        ),
        (
            "connect_timeout = \"0s\"",
            "feeds.toml:3:19: feed.connect_timeout: \"0s\" is out of range",
        ),
        (
            "http1_only = 1",
            "feeds.toml:3:14: feed.http1_only: is a number; write true or false",
        ),
        (
            "auth = \"hush\"",
            "feeds.toml:3:8: feed.auth: is text; write a table",
        ),
        (
            "auth = {}",
            "feeds.toml:3:8: feed.auth: write either { basic =",
        ),
        (
            "auth = { bearer = \"a hush\" }",
            "feeds.toml:3:19: feed.auth.bearer: the token must be one word",
        ),
        (
            "auth = { baerer = \"hush\" }",
            "unknown key `baerer`; did you mean `bearer`?",
        ),
        (
            "auth = { basic = { user = \"hush\" } }",
            "feeds.toml:3:8: feed.auth.basic.password: is missing",
        ),
        (
            "auth = { basic = { user = \"a:hush\", password = \"x\" } }",
            "feed.auth.basic.user: a user name has no colon",
        ),
        (
            "auth = { basic = { user = \"a\", password = { file = \"none\" } } }",
            "none: there is no such file",
        ),
        (
            "headers = { authorization = \"hush\" }\nauth = { bearer = \"hush\" }",
            "feeds.toml:4:8: feed.auth: `headers` has Authorization already",
        ),
    ] {
        let (feeds, errors) = feed(lines);
        assert!(feeds.is_empty(), "{lines}");
        let all = errors.join("\n");
        assert!(all.contains(told), "{lines}: {all}");
        assert!(!all.contains("hush"), "{all}");
    }
}

#[test]
fn mistakes_of_the_proxies_are_told_without_their_passwords() {
    for (line, told) in [
        (
            "none = \"http://x:1\"",
            "proxies.none: \"none\" means no proxy",
        ),
        (
            "a = \"http://u:hush@x:1\"",
            "proxies.a: a user name or password stands in the URL",
        ),
        (
            "a = \"hush\"",
            "proxies.a: is no URL; write \"http://host:port\"",
        ),
        (
            "a = \"ftp://x\"",
            "proxies.a: ftp is no proxy Tidings speaks to",
        ),
        ("a = \"http://x:1/hush\"", "proxies.a: is not a proxy's URL"),
        ("a = 3", "proxies.a: is a number; write the proxy's URL"),
        (
            "a = { user = \"me\", password = \"hush\" }",
            "proxies.a.url: is missing",
        ),
        (
            "a = { url = \"http://x:1\", user = \"me\" }",
            "proxies.a.password: is missing",
        ),
    ] {
        let settings = format!("[proxies]\n{line}\n");
        let folder = Folder::new(&[("tidings.toml", &settings)]);
        let errors = load(None, &folder.env).unwrap_err().to_string();
        assert!(errors.contains(told), "{line}: {errors}");
        assert!(!errors.contains("hush"), "{errors}");
    }
    let folder = Folder::new(&[("tidings.toml", "[fetch]\nproxy = \"x\"\n")]);
    let errors = load(None, &folder.env).unwrap_err().to_string();
    assert!(
        errors.contains("fetch.proxy: no proxy is called \"x\"; name it in [proxies]"),
        "{errors}"
    );
}

#[test]
fn one_slip_is_one_line() {
    for lines in [
        "auth = { baerer = \"hush\" }",
        "auth = { basic = { usr = \"me\", password = \"hush\" } }",
        "auth = { basic = { user = \"me\", pasword = \"hush\" } }",
        "auth = { basic = {} }",
        "auth = { basic = \"hush\" }",
        "auth = {}",
    ] {
        let (_, errors) = feed(lines);
        assert_eq!(errors.len(), 1, "{lines}: {errors:#?}");
    }
    for line in [
        "ulr = \"http://x:1\"\nuser = \"me\"\npassword = \"hush\"",
        "url = \"http://x:1\"\nusr = \"me\"\npassword = \"hush\"",
        "url = \"htp://x:1\"",
        "",
    ] {
        // Whoever refers to the proxy is not told that there is none.
        let settings = format!("[proxies.office]\n{line}\n[fetch]\nproxy = \"office\"\n");
        let folder = Folder::new(&[("tidings.toml", &settings)]);
        let errors = load(None, &folder.env).unwrap_err().into_vec();
        assert_eq!(errors.len(), 1, "{line}: {errors:#?}");
    }
    let settings = "[proxies]\nplain = { url = \"http://x:1\" }\n";
    let folder = Folder::new(&[("tidings.toml", settings)]);
    let config = load(None, &folder.env).unwrap().config;
    assert_eq!(config.proxies[0].login, None);
}

#[test]
fn a_feeds_own_opening_makes_its_host_the_operators_own_at_that_port() {
    let fast = "interval = \"1m\"\nallow_private = [\"192.168.1.20:PORT\"]";
    let (feeds, _) = feed_under("", &fast.replace("PORT", "1200"));
    assert_eq!(feeds.len(), 1);
    let (feeds, errors) = feed_under("", &fast.replace("PORT", "1201"));
    assert!(
        feeds.is_empty() && errors[0].contains("impolite"),
        "{errors:?}"
    );
}

#[test]
fn an_opml_file_opens_no_network_and_chooses_no_proxy() {
    let outline = "<opml><body><outline xmlUrl='https://o.org/' allow_private='10.0.0.0/8' proxy='tor' \
                   http1_only='true' timeout='1s' connect_timeout='1s' auth='x' headers='x' user_agent='x' \
                   interval='1s' max_body='1'/></body></opml>";
    let settings = format!("feeds = [\"a.opml\"]\n{SETTINGS}");
    let files = [
        ("tidings.toml", settings.as_str()),
        ("a.opml", outline),
        ("pw", "x"),
    ];
    let (feeds, errors) = Folder::new(&files).feeds();
    assert_eq!(errors, [""; 0]);
    let feed = &feeds[0];
    assert_eq!(*feed.access, crate::model::Access::default());
    assert_eq!(
        (feed.headers.len(), &feed.user_agent, feed.timeout),
        (0, &None, None)
    );
    assert_eq!((feed.interval, feed.max_body), (None, None));
}
