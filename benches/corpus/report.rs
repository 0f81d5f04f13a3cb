//! The figures as one table, and the details of what fell short.

use std::{fmt, io::IsTerminal as _};

/// What a figure says about the target.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Ok,
    NotOk,
    /// Reported only.
    None,
}

struct Row {
    figure: String,
    target: String,
    result: String,
    verdict: Verdict,
}

/// Everything that was found out.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    details: Vec<String>,
}

impl Report {
    /// A figure with a target.
    pub(crate) fn judged(
        &mut self,
        figure: impl Into<String>,
        target: &str,
        result: String,
        ok: bool,
    ) {
        let verdict = if ok { Verdict::Ok } else { Verdict::NotOk };
        self.row(figure.into(), target, result, verdict);
    }

    /// A figure without one.
    pub(crate) fn told(&mut self, figure: impl Into<String>, target: &str, result: String) {
        self.row(figure.into(), target, result, Verdict::None);
    }

    /// A figure whose list the corpus does not hold.
    pub(crate) fn absent(&mut self, figure: &str) {
        self.told(figure, "", "not in this corpus".to_owned());
    }

    /// One thing that fell short, as one line.
    pub(crate) fn detail(&mut self, section: &str, what: impl fmt::Display) {
        let what = what.to_string().replace(['\n', '\r'], " ");
        self.details.push(format!("{section}: {what}"));
    }

    pub(crate) fn details(&self) -> &[String] {
        &self.details
    }

    /// True if no figure misses its target.
    pub(crate) fn is_ok(&self) -> bool {
        self.rows.iter().all(|row| row.verdict != Verdict::NotOk)
    }

    fn row(&mut self, figure: String, target: &str, result: String, verdict: Verdict) {
        let target = target.to_owned();
        self.rows.push(Row {
            figure,
            target,
            result,
            verdict,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |cell: fn(&Row) -> &str, head: &str| {
            let cells = self.rows.iter().map(|row| cell(row).chars().count());
            cells.max().unwrap_or(0).max(head.len())
        };
        let figure = width(|row| &row.figure, "figure");
        let target = width(|row| &row.target, "target");
        let result = width(|row| &row.result, "result");
        writeln!(
            f,
            "{:figure$}  {:target$}  {:result$}",
            "figure", "target", "result"
        )?;
        for row in &self.rows {
            let verdict = match row.verdict {
                Verdict::Ok => "ok",
                Verdict::NotOk => "NOT OK",
                Verdict::None => "",
            };
            let line = format!(
                "{:figure$}  {:target$}  {:result$}  {verdict}",
                row.figure, row.target, row.result
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `part` of `whole` with its percentage.
pub(crate) fn share(part: usize, whole: usize) -> String {
    format!("{part} / {whole} ({:.1} %)", percent(part, whole))
}

/// Nothing of nothing is all of it.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        100.0
    } else {
        part as f64 * 100.0 / whole as f64
    }
}

/// At most 200 characters of a text, for a detail.
pub(crate) fn short(text: &str) -> String {
    const MAX: usize = 200;
    let cut = text.char_indices().nth(MAX).map(|(at, _)| at);
    cut.map_or_else(|| text.to_owned(), |at| format!("{}…", &text[..at]))
}

/// Says on a terminal what is being done.
pub(crate) fn progress(what: impl fmt::Display) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{what}");
    }
}
