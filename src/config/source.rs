//! One file of the operator's, as text with positions; where mistakes get their place.
//!
//! Knows lines and columns, nothing of TOML or OPML.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    Env,
    error::{ConfigError, Position},
};

/// Larger files are no feed lists: they would only cost memory.
pub(super) const MAX_FILE: u64 = 16 * 1024 * 1024;

/// A file's text and the name it has in messages.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Absolute.
    pub(super) path: PathBuf,
    /// As messages show it.
    pub(super) shown: PathBuf,
    /// The whole text.
    pub(super) text: String,
}

impl Source {
    /// Reads a UTF-8 file of at most [`MAX_FILE`] bytes; `remedy` is what to do if it is missing.
    pub(super) fn read(path: &Path, env: &Env, remedy: &str) -> Result<Self, ConfigError> {
        let bytes = read_bytes(path, env, remedy)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good =
                String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()])
                    .into_owned();
            let at = good.len();
            Self::new(path, env, good).error(at, "", "the file is not UTF-8 text; save it as UTF-8")
        })?;
        Ok(Self::new(path, env, text))
    }

    /// Wraps a text that was read elsewhere.
    pub(super) fn new(path: &Path, env: &Env, text: String) -> Self {
        Self {
            path: env.absolute(path),
            shown: env.shown(path),
            text,
        }
    }

    /// Line and column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// A mistake at a byte offset; an empty key is left out.
    pub(super) fn error(
        &self,
        offset: usize,
        key: &str,
        message: impl Into<String>,
    ) -> ConfigError {
        ConfigError {
            file: Some(self.shown.clone()),
            position: Some(self.position(offset)),
            key: (!key.is_empty()).then(|| key.to_owned()),
            message: message.into(),
            feed: Vec::new(),
        }
    }

    /// `file:line`, for naming a second place in a message.
    pub(super) fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.shown.display(), self.position(offset).line)
    }
}

/// Reads a file of at most [`MAX_FILE`] bytes.
pub(super) fn read_bytes(path: &Path, env: &Env, remedy: &str) -> Result<Vec<u8>, ConfigError> {
    let mut bytes = Vec::new();
    let read = File::open(env.absolute(path))
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > MAX_FILE => Err(ConfigError::in_file(
            env.shown(path),
            "the file is larger than 16 MiB; split it",
        )),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ConfigError::in_file(
            env.shown(path),
            format!("there is no such file; {remedy}"),
        )),
        Err(error) => {
            let message = format!("cannot be read: {error}; check the path and its permissions");
            Err(ConfigError::in_file(env.shown(path), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new(
            Path::new("a.toml"),
            &Env::in_dir("/x"),
            "é = 1\nünknown = 2\n".into(),
        );
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(
            source.position("é = ".len()),
            Position { line: 1, column: 5 }
        );
        assert_eq!(
            source.position("é = 1\nün".len()),
            Position { line: 2, column: 3 }
        );
        assert_eq!(source.position(9999), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_file_that_is_not_utf8_is_refused_with_the_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.toml"), b"a = 1\nb = '\xff'\n").unwrap();
        let error = Source::read(Path::new("a.toml"), &Env::in_dir(dir.path()), "").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.toml:2:6: the file is not UTF-8 text; save it as UTF-8"
        );
    }
}
