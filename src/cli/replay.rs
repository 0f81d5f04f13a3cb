//! `tidings replay`: kept documents read once more, without asking anybody.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use indicatif::ProgressBar;

use super::{
    CliError, Ended,
    args::ReplayArgs,
    context::{Context, Named, find_feed},
    signals::{Signal, Signals},
    terminal::{Tone, count},
};
use crate::{
    daemon::{self, DaemonError, Feeds},
    ingest::{Ingest, Replayed},
    model::{FeedFilter, FeedId, FeedRecord, RawPlace, Time, printable},
    store::{Store, StoreError},
};

pub(super) fn run(context: &Context, args: &ReplayArgs) -> Result<Ended, CliError> {
    let feeds = daemon::read_feeds(context.global.config.as_deref(), &context.env)?;
    let path = context.store_path(&feeds.config)?;
    if !path.exists() {
        return Err(StoreError::Missing { path }.into());
    }
    let told = Context::block_on(async {
        let signals = Signals::listen().map_err(DaemonError::Signals)?;
        let store = Store::open(&path)?;
        let told = all(context, args, &feeds, (&store, &signals)).await;
        store.close().await;
        told
    })??;
    Ended::after(told.output, told.failed, told.stopped)
}

async fn all<'a>(
    context: &'a Context,
    args: &ReplayArgs,
    feeds: &Feeds,
    (store, signals): (&Store, &Signals),
) -> Result<Told<'a>, CliError> {
    let since = args.since.map(|since| since.resolve(context.now));
    let wanted = wanted(args, store).await?;
    let mut places: Vec<(FeedRecord, Vec<RawPlace>)> = Vec::new();
    for record in wanted {
        let kept = store.raw_places(record.id.clone(), since).await?;
        places.push((record, kept));
    }
    let all: usize = places.iter().map(|(_, places)| places.len()).sum();
    let ingest = Ingest::new(
        context.fetcher(&feeds.config)?,
        store.clone(),
        Arc::clone(&feeds.config),
        feeds.specs.clone(),
        daemon::system_clock(),
    );
    let mut told = Told {
        context,
        bar: context.progress(all as u64, "documents"),
        is_dry: args.dry_run,
        is_named: !args.all,
        output: Ok(()),
        failed: false,
        stopped: None,
        sum: Sum::default(),
    };
    for (record, places) in places {
        told.stopped = signals.first();
        if told.stopped.is_some() {
            break;
        }
        told.feed(&ingest, record, (&places, since), signals)
            .await?;
    }
    told.bar.finish_and_clear();
    told.summarize();
    Ok(told)
}

async fn wanted(args: &ReplayArgs, store: &Store) -> Result<Vec<FeedRecord>, CliError> {
    let mut records = store.feeds(FeedFilter::default()).await?;
    if args.all {
        return Ok(records);
    }
    let mut ids: Vec<FeedId> = Vec::new();
    for name in &args.feeds {
        ids.push(find_feed(name, records.iter().map(Named::from))?);
    }
    records.retain(|record| ids.contains(&record.id));
    Ok(records)
}

/// What was read and what it brought.
#[derive(Default)]
struct Sum {
    documents: u64,
    unreadable: u64,
    new: u64,
    changed: u64,
}

impl Sum {
    fn add(&mut self, replayed: &Replayed) {
        self.documents += 1;
        self.unreadable += u64::from(replayed.failure.is_some());
        self.new += u64::from(replayed.done.new);
        self.changed += u64::from(replayed.done.changed);
    }

    fn plus(&mut self, other: &Self) {
        self.documents += other.documents;
        self.unreadable += other.unreadable;
        self.new += other.new;
        self.changed += other.changed;
    }

    fn told(&self) -> String {
        let unreadable = match self.unreadable {
            0 => String::new(),
            some => format!(" ({some} unreadable)"),
        };
        format!(
            "{}{unreadable}, {} changed, {} new",
            count(self.documents, "document"),
            self.changed,
            self.new
        )
    }
}

/// What is told: results on standard output, the bar on standard error.
struct Told<'a> {
    context: &'a Context,
    bar: ProgressBar,
    is_dry: bool,
    /// Feeds were named; of all feeds only those that have something are told.
    is_named: bool,
    /// The first error of standard output; nothing is written after it.
    output: io::Result<()>,
    failed: bool,
    stopped: Option<Signal>,
    sum: Sum,
}

impl Told<'_> {
    async fn feed(
        &mut self,
        ingest: &Ingest,
        record: FeedRecord,
        (places, since): (&[RawPlace], Option<Time>),
        signals: &Signals,
    ) -> Result<(), CliError> {
        let id = record.id.clone();
        if places.is_empty() {
            if self.is_named {
                let since = match since {
                    Some(_) => " of that time",
                    None => "; with keep_raw = \"changed\" there will be",
                };
                self.line(
                    Tone::Notice,
                    "skipped",
                    &id,
                    &format!("no documents are kept{since}"),
                );
            }
            return Ok(());
        }
        let Some(mut run) = ingest.replaying(record).await? else {
            self.bar.inc(places.len() as u64);
            self.line(
                Tone::Notice,
                "skipped",
                &id,
                "no feed file names it any more",
            );
            return Ok(());
        };
        let mut sum = Sum::default();
        for place in places {
            if let Some(replayed) = ingest.replay(&mut run, *place, self.is_dry).await? {
                sum.add(&replayed);
                self.document(&id, *place, &replayed);
            }
            self.bar.inc(1);
            self.stopped = signals.first();
            if self.stopped.is_some() {
                break;
            }
        }
        let tone = if sum.unreadable > 0 {
            Tone::Notice
        } else {
            Tone::Good
        };
        if self.is_named || sum.new + sum.changed + sum.unreadable > 0 {
            self.line(tone, "replayed", &id, &sum.told());
        }
        self.sum.plus(&sum);
        Ok(())
    }

    /// The articles of one document.
    fn document(&mut self, id: &FeedId, place: RawPlace, replayed: &Replayed) {
        let at = place.at.format("%F %T UTC");
        match &replayed.failure {
            // It could be read once.
            Some(failure) if place.was_read => {
                self.failed = true;
                let why = format!("the document of {at}: {}", failure.message);
                self.line(Tone::Bad, "failed", id, &why);
            }
            _ => {}
        }
        for (title, is_new) in &replayed.articles {
            let word = if *is_new { "new" } else { "changed" };
            self.line(
                Tone::Faint,
                word,
                id,
                &format!("{title} (document of {at})"),
            );
        }
    }

    fn summarize(&mut self) {
        let not = match self.is_dry {
            true => "; nothing was written (--dry-run)",
            false => "",
        };
        let stopped = match self.stopped {
            Some(signal) => format!("; stopped: {}", signal.name()),
            None => String::new(),
        };
        let what = format!("{}{not}{stopped}", self.sum.told());
        let what = self.context.terminal.line_end(0, &what);
        self.print(&what);
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
}
