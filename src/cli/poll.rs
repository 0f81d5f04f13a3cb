//! `tidings poll`: one round now, a line a feed, a summary.

use std::{
    collections::HashSet,
    io::{self, Write as _},
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use tokio::sync::{Notify, watch};

use super::{
    CliError, Ended,
    args::PollArgs,
    context::{Context, Named, find_feed},
    export, facts,
    signals::{Signal, Signals},
    terminal::{Tone, count},
    when::relative,
};
use crate::{
    daemon::{
        self, ClockWatch, DaemonError, Feeds, Patience, Pulse, Tempo, drive, open_for_polling,
    },
    export::Options,
    fetch::Fetcher,
    ingest::{Ingest, Report},
    model::{ArticleQuery, FeedFilter, FeedId, FeedRecord, Outcome, Time, printable},
    schedule::{Dispatch, Refusal, Source, may_poll_by_hand},
    store::Store,
};

pub(super) fn run(context: &Context, args: &PollArgs) -> Result<Ended, CliError> {
    let feeds = daemon::read_feeds(context.global.config.as_deref(), &context.env)?;
    let path = context.store_path(&feeds.config)?;
    let round = Context::block_on(async {
        let signals = Signals::listen().map_err(DaemonError::Signals)?;
        let (store, _lock) = open_for_polling(&path).await?;
        let round = poll(context, args, (&feeds, store.clone()), &signals).await;
        store.close().await;
        let round = round?;
        if let Some(folder) = &args.export {
            signals.end_at_once();
            match round.stopped {
                None => write_all(context, &feeds, folder)?,
                Some(_) => {
                    context.complain(&format!("nothing was written to {}", folder.display()));
                }
            }
        }
        Ok::<_, CliError>(round)
    })??;
    Ended::after(round.output, round.failed + round.left > 0, round.stopped)
}

/// `--export`
fn write_all(context: &Context, feeds: &Feeds, folder: &Path) -> Result<(), CliError> {
    let mut backend = context.reader(&feeds.config)?;
    export::folder(folder)?;
    let summary = export::write(
        context,
        backend.as_mut(),
        ArticleQuery::default(),
        None,
        &Options::default(),
        Some(folder),
    )?;
    Ok(export::told(&summary, folder)?)
}

async fn poll<'a>(
    context: &'a Context,
    args: &PollArgs,
    (feeds, store): (&Feeds, Store),
    signals: &Signals,
) -> Result<Round<'a>, CliError> {
    store.sync_feeds(feeds.own_set(), context.now).await?;
    // Before it is decided who may be polled.
    store.replan(context.now, None).await?;
    let Wanted {
        ready,
        refused,
        widest,
    } = wanted(context, args, feeds, &store).await?;
    let mut round = Round::new(context, ready.len() + refused.len(), widest);
    for (feed, interval, refusal) in refused {
        round.skip(&feed, interval, &refusal);
    }
    round.begin(ready.len());
    let (refused, refusals) = mpsc::channel();
    let clock = daemon::system_clock();
    let fetch = &feeds.config.fetch;
    let limits = daemon::limits(fetch);
    let dispatch = Dispatch::new(
        store.clone(),
        Source::round(ready, args.force, refused),
        Arc::clone(&clock),
        limits,
    );
    let fetcher = Fetcher::new(fetch)?;
    fetcher.replace_pauses(store.host_pauses(context.now).await?);
    let ingest = Ingest::new(
        fetcher,
        store.clone(),
        Arc::clone(&feeds.config),
        feeds.specs.clone(),
        Arc::clone(&clock),
    );
    let tempo = Tempo {
        wake: Arc::new(Notify::new()),
        new_limits: watch::channel(limits).1,
        clock,
        // Planned above.
        watch: ClockWatch::since(context.now),
        pulse: Pulse::default(),
        drain: Duration::from_secs(10),
        patience: Patience::GiveUp,
    };
    let result = {
        let on_report = |report| round.tell(&report);
        let mut driven = std::pin::pin!(drive(&ingest, dispatch, &signals.stop, tempo, on_report));
        tokio::select! {
            biased;
            result = &mut driven => result,
            () = signals.stop.wait() => {
                let word = "it ends after the polls under way; the same signal once more ends it at once";
                context.shown.suspend(|| context.complain(word));
                driven.await
            }
        }
    };
    round.stopped = signals.first();
    for (record, refusal) in refusals.try_iter() {
        round.left = round.left.saturating_sub(1);
        round.skip(&record.id, record.interval, &refusal);
    }
    round.bar.finish_and_clear();
    result?;
    let totals = store.totals(context.now).await?;
    if feeds.specs.is_empty() {
        round.sentence(
            "No feeds yet. `tidings feed add URL` adds one; `tidings feed import FILE.opml` many.",
        );
    } else {
        round.summarize(totals.articles);
    }
    Ok(round)
}

