//! The store's contract, one function for each promise, run over every backend.
//!
//! A promise is a sentence and takes a [`Bench`]: one store, seen from two connections. A new
//! backend gets a `Bench` constructor and a module in [`contract!`]; nothing else changes. What is
//! SQLite's alone (files, locks) is in `opening` and `crash`, the async handle in `handle`.

mod articles;
mod backfills;
mod changes;
mod claims;
mod clock;
mod commits;
mod copies;
mod crash;
mod due;
mod feeds;
mod handle;
mod hosts;
mod intervals;
mod known;
mod migrating;
mod opening;
mod restores;
mod retention;
mod scale;
mod search;
mod search_scale;
mod subscriptions;
mod unread;
mod urls;
mod values;

use std::time::Duration;

use tempfile::TempDir;
use tidings::{
    model::{
        Action, Article, ArticleId, ArticleQuery, Batch, Committed, DateSource, Decided, Details,
        DueFeed, EntryKey, Extraction, FeedCommit, FeedFilter, FeedId, FeedRecord, FeedSpec,
        FeedState, Fingerprint, Kept, Outcome, PollRecord, StoredArticle, Time,
    },
    store::{Backend, Claim, Claimed, FeedSet, StoreError, SyncReport, sqlite::Sqlite},
};

/// Makes each promise a test of each backend.
macro_rules! contract {
    ($($promise:ident)+) => {
        mod sqlite {
            $(#[test]
            fn $promise() {
                super::$promise(&mut crate::contract::Bench::sqlite());
            })+
        }
    };
}
use contract;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const LEASE: Duration = Duration::from_secs(600);

/// One store and two connections to it.
pub(crate) struct Bench {
    pub(crate) db: Box<dyn Backend>,
    /// Another process, as far as the store can tell.
    pub(crate) other: Box<dyn Backend>,
    _folder: TempDir,
}

impl Bench {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        Self {
            db: Box::new(Sqlite::open(&path).unwrap()),
            other: Box::new(Sqlite::open(&path).unwrap()),
            _folder: folder,
        }
    }

    /// Syncs feeds with these ids, each on a host of its own, at minute 0.
    pub(crate) fn with_feeds(&mut self, ids: &[&str]) {
        let specs = ids.iter().map(|id| spec(id)).collect();
        self.sync(specs, 0);
    }

    pub(crate) fn sync(&mut self, specs: Vec<FeedSpec>, minute: i64) -> SyncReport {
        self.db.sync_feeds(&set(specs), at(minute)).unwrap()
    }

    pub(crate) fn claim(&mut self, claim: &Claim) -> Vec<Claimed> {
        self.db.claim_due(claim).unwrap()
    }

    /// The ids that a claim of everything at this minute gives.
    pub(crate) fn claimable(&mut self, minute: i64) -> Vec<String> {
        ids(&self.claim(&claim(minute)))
    }

    /// Leases one feed by name.
    pub(crate) fn lease(&mut self, feed: &str, minute: i64) -> DueFeed {
        let mut claimed = self.db.claim(&[id(feed)], &claim(minute)).unwrap().feeds;
        assert_eq!(claimed.len(), 1, "{feed} could not be claimed");
        claimed.remove(0).feed
    }

    pub(crate) fn commit(&mut self, batch: Batch) -> Result<Committed, StoreError> {
        self.db.commit(&[batch]).unwrap().remove(0)
    }

    /// A whole poll of one feed: claimed by name, decided elsewhere, committed.
    pub(crate) fn poll(&mut self, feed: &str, minute: i64, entries: Vec<Decided>) -> Committed {
        let due = self.lease(feed, minute);
        self.commit(batch(&due, minute, entries)).unwrap()
    }

    pub(crate) fn import(&mut self, minute: i64, entries: Vec<Decided>) -> Committed {
        let now = at(minute);
        self.commit(Batch {
            feed: None,
            entries,
            now,
        })
        .unwrap()
    }

    /// Everything a query gives, in pages of `size`.
    pub(crate) fn pages(&mut self, query: &ArticleQuery, size: usize) -> Vec<StoredArticle> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.db.articles(query, after, size).unwrap();
            assert!(page.articles.len() <= size);
            all.extend(page.articles);
            match page.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    /// All articles, oldest first.
    pub(crate) fn all(&mut self) -> Vec<StoredArticle> {
        self.pages(&ArticleQuery::default(), 100)
    }

    pub(crate) fn feed(&mut self, feed: &str) -> FeedRecord {
        let filter = FeedFilter {
            ids: vec![id(feed)],
            retired: true,
            count_articles: true,
            ..FeedFilter::default()
        };
        let mut found = self.db.feeds(&filter).unwrap();
        assert_eq!(found.len(), 1, "{feed}");
        found.remove(0)
    }

    pub(crate) fn last_seq(&mut self) -> i64 {
        self.db.totals(at(0)).unwrap().last_seq
    }
}

/// So many minutes after the start of the story.
pub(crate) fn at(minute: i64) -> Time {
    let start: Time = "2026-03-02T10:00:00Z".parse().unwrap();
    start + chrono::Duration::minutes(minute)
}

pub(crate) fn id(feed: &str) -> FeedId {
    feed.parse().unwrap()
}

/// A feed on a host of its own.
pub(crate) fn spec(feed: &str) -> FeedSpec {
    spec_on(feed, &format!("{feed}.example"))
}

