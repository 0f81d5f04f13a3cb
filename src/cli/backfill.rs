//! `tidings backfill`: a feed's older entries, page by page, with the pause between pages.

use std::{
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{
    CliError, Ended,
    args::BackfillArgs,
    context::{Context, Named, find_feed},
    poll,
    signals::{Signal, Signals},
    terminal::{Tone, count, entries},
    when::relative,
};
use crate::{
    daemon::{self, DaemonError, Feeds},
    ingest::{Ingest, Older, PageReport, Stop, Wish, has_older},
    model::{Backfill, Cursor, FeedFacts, FeedFilter, FeedId, Time, printable},
    schedule::{Clock, Refusal, may_poll_by_hand},
    store::{Store, StoreError},
};

/// How often a wait is told anew.
const TICK: Duration = Duration::from_secs(1);

pub(super) fn run(context: &Context, args: &BackfillArgs) -> Result<Ended, CliError> {
    let feeds = daemon::read_feeds(context.global.config.as_deref(), &context.env)?;
    let path = context.store_path(&feeds.config)?;
    let told = Context::block_on(async {
        // No polling lock: a backfill has no lease that could be left behind.
        let signals = Signals::listen().map_err(DaemonError::Signals)?;
        let store = Store::open(&path)?;
        let told = all(context, args, &feeds, (store.clone(), signals)).await;
        store.close().await;
        told
    })??;
    Ended::after(told.output, told.failed, told.stopped)
}

async fn all<'a>(
    context: &'a Context,
    args: &BackfillArgs,
    feeds: &Feeds,
    (store, signals): (Store, Signals),
) -> Result<Told<'a>, CliError> {
    store.sync_feeds(feeds.own_set(), context.now).await?;
    let records = store.feeds(FeedFilter::default()).await?;
    let mut wanted = Vec::new();
    for name in &args.feeds {
        let id = find_feed(name, records.iter().map(Named::from))?;
        if !wanted.contains(&id) {
            wanted.push(id);
        }
    }
    let clock = daemon::system_clock();
    let ingest = Ingest::new(
        context.fetcher(&feeds.config)?,
        store.clone(),
        Arc::clone(&feeds.config),
        feeds.specs.clone(),
        Arc::clone(&clock),
    );
    let mut told = Told {
        context,
        bar: ProgressBar::hidden(),
        output: Ok(()),
        failed: false,
        stopped: None,
    };
    let round = Round {
        ingest,
        store,
        clock,
        feeds,
        args,
        signals,
    };
    let mut left = wanted.into_iter();
    for id in left.by_ref() {
        round.one(id, &mut told).await?;
        told.stopped = round.signals.first();
        if told.stopped.is_some() {
            break;
        }
    }
    for id in left {
        told.line(Tone::Notice, "skipped", &id, "not begun");
    }
    Ok(told)
}

/// The feeds' turns, one after the other.
struct Round<'a> {
    ingest: Ingest,
    store: Store,
    clock: Clock,
    feeds: &'a Feeds,
    args: &'a BackfillArgs,
    signals: Signals,
}

