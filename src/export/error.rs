//! What can go wrong on the way out and back in, with the path and the remedy.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::CursorError;

/// Why an export is not complete.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The reader of the stream went away (`| head`): a clean end, not a failure.
    #[error("the output was closed before the end")]
    PipeClosed,
    /// The stream cannot be written.
    #[error("cannot write the output: {remedy}")]
    Stream {
        /// What to do about it.
        remedy: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot {action} {}: {remedy}", path.display())]
    File {
        /// What was tried, such as `write`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What to do about it.
        remedy: &'static str,
        /// What the system said, if that says more.
        source: Option<io::Error>,
    },
    /// What stands where the manifest belongs is another program's, or a later version's.
    #[error(
        "{}: not a manifest that this version of tidings knows; move it, or name another place",
        path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// An export without a manifest cannot be checked.
    #[error(
        "{}: there is no manifest; exports into folders have one, and files with --manifest",
        path.display()
    )]
    NoManifest {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What an incremental export was asked for does not go with its cursor.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The articles cannot be read.
    #[error("cannot read the articles to export")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ExportError {
    /// A failed write to a stream.
    pub(super) fn stream(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            _ => Self::Stream {
                remedy: remedy(&source),
                source,
            },
        }
    }

    /// Something that failed at a path.
    pub(super) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        let remedy = remedy(&source);
        let source = match source.kind() {
            // The remedy says it all.
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::DirectoryNotEmpty => None,
            // Errors of temporary files name a file that nobody asked for.
            kind if source.raw_os_error().is_none() && kind != io::ErrorKind::Other => {
                Some(kind.into())
            }
            _ => Some(source),
        };
        Self::File {
            action,
            path: path.to_owned(),
            remedy,
            source,
        }
    }
}

/// What to do about an error of the file system.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "allow this user to write there, or name another place",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only; name another place",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "no space is left; free some and export again"
        }
        io::ErrorKind::NotFound => "the folder does not exist; create it first",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file stands where a folder is needed; name another place"
        }
        io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty => {
            "a folder stands where a file is needed; name another place"
        }
        _ => "check the place and export again",
    }
}

/// Why a file cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: expected {expected}", path.display())]
pub struct ImportError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What should stand there, and what stands there instead.
    pub expected: String,
}
