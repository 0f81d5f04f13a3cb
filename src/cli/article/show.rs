//! `tidings article show`: what is kept of one article, and how it came to be so.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{
    ShowArgs,
    diff::{Line, Piece, diff},
    find,
};
use crate::{
    cli::{
        CliError, Ended,
        context::Context,
        facts,
        pages::add_html,
        terminal::{Terminal, Tone, count},
        when::relative,
    },
    export::{Format, Options},
    model::{Article, DateSource, Revision, Sighting, StoredArticle, Time, printable},
};

/// Where values begin.
const COLUMN: usize = 11;

pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let mut backend = context.reader(&loaded.config)?;
    let mut stored = find(backend.as_mut(), &args.name)?;
    add_html(context, backend.as_mut(), &mut stored)?;
    let sightings = backend.sightings(stored.article.id)?;
    let revisions = match args.history {
        true => backend.revisions(stored.article.id)?,
        false => Vec::new(),
    };
    let mut out = io::stdout().lock();
    if args.json {
        let mut value = record(&stored)?;
        value["sightings"] = sightings.iter().map(sighting_json).collect();
        if args.history {
            value["revisions"] = revisions.iter().map(revision_json).collect();
        }
        writeln!(out, "{value}")?;
        return Ok(Ended::Well);
    }
    describe(&mut out, context.now, &stored, &sightings)?;
    if args.history {
        history(&mut out, context, &stored, &revisions)?;
    } else {
        writeln!(out)?;
        for paragraph in stored.article.body.lines() {
            writeln!(out, "{}", printable(paragraph))?;
        }
    }
    Ok(Ended::Well)
}

/// The article as exports write it.
fn record(stored: &StoredArticle) -> Result<Value, CliError> {
    let options = Options {
        html: true,
        ..Format::Jsonl.into()
    };
    let mut line = Vec::new();
    options.writer().article(&mut line, stored)?;
    serde_json::from_slice(&line).map_err(|error| CliError::Output(error.into()))
}

fn moment(at: Time, now: Time) -> String {
    format!("{}, {}", at.format("%F %T UTC"), relative(at, now))
}

fn text(at: Time) -> String {
    at.format("%FT%TZ").to_string()
}

fn sighting_json(sighting: &Sighting) -> Value {
    json!({
        "feed": sighting.feed.as_str(),
        "guid": sighting.guid,
        "first_seen": text(sighting.first_seen),
        "last_seen": text(sighting.last_seen),
        "owner": sighting.owner,
    })
}

fn revision_json(old: &Revision) -> Value {
    json!({
        "revision": old.revision,
        "replaced_at": text(old.replaced_at),
        "feed": old.feed.as_ref().map(|feed| feed.as_str()),
        "title": old.title,
        "authors": old.authors,
        "url": old.url,
        "published_at": old.published_at.map(text),
        "updated_at": old.updated_at.map(text),
        "summary": old.summary,
        "body": old.body,
    })
}

fn describe(
    out: &mut dyn Write,
    now: Time,
    stored: &StoredArticle,
    sightings: &[Sighting],
) -> io::Result<()> {
    let article = &stored.article;
    let details = &article.details;
    let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    let mut line = |name, value: Option<String>| facts::line(out, COLUMN, name, value.as_deref());
    line("title", Some(article.title.clone()))?;
    line("id", Some(article.id.to_string()))?;
    line("source", Some(article.source.clone()))?;
    line("authors", list(&article.authors))?;
    line("published", Some(published(article, now)))?;
    line("updated", article.updated_at.map(|at| moment(at, now)))?;
    line("stored", Some(moment(stored.first_seen, now)))?;
    line(
        "changed",
        (stored.revision > 0).then(|| {
            let times = count(stored.revision, "time");
            format!("{times}, last {}", moment(stored.changed_at, now))
        }),
    )?;
    line("url", article.url.clone())?;
    let canonical = article.canonical_url.clone();
    line(
        "canonical",
        canonical.filter(|url| article.url.as_ref() != Some(url)),
    )?;
    line(
        "language",
        article
            .language
            .as_ref()
            .map(|language| match details.language_confidence {
                Some(percent) => format!("{language} (detected, {percent} % sure)"),
                None => language.clone(),
            }),
    )?;
    line("tags", list(&article.tags))?;
    for contributor in &details.contributors {
        line(
            "with",
            Some(format!("{} ({})", contributor.name, contributor.role)),
        )?;
    }
    for file in &article.enclosures {
        let mime = file.mime.as_deref().map(|mime| format!(" ({mime})"));
        line(
            "file",
            Some(format!("{}{}", file.url, mime.unwrap_or_default())),
        )?;
    }
    line("image", details.image.clone())?;
    line("comments", details.comments_url.clone())?;
    line("rights", details.rights.clone())?;
    let from = details.taken_from.as_ref();
    line(
        "from",
        from.and_then(|from| from.title.clone().or(from.url.clone())),
    )?;
    for sighting in sightings {
        let guid = sighting.guid.as_deref().unwrap_or("without a guid");
        let owner = if sighting.owner { ", this version" } else { "" };
        let seen = relative(sighting.last_seen, now);
        let feed = &sighting.feed;
        line(
            "carried by",
            Some(format!("{feed}{owner}, last seen {seen}: {guid}")),
        )?;
    }
    let extraction = article.extraction.as_str();
    let words = count(article.words() as u64, "word");
    line("body", Some(format!("{words}, from: {extraction}")))
}

