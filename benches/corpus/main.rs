//! `tidings-corpus`: the figures of parsing, measured on a folder of feeds and expectations.
//!
//! It is fed by the environment variable `TIDINGS_CORPUS` and knows no file by name but the
//! lists, so that any corpus in the same formats can be run through it. A tool of the developers:
//! it needs the feature `load` and is never shipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for a terminal: its output is its purpose"
)]

mod compare;
mod corpus;
mod damaged;
mod dates;
mod fields;
mod fuzz;
mod given;
mod read;
mod real;
mod regression;
mod report;
mod speed;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};

use crate::{corpus::Corpus, read::Reader, report::Report};

/// A measuring tool has no callers that would tell errors apart: the text is enough.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measures parsing on the corpus that `TIDINGS_CORPUS` names: the folder that holds feeds/.
#[derive(Parser)]
struct Cli {
    /// Measure these sections alone [default: all].
    #[arg(long, value_delimiter = ',', value_name = "SECTION")]
    only: Vec<Section>,
    /// Print what fell short.
    #[arg(long)]
    verbose: bool,
    /// Write what fell short to a file.
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
    #[command(flatten)]
    fuzz: fuzz::Args,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Section {
    /// Real feeds give all their entries.
    Real,
    /// Fields say what feedparser's own tests expect.
    Fields,
    /// Date strings.
    Dates,
    /// Damaged copies of real feeds.
    Damaged,
    /// Well-formed feeds: nothing is worse than with feed-rs alone.
    Regression,
    /// Throughput of one thread.
    Speed,
    /// Mutated inputs: no panic, nothing slow.
    Mutations,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tidings-corpus: {error}");
            ExitCode::from(2)
        }
    }
}

/// True if every figure reaches its target.
fn run(cli: &Cli) -> Result<bool> {
    let corpus = Corpus::open()?;
    let reader = Reader::new()?;
    if let Some(passed) = fuzz::part(&cli.fuzz, &corpus, &reader)? {
        return Ok(passed);
    }
    // Panics are counted, not told.
    std::panic::set_hook(Box::new(|_| {}));
    let mut report = Report::default();
    for section in Section::value_variants() {
        if cli.only.is_empty() || cli.only.contains(section) {
            let report = &mut report;
            match section {
                Section::Real => real::run(&corpus, &reader, report)?,
                Section::Fields => fields::run(&corpus, &reader, report)?,
                Section::Dates => dates::run(&corpus, &reader, report)?,
                Section::Damaged => damaged::run(&corpus, &reader, report)?,
                Section::Regression => regression::run(&corpus, &reader, report)?,
                Section::Speed => speed::run(&corpus, &reader, report)?,
                Section::Mutations => fuzz::run(&cli.fuzz, &corpus, report)?,
            }
        }
    }
    report::progress("");
    if let Some(path) = &cli.details {
        std::fs::write(path, report.details().join("\n") + "\n")
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if cli.verbose {
        for detail in report.details() {
            println!("{detail}");
        }
    }
    print!("{report}");
    Ok(report.is_ok())
}
