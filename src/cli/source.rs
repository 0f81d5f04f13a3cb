//! Where `preview` has its document from: a feed of the feed files, the web, a file, standard input.

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use bytes::Bytes;

use super::{
    CliError,
    args::PreviewArgs,
    context::{Context, look_up},
    feed,
    find::{named, with_scheme},
    poll,
};
use crate::{
    config::{self, Config, Trust, feed_url, site_feed},
    fetch::{FetchRequest, unpack},
    ingest,
    model::{
        Access, CacheHints, Failure, FeedFilter, FeedSpec, Fetched, NewBody, Validators, printable,
    },
    parse,
    schedule::{Refusal, may_poll_by_hand},
};

/// The feed of the feed files that is meant, by its name in any form or by its URL; none where a
/// file or standard input is.
pub(super) fn configured(
    context: &Context,
    config: &Config,
    source: &str,
) -> Result<Option<FeedSpec>, CliError> {
    if source == "-" || Path::new(source).is_file() {
        return Ok(None);
    }
    if is_url(source) {
        let url = feed_url(source).map(|url| url.to_string()).ok();
        // The feed files are not what is asked about: their mistakes are told elsewhere.
        let (specs, _) = config::load_feeds(config, &context.env);
        return Ok(specs
            .into_iter()
            .find(|spec| Some(&spec.url) == url.as_ref()));
    }
    let (specs, mistakes) = feed::specs_for(context, config, &[source]);
    let records = feed::records(context, config, &FeedFilter::default())?;
    let id = look_up(source, feed::named(&specs, &records))?;
    if id.is_none() {
        mistakes.check(source)?;
    }
    Ok(specs.into_iter().find(|spec| Some(&spec.id) == id.as_ref()))
}

/// The document itself; a feed of the feed files is asked for as they say, and as the options say.
pub(super) fn obtain(
    context: &Context,
    args: &PreviewArgs,
    source: &str,
    feed: Option<&FeedSpec>,
    config: &Config,
) -> Result<NewBody, CliError> {
    let (most, base) = (config.fetch.max_body, args.base.clone());
    let access = feed
        .map(|feed| Access::clone(&feed.access))
        .unwrap_or_default();
    let access = args.access.over(access, config)?;
    let kind = args.kind.or(feed.map(|feed| feed.kind)).unwrap_or_default();
    if let Some(feed) = feed {
        may_ask(context, config, feed)?;
        let request = FetchRequest {
            access,
            robots: kind.is_for_crawlers(),
            ..request(feed)
        };
        return fetch(context, config, &request);
    }
    match source {
        "-" => {
            if io::stdin().is_terminal() {
                context.complain("reading the feed from standard input; end with Ctrl-D");
            }
            let mut bytes = Vec::new();
            io::stdin()
                .lock()
                .take(most + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| {
                    CliError::Told(format!("standard input cannot be read: {error}"))
                })?;
            local(bytes, base, most, "standard input")
        }
        url if is_url(url) => {
            let mut url = with_scheme(url)?;
            let known = site_feed(&url).filter(|feed| feed.trust == Trust::Sure);
            if let Some(feed) = known {
                if !context.global.quiet {
                    let shown = printable(&feed.url);
                    writeln!(io::stderr(), "{}: its feed is {shown}", feed.rule)?;
                }
                url = feed.url;
            }
            let request = FetchRequest {
                url,
                access,
                robots: kind.is_for_crawlers(),
                ..FetchRequest::default()
            };
            fetch(context, config, &request)
        }
        path => {
            let file = std::fs::File::open(Path::new(path)).map_err(|error| {
                CliError::Told(format!(
                    "{}: cannot be read: {error}; no feed is called so either, and a feed on the web \
                     needs its https://",
                    printable(path)
                ))
            })?;
            let mut bytes = Vec::new();
            file.take(most + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| {
                    CliError::Told(format!("{}: cannot be read: {error}", printable(path)))
                })?;
            local(bytes, base, most, path)
        }
    }
}

