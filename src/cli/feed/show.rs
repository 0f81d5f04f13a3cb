//! `tidings feed list` and `tidings feed show`.

use std::io::{self, Write};

use bytesize::ByteSize;
use serde_json::{Value, json};

use super::{access, find, manners, record, records, specs, specs_for};
use crate::{
    cli::{
        CliError, Ended, backfill,
        context::Context,
        facts,
        terminal::{Terminal, Tone, count, table},
        waits::Wait,
        websub,
        when::relative,
    },
    config::Config,
    model::{
        Backfill, FeedFilter, FeedId, FeedKind, FeedRecord, FeedSpec, FeedState, Health,
        PollRecord, RawPlace, Subscription, Time, printable,
    },
    store::{Backend as _, sqlite::Sqlite},
};

/// Where values begin.
const COLUMN: usize = 11;
/// Polls shown of a feed.
const POLLS: usize = 10;

pub(super) fn list(context: &Context, as_json: bool) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let (specs, ended) = specs(context, &loaded.config);
    let filter = FeedFilter {
        count_articles: true,
        ..FeedFilter::default()
    };
    let records = records(context, &loaded.config, &filter)?;
    let pairs: Vec<(&FeedSpec, Option<&FeedRecord>)> = specs
        .iter()
        .map(|spec| (spec, record(&records, &spec.id)))
        .collect();
    let mut out = io::stdout().lock();
    if as_json {
        let feeds: Vec<Value> = pairs
            .iter()
            .map(|(spec, record)| to_json(spec, *record, &loaded.config, context.now))
            .collect();
        writeln!(out, "{}", Value::Array(feeds))?;
        return Ok(ended);
    }
    if pairs.is_empty() && ended != Ended::Well {
        // What is wrong with the feeds that are there was told.
        return Ok(ended);
    }
    if pairs.is_empty() {
        writeln!(
            out,
            "No feeds yet. `tidings feed add URL` adds one; `tidings feed import FILE.opml` many."
        )?;
        return Ok(ended);
    }
    let heading = ["HEALTH", "ID", "ARTICLES", "LAST POLL", "NEXT POLL", "NAME"]
        .map(|text| context.terminal.paint(Tone::Strong, text));
    let mut rows = vec![heading.to_vec()];
    rows.extend(
        pairs
            .iter()
            .map(|(spec, record)| row(context, spec, *record)),
    );
    table(&mut out, context.terminal, &rows)?;
    Ok(ended)
}

fn row(context: &Context, spec: &FeedSpec, record: Option<&FeedRecord>) -> Vec<String> {
    let now = context.now;
    let health = health(spec, record, now);
    let name = spec
        .name
        .as_deref()
        .or(record.and_then(|record| record.state.title.as_deref()))
        .unwrap_or(&spec.url);
    vec![
        paint_health(context.terminal, health),
        spec.id.to_string(),
        record.map_or_else(|| "0".to_owned(), |record| record.articles.to_string()),
        record
            .and_then(|record| record.state.last_poll)
            .map_or_else(|| "never".to_owned(), |at| relative(at, now)),
        match record {
            _ if matches!(health, Health::Paused | Health::Gone) => "-".to_owned(),
            Some(record) => relative(record.next_turn(), now),
            None => "now".to_owned(),
        },
        printable(name),
    ]
}

/// The feed file's word on pausing counts, even if the store has not heard it yet.
fn as_configured(spec: &FeedSpec, record: &FeedRecord) -> FeedRecord {
    FeedRecord {
        paused: spec.paused,
        retired: false,
        ..record.clone()
    }
}

fn health(spec: &FeedSpec, record: Option<&FeedRecord>, now: Time) -> Health {
    match record {
        _ if spec.paused => Health::Paused,
        Some(record) => as_configured(spec, record).health(now),
        None => Health::New,
    }
}

/// Until when the feed waits, and why, if it was asked to.
fn wait(spec: &FeedSpec, record: Option<&FeedRecord>, now: Time) -> Option<Wait> {
    record.and_then(|record| Wait::of(&as_configured(spec, record), now))
}

