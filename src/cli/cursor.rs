//! `tidings cursor …`: the cursors that the store keeps.

use std::io::{self, Write as _};

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CliError, Ended,
    context::Context,
    incremental::{Wanted, cursor_name, keeper},
    when::relative,
};
use crate::{
    model::{ExportCursor, Time, printable},
    store::{Backend, StoreError, sqlite::Sqlite},
};

#[derive(Debug, Subcommand)]
pub(super) enum CursorCommand {
    /// All cursors: where they stand, what they write, when they last moved
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// One cursor with everything that it remembers
    Show {
        #[arg(value_name = "NAME", value_parser = cursor_name)]
        name: String,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Forget a cursor; what it wrote stays
    Remove {
        #[arg(value_name = "NAME", value_parser = cursor_name)]
        name: String,
    },
    /// Begin anew: the next run exports everything, in the place of what is there
    Reset {
        #[arg(value_name = "NAME", value_parser = cursor_name)]
        name: String,
    },
}

pub(super) fn run(context: &Context, command: CursorCommand) -> Result<Ended, CliError> {
    match command {
        CursorCommand::List { json } => list(context, json)?,
        CursorCommand::Show { name, json } => show(context, &name, json)?,
        CursorCommand::Remove { name } => change(context, &name, true)?,
        CursorCommand::Reset { name } => change(context, &name, false)?,
    }
    Ok(Ended::Well)
}

fn reader(context: &Context) -> Result<Box<dyn Backend>, CliError> {
    context.reader(&context.settings_or_default()?.config)
}

fn list(context: &Context, as_json: bool) -> Result<(), CliError> {
    let mut backend = reader(context)?;
    let (cursors, last) = (backend.cursors()?, backend.totals(context.now)?.last_seq);
    let mut out = io::stdout().lock();
    if as_json {
        let all: Vec<Value> = cursors.iter().map(|cursor| data(cursor, last)).collect();
        writeln!(out, "{}", json!(all))?;
        return Ok(());
    }
    if cursors.is_empty() {
        writeln!(
            out,
            "No cursors; `tidings export --cursor NAME --out FILE` makes one"
        )?;
    }
    for cursor in &cursors {
        writeln!(
            out,
            "{}  {}  {} to {}  {}",
            cursor.name,
            behind(cursor, last),
            cursor.format,
            printable(&cursor.target),
            relative(cursor.updated_at, context.now)
        )?;
    }
    Ok(())
}

/// How far the store has gone on since.
fn behind(cursor: &ExportCursor, last: i64) -> String {
    match last - cursor.position.seq {
        _ if cursor.is_restarted() => "begins anew".to_owned(),
        0 => "up to date".to_owned(),
        1 => "1 change behind".to_owned(),
        more => format!("{more} changes behind"),
    }
}

fn data(cursor: &ExportCursor, last: i64) -> Value {
    let moment = |time: Time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "name": cursor.name,
        "cursor": cursor.position,
        "behind": last - cursor.position.seq,
        "format": cursor.format,
        "query": serde_json::from_str::<Value>(&cursor.query).unwrap_or_default(),
        "target": cursor.target,
        "pending_until": cursor.pending.as_ref().map(|range| range.until),
        "bytes": cursor.bytes,
        "created_at": moment(cursor.created_at),
        "updated_at": moment(cursor.updated_at),
    })
}

fn missing(name: &str) -> CliError {
    CliError::Told(format!(
        "no cursor is called {name:?}; `tidings cursor list` shows all"
    ))
}

fn show(context: &Context, name: &str, as_json: bool) -> Result<(), CliError> {
    let mut backend = reader(context)?;
    let last = backend.totals(context.now)?.last_seq;
    let all = backend.cursors()?.into_iter();
    let cursor = all.into_iter().find(|cursor| cursor.name == name);
    let cursor = cursor.ok_or_else(|| missing(name))?;
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", data(&cursor, last))?;
        return Ok(());
    }
    let when = |time: Time| {
        let date = time.format("%Y-%m-%d %H:%M:%S UTC");
        format!("{date} ({})", relative(time, context.now))
    };
    let mut lines = vec![
        ("name", cursor.name.clone()),
        ("cursor", cursor.position.to_string()),
        ("stands", behind(&cursor, last)),
        ("format", cursor.format.clone()),
        ("question", printable(&cursor.query)),
        ("target", printable(&cursor.target)),
    ];
    if cursor.bytes > 0 {
        lines.push(("size", format!("{} bytes", cursor.bytes)));
    }
    if let (Some(range), false) = (&cursor.pending, cursor.is_restarted()) {
        let range = format!("up to {}; the next run finishes it", range.until);
        lines.push(("under way", range));
    }
    lines.push(("begun", when(cursor.created_at)));
    lines.push(("moved", when(cursor.updated_at)));
    for (key, value) in lines {
        writeln!(out, "{key:<10} {value}")?;
    }
    Ok(())
}

/// Removes a cursor, or lets it begin anew.
fn change(context: &Context, name: &str, is_removal: bool) -> Result<(), CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    if !path.exists() {
        // Nothing to change is no reason to make a store.
        return Err(StoreError::Missing { path }.into());
    }
    let mut keeper = keeper(context, &loaded.config, &Wanted::Named(name))?;
    let mut cursor = keeper.load()?.ok_or_else(|| missing(name))?;
    let done = if is_removal {
        keeper.remove()?;
        "Removed"
    } else {
        let store = Sqlite::open_reader(&path)?.store_id()?;
        cursor.restart(store, context.now);
        keeper.save(&cursor)?;
        "Reset"
    };
    if !context.global.quiet {
        writeln!(io::stdout().lock(), "{done} cursor {name}")?;
    }
    Ok(())
}
