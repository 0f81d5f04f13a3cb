//! `tidings status`: feeds by health, articles, what fails.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
};

use bytesize::ByteSize;
use serde_json::json;

use super::{
    CliError, Ended, args::StatusArgs, context::Context, feed::paint_health, when::relative,
};
use crate::{
    config::{self, Config},
    model::{FeedFilter, FeedId, FeedRecord, Health, Time, printable, redact_url},
    store::Totals,
};

/// Failing feeds that are named; the rest is counted.
const NAMED: usize = 20;
const ALL: [Health; 5] = [
    Health::Ok,
    Health::Late,
    Health::Failing,
    Health::Paused,
    Health::Gone,
];

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    let mut backend = context.reader(&loaded.config)?;
    let mut feeds = backend.feeds(&FeedFilter::default())?;
    if loaded.path.is_some() {
        follow_files(&mut feeds, &loaded.config, context);
    }
    let midnight = context
        .now
        .date_naive()
        .and_time(chrono::NaiveTime::MIN)
        .and_utc();
    let totals = backend.totals(midnight)?;
    let summary = Summary::of(&feeds, context.now);
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(
            out,
            "{}",
            summary.json(&feeds, &totals, &path.display().to_string())
        )?;
    } else {
        summary.print(&mut out, context, &totals)?;
        writeln!(
            out,
            "store     {} ({})",
            path.display(),
            ByteSize::b(totals.bytes)
        )?;
        failures(&mut out, &feeds, context.now)?;
    }
    Ok(Ended::Well)
}

/// The feed files' word counts at once, even if the store hears it with the next poll only: feeds
/// taken out are not shown, pauses are.
fn follow_files(feeds: &mut Vec<FeedRecord>, config: &Config, context: &Context) {
    let (specs, errors) = config::load_feeds(config, &context.env);
    // With mistakes in the files it is not known what they mean; `tidings check` tells them.
    if !errors.is_empty() {
        return;
    }
    let paused: HashMap<&FeedId, bool> = specs.iter().map(|spec| (&spec.id, spec.paused)).collect();
    feeds.retain(|feed| paused.contains_key(&feed.id));
    for feed in feeds {
        feed.paused = paused.get(&feed.id).copied().unwrap_or(feed.paused);
    }
}

struct Summary {
    health: BTreeMap<Health, usize>,
    last_poll: Option<Time>,
    next_poll: Option<Time>,
}

impl Summary {
    fn of(feeds: &[FeedRecord], now: Time) -> Self {
        let mut health = BTreeMap::new();
        for feed in feeds {
            *health.entry(feed.health(now)).or_default() += 1;
        }
        let polled =
            |feed: &&FeedRecord| !matches!(feed.health(now), Health::Paused | Health::Gone);
        Self {
            health,
            last_poll: feeds.iter().filter_map(|feed| feed.state.last_poll).max(),
            next_poll: feeds.iter().filter(polled).map(|feed| feed.next_poll).min(),
        }
    }

    fn count(&self, health: Health) -> usize {
        self.health.get(&health).copied().unwrap_or(0)
    }

    fn print(&self, out: &mut dyn Write, context: &Context, totals: &Totals) -> io::Result<()> {
        let total: usize = self.health.values().sum();
        let parts: Vec<String> = ALL
            .iter()
            .filter(|health| self.count(**health) > 0)
            .map(|health| {
                format!(
                    "{} {}",
                    self.count(*health),
                    paint_health(context.terminal, *health)
                )
            })
            .collect();
        writeln!(
            out,
            "feeds     {total}: {}",
            if parts.is_empty() {
                "none".to_owned()
            } else {
                parts.join(", ")
            }
        )?;
        let when = |at: Option<Time>, none: &str| {
            at.map_or_else(
                || none.to_owned(),
                |at| format!("{}  {}", at.format("%F %T UTC"), relative(at, context.now)),
            )
        };
        writeln!(out, "last poll {}", when(self.last_poll, "never"))?;
        writeln!(out, "next poll {}", when(self.next_poll, "none"))?;
        writeln!(
            out,
            "articles  {} today, {} in all",
            totals.articles_since, totals.articles
        )
    }

    fn json(&self, feeds: &[FeedRecord], totals: &Totals, store: &str) -> serde_json::Value {
        let moment = |at: Option<Time>| at.map(|at| at.format("%FT%TZ").to_string());
        let health: serde_json::Map<String, serde_json::Value> = ALL
            .iter()
            .map(|health| (health.as_str().to_owned(), self.count(*health).into()))
            .collect();
        let errors: Vec<serde_json::Value> = feeds
            .iter()
            .filter_map(|feed| feed.state.failure.as_ref().map(|failure| (feed, failure)))
            .map(|(feed, failure)| {
                json!({
                    "feed": feed.id.as_str(), "url": redact_url(&feed.url), "error": failure.message,
                    "status": failure.status, "failures": feed.state.failures, "last_ok": moment(feed.state.last_ok),
                })
            })
            .collect();
        json!({
            "feeds": health,
            "last_poll": moment(self.last_poll),
            "next_poll": moment(self.next_poll),
            "articles": { "today": totals.articles_since, "all": totals.articles },
            "store": { "path": store, "bytes": totals.bytes, "seq": totals.last_seq },
            "errors": errors,
        })
    }
}

fn failures(out: &mut dyn Write, feeds: &[FeedRecord], now: Time) -> io::Result<()> {
    let failing: Vec<&FeedRecord> = feeds
        .iter()
        .filter(|feed| matches!(feed.health(now), Health::Failing | Health::Gone))
        .collect();
    for feed in failing.iter().take(NAMED) {
        let message = feed
            .state
            .failure
            .as_ref()
            .map_or("", |failure| failure.message.as_str());
        let since = feed.state.last_ok.map_or_else(
            || "never worked".to_owned(),
            |at| format!("last worked {}", relative(at, now)),
        );
        writeln!(
            out,
            "\n{}  {}\n  {} ({since})",
            feed.id,
            redact_url(&feed.url),
            printable(message)
        )?;
    }
    if failing.len() > NAMED {
        writeln!(
            out,
            "\nand {} more; `tidings feed list` shows all",
            failing.len() - NAMED
        )?;
    }
    Ok(())
}
