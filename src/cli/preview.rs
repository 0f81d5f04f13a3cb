//! `tidings preview`: what Tidings makes of one feed, without a store.

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use bytes::Bytes;

use super::{
    CliError, Ended,
    args::PreviewArgs,
    context::Context,
    terminal::{Tone, entries},
};
use crate::{
    config::Config,
    export::{self, ArticleSource, Target},
    fetch::{FetchRequest, Fetcher},
    ingest::read_document,
    model::{CacheHints, FeedId, Fetched, NewBody, StoredArticle, Validators, printable},
    parse::{self, Limits},
};

pub(super) fn run(context: &Context, args: &PreviewArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let body = obtain(context, args, &loaded.config)?;
    let id: FeedId = "preview"
        .parse()
        .map_err(|error| CliError::Told(format!("{error}")))?;
    let limits = Limits {
        max_entries: loaded.config.fetch.max_entries,
    };
    let document = match read_document(&body, &id, None, limits, context.now) {
        Ok(document) => document,
        Err(failure) => return Err(unreadable(&args.source, &body, &failure.message)),
    };
    let normalized = document.normalized;
    let found = normalized.entries.len();
    let mut articles: Vec<StoredArticle> = normalized
        .entries
        .into_iter()
        .map(|entry| StoredArticle {
            article: entry.article,
            seq: 0,
            first_seen: context.now,
            changed_at: context.now,
            revision: 0,
            feeds: vec![id.clone()],
        })
        .collect();
    articles.truncate(args.limit.unwrap_or(usize::MAX));
    let mut stdout = io::stdout().lock();
    export::run(
        &mut Once(articles),
        args.format.into(),
        Target::Stream(&mut stdout),
        &mut |_| {},
    )?;
    stdout.flush()?;
    drop(stdout);
    if !context.global.quiet {
        let title = normalized.title.unwrap_or_default();
        let repairs = document
            .raw
            .repairs
            .iter()
            .map(|repair| repair.what.clone());
        let problems = normalized
            .problems
            .iter()
            .map(|problem| format!("entry {}: {}", problem.entry + 1, problem.what));
        remarks(
            context,
            &format!(
                "{} \u{201c}{title}\u{201d}: {}",
                document.raw.format,
                entries(found as u64)
            ),
            repairs.chain(problems),
        )?;
    }
    Ok(Ended::Well)
}

/// The summary and what was wrong, on standard error: standard output is the articles'.
fn remarks(
    context: &Context,
    summary: &str,
    wrong: impl Iterator<Item = String>,
) -> io::Result<()> {
    let mut err = io::stderr().lock();
    writeln!(
        err,
        "{}",
        context.terminal.paint_err(Tone::Strong, printable(summary))
    )?;
    for what in wrong {
        writeln!(
            err,
            "{}",
            context
                .terminal
                .paint_err(Tone::Notice, format!("  {}", printable(&what)))
        )?;
    }
    Ok(())
}

fn obtain(context: &Context, args: &PreviewArgs, config: &Config) -> Result<NewBody, CliError> {
    let base = args.base.clone();
    let most = config.fetch.max_body;
    match args.source.as_str() {
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
        url if url.starts_with("http://") || url.starts_with("https://") => {
            fetch(context, config, url)
        }
        path => {
            let file = std::fs::File::open(Path::new(path)).map_err(|error| {
                CliError::Told(format!(
                    "{}: cannot be read: {error}; a feed on the web needs its https://",
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

/// A body that did not come from the web.
fn local(bytes: Vec<u8>, base: Option<String>, most: u64, name: &str) -> Result<NewBody, CliError> {
    if bytes.len() as u64 > most {
        return Err(CliError::Told(format!(
            "{}: larger than max_body ({most} bytes)",
            printable(name)
        )));
    }
    Ok(NewBody {
        bytes: Bytes::from(bytes),
        content_type: None,
        final_url: base.unwrap_or_else(|| "about:blank".to_owned()),
        moved: None,
        validators: Validators::default(),
        hints: CacheHints::default(),
        status: 200,
    })
}

fn fetch(context: &Context, config: &Config, url: &str) -> Result<NewBody, CliError> {
    let fetcher = Fetcher::new(&config.fetch)?;
    let request = FetchRequest {
        url: url.to_owned(),
        ..FetchRequest::default()
    };
    match Context::block_on(fetcher.fetch(&request, context.now))? {
        Fetched::New(body) => Ok(body),
        other => Err(CliError::Told(format!(
            "{}: {}",
            printable(url),
            why_not(&other)
        ))),
    }
}

/// Why an answer has no document.
pub(super) fn why_not(fetched: &Fetched) -> String {
    match fetched {
        Fetched::New(_) | Fetched::NotModified { .. } => "the server sent no document".to_owned(),
        Fetched::Gone => "HTTP 410: the publisher says it is gone for good".to_owned(),
        Fetched::Throttled {
            status,
            retry_after,
        } => match retry_after {
            Some(wait) => format!(
                "HTTP {status}: the server asks to wait {} s",
                wait.as_secs()
            ),
            None => format!("HTTP {status}: the server asks to slow down"),
        },
        Fetched::Failed { failure, .. } => failure.message.clone(),
    }
}

/// No feed; but if it is a page that names feeds, these are told.
fn unreadable(source: &str, body: &NewBody, reason: &str) -> CliError {
    let html = String::from_utf8_lossy(&body.bytes);
    let feeds: Vec<String> = parse::discover(&html, &body.final_url)
        .into_iter()
        .map(|feed| feed.url)
        .collect();
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

/// Articles that are all there already.
struct Once(Vec<StoredArticle>);

impl ArticleSource for Once {
    fn next_page(
        &mut self,
    ) -> Result<Vec<StoredArticle>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(std::mem::take(&mut self.0))
    }
}
