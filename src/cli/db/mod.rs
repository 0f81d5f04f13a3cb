//! `tidings db …`: the store as a file: is it sound, where is a copy, what does it take.
//!
//! The work is `store::sqlite::care`'s and retention's; here it is asked for and told.

mod check;
mod copies;
mod prune;
mod stats;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::{CliError, Ended, context::Context};
use crate::store::care::Progress;

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Look for damage; exit status 1 if there is some
    ///
    /// Looks at the structure of the file and at the store's rules, and changes nothing. The store may
    /// be in use.
    Check {
        /// Also compare every article with its hash, which finds single flipped bits
        #[arg(long)]
        deep: bool,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write a copy of the store as it is at this moment, even while the daemon uses it
    Backup(BackupArgs),
    /// Put a backup in the place of the store
    ///
    /// The backup is checked first, every article included. The store that is there is kept beside it as
    /// .before-restore-1 (2, 3, …). Cursors of incremental exports begin anew.
    Restore {
        /// The backup
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Take it although articles in it are damaged, as after `db recover`
        #[arg(long)]
        damaged: bool,
    },
    /// Save what can be read of a damaged store into a new one
    #[command(after_help = "\
Examples:
  tidings db recover tidings.db --to saved.db
  tidings --store saved.db db check --deep      what of it is damaged still
  tidings db restore --damaged saved.db         what was saved, as it is")]
    Recover {
        /// The damaged store, which is only read
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The new store
        #[arg(long, value_name = "NEW")]
        to: PathBuf,
    },
    /// Delete what the rules of retention keep no longer, as the daemon does hourly
    Prune {
        /// Only show what would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the store anew without free pages, so that its file gets smaller
    Compact,
    /// What the store holds, and what each of its tables and indexes takes
    Stats {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings db backup /var/backups/tidings.db --force
  tidings db backup /var/backups/                     a name with the date and time")]
pub(super) struct BackupArgs {
    /// The file to write, or a folder
    #[arg(value_name = "DEST")]
    dest: PathBuf,
    /// In the place of a file that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(context: &Context, command: DbCommand) -> Result<Ended, CliError> {
    match command {
        DbCommand::Check { deep, json } => check::run(context, deep, json),
        DbCommand::Backup(args) => copies::backup(context, &args),
        DbCommand::Restore { file, damaged } => copies::restore(context, &file, damaged),
        DbCommand::Recover { file, to } => copies::recover(context, &file, &to),
        DbCommand::Prune { dry_run } => prune::run(context, dry_run),
        DbCommand::Compact => copies::compact(context),
        DbCommand::Stats { json } => stats::run(context, json),
    }
}

/// The store's file, as the options and the settings name it.
fn store(context: &Context) -> Result<PathBuf, CliError> {
    let loaded = context.settings_or_default()?;
    context.store_path(&loaded.config)
}

/// A bar for each part of a long work.
struct Bar<'a> {
    context: &'a Context,
    shown: ProgressBar,
}

impl<'a> Bar<'a> {
    fn new(context: &'a Context) -> Self {
        let shown = ProgressBar::hidden();
        Self { context, shown }
    }

    fn told(&mut self, progress: Progress) {
        match progress {
            Progress::Begins(what, steps) => {
                self.shown.finish_and_clear();
                self.shown = self.context.progress(steps, what);
                if steps == 0 {
                    // Nobody tells of steps.
                    self.shown
                        .enable_steady_tick(std::time::Duration::from_millis(100));
                }
            }
            Progress::Done(steps) => self.shown.set_position(steps),
        }
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.shown.finish_and_clear();
    }
}
