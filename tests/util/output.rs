//! What a finished run of the binary said, with assertions that show all of it when they fail.

use std::{fmt, process::ExitStatus};

/// A finished run.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// As it would be typed, for failure messages.
    pub(crate) command: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` when a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Ran {
    pub(crate) fn new(command: String, status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            command,
            stdout: text(stdout),
            stderr: text(stderr),
            code: status.code(),
        }
    }

    /// It ended with exit code 0.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        self.code(0)
    }

    /// It ended with that exit code.
    #[track_caller]
    pub(crate) fn code(&self, expected: i32) -> &Self {
        assert_eq!(self.code, Some(expected), "wrong exit code of {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text),
            "no {text:?} in stdout of {self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn stdout_lacks(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text), "{text:?} in stdout of {self}");
        self
    }

    /// Standard output is one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        let value = serde_json::from_str(&self.stdout);
        value.unwrap_or_else(|error| panic!("{error} in stdout of {self}"))
    }

    /// Standard output is one JSON value a line.
    #[track_caller]
    pub(crate) fn jsonl(&self) -> Vec<serde_json::Value> {
        let value = |line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{error} in {line:?} of {self}"))
        };
        self.stdout.lines().map(value).collect()
    }

    /// The one line of standard output that has this text.
    #[track_caller]
    pub(crate) fn line_with(&self, text: &str) -> &str {
        let lines: Vec<&str> = self
            .stdout
            .lines()
            .filter(|line| line.contains(text))
            .collect();
        assert_eq!(lines.len(), 1, "lines with {text:?} in stdout of {self}");
        lines[0]
    }

    /// It said one line on standard error, and this is in it.
    #[track_caller]
    pub(crate) fn complains_once(&self, text: &str) -> &Self {
        assert_eq!(self.stderr.lines().count(), 1, "stderr of {self}");
        self.stderr_has(text)
    }

    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "no {text:?} in stderr of {self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn stderr_lacks(&self, text: &str) -> &Self {
        assert!(!self.stderr.contains(text), "{text:?} in stderr of {self}");
        self
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "`{}`", self.command)?;
        match self.code {
            Some(code) => writeln!(f, "exit code {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        writeln!(
            f,
            "--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}