/// Until when a server of the feed's host asked to be left alone.
fn host_pause(record: Option<&FeedRecord>, now: Time) -> Option<Time> {
    record?.scope_paused_until.filter(|until| *until > now)
}

pub(in crate::cli) fn paint_health(terminal: Terminal, health: Health) -> String {
    let tone = match health {
        Health::Ok | Health::New => Tone::Good,
        Health::Waiting | Health::Late | Health::Gone => Tone::Notice,
        Health::Failing => Tone::Bad,
        Health::Paused => Tone::Faint,
    };
    terminal.paint(tone, health.as_str())
}

fn to_json(spec: &FeedSpec, record: Option<&FeedRecord>, config: &Config, now: Time) -> Value {
    let state = record.map(|record| &record.state);
    let (format, said) = state.map_or_else(Default::default, |state| {
        (state.format.clone(), state.facts.clone())
    });
    let moment = |at: Option<Time>| at.map(|at| at.format("%FT%TZ").to_string());
    let mut feed = json!({
        "id": spec.id.as_str(),
        "url": spec.url,
        "name": spec.name,
        "title": state.and_then(|state| state.title.clone()),
        "site_url": state.and_then(|state| state.site_url.clone()),
        "tags": spec.tags,
        "kind": spec.kind.as_str(),
        "paused": spec.paused,
        "interval_seconds": spec.interval.unwrap_or(config.schedule.interval).as_secs(),
        "keep": spec.cleanup.keep.iter().map(|group| group.as_str()).collect::<Vec<_>>(),
        "remove": spec.cleanup.remove.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "file": &*spec.origin,
        "health": health(spec, record, now).as_str(),
        "waiting": wait(spec, record, now).map(|wait| wait.to_json()),
        "articles": record.map_or(0, |record| record.articles),
        "last_poll": moment(state.and_then(|state| state.last_poll)),
        "last_ok": moment(state.and_then(|state| state.last_ok)),
        "last_new": moment(state.and_then(|state| state.last_new)),
        "next_poll": moment(record.map(|record| record.next_poll)),
        "next_reason": state.map(|state| state.next_reason.clone()),
        "retry_after": moment(state.and_then(|state| state.retry_after)),
        "host_paused_until": moment(host_pause(record, now)),
        "failures": state.map_or(0, |state| state.failures),
        "error": state.and_then(|state| state.failure.as_ref()).map(|failure| failure.message.clone()),
        "redirect": state.and_then(|state| state.redirect.as_ref()).map(|redirect| redirect.url.clone()),
        "repairs": state.map(|state| state.repairs.clone()).unwrap_or_default(),
    });
    if let Some(feed) = feed.as_object_mut() {
        feed.extend(manners::to_json(state));
        feed.extend(facts::to_json(format.as_deref(), &said));
        feed.insert("request".to_owned(), access::to_json(config, spec));
    }
    feed
}

pub(super) fn show(context: &Context, wanted: &str, as_json: bool) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let (specs, mistakes) = specs_for(context, &loaded.config, &[wanted]);
    let all = records(context, &loaded.config, &FeedFilter::default())?;
    let id = find(wanted, (&specs, &mistakes), &all)?;
    let Some(spec) = specs.iter().find(|spec| spec.id == id) else {
        return Err(CliError::Told(format!("no feed is called {wanted:?}")));
    };
    let filter = FeedFilter {
        ids: vec![id.clone()],
        count_articles: true,
        ..FeedFilter::default()
    };
    let found = records(context, &loaded.config, &filter)?;
    let beside = if found.is_empty() {
        Beside::default()
    } else {
        Beside::of(&context.store_path(&loaded.config)?, &id)?
    };
    let mut out = io::stdout().lock();
    if as_json {
        let mut feed = to_json(spec, found.first(), &loaded.config, context.now);
        let hub = beside.hub.as_ref();
        feed["websub"] = hub.map_or(Value::Null, |hub| websub::to_json(hub, context.now));
        feed["backfill"] = backfill::to_json(&beside.backfill);
        feed["kept_documents"] = beside.raw.len().into();
        feed["polls"] = beside.polls.iter().map(poll_json).collect();
        writeln!(out, "{feed}")?;
    } else {
        describe(
            &mut out,
            context,
            &loaded.config,
            spec,
            (found.first(), &beside),
        )?;
        history(&mut out, context, &beside.polls)?;
    }
    Ok(Ended::Well)
}

