//! The children: each reads every second input; one that dies or hangs is replaced.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::Args;
use crate::{Result, report::progress};

/// Children at a time.
pub(super) const LANES: u64 = 2;

/// An input that takes longer is given up.
const HANG: Duration = Duration::from_secs(20);

/// A lane that lost so many children ends: the figure is bad enough.
const MAX_LOST: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Panic,
    Slow,
    Hang,
    /// The process died: a stack overflow, or too much memory.
    Crash,
}

/// What went wrong with an input.
pub(super) struct Fault {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) what: String,
}

/// What all children found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) faults: Vec<Fault>,
    pub(super) read: u64,
    pub(super) slowest_ms: u64,
}

impl Found {
    fn fault(&mut self, number: u64, kind: Kind, what: impl Into<String>) {
        let what = what.into();
        self.faults.push(Fault { number, kind, what });
    }
}

/// Reads all inputs.
pub(super) fn run(args: &Args) -> Result<Found> {
    let lanes = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|first| scope.spawn(move || lane(args, first)))
            .collect();
        let ended = lanes.into_iter().map(|lane| {
            let panicked = |_| Err("the tool itself panicked".into());
            lane.join().unwrap_or_else(panicked)
        });
        ended.collect::<Result<Vec<Found>>>()
    })?;
    let mut all = Found::default();
    for lane in lanes {
        all.faults.extend(lane.faults);
        all.read += lane.read;
        all.slowest_ms = all.slowest_ms.max(lane.slowest_ms);
    }
    all.faults.sort_by_key(|fault| fault.number);
    Ok(all)
}

/// True if an input is slow even with the machine to itself.
pub(super) fn is_slow_alone(args: &Args, number: u64) -> Result<bool> {
    let one = Args {
        mutations: number + 1,
        ..args.clone()
    };
    let mut found = Found::default();
    child(&one, number, &mut found)?;
    Ok(!found.faults.is_empty())
}

/// Reads the inputs of one lane, with as many children as that takes.
fn lane(args: &Args, first: u64) -> Result<Found> {
    let mut found = Found::default();
    let (mut next, mut lost) = (Some(first), 0);
    while let Some(first) = next.filter(|first| *first < args.mutations && lost < MAX_LOST) {
        next = child(args, first, &mut found)?.map(|last| last + LANES);
        lost += 1;
    }
    Ok(found)
}

/// Reads the inputs of a lane from one on; `Some` is the one that ended the child.
fn child(args: &Args, first: u64, found: &mut Found) -> Result<Option<u64>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--seed", &args.seed.to_string()])
        .args(["--mutations", &args.mutations.to_string()])
        .args(["--worker", &first.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lines = lines(&mut child)?;
    let mut current = None;
    let hung = loop {
        match lines.recv_timeout(HANG) {
            Ok(line) => told(&line, &mut current, found),
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
    };
    if hung {
        child.kill()?;
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(None);
    }
    let number = current.ok_or("a child that reads mutated inputs failed at its start")?;
    if hung {
        found.fault(number, Kind::Hang, format!("still read after {HANG:?}"));
    } else {
        found.fault(number, Kind::Crash, status.to_string());
    }
    Ok(Some(number))
}

fn told(line: &str, current: &mut Option<u64>, found: &mut Found) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let number = current.unwrap_or_default();
    match word {
        "begin" => {
            *current = rest.parse().ok();
            found.read += 1;
        }
        "panic" => found.fault(number, Kind::Panic, rest),
        "slow" => found.fault(number, Kind::Slow, rest),
        _ => {
            found.slowest_ms = found.slowest_ms.max(rest.parse().unwrap_or_default());
            if number.is_multiple_of(1000) {
                progress(format_args!("mutated input {number}"));
            }
        }
    }
}

/// A child's lines, so that they can be waited for with a time limit.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let out = child.stdout.take().ok_or("a child without output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(std::io::Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
