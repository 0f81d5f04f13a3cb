//! Edits of the feed file that publishers must not notice: a URL changed and changed back, a feed with
//! another name; and a process that has not read the edit yet.

use std::sync::Arc;

use tidings::{config::Config, fetch::Ticket, ingest::Ingest, model::FeedSpec, store::Store};

use super::again;
use crate::{
    contract,
    util::{Reply, Site, Tidings, rss},
};

fn named(id: &str, url: &str) -> String {
    format!("[[feed]]\nid = {id:?}\nurl = {url:?}\n")
}

/// `/f` has a feed, which was polled once.
fn polled(site: &Site) -> Tidings {
    site.serve("/f", Reply::feed(rss(&["a"])).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&named("f", &site.url("/f")));
    tidings.run(&["poll"]).ok().stdout_has("1 new");
    tidings
}

#[test]
fn a_url_that_is_edited_back_and_forth_is_not_asked_before_its_time_and_then_conditionally() {
    let site = Site::start();
    let tidings = polled(&site);
    for _ in 0..2 {
        tidings.write("feeds.toml", named("f", &site.url("/typo")));
        tidings.run(&["poll", "--force"]);
        tidings.write("feeds.toml", named("f", &site.url("/f")));
        tidings.run(&["poll"]).ok().stdout_has("No feed is due");
    }
    assert_eq!(site.requests("/typo").len(), 1);
    assert_eq!(site.requests("/f").len(), 1);
    again(&tidings).ok().stdout_has("not modified (304)");
    let asked = site.requests("/f");
    let etag = asked[1].header("if-none-match");
    assert_eq!(etag.as_deref(), Some("\"1\""));
}

#[test]
fn a_feed_that_is_renamed_keeps_its_articles_and_its_publisher_notices_nothing() {
    let site = Site::start();
    let tidings = polled(&site);
    tidings.write("feeds.toml", named("g", &site.url("/f")));
    tidings.run(&["poll"]).ok().stdout_has("No feed is due");
    again(&tidings).ok().stdout_has("not modified (304)");
    assert_eq!(site.requests("/f").len(), 2);
    assert_eq!(tidings.exported()[0]["feeds"], serde_json::json!(["g"]));
}

#[test]
fn a_claim_with_a_url_that_this_process_has_not_read_is_put_back_and_nobody_is_asked() {
    let site = Site::start();
    for path in ["/old", "/new"] {
        site.serve(path, Reply::feed(rss(&["a"])));
    }
    let at = |path: &str| FeedSpec {
        url: site.url(path),
        ..contract::spec("f")
    };
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (now, later) = (contract::at(0), contract::at(1));
    runtime.block_on(async {
        let store = Store::open(&folder.path().join("tidings.db")).unwrap();
        // Another process has read the new file, and synced it.
        let set = contract::set(vec![at("/new")]);
        store.sync_feeds(set, now).await.unwrap();
        let mut config = Config::default();
        config.fetch.allow_private = vec!["127.0.0.0/8".parse().unwrap()];
        let ingest = Ingest::new(
            tidings::fetch::Fetcher::new(&config.fetch).unwrap(),
            store.clone(),
            config.into(),
            vec![at("/old")],
            Arc::new(|| contract::at(0)),
        );
        let due = store.claim_due(contract::claim(0)).await.unwrap().remove(0);
        assert_eq!(due.feed.url, site.url("/new"));
        let report = ingest.poll(due.feed, Ticket::default()).await.unwrap();
        assert!(report.is_none());
        assert_eq!(site.all_requests().len(), 0);
        // Not at once: that would go round and round until the file is read.
        assert_eq!(store.claim_due(contract::claim(0)).await.unwrap().len(), 0);
        let again = tidings::store::Claim {
            now: later,
            ..contract::claim(0)
        };
        let due = store.claim_due(again).await.unwrap();
        assert_eq!(due.len(), 1, "its turn is not lost");
    });
}
