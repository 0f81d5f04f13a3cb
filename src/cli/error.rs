//! Whatever ends a command, printed once as `tidings: context: cause`, with its exit code.

use std::{error::Error, io, process::ExitCode};

use super::context::Context;
use crate::{
    config::{ConfigError, ConfigErrors},
    daemon::DaemonError,
    export::ExportError,
    fetch::ClientError,
    model::printable,
    store::StoreError,
};

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// Settings or feed files.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The export.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// Standard output.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
    /// Anything else, in words.
    #[error("{0}")]
    Told(String),
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error.into())
    }
}

impl CliError {
    /// Prints the error and gives the exit code.
    pub(super) fn report(&self, context: &Context) -> ExitCode {
        match self {
            // `| head` has seen enough: a clean end.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Export(ExportError::PipeClosed) => return ExitCode::SUCCESS,
            Self::Config(errors) | Self::Daemon(DaemonError::Config(errors)) => {
                // Complete lines, one a mistake.
                for error in errors.iter() {
                    context.complain(&error.to_string());
                }
            }
            error => context.complain(&chain(error)),
        }
        match self {
            Self::Daemon(
                DaemonError::AlreadyRunning { .. }
                | DaemonError::Store(StoreError::InUseByOlder { .. }),
            ) => ExitCode::from(75),
            _ => ExitCode::from(2),
        }
    }
}

/// `context: cause: cause`, each said once.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    printable(&text)
}
