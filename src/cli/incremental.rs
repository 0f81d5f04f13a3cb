//! `tidings export --cursor`: what changed since the last run.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args as ClapArgs;
use serde_json::{Map, Value, json};

use super::{
    CliError, Ended,
    args::{ExportArgs, SelectionArgs},
    context::Context,
    export::{cleanups, is_folder, question},
    terminal::count,
    when::Since,
};
use crate::{
    config::Config,
    export::{Exported, Incremental, Keeper, Options, Target},
    model::{ArticleQuery, printable},
    store::{Backend, sqlite::Sqlite},
};

#[derive(Debug, Default, ClapArgs)]
#[command(next_help_heading = "Only what changed since the last time")]
pub(super) struct CursorArgs {
    /// Go on where the last run of this cursor ended; the store keeps it. Once
    /// made, it belongs to one question, one format and one --out
    #[arg(long, value_name = "NAME", value_parser = cursor_name, conflicts_with = "cursor_file",
        conflicts_with_all = ["limit", "order", "manifest", "unique"])]
    cursor: Option<String>,
    /// The same, kept in a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["limit", "order", "manifest", "unique"])]
    cursor_file: Option<PathBuf>,
    /// Export everything anew, in the place of what the cursor wrote
    #[arg(long)]
    reset: bool,
}

/// A cursor on the command line.
pub(super) enum Wanted<'a> {
    Named(&'a str),
    File(&'a Path),
}

impl CursorArgs {
    /// The cursor that was asked for, if one was.
    pub(super) fn wanted(&self) -> Result<Option<Wanted<'_>>, CliError> {
        let wanted = self.cursor.as_deref().map(Wanted::Named);
        let wanted = wanted.or(self.cursor_file.as_deref().map(Wanted::File));
        if self.reset && wanted.is_none() {
            let why = "--reset begins a cursor anew; name one with --cursor or --cursor-file";
            return Err(CliError::Told(why.to_owned()));
        }
        Ok(wanted)
    }
}

/// A name that may be a part of a file's name.
pub(super) fn cursor_name(name: &str) -> Result<String, String> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_fine) {
        return Err("a name is made of at most 64 letters (a-z), digits, - _ and .".to_owned());
    }
    Ok(name.to_owned())
}

/// The place of a cursor that is wanted, locked.
pub(super) fn keeper(
    context: &Context,
    config: &Config,
    wanted: &Wanted<'_>,
) -> Result<Keeper, CliError> {
    Ok(match wanted {
        Wanted::Named(name) => {
            let path = context.store_path(config)?;
            Keeper::in_store(&path, Box::new(Sqlite::open(&path)?), name)?
        }
        Wanted::File(path) => Keeper::file(path)?,
    })
}

/// What was asked for, as a cursor remembers it: the same for the same articles, however it was typed.
pub(super) fn remembered(
    args: &SelectionArgs,
    query: &ArticleQuery,
    more: &[(&str, bool)],
) -> Result<String, CliError> {
    for moment in [
        args.since,
        args.until,
        args.since_collected,
        args.until_collected,
    ] {
        if let Some(Since::Ago(_)) = moment {
            let moment = moment.map(|moment| moment.to_string()).unwrap_or_default();
            return Err(CliError::Told(format!(
                "{moment} ago is another moment in each run of a cursor; give a date, such as 2026-01-31"
            )));
        }
    }
    let mut asked: Map<String, Value> = question(args);
    asked.remove("order");
    let mut feeds: Vec<&str> = query.feeds.iter().map(|feed| feed.as_str()).collect();
    feeds.sort_unstable();
    feeds.dedup();
    if !feeds.is_empty() {
        asked.insert("feed".to_owned(), json!(feeds));
    }
    for (name, is_on) in more {
        if *is_on {
            asked.insert((*name).to_owned(), json!(true));
        }
    }
    Ok(Value::Object(asked).to_string())
}

pub(super) fn run(
    context: &Context,
    args: &ExportArgs,
    wanted: &Wanted<'_>,
    (mut backend, mut query, mut options): (Box<dyn Backend>, ArticleQuery, Options),
    out: Option<&Path>,
) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    query.with_html = options.html;
    if query.with_html {
        options.cleanups = cleanups(context, &loaded.config);
    }
    let style = [
        ("html", options.html),
        ("front_matter", options.front_matter),
        ("csv_safe", options.for_spreadsheets),
    ];
    let question = remembered(&args.selection, &query, &style)?;
    let mut keeper = keeper(context, &loaded.config, wanted)?;
    options.query.insert("order".to_owned(), json!("changed"));
    let job = Incremental {
        backend: backend.as_mut(),
        keeper: &mut keeper,
        query,
        question,
        options,
        now: context.now,
        reset: args.incremental.reset,
    };
    let mut stdout = io::stdout().lock();
    let target = match out {
        None => Target::Stream(&mut stdout),
        Some(path) if is_folder(path) => Target::Directory(path),
        Some(path) => Target::File(path),
    };
    let bar = match out {
        Some(_) => context.progress(0, "changes"),
        None => indicatif::ProgressBar::hidden(),
    };
    let done = job.run(target, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    let done = done?;
    if let (Some(out), false) = (out, context.global.quiet) {
        writeln!(stdout, "{}", told(&done, out))?;
    }
    Ok(Ended::Well)
}

fn told(done: &Exported, out: &Path) -> String {
    let out = printable(&out.display().to_string());
    if done.articles + done.removed == 0 {
        return format!("Nothing new for {out}");
    }
    let mut line = format!("Exported {}", count(done.articles, "article"));
    if done.removed > 0 {
        line.push_str(&format!(" and {}", count(done.removed, "removal")));
    }
    format!("{line} to {out} (changes {} to {})", done.from + 1, done.to)
}
