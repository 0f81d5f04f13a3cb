//! What an answer's head may be, and what it says for the next request; pure.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::conditional;
use crate::model::{CacheHints, FailKind, Failure, Time, Validators};

/// Largest head in bytes; real ones, with all the policies of a large site, stay below 20 KB.
pub(super) const MOST_HEAD: u32 = 64 * 1024;
/// Most header fields; HTTP/1 ends at this number by itself, HTTP/2 has none.
const MOST_FIELDS: usize = 100;
/// What a field costs besides its name and value, as HTTP/2 counts (RFC 9113 section 6.5.2).
const FIELD: usize = 32;

/// Refuses a head that is only meant to cost memory.
pub(super) fn check_head(headers: &HeaderMap) -> Result<(), Failure> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD)
        .sum();
    if headers.len() <= MOST_FIELDS && bytes <= MOST_HEAD as usize {
        return Ok(());
    }
    Err(Failure {
        kind: FailKind::TooLarge,
        status: None,
        message: format!(
            "the head of the answer has {} fields and {bytes} bytes; more than {MOST_FIELDS} or {MOST_HEAD} are not read",
            headers.len()
        ),
    })
}

/// What header fields say for the next request to `url`: how long the answer is fresh, when to come
/// again, and its validators. Fields that HTTP does not allow are passed over.
#[must_use]
pub fn read_fields<'a>(
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    url: &str,
    now: Time,
) -> (CacheHints, Validators) {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    (
        conditional::hints(&headers, now),
        conditional::validators(url, &headers),
    )
}
