//! Any header fields give waits that are bounded, and validators byte for byte.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tidings::{fetch::read_fields, model::Time};

fuzz_target!(|data: &[u8]| {
    let fields: Vec<(&[u8], &[u8])> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
        .collect();
    let url = "https://example.org/feed";
    let (hints, validators) = read_fields(fields.iter().copied(), url, Time::UNIX_EPOCH);
    let month = Duration::from_secs(31 * 24 * 3600);
    assert!(
        hints.retry_after.is_none_or(|wait| wait <= month),
        "{hints:?}"
    );
    assert!(
        hints.fresh_for.is_none_or(|time| !time.is_zero()),
        "{hints:?}"
    );
    assert_eq!(validators.url, url);
    for (kept, name) in [
        (&validators.etag, "etag"),
        (&validators.last_modified, "last-modified"),
    ] {
        let said = |(field, value): &(&[u8], &[u8])| {
            field.eq_ignore_ascii_case(name.as_bytes()) && Some(*value) == kept.as_deref()
        };
        assert!(
            kept.is_none() || fields.iter().any(said),
            "{name} was made up"
        );
    }
});
