//! `tidings check`: every mistake in settings and feed files.

use std::io::{self, Write as _};

use super::{CliError, Ended, context::Context, terminal::count};
use crate::config;

pub(super) fn run(context: &Context) -> Result<Ended, CliError> {
    let report = config::check(context.global.config.as_deref(), &context.env);
    for error in &report.errors {
        context.complain(&error.to_string());
    }
    let mut out = io::stdout().lock();
    if !report.errors.is_empty() {
        writeln!(
            out,
            "{}; {} without one",
            count(report.errors.len() as u64, "mistake"),
            count(report.feeds as u64, "feed")
        )?;
        return Ok(Ended::Badly);
    }
    if !context.global.quiet {
        let settings = report.settings.map_or_else(
            || "the defaults".to_owned(),
            |path| path.display().to_string(),
        );
        writeln!(
            out,
            "{settings}: all good, {}",
            count(report.feeds as u64, "feed")
        )?;
    }
    Ok(Ended::Well)
}
