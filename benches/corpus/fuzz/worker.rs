//! The work of one child: it reads inputs and says on standard output what happens, line by line.

use std::{
    io::Write as _,
    ops::Range,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::sys::resource::{Resource, setrlimit};

use super::{SLOW, mutate::Mutator, pool::LANES};
use crate::{
    Result,
    corpus::Corpus,
    read::{BASE, Reader},
};

/// As much as the daemon's reading threads have.
const STACK: usize = 2 << 20;

/// An input that needs more memory ends the child.
const MEMORY: u64 = 2 << 30;

/// Reads every input of a lane.
pub(super) fn run(seed: u64, numbers: Range<u64>, corpus: &Corpus, reader: &Reader) -> Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?;
    let mut mutator = Mutator::new(seed, corpus)?;
    on_small_stack(|| {
        let mut out = std::io::stdout().lock();
        let mut slowest = Duration::ZERO;
        for number in numbers.step_by(LANES as usize) {
            writeln!(out, "begin {number}")?;
            out.flush()?;
            let input = mutator.input(number)?;
            let (took, panic) = read(&input, reader);
            slowest = slowest.max(took);
            if let Some(why) = panic {
                writeln!(out, "panic {}", why.replace('\n', " "))?;
            }
            if took > SLOW {
                writeln!(out, "slow {} ms", took.as_millis())?;
            }
            writeln!(out, "end {}", slowest.as_millis())?;
        }
        Ok(())
    })
}

/// Reads one input and tells about it; true if nothing is wrong.
pub(super) fn replay(
    seed: u64,
    number: u64,
    save: Option<&Path>,
    corpus: &Corpus,
    reader: &Reader,
) -> Result<bool> {
    let input = Mutator::new(seed, corpus)?.input(number)?;
    if let Some(path) = save {
        std::fs::write(path, &input).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    on_small_stack(|| {
        let (took, panic) = read(&input, reader);
        let outcome = panic.as_deref().unwrap_or("no panic");
        let (bytes, took_ms) = (input.len(), took.as_millis());
        println!("input {number} of seed {seed}, {bytes} bytes: {outcome}, {took_ms} ms");
        Ok(panic.is_none() && took <= SLOW)
    })
}

/// How long parsing and normalizing took, and the panic if there was one.
fn read(input: &[u8], reader: &Reader) -> (Duration, Option<String>) {
    let start = Instant::now();
    let outcome = reader
        .parse(input, None, BASE)
        .and_then(|feed| reader.normalize(&feed, BASE));
    let took = start.elapsed();
    let panic = outcome.err().filter(|why| why.starts_with("panic: "));
    (took, panic)
}

fn on_small_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let ended = thread.spawn_scoped(scope, work)?.join();
        ended.unwrap_or_else(|_| Err("the tool itself panicked".into()))
    })
}
