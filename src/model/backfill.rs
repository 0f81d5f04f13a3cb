//! Where the collecting of a feed's older entries stands: the cursor, and the pages read so far.

use serde::{Deserialize, Serialize};

use super::{Committed, Decided, FeedId, Time, Validators, article::text_enum};

/// How older entries are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageSource {
    /// `prev-archive` (RFC 5005 section 4): documents that never change, each asked for once ever.
    Archive,
    /// `next` (RFC 5005 section 3).
    Next,
    /// `previous` of a feed that has no `next`: some publishers count in the order of time.
    Previous,
    /// `?paged=N`, as WordPress has it: a guess, so that robots.txt is asked first.
    Numbered,
}
text_enum!(PageSource { Archive = "archive", Next = "next", Previous = "previous", Numbered = "numbered" });

/// Where a backfill stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Counts beginnings: pages of an earlier one are no repetition.
    pub round: u32,
    /// How older entries are reached.
    pub source: PageSource,
    /// The URL to ask next; `None` when there is nothing older.
    pub next: Option<String>,
    /// The number of that page; the feed's own document is page 1.
    pub number: u32,
    /// Why there is nothing older, in words.
    pub finished: Option<String>,
    /// Why the next page could not be had when it was last asked for, in words.
    #[serde(default)]
    pub failed: Option<String>,
    /// Pages read since the first beginning; one that was read again counts again.
    pub pages: u32,
    /// Articles they brought.
    pub new: u64,
    /// Entries of theirs that were known.
    pub known: u64,
    /// The beginning.
    pub started_at: Time,
    /// The last page, or the end.
    pub updated_at: Time,
}

/// A page that was read, by its URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRecord {
    /// As it was asked for.
    pub url: String,
    /// [`Cursor::round`] that read it last.
    pub round: u32,
    /// [`Cursor::number`] then.
    pub number: u32,
    /// How it was reached; an archive is never asked for again.
    pub source: PageSource,
    /// The next older page that it names.
    pub next: Option<String>,
    /// Entries in it.
    pub entries: u32,
    /// Of the body's bytes.
    pub body_hash: String,
    /// Of the set of its entries' keys.
    pub keys_hash: String,
    /// For the next conditional request.
    pub validators: Validators,
}

/// Everything the store has on a feed's backfill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backfill {
    /// The feed's number in the store.
    pub row: i64,
    /// Where it stands; `None` if it was never begun.
    pub cursor: Option<Cursor>,
    /// Counts reservations: a page is committed only under the latest one (fencing).
    pub turn: i64,
    /// When a page of any feed of this host was last asked for.
    pub asked_at: Option<Time>,
    /// No page of this host's feeds may be asked for before this (RFC 9110 section 10.2.3).
    pub not_before: Option<Time>,
    /// The pages read, in no order.
    pub pages: Vec<PageRecord>,
}

/// What one request of a backfill learnt; committed whole or not at all.
#[derive(Clone, Debug)]
pub struct PageCommit {
    /// Which feed.
    pub feed: FeedId,
    /// From the reservation.
    pub turn: i64,
    /// Where the backfill stands now; the store counts in what it makes of the entries.
    pub cursor: Cursor,
    /// The page, if one was read.
    pub page: Option<PageRecord>,
    /// Its entries that are not known, in document order.
    pub entries: Vec<Decided>,
    /// When the server asks to be left alone until.
    pub not_before: Option<Time>,
    /// The moment to stamp what is stored.
    pub now: Time,
}

impl Cursor {
    /// Counts in what the store made of a page's entries.
    pub fn count(&mut self, done: Committed) {
        self.new += u64::from(done.new);
        self.known += u64::from(done.same);
    }
}