/// What the store has of a feed besides its state.
#[derive(Default)]
struct Beside {
    polls: Vec<PollRecord>,
    backfill: Backfill,
    /// Documents that are kept.
    raw: Vec<RawPlace>,
    /// The subscription that it wants; else the one that it last had.
    hub: Option<Subscription>,
}

impl Beside {
    fn of(path: &std::path::Path, id: &FeedId) -> Result<Self, CliError> {
        let mut store = Sqlite::open_reader(path)?;
        let mut hubs = store.subscriptions(Some(id))?;
        let hub = hubs.iter().position(Subscription::is_wanted).unwrap_or(0);
        Ok(Self {
            polls: store.polls(id, POLLS)?,
            backfill: store.backfill(id)?,
            raw: store.raw_places(id, None)?,
            hub: (hub < hubs.len()).then(|| hubs.swap_remove(hub)),
        })
    }

    /// How many documents are kept, and since when.
    fn kept(&self) -> Option<String> {
        let oldest = self.raw.last()?.at.format("%F %T UTC");
        let bytes = self.raw.iter().map(|place| place.stored_bytes).sum();
        Some(format!(
            "{} since {oldest} ({})",
            count(self.raw.len() as u64, "document"),
            ByteSize::b(bytes)
        ))
    }

    /// How its older entries are got, or how far that is.
    fn older(&self, id: &FeedId, record: Option<&FeedRecord>) -> Option<String> {
        backfill::describe(id, self.backfill.cursor.as_ref(), &record?.state.facts)
    }

    /// How its subscription stands, or why there is none.
    fn hub_lines(
        &self,
        config: &Config,
        spec: &FeedSpec,
        state: &FeedState,
        now: Time,
    ) -> Vec<(&'static str, String)> {
        let is_wanted = config.websub.public_url.is_some() && spec.websub;
        match &self.hub {
            Some(hub) => websub::told(hub, now),
            None if is_wanted && state.last_ok.is_some() => vec![websub::why_not(&state.facts)],
            None => Vec::new(),
        }
    }
}

fn poll_json(poll: &PollRecord) -> Value {
    json!({
        "at": poll.at.format("%FT%TZ").to_string(), "outcome": poll.outcome.as_str(), "status": poll.status,
        "bytes": poll.bytes, "ms": poll.ms, "entries": poll.entries, "new": poll.new, "changed": poll.changed,
        "error": poll.error,
    })
}

