//! `tidings feed add`: look at the URL, find the feed, write it down, keep what was fetched.
//!
//! The document that was looked at is stored as the feed's first poll, so that adding a feed
//! asks its server once.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use super::AddArgs;
use crate::{
    cli::{
        CliError, Ended,
        context::Context,
        terminal::{Tone, entries},
    },
    config::{
        self, Loaded,
        edit::{self, NewFeed},
        feed_url,
    },
    daemon::{self, open_for_polling},
    fetch::{FetchRequest, Fetcher},
    ingest::{Document, Ingest, read_document},
    model::{Cleanup, FailKind, FeedId, Fetched, NewBody, Permanence, printable},
    parse::{self, Limits, ParseError},
    schedule::Clock,
    store::FeedSet,
};

pub(super) fn run(context: &Context, args: &AddArgs) -> Result<Ended, CliError> {
    if args.urls.len() > 1 && (args.name.is_some() || args.id.is_some()) {
        return Err(CliError::Told(
            "--name and --id fit one URL; add the feeds one by one".to_owned(),
        ));
    }
    let loaded = context.settings()?;
    let mut failed = 0;
    for url in &args.urls {
        let result = with_scheme(url).and_then(|url| {
            if let Some(id) = known(context, &loaded, &url) {
                // Not even looked at: its server may have asked not to be.
                tell(context, &id, false, &url, kept(args))
            } else if args.no_fetch {
                add_unseen(context, args, &loaded, &url)
            } else {
                add_seen(context, args, &loaded, &url)
            }
        });
        if let Err(error) = result {
            if args.urls.len() == 1 {
                return Err(error);
            }
            // It names the URL, or the place in the feed file.
            error.report(context);
            failed += 1;
        }
    }
    Ok(match failed {
        0 => Ended::Well,
        failed if failed == args.urls.len() => Ended::Badly,
        _ => Ended::InPart,
    })
}

/// People type `lwn.net`, and browsers hand over `feed://lwn.net/rss` or `feed:https://…`.
fn with_scheme(url: &str) -> Result<String, CliError> {
    if let Some(feed) = url.strip_prefix("feed:") {
        return Ok(match feed.strip_prefix("//") {
            Some(rest) => format!("https://{rest}"),
            None => feed.to_owned(),
        });
    }
    if url.contains("://") {
        return Ok(url.to_owned());
    }
    if url.starts_with(['/', '.']) || Path::new(url).exists() {
        return Err(CliError::Told(format!(
            "{}: not a URL; `tidings feed import FILE` adds the feeds of an OPML file, \
             `tidings preview FILE` shows a saved feed",
            printable(url)
        )));
    }
    Ok(format!("https://{url}"))
}

/// The feed that has this URL already.
fn known(context: &Context, loaded: &Loaded, url: &str) -> Option<FeedId> {
    let url = feed_url(url).ok()?;
    // Mistakes of the feed files are told by those who change them.
    let (specs, _) = config::load_feeds(&loaded.config, &context.env);
    let known = specs.into_iter().find(|spec| spec.url == url.as_str());
    known.map(|spec| spec.id)
}

fn add_unseen(
    context: &Context,
    args: &AddArgs,
    loaded: &Loaded,
    url: &str,
) -> Result<(), CliError> {
    let (id, new) = write_down(context, args, loaded, url)?;
    let what = if new {
        "it is looked at with the next poll"
    } else {
        kept(args)
    };
    tell(context, &id, new, url, what)
}

