//! A feed's older entries: one page of them from request to committed.
//!
//! The same stages as a poll's, but the page is another document: what polls have learnt of the
//! feed (validators, hash, rhythm, next poll, history) is not touched, and a known entry is left
//! as it is. Who calls it keeps the pause that [`Older::wait`] tells.

mod judge;
mod older;

use std::{collections::HashSet, time::Duration};

use tracing::{debug, info, warn};

use judge::Judged;
pub use judge::Stop;
pub use older::{Wish, has_older};

use super::{
    Candidate, Ingest, Speaker,
    learnt::{Arrival, candidate, short_hash},
};
use crate::{
    fetch::FetchRequest,
    model::{
        Access, Backfill, Committed, Cursor, Decided, EntryKey, FeedFilter, FeedId, FeedRecord,
        FeedSpec, Fetched, PageCommit, PageRecord, PageSource, Time, later, printable,
    },
    store::StoreError,
};

/// A run through a feed's older pages.
pub struct Older {
    feed: FeedRecord,
    spec: FeedSpec,
    backfill: Backfill,
    cursor: Cursor,
    /// The pages read since it began.
    this_run: Vec<PageRecord>,
    /// Goes on where an earlier run ended.
    resumed: bool,
    /// Pages without anything new do not end the run: what was published since the last one has
    /// shifted the pages, or the operator asks to look behind those that are known.
    patient: bool,
}

/// What one page brought.
#[derive(Clone, Debug)]
pub struct PageReport {
    /// Its number; the feed's own document is page 1.
    pub number: u32,
    /// True if it was read, or is known not to have changed.
    pub read: bool,
    /// Entries in it.
    pub entries: u32,
    /// Articles stored for the first time.
    pub new: u32,
    /// Entries that were known.
    pub known: u32,
    /// Why no further page is read; `None` to go on.
    pub stop: Option<Stop>,
}

/// What an answer came to, before the store is asked.
struct Read {
    page: Option<PageRecord>,
    candidates: Vec<Candidate>,
    /// Set where there is no page.
    end: Option<(Cursor, Stop)>,
    retry_after: Option<Duration>,
}

impl Older {
    /// Where the backfill stands.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// True if an earlier run has read pages already.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Until when the server asked to be left alone, if that is not over.
    #[must_use]
    pub fn held_until(&self, now: Time) -> Option<Time> {
        let until = self.backfill.not_before.max(self.feed.state.retry_after);
        let until = until.max(self.feed.scope_paused_until);
        judge::held_until(until, now)
    }

    /// How long the next page has to wait, after the last page or poll.
    #[must_use]
    pub fn wait(&self, now: Time, fetch: &crate::config::FetchConfig) -> Duration {
        let url = self.cursor.next.as_deref().unwrap_or_default();
        let polled = self.feed.claimed_at.max(self.feed.state.last_poll);
        let last = self.backfill.asked_at.max(polled);
        older::wait(last, older::pause(url, fetch), now)
    }
}

impl Ingest {
    /// A run through the older pages of a feed, from where the last one ended; the inner error is
    /// why there is none, with the remedy.
    ///
    /// # Errors
    /// The store's.
    pub async fn older(
        &self,
        feed: FeedRecord,
        wish: Wish,
    ) -> Result<Result<Older, String>, StoreError> {
        let Some(spec) = self.setup().spec(&feed.id).cloned() else {
            return Ok(Err("no feed file names it any more".to_owned()));
        };
        let backfill = self.store.backfill(feed.id.clone()).await?;
        let kept = backfill.cursor.as_ref();
        let cursor = match older::begin(&feed, kept, wish, (self.clock)()) {
            Ok(cursor) => cursor,
            Err(why) => return Ok(Err(why)),
        };
        let resumed = kept.is_some() && !wish.restart;
        Ok(Ok(Older {
            feed,
            spec,
            backfill,
            cursor,
            this_run: Vec::new(),
            resumed,
            patient: resumed,
        }))
    }

