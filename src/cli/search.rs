//! `tidings search`: articles by words of their titles and texts, with the place that says it.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;

use super::{
    CliError, Ended,
    context::Context,
    export,
    snippet::{Finder, Snippet},
    terminal::{Tone, count},
    when::Since,
};
use crate::{
    model::{ArticleQuery, FeedId, StoredArticle, Time, printable, search::Query},
    store::Backend,
};

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  tidings search climate                          the articles that fit best
  tidings search 'climate -nuclear' --since 7d --order date
  tidings search '\"open source\" (licence OR license)' --feed gizchina
  tidings search 'title:rust* async' --json | jq .title

All words must be there. \"A phrase\" in quotes (quoted once more for the
shell), -word or -\"a phrase\" for what must not be there, OR for either side, a
star for words that begin so, title: for words of the title, brackets. Case and
accents do not count. Chinese, Japanese, Korean and Thai are found within a
line.")]
pub(super) struct SearchArgs {
    /// What to look for
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// The best first, or the newest
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    order: Order,
    /// Only articles of this feed (id, beginning of an id, name or URL); may be repeated
    #[arg(long, value_name = "FEED")]
    feed: Vec<String>,
    /// Only articles of feeds with this tag; may be repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,
    /// Only articles from this moment on
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only articles before this moment
    #[arg(long, value_name = "WHEN")]
    until: Option<Since>,
    /// Of articles that are near copies of each other only the first one stored
    #[arg(long)]
    unique: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Which finds come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Order {
    #[default]
    Rank,
    Date,
}

pub(super) fn run(context: &Context, args: &SearchArgs) -> Result<Ended, CliError> {
    let typed = args.query.join(" ");
    let search: Query = typed
        .parse()
        .map_err(|error| CliError::Told(format!("cannot search for {typed:?}: {error}")))?;
    let loaded = context.settings_or_default()?;
    let mut backend = context.reader(&loaded.config)?;
    let finder = Finder::new(&search);
    let query = ArticleQuery {
        feeds: export::feeds(backend.as_mut(), &args.feed, &args.tag)?,
        feed_tags: args.tag.clone(),
        since: args.since.map(|since| since.resolve(context.now)),
        until: args.until.map(|until| until.resolve(context.now)),
        search: Some(search),
        one_per_cluster: args.unique,
        newest_first: true,
        ..ArticleQuery::default()
    };
    let found = find(backend.as_mut(), &query, args)?;
    let mut out = io::stdout().lock();
    for stored in &found {
        let snippet = finder.snippet(&stored.article.body);
        if args.json {
            serde_json::to_writer(&mut out, &Line::new(stored, &snippet))
                .map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        } else {
            out.write_all(shown(context, stored, &finder, &snippet).as_bytes())?;
        }
    }
    out.flush()?;
    drop(out);
    if !args.json && !context.global.quiet {
        let all = backend.count(&query)?;
        remark(found.len() as u64, all)?;
    }
    Ok(Ended::Well)
}

fn find(
    backend: &mut dyn Backend,
    query: &ArticleQuery,
    args: &SearchArgs,
) -> Result<Vec<StoredArticle>, CliError> {
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    Ok(match args.order {
        Order::Rank => backend.best(query, limit)?,
        Order::Date => backend.articles(query, None, limit)?.articles,
    })
}

/// How many there are, on standard error: standard output is the finds'.
fn remark(shown: u64, all: u64) -> io::Result<()> {
    let mut err = io::stderr().lock();
    match (shown, all) {
        (_, 0) => writeln!(err, "No article says this."),
        (shown, all) if shown < all => {
            writeln!(
                err,
                "{shown} of {}; --limit shows more.",
                count(all, "article")
            )
        }
        (_, all) => writeln!(err, "{}.", count(all, "article")),
    }
}

/// A find on a few lines: title; date, source and id; link; the place that says it.
fn shown(context: &Context, stored: &StoredArticle, finder: &Finder, snippet: &Snippet) -> String {
    let (article, terminal) = (&stored.article, context.terminal);
    let marked = |text: &str, tone| {
        let mut out = String::new();
        for (part, is_marked) in finder.parts(text) {
            let part = printable(part);
            if is_marked {
                out.push_str(&terminal.paint(tone, part));
            } else {
                out.push_str(&part);
            }
        }
        out
    };
    let title = match article.title.as_str() {
        "" => "(no title)".to_owned(),
        title => marked(title, Tone::Strong),
    };
    let date = date(stored).format("%Y-%m-%d %H:%M");
    let facts = format!("{date}  {}  {}", printable(&article.source), article.id);
    let mut out = format!("{title}\n    {}\n", terminal.paint(Tone::Faint, facts));
    // Writing to a string cannot fail.
    if let Some(url) = &article.url {
        let _ = writeln!(out, "    {}", printable(url));
    }
    if let Some(copied) = stored.duplicate_of {
        let _ = writeln!(out, "    a near copy of {copied}");
    }
    if !snippet.text.is_empty() {
        let text = marked(&snippet.text, Tone::Strong);
        let _ = writeln!(out, "    {}", terminal.line_end(4, &text));
    }
    out
}

/// The publication, else the first sight.
fn date(stored: &StoredArticle) -> Time {
    stored.article.published_at.unwrap_or(stored.first_seen)
}

/// A find as a line of JSON; the order of the fields is the order of the keys.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    title: &'a str,
    url: Option<&'a str>,
    source: &'a str,
    feeds: Vec<&'a str>,
    published_at: Option<String>,
    first_seen: String,
    language: Option<&'a str>,
    cluster_id: String,
    duplicate_of: Option<String>,
    snippet: &'a str,
}

impl<'a> Line<'a> {
    fn new(stored: &'a StoredArticle, snippet: &'a Snippet) -> Self {
        let article = &stored.article;
        let moment = |at: Time| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self {
            id: article.id.to_string(),
            title: &article.title,
            url: article.url.as_deref(),
            source: &article.source,
            feeds: stored.feeds.iter().map(FeedId::as_str).collect(),
            published_at: article.published_at.map(moment),
            first_seen: moment(stored.first_seen),
            language: article.language.as_deref(),
            cluster_id: stored.cluster.to_string(),
            duplicate_of: stored.duplicate_of.map(|id| id.to_string()),
            snippet: &snippet.text,
        }
    }
}
