//! What the operator asked for: feeds as the feed files name them.

use std::{fmt, str::FromStr, time::Duration};

use super::Cleanup;

/// The stable name of a feed: 1 to 80 of `a-z 0-9 . _ -`, starting with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(String);

/// A text that cannot be a [`FeedId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a feed id is 1 to 80 of a-z, 0-9, '.', '_' and '-', and starts with a letter or digit")]
pub struct InvalidFeedId;

impl FeedId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FeedId {
    type Err = InvalidFeedId;

    fn from_str(text: &str) -> Result<Self, InvalidFeedId> {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let starts_well = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if starts_well && text.len() <= 80 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidFeedId)
        }
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that is never printed: not by `Debug`, not in errors, not in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself; call it only where it is sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// One request header that the operator adds to a feed's requests.
///
/// Values are treated as secrets whether they come from a file or stand in the feed file:
/// they are sent to the feed's own origin only, and never printed or stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSpec {
    /// A valid header name.
    pub name: String,
    /// A valid header value.
    pub value: Secret,
}

/// One feed as a feed file asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSpec {
    /// Given, or derived from the URL.
    pub id: FeedId,
    /// Absolute http(s) URL without fragment.
    pub url: String,
    /// The source name in exports.
    pub name: Option<String>,
    /// The shortest time between two polls; `None` uses the settings' `interval`.
    pub interval: Option<Duration>,
    /// The operator's own labels.
    pub tags: Vec<String>,
    /// Extra request headers.
    pub headers: Vec<HeaderSpec>,
    /// Not polled while set.
    pub paused: bool,
    /// Overrides `[fetch] user_agent`.
    pub user_agent: Option<String>,
    /// Overrides `[fetch] timeout`.
    pub timeout: Option<Duration>,
    /// Overrides `[fetch] max_body`, in bytes.
    pub max_body: Option<u64>,
    /// What is taken out of its articles' bodies.
    pub cleanup: Cleanup,
    /// The feed file that names it, as an absolute path.
    pub origin: String,
}