    /// Looks again at what others have asked of the host meanwhile, and were told by it: call it
    /// before [`Older::wait`] and [`Older::held_until`].
    ///
    /// # Errors
    /// The store's.
    pub async fn look_again(&self, run: &mut Older) -> Result<(), StoreError> {
        let filter = FeedFilter {
            ids: vec![run.feed.id.clone()],
            ..FeedFilter::default()
        };
        if let Some(feed) = self.store.feeds(filter).await?.pop() {
            run.feed = feed;
        }
        let fresh = self.store.backfill(run.feed.id.clone()).await?;
        run.backfill.asked_at = fresh.asked_at;
        run.backfill.not_before = fresh.not_before;
        Ok(())
    }

    /// Asks for the next page and commits what it brings and where to go on, all or nothing.
    ///
    /// # Errors
    /// Only the store's: a failed request or document is a [`Stop`].
    pub async fn older_page(&self, run: &mut Older) -> Result<PageReport, StoreError> {
        older::skip_read(&mut run.cursor, &run.backfill.pages);
        let number = run.cursor.number;
        let without = |stop| PageReport::of(number, None, Committed::default(), Some(stop));
        if let Some(why) = run.cursor.finished.clone() {
            self.reserve(run).await?;
            self.commit_page(run, None, Vec::new(), None).await?;
            return Ok(without(Stop::Finished(why)));
        }
        let url = match older::target(&run.cursor, &run.feed) {
            Ok(url) => url,
            Err(why) => return Ok(without(Stop::Failed(why))),
        };
        let request = request(run, url);
        // robots.txt may be asked for before.
        self.take_turn(&request.url, 1 + u32::from(request.robots))
            .await?;
        self.reserve(run).await?;
        self.note_pauses().await?;
        let setup = self.setup();
        let fetched = setup.fetcher.fetch(&request, (self.clock)()).await;
        if let Fetched::Throttled {
            scope, retry_after, ..
        } = &fetched
        {
            self.pause_scope(scope.as_ref(), *retry_after).await?;
        }
        let read = self.read_page(run, &request.url, fetched).await;
        let page = read.page;
        let row = run.backfill.row;
        let entries = self.decide(row, Speaker::Backfill, read.candidates).await?;
        let unseen = entries.len();
        let (cursor, mut stop) = match (&page, read.end) {
            (Some(page), _) => {
                let judged = Judged {
                    feed: &run.feed,
                    pages: &run.backfill.pages,
                    this_run: &run.this_run,
                    patient: run.patient,
                };
                judge::after(&run.cursor, page, unseen, judged)
            }
            (None, Some((cursor, stop))) => (cursor, Some(stop)),
            (None, None) => (run.cursor.clone(), None),
        };
        let asked = read.retry_after.filter(|wait| !wait.is_zero());
        let mut not_before = asked.map(|wait| later((self.clock)(), wait));
        match (&stop, not_before) {
            (Some(Stop::Wait(until, _)), _) => not_before = Some(*until),
            (None, Some(until)) => {
                let why = format!("page {number} came with a Retry-After");
                stop = Some(Stop::Wait(until, why));
            }
            _ => {}
        }
        run.cursor = cursor;
        run.patient &= unseen == 0;
        let done = self
            .commit_page(run, page.clone(), entries, not_before)
            .await?;
        let report = PageReport::of(number, page.as_ref(), done, stop);
        report.log(&run.feed.id);
        Ok(report)
    }

    async fn reserve(&self, run: &mut Older) -> Result<(), StoreError> {
        let now = (self.clock)();
        let (feed, turn) = (run.feed.id.clone(), run.backfill.turn);
        let cursor = run.cursor.clone();
        run.backfill.turn = self.store.reserve_page(feed, turn, cursor, now).await?;
        run.backfill.asked_at = Some(now);
        Ok(())
    }

