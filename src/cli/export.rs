//! `tidings export`: articles to standard output, a file or a folder.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::{
    CliError, Ended,
    args::{ExportArgs, OrderArg, SelectionArgs, StyleArgs},
    context::{Context, Named, find_feed},
    incremental,
    pages::Pages,
    terminal::count,
};
use crate::{
    config::{self, Config},
    export::{
        self, Carrier, Cleanups, FeedHead, Format, Options, Packing, Partition, PartitionBy,
        Summary, Target,
    },
    model::{ArticleQuery, FeedFilter, FeedId, FeedRecord, Order, printable},
    store::Backend,
};

pub(super) fn run(context: &Context, args: &ExportArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let mut backend = context.reader(&loaded.config)?;
    let out = args.out.as_deref().filter(|out| *out != Path::new("-"));
    let mut options = options(args, out)?;
    not_the_store(&context.store_path(&loaded.config)?, out)?;
    let mut query = selected(context, backend.as_mut(), &args.selection)?;
    if options.format == Format::Sqlite {
        options.carriers = carriers(backend.as_mut())?;
    }
    if let Some(cursor) = args.incremental.wanted()? {
        return incremental::run(context, args, &cursor, (backend, query, options), out);
    }
    query.newest_first = options.format.is_feed();
    query.with_html = options.html || options.format.wants_html();
    if query.with_html {
        options.cleanups = cleanups(context, &loaded.config);
    }
    if let Some(by) = args.style.partition {
        options.partition = Some(partition(by.into(), &mut query));
    }
    let limit = args.selection.limit;
    let summary = write(context, backend.as_mut(), query, limit, &options, out)?;
    if let (Some(out), false) = (out, context.global.quiet) {
        told(&summary, out)?;
    }
    Ok(Ended::Well)
}

/// Which articles were asked for.
pub(super) fn selected(
    context: &Context,
    backend: &mut dyn Backend,
    args: &SelectionArgs,
) -> Result<ArticleQuery, CliError> {
    let moment = |when: Option<super::when::Since>| when.map(|when| when.resolve(context.now));
    Ok(ArticleQuery {
        feeds: feeds(backend, &args.feed, &args.tag)?,
        feed_tags: args.tag.clone(),
        since: moment(args.since),
        until: moment(args.until),
        since_collected: moment(args.since_collected),
        until_collected: moment(args.until_collected),
        languages: args.language.clone(),
        authors: args.author.clone(),
        min_words: args.min_words,
        search: args.search.clone(),
        one_per_cluster: args.unique,
        order: args.order.into(),
        ..ArticleQuery::default()
    })
}

/// How to write them. The format is the one that was named, else the file name's.
fn options(args: &ExportArgs, out: Option<&Path>) -> Result<Options, CliError> {
    let file = out.filter(|out| !is_folder(out));
    let guessed = || file.and_then(Format::of_path);
    let format = args.format.or_else(guessed);
    if let (None, Some(file)) = (format, file)
        && let Some(ending) = Packing::of_path(file).stripped(file).extension()
    {
        return Err(CliError::Told(format!(
            "{}: no format has the ending .{}; add --format ({})",
            printable(&file.display().to_string()),
            printable(&ending.display().to_string()),
            Format::ALL.map(Format::name).join(", ")
        )));
    }
    let format = format.unwrap_or_default();
    let packing = file.map_or(Packing::None, Packing::of_path);
    let style = &args.style;
    if let Some(why) = misfit(style, format, packing, out).or_else(|| unparted(args)) {
        return Err(CliError::Told(why));
    }
    let head = FeedHead::default();
    let mut asked = question(&args.selection);
    if let Some(by) = style.partition {
        asked.insert("partition".to_owned(), json!(PartitionBy::from(by).name()));
    }
    Ok(Options {
        format,
        packing,
        html: style.html,
        front_matter: style.front_matter,
        for_spreadsheets: style.csv_safe,
        head: FeedHead {
            title: style.title.clone().unwrap_or(head.title),
            self_url: style.self_url.clone(),
            home_url: style.home_url.clone(),
        },
        manifest: style.manifest,
        query: asked,
        ..Options::default()
    })
}

