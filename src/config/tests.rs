//! What the operator sees: whole files in, feeds and messages out.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::*;
use crate::model::FeedSpec;

/// A folder with files, and the environment of a process started in it.
struct Folder {
    dir: tempfile::TempDir,
    env: Env,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut env = Env::in_dir(dir.path());
        env.system_config = dir.path().join("etc/tidings.toml");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { dir, env }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The feeds and the mistakes of the feed files that `tidings.toml` names.
    fn feeds(&self) -> (Vec<FeedSpec>, Vec<String>) {
        let loaded = load(None, &self.env).unwrap();
        let (feeds, errors) = load_feeds(&loaded.config, &self.env);
        (feeds, errors.iter().map(ToString::to_string).collect())
    }
}

/// The mistakes of a settings file.
fn settings_errors(text: &str) -> Vec<String> {
    let folder = Folder::new(&[("tidings.toml", text)]);
    let errors = load(None, &folder.env).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

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
         use `headers = { Authorization = { file = \"…\" } }`",
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
fn every_mistake_of_the_settings_is_told_in_the_files_order() {
    let errors = settings_errors(
        r#"timeout = "5s"
feeds = ["a.toml", "b.txt", 3]
[fetch]
concurrency = 0
max_body = true
allow_private = ["10.0.0.0/8", "localhost"]
usr_agent = "x"
store = "x.db"
[schedule]
interval = "5m"
max_interval = 900
colour = 1
[[feed]]
url = "https://a.org/"
"#,
    );
    assert_eq!(
        errors,
        [
            "tidings.toml:1:1: unknown key `timeout`; it belongs in [fetch]",
            "tidings.toml:2:20: feeds: \"b.txt\" is not a feed file; its name must end in .toml or .opml",
            "tidings.toml:2:29: feeds: is a number; write text in quotes",
            "tidings.toml:4:15: fetch.concurrency: 0 is out of range; allowed is 1 to 1024",
            "tidings.toml:5:12: fetch.max_body: is true or false; write a size such as \"16 MiB\", or bytes",
            "tidings.toml:6:32: fetch.allow_private: \"localhost\" is not a network; write e.g. \"127.0.0.0/8\" or \"fd00::/8\"",
            "tidings.toml:7:1: fetch: unknown key `usr_agent`; did you mean `user_agent`?",
            "tidings.toml:8:1: fetch: unknown key `store`; it belongs at the top of the file, before the first [table]",
            "tidings.toml:10:12: schedule.interval: \"5m\" is out of range; allowed is \"15m\" to \"30days\"",
            "tidings.toml:11:16: schedule.max_interval: is shorter than `interval`; write at least \"1h\"",
            "tidings.toml:12:1: schedule: unknown key `colour`; known here: interval, max_interval, history",
            "tidings.toml:13:3: unknown key `feed`; it belongs in a feed file; put it there and name the file in `feeds`",
        ]
    );
}

#[test]
fn terminals_are_safe_from_what_files_hold() {
    let errors = settings_errors("\"\\u001b[2J\" = 1\n");
    assert!(errors[0].contains("unknown key `\\u{1b}[2J`"), "{errors:?}");
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
    assert_eq!(Path::new(&feed.origin), folder.path("feeds.toml"));
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
    assert_eq!(errors.len(), 9, "{errors:#?}");
    assert!(!errors.concat().contains("s3cret"), "{errors:#?}");
    assert!(
        errors[3].contains("feed.headers.B: missing: there is no such file")
            || errors[3].contains("there is no such file")
    );
    assert!(errors[5].contains("LoadCredential="));
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
fn settings_are_looked_for_in_their_order() {
    let folder = Folder::new(&[
        ("cli.toml", "store = \"cli.db\""),
        ("var.toml", "store = \"var.db\""),
        ("tidings.toml", "store = \"here.db\""),
        ("etc/tidings.toml", "store = \"etc.db\""),
    ]);
    let with_var = Env {
        tidings_config: Some("var.toml".into()),
        ..folder.env.clone()
    };
    let store =
        |cli: Option<&str>, env: &Env| load(cli.map(Path::new), env).unwrap().config.store.unwrap();
    assert_eq!(store(Some("cli.toml"), &with_var), folder.path("cli.db"));
    assert_eq!(store(None, &with_var), folder.path("var.db"));
    assert_eq!(store(None, &folder.env), folder.path("here.db"));
    fs::remove_file(folder.path("tidings.toml")).unwrap();
    assert_eq!(
        store(None, &folder.env),
        folder.path("etc/etc.db"),
        "relative to the settings file"
    );
}

#[test]
fn missing_files_are_told_with_the_remedy() {
    let folder = Folder::new(&[]);
    let error = load(None, &folder.env).unwrap_err().to_string();
    assert!(
        error.contains("looked for $TIDINGS_CONFIG") && error.contains("etc/tidings.toml"),
        "{error}"
    );
    assert!(
        error.contains("`tidings --config config/tidings.toml …`"),
        "{error}"
    );
    assert_eq!(check(None, &folder.env).errors.len(), 1);

    let error = load_or_default(Some(Path::new("no.toml")), &folder.env)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("no.toml: there is no such file"),
        "{error}"
    );
    let default = load_or_default(None, &folder.env).unwrap();
    assert_eq!(
        default.config,
        Config {
            feeds: Vec::new(),
            ..Config::default()
        }
    );

    let folder = Folder::new(&[("tidings.toml", "")]);
    assert_eq!(
        folder.feeds().1,
        ["feeds.toml: there is no such file; create it, or correct `feeds` in the settings file"]
    );
}

#[test]
fn check_reads_the_feed_files_even_if_the_settings_are_broken() {
    let folder = Folder::new(&[
        (
            "tidings.toml",
            "feeds = [\"a.toml\", \"gone.toml\"]\n[fetch]\ntimeout = \n",
        ),
        (
            "a.toml",
            "[[feed]]\nurl = \"https://a.org/\"\n[[feed]]\nurl = 1\n",
        ),
    ]);
    let report = check(None, &folder.env);
    let errors: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    assert_eq!(report.feeds, 1);
    assert_eq!(report.settings, Some(folder.path("tidings.toml")));
    assert_eq!(errors.len(), 3, "{errors:#?}");
    assert!(
        errors[0].starts_with("tidings.toml:3:11: ")
            && errors[1].starts_with("a.toml:4:7: feed.url"),
        "{errors:#?}"
    );
    assert!(errors[2].starts_with("gone.toml: "), "{errors:#?}");
}

#[test]
fn the_store_lies_where_it_was_asked_for_or_where_the_system_keeps_data() {
    let mut env = Env::in_dir("/srv");
    let mut config = Config::default();
    let path =
        |cli: Option<&str>, config: &Config, env: &Env| store_path(cli.map(Path::new), config, env);
    assert!(
        path(None, &config, &env)
            .unwrap_err()
            .to_string()
            .contains("--store PATH")
    );
    env.home = Some("/home/me".into());
    assert_eq!(
        path(None, &config, &env).unwrap(),
        Path::new("/home/me/.local/share/tidings/tidings.db")
    );
    env.xdg_data_home = Some("/data".into());
    assert_eq!(
        path(None, &config, &env).unwrap(),
        Path::new("/data/tidings/tidings.db")
    );
    env.state_directory = Some("/var/lib/tidings".into());
    assert_eq!(
        path(None, &config, &env).unwrap(),
        Path::new("/var/lib/tidings/tidings.db")
    );
    config.store = Some("/x.db".into());
    assert_eq!(path(None, &config, &env).unwrap(), Path::new("/x.db"));
    assert_eq!(
        path(Some("y.db"), &config, &env).unwrap(),
        Path::new("/srv/y.db")
    );
}

/// The samples that are shipped.
fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

#[test]
fn the_sample_settings_show_every_key_at_its_default() {
    let sample = fs::read_to_string(samples().join("tidings.toml")).unwrap();
    let is_key = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let mut keys = 0;
    let lines: Vec<&str> = sample
        .lines()
        .map(
            |line| match line.strip_prefix("# ").filter(|key| is_key(key)) {
                Some(key) => {
                    keys += 1;
                    key
                }
                None => line,
            },
        )
        .collect();
    let folder = Folder::new(&[("tidings.toml", &lines.join("\n"))]);
    let defaults = Config {
        feeds: vec![folder.path("feeds.toml")],
        ..Config::default()
    };
    assert_eq!(load(None, &folder.env).unwrap().config, defaults);
    assert_eq!(keys, 15, "a new key needs its line in config/tidings.toml");
    let as_shipped = Folder::new(&[("tidings.toml", &sample)]);
    assert_eq!(
        load(None, &as_shipped.env).unwrap().config.fetch,
        defaults.fetch
    );
}

#[test]
fn the_sample_feed_files_are_right_and_say_the_same() {
    let env = Env::in_dir("/");
    let read = |name: &str| {
        let config = Config {
            feeds: vec![samples().join(name)],
            ..Config::default()
        };
        let (feeds, errors) = load_feeds(&config, &env);
        assert_eq!(errors, []);
        feeds
    };
    let toml = read("feeds.toml");
    assert_eq!(
        (toml[0].name.as_deref(), toml[0].url.as_str()),
        (Some("Gizchina"), "https://www.gizchina.com/feed/")
    );
    assert!(toml.len() > 12);
    let text = opml::write("Tidings: sample feeds", &toml);
    let path = samples().join("feeds.opml");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        text,
        "run the tests with BLESS=1 to write it anew"
    );
    let mut from_opml = read("feeds.opml");
    let mut from_toml = toml;
    for list in [&mut from_opml, &mut from_toml] {
        list.sort_by(|a, b| a.url.cmp(&b.url));
    }
    let show = |feeds: &[FeedSpec]| {
        feeds
            .iter()
            .map(|f| (f.url.clone(), f.name.clone(), f.tags.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(show(&from_opml), show(&from_toml));
}
