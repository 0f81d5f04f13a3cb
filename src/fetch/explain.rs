//! reqwest's errors and HTTP's statuses in one line each, with a remedy where there is one.

use std::error::Error;

use reqwest::header::HeaderMap;

use super::guard::ResolveError;
use crate::model::{FailKind, Failure, printable};

/// What went wrong with a request that got no answer, or a broken one.
pub(super) fn explain(error: reqwest::Error) -> Failure {
    // The URL may hold a token, and this text goes to logs.
    let (kind, message) = classify(&error.without_url());
    Failure {
        kind,
        status: None,
        message,
    }
}

fn classify(error: &reqwest::Error) -> (FailKind, String) {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut innermost = error.to_string();
    while let Some(current) = cause {
        if let Some(resolve) = current.downcast_ref::<ResolveError>() {
            let kind = match resolve {
                ResolveError::Forbidden(_) => FailKind::Forbidden,
                ResolveError::NotFound(_) | ResolveError::Slow(_) => FailKind::Dns,
            };
            return (kind, resolve.to_string());
        }
        let inner = current
            .downcast_ref::<std::io::Error>()
            .and_then(|io| io.get_ref());
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return (FailKind::Tls, tls_failed(tls));
        }
        innermost = printable(&current.to_string());
        cause = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => current.source(),
        };
    }
    if error.is_timeout() {
        let what = if error.is_connect() {
            "no connection"
        } else {
            "no more data"
        };
        (FailKind::Timeout, format!("{what} in time: {innermost}"))
    } else if error.is_connect() {
        (FailKind::Connect, format!("cannot connect: {innermost}"))
    } else if error.is_decode() || error.is_body() {
        (FailKind::Protocol, broke_off(&innermost))
    } else {
        (FailKind::Protocol, format!("no usable answer: {innermost}"))
    }
}

/// A body that ended too soon or cannot be unpacked.
pub(super) fn broken(said: &str) -> Failure {
    Failure {
        kind: FailKind::Protocol,
        status: None,
        message: broke_off(&printable(said)),
    }
}

fn broke_off(innermost: &str) -> String {
    format!("the answer broke off or is not what its headers say: {innermost}")
}

fn tls_failed(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            "no TLS is spoken at this port; if the server has no https, write http://".to_owned()
        }
        error => format!("TLS: {error}"),
    }
}

/// Headers by which services that keep bots out mark their checks.
const CHALLENGES: &[(&str, &str)] = &[
    ("cf-mitigated", "challenge"),       // Cloudflare
    ("x-vercel-mitigated", "challenge"), // Vercel
    ("x-amzn-waf-action", "challenge"),  // AWS WAF
    ("x-amzn-waf-action", "captcha"),    // AWS WAF
];

/// An error status.
pub(super) fn status(status: u16, headers: &HeaderMap) -> Failure {
    if CHALLENGES.iter().any(|(name, value)| {
        headers
            .get(*name)
            .is_some_and(|sent| sent.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    }) {
        return Failure {
            kind: FailKind::Blocked,
            status: Some(status),
            message: format!(
                "HTTP {status}: blocked by bot protection: a check that only browsers pass stands before the feed; \
                 ask the publisher to let feed readers pass"
            ),
        };
    }
    let meaning = match status {
        304 => "\"not modified\" to a request that did not ask for that; the server is broken",
        401 => "the feed wants a login; give it as the feed's `auth`",
        402 | 403 | 451 => "the server refuses; it may block feed readers or want a login",
        407 => "the proxy wants a login; give its `user` and `password` in [proxies]",
        404 => "there is no feed at this address; check the URL, the feed may have moved",
        500..=599 => "the server has a problem of its own",
        _ => "this is no answer to a feed request",
    };
    Failure {
        kind: FailKind::Status,
        status: Some(status),
        message: format!("HTTP {status}: {meaning}"),
    }
}
