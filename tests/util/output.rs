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
