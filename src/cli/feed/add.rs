//! `tidings feed add`: look at the URL, find the feed, write it down, keep what was fetched.
//!
//! The document that was looked at is stored as the feed's first poll, so that adding a feed
//! asks its server once.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use super::AddArgs;
use crate::{
    cli::{
        CliError, Ended,
        advice::Purpose,
        context::Context,
        find::{Found, Looked, Seeker, known, named, with_scheme},
        terminal::{Tone, count, entries},
    },
    config::{
        Loaded, Trust,
        edit::{self, NewFeed},
        site_feed,
    },
    daemon::{self, open_for_polling},
    fetch::Fetcher,
    ingest::{Asked, Ingest},
    model::{FeedId, FeedKind, Fetched, NewBody, printable},
    parse::DiscoveredFeed,
    schedule::Clock,
    store::{Claim, FeedSet},
};

/// Others of a page's feeds or of an index's sitemaps that are told.
const MOST_TOLD: usize = 10;

pub(super) fn run(context: &Context, args: &AddArgs) -> Result<Ended, CliError> {
    if args.urls.len() > 1 && (args.name.is_some() || args.id.is_some()) {
        return Err(CliError::Told(
            "--name and --id fit one URL; add the feeds one by one".to_owned(),
        ));
    }
    let loaded = context.settings()?;
    if args.no_fetch {
        return Context::block_on(add_all(context, args, &loaded, None))?;
    }
    context.look(&loaded.config, async |fetcher| {
        let (config, purpose) = (&loaded.config, Purpose::Add(args.kind));
        let seeker = Seeker::new(context, config, fetcher, &args.access, purpose)?;
        add_all(context, args, &loaded, Some((&seeker, fetcher))).await
    })
}

/// What looks at URLs, where they are looked at.
type Look<'a> = Option<(&'a Seeker<'a>, &'a Fetcher)>;

async fn add_all(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    look: Look<'_>,
) -> Result<Ended, CliError> {
    let mut failed = 0;
    for url in &args.urls {
        let Err(error) = add(context, args, loaded, look, url).await else {
            continue;
        };
        if args.urls.len() == 1 {
            return Err(error);
        }
        // It names the URL, or the place in the feed file.
        error.report(context);
        failed += 1;
    }
    Ok(match failed {
        0 => Ended::Well,
        failed if failed == args.urls.len() => Ended::Badly,
        _ => Ended::InPart,
    })
}

async fn add(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    look: Look<'_>,
    url: &str,
) -> Result<(), CliError> {
    let url = with_scheme(url)?;
    if let Some(id) = known(context, &loaded.config, &url) {
        // Not even looked at: its server may have asked not to be.
        return tell(context, &id, false, &url, kept(args));
    }
    match look {
        Some(look) => add_seen(context, args, loaded, look, &url).await,
        None => add_unseen(context, args, loaded, &url),
    }
}

fn add_unseen(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    url: &str,
) -> Result<(), CliError> {
    let rule = site_feed(url).filter(|rule| rule.trust == Trust::Sure);
    let url = rule.as_ref().map_or(url, |rule| &rule.url);
    let kind = args.kind.unwrap_or_default();
    let (id, new) = write_down(context, args, loaded, url, kind)?;
    let by = rule
        .as_ref()
        .map_or_else(String::new, |rule| format!(" ({})", rule.rule));
    let what = if new {
        format!("it is looked at with the next poll{by}")
    } else {
        kept(args).to_owned()
    };
    tell(context, &id, new, url, &what)
}

/// What becomes of options for a feed that is there already.
fn kept(args: &AddArgs) -> &'static str {
    let asked = args.name.is_some() || args.id.is_some() || args.interval.is_some();
    if asked || args.kind.is_some() || !args.tag.is_empty() || args.access.is_asked() {
        "left as it was; `tidings feed edit` changes it"
    } else {
        "left as it was"
    }
}

fn write_down(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    url: &str,
    kind: FeedKind,
) -> Result<(FeedId, bool), CliError> {
    let feed = NewFeed {
        url: url.to_owned(),
        id: args.id.clone(),
        name: args.name.clone(),
        interval: args.interval,
        tags: args.tag.clone(),
        kind,
        paused: false,
        access: args.access.resolve(&loaded.config)?,
    };
    let done = edit::add(&loaded.config, &context.env, &[feed])?;
    match (done.added.first(), done.known.first()) {
        (Some(id), _) => Ok((id.clone(), true)),
        (None, Some(id)) => Ok((id.clone(), false)),
        (None, None) => Err(CliError::Told(
            "nothing was added; this is a bug in Tidings".to_owned(),
        )),
    }
}

fn tell(context: &Context, id: &FeedId, new: bool, url: &str, what: &str) -> Result<(), CliError> {
    let word = if new { "added" } else { "known already" };
    let word = context
        .terminal
        .paint(if new { Tone::Good } else { Tone::Notice }, word);
    writeln!(
        io::stdout().lock(),
        "{word} {id}  {}  {what}",
        printable(url)
    )?;
    Ok(())
}

