//! `tidings tail`: the changes as JSON Lines, up to the present or for ever.

use std::{future::pending, io, os::fd::AsFd as _, path::PathBuf, time::Duration};

use clap::Args as ClapArgs;
use tokio::{io::Interest, net::unix::pipe};

use super::{
    CliError, Ended,
    args::{OrderArg, SelectionArgs},
    context::Context,
    export::{cleanups, selected},
    incremental::{Wanted, cursor_name, keeper, remembered},
    signals::Signals,
};
use crate::{
    daemon,
    export::{Follow, Format, Options, Start},
    model::ChangePosition,
};

/// How often the store is asked whether there is something new: a look at one number.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, ClapArgs)]
#[command(mut_arg("limit", |arg| arg.hide(true)), mut_arg("order", |arg| arg.hide(true)),
    mut_arg("unique", |arg| arg.hide(true)))]
#[command(after_help = "\
Examples:
  tidings tail | jq -r .title              everything, in the order of changes
  tidings tail -f --from-cursor now        only what comes from now on
  tidings tail --cursor mailer             what came since the last time
  tidings tail -f --feed gizchina --from-cursor v1:3f0c...:1204

A line is an article as `tidings export --format jsonl` writes it, with its
`cursor`: pass that to --from-cursor to go on behind the line. What is to be
dropped has \"deleted\": true. With --cursor a page of lines that was not read
to its end before a crash comes again.")]
pub(super) struct TailArgs {
    /// Wait for more, until Ctrl-C or SIGTERM
    #[arg(short, long)]
    follow: bool,
    /// Begin behind this cursor (or now) [default: with the first change]
    #[arg(long, value_name = "CURSOR|now", conflicts_with_all = ["cursor", "cursor_file"])]
    from_cursor: Option<String>,
    /// Begin where the last run of this cursor ended; the store keeps it
    #[arg(long, value_name = "NAME", value_parser = cursor_name, conflicts_with = "cursor_file")]
    cursor: Option<String>,
    /// The same, kept in a file
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// Let the cursor begin anew
    #[arg(long)]
    reset: bool,
    /// With the bodies' HTML, made safe to show
    #[arg(long)]
    html: bool,
    #[command(flatten)]
    selection: SelectionArgs,
}

pub(super) fn run(context: &Context, args: &TailArgs) -> Result<Ended, CliError> {
    let selection = &args.selection;
    if selection.limit.is_some() || selection.unique || selection.order != OrderArg::default() {
        let why =
            "changes come each by itself, in their own order: leave out --limit, --order, --unique";
        return Err(CliError::Told(why.to_owned()));
    }
    let config = context.settings_or_default()?.config;
    let mut backend = context.reader(&config)?;
    let mut query = selected(context, backend.as_mut(), &args.selection)?;
    query.with_html = args.html;
    let question = match (&args.cursor, &args.cursor_file) {
        (None, None) => String::new(),
        _ => remembered(&args.selection, &query, &[("html", args.html)])?,
    };
    let options = Options {
        html: args.html,
        cleanups: match args.html {
            true => cleanups(context, &config),
            false => crate::export::Cleanups::new(),
        },
        ..Options::from(Format::Jsonl)
    };
    let wanted = match (&args.cursor, &args.cursor_file) {
        (Some(name), _) => Some(Wanted::Named(name)),
        (_, Some(file)) => Some(Wanted::File(file)),
        _ => None,
    };
    if args.reset && wanted.is_none() {
        let why = "--reset begins a cursor anew; name one with --cursor or --cursor-file";
        return Err(CliError::Told(why.to_owned()));
    }
    let mut kept = match wanted {
        Some(wanted) => Some(keeper(context, &config, &wanted)?),
        None => None,
    };
    let start = match (&mut kept, args.from_cursor.as_deref()) {
        (Some(keeper), _) => Start::Kept {
            keeper,
            reset: args.reset,
        },
        (None, Some("now")) => Start::Now,
        (None, Some(text)) => Start::Behind(text.parse::<ChangePosition>().map_err(|error| {
            CliError::Told(format!("--from-cursor {text:?}: {error}, or `now`"))
        })?),
        (None, None) => Start::Beginning,
    };
    let follow = Follow::new(
        backend.as_mut(),
        (query, &question),
        options,
        start,
        context.now,
    )?;
    Context::block_on(tell(follow, args.follow))?
}

/// Tells all there is, and what comes if that is wanted.
async fn tell(mut follow: Follow<'_>, waits: bool) -> Result<Ended, CliError> {
    let signals = Signals::listen()?;
    // Nobody learns from a pipe that is not written to that its reader has gone.
    let watched = io::stdout().as_fd().try_clone_to_owned();
    let reader = watched.and_then(pipe::Sender::from_owned_fd_unchecked).ok();
    loop {
        let has_more = follow.next(&mut io::stdout().lock(), daemon::now())?;
        if let Some(signal) = signals.first() {
            // To wait for ever and to be told to end is how it is meant.
            return Ok(if waits {
                Ended::Well
            } else {
                Ended::By(signal)
            });
        }
        if has_more {
            continue;
        }
        if !waits {
            return Ok(Ended::Well);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = signals.stop.wait() => return Ok(Ended::Well),
            () = gone(reader.as_ref()) => return Ok(Ended::Well),
        }
    }
}

/// Returns when the reader of standard output has gone; never where that cannot be told.
async fn gone(stdout: Option<&pipe::Sender>) {
    let ended = match stdout {
        Some(stdout) => stdout.ready(Interest::ERROR).await.is_ok(),
        None => false,
    };
    if !ended {
        pending::<()>().await;
    }
}
