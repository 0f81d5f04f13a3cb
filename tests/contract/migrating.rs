//! Stores that earlier versions made: everything in them is found, and new things fit in.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tidings::{
    model::{
        Action, Article, ArticleQuery, Batch, Change, Decided, Details, FeedFilter, RawHtml,
        StoredArticle, Time,
    },
    store::{Backend, DaemonLock, StoreError, sqlite::Sqlite},
};

use super::{article_id, at, bytes, key, version};

const FIRST: &str = include_str!("../../src/store/sqlite/migrations/0001_init.sql");

/// A store as version 1 left it: a feed with its state, an article of two versions, a deleted one.
fn first_version() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "journal_mode", "wal").unwrap();
    raw.pragma_update(None, "application_id", 0x5449_4447)
        .unwrap();
    raw.execute_batch(FIRST).unwrap();
    raw.execute_batch(&format!(
        "INSERT INTO feeds (row, id, origin, url, host, interval_ms, next_at, state) VALUES
            (1, 'one', '/etc/feeds.toml', 'https://one.example/', 'one.example', 3600000, 0,
             '{{\"title\": \"One\", \"format\": \"RSS 2.0\", \"repairs\": [\"a bare &\"]}}');
         INSERT INTO articles (row, id, seq, revision, fingerprint, owner, source, title, authors, url,
            published_at, published_from, first_seen, changed_at, sort_at, language, tags, enclosures,
            summary, extraction, words, body)
         VALUES (1, {id}, 2, 1, {id}, 1, 'One', 'About a', '[\"Ada\"]', 'https://example.org/a',
            {now}, 'feed', {now}, {now}, {now}, 'en', '[\"x\"]',
            '[{{\"url\": \"https://example.org/a.mp3\", \"bytes\": 5}}]', 'teaser', 'content', 1, 'second');
         INSERT INTO sightings VALUES (1, {key}, 1, {id}, 'guid-a', {now}, {now});
         INSERT INTO revisions (article, revision, replaced_at, owner, fingerprint, title, body)
            VALUES (1, 0, {now}, 1, {id}, 'About a', 'first');
         INSERT INTO tombstones VALUES (x'00000000000000000000000000000000', 3, {now}, 'asked');
         INSERT INTO polls (feed, at, outcome, bytes, ms, entries, new, changed)
            VALUES (1, {now}, 'new', 1, 1, 1, 1, 0);
         UPDATE counters SET value = 3;
         PRAGMA user_version = 1;",
        id = blob(&article_id("a").0),
        key = blob(&key("a").0),
        now = at(0).timestamp_millis(),
    ))
    .unwrap();
    (folder, path)
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}

fn with_html() -> ArticleQuery {
    ArticleQuery {
        with_html: true,
        ..ArticleQuery::default()
    }
}

fn articles(store: &mut Sqlite) -> Vec<StoredArticle> {
    store.articles(&with_html(), None, 10).unwrap().articles
}

