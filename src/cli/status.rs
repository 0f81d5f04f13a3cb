//! `tidings status`: feeds by health, articles, what fails.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write},
};

use bytesize::ByteSize;
use serde_json::json;

use super::{
    CliError, Ended,
    args::StatusArgs,
    context::Context,
    doubts,
    feed::paint_health,
    terminal::{Terminal, count},
    waits::Wait,
    when::relative,
};
use crate::{
    config::{self, Config},
    model::{
        FeedFilter, FeedId, FeedOutline, FeedRecord, Health, HostPause, Standing, Subscription,
        Time, printable, redact_url,
    },
    store::{Backend, StoreError, Totals},
};

/// Failing feeds that are named; the rest is counted.
const NAMED: usize = 20;
/// A gap is told so long.
const LATELY: chrono::Duration = chrono::Duration::days(7);

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    let mut store = match context.reader(&loaded.config) {
        Ok(store) => Some(store),
        // Nothing was polled yet, and that can be told.
        Err(CliError::Store(StoreError::Missing { .. })) => None,
        Err(error) => return Err(error),
    };
    let mut known = match &mut store {
        Some(store) => Known::read(store.as_mut(), &loaded.config, context.now)?,
        None => Known::default(),
    };
    if loaded.path.is_some() {
        follow_files(&mut known.feeds, &loaded.config, context);
    }
    if let Some(store) = &mut store {
        known.find_named(store.as_mut(), args.json, context.now)?;
    }
    let summary = Summary::of(&known.feeds, known.totals.last_poll, context.now);
    let mut out = io::stdout().lock();
    if args.json {
        let told = known.json(&summary, &path.display().to_string(), context.now);
        writeln!(out, "{told}")?;
        return Ok(Ended::Well);
    }
    summary.print(&mut out, context, &known.totals)?;
    if let Some(hubs) = known.hubs {
        writeln!(
            out,
            "pushed    {} of {} subscriptions are active{}",
            hubs.active,
            hubs.wanted,
            match hubs.refused {
                0 => String::new(),
                refused => format!(
                    "; {refused} deliveries were dropped (`tidings feed show FEED` tells why)"
                ),
            }
        )?;
    }
    let size = match store {
        Some(_) => ByteSize::b(known.totals.bytes).to_string(),
        None => "none yet; the first poll makes it".to_owned(),
    };
    writeln!(out, "store     {} ({size})", path.display())?;
    known.tell(&mut out, context.terminal, &summary, context.now)?;
    Ok(Ended::Well)
}

/// What the store has to tell; nothing if there is none yet.
#[derive(Default)]
struct Known {
    feeds: Vec<FeedOutline>,
    totals: Totals,
    pauses: Vec<HostPause>,
    gaps: Vec<FeedId>,
    doubted: Vec<(FeedId, Time)>,
    hubs: Option<Hubs>,
    failing: Vec<FeedRecord>,
    waiting: Vec<FeedRecord>,
}

impl Known {
    fn read(store: &mut dyn Backend, config: &Config, now: Time) -> Result<Self, CliError> {
        let midnight = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let hubs = match config.websub.public_url {
            Some(_) => Some(Hubs::of(&store.subscriptions(None)?, now)),
            None => None,
        };
        Ok(Self {
            feeds: store.outlines()?,
            totals: store.totals(midnight)?,
            pauses: store.host_pauses(now)?,
            gaps: store.gaps(now - LATELY)?,
            doubted: store.doubted()?,
            hubs,
            ..Self::default()
        })
    }

    /// Looks up the feeds that are told by name: of all that fail or wait, or of some.
    fn find_named(
        &mut self,
        store: &mut dyn Backend,
        all: bool,
        now: Time,
    ) -> Result<(), CliError> {
        let fails = |feed: &FeedOutline| match all {
            true => matches!(feed.standing, Standing::Failing | Standing::Gone),
            false => matches!(feed.health(now), Health::Failing | Health::Gone),
        };
        self.failing = records(store, &self.feeds, all, fails)?;
        // A host that asked for a pause is told once and not with each of its feeds.
        let is_host = |feed: &FeedOutline| feed.host_paused_until.is_some_and(|until| until > now);
        let waits =
            |feed: &FeedOutline| feed.health(now) == Health::Waiting && (all || !is_host(feed));
        self.waiting = records(store, &self.feeds, all, waits)?;
        Ok(())
    }

    fn json(&self, summary: &Summary, store: &str, now: Time) -> serde_json::Value {
        let mut told = summary.json(&self.failing, &self.pauses, &self.totals, store);
        let names: Vec<&str> = self.gaps.iter().map(FeedId::as_str).collect();
        told["gaps"] = json!({ "all": self.totals.gaps, "feeds_lately": names });
        told["doubted_names"] = doubts::to_json(&self.doubted);
        told["websub"] = self.hubs.map_or(serde_json::Value::Null, Hubs::json);
        let waiting = self.waiting.iter().filter_map(|feed| {
            let wait = Wait::of(feed, now)?;
            let mut told = wait.to_json();
            told["feed"] = feed.id.as_str().into();
            Some(told)
        });
        told["waiting"] = waiting.collect();
        told
    }

    fn tell(
        &self,
        out: &mut dyn Write,
        terminal: Terminal,
        summary: &Summary,
        now: Time,
    ) -> io::Result<()> {
        tell_gaps(out, terminal, &self.gaps)?;
        doubts::tell(out, terminal, &self.doubted)?;
        paused_hosts(out, &self.pauses, now)?;
        for feed in &self.waiting {
            if let Some(wait) = Wait::of(feed, now) {
                let wait = format!("waits {}", wait.told(now));
                told_of(out, terminal, (&feed.id, &feed.url), &wait)?;
            }
        }
        failures(out, terminal, (summary, &self.failing), now)
    }
}

