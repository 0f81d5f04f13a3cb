//! The thread around a backend: order, grouping, and what a panic or a failed group costs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use super::*;
use crate::{
    model::{
        ArticleId, ArticleName, ArticleQuery, Backfill, Batch, ChangePage, ChangeQuery, Cursor,
        DueFeed, EntryKey, ExportCursor, FeedFilter, FeedId, FeedOutline, FeedRecord, Health,
        HostPause, Known, Leave, NewSubscription, Page, PageCommit, PageKey, PollRecord, Push,
        RawDocument, Revision, Sighting, Spread, StoredArticle, Subscription, Time,
    },
    store::{
        Claim, Claimed, FeedSet, HostTurn, NamedClaims, Replanned, Restored, SyncReport, Totals,
    },
};

/// What the thread asked of the backend, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// A backend that fails as told by a batch's time stamp: in seconds, 13 panics, 7 is an error.
struct Stub(Log);

impl Stub {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

macro_rules! unused {
    ($($name:ident($($argument:ty),*) -> $value:ty;)*) => {
        $(fn $name(&mut self, $(_: $argument),*) -> Result<$value, StoreError> {
            panic!(concat!(stringify!($name), " panics"))
        })*
    };
}

impl Backend for Stub {
    fn commit_packed(
        &mut self,
        batches: &[Packed],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let stamps = batches.iter().map(|packed| packed.batch().now.timestamp());
        let stamps: Vec<_> = stamps.collect();
        self.note(format!("{stamps:?}"));
        assert!(!stamps.contains(&13), "an unlucky batch");
        if stamps.contains(&7) {
            return Err(StoreError::Closed);
        }
        let done = |stamp: &i64| Committed {
            new: u32::try_from(*stamp).unwrap(),
            ..Committed::default()
        };
        Ok(stamps.iter().map(|stamp| Ok(done(stamp))).collect())
    }

    fn break_leases(&mut self) -> Result<u64, StoreError> {
        self.note("call".to_owned());
        Ok(5)
    }

