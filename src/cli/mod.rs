//! The command line: one file per command, and the one place that prints.
//!
//! Exit codes: 0 all done, 1 done in part (each failure is told), 2 could not run; 75 when another
//! daemon has the store; 130 when Ctrl-C ended it, 143 when SIGTERM did.

mod advice;
mod args;
mod article;
mod backfill;
mod check;
mod cleanup;
mod context;
mod cursor;
mod db;
mod doubts;
mod error;
mod explain;
mod export;
mod facts;
mod feed;
mod find;
mod help;
mod import;
mod incremental;
mod kept;
mod logging;
mod pages;
mod poll;
mod preview;
mod replay;
mod run;
mod schema;
mod search;
mod signals;
mod snippet;
mod source;
mod status;
mod tail;
mod terminal;
#[cfg(test)]
mod tests;
mod verify;
mod waits;
mod websub;
mod when;

use std::{io, process::ExitCode};

use clap::{CommandFactory as _, Parser as _};

pub use args::Args;
use args::Command;
use context::Context;
pub use error::CliError;

/// How a command ended when it could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    /// Something failed and was told.
    InPart,
    /// There is nothing right about what was asked for; each reason was told.
    Badly,
    /// A signal asked for it; what is left was told.
    By(signals::Signal),
}

impl Ended {
    /// The end of a round that tells as it goes; a reader that had seen enough (`| head`) is no failure.
    fn after(
        output: io::Result<()>,
        has_failed: bool,
        stopped: Option<signals::Signal>,
    ) -> Result<Self, CliError> {
        match output {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        Ok(match stopped {
            Some(signal) => Self::By(signal),
            None if has_failed => Self::InPart,
            None => Self::Well,
        })
    }
}

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let context = Context::new(args.global);
    logging::start(&context, matches!(args.command, Command::Run));
    match command(args.command, &context) {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::InPart) => ExitCode::from(1),
        Ok(Ended::Badly) => ExitCode::from(2),
        Ok(Ended::By(signal)) => ExitCode::from(signal.exit_code()),
        Err(error) => error.report(&context),
    }
}

fn command(command: Command, context: &Context) -> Result<Ended, CliError> {
    match command {
        Command::Run => run::run(context),
        Command::Poll(args) => poll::run(context, &args),
        Command::Backfill(args) => backfill::run(context, &args),
        Command::Replay(args) => replay::run(context, &args),
        Command::Feed(command) => feed::run(context, command),
        Command::Preview(args) => preview::run(context, &args),
        Command::Search(args) => search::run(context, &args),
        Command::Export(args) => export::run(context, &args),
        Command::Tail(args) => tail::run(context, &args),
        Command::Cursor(command) => cursor::run(context, command),
        Command::Article(command) => article::run(context, command),
        Command::Import(args) => import::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Schema => schema::run(),
        Command::Status(args) => status::run(context, &args),
        Command::Db(command) => db::run(context, command),
        Command::Check => check::run(context),
        Command::Completions { shell } => help::completions(shell, context, Args::command()),
        Command::Man => help::man(context, Args::command()),
    }
}
