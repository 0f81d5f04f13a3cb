//! Feeds that were asked to wait: until when, and who asked.

use serde_json::{Value, json};

use super::when::relative;
use crate::model::{FeedRecord, Health, Time, printable};

/// A wait that is not over.
pub(super) struct Wait {
    pub(super) until: Time,
    pub(super) why: String,
}

impl Wait {
    /// The longest one of a feed that waits; `None` if it does not.
    pub(super) fn of(record: &FeedRecord, now: Time) -> Option<Self> {
        if record.health(now) != Health::Waiting {
            return None;
        }
        let state = &record.state;
        let host = record.scope_paused_until.map(|until| {
            let why = format!("its host {} asked for a pause", printable(&record.scope));
            Self { until, why }
        });
        let own = state.retry_after.map(|until| Self {
            until,
            why: "its server asked for it (Retry-After)".to_owned(),
        });
        let unsaid = (state.throttled > 0).then(|| Self {
            until: record.next_poll,
            why: "its server asked to slow down, without saying for how long".to_owned(),
        });
        // Of equals the host's: it holds for other feeds too.
        let over = Self {
            until: record.next_turn(),
            why: "its server's wait is over, and it is to be polled".to_owned(),
        };
        [unsaid, own, host]
            .into_iter()
            .flatten()
            .filter(|wait| wait.until > now)
            .max_by_key(|wait| wait.until)
            .or(Some(over))
    }

    /// `until 2026-01-31 12:00:00 UTC, in 2 h: why`
    pub(super) fn told(&self, now: Time) -> String {
        format!(
            "until {}, {}: {}",
            self.until.format("%F %T UTC"),
            relative(self.until, now),
            self.why
        )
    }

    /// The same for machines.
    pub(super) fn to_json(&self) -> Value {
        json!({ "until": self.until.format("%FT%TZ").to_string(), "why": self.why })
    }
}