/// The feeds of a round, as far as they are told and polled.
#[derive(Default)]
struct Wanted {
    /// With their hosts.
    ready: Vec<(FeedId, String)>,
    /// With their intervals.
    refused: Vec<(FeedId, Duration, Refusal)>,
    /// The length of the longest id.
    widest: Option<usize>,
}

/// The feeds named, or all, or those due; of those that these settings name.
async fn wanted(
    context: &Context,
    args: &PollArgs,
    feeds: &Feeds,
    store: &Store,
) -> Result<Wanted, CliError> {
    let mine: HashSet<_> = feeds.specs.iter().map(|spec| &spec.id).collect();
    let mut wanted = Wanted::default();
    let mut add = |record: FeedRecord| {
        wanted.widest = wanted.widest.max(Some(record.id.as_str().len()));
        match may_poll_by_hand(&record, context.now, args.force) {
            Ok(()) => wanted.ready.push((record.id, record.scope)),
            Err(refusal) => wanted.refused.push((record.id, record.interval, refusal)),
        }
    };
    if args.feeds.is_empty() {
        let is_wanted = |record: &FeedRecord| {
            let active = !record.paused && !record.state.gone;
            args.all || (active && record.next_poll <= context.now)
        };
        let take = |record: FeedRecord| {
            if mine.contains(&record.id) && is_wanted(&record) {
                add(record);
            }
        };
        store.each_feed(FeedFilter::default(), take).await?;
    } else {
        let mut records = store.feeds(FeedFilter::default()).await?;
        records.retain(|record| mine.contains(&record.id));
        let mut named = Vec::new();
        for name in &args.feeds {
            named.push(find_feed(name, records.iter().map(Named::from))?);
        }
        records.retain(|record| named.contains(&record.id));
        records.into_iter().for_each(add);
    }
    Ok(wanted)
}

/// Why a feed is not asked, in words.
pub(super) fn why_not(interval: Duration, refusal: &Refusal, now: Time) -> String {
    match refusal {
        Refusal::Paused => "paused; `tidings feed resume` lets it be polled again".to_owned(),
        Refusal::Gone => "the publisher ended it (410); remove it, or give it a new URL".to_owned(),
        Refusal::RetryAfter(until) => format!(
            "the server asked not to be asked before {}",
            relative(*until, now)
        ),
        Refusal::HostPaused(scope, until) => format!(
            "its host {} asked not to be asked before {}",
            printable(scope),
            relative(*until, now)
        ),
        Refusal::UnderWay => "another tidings is polling it right now".to_owned(),
        Refusal::TooSoon(soonest) => {
            format!(
                "polled less than {} ago; may be polled again {}, or now with --force",
                humantime::format_duration(interval),
                relative(*soonest, now)
            )
        }
    }
}

/// What a round has told so far.
struct Round<'a> {
    context: &'a Context,
    bar: ProgressBar,
    /// The length of the longest id, so that what comes after the ids stands below each other.
    widest: Option<usize>,
    started: Instant,
    polled: u32,
    gave: u32,
    unchanged: u32,
    throttled: u32,
    skipped: u32,
    failed: u32,
    new: u32,
    changed: u32,
    /// Begun, but neither polled nor skipped: cut off, or the round was stopped.
    left: u32,
    /// What stopped the round.
    stopped: Option<Signal>,
    /// The first error of standard output; nothing is written after it, and all is polled.
    output: io::Result<()>,
}

