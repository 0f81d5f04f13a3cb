//! What one poll did, for people: one log line, and one line of `tidings poll`.

use std::time::Duration;

use bytesize::ByteSize;
use tracing::{info, warn};

use crate::model::{Committed, FeedId, Outcome, PollRecord, Time, printable};

/// One poll, done and committed.
#[derive(Clone, Debug)]
pub struct Report {
    /// Which feed.
    pub feed: FeedId,
    /// What happened.
    pub poll: PollRecord,
    /// What the store did.
    pub committed: Committed,
    /// Entries that were left out or came out poorer, in words.
    pub problems: Vec<String>,
    /// What had to be mended in the document.
    pub repairs: Vec<String>,
    /// When it is polled next.
    pub next_poll: Time,
    /// Set if entries may be lost that came and went since then.
    pub gap_since: Option<Time>,
}

impl Report {
    /// True if the poll failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.poll.outcome, Outcome::Failed | Outcome::Gone)
    }

    /// What happened, in words without the feed's name.
    #[must_use]
    pub fn summary(&self) -> String {
        let took = match self.poll.ms {
            ms @ 0..1000 => format!("{ms} ms"),
            ms => format!("{:.1} s", Duration::from_millis(ms).as_secs_f64()),
        };
        match self.poll.outcome {
            Outcome::New | Outcome::Pushed => format!(
                "{}{} {}: {} new, {} changed; {} in {took}{}",
                if self.poll.outcome == Outcome::Pushed {
                    "pushed: "
                } else {
                    ""
                },
                self.poll.entries,
                if self.poll.entries == 1 {
                    "entry"
                } else {
                    "entries"
                },
                self.committed.new,
                self.committed.changed,
                ByteSize::b(self.poll.bytes),
                self.gap(),
            ),
            Outcome::Same if self.poll.status == Some(304) => {
                format!("not modified (304) in {took}")
            }
            Outcome::Same => format!("the same document as before in {took}"),
            Outcome::Throttled | Outcome::Failed | Outcome::Gone => {
                printable(self.poll.error.as_deref().unwrap_or("failed"))
            }
        }
    }

    fn gap(&self) -> String {
        self.gap_since.map_or_else(String::new, |since| {
            format!(
                "; a gap: entries published since {} may be lost",
                since.format("%F %T UTC")
            )
        })
    }

    /// The one log line of a poll.
    pub(super) fn log(&self) {
        let error = self.poll.error.as_deref().map(printable);
        for problem in &self.problems {
            tracing::debug!(feed.id = %self.feed, "{}: {}", self.feed, printable(problem));
        }
        if self.failed() {
            warn!(
                feed.id = %self.feed, http.status = self.poll.status, duration_ms = self.poll.ms,
                next_poll = %self.next_poll.format("%FT%TZ"), error, "{}: {}", self.feed, self.summary()
            );
        } else {
            info!(
                feed.id = %self.feed, http.status = self.poll.status, http.bytes = self.poll.bytes,
                articles.new = self.committed.new, articles.changed = self.committed.changed,
                entries.problems = self.problems.len(), entries.gap = self.gap_since.is_some(), duration_ms = self.poll.ms,
                next_poll = %self.next_poll.format("%FT%TZ"), "{}: {}", self.feed, self.summary()
            );
        }
    }
}