/// Whole partitions of the collected articles that were asked for.
fn partition(by: PartitionBy, query: &mut ArticleQuery) -> Partition {
    let (since, until) = (query.since_collected, query.until_collected);
    let partition = Partition::new(by, since, until, query.feeds.clone());
    query.since_collected = partition.since;
    query.until_collected = partition.until;
    if by != PartitionBy::Feed {
        query.order = Order::Collected;
    }
    partition
}

/// Feeds with what snapshots say of them.
fn carriers(backend: &mut dyn Backend) -> Result<Vec<Carrier>, CliError> {
    let carriers = all_feeds(backend)?.into_iter().map(|feed| Carrier {
        id: feed.id,
        name: feed.name.or(feed.state.title),
        url: Some(feed.url).filter(|url| !url.is_empty()),
        tags: feed.tags,
    });
    Ok(carriers.collect())
}

/// Also those that no feed file names any more.
pub(super) fn all_feeds(backend: &mut dyn Backend) -> Result<Vec<FeedRecord>, CliError> {
    Ok(backend.feeds(&FeedFilter {
        retired: true,
        ..FeedFilter::default()
    })?)
}

/// An export never replaces the store that it is made from.
fn not_the_store(store: &Path, out: Option<&Path>) -> Result<(), CliError> {
    let real = |path: &Path| path.canonicalize().ok();
    match out {
        Some(out) if real(out).is_some() && real(out) == real(store) => {
            Err(CliError::Told(format!(
                "{}: that is the store itself; name another file with --out",
                out.display()
            )))
        }
        _ => Ok(()),
    }
}

const NO_HTML: &str =
    "--html is a field of records; add --format jsonl, json, csv, parquet or sqlite";

/// An error if HTML was asked for in a format that has no place for it, or a terminal would be
/// shown noise.
pub(super) fn check_stream(options: &Options) -> Result<(), CliError> {
    let noise = options.format.is_binary() && io::stdout().is_terminal();
    let misfits = [
        (options.html && !options.format.has_html(), NO_HTML),
        (noise, NOISE),
    ];
    match misfits.into_iter().find(|(is_one, _)| *is_one) {
        Some((_, why)) => Err(CliError::Told(why.to_owned())),
        None => Ok(()),
    }
}

const NOISE: &str = "this format is no text for a terminal; send it to a file";

/// What was asked for and cannot be had.
fn misfit(
    style: &StyleArgs,
    format: Format,
    packing: Packing,
    out: Option<&Path>,
) -> Option<String> {
    let is_headed = format.is_feed() || format == Format::Epub;
    let is_parted = style.partition.is_some();
    let has_urls = style.self_url.is_some() || style.home_url.is_some();
    let misfits = [
        (style.html && !format.has_html(), NO_HTML),
        (
            style.front_matter && format != Format::Markdown,
            "--front-matter is for Markdown only",
        ),
        (
            style.csv_safe && format != Format::Csv,
            "--csv-safe is for CSV only",
        ),
        (
            style.title.is_some() && !is_headed,
            "--title is for feeds and books; add --format atom, rss, jsonfeed or epub",
        ),
        (
            has_urls && !format.is_feed(),
            "--self-url and --home-url are for feeds; add --format atom, rss or jsonfeed",
        ),
        (
            style.manifest && out.is_none(),
            "--manifest stands beside a file; name one with --out",
        ),
        (
            format == Format::Epub && packing != Packing::None,
            "an EPUB is packed already; leave .gz or .zst out of its name",
        ),
        (
            format == Format::Parquet && packing != Packing::None,
            "Parquet is packed already; leave .gz or .zst out of its name",
        ),
        (
            format.is_binary() && out.is_none() && io::stdout().is_terminal(),
            NOISE,
        ),
        (
            is_parted && !(format.has_partitions() && out.is_some_and(is_folder)),
            "--partition is for folders of jsonl, csv or parquet; add --format, and --out with a \
             / at its end",
        ),
    ];
    let found = misfits.iter().find(|(is_one, _)| *is_one);
    found.map(|(_, why)| (*why).to_owned())
}