impl Round<'_> {
    /// One feed.
    async fn one(&self, id: FeedId, told: &mut Told<'_>) -> Result<(), CliError> {
        let filter = FeedFilter {
            ids: vec![id.clone()],
            ..FeedFilter::default()
        };
        let Some(record) = self.store.feeds(filter).await?.pop() else {
            return Ok(());
        };
        let now = (self.clock)();
        match may_poll_by_hand(&record, now, true) {
            // A poll that is under way asks for another document.
            Ok(()) | Err(Refusal::UnderWay) => {}
            Err(refusal) => {
                let why = poll::why_not(record.interval, &refusal, now);
                told.line(Tone::Notice, "skipped", &id, &why);
                return Ok(());
            }
        }
        let wish = Wish {
            restart: self.args.restart,
            paged: self.args.paged,
        };
        let mut run = match self.ingest.older(record, wish).await? {
            Ok(run) => run,
            Err(why) => {
                told.fail(&id, &why);
                return Ok(());
            }
        };
        if let Some(why) = &run.cursor().finished {
            let since = run.cursor().updated_at.format("%F %T UTC");
            let what = format!("complete since {since}: {why}; --restart looks again");
            told.line(Tone::Good, "complete", &id, &what);
            return Ok(());
        }
        if let Some(until) = run.held_until(now) {
            let until = relative(until, now);
            let what = format!("the server asked not to be asked before {until}");
            told.line(Tone::Notice, "skipped", &id, &what);
            return Ok(());
        }
        if run.is_resumed() && run.cursor().pages > 0 {
            let what = format!("goes on {}", so_far(run.cursor()));
            told.line(Tone::Faint, "resumed", &id, &what);
        }
        self.pages(&id, &mut run, told).await
    }

    /// The pages of one feed.
    async fn pages(
        &self,
        id: &FeedId,
        run: &mut Older,
        told: &mut Told<'_>,
    ) -> Result<(), CliError> {
        told.begin(self.args.max_pages);
        let mut sum = Sum::default();
        let mut end = None;
        for _ in 0..self.args.max_pages {
            if let Some(why) = self.pause(run, &sum, told).await? {
                end = Some(why);
                break;
            }
            let page = match self.page(run, told).await {
                Ok(page) => page,
                Err(error @ StoreError::BackfillTaken { .. }) => {
                    told.bar.finish_and_clear();
                    told.fail(id, &error.to_string());
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            sum.add(&page);
            told.page(id, &page, &sum);
            if let Some(stop) = page.stop {
                end = Some(End::Stop(stop));
                break;
            }
        }
        told.bar.finish_and_clear();
        let end = match (end, self.signals.first()) {
            (Some(end), _) => end,
            (None, Some(signal)) => End::Stopped(signal),
            (None, None) => End::Enough,
        };
        told.summarize(id, &sum, &end, run, (self.clock)());
        Ok(())
    }

    /// The next page; a signal waits for it.
    async fn page(&self, run: &mut Older, told: &Told<'_>) -> Result<PageReport, StoreError> {
        let mut page = std::pin::pin!(self.ingest.older_page(run));
        tokio::select! {
            biased;
            page = &mut page => return page,
            () = self.signals.stop.wait() => {}
        }
        let word = "it ends after the page under way; the same signal once more ends it at once";
        told.bar.suspend(|| told.context.complain(word));
        page.await
    }

    /// Waits until the next page may be asked for; gives a reason to end in its place.
    async fn pause(
        &self,
        run: &mut Older,
        sum: &Sum,
        told: &Told<'_>,
    ) -> Result<Option<End>, CliError> {
        loop {
            // Another process may have asked the host, or been told to wait.
            self.ingest.look_again(run).await?;
            let now = (self.clock)();
            if let Some(until) = run.held_until(now) {
                let why = "the server asks for a pause".to_owned();
                return Ok(Some(End::Stop(Stop::Wait(until, why))));
            }
            let wait = run.wait(now, &self.feeds.config.fetch);
            told.waiting(sum, wait);
            tokio::select! {
                biased;
                () = self.signals.stop.wait() => {
                    return Ok(self.signals.first().map(End::Stopped));
                }
                () = tokio::time::sleep(wait.min(TICK)) => {}
            }
            if wait <= TICK {
                told.waiting(sum, Duration::ZERO);
                return Ok(None);
            }
        }
    }
}

/// Why a run ended.
enum End {
    Stop(Stop),
    /// `--max-pages`.
    Enough,
    Stopped(Signal),
}

/// What a run has brought.
#[derive(Default)]
struct Sum {
    pages: u64,
    new: u64,
    known: u64,
}

impl Sum {
    fn add(&mut self, page: &PageReport) {
        self.pages += u64::from(page.read);
        self.new += u64::from(page.new);
        self.known += u64::from(page.known);
    }
}

/// What is told: results on standard output, the bar on standard error.
struct Told<'a> {
    context: &'a Context,
    bar: ProgressBar,
    /// The first error of standard output; nothing is written after it.
    output: io::Result<()>,
    failed: bool,
    stopped: Option<Signal>,
}

