//! Settings: where they are found, what is wrong with them, where they put the store.

use std::{fs, path::Path};

use super::Folder;
use crate::config::*;

/// The mistakes of a settings file.
fn settings_errors(text: &str) -> Vec<String> {
    let folder = Folder::new(&[("tidings.toml", text)]);
    let errors = load(None, &folder.env).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
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
            "tidings.toml:6:32: fetch.allow_private: \"localhost\" is not a network; write e.g. \"127.0.0.0/8\" or \"fd00::/8\", with a port \"192.168.1.20/32:1200\"",
            "tidings.toml:7:1: fetch: unknown key `usr_agent`; did you mean `user_agent`?",
            "tidings.toml:8:1: fetch: unknown key `store`; it belongs at the top of the file, before the first [table]",
            "tidings.toml:10:12: schedule.interval: \"5m\" is out of range; allowed is \"15m\" to \"30 days\"",
            "tidings.toml:11:16: schedule.max_interval: is shorter than `interval`; write at least \"1h\"",
            "tidings.toml:12:1: schedule: unknown key `colour`; known here: interval, max_interval, history",
            "tidings.toml:13:3: unknown key `feed`; it belongs in a feed file; put it there and name the file in `feeds`",
        ]
    );
}

#[test]
fn mistakes_about_hubs_say_what_hubs_need() {
    let errors = settings_errors(
        "public_url = \"https://a.org/\"\n[websub]\npublic_url = \"http://192.168.1.2/x\"\nlisten = \"8380\"\n\
         lease = \"1m\"\nsecret = 1\n",
    );
    assert_eq!(errors.len(), 5, "{errors:#?}");
    for (error, told) in errors.iter().zip([
        "tidings.toml:1:1: unknown key `public_url`; it belongs in [websub]",
        "tidings.toml:3:14: websub.public_url: \"http://192.168.1.2/x\" is an address of a private network",
        "tidings.toml:4:10: websub.listen: \"8380\" is not an address with a port; write e.g. \"127.0.0.1:8380\"",
        "tidings.toml:5:9: websub.lease: \"1m\" is out of range; allowed is \"1h\" to",
        "tidings.toml:6:1: websub: unknown key `secret`; known here: public_url, listen, lease",
    ]) {
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn terminals_are_safe_from_what_files_hold() {
    let errors = settings_errors("\"\\u001b[2J\" = 1\n");
    assert!(errors[0].contains("unknown key `\\u{1b}[2J`"), "{errors:?}");
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
    assert!(error.contains("an empty tidings.toml will do"), "{error}");
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
        [
            "feeds.toml: there is no such file; `tidings feed add URL` makes it, or correct `feeds` in the settings file"
        ]
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
