//! Log lines: to the journal under systemd, for people on a terminal, or as JSON.

use std::{
    io::{self, Write},
    os::unix::fs::MetadataExt as _,
};

use tracing_subscriber::{
    EnvFilter, Layer, fmt, layer::SubscriberExt as _, registry, util::SubscriberInitExt as _,
};

use super::{args::LogFormat, context::Context, terminal::Shown};
use crate::parse;

/// Starts logging. Commands print their own results, so below the daemon only warnings are logged
/// unless more is asked for.
pub(super) fn start(context: &Context, daemon: bool) {
    let level = match (context.global.quiet, context.global.verbose, daemon) {
        (true, ..) => "error",
        (_, 0, false) => "warn",
        (_, 0, true) | (_, 1, false) => "info",
        (_, 1, true) | (_, 2, _) => "debug",
        _ => "trace",
    };
    // What a round tells on standard output is not told again on standard error.
    let polls = if level == "warn" { "error" } else { level };
    // Other crates' chatter stays out, but for their warnings.
    let filter = EnvFilter::new(format!("warn,tidings={level},tidings::ingest={polls}"));
    let shown = context.shown.clone();
    let stderr = move || Beside(shown.clone());
    let layer: Box<dyn Layer<_> + Send + Sync> = match context.global.log_format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(stderr)
            .boxed(),
        LogFormat::Text => match journal(context) {
            Some(layer) => layer.boxed(),
            None => fmt::layer()
                .with_writer(stderr)
                .with_ansi(context.terminal.color_err())
                .with_target(false)
                .boxed(),
        },
    };
    // A second start (in tests) keeps the first.
    let _ = registry().with(layer.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        if parse::is_guarded() {
            tracing::debug!("{panic}");
        } else {
            tracing::error!("{panic}");
        }
    }));
}

/// Standard error, without the progress bar while a line is written.
struct Beside(Shown);

impl Write for Beside {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The journal, if standard error leads there (systemd.exec(5), `JOURNAL_STREAM`).
fn journal(context: &Context) -> Option<tracing_journald::Layer> {
    let stream = context.env.journal_stream.as_deref()?;
    let stderr = std::fs::metadata("/proc/self/fd/2").ok()?;
    let (device, inode) = stream.split_once(':')?;
    let same = device.parse() == Ok(stderr.dev()) && inode.parse() == Ok(stderr.ino());
    same.then(|| tracing_journald::layer().ok()).flatten()
}