fn version_of(path: &Path) -> i64 {
    let raw = Connection::open(path).unwrap();
    raw.pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[test]
fn a_store_is_not_changed_under_an_older_daemon_that_runs_on_it() {
    let (_folder, path) = first_version();
    let daemon = DaemonLock::acquire(&path).unwrap().unwrap();
    for open in [Sqlite::open, Sqlite::open_reader] {
        let error = open(&path).err().unwrap();
        let told = error.to_string();
        assert!(
            matches!(error, StoreError::InUseByOlder { found: 1, .. }),
            "{told}"
        );
        let pid = format!("process {}", std::process::id());
        assert!(told.contains("schema 1") && told.contains(&pid), "{told}");
        assert!(told.contains("restart the daemon"), "{told}");
    }
    assert_eq!(version_of(&path), 1);
    drop(daemon);
    assert_eq!(articles(&mut Sqlite::open_reader(&path).unwrap()).len(), 1);
    assert!(version_of(&path) > 1);
    // One of the same version is no hindrance.
    let _daemon = DaemonLock::acquire(&path).unwrap().unwrap();
    Sqlite::open_reader(&path).unwrap();
}

#[test]
fn everything_in_a_store_of_the_first_version_is_found() {
    for open in [Sqlite::open, Sqlite::open_reader] {
        let (_folder, path) = first_version();
        let mut store = open(&path).unwrap();
        let feed = store.feeds(&FeedFilter::default()).unwrap().remove(0);
        assert_eq!(feed.state.title.as_deref(), Some("One"));
        assert_eq!(feed.state.format.as_deref(), Some("RSS 2.0"));
        assert_eq!(feed.state.repairs, ["a bare &"]);
        assert_eq!(store.polls(&feed.id, 9).unwrap().len(), 1);
        assert_eq!(store.backfill(&feed.id).unwrap().cursor, None);
        assert_eq!(feed.scope, "one.example");
        assert_eq!(
            store.next_due().unwrap(),
            Some(Time::UNIX_EPOCH),
            "its host has a turn"
        );
        assert_eq!(store.health(at(0)).unwrap().values().sum::<u64>(), 1);
        let stored = articles(&mut store).remove(0);
        assert_eq!((stored.seq, stored.revision), (2, 1));
        assert_eq!(stored.feeds, [feed.id]);
        let article = stored.article;
        assert_eq!(
            (article.title.as_str(), article.body.as_str()),
            ("About a", "second")
        );
        assert_eq!(
            (article.authors, article.tags),
            (vec!["Ada".to_owned()], vec!["x".to_owned()])
        );
        assert_eq!(
            article.canonical_url.as_deref(),
            Some("https://example.org/a")
        );
        assert_eq!(article.guid.as_deref(), Some("guid-a"));
        assert_eq!(
            (article.enclosures[0].bytes, article.enclosures[0].seconds),
            (Some(5), None)
        );
        assert_eq!((article.html, article.details), (None, Details::default()));
        assert_eq!(store.revisions(article.id).unwrap()[0].body, "first");
        let changes = store.changes(2, 9).unwrap();
        assert!(matches!(changes[..], [Change::Delete { seq: 3, .. }]));
        drop(store);
        assert_eq!(version_of(&path), 13);
    }
}

/// The article with another body, and that body's markup.
fn marked_up(body: &str, html: &str) -> Article {
    Article {
        html: Some(RawHtml {
            text: html.to_owned(),
            base: None,
        }),
        ..version("a", body)
    }
}

/// Commits another version of the article.
fn replace(store: &mut Sqlite, article: &Article) {
    let decided = Decided {
        key: key("a"),
        guid: None,
        fingerprint: article.fingerprint,
        action: Action::Replace {
            id: article.id,
            article: Box::new(article.clone()),
        },
    };
    let batch = Batch {
        feed: None,
        entries: vec![decided],
        now: at(70),
    };
    store.commit(&[batch]).unwrap().remove(0).unwrap();
}

#[test]
fn an_article_of_the_first_version_gets_a_new_one_with_details_and_markup() {
    let (_folder, path) = first_version();
    let mut store = Sqlite::open(&path).unwrap();
    let article = Article {
        details: Details {
            rights: Some("© Ada".to_owned()),
            ..Details::default()
        },
        ..marked_up("third", "<b>third</b>")
    };
    replace(&mut store, &article);
    let stored = articles(&mut store).remove(0);
    assert_eq!(stored.revision, 2);
    assert_eq!(
        (stored.article.html, stored.article.details),
        (article.html, article.details)
    );
    let revisions = store.revisions(article.id).unwrap();
    assert_eq!(revisions[1].body, "second");
}

#[test]
fn articles_of_an_old_store_are_indexed_and_labelled_once() {
    let (_folder, path) = first_version();
    let words: Vec<String> = (0..50).map(|n| format!("word{n}")).collect();
    let body = words.join(" ");
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "INSERT INTO feeds (row, id, origin, url, host, interval_ms, next_at) VALUES
            (2, 'two', '/etc/feeds.toml', 'https://two.example/', 'two.example', 3600000, 0)",
    )
    .unwrap();
    let month = 30 * 24 * 3600 * 1000;
    for (row, slug, feed, first_seen) in [
        (5, "b", 1, at(0).timestamp_millis() - 9 * month),
        (6, "c", 2, at(0).timestamp_millis() - 9 * month),
        (7, "d", 2, at(0).timestamp_millis() - 9 * month),
        (8, "e", 1, at(0).timestamp_millis()),
    ] {
        let id = article_id(slug).0;
        let text = match slug {
            "d" => "東京の市議会",
            _ => body.as_str(),
        };
        raw.execute(
            "INSERT INTO articles (row, id, seq, fingerprint, owner, source, title, published_from,
                first_seen, changed_at, sort_at, extraction, words, body)
             VALUES (?1, ?2, ?1, ?2, ?3, 'Source', ?5, 'none', ?4, ?4, ?4, 'content', 50, ?6)",
            rusqlite::params![row, id, feed, first_seen, format!("About {slug}"), text],
        )
        .unwrap();
        raw.execute(
            "INSERT INTO sightings VALUES (?1, ?2, ?3, ?2, NULL, ?4, ?4)",
            rusqlite::params![feed, id, row, first_seen],
        )
        .unwrap();
    }
    drop(raw);
    for _ in 0..2 {
        let mut store = Sqlite::open_reader(&path).unwrap();
        let mut found = |query: &str| {
            let query = ArticleQuery {
                search: Some(query.parse().unwrap()),
                ..ArticleQuery::default()
            };
            let found = store.best(&query, 9).unwrap().into_iter();
            let mut found: Vec<_> = found.map(|stored| stored.article.title).collect();
            found.sort();
            found
        };
        assert_eq!(found("second"), ["About a"]);
        assert_eq!(found("市議"), ["About d"]);
        assert_eq!(found("\"word7 word8\""), ["About b", "About c", "About e"]);
        let copies: Vec<_> = articles(&mut store)
            .into_iter()
            .filter_map(|stored| Some((stored.article.title, stored.duplicate_of?)))
            .collect();
        assert_eq!(copies, [("About c".to_owned(), article_id("b"))]);
    }
}

