//! Edits of whole files: what changes, and what does not.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use super::*;

const FILE: &str = r#"# My feeds.

# The one I read first.
[[feed]]
url = "https://a.org/feed"   # not www
name = "A"                   # short

# --- Science ---

# Slow site.
[[feed]]
url = "https://b.org/feed"
id = "b"
# tags = ["off"]

# Last one.
[[feed]]
url = "https://c.org/feed"
[feed.headers]
X-Key = "k3y"
"#;

struct Folder {
    dir: tempfile::TempDir,
    env: Env,
    config: Config,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::in_dir(dir.path());
        for (name, text) in files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let feeds = files
            .iter()
            .map(|(name, _)| dir.path().join(name))
            .collect();
        Self {
            config: Config {
                feeds,
                ..Config::default()
            },
            env,
            dir,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn change(&self, feed: &str, changes: &[Change]) -> Result<Edited, String> {
        change(&self.config, &self.env, feed, changes).map_err(|errors| errors.to_string())
    }
}

fn feed(url: &str) -> NewFeed {
    NewFeed {
        url: url.into(),
        ..NewFeed::default()
    }
}

#[test]
fn added_feeds_stand_at_the_end_and_known_ones_are_left_out() {
    let folder = Folder::new(&[
        ("feeds.toml", FILE),
        (
            "more.opml",
            "<opml><outline xmlUrl='https://o.org/'/></opml>",
        ),
    ]);
    let new = NewFeed {
        name: Some("N \"x\"".into()),
        tags: vec!["t".into()],
        ..feed("HTTPS://n.org#x")
    };
    let again = [
        feed("https://c.org/feed"),
        feed("https://o.org"),
        feed("https://n.org/"),
    ];
    let done = add(
        &folder.config,
        &folder.env,
        &[vec![new], again.to_vec()].concat(),
    )
    .unwrap();
    assert_eq!((done.added.len(), done.known.len()), (1, 3));
    let expected =
        format!("{FILE}\n[[feed]]\nurl = \"https://n.org/\"\nname = 'N \"x\"'\ntags = [\"t\"]\n");
    assert_eq!(folder.text("feeds.toml"), expected);
    assert_eq!(done.file, folder.path("feeds.toml"));
}

#[test]
fn a_long_list_is_imported_at_once() {
    let folder = Folder::new(&[("feeds.toml", "")]);
    let many: Vec<NewFeed> = (0..2000)
        .map(|n| feed(&format!("https://x{n}.org/")))
        .collect();
    let add = || add(&folder.config, &folder.env, &many).unwrap();
    assert_eq!(add().added.len(), 2000);
    assert_eq!(add().known.len(), 2000);
}

#[test]
fn a_missing_feed_file_is_created_and_a_missing_folder_is_told() {
    let mut folder = Folder::new(&[]);
    folder.config.feeds = vec![folder.path("feeds.toml")];
    add(
        &folder.config,
        &folder.env,
        &[feed("https://a.org/"), feed("https://b.org/")],
    )
    .unwrap();
    assert_eq!(
        folder.text("feeds.toml"),
        "[[feed]]\nurl = \"https://a.org/\"\n\n[[feed]]\nurl = \"https://b.org/\"\n"
    );
    folder.config.feeds = vec![folder.path("gone/feeds.toml")];
    let error = add(&folder.config, &folder.env, &[feed("https://a.org/")])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("gone: the folder cannot be opened"),
        "{error}"
    );
    folder.config.feeds = vec![folder.path("x.opml")];
    let error = add(&folder.config, &folder.env, &[feed("https://a.org/")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("no TOML feed file"), "{error}");
}

#[test]
fn comments_at_the_end_of_the_file_stay_before_an_added_feed() {
    let folder = Folder::new(&[(
        "feeds.toml",
        "[[feed]]\nurl = \"https://a.org/\"\n# paused = true\n",
    )]);
    add(&folder.config, &folder.env, &[feed("https://b.org/")]).unwrap();
    assert_eq!(
        folder.text("feeds.toml"),
        "[[feed]]\nurl = \"https://a.org/\"\n# paused = true\n\n[[feed]]\nurl = \"https://b.org/\"\n"
    );
}

#[test]
fn removing_a_feed_takes_its_own_comments_and_leaves_its_neighbours() {
    let folder = Folder::new(&[("feeds.toml", FILE)]);
    let done = remove(&folder.config, &folder.env, "b").unwrap();
    assert_eq!(done.id.as_str(), "b");
    let expected = FILE.replace(
        "# Slow site.\n[[feed]]\nurl = \"https://b.org/feed\"\nid = \"b\"\n# tags = [\"off\"]\n\n",
        "",
    );
    assert_eq!(folder.text("feeds.toml"), expected);
    remove(&folder.config, &folder.env, "https://c.org/feed").unwrap();
    let text = folder.text("feeds.toml");
    assert!(text.ends_with("# short\n\n# --- Science ---\n"), "{text}");
    remove(&folder.config, &folder.env, "https://a.org/feed").unwrap();
    assert_eq!(
        folder.text("feeds.toml"),
        "# My feeds.\n\n# --- Science ---\n"
    );
}

#[test]
fn adding_a_feed_and_removing_it_leaves_the_file_as_it_was() {
    let plain = "# Head.\n\n[[feed]]\nurl = \"https://a.org/\"\n\n# Tail.\n";
    for text in [FILE, plain, "# Head only.\n", ""] {
        let folder = Folder::new(&[("feeds.toml", text)]);
        add(&folder.config, &folder.env, &[feed("https://n.org/")]).unwrap();
        remove(&folder.config, &folder.env, "https://n.org/").unwrap();
        assert_eq!(folder.text("feeds.toml"), text);
    }
}

#[test]
fn changed_keys_keep_their_comments_and_removed_ones_go() {
    let folder = Folder::new(&[("feeds.toml", FILE)]);
    let changes = [
        Change::Name(Some("New".into())),
        Change::Interval(Some(Duration::from_secs(5400))),
        Change::Tags(vec!["x".into(), "y".into()]),
        Change::Paused(true),
    ];
    folder.change("https://a.org/feed", &changes).unwrap();
    let expected = FILE.replace(
        "name = \"A\"                   # short\n",
        "name = \"New\"                   # short\ninterval = \"1h 30m\"\ntags = [\"x\", \"y\"]\npaused = true\n",
    );
    assert_eq!(folder.text("feeds.toml"), expected);
    resume(&folder.config, &folder.env, "https://a.org/feed").unwrap();
    folder
        .change(
            "https://a.org/feed",
            &[Change::Interval(None), Change::Tags(Vec::new())],
        )
        .unwrap();
    assert_eq!(folder.text("feeds.toml"), FILE.replace("\"A\"", "\"New\""));
}

#[test]
fn a_feed_that_moves_keeps_its_id() {
    let folder = Folder::new(&[("feeds.toml", FILE)]);
    let id = folder
        .change(
            "https://a.org/feed",
            &[Change::Url("https://new.org/f".into())],
        )
        .unwrap()
        .id;
    let text = folder.text("feeds.toml");
    assert!(
        text.contains("url = \"https://new.org/f\"   # not www\n"),
        "{text}"
    );
    assert!(text.contains(&format!("id = \"{id}\"")), "{text}");
    assert_eq!(
        folder
            .change(id.as_str(), &[Change::Paused(true)])
            .unwrap()
            .id,
        id
    );
}

#[test]
fn a_feed_of_another_toml_file_is_edited_there_and_one_of_an_opml_file_nowhere() {
    let opml = "<opml><outline xmlUrl='https://o.org/'/></opml>";
    let folder = Folder::new(&[("a.toml", ""), ("list.opml", opml), ("b.toml", FILE)]);
    assert_eq!(
        pause(&folder.config, &folder.env, "b").unwrap().file,
        folder.path("b.toml")
    );
    assert_eq!(folder.text("a.toml"), "");
    let error = folder
        .change("https://o.org/", &[Change::Paused(true)])
        .unwrap_err();
    assert!(
        error.starts_with("list.opml: ") && error.contains("`tidings feed import list.opml`"),
        "{error}"
    );
    let error = folder.change("bb", &[]).unwrap_err();
    assert_eq!(error, "no feed file has the feed \"bb\"; did you mean `b`?");
}

#[test]
fn an_edit_that_would_be_a_mistake_changes_nothing() {
    let folder = Folder::new(&[("feeds.toml", FILE)]);
    let error = folder
        .change("b", &[Change::Interval(Some(Duration::from_secs(60)))])
        .unwrap_err();
    assert!(
        error.starts_with("feeds.toml: feed.interval: is shorter than \"15m\""),
        "{error}"
    );
    let error = folder
        .change("b", &[Change::Url("https://a.org/feed".into())])
        .unwrap_err();
    assert!(error.contains("has the same feed"), "{error}");
    let error = add(
        &folder.config,
        &folder.env,
        &[NewFeed {
            id: "b".parse().ok(),
            ..feed("https://n.org/")
        }],
    );
    assert!(error.unwrap_err().to_string().contains("has the same id"));
    assert!(
        add(
            &folder.config,
            &folder.env,
            &[feed("https://n.org/"), feed("ftp://n.org/")]
        )
        .is_err()
    );
    assert_eq!(folder.text("feeds.toml"), FILE);
}

#[test]
fn mistakes_that_were_there_before_do_not_stop_an_edit_but_bad_syntax_does() {
    let folder = Folder::new(&[(
        "feeds.toml",
        &format!("{FILE}\n[[feed]]\nurl = \"https://x.org/\"\ncolour = 1\n"),
    )]);
    remove(&folder.config, &folder.env, "b").unwrap();
    let broken = format!("{FILE}\n[[feed]]\nurl = https://x.org/\n");
    fs::write(folder.path("feeds.toml"), &broken).unwrap();
    let error = folder.change("b", &[Change::Paused(true)]).unwrap_err();
    assert!(
        error.starts_with("feeds.toml:23:7: this is not a TOML value"),
        "{error}"
    );
    assert!(add(&folder.config, &folder.env, &[feed("https://n.org/")]).is_err());
    assert_eq!(folder.text("feeds.toml"), broken);
}

#[test]
fn permissions_and_links_stay_and_read_only_files_are_refused() {
    let folder = Folder::new(&[("real.toml", FILE)]);
    let (real, link) = (folder.path("real.toml"), folder.path("link.toml"));
    std::os::unix::fs::symlink("real.toml", &link).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let config = Config {
        feeds: vec![link.clone()],
        ..Config::default()
    };
    pause(&config, &folder.env, "b").unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(
        fs::read_dir(folder.dir.path()).unwrap().count(),
        2,
        "no temporary file is left"
    );

    fs::set_permissions(&real, fs::Permissions::from_mode(0o444)).unwrap();
    let error = resume(&config, &folder.env, "b").unwrap_err().to_string();
    assert!(
        error.starts_with("link.toml: cannot be changed: it is read-only"),
        "{error}"
    );
}
