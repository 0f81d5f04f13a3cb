//! Conditional requests and what the answer's headers say about freshness; pure.
//!
//! Validators are echoed byte for byte, replaced on 200 *and* 304, and dropped when a 200 comes
//! without them: a made-up or stale validator hides news or wastes the publisher's traffic.

use std::time::Duration;

use chrono::DateTime;
use reqwest::{
    RequestBuilder,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::model::{CacheHints, Time, Validators};

/// Delta-seconds beyond this are read as this (RFC 9111 section 1.2.2).
const MOST_SECONDS: u64 = 1 << 31;
/// `Retry-After` beyond this is no longer believed.
const MOST_RETRY: Duration = Duration::from_secs(31 * 24 * 3600);
/// Clocks that are closer than this show the same time, more or less.
const CLOCKS_AGREE: chrono::Duration = chrono::Duration::days(1);

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
    if validators.etag.is_some() {
        // The server may answer with the new entries alone (RFC 3229, and its use for feeds).
        request = request.header("A-IM", "feed");
    }
    request
}

/// True if a 226 is what was asked for: the feed less the entries we have.
pub(super) fn is_feed_delta(headers: &HeaderMap) -> bool {
    let manipulations = headers.get_all("IM");
    let mut names = manipulations
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.split(';').next().unwrap_or_default().trim());
    names.all(|name| name.eq_ignore_ascii_case("feed"))
}

/// The validators of a 200.
pub(super) fn validators(url: &str, headers: &HeaderMap) -> Validators {
    let bytes = |name: &HeaderName| {
        let value = headers.get(name).map(|value| value.as_bytes().to_owned());
        value.filter(|value| !value.is_empty())
    };
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
    let date = text(headers, &header::DATE).and_then(|date| http_date(&date));
    let control = Control::of(headers);
    let expires = text(headers, &header::EXPIRES);
    let age = text(headers, &header::AGE)
        .and_then(|age| delta_seconds(&age))
        .unwrap_or(0);
    let lifetime = match (control.max_age, &expires) {
        _ if control.revalidate => None,
        (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        // Counted on the server's own clock where it shows it.
        (None, Some(expires)) => {
            http_date(expires).map(|moment| wait_until(moment, date.unwrap_or(now)))
        }
        (None, None) => None,
    };
    let fresh_for = lifetime.map(|lifetime| lifetime.saturating_sub(Duration::from_secs(age)));
    CacheHints {
        fresh_for: fresh_for.filter(|fresh| !fresh.is_zero()),
        max_age: control
            .max_age
            .filter(|_| !control.revalidate)
            .map(Duration::from_secs),
        stated: control.stated || expires.is_some(),
        retry_after: retry_after(headers, date, now),
    }
}

/// What `Cache-Control` says, as far as it matters to a private cache (RFC 9111 section 5.2.2).
#[derive(Default)]
struct Control {
    /// There is one.
    stated: bool,
    /// `no-cache` or `no-store`: ask again, though not at once.
    revalidate: bool,
    /// Of several that disagree the longest: whichever the server meant, none is asked too early.
    max_age: Option<u64>,
}

impl Control {
    fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for value in headers.get_all(header::CACHE_CONTROL) {
            control.stated = true;
            for directive in directives(&String::from_utf8_lossy(value.as_bytes())) {
                let (name, value) = match directive.split_once('=') {
                    Some((name, value)) => (name.trim(), value.trim()),
                    None => (directive.trim(), ""),
                };
                if name.eq_ignore_ascii_case("no-cache") || name.eq_ignore_ascii_case("no-store") {
                    control.revalidate = true;
                } else if name.eq_ignore_ascii_case("max-age") {
                    let seconds = delta_seconds(value).unwrap_or(0);
                    control.max_age =
                        Some(control.max_age.map_or(seconds, |known| known.max(seconds)));
                }
            }
        }
        control
    }
}

/// The directives of a list; commas within quotes separate nothing.
fn directives(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |letter: char| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
}

/// Seconds or a date (RFC 9110 section 10.2.3); negative and unreadable ones are ignored.
fn retry_after(headers: &HeaderMap, date: Option<Time>, now: Time) -> Option<Duration> {
    let value = text(headers, &header::RETRY_AFTER)?;
    let wait = match delta_seconds(&value) {
        Some(seconds) => Duration::from_secs(seconds),
        None => until_moment(http_date(&value)?, date, now),
    };
    Some(wait.min(MOST_RETRY))
}

/// How far ahead a moment is that the server named. Of its clock and ours the more patient one
/// counts; if they are days apart, its own: ours may be the wrong one.
fn until_moment(moment: Time, date: Option<Time>, now: Time) -> Duration {
    match date {
        Some(date) if (date - now).abs() < CLOCKS_AGREE => {
            wait_until(moment, date).max(wait_until(moment, now))
        }
        Some(date) => wait_until(moment, date),
        None => wait_until(moment, now),
    }
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

/// The three date forms of HTTP (RFC 9110 section 5.6.7), and mail's with its numeric zones, which
/// some servers write.
fn http_date(text: &str) -> Option<Time> {
    let text = text.trim();
    match httpdate::parse_http_date(text) {
        Ok(moment) => Some(moment.into()),
        Err(_) => DateTime::parse_from_rfc2822(text)
            .ok()
            .map(|moment| moment.to_utc()),
    }
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
