//! `tidings export`: articles to standard output, a file or a folder.

use std::{
    collections::VecDeque,
    io::{self, Write as _},
    path::Path,
};

use super::{
    CliError, Ended,
    args::{ExportArgs, FormatArg},
    context::{Context, Named, find_feed},
    terminal::count,
};
use crate::{
    config::{self, Config},
    export::{self, ArticleSource, Cleanups, Format, Summary, Target},
    model::{ArticleQuery, FeedFilter, FeedId, PageKey, StoredArticle},
    store::Backend,
};

/// Articles read at once; each read is short, so that no checkpoint has to wait for it.
const PAGE: usize = 500;

pub(super) fn run(context: &Context, args: &ExportArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let mut backend = context.reader(&loaded.config)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let query = ArticleQuery {
        feeds: feeds(backend.as_mut(), args)?,
        feed_tags: args.tag.clone(),
        since: args.since.map(|since| since.resolve(context.now)),
        until: args.until.map(|until| until.resolve(context.now)),
        newest_first: false,
        with_html: args.html,
    };
    let cleanups = args.html.then(|| cleanups(context, &loaded.config));
    let format = format(args.format, cleanups.as_ref())?;
    let summary = write(context, backend.as_mut(), query, args.limit, format, out)?;
    if let (Some(out), false) = (out, context.global.quiet) {
        told(&summary, out)?;
    }
    Ok(Ended::Well)
}

/// How the feed files ask for bodies to be cleaned; what is wrong in them is told and no hindrance.
fn cleanups(context: &Context, config: &Config) -> Cleanups {
    let (specs, errors) = config::load_feeds(config, &context.env);
    for error in &errors {
        context.complain(&error.to_string());
    }
    let cleanups = specs.into_iter().map(|spec| (spec.id, spec.cleanup));
    cleanups.collect()
}

/// The format asked for, with HTML if these are given.
pub(super) fn format(format: FormatArg, html: Option<&Cleanups>) -> Result<Format<'_>, CliError> {
    match (format, html) {
        (FormatArg::Jsonl, Some(cleanups)) => Ok(Format::JsonlWithHtml(cleanups)),
        (FormatArg::Markdown, Some(_)) => Err(CliError::Told(
            "--html is a key of JSON lines; add --format jsonl".to_owned(),
        )),
        (FormatArg::Markdown, None) => Ok(Format::Markdown),
        (FormatArg::Jsonl, None) => Ok(Format::Jsonl),
    }
}

/// Feeds as they were typed; those no longer in the feed files still have articles. A tag that no
/// feed has is a mistake like a feed that is not there.
fn feeds(backend: &mut dyn Backend, args: &ExportArgs) -> Result<Vec<FeedId>, CliError> {
    if args.feed.is_empty() && args.tag.is_empty() {
        return Ok(Vec::new());
    }
    let records = backend.feeds(&FeedFilter {
        retired: true,
        ..FeedFilter::default()
    })?;
    for tag in &args.tag {
        if !records.iter().any(|record| record.tags.contains(tag)) {
            return Err(CliError::Told(format!(
                "no feed in the store has the tag {tag:?}; what the feed files say of tags counts \
                 from the next poll on"
            )));
        }
    }
    args.feed
        .iter()
        .map(|name| find_feed(name, records.iter().map(Named::from)))
        .collect()
}

/// Writes what `query` gives to `out`.
pub(super) fn write(
    context: &Context,
    backend: &mut dyn Backend,
    query: ArticleQuery,
    limit: Option<u64>,
    format: Format<'_>,
    out: Option<&Path>,
) -> Result<Summary, CliError> {
    let all = backend.count(&query)?;
    let bar = match out {
        Some(_) => context.progress(all.min(limit.unwrap_or(u64::MAX)), "articles"),
        None => indicatif::ProgressBar::hidden(),
    };
    // The newest of them, yet in the order of their dates.
    let skip = limit.map_or(0, |limit| all.saturating_sub(limit));
    let mut source = Pages {
        backend,
        query,
        after: None,
        done: false,
        skip,
    };
    let mut stdout = io::stdout().lock();
    let target = match out {
        None => Target::Stream(&mut stdout),
        Some(path) if is_folder(path) => Target::Directory(path),
        Some(path) => Target::File(path),
    };
    let result = export::run(&mut source, format, target, &mut |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(result?)
}

/// Makes sure of a folder, so that `out` is taken for one.
pub(super) fn folder(path: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(path).map_err(|error| {
        CliError::Told(format!(
            "{}: cannot make the export folder: {error}",
            path.display()
        ))
    })
}

/// An existing folder, or a path written as one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

pub(super) fn told(summary: &Summary, out: &Path) -> io::Result<()> {
    let mut detail = Vec::new();
    if out.is_dir() {
        for (files, what) in [
            (summary.written, "written"),
            (summary.unchanged, "unchanged"),
            (summary.removed, "renamed"),
        ] {
            if files > 0 {
                detail.push(format!("{} {what}", count(files, "file")));
            }
        }
    } else if summary.unchanged > 0 {
        detail.push("unchanged".to_owned());
    }
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!(" ({})", detail.join(", "))
    };
    writeln!(
        io::stdout().lock(),
        "Exported {} to {}{detail}",
        count(summary.articles, "article"),
        out.display()
    )
}

/// The store's articles, page by page.
struct Pages<'a> {
    backend: &'a mut dyn Backend,
    query: ArticleQuery,
    after: Option<PageKey>,
    done: bool,
    skip: u64,
}

impl ArticleSource for Pages<'_> {
    fn next_page(
        &mut self,
    ) -> Result<Vec<StoredArticle>, Box<dyn std::error::Error + Send + Sync>> {
        while !self.done {
            let page = self.backend.articles(&self.query, self.after, PAGE)?;
            self.after = page.next;
            self.done = page.next.is_none();
            let mut articles = VecDeque::from(page.articles);
            let skipped = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(articles.len());
            articles.drain(..skipped);
            self.skip -= skipped as u64;
            if !articles.is_empty() {
                return Ok(articles.into());
            }
        }
        Ok(Vec::new())
    }
}