async fn add_seen(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    (seeker, fetcher): (&Seeker<'_>, &Fetcher),
    url: &str,
) -> Result<(), CliError> {
    let (found, others, passed) = match seeker.seek(url).await? {
        Found::Page(mut feeds) => {
            let (found, at, passed) = seeker.take(url, &feeds).await?;
            feeds.drain(..=at);
            (found, feeds, passed)
        }
        found => (found, Vec::new(), Vec::new()),
    };
    let looked = match found {
        Found::Feed(looked) => looked,
        Found::Known(id, url) => return tell(context, &id, false, &url, kept(args)),
        Found::Index(sitemaps) => return Err(choose(url, &sitemaps)),
        Found::Page(_) => return Ok(()),
    };
    let kind = args.kind.unwrap_or(looked.document.raw.kind);
    let (id, new) = write_down(context, args, loaded, &looked.url, kind)?;
    let what = if new {
        described(&looked)
    } else {
        kept(args).to_owned()
    };
    tell(context, &id, new, &looked.url, &what)?;
    if new {
        remarks(&id, &looked, &passed)?;
    }
    tell_others(&id, &others)?;
    if new {
        keep(context, fetcher.clone(), &id, looked.body).await?;
    }
    Ok(())
}

/// What the new feed is.
fn described(looked: &Looked) -> String {
    let document = &looked.document;
    let entries = entries(document.normalized.entries.len() as u64);
    let format = &document.raw.format;
    match &document.normalized.title {
        Some(title) => format!("{format} \u{201c}{}\u{201d}, {entries}", printable(title)),
        None => format!("{format}, {entries}"),
    }
}

/// How it was found, what is wrong with it, and what was passed over.
fn remarks(id: &FeedId, looked: &Looked, passed: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if let Some(by) = &looked.by {
        writeln!(out, "      {by}")?;
    }
    if looked.document.raw.kind != FeedKind::Feed {
        writeln!(
            out,
            "      links without texts; a feed, if there is one, has more"
        )?;
    }
    let defects = looked.document.raw.repairs.len();
    if defects > 0 {
        let are = if defects == 1 {
            "thing is"
        } else {
            "things are"
        };
        writeln!(
            out,
            "      {defects} {are} wrong with it; `tidings feed show {id}` lists them"
        )?;
    }
    for why in passed {
        writeln!(out, "      passed over: {why}")?;
    }
    Ok(())
}

/// The page's other feeds, and how to have one of them.
fn tell_others(id: &FeedId, others: &[DiscoveredFeed]) -> io::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    for other in others.iter().take(MOST_TOLD) {
        writeln!(out, "      also there: {}", named(other))?;
    }
    if let Some(more) = others.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        writeln!(
            out,
            "      and {more} more; `tidings feed find URL` lists them"
        )?;
    }
    writeln!(
        out,
        "      `tidings feed add URL` takes one of them too, `tidings feed remove {id}` drops this one"
    )
}

/// An index is not polled: which of its sitemaps is wanted is for the user to say.
fn choose(url: &str, sitemaps: &[String]) -> CliError {
    let mut told = format!(
        "{}: a sitemap index; give the one of its {} that is wanted (one with news in its name, if there is one):",
        printable(url),
        count(sitemaps.len() as u64, "sitemap")
    );
    for sitemap in sitemaps.iter().take(MOST_TOLD) {
        told.push(' ');
        told.push_str(&printable(sitemap));
    }
    if sitemaps.len() > MOST_TOLD {
        told.push_str(" \u{2026} `tidings feed find URL` lists them all");
    }
    CliError::Told(told)
}

/// What was fetched becomes the feed's first poll.
async fn keep(
    context: &Context,
    fetcher: Fetcher,
    id: &FeedId,
    body: NewBody,
) -> Result<(), CliError> {
    let feeds = daemon::read_feeds(context.global.config.as_deref(), &context.env)?;
    let Some(spec) = feeds.specs.iter().find(|spec| spec.id == *id) else {
        return Ok(());
    };
    let (store, _lock) = open_for_polling(&context.store_path(&feeds.config)?).await?;
    let set = FeedSet {
        specs: [spec.clone()].into(),
        origins: Some(Vec::new()),
        default_interval: feeds.config.schedule.interval,
    };
    store.sync_feeds(set, context.now).await?;
    // A daemon may have seen the new file and claimed the feed already; then it polls it.
    let claim = Claim {
        now: context.now,
        lease: std::time::Duration::from_secs(60),
        limit: 1,
        per_host: 1,
        spacing: feeds.config.fetch.host_interval,
        asks: false,
    };
    let claims = store.claim(vec![id.clone()], claim).await?;
    if let Some(claimed) = claims.feeds.into_iter().next() {
        let clock: Clock = daemon::system_clock();
        let config = Arc::clone(&feeds.config);
        let ingest = Ingest::new(fetcher, store.clone(), config, feeds.specs.clone(), clock);
        ingest
            .absorb(
                claimed.feed,
                spec,
                &Asked::first(&spec.url),
                Fetched::New(body),
                context.now,
            )
            .await?;
    }
    store.close().await;
    Ok(())
}