#[test]
fn damaged_markup_is_told_with_its_article_and_hides_nothing_else() {
    let (_folder, path) = first_version();
    let mut store = Sqlite::open(&path).unwrap();
    let whole = zstd::encode_all("<b>bold</b>".repeat(99).as_bytes(), 1).unwrap();
    let too_long = zstd::encode_all(&vec![b'x'; RawHtml::MOST_BYTES + 1][..], 1).unwrap();
    let no_text = zstd::encode_all(&[0xff_u8; 9][..], 1).unwrap();
    let noise: Vec<u8> = (0..99).flat_map(|n| bytes(&format!("{n}"))).collect();
    let cut = &whole[..whole.len() / 2];
    for damaged in [cut, &too_long, &no_text, &noise, b""] {
        let raw = Connection::open(&path).unwrap();
        raw.execute("UPDATE articles SET html = ?1", [damaged])
            .unwrap();
        drop(raw);
        let error = store.articles(&with_html(), None, 10).unwrap_err();
        assert!(matches!(error, StoreError::DamagedHtml { .. }), "{error:?}");
        let id = article_id("a").to_string();
        assert!(error.to_string().contains(&id), "{error}");
        let page = store.articles(&ArticleQuery::default(), None, 10).unwrap();
        assert_eq!(page.articles.len(), 1);
    }
}

#[test]
fn markup_that_was_compressed_alone_is_read_as_ever() {
    let (_folder, path) = first_version();
    let mut store = Sqlite::open(&path).unwrap();
    let html = "<p>second, by an earlier version</p>".repeat(9);
    let alone = zstd::encode_all(html.as_bytes(), 1).unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute("UPDATE articles SET html = ?1", [alone])
        .unwrap();
    let stored = articles(&mut store).remove(0).article;
    assert_eq!(stored.html.unwrap().text, html);
}

#[test]
fn markup_is_stored_beside_its_body_in_few_bytes_and_shown_beside_no_other() {
    let (_folder, path) = first_version();
    let mut store = Sqlite::open(&path).unwrap();
    // Short, long, and empty.
    for (words, tag) in [(90, "p"), (3_000, "em"), (0, "b")] {
        let body: Vec<String> = (0..words)
            .map(|n| format!("{:x}", n * 2_654_435_761_u64))
            .collect();
        let html: Vec<String> = body
            .iter()
            .map(|word| format!("<{tag}>{word}</{tag}> "))
            .collect();
        let (body, html) = (body.join(" "), html.concat());
        let article = marked_up(&body, &html);
        replace(&mut store, &article);
        assert_eq!(articles(&mut store).remove(0).article.html, article.html);
    }
    let text =
        "Nobody would pack this line of words any smaller than it is, but here it stands twice.";
    replace(&mut store, &marked_up(text, &format!("<p>{text}</p>")));
    let raw = Connection::open(&path).unwrap();
    let bytes: usize = raw
        .query_row("SELECT length(html) FROM articles", [], |row| row.get(0))
        .unwrap();
    assert!(bytes < text.len() / 2, "{bytes} bytes");
    raw.execute(
        "UPDATE articles SET body = replace(body, 'Nobody', 'Anybody')",
        [],
    )
    .unwrap();
    let error = store.articles(&with_html(), None, 10).unwrap_err();
    assert!(matches!(error, StoreError::DamagedHtml { .. }), "{error:?}");
}
