//! The async handle: many callers, one writer thread, group commit, an orderly end.

use tidings::{
    model::{ArticleQuery, FeedFilter, FeedId},
    store::{Backend as _, Store, StoreError, sqlite::Sqlite},
};

use super::{at, batch, claim, id, insert, set, spec, story};

fn open() -> (tempfile::TempDir, std::path::PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let store = Store::open(&path).unwrap();
    (folder, path, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_feeds_commit_at_once_and_each_is_acknowledged_for_itself() {
    let (_folder, path, store) = open();
    let feeds: Vec<FeedId> = (0..300).map(|n| id(&format!("feed-{n}"))).collect();
    let specs = feeds.iter().map(|feed| spec(feed.as_str())).collect();
    store.sync_feeds(set(specs), at(0)).await.unwrap();
    let claimed = store.claim(feeds, claim(0)).await.unwrap().feeds;
    let polls: Vec<_> = claimed
        .into_iter()
        .enumerate()
        .map(|(n, claimed)| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut batch = batch(&claimed.feed, 1, vec![insert(story(&format!("n{n}")))]);
                // Every tenth comes too late for its lease.
                batch.feed.as_mut().unwrap().lease -= i64::from(n % 10 == 0);
                (n, store.commit(batch).await)
            })
        })
        .collect();
    for poll in polls {
        match poll.await.unwrap() {
            (n, Ok(done)) => assert!(n % 10 != 0 && done.new == 1, "{n}: {done:?}"),
            (n, Err(error)) => {
                assert!(
                    n % 10 == 0 && matches!(error, StoreError::LeaseLost { .. }),
                    "{n}: {error}"
                );
            }
        }
    }
    assert_eq!(store.totals(at(0)).await.unwrap().last_seq, 270);
    store.close().await;
    let mut after = Sqlite::open_reader(&path).unwrap();
    assert_eq!(after.count(&ArticleQuery::default()).unwrap(), 270);
}

#[tokio::test]
async fn closing_waits_for_what_is_queued_and_leaves_one_file() {
    let (folder, path, store) = open();
    store
        .sync_feeds(set(vec![spec("one")]), at(0))
        .await
        .unwrap();
    let due = store
        .claim(vec![id("one")], claim(0))
        .await
        .unwrap()
        .feeds
        .remove(0)
        .feed;
    let last = tokio::spawn({
        let store = store.clone();
        let batch = batch(&due, 1, vec![insert(story("a"))]);
        async move { store.commit(batch).await }
    });
    // The runtime has one thread: the commit is queued before this goes on.
    tokio::task::yield_now().await;
    store.close().await;
    assert_eq!(last.await.unwrap().unwrap().new, 1);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "the log is gone when the connections are closed");
    assert_eq!(
        Sqlite::open(&path)
            .unwrap()
            .count(&ArticleQuery::default())
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_clone_that_outlives_the_close_gets_an_error_instead_of_a_hang() {
    let (_folder, _path, store) = open();
    let clone = store.clone();
    store.close().await;
    assert!(matches!(clone.ping_writer().await, Err(StoreError::Closed)));
    assert!(matches!(
        clone.feeds(FeedFilter::default()).await,
        Err(StoreError::Closed)
    ));
    clone.close().await;
}

#[tokio::test]
async fn history_is_dropped_however_much_there_is() {
    let (_folder, path, store) = open();
    store
        .sync_feeds(set(vec![spec("one")]), at(0))
        .await
        .unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute(
        "INSERT INTO polls (feed, at, outcome, bytes, ms, entries, new, changed)
         WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 25000)
         SELECT 1, n, 'same', 0, 0, 0, 0, 0 FROM n",
        [],
    )
    .unwrap();
    assert_eq!(store.maintain(at(0), at(0)).await.unwrap(), 25_000);
    assert_eq!(store.maintain(at(0), at(0)).await.unwrap(), 0);
    assert!(store.polls(id("one"), 9).await.unwrap().is_empty());
}
