//! What is wrong with a settings or feed file, said so that the operator can mend it.
//!
//! One mistake is one line: file, line, column, key, what is wrong and the remedy. Texts that
//! come from files are made printable here, in one place; values of headers never get here.

use std::{fmt, path::PathBuf};

use crate::model::printable;

/// A position in a text file, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// One mistake in the operator's files or set-up.
///
/// Displayed as one line: `config/feeds.toml:12:1: feed.interval: "5 parsecs" is not a duration;
/// write e.g. "30m" or "2h"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file, relative to the working directory where that is shorter.
    pub file: Option<PathBuf>,
    /// Where in the file.
    pub position: Option<Position>,
    /// Dotted path of the key, e.g. `fetch.timeout`.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
    /// What the feed is called whose entry has the mistake: id, URL, name, as far as they can be read.
    pub feed: Vec<String>,
}

impl ConfigError {
    /// A mistake that belongs to no file.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// True if it is a mistake in the entry of the feed that is called so: by its id or the beginning
    /// of that, its URL or its name.
    #[must_use]
    pub fn is_about(&self, wanted: &str) -> bool {
        let is_wanted = |name: &String| name.eq_ignore_ascii_case(wanted);
        let id = self.feed.first();
        self.feed.iter().any(is_wanted) || id.is_some_and(|id| id.starts_with(wanted))
    }

    /// A mistake of a whole file.
    #[must_use]
    pub fn in_file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            ..Self::new(message)
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", printable(&file.to_string_lossy()))?;
            if let Some(Position { line, column }) = self.position {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{}: ", printable(key))?;
        }
        f.write_str(&printable(&self.message))
    }
}

/// One or more mistakes, in the order of the files and of their lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// `Err` with all the mistakes, or `Ok` if there are none.
    ///
    /// # Errors
    /// The mistakes themselves.
    pub fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// The mistakes; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }

    /// The mistakes as a list; at least one.
    #[must_use]
    pub fn into_vec(self) -> Vec<ConfigError> {
        self.0
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_line_without_control_characters() {
        let error = ConfigError {
            file: Some("config/feeds\n.toml".into()),
            position: Some(Position {
                line: 12,
                column: 1,
            }),
            key: Some("feed.\u{1b}[31m".into()),
            message: "\u{202e}oops".into(),
            feed: Vec::new(),
        };
        assert_eq!(
            error.to_string(),
            "config/feeds .toml:12:1: feed.\\u{1b}[31m: \\u{202e}oops"
        );
    }
}
