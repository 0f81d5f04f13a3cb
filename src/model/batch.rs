//! What one poll decided, ready to be committed whole or not at all.

use std::{
    collections::{HashMap, HashSet},
    ops::AddAssign,
};

use super::{
    Article, ArticleId, EntryKey, FeedId, FeedState, Fingerprint, Kept, Time, article::text_enum,
};

/// What the store already knows about a document's entries.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// This feed's sightings, by entry key.
    pub sightings: HashMap<EntryKey, KnownSighting>,
    /// Articles, by id.
    pub articles: HashMap<ArticleId, KnownArticle>,
    /// Articles that were deleted and must not come back.
    pub tombstones: HashSet<ArticleId>,
}

/// A sighting the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSighting {
    /// The article it belongs to.
    pub article: ArticleId,
    /// What the feed said when it last changed.
    pub fingerprint: Fingerprint,
}

/// An article the store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    /// Of its current version.
    pub fingerprint: Fingerprint,
    /// The feed its current version comes from; `None` after an import.
    pub owner: Option<FeedId>,
    /// Words in its body.
    pub words: usize,
}

/// What to do with one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A story the store does not have.
    Insert(Box<Article>),
    /// A new version of a story; the old one becomes a revision. `id` is the stored article's,
    /// which may differ from the new version's own when the link changed.
    Replace {
        /// The stored article.
        id: ArticleId,
        /// The new version.
        article: Box<Article>,
    },
    /// A known story, first seen in this feed (or what this feed says of it changed without
    /// changing the article).
    Link {
        /// The stored article.
        id: ArticleId,
    },
    /// Nothing but the sighting's date changes.
    Touch,
}

/// One entry, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which entry of its feed.
    pub key: EntryKey,
    /// The publisher's id of the entry.
    pub guid: Option<String>,
    /// What the feed says now.
    pub fingerprint: Fingerprint,
    /// What to do.
    pub action: Action,
}

/// How a poll ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new document was read.
    New,
    /// The same document as before: a 304, or a 200 with the same bytes.
    Same,
    /// The publisher ended the feed.
    Gone,
    /// The server asked for a pause.
    Throttled,
    /// It failed.
    Failed,
    /// No poll: a hub delivered.
    Pushed,
}
text_enum!(Outcome {
    New = "new", Same = "same", Gone = "gone", Throttled = "throttled", Failed = "failed", Pushed = "pushed",
});

/// One line of a feed's poll history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollRecord {
    /// Start of the poll.
    pub at: Time,
    /// How it ended.
    pub outcome: Outcome,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Size of the decoded body in bytes.
    pub bytes: u64,
    /// Duration in milliseconds.
    pub ms: u64,
    /// Entries in the document.
    pub entries: u32,
    /// Articles stored for the first time.
    pub new: u32,
    /// Articles that got a new version.
    pub changed: u32,
    /// What went wrong, in words.
    pub error: Option<String>,
}

/// A server asked for a pause: nobody of its scope is asked before then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPause {
    /// Whose; not always the scope of the feed's own URL, because redirects are followed.
    pub scope: String,
    /// When requests may go on.
    pub until: Time,
}

/// The feed's side of a batch.
#[derive(Clone, Debug)]
pub struct FeedCommit {
    /// Which feed.
    pub id: FeedId,
    /// Its number in the store.
    pub row: i64,
    /// From the claim; the commit is refused if the feed was claimed anew meanwhile.
    pub lease: i64,
    /// What is known now.
    pub state: FeedState,
    /// When it is next due.
    pub next_poll: Time,
    /// What becomes of its kept documents.
    pub unread: Kept,
    /// Entries may have been lost since the poll before.
    pub gap: bool,
    /// A pause that a server asked for. One that is in force already is never shortened.
    pub pause: Option<HostPause>,
    /// For the history; the store fills in `new` and `changed` as it finds them.
    pub poll: PollRecord,
}

/// What one poll (or one import) learnt; committed whole or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `None` for imports, which are not sightings in any feed.
    pub feed: Option<FeedCommit>,
    /// The entries, in document order.
    pub entries: Vec<Decided>,
    /// The moment to stamp what is stored.
    pub now: Time,
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Articles stored for the first time.
    pub new: u32,
    /// Articles that got a new version.
    pub changed: u32,
    /// Known articles.
    pub same: u32,
    /// Articles of an import that were deleted before, and stay so.
    pub deleted: u32,
}

impl AddAssign for Committed {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.same += other.same;
        self.deleted += other.deleted;
    }
}
