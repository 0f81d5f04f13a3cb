//! `tidings preview`: what Tidings makes of one feed, without a store.

use std::io::{self, Write as _};

use super::{
    CliError, Ended,
    args::PreviewArgs,
    context::Context,
    explain::{Entry, explain},
    facts, kept,
    source::{configured, obtain, unread, unreadable},
    terminal::{Tone, entries},
};
use crate::{
    export::{self, ArticleSource, Cleanups, Options, Target},
    ingest::{Document, read_document},
    model::{
        Article, Cleanup, FeedId, FeedKind, FeedSpec, StoredArticle, Time, TrustedNames, printable,
    },
    normalize,
    parse::Limits,
};

pub(super) fn run(context: &Context, args: &PreviewArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let (source, explained) = wanted(args)?;
    let feed = configured(context, &loaded.config, source)?;
    let feed = feed.as_ref();
    let own = feed.map(|feed| Cleanup::clone(&feed.cleanup));
    let cleanup = args.cleanup.over(own.unwrap_or_default())?;
    let id = match feed {
        Some(feed) => feed.id.clone(),
        None => "preview"
            .parse()
            .map_err(|error| CliError::Told(format!("{error}")))?,
    };
    let options = Options {
        format: args.format,
        html: args.html,
        cleanups: Cleanups::from([(id.clone(), cleanup.clone())]),
        ..Options::default()
    };
    super::export::check_stream(&options)?;
    let body = if args.unread {
        unread(context, &loaded.config, source, feed)?
    } else {
        obtain(context, args, source, feed, &loaded.config)?
    };
    if args.body {
        kept::whole(&body)?;
        return Ok(Ended::Well);
    }
    let limits = Limits {
        max_entries: loaded.config.fetch.max_entries,
        pages: args.kind.or(feed.map(|feed| feed.kind)) == Some(FeedKind::Sitemap),
    };
    let name = feed.and_then(|feed| feed.name.as_deref());
    let document = match read_document(
        &body,
        &id,
        name,
        &cleanup,
        limits,
        TrustedNames::default(),
        context.now,
    ) {
        Ok(document) => document,
        Err(failure) => {
            if args.unread {
                kept::head(context, &body)?;
            }
            return Err(unreadable(source, &body, &failure.message));
        }
    };
    if let Some(entry) = explained {
        let normalizing = normalize::Context {
            feed_id: &id,
            source_name: name,
            feed_url: &body.final_url,
            now: context.now,
            cleanup: &cleanup,
            trust: TrustedNames::default(),
        };
        explain(context, &document, entry, &normalizing, args.json)?;
        return Ok(Ended::Well);
    }
    let most = args.limit.unwrap_or(usize::MAX);
    let entries = document.normalized.entries.iter().take(most);
    let articles = entries.map(|entry| stored(entry.article.clone(), &id, context.now));
    write(articles.collect(), &options, &mut io::stdout().lock())?;
    if !context.global.quiet {
        remarks(context, &document, feed, most)?;
    }
    Ok(Ended::Well)
}

/// An article as the store would give it.
pub(super) fn stored(article: Article, feed: &FeedId, now: Time) -> StoredArticle {
    StoredArticle {
        cluster: article.id,
        duplicate_of: None,
        article,
        seq: 0,
        first_seen: now,
        changed_at: now,
        revision: 0,
        feeds: vec![feed.clone()],
    }
}

/// Writes articles that are in no store.
pub(super) fn write(
    articles: Vec<StoredArticle>,
    options: &Options,
    out: &mut dyn io::Write,
) -> Result<(), CliError> {
    let target = Target::Stream(&mut *out);
    export::run(&mut Once(articles), options, target, &mut |_| {})?;
    out.flush()?;
    Ok(())
}

/// The summary and what was wrong, on standard error: standard output is the articles'.
fn remarks(
    context: &Context,
    document: &Document,
    feed: Option<&FeedSpec>,
    most: usize,
) -> io::Result<()> {
    let found = document.normalized.entries.len();
    let title = document.normalized.title.as_deref().unwrap_or_default();
    let mut summary = format!(
        "{} \u{201c}{title}\u{201d}: {}",
        document.raw.format,
        entries(found as u64)
    );
    if let Some(feed) = feed {
        summary.push_str(&format!(", read as the feed {}", feed.id));
    }
    let mut err = io::stderr().lock();
    let paint = |tone, text: String| context.terminal.paint_err(tone, text);
    if context.terminal.is_one_screen() && found.min(most) > 0 {
        writeln!(err)?;
    }
    writeln!(err, "{}", paint(Tone::Strong, printable(&summary)))?;
    for (heading, what) in facts::wrong(document) {
        if !what.is_empty() {
            writeln!(err, "{heading}")?;
        }
        for what in what {
            writeln!(err, "{}", paint(Tone::Notice, facts::item(2, &what)))?;
        }
    }
    Ok(())
}

/// What to look at, and the entry to explain. `--explain FILE` means the first entry of FILE,
/// although it reads as the number.
fn wanted(args: &PreviewArgs) -> Result<(&str, Option<Entry>), CliError> {
    let source = args.source.as_deref();
    match (args.explain.as_deref(), source) {
        (None, source) => Ok((source.unwrap_or_default(), None)),
        (Some(""), Some(source)) => Ok((source, Some(Entry::First))),
        (Some(explain), source) => match (explain.parse(), source) {
            (Ok(number), Some(source)) => Ok((source, Some(Entry::Number(number)))),
            (Err(_), None) if !explain.is_empty() => Ok((explain, Some(Entry::First))),
            (_, None) => Err(CliError::Told(
                "which feed? `tidings preview URL --explain N`".to_owned(),
            )),
            (Err(_), Some(_)) => Err(CliError::Told(format!(
                "--explain takes the number of an entry, counted from 1, not {explain:?}"
            ))),
        },
    }
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