/// The feed files' word counts at once, even if the store hears it with the next poll only: feeds
/// taken out are not shown, new ones and pauses are.
fn follow_files(feeds: &mut Vec<FeedOutline>, config: &Config, context: &Context) {
    if config::no_feeds_yet(config, &context.env) {
        return;
    }
    let (specs, errors) = config::load_feeds(config, &context.env);
    if !errors.is_empty() {
        // It is not known what they mean.
        context.complain(&format!(
            "{} in the settings or feed files, so this is what the store knows; `tidings check` tells them",
            count(errors.len() as u64, "mistake")
        ));
        return;
    }
    let mut paused: HashMap<&FeedId, bool> =
        specs.iter().map(|spec| (&spec.id, spec.paused)).collect();
    feeds.retain_mut(|feed| {
        let said = paused.remove(&feed.id);
        feed.paused = said.unwrap_or(feed.paused);
        said.is_some()
    });
    feeds.extend(paused.into_iter().map(|(id, paused)| FeedOutline {
        id: id.clone(),
        paused,
        standing: Standing::New,
        next_poll: context.now,
        host_paused_until: None,
    }));
}

/// What is known of the feeds that `is_wanted`; of [`NAMED`] ones unless of all.
fn records(
    store: &mut dyn Backend,
    feeds: &[FeedOutline],
    all: bool,
    is_wanted: impl Fn(&FeedOutline) -> bool,
) -> Result<Vec<FeedRecord>, CliError> {
    let ids: Vec<FeedId> = feeds
        .iter()
        .filter(|feed| is_wanted(feed))
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
    Ok(store.feeds(&filter)?)
}

/// Subscriptions, counted.
#[derive(Clone, Copy)]
struct Hubs {
    wanted: usize,
    active: usize,
    /// Deliveries that were not taken in.
    refused: u64,
}

impl Hubs {
    fn of(hubs: &[Subscription], now: Time) -> Self {
        Self {
            wanted: hubs.iter().filter(|hub| hub.is_wanted()).count(),
            active: hubs.iter().filter(|hub| hub.is_active(now)).count(),
            refused: hubs.iter().map(|hub| hub.refused.count).sum(),
        }
    }

    fn json(self) -> serde_json::Value {
        json!({ "wanted": self.wanted, "active": self.active, "refused": self.refused })
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
            next_poll: feeds
                .iter()
                .filter(polled)
                .map(FeedOutline::next_turn)
                .min(),
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
                "none; `tidings feed add URL` adds one".to_owned()
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
        let pruned = match totals.pruned {
            0 => String::new(),
            pruned => format!("; {pruned} deleted by [retention]"),
        };
        writeln!(
            out,
            "articles  {} today, {} in all{pruned}",
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
            "articles": { "today": totals.articles_since, "all": totals.articles, "pruned": totals.pruned },
            "store": { "path": store, "bytes": totals.bytes, "seq": totals.last_seq },
            "errors": errors,
            "paused_hosts": pauses.iter().map(|pause| json!({
                "host": pause.scope, "until": moment(Some(pause.until)),
            })).collect::<Vec<_>>(),
        })
    }
}

/// Feeds that may have lost entries lately.
fn tell_gaps(out: &mut dyn Write, terminal: Terminal, feeds: &[FeedId]) -> io::Result<()> {
    if feeds.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = feeds.iter().take(NAMED).map(FeedId::as_str).collect();
    let more = match feeds.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let told = format!(
        "{} may have lost entries in the last {} days: {}{more}",
        feeds.len(),
        LATELY.num_days(),
        names.join(", ")
    );
    writeln!(out, "gaps      {}", terminal.line_end(10, &told))
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
    terminal: Terminal,
    (summary, failing): (&Summary, &[FeedRecord]),
    now: Time,
) -> io::Result<()> {
    for feed in failing {
        let failure = feed.state.failure.as_ref();
        let message = failure.map_or("", |failure| failure.message.as_str());
        let since = feed.state.last_ok.map_or_else(
            || "never worked".to_owned(),
            |at| format!("last worked {}", relative(at, now)),
        );
        let what = format!("{} ({since})", printable(message));
        told_of(out, terminal, (&feed.id, &feed.url), &what)?;
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

/// A feed, and below it what there is to tell.
fn told_of(
    out: &mut dyn Write,
    terminal: Terminal,
    (id, url): (&FeedId, &str),
    what: &str,
) -> io::Result<()> {
    let what = terminal.line_end(2, what);
    writeln!(out, "\n{id}  {}\n  {what}", redact_url(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_errors_are_broken_on_a_terminal_and_whole() {
        let error = "HTTP 403: blocked by bot protection, which only browsers pass; ".repeat(4);
        let mut out = Vec::new();
        let feed = ("a".parse().unwrap(), "https://example.org/feed");
        told_of(&mut out, Terminal::of_people(), (&feed.0, feed.1), &error).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert!(told.lines().all(|line| line.len() <= 80), "{told}");
        let (_, below) = told.split_once("feed\n").unwrap();
        assert!(below.lines().all(|line| line.starts_with("  ")), "{told}");
        assert!(below.split_whitespace().eq(error.split_whitespace()));
    }
}
