//! What the operator sees: whole files in, feeds and messages out.

mod access;
mod feeds;
mod samples;
mod settings;

use std::{fs, path::PathBuf};

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