/// The last document of a feed that could not be read, from the store.
pub(super) fn unread(
    context: &Context,
    config: &Config,
    source: &str,
    feed: Option<&FeedSpec>,
) -> Result<NewBody, CliError> {
    let Some(feed) = feed else {
        return Err(CliError::Told(format!(
            "--unread is for a feed of the feed files, and none is called {source:?}"
        )));
    };
    let kept = context.reader(config)?.unread(&feed.id)?.into_iter().next();
    kept.map(ingest::kept_body)
        .ok_or_else(|| CliError::Told(format!("{}: every document so far could be read", feed.id)))
}

fn is_url(source: &str) -> bool {
    ["http://", "https://", "feed:"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
}

/// What a server asked for holds for a look as well.
fn may_ask(context: &Context, config: &Config, feed: &FeedSpec) -> Result<(), CliError> {
    let records = feed::records(context, config, &FeedFilter::default())?;
    let Some(record) = records.iter().find(|record| record.id == feed.id) else {
        return Ok(());
    };
    match may_poll_by_hand(record, context.now, true) {
        Err(refusal @ (Refusal::RetryAfter(_) | Refusal::HostPaused(..))) => {
            let why = poll::why_not(record.interval, &refusal, context.now);
            Err(CliError::Told(format!("{}: {why}", feed.id)))
        }
        _ => Ok(()),
    }
}

/// As polls ask, but for what they remember: the whole document is wanted.
fn request(feed: &FeedSpec) -> FetchRequest {
    FetchRequest {
        url: feed.url.clone(),
        validators: Validators::default(),
        headers: feed.headers.clone(),
        home: None,
        resume: None,
        user_agent: feed.user_agent.clone(),
        timeout: feed.timeout,
        max_body: feed.max_body,
        ..FetchRequest::default()
    }
}

/// A body that did not come from the web.
fn local(
    mut bytes: Vec<u8>,
    base: Option<String>,
    most: u64,
    name: &str,
) -> Result<NewBody, CliError> {
    if bytes.len() as u64 > most {
        return Err(CliError::Told(format!(
            "{}: larger than max_body ({most} bytes)",
            printable(name)
        )));
    }
    if let Some(contents) = unpack(&bytes, most) {
        let told =
            |failure: Failure| CliError::Told(format!("{}: {}", printable(name), failure.message));
        bytes = contents.map_err(told)?;
    }
    Ok(NewBody {
        bytes: Bytes::from(bytes),
        content_type: None,
        final_url: base.unwrap_or_else(|| "about:blank".to_owned()),
        moved: None,
        validators: Validators::default(),
        hints: CacheHints::default(),
        links: crate::model::HubLinks::default(),
        alternates: Vec::new(),
        status: 200,
    })
}

fn fetch(context: &Context, config: &Config, request: &FetchRequest) -> Result<NewBody, CliError> {
    context.look(config, async |fetcher| {
        match fetcher.fetch(request, context.now).await {
            Fetched::New(body) => Ok(body),
            other => Err(CliError::Told(format!(
                "{}: {}",
                printable(&request.url),
                why_not(&other)
            ))),
        }
    })
}

/// Why an answer has no document.
pub(super) fn why_not(fetched: &Fetched) -> String {
    match fetched {
        Fetched::New(_) | Fetched::NotModified { .. } => "the server sent no document".to_owned(),
        Fetched::Gone => "HTTP 410: the publisher says it is gone for good".to_owned(),
        Fetched::Throttled {
            status,
            retry_after,
            ..
        } => match retry_after {
            Some(wait) => format!(
                "HTTP {status}: the server asks to wait {} s",
                wait.as_secs()
            ),
            None => format!("HTTP {status}: the server asks to slow down"),
        },
        Fetched::Held { scope, wait } => format!(
            "not asked: {} asked to be left alone for another {} s",
            printable(scope),
            wait.as_secs()
        ),
        Fetched::Failed { failure, .. } => failure.message.clone(),
    }
}

/// No feed; but if it is a page that names feeds, these are told.
pub(super) fn unreadable(source: &str, body: &NewBody, reason: &str) -> CliError {
    let page = parse::discover(body);
    let feeds: Vec<String> = page.feeds.iter().map(named).collect();
    let source = match source {
        "-" => "standard input".to_owned(),
        source => printable(source),
    };
    CliError::Told(match feeds.as_slice() {
        [] => format!("{source}: {reason}"),
        feeds => format!(
            "{source}: a web page, not a feed; its feeds: {}",
            printable(&feeds.join(", "))
        ),
    })
}
