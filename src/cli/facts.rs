//! What a feed says of itself and what is wrong with it, as `feed show` and `preview` tell it.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::terminal::{Terminal, Tone, paragraph};
use crate::{
    ingest::Document,
    model::{FeedFacts, printable},
};

/// A name and its value on one line, or more below each other; nothing without a value.
pub(super) fn line(
    out: &mut dyn Write,
    column: usize,
    name: &str,
    value: Option<&str>,
) -> io::Result<()> {
    match value {
        Some(value) if !value.is_empty() => {
            let value = paragraph(column, &printable(value));
            writeln!(out, "{name:<column$}{value}")
        }
        _ => Ok(()),
    }
}

/// The facts, line by line.
pub(super) fn tell(
    out: &mut dyn Write,
    column: usize,
    format: Option<&str>,
    facts: &FeedFacts,
) -> io::Result<()> {
    let hubs = facts.hubs.join(" ");
    for (name, value) in [
        ("format", format),
        ("encoding", facts.encoding.as_deref()),
        ("language", facts.language.as_deref()),
        ("about", facts.subtitle.as_deref()),
        ("generator", facts.generator.as_deref()),
        ("rights", facts.rights.as_deref()),
        ("image", facts.image.as_deref()),
        ("self", facts.self_url.as_deref()),
        ("hub", Some(hubs.as_str())),
        ("archive", facts.archive_url.as_deref()),
        ("next page", facts.next_url.as_deref()),
        ("prev page", facts.prev_url.as_deref()),
    ] {
        line(out, column, name, value)?;
    }
    Ok(())
}

/// The facts with every key.
pub(super) fn to_json(format: Option<&str>, facts: &FeedFacts) -> Map<String, Value> {
    let value = json!({
        "format": format,
        "encoding": facts.encoding,
        "language": facts.language,
        "subtitle": facts.subtitle,
        "generator": facts.generator,
        "rights": facts.rights,
        "image": facts.image,
        "self_url": facts.self_url,
        "hubs": facts.hubs,
        "archive_url": facts.archive_url,
        "next_url": facts.next_url,
        "prev_url": facts.prev_url,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What is wrong, below a heading; nothing if nothing is.
pub(super) fn tell_wrong(
    out: &mut dyn Write,
    terminal: Terminal,
    heading: &str,
    wrong: &[String],
) -> io::Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", terminal.paint(Tone::Strong, heading))?;
    for what in wrong {
        writeln!(out, "{}", terminal.paint(Tone::Notice, item(2, what)))?;
    }
    Ok(())
}

/// Stands above what is wrong with a document.
pub(super) const HEADING: &str = "Wrong with the feed:";
/// Stands above what is wrong with its entries.
const OF_ENTRIES: &str = "Wrong with entries:";

/// All that is wrong with a document, each part with what stands above it.
pub(super) fn wrong(document: &Document) -> [(&'static str, Vec<String>); 2] {
    let repairs = document.raw.repairs.iter().map(ToString::to_string);
    let problems = document.normalized.problems.iter();
    let problems = problems.map(|problem| format!("entry {}: {}", problem.entry + 1, problem.what));
    [
        (HEADING, repairs.collect()),
        (OF_ENTRIES, problems.collect()),
    ]
}

/// One of several defects, set in.
pub(super) fn item(indent: usize, what: &str) -> String {
    let what = paragraph(indent + 2, &printable(what));
    format!("{:indent$}{what}", "")
}
