//! `tidings check`: every mistake in settings and feed files, and what one should know of them.

use std::io::{self, Write as _};

use super::{CliError, Ended, context::Context, terminal::count};
use crate::config;

pub(super) fn run(context: &Context) -> Result<Ended, CliError> {
    let report = config::check(context.global.config.as_deref(), &context.env);
    for error in &report.errors {
        context.complain(&error.to_string());
    }
    for warning in &report.warnings {
        context.warn(&warning.to_string());
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
        let good = match report.warnings.len() as u64 {
            0 => "all good".to_owned(),
            warnings => format!("no mistakes, {}", count(warnings, "warning")),
        };
        writeln!(
            out,
            "{settings}: {good}, {}",
            count(report.feeds as u64, "feed")
        )?;
    }
    Ok(Ended::Well)
}
