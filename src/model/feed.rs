//! What is known about a feed: the state that polls leave behind, and its health in one word.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Failure, FeedId, Permanence, Time, Validators};

/// Evidence that a feed has moved: the same redirect, poll after poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// Where it leads.
    pub url: String,
    /// Whether every hop said it was permanent.
    pub permanence: Permanence,
    /// First seen.
    pub since: Time,
    /// Polls in a row that ended there.
    pub polls: u32,
}

/// How often the feed publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Median gap between its latest entries' dates.
    pub median_gap: Duration,
}

/// What a feed's latest document says of itself. Texts are single lines without markup, URLs are
/// absolute; all are capped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedFacts {
    /// The encoding it was written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Declared language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The software that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Rights or licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Subtitle or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Logo or icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The address that it gives as its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_url: Option<String>,
    /// Where it offers to push news (`WebSub`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hubs: Vec<String>,
    /// The page of it that comes after this one, usually with older entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_url: Option<String>,
    /// The page before this one; or the next older part of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_url: Option<String>,
}

/// Everything polls have learnt about one feed; written whole with each poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// Title of the document.
    pub title: Option<String>,
    /// The site's page.
    pub site_url: Option<String>,
    /// Format in words.
    pub format: Option<String>,
    /// What else the document says of itself.
    pub facts: FeedFacts,
    /// For the next conditional request.
    pub validators: Validators,
    /// SHA-256 prefix of the last body, as hex; the same body is not parsed again.
    pub body_hash: Option<String>,
    /// When the last poll was answered, or failed.
    pub last_poll: Option<Time>,
    /// The same of the last poll that succeeded.
    pub last_ok: Option<Time>,
    /// The same of the last poll that brought something new.
    pub last_new: Option<Time>,
    /// Failures in a row.
    pub failures: u32,
    /// The last poll's failure; empty after a success.
    pub failure: Option<Failure>,
    /// Not to be asked before this, not even by hand (RFC 9110 section 10.2.3).
    pub retry_after: Option<Time>,
    /// Moment of the first 410 in a row.
    pub gone_since: Option<Time>,
    /// 410 answers in a row.
    pub gone_polls: u32,
    /// Set when the feed is taken to have ended; it is not polled any more.
    pub gone: bool,
    /// Where the feed's URL leads now.
    pub redirect: Option<Redirect>,
    /// How often it publishes.
    pub rhythm: Option<Rhythm>,
    /// The document's own hint, in minutes.
    pub hint_minutes: Option<u32>,
    /// Hours (GMT) in which the document asks not to be polled.
    pub skip_hours: Vec<u8>,
    /// Days (0 = Monday) on which the document asks not to be polled.
    pub skip_days: Vec<u8>,
    /// What had to be mended in the last document.
    pub repairs: Vec<String>,
    /// [`super::Cleanup::signature`] with which the last document was read.
    pub cleanup: String,
    /// Which rule decided the next poll, in words.
    pub next_reason: String,
}

impl FeedState {
    /// What stays true when the operator gives the feed a new URL: what its documents said, and
    /// nothing of what the old URL answered. `same_host` keeps a `Retry-After`.
    #[must_use]
    pub fn at_new_url(self, same_host: bool) -> Self {
        Self {
            validators: Validators::default(),
            body_hash: None,
            failures: 0,
            failure: None,
            retry_after: self.retry_after.filter(|_| same_host),
            gone_since: None,
            gone_polls: 0,
            gone: false,
            redirect: None,
            ..self
        }
    }
}

/// A claimed feed: it is leased to the claimer until it commits or the lease ends.
#[derive(Clone, Debug)]
pub struct DueFeed {
    /// Which feed.
    pub id: FeedId,
    /// Its number in the store.
    pub row: i64,
    /// The lease's number; a commit with an older number is refused (fencing).
    pub lease: i64,
    /// When it was due.
    pub due_at: Time,
    /// What is known.
    pub state: FeedState,
}

/// A feed's health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The last poll succeeded, and the next one is not overdue.
    Ok,
    /// Never polled yet, or overdue by more than its own grace.
    Late,
    /// The last poll failed.
    Failing,
    /// Paused by the operator.
    Paused,
    /// Ended by the publisher (410).
    Gone,
}

impl Health {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Late => "late",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Gone => "gone",
        }
    }
}

/// A feed as the store knows it.
#[derive(Clone, Debug)]
pub struct FeedRecord {
    /// Which feed.
    pub id: FeedId,
    /// The feed file that names it.
    pub origin: String,
    /// The URL polled.
    pub url: String,
    /// The URL's host: what politeness is counted by.
    pub host: String,
    /// Shortest time between two polls.
    pub interval: Duration,
    /// The operator's name for it.
    pub name: Option<String>,
    /// The operator's labels.
    pub tags: Vec<String>,
    /// Paused by the operator.
    pub paused: bool,
    /// No feed file names it any more; its articles stay.
    pub retired: bool,
    /// When it is next due.
    pub next_poll: Time,
    /// The latest claim; a request may have been sent then, even if no poll was recorded.
    pub claimed_at: Option<Time>,
    /// A poll is under way until this at the latest.
    pub leased_until: Option<Time>,
    /// What is known.
    pub state: FeedState,
    /// Articles it carried that are in the store.
    pub articles: u64,
}

impl FeedRecord {
    /// Overdue by more than this is late.
    pub const GRACE: Duration = Duration::from_secs(15 * 60);

    /// The name to show: the operator's, else the document's title, else the id.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name
            .as_deref()
            .or(self.state.title.as_deref())
            .unwrap_or(self.id.as_str())
    }

    /// The feed's health at `now`.
    #[must_use]
    pub fn health(&self, now: Time) -> Health {
        if self.paused || self.retired {
            Health::Paused
        } else if self.state.gone {
            Health::Gone
        } else if self.state.failure.is_some() {
            Health::Failing
        } else if self.state.last_ok.is_none()
            || now > super::fetched::later(self.next_poll, Self::GRACE)
        {
            Health::Late
        } else {
            Health::Ok
        }
    }
}
