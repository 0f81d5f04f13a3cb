//! Mutated inputs: whatever bytes come, reading them neither panics nor takes longer than a second.
//!
//! Two child processes read the inputs, so that a stack overflow or an endless loop costs one
//! child and is counted like a panic. Every input follows from the seed and its number alone, and
//! `--replay` reads one again.

mod mutate;
mod pool;
mod worker;

use std::{path::PathBuf, time::Duration};

use pool::Kind;

use crate::{
    Result,
    corpus::Corpus,
    read::Reader,
    report::{Report, progress},
};

/// Reading one input may take so long.
const SLOW: Duration = Duration::from_secs(1);

const SECTION: &str = "mutations";

/// What is mutated and how often.
#[derive(clap::Args, Clone)]
pub(crate) struct Args {
    /// Mutated inputs to read.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    mutations: u64,
    /// Other mutations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Read mutated input N alone and tell what happens; its panics are printed.
    #[arg(long, value_name = "N")]
    replay: Option<u64>,
    /// With --replay: where to write that input.
    #[arg(long, value_name = "FILE", requires = "replay")]
    save: Option<PathBuf>,
    /// Be a child that reads every second input from this one on.
    #[arg(long, hide = true, value_name = "N")]
    worker: Option<u64>,
}

/// Does what only a part of the section is: a replay, or the work of a child. True if it passed,
/// `None` if neither is asked for.
pub(crate) fn part(args: &Args, corpus: &Corpus, reader: &Reader) -> Result<Option<bool>> {
    if let Some(number) = args.replay {
        let save = args.save.as_deref();
        return worker::replay(args.seed, number, save, corpus, reader).map(Some);
    }
    if let Some(first) = args.worker {
        worker::run(args.seed, first..args.mutations, corpus, reader)?;
        return Ok(Some(true));
    }
    Ok(None)
}

pub(crate) fn run(args: &Args, corpus: &Corpus, report: &mut Report) -> Result<()> {
    if mutate::sources(corpus)?.is_empty() {
        report.absent("mutated inputs");
        return Ok(());
    }
    progress("mutations");
    let found = pool::run(args)?;
    let (mut panics, mut crashes, mut slow) = (0, 0, 0);
    for fault in &found.faults {
        let (count, what) = match fault.kind {
            Kind::Panic => (&mut panics, "panic"),
            Kind::Crash => (&mut crashes, "crash"),
            Kind::Hang => (&mut slow, "hang"),
            // Measured again, alone: the machine may have been busy.
            Kind::Slow if pool::is_slow_alone(args, fault.number)? => (&mut slow, "slow"),
            Kind::Slow => continue,
        };
        *count += 1;
        report.detail(
            SECTION,
            format!(
                "{what}: --seed {} --replay {}: {}",
                args.seed, fault.number, fault.what
            ),
        );
    }
    report.judged(
        format!("mutated inputs (seed {})", args.seed),
        "0 panics, 0 over 1 s",
        format!(
            "{} read: {panics} panics, {crashes} crashes, {slow} over 1 s, slowest {} ms",
            found.read, found.slowest_ms
        ),
        panics + crashes + slow == 0 && found.read == args.mutations,
    );
    Ok(())
}
