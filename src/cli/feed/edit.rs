//! Changes of the feed files: edit, remove, pause, resume, OPML in and out.

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{EditArgs, find, record, records, specs, specs_for};
use crate::{
    cli::{CliError, Ended, cleanup::parts, context::Context, terminal::count},
    config::{
        Config, ConfigErrors, Env, FeedList,
        edit::{self, Change, Edited, NewFeed},
        opml,
    },
    model::{FeedFilter, FeedRecord, FeedSpec},
};

pub(super) fn edit(context: &Context, args: &EditArgs) -> Result<Ended, CliError> {
    let mut changes = Vec::new();
    let filled = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(url) = &args.url {
        changes.push(Change::Url(url.clone()));
    }
    if let Some(name) = &args.name {
        changes.push(Change::Name(filled(name)));
    }
    if let Some(interval) = &args.interval {
        let interval = filled(interval)
            .map(|text| super::interval(&text))
            .transpose();
        let interval = interval
            .map_err(|why| CliError::Told(format!("--interval: {why}, or '' for the default")))?;
        changes.push(Change::Interval(interval));
    }
    changes.extend(args.kind.map(Change::Kind));
    changes.extend(args.tags.as_deref().map(parts).map(Change::Tags));
    changes.extend(args.cleanup.keep().map(Change::Keep));
    changes.extend(args.cleanup.remove().map(Change::Remove));
    changes.extend(args.access.changes()?);
    if changes.is_empty() {
        return Err(CliError::Told(
            "nothing to change; give --name, --url, --interval, --tags, --kind, --keep, --remove, --allow-private, --proxy \
             or --http1-only"
                .to_owned(),
        ));
    }
    each(
        context,
        std::slice::from_ref(&args.feed),
        "changed",
        |config, env, feed| edit::change(config, env, feed, &changes),
    )
}

/// Does one thing to each feed named; what cannot be done is told, the rest is done.
pub(super) fn each(
    context: &Context,
    feeds: &[String],
    done: &str,
    change: impl Fn(&Config, &Env, &str) -> Result<Edited, ConfigErrors>,
) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let wanted: Vec<&str> = feeds.iter().map(String::as_str).collect();
    let (known, mistakes) = specs_for(context, &loaded.config, &wanted);
    let records = records(context, &loaded.config, &FeedFilter::default())?;
    let mut failed = 0;
    for feed in feeds {
        let result = find(feed, (&known, &mistakes), &records).and_then(|id| {
            change(&loaded.config, &context.env, id.as_str()).map_err(CliError::from)
        });
        match result {
            Ok(edited) if !context.global.quiet => {
                writeln!(
                    io::stdout().lock(),
                    "{done} {} {} {}",
                    edited.id,
                    if done == "removed" { "from" } else { "in" },
                    context.env.shown(&edited.file).display()
                )?;
            }
            Ok(_) => {}
            Err(error) => {
                error.report(context);
                failed += 1;
            }
        }
    }
    Ok(match failed {
        0 => Ended::Well,
        failed if failed == feeds.len() => Ended::Badly,
        _ => Ended::InPart,
    })
}

pub(super) fn import(context: &Context, file: &Path) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let FeedList {
        feeds: found,
        errors,
        warnings,
    } = opml::read_file(file, &context.env);
    for error in &errors {
        context.complain(&error.to_string());
    }
    for told in warnings.iter().filter(|_| !context.global.quiet) {
        writeln!(io::stderr(), "{told}")?;
    }
    if found.is_empty() && !errors.is_empty() {
        return Ok(Ended::Badly);
    }
    if found.is_empty() {
        return Err(CliError::Told(format!(
            "{}: no feeds in it that could be added",
            file.display()
        )));
    }
    let feeds: Vec<NewFeed> = found.into_iter().map(NewFeed::from).collect();
    let done = edit::add(&loaded.config, &context.env, &feeds)?;
    let target = context.env.shown(&done.file);
    let mut line = format!(
        "{} added to {}",
        count(done.added.len() as u64, "feed"),
        target.display()
    );
    if !done.known.is_empty() {
        line.push_str(&format!(", {} known already", done.known.len()));
    }
    if !errors.is_empty() {
        line.push_str(&format!(", {} left out", errors.len()));
    }
    writeln!(io::stdout().lock(), "{line}")?;
    Ok(if errors.is_empty() {
        Ended::Well
    } else {
        Ended::InPart
    })
}

fn named(feed: &FeedSpec, records: &[FeedRecord]) -> FeedSpec {
    let learnt = || record(records, &feed.id)?.state.title.clone();
    FeedSpec {
        name: feed.name.clone().or_else(learnt),
        ..feed.clone()
    }
}

pub(super) fn export(context: &Context, out: Option<&Path>) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let (feeds, ended) = specs(context, &loaded.config);
    // Names are for people: those that feeds give themselves will do.
    let records = records(context, &loaded.config, &FeedFilter::default())?;
    let feeds: Vec<FeedSpec> = feeds.iter().map(|feed| named(feed, &records)).collect();
    let text = opml::write("Tidings feeds", &feeds);
    let Some(path) = out.filter(|out| *out != Path::new("-")) else {
        io::stdout().lock().write_all(text.as_bytes())?;
        return Ok(ended);
    };
    std::fs::write(path, text).map_err(|error| {
        CliError::Told(format!("{}: cannot be written: {error}", path.display()))
    })?;
    if !context.global.quiet {
        writeln!(
            io::stdout().lock(),
            "{} written to {}",
            count(feeds.len() as u64, "feed"),
            path.display()
        )?;
    }
    Ok(ended)
}