impl Told<'_> {
    fn begin(&mut self, most: u32) {
        self.bar = self.context.progress(u64::from(most), "");
        // The template is ours; if it were wrong, the bar of other commands would do.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} pages, {msg}") {
            self.bar.set_style(style);
        }
    }

    fn waiting(&self, sum: &Sum, left: Duration) {
        let articles = count(sum.new, "article");
        let seconds = left.as_millis().div_ceil(1000);
        self.bar.set_message(match seconds {
            0 => articles,
            seconds => format!("{articles}; next request in {seconds} s"),
        });
        self.bar.tick();
    }

    fn print(&mut self, line: &str) {
        if self.output.is_ok() {
            self.output = self.bar.suspend(|| writeln!(io::stdout().lock(), "{line}"));
        }
    }

    fn line(&mut self, tone: Tone, word: &str, feed: &FeedId, what: &str) {
        if self.context.global.quiet && tone != Tone::Bad {
            return;
        }
        let terminal = self.context.terminal;
        let word = terminal.paint(tone, format!("{word:<9}"));
        let what = terminal.line_end(feed.as_str().len() + 12, &printable(what));
        self.print(&format!("{word} {feed}  {what}"));
    }

    fn fail(&mut self, feed: &FeedId, why: &str) {
        self.failed = true;
        self.line(Tone::Bad, "failed", feed, why);
    }

    /// One page: a step of the bar, a line where there is none.
    fn page(&mut self, feed: &FeedId, page: &PageReport, sum: &Sum) {
        self.bar.inc(1);
        self.waiting(sum, Duration::ZERO);
        let is_shown = !self.bar.is_hidden() && self.context.global.verbose == 0;
        if is_shown || !page.read {
            return;
        }
        let all = entries(u64::from(page.entries));
        let what = format!(
            "page {}: {all}: {} new, {} known",
            page.number, page.new, page.known
        );
        self.line(Tone::Good, "ok", feed, &what);
    }

    fn summarize(&mut self, feed: &FeedId, sum: &Sum, end: &End, run: &Older, now: Time) {
        let goes_on = || {
            let number = run.cursor().number;
            format!("`tidings backfill {feed}` goes on with page {number}")
        };
        let why = match end {
            End::Stop(Stop::Finished(why)) => format!("{why}; complete"),
            End::Stop(Stop::Known(why)) => why.clone(),
            End::Stop(Stop::Wait(until, why)) => {
                format!("{why}; it may go on {}", relative(*until, now))
            }
            End::Stop(Stop::Failed(why)) => {
                self.failed = true;
                why.clone()
            }
            End::Enough => format!("--max-pages; {}", goes_on()),
            End::Stopped(signal) => format!("{}; {}", signal.name(), goes_on()),
        };
        let what = format!(
            "{feed}: {}, {} new, {} known; stopped: {}",
            count(sum.pages, "page"),
            count(sum.new, "article"),
            sum.known,
            printable(&why)
        );
        let what = self.context.terminal.line_end(0, &what);
        self.print(&what);
    }
}

fn so_far(cursor: &Cursor) -> String {
    format!(
        "with page {} ({} read so far, {})",
        cursor.number,
        count(cursor.pages, "page"),
        count(cursor.new, "article")
    )
}

/// What `feed show` tells: where a backfill stands, or that there are older entries.
pub(super) fn describe(id: &FeedId, cursor: Option<&Cursor>, facts: &FeedFacts) -> Option<String> {
    let Some(cursor) = cursor else {
        return has_older(facts).then(|| format!("`tidings backfill {id}` fetches older entries"));
    };
    Some(match &cursor.finished {
        Some(why) => format!(
            "complete since {}, {}, {}; {why}",
            cursor.updated_at.format("%F %T UTC"),
            count(cursor.pages, "page"),
            count(cursor.new, "article")
        ),
        None => match &cursor.failed {
            Some(why) => format!(
                "stopped since {}: {why}; `tidings backfill {id}` asks again",
                cursor.updated_at.format("%F %T UTC")
            ),
            None => format!("`tidings backfill {id}` goes on {}", so_far(cursor)),
        },
    })
}

/// The same with every key; null if no backfill was begun.
pub(super) fn to_json(backfill: &Backfill) -> Value {
    let moment = |at: Time| at.format("%FT%TZ").to_string();
    let Some(cursor) = &backfill.cursor else {
        return Value::Null;
    };
    json!({
        "source": cursor.source.as_str(),
        "complete": cursor.finished.is_some(),
        "finished": cursor.finished,
        "failed": cursor.failed,
        "next_url": cursor.next,
        "next_page": cursor.next.as_ref().map(|_| cursor.number),
        "pages": cursor.pages,
        "new": cursor.new,
        "known": cursor.known,
        "started_at": moment(cursor.started_at),
        "updated_at": moment(cursor.updated_at),
        "not_before": backfill.not_before.map(moment),
    })
}