fn published(article: &Article, now: Time) -> String {
    let Some(at) = article.published_at else {
        return "not known".to_owned();
    };
    let from = match article.published_from {
        DateSource::Feed => "as the feed says",
        DateSource::FeedUpdated => "the feed's date of the last edit, for want of another",
        DateSource::Page => "as its page says",
        DateSource::Import => "as the imported file says",
        DateSource::None => "from nowhere",
    };
    format!("{} ({from})", moment(at, now))
}

/// One version: what a comparison looks at.
struct Version<'a> {
    title: &'a str,
    authors: String,
    url: &'a str,
    summary: &'a str,
    body: &'a str,
}

fn history(
    out: &mut dyn Write,
    context: &Context,
    stored: &StoredArticle,
    revisions: &[Revision],
) -> io::Result<()> {
    if revisions.is_empty() {
        return writeln!(out, "\nIt has not changed since it was stored.");
    }
    let article = &stored.article;
    let mut versions: Vec<Version<'_>> = revisions.iter().map(former).collect();
    versions.push(Version {
        title: &article.title,
        authors: article.authors.join(", "),
        url: article.url.as_deref().unwrap_or_default(),
        summary: article.summary.as_deref().unwrap_or_default(),
        body: &article.body,
    });
    for (replaced, pair) in revisions.iter().zip(versions.windows(2)) {
        let at = moment(replaced.replaced_at, context.now);
        let heading = format!("Version {}, {at}", replaced.revision + 2);
        writeln!(out, "\n{}", context.terminal.paint(Tone::Strong, heading))?;
        let [old, new] = pair else { continue };
        let mut any = false;
        for (name, old, new) in [
            ("title", old.title, new.title),
            ("authors", &old.authors, &new.authors),
            ("url", old.url, new.url),
            ("summary", old.summary, new.summary),
            ("body", old.body, new.body),
        ] {
            let lines = diff(old, new);
            any |= !lines.is_empty();
            tell(out, context.terminal, name, &lines)?;
        }
        if !any {
            writeln!(out, "Only its dates, tags or files are others.")?;
        }
    }
    Ok(())
}

fn former(revision: &Revision) -> Version<'_> {
    Version {
        title: &revision.title,
        authors: revision.authors.join(", "),
        url: revision.url.as_deref().unwrap_or_default(),
        summary: revision.summary.as_deref().unwrap_or_default(),
        body: &revision.body,
    }
}

/// A field's comparison: what is gone in `[-…-]`, what is new in `{+…+}`, coloured on a terminal.
fn tell(out: &mut dyn Write, terminal: Terminal, name: &str, lines: &[Line]) -> io::Result<()> {
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        let text = match line {
            Line::Same(1) => terminal.paint(Tone::Faint, "(a paragraph that stayed)"),
            Line::Same(count) => {
                terminal.paint(Tone::Faint, format!("({count} paragraphs that stayed)"))
            }
            Line::Changed(pieces) => pieces.iter().map(|piece| shown(terminal, piece)).collect(),
        };
        writeln!(out, "{name:<COLUMN$}{}", terminal.line_end(COLUMN, &text))?;
    }
    Ok(())
}

fn shown(terminal: Terminal, piece: &Piece) -> String {
    match piece {
        Piece::Same(text) => printable(text),
        Piece::Gone(text) => terminal.paint(Tone::Bad, format!("[-{}-]", printable(text))),
        Piece::New(text) => terminal.paint(Tone::Good, format!("{{+{}+}}", printable(text))),
    }
}
