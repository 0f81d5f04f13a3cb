//! One child process by the kernel's own account: wall time, CPU seconds, peak memory.
//!
//! `getrusage(RUSAGE_CHILDREN)` keeps the maximum over all children, so each measurement is made
//! by a process of its own that has one child.

use std::{
    ffi::OsString,
    process::{Command, Stdio},
    time::Instant,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use serde::{Deserialize, Serialize};

use crate::Result;

/// What a process cost.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Cost {
    pub(crate) wall_s: f64,
    /// User and system together.
    pub(crate) cpu_s: f64,
    pub(crate) user_s: f64,
    pub(crate) system_s: f64,
    pub(crate) peak_rss_mb: f64,
    /// `None` when a signal ended it.
    pub(crate) exit_code: Option<i32>,
}

/// `tidings-load measure`: the child's output goes to standard error, the cost to standard output.
pub(crate) fn print(command: &[OsString]) -> Result<()> {
    println!("{}", serde_json::to_string(&own_child(command)?)?);
    Ok(())
}

/// Runs a command and measures it, through a `measure` process.
pub(crate) fn run(command: &[OsString]) -> Result<Cost> {
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", "--"])
        .args(command)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{command:?} could not be measured").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn own_child(command: &[OsString]) -> Result<Cost> {
    let (program, args) = command.split_first().ok_or("no command")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let wall_s = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user_s, system_s) = (seconds(usage.user_time()), seconds(usage.system_time()));
    Ok(Cost {
        wall_s,
        cpu_s: user_s + system_s,
        user_s,
        system_s,
        // Linux counts it in KiB.
        peak_rss_mb: usage.max_rss() as f64 * 1024.0 / 1e6,
        exit_code: status.code(),
    })
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
