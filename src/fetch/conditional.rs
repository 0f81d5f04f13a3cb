//! Conditional requests and what the answer's headers say about freshness; pure.
//!
//! Validators are echoed byte for byte, replaced on 200 *and* 304, and dropped when a 200 comes
//! without them: a made-up or stale validator hides news or wastes the publisher's traffic.

use std::time::Duration;

use chrono::NaiveDateTime;
use reqwest::{
    RequestBuilder,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::model::{CacheHints, Time, Validators};

/// Delta-seconds beyond this are read as this (RFC 9111 section 1.2.2).
const MOST_SECONDS: u64 = 1 << 31;
/// `Retry-After` beyond this is no longer believed.
const MOST_RETRY: Duration = Duration::from_secs(31 * 24 * 3600);

/// Adds `If-None-Match` and `If-Modified-Since`.
pub(super) fn add(mut request: RequestBuilder, validators: &Validators) -> RequestBuilder {
    for (name, value) in [
        (header::IF_NONE_MATCH, &validators.etag),
        (header::IF_MODIFIED_SINCE, &validators.last_modified),
    ] {
        if let Some(value) = value
            .as_ref()
            .and_then(|bytes| HeaderValue::from_bytes(bytes).ok())
        {
            request = request.header(name, value);
        }
    }
    request
}

/// The validators of a 200.
pub(super) fn validators(url: &str, headers: &HeaderMap) -> Validators {
    let bytes = |name: &HeaderName| headers.get(name).map(|value| value.as_bytes().to_owned());
    Validators {
        etag: bytes(&header::ETAG),
        last_modified: bytes(&header::LAST_MODIFIED),
        url: url.to_owned(),
    }
}

/// The stored validators after a 304: what it carries replaces, what it leaves out stays
/// (RFC 9111 section 4.3.4).
pub(super) fn refreshed(stored: &Validators, headers: &HeaderMap) -> Validators {
    let new = validators(&stored.url, headers);
    Validators {
        etag: new.etag.or_else(|| stored.etag.clone()),
        last_modified: new.last_modified.or_else(|| stored.last_modified.clone()),
        url: new.url,
    }
}

/// Freshness and `Retry-After`.
pub(super) fn hints(headers: &HeaderMap, now: Time) -> CacheHints {
    // Waits are counted on the server's own clock where it shows it.
    let date = text(headers, &header::DATE)
        .and_then(|date| http_date(&date))
        .unwrap_or(now);
    CacheHints {
        fresh_for: fresh_for(headers, date),
        retry_after: retry_after(headers, date),
    }
}

/// `max-age` less `Age`, else `Expires` less `Date` (RFC 9111 sections 4.2.1 and 4.2.3).
fn fresh_for(headers: &HeaderMap, date: Time) -> Option<Duration> {
    let control: Vec<String> = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase())
        .collect();
    if control
        .iter()
        .any(|directive| directive.starts_with("no-cache") || directive == "no-store")
    {
        return None;
    }
    // Of several, the most careful counts.
    let max_age = control
        .iter()
        .filter_map(|directive| directive.strip_prefix("max-age=").and_then(delta_seconds))
        .min();
    let lifetime = match max_age {
        Some(seconds) => {
            let age = text(headers, &header::AGE)
                .and_then(|age| delta_seconds(&age))
                .unwrap_or(0);
            Duration::from_secs(seconds.saturating_sub(age))
        }
        None => wait_until(http_date(&text(headers, &header::EXPIRES)?)?, date),
    };
    (!lifetime.is_zero()).then_some(lifetime)
}

/// Seconds or a date (RFC 9110 section 10.2.3); negative and unreadable ones are ignored.
fn retry_after(headers: &HeaderMap, date: Time) -> Option<Duration> {
    let value = text(headers, &header::RETRY_AFTER)?;
    let wait = match delta_seconds(&value) {
        Some(seconds) => Duration::from_secs(seconds),
        None => wait_until(http_date(&value)?, date),
    };
    Some(wait.min(MOST_RETRY))
}

fn wait_until(moment: Time, from: Time) -> Duration {
    (moment - from).to_std().unwrap_or(Duration::ZERO)
}

fn delta_seconds(text: &str) -> Option<u64> {
    let digits = text.trim().trim_matches('"');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(MOST_SECONDS).min(MOST_SECONDS))
}

/// The three date forms of HTTP (RFC 9110 section 5.6.7).
fn http_date(text: &str) -> Option<Time> {
    let text = text.trim();
    [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    .map(|moment| moment.and_utc())
}

/// A header as text; bytes beyond ASCII are read as Latin-1.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => value
                .as_bytes()
                .iter()
                .map(|byte| char::from(*byte))
                .collect(),
        })
}
