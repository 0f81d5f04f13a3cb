//! Feeds whose guids or links change with each document, as `status` tells them.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::terminal::Terminal;
use crate::model::{FeedId, Time};

/// Feeds that are named; the rest is counted.
const NAMED: usize = 20;

/// With the moment since when.
pub(super) fn to_json(feeds: &[(FeedId, Time)]) -> Value {
    let told = feeds.iter().map(|(feed, since)| {
        json!({ "feed": feed.as_str(), "since": since.format("%FT%TZ").to_string() })
    });
    told.collect()
}

/// Feeds whose entries are known by their links or texts alone.
pub(super) fn tell(
    out: &mut dyn Write,
    terminal: Terminal,
    feeds: &[(FeedId, Time)],
) -> io::Result<()> {
    if feeds.is_empty() {
        return Ok(());
    }
    let name = |(id, since): &(FeedId, Time)| format!("{id} (since {})", since.format("%F"));
    let names: Vec<String> = feeds.iter().take(NAMED).map(name).collect();
    let more = match feeds.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let told = format!(
        "guids or links that change with each document count no longer: {}{more}",
        names.join(", ")
    );
    writeln!(out, "identity  {}", terminal.line_end(10, &told))
}
