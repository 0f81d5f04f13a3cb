//! Throughput of one thread in CPU time: bare feed-rs as the floor, parsing, normalizing.

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use tidings::model::RawFeed;

use crate::{
    Result,
    corpus::Corpus,
    read::{self, BASE, Reader},
    report::{Report, progress},
};

/// Measured passes, after one that is not.
const PASSES: usize = 3;

/// Times that a pass reads each document.
const ROUNDS: usize = 2;

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(paths) = corpus.real()? else {
        report.absent("throughput");
        return Ok(());
    };
    progress("throughput");
    let documents: Vec<Vec<u8>> = paths
        .iter()
        .filter_map(|path| corpus.bytes(path).ok())
        .collect();
    let all: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
    let is_clean = |bytes: &&&[u8]| {
        let ours = reader.parse(bytes, None, BASE);
        ours.is_ok_and(|feed| feed.repairs.is_empty()) && read::bare(bytes).is_some()
    };
    let clean: Vec<&[u8]> = all.iter().filter(is_clean).copied().collect();
    let parsed: Vec<(RawFeed, usize)> = all
        .iter()
        .filter_map(|bytes| Some((reader.parse(bytes, None, BASE).ok()?, bytes.len())))
        .collect();
    let size = |documents: &[&[u8]]| documents.iter().map(|it| it.len()).sum::<usize>();
    let (clean_size, all_size) = (size(&clean), size(&all));
    let parsed_size = parsed.iter().map(|(_, bytes)| bytes).sum();

    let parse = |documents: &[&[u8]]| {
        for bytes in documents {
            drop(std::hint::black_box(reader.parse(bytes, None, BASE)));
        }
    };
    let floor = rate(clean_size, || {
        for bytes in &clean {
            drop(std::hint::black_box(read::bare(bytes)));
        }
    })?;
    let rates = [
        (
            "parse, clean feeds",
            ">= 100 MB/s",
            clean.len(),
            rate(clean_size, || parse(&clean))?,
        ),
        (
            "parse, all real feeds",
            ">= 65 MB/s",
            all.len(),
            rate(all_size, || parse(&all))?,
        ),
        (
            "normalize alone, all real feeds",
            "",
            parsed.len(),
            rate(parsed_size, || {
                for (feed, _) in &parsed {
                    drop(std::hint::black_box(reader.normalize(feed, BASE)));
                }
            })?,
        ),
    ];
    report.told(
        "feed-rs alone, clean feeds",
        "",
        format!("{floor:.0} MB/s, {} files", clean.len()),
    );
    for (figure, target, files, rate) in rates {
        let ratio = rate / floor;
        report.told(
            figure,
            target,
            format!("{rate:.0} MB/s, {files} files, {ratio:.2} of feed-rs"),
        );
    }
    Ok(())
}

/// The best of the passes in megabytes a second.
fn rate(bytes: usize, work: impl Fn()) -> Result<f64> {
    work();
    let mut best = f64::INFINITY;
    for _ in 0..PASSES {
        let start = cpu_seconds()?;
        for _ in 0..ROUNDS {
            work();
        }
        best = best.min(cpu_seconds()? - start);
    }
    Ok((bytes * ROUNDS) as f64 / 1e6 / best)
}

/// What this process has used; it has one thread.
fn cpu_seconds() -> Result<f64> {
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
