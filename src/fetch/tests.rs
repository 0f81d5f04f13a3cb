//! The pure parts: header rules and the URL wall. Behaviour over sockets is in `tests/`.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{pause::asking_scope, redirect::is_exposed, *};
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
        Some(60)
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
fn a_clock_that_is_days_off_is_not_believed_and_one_that_is_minutes_off_shortens_nothing() {
    let retry = |date: &str| {
        hints(&[
            ("date", date),
            // An hour after our own clock.
            ("retry-after", "Sun, 09 Sep 2001 02:46:40 GMT"),
        ])
        .retry_after
        .map(|wait| wait.as_secs())
    };
    assert_eq!(retry("Sun, 09 Sep 2001 01:46:40 GMT"), Some(3600));
    assert_eq!(retry("Sun, 09 Sep 2001 01:56:40 GMT"), Some(3600));
    assert_eq!(retry("Sun, 09 Sep 2001 01:36:40 GMT"), Some(4200));
    assert_eq!(retry("Fri, 07 Sep 2001 01:46:40 GMT"), Some(49 * 3600));
}

#[test]
fn a_304_that_says_nothing_is_told_from_one_that_forbids_storing() {
    assert!(!hints(&[("etag", "\"1\"")]).stated);
    assert!(hints(&[("cache-control", "no-store")]).stated);
    let said = hints(&[("cache-control", "max-age=\"60\", private=\"a, max-age=5\"")]);
    assert_eq!(said.max_age, Some(Duration::from_secs(60)));
    assert_eq!(hints(&[("cache-control", "max-age=soon")]).fresh_for, None);
}

#[test]
fn a_difference_that_was_not_asked_for_is_refused() {
    assert!(conditional::is_feed_delta(&headers(&[("im", "feed")])));
    assert!(conditional::is_feed_delta(&headers(&[("im", "Feed;q=1")])));
    assert!(!conditional::is_feed_delta(&headers(&[(
        "im",
        "vcdiff, feed"
    )])));
}

/// A private cache's own arithmetic, beside another implementation of RFC 9111.
mod oracle {
    use http_cache_semantics::{CacheOptions, CachePolicy};
    use proptest::prelude::*;

    use super::*;

    fn ours_and_theirs(pairs: &[(&'static str, String)], now: Time) -> (Duration, Duration) {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let ours = conditional::hints(&map, now).fresh_for.unwrap_or_default();
        let request = http::Request::get("https://example.org/feed")
            .body(())
            .unwrap();
        let mut response = http::Response::builder().status(200).body(()).unwrap();
        *response.headers_mut() = map;
        let options = CacheOptions {
            shared: false,
            cache_heuristic: 0.0,
            immutable_min_time_to_live: Duration::ZERO,
            ..CacheOptions::default()
        };
        let at = std::time::SystemTime::from(now);
        let policy = CachePolicy::new_options(&request, &response, at, options);
        (ours, policy.time_to_live(at))
    }

    fn date(seconds: i64) -> String {
        let moment = Time::from_timestamp(seconds, 0).unwrap();
        moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    fn control() -> impl Strategy<Value = Option<String>> {
        let directive = prop_oneof![
            (0..200_000_u64).prop_map(|age| format!("max-age={age}")),
            (0..200_000_u64).prop_map(|age| format!("s-maxage={age}")),
            Just("no-cache".to_owned()),
            Just("no-store".to_owned()),
            Just("private".to_owned()),
            Just("public".to_owned()),
            Just("must-revalidate".to_owned()),
            Just("stale-while-revalidate=60".to_owned()),
        ];
        proptest::option::of(
            proptest::collection::vec(directive, 0..4).prop_map(|list| list.join(", ")),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn nothing_is_asked_for_while_it_is_fresh(
            control in control(),
            age in proptest::option::of(0..100_000_u64),
            expires in proptest::option::of(-100_000..100_000_i64),
            sent in 1_000_000_000..2_000_000_000_i64,
        ) {
            let mut pairs = vec![("date", date(sent))];
            pairs.extend(control.map(|control| ("cache-control", control)));
            pairs.extend(age.map(|age| ("age", age.to_string())));
            pairs.extend(expires.map(|expires| ("expires", date(sent + expires))));
            let (ours, theirs) = ours_and_theirs(&pairs, Time::from_timestamp(sent, 0).unwrap());
            prop_assert!(ours >= theirs, "{ours:?} < {theirs:?}: {pairs:?}");
            // Longer only where several directives disagree.
            let several = pairs.iter().any(|(_, value)| value.matches("max-age").count() > 1);
            prop_assert!(ours == theirs || several, "{ours:?} > {theirs:?}: {pairs:?}");
        }
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

#[test]
fn a_server_speaks_for_its_scope_unless_it_is_the_operators_own() {
    let scope = |url: &str, peer: &str| asking_scope(&url.parse().unwrap(), peer.parse().ok());
    let public = "93.184.216.34";
    assert_eq!(
        scope("https://Example.org:8443/f", public).as_deref(),
        Some("example.org")
    );
    assert_eq!(
        scope("https://old.reddit.com/r/x.rss", public).as_deref(),
        Some("reddit.com")
    );
    for own in ["127.0.0.1", "192.168.1.9", "fd00::1", "::ffff:10.0.0.1"] {
        assert_eq!(scope("http://rsshub.example/route", own), None, "{own}");
    }
}

#[test]
fn what_is_asked_for_under_tls_is_never_sent_in_the_clear() {
    let exposed = |first: &str, target: &str| {
        is_exposed(&Url::parse(first).unwrap(), &Url::parse(target).unwrap())
    };
    assert!(exposed("https://a.example/f", "http://a.example/f"));
    assert!(!exposed("http://a.example/f", "https://a.example/f"));
    // Such as a plain feed whose server sends on to https, and that one back.
    assert!(!exposed("http://a.example/f", "http://b.example/f"));
    assert!(!exposed("https://a.example/f", "https://b.example/f"));
}

#[test]
fn fields_that_http_does_not_allow_are_passed_over() {
    let fields: [(&[u8], &[u8]); 4] = [
        (b"retry-after", b"120"),
        (b"bad name", b"1"),
        (b"etag", b"\"a\x80\""),
        (b"last-modified", b"a\nb"),
    ];
    let (hints, validators) = read_fields(fields, "https://a.example/f", Time::UNIX_EPOCH);
    assert_eq!(hints.retry_after, Some(Duration::from_secs(120)));
    assert_eq!(validators.etag.as_deref(), Some(b"\"a\x80\"".as_slice()));
    assert_eq!(validators.last_modified, None);
}
