//! `tidings preview --explain`: what became of one entry, field by field, and why.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{
    CliError,
    context::Context,
    facts, preview,
    terminal::{Terminal, Tone, entries, paragraph},
};
use crate::{
    export::Format,
    ingest::Document,
    model::{Article, RawFeed, Repair, printable},
    normalize::{self, Explained},
};

/// Where values begin: behind the longest name of a field.
const COLUMN: usize = 15;

/// Which entry is explained, in the order of the document.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// The first, if there is any.
    First,
    /// The one of this number, counted from 1; it must be there.
    Number(usize),
}

/// Explains an entry and its feed; the feed even if there is no such entry.
pub(super) fn explain(
    context: &Context,
    document: &Document,
    entry: Entry,
    normalizing: &normalize::Context<'_>,
    as_json: bool,
) -> Result<(), CliError> {
    let found = document.raw.entries.len();
    let at = match entry {
        Entry::First => Some(0),
        Entry::Number(number) => number.checked_sub(1),
    };
    let at = at.filter(|at| *at < found);
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", to_json(document, at, normalizing)?)?;
    } else {
        tell(&mut out, context.terminal, document, at, normalizing)?;
    }
    match entry {
        Entry::Number(number) if at.is_none() => Err(CliError::Told(format!(
            "there is no entry {number}: the document has {}, counted from 1",
            entries(found as u64)
        ))),
        _ => Ok(()),
    }
}

fn tell(
    out: &mut dyn Write,
    terminal: Terminal,
    document: &Document,
    at: Option<usize>,
    normalizing: &normalize::Context<'_>,
) -> io::Result<()> {
    let heading = |text: &str| terminal.paint(Tone::Strong, text);
    if let Some(at) = at {
        let found = document.raw.entries.len();
        writeln!(out, "{}", heading(&format!("Entry {} of {found}", at + 1)))?;
        let fields = normalize::explain(&document.raw, at, normalizing);
        for field in &fields {
            tell_field(out, terminal, field)?;
        }
        // Those of a field are among its steps.
        let is_step = |what: &String| fields.iter().any(|field| field.steps.contains(what));
        let problems = document.normalized.problems.iter();
        for problem in problems.filter(|problem| problem.entry == at) {
            if !is_step(&problem.what) {
                facts::line(out, COLUMN, "problem", Some(&problem.what))?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", heading("The feed"))?;
    let format = Some(document.raw.format.as_str());
    facts::tell(out, COLUMN, format, &document.facts)?;
    for (heading, what) in facts::wrong(document) {
        facts::tell_wrong(out, terminal, heading, &what)?;
    }
    if document.raw.entries.is_empty() {
        writeln!(
            out,
            "\nThere is no entry to explain: the document has none."
        )?;
    }
    Ok(())
}

fn to_json(
    document: &Document,
    at: Option<usize>,
    normalizing: &normalize::Context<'_>,
) -> Result<Value, CliError> {
    let article = match at.and_then(|at| article(document, at, normalizing)) {
        Some(article) => article_json(article, normalizing)?,
        None => Value::Null,
    };
    let fields = at.map(|at| normalize::explain(&document.raw, at, normalizing));
    let fields = fields.iter().flatten();
    let problems = document.normalized.problems.iter();
    Ok(json!({
        "entry": at.map(|at| at + 1),
        "entries": document.raw.entries.len(),
        "fields": fields.map(|field| field_json(field, &article)).collect::<Vec<_>>(),
        "problems": problems
            .map(|problem| json!({ "entry": problem.entry + 1, "what": problem.what }))
            .collect::<Vec<_>>(),
        "feed": facts::to_json(Some(&document.raw.format), &document.facts),
        "repairs": document.raw.repairs.iter().map(repair_json).collect::<Vec<_>>(),
        "article": article,
    }))
}

/// What the entry becomes by itself, even if another entry says the same; `None` if it is empty.
/// Its id is the one that it has in the document.
fn article(
    document: &Document,
    at: usize,
    normalizing: &normalize::Context<'_>,
) -> Option<Article> {
    let alone = RawFeed {
        entries: vec![document.raw.entries.get(at)?.clone()],
        ..document.raw.clone()
    };
    let mut alone = normalize::normalize(&alone, normalizing).entries;
    let article = alone.pop()?.article;
    let mut articles = document
        .normalized
        .entries
        .iter()
        .map(|entry| &entry.article);
    let same = |other: &&Article| {
        Article {
            id: other.id,
            ..article.clone()
        } == **other
    };
    Some(articles.find(same).cloned().unwrap_or(article))
}

/// The article as a line of JSON Lines has it.
fn article_json(article: Article, normalizing: &normalize::Context<'_>) -> Result<Value, CliError> {
    let stored = preview::stored(article, normalizing.feed_id, normalizing.now);
    let mut line = Vec::new();
    preview::write(vec![stored], &Format::Jsonl.into(), &mut line)?;
    serde_json::from_slice(&line).map_err(|error| CliError::Told(error.to_string()))
}

/// A field; lists and objects are the article's, because an explanation has them in words.
fn field_json(field: &Explained, article: &Value) -> Value {
    let value = match &article[field.field] {
        whole @ (Value::Array(_) | Value::Object(_)) => whole.clone(),
        _ if field.value.is_empty() => Value::Null,
        _ => field.value.clone().into(),
    };
    json!({
        "field": field.field, "value": value, "from": field.from, "steps": field.steps,
    })
}

fn repair_json(repair: &Repair) -> Value {
    json!({
        "line": repair.at.map(|at| at.line),
        "column": repair.at.map(|at| at.column),
        "what": repair.what,
        "times": repair.times,
    })
}

/// The value, and below it where it is from and what was done.
fn tell_field(out: &mut dyn Write, terminal: Terminal, field: &Explained) -> io::Result<()> {
    let value = match field.value.as_str() {
        "" => "-".to_owned(),
        value => paragraph(COLUMN, &printable(value)),
    };
    writeln!(out, "{:<COLUMN$}{value}", field.field)?;
    let from = field.from.iter().map(|from| format!("from {from}"));
    for how in from.chain(field.steps.iter().cloned()) {
        let how = paragraph(COLUMN + 2, &printable(&how));
        writeln!(out, "{:COLUMN$}  {}", "", terminal.paint(Tone::Faint, how))?;
    }
    Ok(())
}
