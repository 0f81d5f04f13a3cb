//! `tidings-load schedule`: what claiming and committing costs at scale, and how late polls are.

use std::time::{Duration, Instant};

use clap::Args;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

use crate::{
    Result,
    simulate::{Simulation, World},
};

#[derive(Args)]
pub(crate) struct ScheduleArgs {
    #[arg(long, default_value_t = 100_000)]
    feeds: usize,
    /// They lie on so many hosts [default: as many].
    #[arg(long)]
    hosts: Option<usize>,
    /// Simulated hours; the first, in which all feeds are new, counts extra.
    #[arg(long, default_value_t = 3)]
    hours: u32,
    /// Milliseconds that an answer takes.
    #[arg(long, default_value_t = 300)]
    latency: u64,
}

const HOUR: Duration = Duration::from_secs(3600);

/// Runs it and prints one line of JSON an hour, and one of the whole.
pub(crate) fn run(args: &ScheduleArgs) -> Result<()> {
    let world = World {
        feeds: args.feeds,
        hosts: args.hosts.unwrap_or(args.feeds).max(1),
        interval: HOUR,
        spacing: Duration::from_secs(2),
        latency: Duration::from_millis(args.latency),
        tick: Duration::from_secs(1),
        start: "2026-03-02T10:00:00Z".parse()?,
    };
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let begun = cpu()?;
        let mut simulation = Simulation::start(world, &folder.path().join("t.db")).await?;
        println!("{{\"sync_cpu_s\": {:.2}}}", cpu()? - begun);
        for hour in 1..=args.hours {
            let (cpu_before, wall, polls) = (cpu()?, Instant::now(), simulation.polls.len());
            simulation.run(HOUR).await?;
            let cpu_s = cpu()? - cpu_before;
            let late = lateness(&simulation, polls);
            let polls = simulation.polls.len() - polls;
            println!(
                "{{\"hour\": {hour}, \"polls\": {polls}, \"cpu_s\": {cpu_s:.1}, \"cpu_us_a_poll\": {:.0}, \
                 \"wall_s\": {:.1}, \"late_p50_s\": {:.1}, \"late_p99_s\": {:.1}, \"late_max_s\": {:.1}}}",
                cpu_s * 1e6 / polls.max(1) as f64,
                wall.elapsed().as_secs_f64(),
                late[0],
                late[1],
                late[2],
            );
        }
        let (shortest, longest) = gaps(&simulation, args.feeds);
        println!(
            "{{\"feeds\": {}, \"never_polled\": {}, \"shortest_gap_s\": {shortest:.1}, \"longest_gap_s\": {longest:.1}, \
             \"most_of_a_host\": {}, \"peak_rss_mb\": {:.0}}}",
            args.feeds,
            never(&simulation, args.feeds),
            simulation.most_of_a_host,
            getrusage(UsageWho::RUSAGE_SELF)?.max_rss() as f64 * 1024.0 / 1e6,
        );
        Ok(())
    })
}

/// Median, 99th percentile and maximum in seconds, of the polls from `first` on.
fn lateness(simulation: &Simulation, first: usize) -> [f64; 3] {
    let polls = simulation.polls.iter().skip(first);
    let mut late: Vec<i64> = polls.map(|poll| poll.late.num_milliseconds()).collect();
    late.sort_unstable();
    let at = |part: f64| {
        let place = (late.len().saturating_sub(1) as f64 * part) as usize;
        late.get(place).map_or(0.0, |late| *late as f64 / 1000.0)
    };
    [at(0.5), at(0.99), at(1.0)]
}

/// The shortest and the longest time between two polls of one feed, in seconds.
fn gaps(simulation: &Simulation, feeds: usize) -> (f64, f64) {
    let mut last: Vec<Option<Duration>> = vec![None; feeds];
    let (mut shortest, mut longest) = (f64::INFINITY, 0.0_f64);
    for poll in &simulation.polls {
        if let Some(before) = last[poll.feed].replace(poll.at) {
            let gap = (poll.at - before).as_secs_f64();
            (shortest, longest) = (shortest.min(gap), longest.max(gap));
        }
    }
    // Those that are not polled again before the end.
    for at in last.into_iter().flatten() {
        longest = longest.max((simulation.elapsed - at).as_secs_f64());
    }
    (shortest, longest)
}

fn never(simulation: &Simulation, feeds: usize) -> usize {
    let mut polled = vec![false; feeds];
    for poll in &simulation.polls {
        polled[poll.feed] = true;
    }
    polled.iter().filter(|polled| !**polled).count()
}

/// CPU seconds of this process so far.
fn cpu() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
