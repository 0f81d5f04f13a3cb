//! `tidings-load`: what a round of polls costs, beside bare floors measured in the same run.
//!
//! It serves feeds on loopback, each at an address of its own (so that politeness per host does
//! not slow the round), and measures child processes by the kernel's own account of them. A tool
//! of the developers: it needs the feature `load` and is never shipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for a terminal: its output is its purpose"
)]

mod client;
mod daemon;
mod exports;
mod faults;
mod files;
mod floor;
mod generate;
mod measure;
mod page;
mod report;
mod round;
mod schedule;
mod server;
mod simulate;

use std::{error::Error, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    faults::Faults,
    floor::Target,
    generate::{Generator, Shape},
    server::{Pages, Server},
};

/// A measuring tool has no callers that would tell errors apart: the text is enough.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Tidings against bare floors on loopback.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve generated feeds; POST /tick changes 2 % of them, GET /stats counts.
    Serve {
        #[command(flatten)]
        served: Served,
        /// 0 takes a free one and prints it.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
    /// Serve each file of a list as one feed at a loopback address of its own.
    ServeDir {
        /// One path a line, relative to the root.
        list: PathBuf,
        #[arg(long)]
        root: PathBuf,
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Where to write the feed file that names them all [default: standard output].
        #[arg(long)]
        feeds_toml: Option<PathBuf>,
    },
    /// Floor D: download every feed and keep nothing but its validator.
    FloorD {
        #[command(flatten)]
        target: Target,
        /// Validators of the last pass; read if there, written at the end.
        #[arg(long)]
        etags: Option<PathBuf>,
    },
    /// Floor S: D, then feed-rs, then one INSERT an entry, one transaction a feed.
    FloorS {
        #[command(flatten)]
        target: Target,
        /// The `SQLite` file; the validators are kept in it too.
        #[arg(long)]
        db: PathBuf,
    },
    /// Run a command; print its wall time, CPU seconds and peak memory as one line of JSON.
    Measure {
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<OsString>,
    },
    /// Scheduling alone, under a virtual clock: every poll is claimed and committed in a real store,
    /// and no request is made.
    Schedule(schedule::ScheduleArgs),
    /// A daemon against the server: how late it polls, and what it costs while nothing is due.
    Daemon(daemon::DaemonArgs),
    /// Exports as tables, beside bare loops that write the same columns.
    Exports(exports::ExportsArgs),
    /// The whole benchmark: both floors and Tidings, cold, warm and with 2 % of the feeds changed.
    Run(RunArgs),
}

/// What is served, and how well.
#[derive(Args, Clone)]
struct Served {
    #[arg(long, default_value_t = 1000)]
    feeds: usize,
    /// Entries in each feed.
    #[arg(long, default_value_t = 27)]
    entries: usize,
    /// Other texts, same sizes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Addresses that the feeds stand at [default: one each].
    #[arg(long)]
    addresses: Option<usize>,
    /// Entries are seconds apart, and documents do not say how often they are updated.
    #[arg(long)]
    brisk: bool,
    #[command(flatten)]
    faults: Faults,
}

impl Served {
    fn places(&self, port: u16) -> page::Places {
        page::Places {
            port,
            addresses: self.addresses.unwrap_or(self.feeds).max(1),
        }
    }
}

#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    served: Served,
    /// The binary to measure [default: `tidings` beside this one].
    #[arg(long)]
    tidings: Option<PathBuf>,
    /// Leave the stores and settings there.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Requests in flight in the floors (Tidings runs at its default).
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// One line of JSON in place of the table.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tidings-load: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve { served, port } => {
            let pages = Pages::Made(Generator::new(Shape {
                feeds: served.feeds,
                entries: served.entries,
                seed: served.seed,
                brisk: served.brisk,
            }));
            Server::new(pages, served.addresses, served.faults).run(port)
        }
        Command::ServeDir {
            list,
            root,
            port,
            feeds_toml,
        } => {
            let files = files::read(&list, &root)?;
            let server =
                Server::new(Pages::Fixed(files.pages), None, Faults::default()).bind(port)?;
            let feeds = files::feeds_toml(&files.names, server.port());
            match feeds_toml {
                Some(path) => std::fs::write(path, feeds)?,
                None => println!("{feeds}"),
            }
            server.run()
        }
        Command::FloorD { target, etags } => floor::download(&target, etags.as_deref()),
        Command::FloorS { target, db } => floor::download_and_store(&target, &db),
        Command::Measure { command } => measure::print(&command),
        Command::Schedule(args) => schedule::run(&args),
        Command::Daemon(args) => daemon::run(&args),
        Command::Exports(args) => exports::run(&args),
        Command::Run(args) => round::run(&args),
    }
}