    /// What an answer says.
    async fn read_page(&self, run: &Older, url: &str, fetched: Fetched) -> Read {
        let now = (self.clock)();
        let nothing = |fetched: &Fetched| Read {
            page: None,
            candidates: Vec::new(),
            end: Some(judge::without_document(&run.cursor, fetched, now)),
            retry_after: None,
        };
        let (round, number) = (run.cursor.round, run.cursor.number);
        match (fetched, known_page(run, url)) {
            (Fetched::New(body), _) => {
                let (hash, retry_after) = (Arrival::of(&body).hash, body.hints.retry_after);
                let validators = body.validators.clone();
                let limits = self.limits(&run.spec);
                let document = match self
                    .readers
                    .read(&run.spec, body, limits, run.feed.state.names.trust(), now)
                    .await
                {
                    Ok(document) => document,
                    Err(failure) => {
                        return nothing(&Fetched::Failed {
                            failure,
                            retry_after,
                        });
                    }
                };
                let (source, next) =
                    older::next_of(run.cursor.source, url, number, &document.facts);
                let entries = document.normalized.entries.into_iter();
                let candidates: Vec<Candidate> = entries.map(candidate).collect();
                let page = PageRecord {
                    url: url.to_owned(),
                    round,
                    number,
                    source,
                    next,
                    entries: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
                    body_hash: hash,
                    keys_hash: keys_hash(&candidates),
                    validators,
                };
                Read {
                    page: Some(page),
                    candidates,
                    end: None,
                    retry_after,
                }
            }
            (
                Fetched::NotModified {
                    validators, hints, ..
                },
                Some(known),
            ) => Read {
                page: Some(PageRecord {
                    round,
                    number,
                    validators,
                    ..known.clone()
                }),
                candidates: Vec::new(),
                end: None,
                retry_after: hints.retry_after,
            },
            (other, _) => nothing(&other),
        }
    }

    async fn commit_page(
        &self,
        run: &mut Older,
        page: Option<PageRecord>,
        entries: Vec<Decided>,
        not_before: Option<Time>,
    ) -> Result<Committed, StoreError> {
        let now = (self.clock)();
        run.cursor.updated_at = now;
        let commit = PageCommit {
            feed: run.feed.id.clone(),
            turn: run.backfill.turn,
            cursor: run.cursor.clone(),
            page: page.clone(),
            entries,
            not_before,
            now,
        };
        let done = self.store.commit_page(commit).await?;
        run.cursor.count(done);
        run.backfill.asked_at = Some(now);
        run.backfill.not_before = not_before.or(run.backfill.not_before);
        if let Some(page) = page {
            run.this_run.push(page.clone());
            run.backfill.pages.retain(|known| known.url != page.url);
            run.backfill.pages.push(page);
        }
        Ok(done)
    }
}

fn known_page<'a>(run: &'a Older, url: &str) -> Option<&'a PageRecord> {
    run.backfill.pages.iter().find(|page| page.url == url)
}

fn request(run: &Older, url: String) -> FetchRequest {
    let spec = &run.spec;
    let validators = known_page(run, &url).map(|page| page.validators.clone());
    FetchRequest {
        headers: spec.headers.clone(),
        home: Some(spec.url.clone()),
        validators: validators.unwrap_or_default(),
        user_agent: spec.user_agent.clone(),
        timeout: spec.timeout,
        max_body: spec.max_body,
        access: Access::clone(&spec.access),
        robots: run.cursor.source == PageSource::Numbered,
        url,
        ..FetchRequest::default()
    }
}

/// Of the set of keys, in whatever order.
fn keys_hash(candidates: &[Candidate]) -> String {
    let keys: HashSet<EntryKey> = candidates.iter().map(|candidate| candidate.key).collect();
    let mut keys: Vec<[u8; 16]> = keys.into_iter().map(|key| key.0).collect();
    keys.sort_unstable();
    short_hash(&keys.concat())
}

impl PageReport {
    fn of(number: u32, page: Option<&PageRecord>, done: Committed, stop: Option<Stop>) -> Self {
        let entries = page.map_or(0, |page| page.entries);
        Self {
            number,
            read: page.is_some(),
            entries,
            new: done.new,
            known: entries.saturating_sub(done.new),
            stop,
        }
    }

    fn log(&self, feed: &FeedId) {
        let number = self.number;
        match &self.stop {
            Some(Stop::Failed(why)) => {
                warn!(feed.id = %feed, "{feed}: older entries: {}", printable(why));
            }
            Some(Stop::Wait(until, why)) => info!(
                feed.id = %feed, until = %until.format("%FT%TZ"), "{feed}: older entries: {}", printable(why)
            ),
            Some(Stop::Finished(why) | Stop::Known(why)) => {
                info!(feed.id = %feed, "{feed}: older entries: {}", printable(why));
            }
            None => debug!(
                feed.id = %feed, articles.new = self.new,
                "{feed}: page {number} of its older entries: {} new, {} known", self.new, self.known
            ),
        }
    }
}