/// What becomes of options for a feed that is there already.
fn kept(args: &AddArgs) -> &'static str {
    let asked = args.name.is_some() || args.id.is_some() || args.interval.is_some();
    if asked || !args.tag.is_empty() {
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
) -> Result<(FeedId, bool), CliError> {
    let feed = NewFeed {
        url: url.to_owned(),
        id: args.id.clone(),
        name: args.name.clone(),
        interval: args.interval,
        tags: args.tag.clone(),
        paused: false,
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

fn add_seen(context: &Context, args: &AddArgs, loaded: &Loaded, url: &str) -> Result<(), CliError> {
    Context::block_on(async {
        let fetcher = Fetcher::new(&loaded.config.fetch)?;
        let found = match look(context, loaded, &fetcher, url).await? {
            Look::Found(found) => found,
            Look::Known(id, url) => return tell(context, &id, false, &url, kept(args)),
        };
        let (id, new) = write_down(context, args, loaded, &found.url)?;
        let count = found.document.normalized.entries.len();
        let title = found.document.normalized.title.clone().unwrap_or_default();
        let what = if new {
            format!(
                "{} \u{201c}{}\u{201d}, {}",
                found.document.raw.format,
                printable(&title),
                entries(count as u64)
            )
        } else {
            kept(args).to_owned()
        };
        tell(context, &id, new, &found.url, &what)?;
        let defects = found.document.raw.repairs.len();
        if new && defects > 0 {
            let are = if defects == 1 {
                "thing is"
            } else {
                "things are"
            };
            writeln!(
                io::stdout().lock(),
                "      {defects} {are} wrong with it; `tidings feed show {id}` lists them"
            )?;
        }
        for other in &found.others {
            writeln!(
                io::stdout().lock(),
                "      also there: {}",
                printable(other)
            )?;
        }
        if new {
            keep(context, fetcher, &id, found.body).await
        } else {
            Ok(())
        }
    })?
}

/// A feed that was looked at.
struct Found {
    url: String,
    body: NewBody,
    document: Document,
    /// Other feeds of the same page.
    others: Vec<String>,
}

/// What stands at a URL.
enum Look {
    Found(Box<Found>),
    /// The page's feed is polled already; it was not asked.
    Known(FeedId, String),
}

async fn look(
    context: &Context,
    loaded: &Loaded,
    fetcher: &Fetcher,
    url: &str,
) -> Result<Look, CliError> {
    let limits = Limits {
        max_entries: loaded.config.fetch.max_entries,
    };
    let body = fetch(context, fetcher, url).await?;
    match read(context, &body, limits) {
        Ok(document) => Ok(Look::Found(Box::new(Found {
            url: settled(url, &body),
            body,
            document,
            others: Vec::new(),
        }))),
        Err(error) => {
            let html = String::from_utf8_lossy(&body.bytes);
            let mut feeds = parse::discover(&html, &body.final_url)
                .into_iter()
                .map(|feed| feed.url);
            let Some(first) = feeds.next() else {
                return Err(no_feed(url, &error));
            };
            let others = feeds.collect();
            if let Some(id) = known(context, loaded, &first) {
                return Ok(Look::Known(id, first));
            }
            let body = fetch(context, fetcher, &first).await?;
            let document = read(context, &body, limits).map_err(|error| no_feed(&first, &error))?;
            Ok(Look::Found(Box::new(Found {
                url: settled(&first, &body),
                body,
                document,
                others,
            })))
        }
    }
}

fn no_feed(url: &str, error: &str) -> CliError {
    let url = printable(url);
    CliError::Told(if error == ParseError::WebPage.to_string() {
        format!("{url}: a web page that names no feed; give the feed's own URL")
    } else {
        format!("{url}: no feed there, and no page that names one: {error}")
    })
}

/// A permanent redirect is followed for good, any other only for now.
fn settled(url: &str, body: &NewBody) -> String {
    match body.moved {
        Some(Permanence::Permanent) => body.final_url.clone(),
        _ => url.to_owned(),
    }
}

fn read(context: &Context, body: &NewBody, limits: Limits) -> Result<Document, String> {
    let id: FeedId = "new"
        .parse()
        .map_err(|error: crate::model::InvalidFeedId| error.to_string())?;
    read_document(body, &id, None, &Cleanup::default(), limits, context.now)
        .map_err(|failure| failure.message)
}

async fn fetch(context: &Context, fetcher: &Fetcher, url: &str) -> Result<NewBody, CliError> {
    let request = FetchRequest {
        url: url.to_owned(),
        ..FetchRequest::default()
    };
    match fetcher.fetch(&request, context.now).await {
        Fetched::New(body) => Ok(body),
        other => {
            let never = matches!(&other, Fetched::Failed { failure, .. } if failure.kind == FailKind::Forbidden);
            let advice = if never {
                ""
            } else {
                "; --no-fetch adds it all the same"
            };
            let why = crate::cli::source::why_not(&other);
            Err(CliError::Told(format!("{}: {why}{advice}", printable(url))))
        }
    }
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
        specs: vec![spec.clone()],
        origins: Some(Vec::new()),
        default_interval: feeds.config.schedule.interval,
    };
    store.sync_feeds(set, context.now).await?;
    // A daemon may have seen the new file and claimed the feed already; then it polls it.
    let claimed = store
        .claim(
            vec![id.clone()],
            context.now,
            std::time::Duration::from_secs(60),
        )
        .await?;
    if let Some(claimed) = claimed.into_iter().next() {
        let clock: Clock = daemon::system_clock();
        let config = Arc::clone(&feeds.config);
        let ingest = Ingest::new(fetcher, store.clone(), config, feeds.specs.clone(), clock);
        ingest
            .absorb(claimed.feed, spec, Fetched::New(body), context.now)
            .await?;
    }
    store.close().await;
    Ok(())
}
