//! What a request came back with. A failed request is a value, not an error.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{HubLinks, Time};

/// The validators of a stored answer, echoed byte for byte (RFC 9110 section 8.8), and sent only
/// to the URL that issued them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, with quotes and `W/`; bytes because servers send Latin-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Vec<u8>>,
    /// The URL that issued them.
    pub url: String,
}

impl Validators {
    /// True if there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// What the answer's headers say about when to come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheHints {
    /// Freshness lifetime left: `max-age` less `Age`, else `Expires` less `Date` (RFC 9111
    /// section 4.2). `None` where the server says nothing, or says to revalidate.
    pub fresh_for: Option<Duration>,
    /// `max-age` as it was sent; after a 304 that says nothing it holds anew.
    pub max_age: Option<Duration>,
    /// The answer has `Cache-Control` or `Expires`, whatever they say.
    pub stated: bool,
    /// `Retry-After` (RFC 9110 section 10.2.3), seconds or a date turned into a wait.
    pub retry_after: Option<Duration>,
}

/// How lasting a redirect says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permanence {
    /// 301 or 308 on every hop.
    Permanent,
    /// 302, 303 or 307 on some hop.
    Temporary,
}

/// A body, read whole under the cap.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// Decoded of its content coding.
    pub bytes: bytes::Bytes,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// The URL that answered, after redirects.
    pub final_url: String,
    /// Set if a redirect was followed.
    pub moved: Option<Permanence>,
    /// For the next conditional request.
    pub validators: Validators,
    /// From the answer's headers.
    pub hints: CacheHints,
    /// HTTP status, 200 or 226.
    pub status: u16,
    /// Where its headers say that news is pushed.
    pub links: HubLinks,
    /// What its headers name as other forms of it, a page's feeds among them.
    pub alternates: Vec<Alternate>,
}

/// A `Link` header with `rel="alternate"` or `rel="feed"` (RFC 8288).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternate {
    /// Absolute http(s) URL.
    pub url: String,
    /// Its `rel`, in lower case.
    pub relations: String,
    /// Its `type`, as sent; empty if there is none.
    pub mime: String,
    /// Its title.
    pub title: Option<String>,
}

/// Where a redirect led that was not to be followed yet (`Retry-After` on a 3xx, RFC 9110 section
/// 10.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The target.
    pub url: String,
    /// What the hops up to it said.
    pub permanence: Permanence,
}

/// Why a request failed; decides how the failure is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    /// The URL or an address it leads to is not allowed.
    Forbidden,
    /// The name does not resolve.
    Dns,
    /// No connection, or it broke.
    Connect,
    /// The certificate or the TLS handshake.
    Tls,
    /// A deadline passed.
    Timeout,
    /// Larger than the cap.
    TooLarge,
    /// Too many redirects, or one that leads nowhere.
    Redirect,
    /// robots.txt does not let it be asked for.
    Robots,
    /// An error status.
    Status,
    /// A check that only browsers pass stands before the feed.
    Blocked,
    /// Our own clock is wrong, so that no certificate can be checked.
    Clock,
    /// The answer broke HTTP's rules or its content coding.
    Protocol,
    /// The body is not a feed that can be read.
    Parse,
    /// Tidings itself failed.
    Internal,
}

/// A failed request or a failed poll, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class.
    pub kind: FailKind,
    /// HTTP status where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// One line: what happened and, where there is one, the remedy.
    pub message: String,
}

/// What came of a form that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Why it was not taken; `None` for an answer of 2xx.
    pub failure: Option<Failure>,
    /// The wait that the server asks for, if it says.
    pub retry_after: Option<Duration>,
    /// The scope that is to wait as long.
    pub scope: Option<String>,
    /// It was not sent (any more): a pause that had been asked for before is not over for as long as
    /// `retry_after`.
    pub held: bool,
}

impl From<Failure> for Posted {
    fn from(failure: Failure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }
}

/// The result of a request.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// 200 or 226 with a body.
    New(NewBody),
    /// 304: nothing new; validators and freshness may be.
    NotModified {
        /// Replaces the stored validators; fields the 304 left out keep their value.
        validators: Validators,
        /// From the answer's headers.
        hints: CacheHints,
        /// Set if a redirect was followed; where it led is `validators.url`.
        moved: Option<Permanence>,
    },
    /// 410: the publisher ended the feed.
    Gone,
    /// 429, or 503 or a redirect with `Retry-After`: come back later.
    Throttled {
        /// 429, 503 or 3xx.
        status: u16,
        /// The wait the server asks for, if it says.
        retry_after: Option<Duration>,
        /// After a 3xx: where to go on then.
        resume: Option<Resume>,
        /// The scope of the URL that answered, after redirects: all of it is to wait. `None` on
        /// the operator's own network, where one bad route says nothing about the others.
        scope: Option<String>,
    },
    /// No request was made (any more): the scope it would have gone to is paused.
    Held {
        /// Which scope, after redirects.
        scope: String,
        /// How long it is still paused.
        wait: Duration,
    },
    /// Anything else.
    Failed {
        /// What happened.
        failure: Failure,
        /// A wait the server asks for, if it says.
        retry_after: Option<Duration>,
    },
}

/// Adds a wait to a moment without overflow.
#[must_use]
pub(crate) fn later(now: Time, wait: Duration) -> Time {
    chrono::Duration::from_std(wait)
        .ok()
        .and_then(|wait| now.checked_add_signed(wait))
        .unwrap_or(Time::MAX_UTC)
}