/// What partitions have no room for.
fn unparted(args: &ExportArgs) -> Option<String> {
    let (by, order) = (args.style.partition?, args.selection.order);
    let is_by_time = PartitionBy::from(by) != PartitionBy::Feed;
    let why = if args.selection.limit.is_some() {
        "--limit would cut partitions; leave it out, or --partition"
    } else if is_by_time && order == OrderArg::Changed {
        "partitions by day and month are ordered by collection; leave --order out"
    } else {
        return None;
    };
    Some(why.to_owned())
}

/// What was asked for, as it was typed.
pub(super) fn question(args: &SelectionArgs) -> Map<String, Value> {
    let typed = |when: Option<super::when::Since>| when.map(|when| when.to_string());
    let order = format!("{:?}", args.order).to_lowercase();
    let asked = [
        ("feed", json!(args.feed)),
        ("tag", json!(args.tag)),
        ("language", json!(args.language)),
        ("author", json!(args.author)),
        ("min_words", json!(args.min_words)),
        (
            "search",
            json!(args.search.as_ref().map(ToString::to_string)),
        ),
        ("unique", json!(args.unique.then_some(true))),
        ("since", json!(typed(args.since))),
        ("until", json!(typed(args.until))),
        ("since_collected", json!(typed(args.since_collected))),
        ("until_collected", json!(typed(args.until_collected))),
        ("order", json!(order)),
        ("limit", json!(args.limit)),
    ];
    let is_said =
        |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    let said = asked.into_iter().filter(|(_, value)| is_said(value));
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How the feed files ask for bodies to be cleaned; what is wrong in them is told and no hindrance.
pub(super) fn cleanups(context: &Context, config: &Config) -> Cleanups {
    let (specs, errors) = config::load_feeds(config, &context.env);
    for error in &errors {
        context.complain(&error.to_string());
    }
    let cleanups = specs
        .into_iter()
        .map(|spec| (spec.id, Arc::unwrap_or_clone(spec.cleanup)));
    cleanups.collect()
}

/// Feeds as they were typed; those no longer in the feed files still have articles. A tag that no
/// feed has is a mistake like a feed that is not there.
pub(super) fn feeds(
    backend: &mut dyn Backend,
    feeds: &[String],
    tags: &[String],
) -> Result<Vec<FeedId>, CliError> {
    if feeds.is_empty() && tags.is_empty() {
        return Ok(Vec::new());
    }
    let records = all_feeds(backend)?;
    for tag in tags {
        if !records.iter().any(|record| record.tags.contains(tag)) {
            return Err(CliError::Told(format!(
                "no feed in the store has the tag {tag:?}; what the feed files say of tags counts \
                 from the next poll on"
            )));
        }
    }
    feeds
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
    options: &Options,
    out: Option<&Path>,
) -> Result<Summary, CliError> {
    let all = backend.count(&query)?;
    let bar = match out {
        Some(_) => context.progress(all.min(limit.unwrap_or(u64::MAX)), "articles"),
        None => indicatif::ProgressBar::hidden(),
    };
    // The newest of them, yet in their order.
    let skip = match limit {
        Some(limit) if !query.newest_first => all.saturating_sub(limit),
        _ => 0,
    };
    let mut source = Pages::new(context, backend, query, skip, limit);
    source.html_is_asked = options.html;
    let parts = options.partition.as_ref();
    if parts.is_some_and(|parts| parts.by == PartitionBy::Feed) {
        source.feed_by_feed()?;
    }
    let mut stdout = io::stdout().lock();
    let target = match out {
        None => Target::Stream(&mut stdout),
        Some(path) if is_folder(path) => Target::Directory(path),
        Some(path) => Target::File(path),
    };
    let result = export::run(&mut source, options, target, &mut |done| {
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
pub(super) fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

pub(super) fn told(summary: &Summary, out: &Path) -> io::Result<()> {
    let mut detail = Vec::new();
    if out.is_dir() {
        for (files, what) in [
            (summary.written, "written"),
            (summary.unchanged, "unchanged"),
            (summary.removed, "renamed"),
            (summary.emptied, "removed"),
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