pub(crate) fn spec_on(feed: &str, host: &str) -> FeedSpec {
    FeedSpec {
        id: id(feed),
        url: format!("https://{host}/{feed}.xml"),
        name: None,
        interval: None,
        tags: Vec::new(),
        headers: Vec::new(),
        kind: tidings::model::FeedKind::default(),
        paused: false,
        user_agent: None,
        timeout: None,
        max_body: None,
        access: Default::default(),
        cleanup: Default::default(),
        keep_raw: None,
        websub: true,
        origin: "/etc/feeds.toml".into(),
    }
}

/// The only feeds there are, polled hourly.
pub(crate) fn set(specs: Vec<FeedSpec>) -> FeedSet {
    FeedSet {
        specs: specs.into(),
        origins: None,
        default_interval: HOUR,
    }
}

/// A claim of everything that is due.
pub(crate) fn claim(minute: i64) -> Claim {
    Claim {
        now: at(minute),
        lease: LEASE,
        limit: 1000,
        per_host: 1000,
        spacing: Duration::ZERO,
        asks: true,
    }
}

pub(crate) fn ids(claimed: &[Claimed]) -> Vec<String> {
    let ids = claimed.iter().map(|claimed| claimed.feed.id.to_string());
    ids.collect()
}

/// 16 bytes that stand for a text.
pub(crate) fn bytes(text: &str) -> [u8; 16] {
    let mut out = [0_u8; 16];
    for (place, byte) in text.bytes().enumerate() {
        let slot = &mut out[place % 16];
        *slot = slot.wrapping_mul(31) ^ byte;
    }
    out
}

pub(crate) fn key(text: &str) -> EntryKey {
    EntryKey(bytes(text))
}

pub(crate) fn article_id(slug: &str) -> ArticleId {
    ArticleId(bytes(slug))
}

/// A story's first version, published at minute 0.
pub(crate) fn story(slug: &str) -> Article {
    version(slug, "first")
}

/// A version of a story; `text` is its body.
pub(crate) fn version(slug: &str, text: &str) -> Article {
    Article {
        id: article_id(slug),
        title: format!("About {slug}"),
        authors: vec!["Ada".to_owned()],
        source: "Example".to_owned(),
        url: Some(format!("https://example.org/{slug}?from=feed")),
        canonical_url: Some(format!("https://example.org/{slug}")),
        guid: Some(format!("guid-{slug}")),
        published_at: Some(at(0)),
        published_from: DateSource::Feed,
        updated_at: None,
        language: Some("en".to_owned()),
        tags: Vec::new(),
        enclosures: Vec::new(),
        summary: None,
        body: text.to_owned(),
        extraction: Extraction::Content,
        html: None,
        details: Details::default(),
        fingerprint: Fingerprint(bytes(&format!("{slug}:{text}"))),
    }
}

/// An entry whose key is the story's name.
pub(crate) fn entry(slug: &str, fingerprint: Fingerprint, action: Action) -> Decided {
    Decided {
        key: key(slug),
        guid: Some(format!("guid-{slug}")),
        fingerprint,
        action,
    }
}

pub(crate) fn insert(article: Article) -> Decided {
    let slug = slug_of(&article);
    entry(
        &slug,
        article.fingerprint,
        Action::Insert(Box::new(article)),
    )
}

pub(crate) fn replace(article: Article) -> Decided {
    let (slug, id) = (slug_of(&article), article.id);
    let article = Box::new(article);
    entry(&slug, article.fingerprint, Action::Replace { id, article })
}

pub(crate) fn link(article: &Article) -> Decided {
    let id = article.id;
    entry(&slug_of(article), article.fingerprint, Action::Link { id })
}

pub(crate) fn touch(article: &Article) -> Decided {
    entry(&slug_of(article), article.fingerprint, Action::Touch)
}

fn slug_of(article: &Article) -> String {
    article.title.trim_start_matches("About ").to_owned()
}

/// A successful poll of a claimed feed; it is next due an hour later.
pub(crate) fn batch(due: &DueFeed, minute: i64, entries: Vec<Decided>) -> Batch {
    let state = FeedState {
        last_poll: Some(at(minute)),
        last_ok: Some(at(minute)),
        ..due.state.clone()
    };
    batch_with(due, state, minute, entries)
}

pub(crate) fn batch_with(
    due: &DueFeed,
    state: FeedState,
    minute: i64,
    entries: Vec<Decided>,
) -> Batch {
    let poll = PollRecord {
        at: at(minute),
        outcome: Outcome::New,
        status: Some(200),
        bytes: 12_345,
        ms: 67,
        entries: u32::try_from(entries.len()).unwrap(),
        new: 0,
        changed: 0,
        error: None,
    };
    let feed = FeedCommit {
        id: due.id.clone(),
        row: due.row,
        lease: due.lease,
        state,
        next_poll: at(minute + 60),
        unread: Kept::AsBefore,
        gap: false,
        pause: None,
        poll,
    };
    Batch {
        feed: Some(feed),
        entries,
        now: at(minute),
    }
}

pub(crate) fn slugs(articles: &[StoredArticle]) -> Vec<String> {
    let slugs = articles.iter().map(|stored| slug_of(&stored.article));
    slugs.collect()
}
