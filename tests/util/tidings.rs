//! The real binary in a directory of its own: settings, feed file and store are made there, and
//! nothing of the developer's environment reaches it.

use std::{
    ffi::OsString,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;
use toml_edit::{DocumentMut, Item, Table};

use super::{Daemon, Ran};

/// Settings under which a [`super::Site`] can be polled, at once and again.
const SETTINGS: &str = r#"
store = "tidings.db"
feeds = ["feeds.toml"]

[fetch]
allow_private = ["127.0.0.0/8"]
host_interval = "0s"
"#;

/// A directory with `tidings.toml`, `feeds.toml` and, once it ran, `tidings.db`.
pub(crate) struct Tidings {
    dir: TempDir,
    settings: DocumentMut,
    env: Vec<(OsString, OsString)>,
}

impl Tidings {
    /// No feeds yet.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let settings = SETTINGS.parse().expect("the settings above are TOML");
        let this = Self {
            dir,
            settings,
            env: Vec::new(),
        };
        this.write("tidings.toml", this.settings.to_string());
        this.write("feeds.toml", "");
        this
    }

    /// Adds a feed with nothing but its URL.
    pub(crate) fn feed(self, url: &str) -> Self {
        self.feed_toml(&format!("[[feed]]\nurl = {url:?}"))
    }

    /// Adds these lines to the feed file.
    pub(crate) fn feed_toml(self, lines: &str) -> Self {
        self.write(
            "feeds.toml",
            format!("{}{lines}\n\n", self.read("feeds.toml")),
        );
        self
    }

    /// Lays these settings over those that make loopback sites pollable; a key given here wins.
    /// Broken settings are written with [`Tidings::write`] instead.
    pub(crate) fn settings(mut self, toml: &str) -> Self {
        let more: DocumentMut = toml.parse().expect("valid TOML");
        lay_over(self.settings.as_table_mut(), more.as_table());
        self.write("tidings.toml", self.settings.to_string());
        self
    }

    /// Sets an environment variable for the binary, which otherwise has only `HOME` and `PATH`.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// The path of something in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the directory, making folders on the way.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside the directory")).expect("a writable dir");
        fs::write(path, contents).expect("a writable dir");
    }

    /// Reads a text file of the directory.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// `tidings --config <dir>/tidings.toml ARGS…`, not started: for what the methods below
    /// leave out.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bare_command(&["--config"]);
        command.arg(self.path("tidings.toml")).args(args);
        command
    }

    /// The binary with these arguments and no word about where the settings are.
    pub(crate) fn bare_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Every article in the store, as `export --format jsonl` writes it.
    pub(crate) fn exported(&self) -> Vec<serde_json::Value> {
        self.run(&["export", "--format", "jsonl"]).ok().jsonl()
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.spawn(args).wait()
    }

    /// Runs to the end with these bytes on standard input.
    pub(crate) fn run_with_stdin(&self, args: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped());
        let mut daemon = Daemon::start(command);
        let mut stdin = daemon.take_stdin().expect("standard input is a pipe");
        let input = input.into();
        // A thread of its own: the pipe may fill before the binary reads, or never be read.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let ran = daemon.wait();
        feeder.join().expect("writing to a closed pipe is no panic");
        ran
    }

    /// Starts it and lets it run; the guard kills it at the latest when dropped.
    pub(crate) fn spawn(&self, args: &[&str]) -> Daemon {
        Daemon::start(self.command(args))
    }
}

/// Table by table, `over` wins.
fn lay_over(base: &mut Table, over: &Table) {
    for (key, item) in over {
        match (
            base.get_mut(key).and_then(Item::as_table_mut),
            item.as_table(),
        ) {
            (Some(base), Some(over)) => lay_over(base, over),
            _ => drop(base.insert(key, item.clone())),
        }
    }
}

#[test]
fn settings_are_laid_over_the_loopback_defaults_table_by_table() {
    let tidings = Tidings::new()
        .settings("[fetch]\nhost_interval = \"1s\"\ntimeout = \"2s\"")
        .settings("[schedule]\ninterval = \"1h\"");
    let settings: toml::Table = tidings.read("tidings.toml").parse().unwrap();
    assert_eq!(settings["store"].as_str(), Some("tidings.db"));
    assert_eq!(
        settings["fetch"]["allow_private"][0].as_str(),
        Some("127.0.0.0/8")
    );
    assert_eq!(settings["fetch"]["host_interval"].as_str(), Some("1s"));
    assert_eq!(settings["fetch"]["timeout"].as_str(), Some("2s"));
    assert_eq!(settings["schedule"]["interval"].as_str(), Some("1h"));
}