    unused! {
        backfill(&FeedId) -> Backfill;
        reserve_page(&FeedId, i64, &Cursor, Time) -> i64;
        commit_page(&PageCommit) -> Committed;
        sync_feeds(&FeedSet, Time) -> SyncReport;
        restore(&[Restored], Time) -> Committed;
        push(&Push) -> Option<Committed>;
        hasten(&FeedId, Time) -> ();
        subscribe(&NewSubscription, Time) -> bool;
        leave(&Leave, Time) -> u64;
        subscription(&str) -> Option<Subscription>;
        subscriptions(Option<&FeedId>) -> Vec<Subscription>;
        due_subscriptions(Time, &[String], usize) -> Vec<Subscription>;
        next_subscription(&[String]) -> Option<Time>;
        change_subscription(&str, &mut dyn FnMut(&mut Subscription)) -> bool;
        claim_due(&Claim) -> Vec<Claimed>;
        claim(&[FeedId], &Claim) -> NamedClaims;
        release(&[DueFeed]) -> ();
        next_due() -> Option<Time>;
        replan(Time, Option<Spread>) -> Replanned;
        host_pauses(Time) -> Vec<HostPause>;
        pauses_since(Time, Time) -> Vec<HostPause>;
        take_turn(&str, &HostTurn) -> Option<Time>;
        health(Time) -> BTreeMap<Health, u64>;
        known(i64, &[(EntryKey, ArticleId)]) -> Known;
        feeds(&FeedFilter) -> Vec<FeedRecord>;
        outlines() -> Vec<FeedOutline>;
        polls(&FeedId, usize) -> Vec<PollRecord>;
        pause_host(&HostPause, Time) -> ();
        gaps(Time) -> Vec<FeedId>;
        unread(&FeedId) -> Vec<RawDocument>;
        raw_places(&FeedId, Option<Time>) -> Vec<crate::model::RawPlace>;
        raw_document(crate::model::RawPlace) -> Option<RawDocument>;
        replay(&crate::model::Replay) -> Committed;
        said(&[ArticleId]) -> Vec<crate::model::Said>;
        namesakes(i64, &[String]) -> Vec<crate::model::Namesake>;
        trust(&FeedId) -> bool;
        doubted() -> Vec<(FeedId, Time)>;
        articles(&ArticleQuery, Option<PageKey>, usize) -> Page;
        count(&ArticleQuery) -> u64;
        changed(&ChangeQuery) -> ChangePage;
        cursors() -> Vec<ExportCursor>;
        save_cursor(&ExportCursor) -> ();
        remove_cursor(&str) -> bool;
        named(&ArticleName, usize, bool) -> Vec<StoredArticle>;
        sightings(ArticleId) -> Vec<Sighting>;
        revisions(ArticleId) -> Vec<Revision>;
        delete(&[ArticleId], &str, Time) -> u32;
        maintain(Time, Time) -> u64;
        store_id() -> crate::model::StoreId;
        pruned_feeds(&crate::model::Retention) -> Vec<(i64, crate::model::KeepRule)>;
        last_kept(i64, u64) -> Option<PageKey>;
        surplus(&crate::model::Retention) -> u64;
        prunable(&crate::store::Pruning) -> crate::store::Pruned;
        prune(&crate::store::Pruning, Time) -> crate::store::Pruned;
        best(&ArticleQuery, usize) -> Vec<StoredArticle>;
        totals(Time) -> Totals;
    }
}

fn batch(stamp: i64) -> Packed {
    let batch = Batch {
        feed: None,
        entries: Vec::new(),
        now: Time::from_timestamp(stamp, 0).unwrap(),
    };
    Packed::new(batch).unwrap()
}

fn commit_job(stamp: i64) -> (Job, oneshot::Receiver<Result<Committed, StoreError>>) {
    let (reply, answer) = oneshot::channel();
    (Job::Commit(Box::new(batch(stamp)), reply), answer)
}

/// Queues commits with these stamps before the thread looks, runs it to its end, and gives the
/// answers (the stamp where it went well) and the log.
fn served(stamps: &[i64]) -> (Vec<Option<u32>>, Vec<String>) {
    let (jobs, mut queue) = mpsc::channel(QUEUE);
    let mut answers = Vec::new();
    for stamp in stamps {
        let (job, answer) = commit_job(*stamp);
        assert!(jobs.try_send(job).is_ok());
        answers.push(answer);
    }
    drop(jobs);
    let log = Log::default();
    serve(&mut Stub(Arc::clone(&log)), &mut queue);
    let answers = answers.into_iter().map(|mut answer| {
        let result = answer.try_recv().expect("every commit is answered");
        result.ok().map(|done| done.new)
    });
    let answers = answers.collect();
    (answers, std::mem::take(&mut *log.lock().unwrap()))
}

#[test]
fn what_waits_together_is_one_group_and_each_gets_its_own_answer() {
    let (answers, log) = served(&[1, 2, 3]);
    assert_eq!(answers, [Some(1), Some(2), Some(3)]);
    assert_eq!(log, ["[1, 2, 3]"]);
}

#[test]
fn a_group_has_a_limit() {
    let stamps: Vec<i64> = (100..).take(GROUP + 2).collect();
    let (answers, log) = served(&stamps);
    assert!(answers.iter().all(Option::is_some));
    assert_eq!(log.len(), 2);
}

#[test]
fn a_batch_that_fails_the_group_is_alone_in_failing() {
    for (bad, stamps) in [(7, [1, 7, 3]), (13, [1, 13, 3])] {
        let (answers, log) = served(&stamps);
        assert_eq!(answers, [Some(1), None, Some(3)], "{bad}");
        assert_eq!(
            log[1..],
            ["[1]".to_owned(), format!("[{bad}]"), "[3]".to_owned()]
        );
    }
    let (answers, log) = served(&[13]);
    assert_eq!((answers, log.len()), (vec![None], 1));
}

#[test]
fn a_call_sees_what_was_queued_before_it_committed() {
    let (jobs, mut queue) = mpsc::channel(QUEUE);
    let (first, _first) = commit_job(1);
    let (second, _second) = commit_job(2);
    let call = Job::Call(Box::new(|backend| drop(backend.break_leases())));
    for job in [first, call, second] {
        assert!(jobs.try_send(job).is_ok());
    }
    drop(jobs);
    let log = Log::default();
    serve(&mut Stub(Arc::clone(&log)), &mut queue);
    assert_eq!(*log.lock().unwrap(), ["[1]", "call", "[2]"]);
}

#[tokio::test]
async fn a_panic_costs_the_one_call_and_not_the_thread() {
    let (worker, thread) = Worker::start("test", Box::new(Stub(Log::default()))).unwrap();
    let failed = worker
        .call(|backend| backend.maintain(Time::UNIX_EPOCH, Time::UNIX_EPOCH))
        .await;
    assert!(matches!(failed, Err(StoreError::Closed)));
    assert!(worker.commit(batch(13)).await.is_err());
    assert_eq!(worker.commit(batch(2)).await.unwrap().new, 2);
    assert_eq!(
        worker.call(|backend| backend.break_leases()).await.unwrap(),
        5
    );
    worker.stop().await;
    thread.join().unwrap();
}

#[tokio::test]
async fn stopping_does_what_is_queued_and_refuses_what_comes_later() {
    let (worker, thread) = Worker::start("test", Box::new(Stub(Log::default()))).unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let busy = worker.clone();
    let blocked = tokio::spawn(async move {
        let hold = move |backend: &mut dyn Backend| {
            wait.recv().unwrap();
            backend.break_leases()
        };
        busy.call(hold).await
    });
    tokio::task::yield_now().await;
    let (job, answer) = commit_job(4);
    assert!(worker.jobs.try_send(job).is_ok());
    worker.clone().stop().await;
    go.send(()).unwrap();
    assert_eq!(blocked.await.unwrap().unwrap(), 5);
    assert_eq!(answer.await.unwrap().unwrap().new, 4);
    thread.join().unwrap();
    assert!(matches!(
        worker.commit(batch(1)).await,
        Err(StoreError::Closed)
    ));
}

#[tokio::test]
async fn a_caller_that_gives_up_waiting_does_not_undo_the_work() {
    let log = Log::default();
    let (worker, thread) = Worker::start("test", Box::new(Stub(Arc::clone(&log)))).unwrap();
    let (job, answer) = commit_job(3);
    drop(answer);
    assert!(worker.jobs.send(job).await.is_ok());
    worker.stop().await;
    thread.join().unwrap();
    assert_eq!(*log.lock().unwrap(), ["[3]"]);
}
