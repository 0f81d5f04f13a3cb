//! A daemon against the server: what it costs while nothing is due, then how late it polls feeds that
//! are due every few seconds.
//!
//! The schedule is looked at in the daemon's own store while it runs (when each feed is next due),
//! and compared with the poll history at the end: the first poll after a due time is that poll.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Args;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, SysconfVar, sysconf},
};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use serde_json::json;

use crate::{Result, Served, client::ServerProcess, measure, page::Places, round};

/// A poll that began so many milliseconds before it was due was due then.
const SLACK: i64 = 100;

/// What is run, and for how long.
#[derive(Args)]
pub(crate) struct DaemonArgs {
    #[command(flatten)]
    served: Served,
    /// The binary to measure [default: `tidings` beside this one].
    #[arg(long)]
    tidings: Option<PathBuf>,
    /// Time between two polls of a feed.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "10s")]
    interval: Duration,
    /// How long the daemon polls by schedule.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "60s")]
    duration: Duration,
    /// How long it has nothing to do.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "30s")]
    idle: Duration,
    /// How often 2 % of the feeds get a new entry.
    #[arg(long, value_parser = humantime::parse_duration, default_value = "5s")]
    tick: Duration,
    /// One line of JSON in place of the table.
    #[arg(long)]
    json: bool,
}

/// What a process has used by now.
#[derive(Clone, Copy, Debug, Serialize)]
struct Usage {
    cpu_s: f64,
    rss_mb: f64,
    peak_rss_mb: f64,
}

/// How late polls were.
#[derive(Debug, Serialize)]
struct Lateness {
    polls: usize,
    p50_s: f64,
    p99_s: f64,
    most_s: f64,
}

/// Runs both parts and prints them.
pub(crate) fn run(args: &DaemonArgs) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let tidings = round::tidings_path(args.tidings.as_deref())?;
    // A document that says it changes hourly is not asked for every few seconds.
    let served = Served {
        brisk: true,
        ..args.served.clone()
    };
    let server = ServerProcess::start(&served)?;
    let feeds = args.served.feeds;

    let mut floors = Vec::new();
    for (name, option, file) in [
        ("floor-d", "--etags", "etags"),
        ("floor-s", "--db", "floor.db"),
    ] {
        let floor = round::floor(
            (feeds, 64, server.places),
            name,
            option,
            dir.path().join(file),
        )?;
        measure::run(&floor)?;
        floors.push(measure::run(&floor)?.cpu_s / feeds as f64 * 1e3);
    }
    let idle = idle(args, &tidings, &server, &dir.path().join("idle"))?;
    let busy = busy(args, &tidings, &server, &dir.path().join("busy"))?;
    let report = json!({
        "feeds": feeds,
        "first_poll": idle.0,
        "idle": idle.1,
        "idle_cpu_percent": idle.1.cpu_s / args.idle.as_secs_f64() * 100.0,
        "schedule": busy.1,
        "lateness": busy.0,
        "polls": busy.2,
        "cpu_s_per_1000_polls": busy.1.cpu_s / busy.2.max(1) as f64 * 1e3,
        "floor_d_warm_cpu_s_per_1000": floors[0],
        "floor_s_warm_cpu_s_per_1000": floors[1],
    });
    if args.json {
        println!("{report}");
    } else {
        tell(args, &idle, &busy, &floors);
    }
    Ok(())
}

