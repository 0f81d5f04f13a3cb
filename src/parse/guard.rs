//! feed-rs behind a guard: its errors and its panics become values.
//!
//! feed-rs 3.0.0 panics on some ordinary input (an e-mail beside a multibyte character, a huge
//! `itunes:duration`). None of it is in the canonical documents that it is given; should it panic
//! all the same, the daemon outlives that. Its own ids are switched off: they depend on the title
//! or are random, and would make every edit a new entry.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use feed_rs::{
    model::Feed,
    parser::{Builder, ParseFeedError},
};

use super::ParseError;
use crate::model::Time;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// True in a thread whose panic is caught and told as a failed poll, so that a panic hook need not
/// tell it too.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Parses a canonical document; its times are milliseconds since 1970.
pub(super) fn run(document: &str) -> Result<Feed, ParseError> {
    GUARDED.set(true);
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let parser = Builder::new()
            .timestamp_parser(|text| Time::from_timestamp_millis(text.parse().ok()?))
            .id_generator(|_, _, _| String::new())
            .sanitize_content(false)
            .build();
        parser.parse(document.as_bytes())
    }));
    GUARDED.set(false);
    match attempt {
        Ok(result) => result.map_err(explain),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "it gave no reason".to_owned());
            Err(ParseError::Panicked(reason))
        }
    }
}

fn explain(error: ParseFeedError) -> ParseError {
    match error {
        ParseFeedError::ParseError(kind) => ParseError::Broken(kind.to_string()),
        ParseFeedError::XmlReader(error) => ParseError::Broken(format!("broken XML: {error}")),
        ParseFeedError::JsonSerde(error) => ParseError::Broken(format!("broken JSON: {error}")),
        ParseFeedError::JsonUnsupportedVersion(version) => {
            ParseError::NotAFeed(format!("JSON with the unknown version {version:?}"))
        }
        ParseFeedError::IoError(error) => ParseError::Broken(error.to_string()),
    }
}
