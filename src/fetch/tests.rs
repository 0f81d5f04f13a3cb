//! The pure parts: header rules and the URL wall. Behaviour over sockets is in `tests/`.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use crate::model::CacheHints;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
    }
    map
}

fn hints(pairs: &[(&'static str, &str)]) -> CacheHints {
    conditional::hints(
        &headers(pairs),
        Time::from_timestamp(1_000_000_000, 0).unwrap(),
    )
}

#[test]
fn freshness_is_max_age_less_age_and_else_expires_less_date() {
    let fresh = |pairs: &[(&'static str, &str)]| hints(pairs).fresh_for.map(|wait| wait.as_secs());
    assert_eq!(
        fresh(&[("cache-control", "public, max-age=3600"), ("age", "600")]),
        Some(3000)
    );
    assert_eq!(
        fresh(&[
            ("cache-control", "max-age=60"),
            ("cache-control", "max-age=30")
        ]),
        Some(30)
    );
    assert_eq!(
        fresh(&[("cache-control", "max-age=99999999999999999999")]),
        Some(1 << 31)
    );
    assert_eq!(fresh(&[("cache-control", "no-cache, max-age=60")]), None);
    let dates = [
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("expires", "Sun, 06 Nov 1994 09:49:37 GMT"),
    ];
    assert_eq!(fresh(&dates), Some(3600));
    assert_eq!(fresh(&[("expires", "0")]), None);
}

#[test]
fn retry_after_is_read_in_seconds_and_in_all_three_date_forms() {
    let retry = |value: &str| {
        hints(&[
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("retry-after", value),
        ])
        .retry_after
        .map(|wait| wait.as_secs())
    };
    assert_eq!(retry("120"), Some(120));
    assert_eq!(retry("0"), Some(0));
    assert_eq!(retry("-5"), None);
    assert_eq!(retry("1000000000000000000"), Some(31 * 24 * 3600));
    for date in [
        "Sun, 06 Nov 1994 08:50:37 GMT",
        "Sunday, 06-Nov-94 08:50:37 GMT",
        "Sun Nov  6 08:50:37 1994",
    ] {
        assert_eq!(retry(date), Some(60), "{date}");
    }
}

#[test]
fn a_304_replaces_the_validators_it_carries_and_keeps_the_others() {
    let stored = Validators {
        etag: Some(b"\"a\"".to_vec()),
        last_modified: Some(b"x".to_vec()),
        url: "u".to_owned(),
    };
    let new = conditional::refreshed(&stored, &headers(&[("etag", "W/\"b\"")]));
    assert_eq!(new.etag.as_deref(), Some(b"W/\"b\"".as_slice()));
    assert_eq!(new.last_modified, stored.last_modified);
}

#[test]
fn every_spelling_of_a_private_host_is_refused() {
    let guard = Guard::new(Vec::new());
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://%31%32%37.0.0.1/",
        "http://[::ffff:7f00:1]/",
        "http://0/",
        "http://127.0.0.1./",
        "http://1.2.3.4@127.0.0.1/",
        "http://localhost/",
        "http://a.localhost./",
        "http://x.internal/",
        "http://[::1]/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://example.org:25/",
        "https://me:pw@example.org/",
    ] {
        assert!(guard.check_url(url).is_err(), "{url}");
    }
    assert!(guard.check_url("https://example.org/feed").is_ok());
}

#[test]
fn an_opened_network_is_let_through_and_only_that() {
    let guard = Guard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    assert!(guard.check_url("http://127.0.0.1:8080/").is_ok());
    assert!(guard.check_url("http://localhost/").is_ok());
    let refused = guard.check_url("http://10.0.0.1/").unwrap_err();
    assert!(
        refused
            .message
            .contains("allow_private = [\"10.0.0.1/32\"]"),
        "{}",
        refused.message
    );
}
