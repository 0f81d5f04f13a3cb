//! `tidings db stats`: what the store holds and takes.

use std::io::{self, Write};

use bytesize::ByteSize;
use serde_json::json;

use super::store;
use crate::{
    cli::{
        CliError, Ended,
        context::Context,
        terminal::{count, table},
    },
    model::printable,
    store::{care::Stats, sqlite::care},
};

pub(super) fn run(context: &Context, as_json: bool) -> Result<Ended, CliError> {
    let path = store(context)?;
    let stats = care::stats(&path)?;
    let mut out = io::stdout().lock();
    let path = path.display().to_string();
    if as_json {
        writeln!(out, "{}", to_json(&stats, &path))?;
    } else {
        print(&mut out, context, &stats, &path)?;
    }
    Ok(Ended::Well)
}

fn per_article(stats: &Stats) -> Option<u64> {
    stats.used().checked_div(stats.articles)
}

fn print(out: &mut dyn Write, context: &Context, stats: &Stats, path: &str) -> io::Result<()> {
    let size = ByteSize::b;
    writeln!(out, "store      {path}, schema {}", stats.schema)?;
    let span = stats.span.map_or_else(String::new, |(oldest, newest)| {
        format!(", from {} to {}", oldest.format("%F"), newest.format("%F"))
    });
    writeln!(out, "articles   {}{span}", stats.articles)?;
    writeln!(
        out,
        "           {}, {}",
        count(stats.revisions, "replaced version"),
        count(stats.sightings, "sighting")
    )?;
    for (reason, number) in &stats.tombstones {
        writeln!(out, "deleted    {number} ({})", printable(reason))?;
    }
    writeln!(
        out,
        "feeds      {}, {} retired; {}",
        stats.feeds,
        stats.retired,
        count(stats.polls, "poll")
    )?;
    writeln!(
        out,
        "size       {}, of which {} free; log {}",
        size(stats.file),
        size(stats.free_pages * stats.page),
        size(stats.log)
    )?;
    if let Some(bytes) = per_article(stats) {
        writeln!(
            out,
            "           {bytes} bytes an article, with all that belongs to it"
        )?;
    }
    let head = ["BYTES", "UNUSED", "SIZE", "PART"]
        .map(str::to_owned)
        .to_vec();
    let parts = stats.parts.iter().map(|part| {
        let name = match part.name == part.table {
            true => part.name.clone(),
            false => format!("{} (index of {})", part.name, part.table),
        };
        vec![
            part.bytes.to_string(),
            part.unused.to_string(),
            size(part.bytes).to_string(),
            name,
        ]
    });
    writeln!(out)?;
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(parts).collect();
    table(out, context.terminal, &rows)
}

fn to_json(stats: &Stats, path: &str) -> serde_json::Value {
    let parts = stats.parts.iter().map(|part| {
        json!({ "name": part.name, "table": part.table, "bytes": part.bytes, "unused": part.unused })
    });
    let (oldest, newest) = stats.span.unzip();
    json!({
        "path": path,
        "store_id": stats.store_id.to_string(),
        "schema": stats.schema,
        "seq": stats.last_seq,
        "articles": stats.articles,
        "oldest": oldest.map(|at| at.to_rfc3339()),
        "newest": newest.map(|at| at.to_rfc3339()),
        "revisions": stats.revisions,
        "sightings": stats.sightings,
        "deleted": stats.tombstones.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "feeds": stats.feeds,
        "retired_feeds": stats.retired,
        "polls": stats.polls,
        "bytes": {
            "file": stats.file, "log": stats.log, "free": stats.free_pages * stats.page,
            "per_article": per_article(stats),
        },
        "parts": parts.collect::<Vec<_>>(),
    })
}
