//! Documents that could not be read: a few are kept as they came.

use tidings::model::{Kept, RawDocument};

use super::{Bench, at, batch, contract, id};

contract! {
    an_unread_document_comes_back_as_it_came
    the_last_three_are_kept_newest_first
    they_go_when_the_feed_can_be_read_again
    a_document_too_large_to_keep_is_not_kept
}

fn document(minute: i64, bytes: Vec<u8>) -> RawDocument {
    RawDocument {
        at: at(minute),
        url: "https://one.example/feed".to_owned(),
        content_type: Some("text/html; charset=x".to_owned()),
        status: 200,
        bytes: bytes.into(),
    }
}

/// A poll that decides this about the feed's unread documents.
fn poll(store: &mut Bench, minute: i64, unread: Kept) {
    let due = store.lease("one", minute);
    let mut batch = batch(&due, minute, Vec::new());
    if let Some(feed) = &mut batch.feed {
        feed.unread = unread;
    }
    store.commit(batch).unwrap();
}

fn kept(store: &mut Bench) -> Vec<RawDocument> {
    store.other.unread(&id("one")).unwrap()
}

fn an_unread_document_comes_back_as_it_came(store: &mut Bench) {
    store.with_feeds(&["one", "two"]);
    let document = document(0, b"<html>\xff\0".to_vec());
    poll(store, 0, Kept::One(document.clone()));
    assert_eq!(kept(store), [document]);
    assert_eq!(store.other.unread(&id("two")).unwrap(), []);
}

fn the_last_three_are_kept_newest_first(store: &mut Bench) {
    store.with_feeds(&["one"]);
    for minute in 1..=5 {
        poll(
            store,
            minute * 60,
            Kept::One(document(minute * 60, vec![b'x'; 9])),
        );
    }
    poll(store, 360, Kept::AsBefore);
    let times: Vec<_> = kept(store)
        .into_iter()
        .map(|document| document.at)
        .collect();
    assert_eq!(times, [at(300), at(240), at(180)]);
}

fn they_go_when_the_feed_can_be_read_again(store: &mut Bench) {
    store.with_feeds(&["one"]);
    poll(store, 0, Kept::One(document(0, b"x".to_vec())));
    poll(store, 60, Kept::Nothing);
    assert_eq!(kept(store), []);
}

fn a_document_too_large_to_keep_is_not_kept(store: &mut Bench) {
    store.with_feeds(&["one"]);
    poll(store, 0, Kept::One(document(0, vec![0; (16 << 20) + 1])));
    assert_eq!(kept(store), []);
}
