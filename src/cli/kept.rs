//! `preview --unread`: a document that cannot be read, as it stands in the store, for whoever wants to
//! know why.
//!
//! Its beginning is shown with the numbers of its lines, so that the place which the reader names can
//! be found; `--body` gives all of it.

use std::io::{self, IsTerminal as _, Write};

use super::{
    CliError,
    context::Context,
    terminal::{Tone, count},
};
use crate::model::{NewBody, printable, redact_url};

/// Lines shown.
const LINES: usize = 20;
/// Shown of each, in characters: pages are often one line.
const WIDTH: usize = 500;

/// The beginning, on standard output.
pub(super) fn head(context: &Context, body: &NewBody) -> Result<(), CliError> {
    let text = String::from_utf8_lossy(&body.bytes);
    let mut lines = text.lines();
    let mut out = io::stdout().lock();
    let mut cut = false;
    for (at, line) in lines.by_ref().take(LINES).enumerate() {
        let shown: String = line.chars().take(WIDTH).collect();
        let goes_on = shown.len() < line.len();
        let end = if goes_on { "\u{2026}" } else { "" };
        cut |= goes_on;
        let number = context
            .terminal
            .paint(Tone::Faint, format!("{:>4}", at + 1));
        writeln!(out, "{number}  {}{end}", printable(&shown))?;
    }
    let left = lines.count();
    out.flush()?;
    if !context.global.quiet {
        let (kind, size) = (
            printable(body.content_type.as_deref().unwrap_or("no content type")),
            count(body.bytes.len() as u64, "byte"),
        );
        let url = printable(&redact_url(&body.final_url));
        let rest = match left {
            0 if !cut => String::new(),
            0 => "; --body gives all of it".to_owned(),
            left => format!(
                "; {} more, --body gives all of it",
                count(left as u64, "line")
            ),
        };
        writeln!(
            io::stderr(),
            "the document that {url} sent: HTTP {}, {kind}, {size}{rest}",
            body.status
        )?;
    }
    Ok(())
}

/// All of it on standard output: byte for byte to a file or a program, escaped to a terminal.
pub(super) fn whole(body: &NewBody) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        for line in String::from_utf8_lossy(&body.bytes).lines() {
            writeln!(out, "{}", printable(line))?;
        }
    } else {
        out.write_all(&body.bytes)?;
    }
    out.flush()?;
    Ok(())
}
