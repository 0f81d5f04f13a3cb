//! What is known about a feed: the state that polls leave behind, and its health in one word.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Failure, FeedId, FeedKind, Names, Permanence, Resume, Time, Validators, article::text_enum,
};

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
    /// A document there had entries that the feed had before.
    #[serde(default)]
    pub shares_entries: bool,
}

/// One step in the history of a feed's address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// When it was seen.
    pub at: Time,
    /// The address before.
    pub from: String,
    /// The address after.
    pub to: String,
    /// What happened, in words.
    pub what: String,
}

/// Entries that may have been lost between two polls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gaps {
    /// How often a document held none of the newest entries of the one before.
    pub count: u32,
    /// The last time it did.
    pub last: Option<Time>,
    /// The poll before that: what was published and taken away in between is not known.
    pub after: Option<Time>,
    /// How many times the waits are halved until the documents overlap again.
    pub halvings: u8,
}

/// A document that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// SHA-256 prefix of its body, as hex.
    pub hash: String,
    /// How it was read in vain: by which version of the program, and with which of the feed's keys.
    pub reading: String,
}

/// Whether a server's "not modified" can still be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Staleness {
    /// The first 304 in a row.
    pub since: Option<Time>,
    /// How long a row of 304s must be before the document is asked for whole, if not as usual.
    pub patience: Option<Duration>,
    /// The server answered 304 while it had another document: it is asked for the whole one daily.
    pub lying: bool,
    /// When it was last asked for the whole document because of that.
    pub probed: Option<Time>,
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
    /// The next older document of its archive (`prev-archive`, RFC 5005 section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_url: Option<String>,
    /// The page of it that comes after this one, with older entries (`next`, RFC 5005 section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_url: Option<String>,
    /// The page before this one (`previous`): with newer entries, where there is a `next` too.
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
    /// The address that is asked in place of the feed file's, learnt from permanent redirects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learnt_url: Option<String>,
    /// How its address changed, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// A redirect that was not to be followed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// The last `max-age` in seconds, for 304s that leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    /// 429s in a row that did not say for how long.
    #[serde(skip_serializing_if = "is_default")]
    pub throttled: u32,
    /// 200s with the document of last time in spite of its `ETag`, without a 304 between them.
    #[serde(skip_serializing_if = "is_default")]
    pub unmatched: u32,
    /// The server's `ETag` never matches: only `If-Modified-Since` is sent.
    #[serde(skip_serializing_if = "is_default")]
    pub etag_useless: bool,
    /// About its 304s.
    #[serde(skip_serializing_if = "is_default")]
    pub staleness: Staleness,
    /// The last document, if it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<Unread>,
    /// Marks of the newest entries of the last document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub newest: Vec<String>,
    /// About the names of its entries.
    #[serde(skip_serializing_if = "is_default")]
    pub names: Names,
    /// About entries that may have been lost.
    #[serde(skip_serializing_if = "is_default")]
    pub gaps: Gaps,
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
    /// As what the last document was read; `None` by versions that did not write it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FeedKind>,
    /// Which rule decided the next poll, in words.
    pub next_reason: String,
}

impl FeedState {
    /// [`FeedState::next_reason`] where nothing but the interval decided.
    pub const BY_INTERVAL: &'static str = "the feed's interval";
    /// [`FeedState::next_reason`] where the poll was brought forward by a hub.
    pub const BY_PING: &'static str = "its hub says that there is news";

    /// See [`Standing`].
    #[must_use]
    pub fn standing(&self) -> Standing {
        if self.gone {
            Standing::Gone
        } else if self.failure.is_some() {
            Standing::Failing
        } else if self.retry_after.is_some() || self.throttled > 0 {
            Standing::Throttled
        } else if self.last_ok.is_none() {
            Standing::New
        } else {
            Standing::Ok
        }
    }

    /// True if answers come from that URL already, whatever the feed file says.
    #[must_use]
    pub fn answers_at(&self, url: &str) -> bool {
        let is_well = !self.gone && self.failure.is_none() && self.last_ok.is_some();
        is_well && (self.validators.url == url || self.learnt_url.as_deref() == Some(url))
    }

