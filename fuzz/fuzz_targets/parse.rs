//! Any bytes are read or refused; the parser never panics, not even behind its guard.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::parse::{Limits, ParseError, parse};

const TYPES: [Option<&str>; 4] = [
    None,
    Some("application/rss+xml; charset=windows-1251"),
    Some("application/feed+json"),
    Some("text/html"),
];

fuzz_target!(|data: &[u8]| {
    let Some((first, document)) = data.split_first() else {
        return;
    };
    let content_type = TYPES[usize::from(*first) % TYPES.len()];
    let limits = Limits { max_entries: 200, pages: true };
    match parse(document, content_type, "https://example.org/feed", limits) {
        Ok(feed) => assert!(feed.entries.len() <= limits.max_entries),
        Err(error @ ParseError::Panicked(_)) => panic!("{error}"),
        Err(_) => {}
    }
});
