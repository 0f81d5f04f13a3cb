//! The figures of a benchmark as a table for people and as one line of JSON for scripts.

use std::fmt;

use serde_json::{Value, json};

use crate::{client::Stats, measure::Cost};

/// Who was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Subject {
    FloorD,
    FloorS,
    Tidings,
}

/// In which state it found the feeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Phase {
    /// Nothing known: every feed is downloaded.
    Cold,
    /// Nothing changed: every answer is a 304.
    Warm,
    /// 2 % of the feeds have one new entry.
    Changed,
}

/// Everything that was measured.
pub(crate) struct Report {
    feeds: usize,
    entries: usize,
    /// Feeds that changed at a tick.
    pub(crate) changed: usize,
    pub(crate) store_bytes: Option<u64>,
    pub(crate) floor_bytes: Option<u64>,
    /// What Tidings exported at the end.
    pub(crate) articles: Option<usize>,
    rows: Vec<Row>,
}

struct Row {
    subject: Subject,
    phase: Phase,
    cost: Cost,
    requests: u64,
    not_modified: u64,
    faulty: u64,
    body_bytes: u64,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::FloorD => "floor D",
            Self::FloorS => "floor S",
            Self::Tidings => "tidings",
        }
    }
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Changed => "2 %",
        }
    }
}

impl Report {
    pub(crate) fn new(feeds: usize, entries: usize) -> Self {
        Self {
            feeds,
            entries,
            changed: 0,
            store_bytes: None,
            floor_bytes: None,
            articles: None,
            rows: Vec::new(),
        }
    }

    /// Adds one measurement; the requests are the difference of the server's counts.
    pub(crate) fn add(
        &mut self,
        subject: Subject,
        phase: Phase,
        cost: Cost,
        before: Stats,
        after: Stats,
    ) {
        self.rows.push(Row {
            subject,
            phase,
            cost,
            requests: after.requests - before.requests,
            not_modified: after.not_modified - before.not_modified,
            faulty: after.faulty - before.faulty,
            body_bytes: after.body_bytes - before.body_bytes,
        });
    }

    /// Articles that a phase makes new.
    fn new_articles(&self, phase: Phase) -> usize {
        match phase {
            Phase::Cold => self.feeds * self.entries,
            Phase::Warm => 0,
            Phase::Changed => self.changed,
        }
    }

    /// What ought to be in the store at the end.
    fn expected_articles(&self) -> usize {
        self.new_articles(Phase::Cold) + self.changed
    }

    fn cpu(&self, subject: Subject, phase: Phase) -> Option<f64> {
        let row = self
            .rows
            .iter()
            .find(|row| row.subject == subject && row.phase == phase)?;
        Some(row.cost.cpu_s)
    }

    /// CPU seconds of Tidings over those of a floor.
    fn ratio(&self, floor: Subject, phase: Phase) -> Option<f64> {
        Some(self.cpu(Subject::Tidings, phase)? / self.cpu(floor, phase)?)
    }

    fn bytes_per_article(&self, bytes: Option<u64>, articles: usize) -> Option<f64> {
        bytes.map(|bytes| bytes as f64 / articles.max(1) as f64)
    }

    pub(crate) fn json(&self) -> Value {
        let ratios = |floor| {
            json!({
                "cold": self.ratio(floor, Phase::Cold),
                "warm": self.ratio(floor, Phase::Warm),
                "changed": self.ratio(floor, Phase::Changed),
            })
        };
        json!({
            "feeds": self.feeds,
            "entries": self.entries,
            "changed": self.changed,
            "runs": self.rows.iter().map(|row| self.row_json(row)).collect::<Vec<_>>(),
            "tidings_over_floor_d": ratios(Subject::FloorD),
            "tidings_over_floor_s": ratios(Subject::FloorS),
            "articles_expected": self.expected_articles(),
            "articles_exported": self.articles,
            "store_bytes": self.store_bytes,
            "store_bytes_per_article":
                self.bytes_per_article(self.store_bytes, self.expected_articles()),
        })
    }

    fn row_json(&self, row: &Row) -> Value {
        json!({
            "subject": row.subject.name(),
            "phase": row.phase.name(),
            "feeds_per_s": self.feeds as f64 / row.cost.wall_s,
            "articles_per_s": self.new_articles(row.phase) as f64 / row.cost.wall_s,
            "requests": row.requests,
            "not_modified": row.not_modified,
            "faulty": row.faulty,
            "cpu_s_per_1000": row.cost.cpu_s / self.feeds as f64 * 1e3,
            "body_bytes": row.body_bytes,
            "cost": row.cost,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} feeds of {} entries, {} changed at a tick\n",
            self.feeds, self.entries, self.changed
        )?;
        writeln!(
            f,
            "{:<8} {:<5} {:>8} {:>8} {:>9} {:>8} {:>10} {:>9} {:>9} {:>6} {:>6} {:>7} {:>5}",
            "",
            "",
            "wall s",
            "CPU s",
            "CPU s/1k",
            "feeds/s",
            "articles/s",
            "peak MB",
            "requests",
            "304",
            "faulty",
            "body MB",
            "exit"
        )?;
        for row in &self.rows {
            let exit = row
                .cost
                .exit_code
                .map_or("signal".to_owned(), |code| code.to_string());
            writeln!(
                f,
                "{:<8} {:<5} {:>8.2} {:>8.3} {:>9.3} {:>8.0} {:>10.0} {:>9.1} {:>9} {:>6} {:>6} {:>7.1} {:>5}",
                row.subject.name(),
                row.phase.name(),
                row.cost.wall_s,
                row.cost.cpu_s,
                row.cost.cpu_s / self.feeds as f64 * 1e3,
                self.feeds as f64 / row.cost.wall_s,
                self.new_articles(row.phase) as f64 / row.cost.wall_s,
                row.cost.peak_rss_mb,
                row.requests,
                row.not_modified,
                row.faulty,
                row.body_bytes as f64 / 1e6,
                exit,
            )?;
        }
        writeln!(f, "\nCPU, tidings over   cold   warm    2 %")?;
        for floor in [Subject::FloorD, Subject::FloorS] {
            write!(f, "  {:<15}", floor.name())?;
            for phase in [Phase::Cold, Phase::Warm, Phase::Changed] {
                write!(f, " {:>6}", or_dash(self.ratio(floor, phase), 2))?;
            }
            writeln!(f)?;
        }
        // Floor S keeps every entry of a changed feed again: it does not deduplicate.
        let floor_articles = (self.feeds + self.changed) * self.entries;
        writeln!(
            f,
            "\nstore: {} bytes an article (floor S {})",
            or_dash(
                self.bytes_per_article(self.store_bytes, self.expected_articles()),
                0
            ),
            or_dash(self.bytes_per_article(self.floor_bytes, floor_articles), 0),
        )?;
        let exported = self
            .articles
            .map_or("none".to_owned(), |articles| articles.to_string());
        write!(
            f,
            "articles exported: {exported} of {} expected",
            self.expected_articles()
        )
    }
}

fn or_dash(value: Option<f64>, decimals: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}