fn describe(
    out: &mut dyn Write,
    context: &Context,
    config: &Config,
    spec: &FeedSpec,
    (record, beside): (Option<&FeedRecord>, &Beside),
) -> io::Result<()> {
    let now = context.now;
    let state = record
        .map(|record| record.state.clone())
        .unwrap_or_default();
    let mut line = |key, value: Option<String>| facts::line(out, COLUMN, key, value.as_deref());
    let at = |moment: Option<Time>| {
        moment.map(|at| format!("{}, {}", at.format("%F %T UTC"), relative(at, now)))
    };
    line("id", Some(spec.id.to_string()))?;
    line("name", spec.name.clone().or(state.title.clone()))?;
    line("url", Some(spec.url.clone()))?;
    line("asked at", state.learnt_url.clone())?;
    let redirect = state.redirect.as_ref();
    let leads = redirect.map(|to| format!("{} ({:?}, {} polls)", to.url, to.permanence, to.polls));
    line("leads to", leads)?;
    line("site", state.site_url.clone())?;
    let file = context.env.shown((*spec.origin).as_ref());
    line("file", Some(file.display().to_string()))?;
    for (key, value) in asked(config, spec) {
        line(key, Some(value))?;
    }
    let health = health(spec, record, now);
    let waits = wait(spec, record, now).map(|wait| format!(" {}", wait.told(now)));
    let waits = waits.unwrap_or_default();
    line("health", Some(format!("{}{waits}", health.as_str())))?;
    line("articles", record.map(|record| record.articles.to_string()))?;
    line("kept", beside.kept())?;
    line("older", beside.older(&spec.id, record))?;
    line(
        "last poll",
        at(state.last_poll).or(Some("never".to_owned())),
    )?;
    line("last news", at(state.last_new))?;
    if let Some(record) = record.filter(|_| !spec.paused) {
        let mut next = at(Some(record.next_poll)).unwrap_or_default();
        if !state.next_reason.is_empty() {
            next.push_str(&format!(" ({})", state.next_reason));
        }
        line("next poll", Some(next))?;
    }
    // What waits says so above.
    let wait = state
        .retry_after
        .filter(|until| *until > now && health != Health::Waiting);
    line("wait until", at(wait))?;
    for (key, value) in manners::lines(&spec.id, &state, now) {
        line(key, Some(value))?;
    }
    for (key, value) in beside.hub_lines(config, spec, &state, now) {
        line(key, Some(value))?;
    }
    line(
        "host",
        host_pause(record, now).map(|until| {
            let until = format!("{}, {}", until.format("%F %T UTC"), relative(until, now));
            format!("asked not to be asked before {until}")
        }),
    )?;
    line(
        "error",
        state
            .failure
            .map(|failure| format!("{} ({} in a row)", failure.message, state.failures)),
    )?;
    if state.format.is_some() {
        writeln!(out)?;
    }
    facts::tell(out, COLUMN, state.format.as_deref(), &state.facts)?;
    facts::tell_wrong(out, context.terminal, facts::HEADING, &state.repairs)
}

/// What the feed file asks for besides name and URL.
fn asked(config: &Config, spec: &FeedSpec) -> Vec<(&'static str, String)> {
    let interval = spec.interval.unwrap_or(config.schedule.interval);
    let interval = humantime::format_duration(interval).to_string();
    let keep = spec.cleanup.keep.iter().map(|group| group.as_str());
    let mut asked = vec![
        ("tags", spec.tags.join(", ")),
        // That it is a feed goes without saying.
        (
            "kind",
            Some(spec.kind)
                .filter(|kind| *kind != FeedKind::Feed)
                .map_or("", FeedKind::as_str)
                .to_owned(),
        ),
        (
            "interval",
            match spec.interval {
                Some(_) => interval,
                None => format!("{interval} (the default)"),
            },
        ),
        ("keep", keep.collect::<Vec<_>>().join(", ")),
    ];
    // Commas are the selectors' own.
    let remove = spec.cleanup.remove.iter();
    asked.extend(remove.map(|selector| ("remove", selector.to_string())));
    if !spec.websub {
        asked.push(("websub", "not wanted for this feed".to_owned()));
    }
    asked.extend(access::lines(config, spec));
    asked
}

fn history(out: &mut dyn Write, context: &Context, polls: &[PollRecord]) -> io::Result<()> {
    if polls.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let heading = ["POLLED", "STATUS", "BYTES", "MS", "NEW", "CHANGED", ""]
        .map(|text| context.terminal.paint(Tone::Strong, text));
    let mut rows = vec![heading.to_vec()];
    rows.extend(polls.iter().map(|poll| {
        vec![
            poll.at.format("%F %T").to_string(),
            poll.status.map_or_else(
                || poll.outcome.as_str().to_owned(),
                |status| status.to_string(),
            ),
            poll.bytes.to_string(),
            poll.ms.to_string(),
            poll.new.to_string(),
            poll.changed.to_string(),
            printable(poll.error.as_deref().unwrap_or_default()),
        ]
    }));
    table(out, context.terminal, &rows)
}
