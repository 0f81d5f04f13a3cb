//! The few things outside the files that decide what they mean, read once into a value.
//!
//! Tests hand in their own, so no test changes the process's environment.

use std::{
    env,
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

/// What settings and paths take from the process. Empty variables count as unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Env {
    /// `$TIDINGS_CONFIG`: the settings file.
    pub tidings_config: Option<PathBuf>,
    /// `$STATE_DIRECTORY`, set by systemd; the first one of several.
    pub state_directory: Option<PathBuf>,
    /// `$XDG_DATA_HOME`; relative paths are ignored, as the XDG specification demands.
    pub xdg_data_home: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// `$CREDENTIALS_DIRECTORY`, set by systemd for `LoadCredential=`.
    pub credentials_directory: Option<PathBuf>,
    /// `$NOTIFY_SOCKET` is set: systemd waits for notifications.
    pub under_systemd: bool,
    /// `$JOURNAL_STREAM`, set by systemd where standard error goes to the journal.
    pub journal_stream: Option<String>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The machine-wide settings file, the last one looked for.
    pub system_config: PathBuf,
}

impl Env {
    /// The process's own.
    #[must_use]
    pub fn from_process() -> Self {
        let path = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            tidings_config: path("TIDINGS_CONFIG"),
            state_directory: env::var_os("STATE_DIRECTORY").and_then(|list| first_of_list(&list)),
            xdg_data_home: path("XDG_DATA_HOME").filter(|path| path.is_absolute()),
            home: path("HOME"),
            credentials_directory: path("CREDENTIALS_DIRECTORY"),
            under_systemd: path("NOTIFY_SOCKET").is_some(),
            journal_stream: env::var("JOURNAL_STREAM").ok(),
            // A deleted working directory leaves only absolute paths usable.
            ..Self::in_dir(env::current_dir().unwrap_or_else(|_| PathBuf::from("/")))
        }
    }

    /// A working directory with no variables set.
    #[must_use]
    pub fn in_dir(cwd: impl Into<PathBuf>) -> Self {
        Self {
            tidings_config: None,
            state_directory: None,
            xdg_data_home: None,
            home: None,
            credentials_directory: None,
            under_systemd: false,
            journal_stream: None,
            cwd: cwd.into(),
            system_config: PathBuf::from("/etc/tidings/tidings.toml"),
        }
    }

    /// The path as an absolute one, without `.` parts.
    ///
    /// `..` stays: after a symbolic link it does not mean "one part less".
    #[must_use]
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let path = self.cwd.join(path);
        path.components()
            .filter(|part| *part != Component::CurDir)
            .collect()
    }

    /// The path as messages show it: relative to the working directory if it lies within.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        let path = self.absolute(path);
        match path.strip_prefix(&self.cwd) {
            // Below the root everything would be relative, and nothing shorter to read.
            Ok(short) if short != Path::new("") && self.cwd != Path::new("/") => short.to_owned(),
            _ => path,
        }
    }
}

/// systemd joins several state directories with colons.
fn first_of_list(list: &OsStr) -> Option<PathBuf> {
    env::split_paths(list).find(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute_and_shown_short() {
        let env = Env::in_dir("/srv/news");
        assert_eq!(
            env.absolute(Path::new("./config/a.toml")),
            Path::new("/srv/news/config/a.toml")
        );
        assert_eq!(
            env.shown(Path::new("/srv/news/config/a.toml")),
            Path::new("config/a.toml")
        );
        for cwd in ["/srv/news", "/"] {
            assert_eq!(
                Env::in_dir(cwd).shown(Path::new("/etc/a.toml")),
                Path::new("/etc/a.toml")
            );
        }
    }

    #[test]
    fn the_first_of_several_state_directories_is_used() {
        assert_eq!(
            first_of_list("/var/lib/a:/var/lib/b".as_ref()),
            Some("/var/lib/a".into())
        );
        assert_eq!(first_of_list("".as_ref()), None);
    }
}
