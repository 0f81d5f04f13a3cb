//! `tidings db backup | restore | recover | compact`: what replaces files, and what is told of it.

use std::{
    io::{self, Write as _},
    path::Path,
    time::Instant,
};

use bytesize::ByteSize;

use super::{BackupArgs, Bar, check::name, store};
use crate::{
    cli::{CliError, Ended, context::Context, terminal::count},
    store::{care::Recovered, sqlite::care},
};

pub(super) fn backup(context: &Context, args: &BackupArgs) -> Result<Ended, CliError> {
    let path = store(context)?;
    let started = Instant::now();
    let dest = match args.dest.is_dir() {
        true => args
            .dest
            .join(context.now.format("tidings-%Y%m%dT%H%M%SZ.db").to_string()),
        false => args.dest.clone(),
    };
    let mut bar = Bar::new(context);
    let done = care::backup(&path, &dest, args.force, &mut |progress| bar.told(progress))?;
    drop(bar);
    if !context.global.quiet {
        writeln!(
            io::stdout().lock(),
            "Backed up {} to {} ({}, {:.1} s)",
            count(done.articles, "article"),
            done.path.display(),
            ByteSize::b(done.bytes),
            started.elapsed().as_secs_f64()
        )?;
    }
    Ok(Ended::Well)
}

pub(super) fn restore(context: &Context, file: &Path, damaged: bool) -> Result<Ended, CliError> {
    let path = store(context)?;
    let mut bar = Bar::new(context);
    let done = care::restore(file, &path, damaged, &mut |progress| bar.told(progress))?;
    drop(bar);
    if context.global.quiet {
        return Ok(Ended::Well);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Restored {} to {}",
        count(done.articles, "article"),
        path.display()
    )?;
    if let Some(kept) = done.kept {
        writeln!(
            out,
            "The store that was there is kept as {}",
            kept.display()
        )?;
    }
    if done.is_older {
        writeln!(
            out,
            "The backup is of an earlier version; the next command that opens it brings it up to date."
        )?;
    }
    Ok(Ended::Well)
}

pub(super) fn compact(context: &Context) -> Result<Ended, CliError> {
    let path = store(context)?;
    let room = care::room(&path)?;
    if !context.global.quiet {
        writeln!(
            io::stderr().lock(),
            "Needs up to {} beside the store for a while; {} are free.",
            ByteSize::b(room.needed),
            ByteSize::b(room.free)
        )?;
    }
    let mut bar = Bar::new(context);
    let done = care::compact(&path, &mut |progress| bar.told(progress))?;
    drop(bar);
    if !done.is_cut {
        context.complain(
            "another program reads the store: its file gets smaller when that has ended and the next command \
             writes to it",
        );
    }
    if !context.global.quiet {
        writeln!(
            io::stdout().lock(),
            "{}: {} before, {} now",
            path.display(),
            ByteSize::b(done.before),
            ByteSize::b(done.after)
        )?;
    }
    Ok(Ended::Well)
}

pub(super) fn recover(context: &Context, file: &Path, to: &Path) -> Result<Ended, CliError> {
    let mut bar = Bar::new(context);
    let done = care::recover(file, to, &mut |progress| bar.told(progress))?;
    drop(bar);
    tell(&done, to)?;
    let is_whole = done.damaged.is_empty() && done.lost.is_empty() && done.orphans == 0;
    Ok(if is_whole { Ended::Well } else { Ended::InPart })
}

fn tell(done: &Recovered, to: &Path) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for article in &done.damaged {
        let how = if article.is_lost { "lost" } else { "damaged" };
        writeln!(out, "{how:<8}  {}", name(article))?;
    }
    for (table, rows) in &done.lost {
        match rows {
            Some(rows) => writeln!(out, "lost      {} of {table}", count(*rows, "row"))?,
            None => writeln!(out, "lost      a part of {table}")?,
        }
    }
    if done.orphans > 0 {
        let rows = count(done.orphans, "row");
        writeln!(out, "left out  {rows} that belong to what is lost")?;
    }
    let lost = done
        .damaged
        .iter()
        .filter(|article| article.is_lost)
        .count();
    writeln!(
        out,
        "Saved {} to {}: {} as they were written, {} damaged; {lost} lost",
        count(done.sound + (done.damaged.len() - lost) as u64, "article"),
        to.display(),
        done.sound,
        done.damaged.len() - lost,
    )?;
    for (table, rows) in done.rows.iter().filter(|(_, rows)| *rows > 0) {
        writeln!(out, "  {table:<18} {rows}")?;
    }
    Ok(())
}
