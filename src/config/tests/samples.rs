//! The files in `config/` say what the code does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Folder;
use crate::{config::*, model::FeedSpec};

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
    assert_eq!(keys, 26, "a new key needs its line in config/tidings.toml");
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
