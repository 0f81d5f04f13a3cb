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
    model::{
        FeedFilter, FeedId, FeedOutline, FeedRecord, Health, HostPause, Standing, Subscription,
        Time, printable, redact_url,
    },
    store::{Backend, Totals},
};

/// Failing feeds that are named; the rest is counted.
const NAMED: usize = 20;
/// A gap is told so long.
const LATELY: chrono::Duration = chrono::Duration::days(7);

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    let mut backend = context.reader(&loaded.config)?;
    let mut feeds = backend.outlines()?;
    if loaded.path.is_some() {
        follow_files(&mut feeds, &loaded.config, context);
    }
    let midnight = context
        .now
        .date_naive()
        .and_time(chrono::NaiveTime::MIN)
        .and_utc();
    let totals = backend.totals(midnight)?;
    let pauses = backend.host_pauses(context.now)?;
    let summary = Summary::of(&feeds, totals.last_poll, context.now);
    let failing = failing(backend.as_mut(), &feeds, args.json, context.now)?;
    let gaps = backend.gaps(context.now - LATELY)?;
    let hubs = match loaded.config.websub.public_url {
        Some(_) => Some(Hubs::of(&backend.subscriptions(None)?, context.now)),
        None => None,
    };
    let mut out = io::stdout().lock();
    if args.json {
        let mut told = summary.json(&failing, &pauses, &totals, &path.display().to_string());
        let names: Vec<&str> = gaps.iter().map(FeedId::as_str).collect();
        told["gaps"] = json!({ "all": totals.gaps, "feeds_lately": names });
        told["websub"] = hubs.map_or(serde_json::Value::Null, Hubs::json);
        writeln!(out, "{told}")?;
    } else {
        summary.print(&mut out, context, &totals)?;
        if let Some(hubs) = hubs {
            writeln!(
                out,
                "pushed    {} of {} subscriptions are active",
                hubs.active, hubs.wanted
            )?;
        }
        writeln!(
            out,
            "store     {} ({})",
            path.display(),
            ByteSize::b(totals.bytes)
        )?;
        tell_gaps(&mut out, &gaps)?;
        paused_hosts(&mut out, &pauses, context.now)?;
        failures(&mut out, &summary, &failing, context.now)?;
    }
    Ok(Ended::Well)
}

/// The feed files' word counts at once, even if the store hears it with the next poll only: feeds
/// taken out are not shown, pauses are.
fn follow_files(feeds: &mut Vec<FeedOutline>, config: &Config, context: &Context) {
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

/// What is known of the failing feeds (and those that have ended): of all that are to be named.
fn failing(
    backend: &mut dyn Backend,
    feeds: &[FeedOutline],
    all: bool,
    now: Time,
) -> Result<Vec<FeedRecord>, CliError> {
    let fails = |feed: &&FeedOutline| match all {
        true => matches!(feed.standing, Standing::Failing | Standing::Gone),
        false => matches!(feed.health(now), Health::Failing | Health::Gone),
    };
    let ids: Vec<FeedId> = feeds
        .iter()
        .filter(fails)
        .take(if all { usize::MAX } else { NAMED })
        .map(|feed| feed.id.clone())
        .collect();
    // No ids would mean all feeds.
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = FeedFilter {
        ids,
        ..FeedFilter::default()
    };
    Ok(backend.feeds(&filter)?)
}

/// Subscriptions, counted.
#[derive(Clone, Copy)]
struct Hubs {
    wanted: usize,
    active: usize,
}

impl Hubs {
    fn of(hubs: &[Subscription], now: Time) -> Self {
        Self {
            wanted: hubs.iter().filter(|hub| hub.is_wanted()).count(),
            active: hubs.iter().filter(|hub| hub.is_active(now)).count(),
        }
    }

    fn json(self) -> serde_json::Value {
        json!({ "wanted": self.wanted, "active": self.active })
    }
}

struct Summary {
    health: BTreeMap<Health, usize>,
    last_poll: Option<Time>,
    next_poll: Option<Time>,
}

impl Summary {
    fn of(feeds: &[FeedOutline], last_poll: Option<Time>, now: Time) -> Self {
        let mut health = BTreeMap::new();
        for feed in feeds {
            *health.entry(feed.health(now)).or_default() += 1;
        }
        let polled =
            |feed: &&FeedOutline| !matches!(feed.health(now), Health::Paused | Health::Gone);
        Self {
            health,
            last_poll,
            next_poll: feeds.iter().filter(polled).map(|feed| feed.next_poll).min(),
        }
    }

    fn count(&self, health: Health) -> usize {
        self.health.get(&health).copied().unwrap_or(0)
    }

    fn print(&self, out: &mut dyn Write, context: &Context, totals: &Totals) -> io::Result<()> {
        let total: usize = self.health.values().sum();
        let parts: Vec<String> = Health::ALL
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

    fn json(
        &self,
        failing: &[FeedRecord],
        pauses: &[HostPause],
        totals: &Totals,
        store: &str,
    ) -> serde_json::Value {
        let moment = |at: Option<Time>| at.map(|at| at.format("%FT%TZ").to_string());
        let health: serde_json::Map<String, serde_json::Value> = Health::ALL
            .iter()
            .map(|health| (health.as_str().to_owned(), self.count(*health).into()))
            .collect();
        let errors: Vec<serde_json::Value> = failing
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
            "paused_hosts": pauses.iter().map(|pause| json!({
                "host": pause.scope, "until": moment(Some(pause.until)),
            })).collect::<Vec<_>>(),
        })
    }
}

/// Feeds that may have lost entries lately.
fn tell_gaps(out: &mut dyn Write, feeds: &[FeedId]) -> io::Result<()> {
    if feeds.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = feeds.iter().take(NAMED).map(FeedId::as_str).collect();
    let more = match feeds.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    writeln!(
        out,
        "gaps      {} may have lost entries in the last {} days: {}{more}",
        feeds.len(),
        LATELY.num_days(),
        names.join(", ")
    )
}

fn paused_hosts(out: &mut dyn Write, pauses: &[HostPause], now: Time) -> io::Result<()> {
    for pause in pauses.iter().take(NAMED) {
        writeln!(
            out,
            "\n{} asked not to be asked before {}  {}",
            printable(&pause.scope),
            pause.until.format("%F %T UTC"),
            relative(pause.until, now)
        )?;
    }
    if pauses.len() > NAMED {
        writeln!(
            out,
            "\nand {} more hosts; `tidings status --json` has all",
            pauses.len() - NAMED
        )?;
    }
    Ok(())
}

fn failures(
    out: &mut dyn Write,
    summary: &Summary,
    failing: &[FeedRecord],
    now: Time,
) -> io::Result<()> {
    for feed in failing {
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
    let all = summary.count(Health::Failing) + summary.count(Health::Gone);
    if all > failing.len() {
        writeln!(
            out,
            "\nand {} more; `tidings feed list` shows all",
            all - failing.len()
        )?;
    }
    Ok(())
}