fn tell(
    args: &DaemonArgs,
    (first, idle): &(measure::Cost, Usage),
    (late, usage, polls): &(Lateness, Usage, usize),
    floors: &[f64],
) {
    let per_thousand = usage.cpu_s / (*polls).max(1) as f64 * 1e3;
    println!(
        "{} feeds; first poll of all: {:.2} CPU s, peak {:.1} MB",
        args.served.feeds, first.cpu_s, first.peak_rss_mb
    );
    println!(
        "idle for {}: {:.2} % of a core, {:.1} MB (peak {:.1})",
        humantime::format_duration(args.idle),
        idle.cpu_s / args.idle.as_secs_f64() * 100.0,
        idle.rss_mb,
        idle.peak_rss_mb
    );
    println!(
        "due every {} for {}: {polls} polls, {per_thousand:.3} CPU s/1k (floor D warm x {:.2}, S warm x {:.2}), {:.1} MB (peak {:.1})",
        humantime::format_duration(args.interval),
        humantime::format_duration(args.duration),
        per_thousand / floors[0],
        per_thousand / floors[1],
        usage.rss_mb,
        usage.peak_rss_mb
    );
    let of = args
        .served
        .faults
        .slow
        .map_or("", |_| " of the other hosts");
    println!(
        "lateness of {} polls{of}: p50 {:.3} s, p99 {:.3} s, most {:.3} s",
        late.polls, late.p50_s, late.p99_s, late.most_s
    );
}

/// Polls everything once by hand; then a daemon has nothing to do for at least a quarter of an hour.
fn idle(
    args: &DaemonArgs,
    tidings: &Path,
    server: &ServerProcess,
    dir: &Path,
) -> Result<(measure::Cost, Usage)> {
    fs::create_dir_all(dir)?;
    let config = round::write_settings(dir, args.served.feeds, server.places, "")?;
    let first = first_poll(tidings, &config)?;
    let daemon = Daemon::start(tidings, &config)?;
    // The start itself (reading feeds, the sync) is no part of being idle.
    thread::sleep(Duration::from_secs(10));
    let before = daemon.usage()?;
    thread::sleep(args.idle);
    let after = daemon.usage()?;
    daemon.stop()?;
    let cpu_s = after.cpu_s - before.cpu_s;
    Ok((first, Usage { cpu_s, ..after }))
}

/// One round by hand, in which feeds may fail as the server pleases.
fn first_poll(tidings: &Path, config: &Path) -> Result<measure::Cost> {
    let cost = measure::run(&round::poll(tidings, config))?;
    match cost.exit_code {
        Some(0 | 1) => Ok(cost),
        code => Err(format!("the first poll ended with {code:?}").into()),
    }
}

/// Lets a daemon poll by schedule: how late, at what cost, how many polls.
fn busy(
    args: &DaemonArgs,
    tidings: &Path,
    server: &ServerProcess,
    dir: &Path,
) -> Result<(Lateness, Usage, usize)> {
    fs::create_dir_all(dir)?;
    let every = format!("interval = \"{}s\"\n", args.interval.as_secs().max(1));
    let config = round::write_settings(dir, args.served.feeds, server.places, &every)?;
    // The first poll is the expensive one, and everything is due at once.
    first_poll(tidings, &config)?;
    make_due(&dir.join("tidings.db"), args.interval)?;
    let daemon = Daemon::start(tidings, &config)?;
    let (store, begun) = (read(&dir.join("tidings.db"))?, Instant::now());
    let (mut due, mut ticked, since) = (HashSet::new(), Instant::now(), now_ms()?);
    while begun.elapsed() < args.duration {
        look(&store, &mut due)?;
        if ticked.elapsed() >= args.tick {
            ticked = Instant::now();
            server.tick()?;
        }
        thread::sleep(args.interval.div_f64(8.0).min(Duration::from_secs(1)));
    }
    let until = now_ms()?;
    let usage = daemon.usage()?;
    daemon.stop()?;
    let polls = history(&store, since)?;
    let count = polls.values().map(Vec::len).sum();
    if args.served.faults.slow.is_some() {
        // How late the slow ones are is their own affair; the question is whether others are.
        let slow = at_first_address(&store, server.places)?;
        due.retain(|(feed, _)| !slow.contains(feed));
    }
    // What fell due in the last moments may have been cut off by the end.
    let grace = i64::try_from(args.interval.as_millis() / 4)?;
    due.retain(|(_, at)| (since..until - grace).contains(at));
    Ok((lateness(&due, &polls), usage, count))
}