impl<'a> Round<'a> {
    fn new(context: &'a Context, feeds: usize, widest: Option<usize>) -> Self {
        Self {
            bar: context.progress(feeds as u64, "feeds"),
            widest,
            context,
            started: Instant::now(),
            polled: 0,
            gave: 0,
            unchanged: 0,
            throttled: 0,
            skipped: 0,
            failed: 0,
            new: 0,
            changed: 0,
            left: 0,
            stopped: None,
            output: Ok(()),
        }
    }

    fn begin(&mut self, feeds: usize) {
        self.bar.set_length(feeds as u64);
        self.left = u32::try_from(feeds).unwrap_or(u32::MAX);
    }

    fn print(&mut self, line: &str) {
        if self.output.is_ok() {
            self.output = self.bar.suspend(|| writeln!(io::stdout().lock(), "{line}"));
        }
    }

    fn sentence(&mut self, text: &str) {
        self.print(&self.context.terminal.line_end(0, text));
    }

    fn line(&mut self, tone: Tone, word: &str, feed: &str, what: &str) {
        if self.context.global.quiet && tone != Tone::Bad {
            return;
        }
        let word = self.context.terminal.paint(tone, format!("{word:<9}"));
        let width = self.widest.unwrap_or_default();
        let what = self.context.terminal.line_end(width + 12, what);
        let what = self.context.terminal.paint(Tone::Faint, what);
        self.print(&format!("{word} {feed:<width$}  {what}"));
    }

    fn skip(&mut self, feed: &FeedId, interval: Duration, refusal: &Refusal) {
        self.skipped += 1;
        let why = why_not(interval, refusal, self.context.now);
        self.line(Tone::Notice, "skipped", feed.as_str(), &why);
    }

    fn tell(&mut self, report: &Report) {
        self.bar.inc(1);
        self.left = self.left.saturating_sub(1);
        self.polled += 1;
        self.new += report.committed.new;
        self.changed += report.committed.changed;
        let (tone, word) = match report.poll.outcome {
            Outcome::New if report.poll.entries == 0 => (Tone::Notice, "empty"),
            Outcome::New | Outcome::Pushed => {
                self.gave += 1;
                (Tone::Good, "ok")
            }
            Outcome::Same => {
                self.unchanged += 1;
                (Tone::Good, "unchanged")
            }
            Outcome::Throttled => {
                self.throttled += 1;
                (Tone::Notice, "throttled")
            }
            Outcome::Failed | Outcome::Gone => {
                self.failed += 1;
                (Tone::Bad, "failed")
            }
        };
        let mut what = report.summary();
        if report.poll.outcome == Outcome::Throttled {
            let again = relative(report.next_poll, self.context.now);
            what.push_str(&format!("; it is asked again {again}"));
        }
        self.line(tone, word, report.feed.as_str(), &what);
        if self.context.global.verbose > 0 && !report.repairs.is_empty() {
            self.print(&format!("  {}", facts::HEADING));
            for repair in &report.repairs {
                let repair = facts::item(4, repair);
                self.print(&self.context.terminal.paint(Tone::Notice, repair));
            }
        }
    }

    fn summarize(&mut self, in_store: u64) {
        let mut parts = Vec::new();
        if self.polled > 0 {
            parts.push(format!("{} gave articles", self.gave));
        }
        let empty = self.polled - self.gave - self.unchanged - self.throttled - self.failed;
        for (count, what) in [
            (self.unchanged, "unchanged"),
            (empty, "without entries"),
            (self.throttled, "asked to wait"),
            (self.failed, "failed"),
            (self.skipped, "skipped"),
            (self.left, "not polled"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let begin = match self.stopped {
            Some(signal) => format!("Stopped by {}: polled", signal.name()),
            None => "Polled".to_owned(),
        };
        if self.polled + self.skipped + self.left == 0 {
            return self.sentence(
                "No feed is due. `tidings poll --all` polls every feed whose interval has passed.",
            );
        }
        if self.polled == 0 {
            return self.sentence(&format!(
                "{begin} no feed: {}. Articles: {in_store} in the store.",
                parts.join(", ")
            ));
        }
        self.sentence(&format!(
            "{begin} {} in {:.1} s: {}. Articles: {} new, {} changed, {in_store} in the store.",
            count(self.polled, "feed"),
            self.started.elapsed().as_secs_f64(),
            parts.join(", "),
            self.new,
            self.changed,
        ));
    }
}