    /// What stays true when the operator gives the feed a new URL: what its documents said, and
    /// nothing of what the old URL answered. `same_host` keeps a `Retry-After`. All stays if the new
    /// URL is the one that answers already.
    #[must_use]
    pub fn at_new_url(self, url: &str, same_host: bool) -> Self {
        if self.answers_at(url) {
            return Self {
                learnt_url: None,
                redirect: None,
                ..self
            };
        }
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
            learnt_url: None,
            resume: None,
            max_age: None,
            throttled: 0,
            unmatched: 0,
            etag_useless: false,
            staleness: Staleness::default(),
            newest: Vec::new(),
            names: Names::default(),
            unread: None,
            ..self
        }
    }

    /// What is known when the feed gets a URL of which `known` was learnt before, by this feed or
    /// another: all of that, unless the same place has answered since. A feed that had ended there is
    /// tried again: somebody thinks that it has not. `same_host` keeps a `Retry-After` of the URL left.
    #[must_use]
    pub fn back_at(self, known: Self, same_host: bool) -> Self {
        let kept = self.retry_after.filter(|_| same_host);
        let newer = if self.last_poll > known.last_poll && self.is_answered_as(&known) {
            (self.validators, self.body_hash, self.max_age)
        } else {
            (known.validators, known.body_hash, known.max_age)
        };
        Self {
            validators: newer.0,
            body_hash: newer.1,
            max_age: newer.2,
            retry_after: known.retry_after.max(kept),
            last_new: known.last_new.max(self.last_new),
            gone: false,
            gone_since: None,
            gone_polls: 0,
            unread: None,
            moves: if self.moves.is_empty() {
                known.moves
            } else {
                self.moves
            },
            ..known
        }
    }

    /// True if both were answered by the same place.
    #[must_use]
    pub fn is_answered_as(&self, other: &Self) -> bool {
        !self.validators.url.is_empty() && self.validators.url == other.validators.url
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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
    /// Its URL as the store had it when it was claimed: another process may have read newer feed
    /// files than the claimer.
    pub url: String,
    /// What is known.
    pub state: FeedState,
}

/// What the latest polls made of a feed, whatever the time; the store counts by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// No poll has told yet.
    New,
    /// The last poll that told anything succeeded.
    Ok,
    /// It met with the wish to be left alone for a while, and none before it had failed.
    Throttled,
    /// It failed.
    Failing,
    /// Ended by the publisher (410).
    Gone,
}
text_enum!(Standing {
    New = "new", Ok = "ok", Throttled = "throttled", Failing = "failing", Gone = "gone",
});

impl Standing {
    /// The health of a feed of this standing that is (or is not) polled at all and is next due at
    /// `next_poll`; its host may have asked for a pause.
    #[must_use]
    pub fn health(
        self,
        polled: bool,
        next_poll: Time,
        host_paused_until: Option<Time>,
        now: Time,
    ) -> Health {
        match self {
            _ if !polled => Health::Paused,
            Self::Gone => Health::Gone,
            Self::Failing => Health::Failing,
            _ if host_paused_until.is_some_and(|until| until > now) => Health::Waiting,
            _ if now > super::later(next_poll, FeedRecord::GRACE) => Health::Late,
            Self::Throttled => Health::Waiting,
            Self::New => Health::New,
            Self::Ok => Health::Ok,
        }
    }
}

/// A feed's health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The last poll succeeded, and the next one is not overdue.
    Ok,
    /// Added, and its first poll is still to come.
    New,
    /// Its server, or another one of its host, asked to be left alone.
    Waiting,
    /// Overdue by more than [`FeedRecord::GRACE`].
    Late,
    /// The last poll failed.
    Failing,
    /// Paused by the operator.
    Paused,
    /// Ended by the publisher (410).
    Gone,
}

impl Health {
    /// Every health, in the order of telling.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::New,
        Self::Waiting,
        Self::Late,
        Self::Failing,
        Self::Paused,
        Self::Gone,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::New => "new",
            Self::Waiting => "waiting",
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
    /// What politeness is counted by: the host of the URL that is asked (a learnt one, if there is one),
    /// or the domain of a site that counts as one.
    pub scope: String,
    /// No request goes to that scope before this, because a server of it asked for a pause.
    pub scope_paused_until: Option<Time>,
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

/// A feed in a few words, for what looks at all feeds at once.
#[derive(Clone, Debug)]
pub struct FeedOutline {
    /// Which feed.
    pub id: FeedId,
    /// Paused by the operator.
    pub paused: bool,
    /// See [`Standing`].
    pub standing: Standing,
    /// When it is next due.
    pub next_poll: Time,
    /// As [`FeedRecord::scope_paused_until`].
    pub host_paused_until: Option<Time>,
}

impl FeedOutline {
    /// As [`FeedRecord::health`].
    #[must_use]
    pub fn health(&self, now: Time) -> Health {
        let polled = !self.paused;
        self.standing
            .health(polled, self.next_poll, self.host_paused_until, now)
    }

    /// When it can be polled next.
    #[must_use]
    pub fn next_turn(&self) -> Time {
        self.next_poll
            .max(self.host_paused_until.unwrap_or(self.next_poll))
    }
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
        let polled = !(self.paused || self.retired);
        let paused_until = self.scope_paused_until;
        self.state
            .standing()
            .health(polled, self.next_poll, paused_until, now)
    }

    /// When it can be polled next.
    #[must_use]
    pub fn next_turn(&self) -> Time {
        self.next_poll
            .max(self.scope_paused_until.unwrap_or(self.next_poll))
    }
}