/// Spreads the feeds evenly over the interval, as a daemon that has run for a while finds them.
fn make_due(store: &Path, interval: Duration) -> Result<()> {
    let interval = i64::try_from(interval.as_millis())?;
    let sql = "UPDATE feeds SET next_at = ?1 + row * 7919 % ?2";
    Connection::open(store)?.execute(sql, (now_ms()? + 3000, interval))?;
    Ok(())
}

fn read(store: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(store, flags)?;
    store.busy_timeout(Duration::from_secs(10))?;
    Ok(store)
}

/// Notes when each waiting feed is next due.
fn look(store: &Connection, due: &mut HashSet<(i64, i64)>) -> Result<()> {
    let mut waiting =
        store.prepare_cached("SELECT row, next_at FROM feeds WHERE lease_until = 0")?;
    let found = waiting.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for feed in found {
        due.insert(feed?);
    }
    Ok(())
}

/// The feeds whose answers are slow.
fn at_first_address(store: &Connection, places: Places) -> Result<HashSet<i64>> {
    let mut feeds = store.prepare("SELECT row FROM feeds WHERE scope = ?1")?;
    let found = feeds.query_map([places.host(0)], |row| row.get(0))?;
    Ok(found.collect::<std::result::Result<_, _>>()?)
}

/// The starts of each feed's polls, in order.
fn history(store: &Connection, since: i64) -> Result<HashMap<i64, Vec<i64>>> {
    let mut polls: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut all = store.prepare("SELECT feed, at FROM polls WHERE at >= ?1 ORDER BY at")?;
    let found = all.query_map([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for poll in found {
        let (feed, at) = poll?;
        polls.entry(feed).or_default().push(at);
    }
    Ok(polls)
}

/// From each due time to the start of the feed's next poll; to the end of time if none came.
fn lateness(due: &HashSet<(i64, i64)>, polls: &HashMap<i64, Vec<i64>>) -> Lateness {
    let mut late: Vec<f64> = due
        .iter()
        .map(|(feed, at)| {
            let polls = polls.get(feed).map(Vec::as_slice).unwrap_or_default();
            // A poll's start is reckoned back from its end, in whole milliseconds.
            let next = polls.get(polls.partition_point(|poll| *poll < at - SLACK));
            next.map_or(f64::INFINITY, |poll| (poll - at).max(0) as f64 / 1e3)
        })
        .collect();
    late.sort_by(f64::total_cmp);
    let share = |share: f64| {
        let at = (late.len() as f64 * share) as usize;
        late.get(at.min(late.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    };
    Lateness {
        polls: late.len(),
        p50_s: share(0.5),
        p99_s: share(0.99),
        most_s: share(1.0),
    }
}

fn now_ms() -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(now.as_millis())?)
}

/// A running `tidings run`.
struct Daemon(Child);

impl Daemon {
    fn start(tidings: &Path, config: &Path) -> Result<Self> {
        let child = Command::new(tidings)
            .arg("--config")
            .arg(config)
            .args(["run", "-q"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    /// From `/proc`, whose times are in clock ticks.
    fn usage(&self) -> Result<Usage> {
        let proc = PathBuf::from(format!("/proc/{}", self.0.id()));
        let stat = fs::read_to_string(proc.join("stat"))?;
        // The second field is the name, in parentheses; user and system time are 14th and 15th.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let times = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = times
            .map(str::parse::<u64>)
            .sum::<std::result::Result<_, _>>()?;
        let per_second = sysconf(SysconfVar::CLK_TCK)?.ok_or("no clock ticks")?;
        let status = fs::read_to_string(proc.join("status"))?;
        let size = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next());
            kib.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
        };
        Ok(Usage {
            cpu_s: ticks as f64 / per_second as f64,
            rss_mb: size("VmRSS:"),
            peak_rss_mb: size("VmHWM:"),
        })
    }

    fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(i32::try_from(self.0.id())?), Signal::SIGTERM)?;
        let status = self.0.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the daemon ended with {status}").into())
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
