//! What the operator asked for: feeds as the feed files name them.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Access, Cleanup, KeepRaw, article::text_enum};

/// The stable name of a feed: 1 to 80 of `a-z 0-9 . _ -`, starting with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(Box<str>);

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
            Ok(Self(text.into()))
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
///
/// It may be missing where somebody else hands it over (a credential of systemd's): then whoever
/// needs it says why, and nothing else is held up.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Result<String, String>);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Ok(value))
    }

    /// Stands for a value that is not there; `why` is one line with place and remedy, to be shown.
    #[must_use]
    pub fn missing(why: String) -> Self {
        Self(Err(why))
    }

    /// Why there is no value; what needs one must not be done then.
    #[must_use]
    pub fn why_missing(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }

    /// The value itself, empty if it is missing; call it only where it is sent.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The value in another form, such as a header's.
    #[must_use]
    pub fn map(self, form: impl FnOnce(&str) -> String) -> Self {
        Self(self.0.map(|value| form(&value)))
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
    /// Where the value stands, in words: the key and its file, or the file that the key names.
    pub origin: String,
}

/// What kind of document is polled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedKind {
    /// A feed; or a news sitemap, if one is there.
    #[default]
    Feed,
    /// A sitemap, for its news: links with title and date.
    NewsSitemap,
    /// A sitemap, for all its pages: links with the date of their last change.
    Sitemap,
}
text_enum!(FeedKind { Feed = "feed", NewsSitemap = "news-sitemap", Sitemap = "sitemap" });

impl FeedKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Feed, Self::NewsSitemap, Self::Sitemap];

    /// True for documents that are made for crawlers and not for subscribers, so that robots.txt
    /// (RFC 9309) has a say in their polling.
    #[must_use]
    pub fn is_for_crawlers(self) -> bool {
        self != Self::Feed
    }

    /// True if a document's pages count as entries even if they are no news; the other kinds read a
    /// document alike.
    #[must_use]
    pub fn reads_pages(self) -> bool {
        self == Self::Sitemap
    }
}

/// One feed as a feed file asks for it.
///
/// There may be a hundred thousand: what most feeds leave at its default, or have in common, is shared.
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
    /// What is expected at the URL.
    pub kind: FeedKind,
    /// Not polled while set.
    pub paused: bool,
    /// Overrides `[fetch] user_agent`.
    pub user_agent: Option<String>,
    /// Overrides `[fetch] timeout`.
    pub timeout: Option<Duration>,
    /// Overrides `[fetch] max_body`, in bytes.
    pub max_body: Option<u64>,
    /// How its server is reached.
    pub access: Arc<Access>,
    /// What is taken out of its articles' bodies.
    pub cleanup: Arc<Cleanup>,
    /// Which of its documents are kept; `None` as the settings say.
    pub keep_raw: Option<KeepRaw>,
    /// Whether its hub, if it has one, may be asked to push its news.
    pub websub: bool,
    /// The feed file that names it, as an absolute path.
    pub origin: Arc<str>,
}
