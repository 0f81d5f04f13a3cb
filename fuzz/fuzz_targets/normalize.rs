//! Whatever could be read becomes articles that keep their promises, and markup that is safe.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::{
    model::{Cleanup, Time},
    normalize::{Context, normalize, sanitize},
    parse::{Limits, parse},
};

fuzz_target!(|data: &[u8]| {
    let limits = Limits { max_entries: 50, pages: true };
    let Ok(feed) = parse(data, None, "https://example.org/feed", limits) else {
        return;
    };
    let cleanup = Cleanup::default();
    let feed_id = "fuzz".parse().expect("an id");
    let context = Context {
        feed_id: &feed_id,
        source_name: None,
        feed_url: "https://example.org/feed",
        now: Time::UNIX_EPOCH,
        cleanup: &cleanup,
        trust: Default::default(),
    };
    let normalized = normalize(&feed, &context);
    for (at, entry) in normalized.entries.iter().enumerate() {
        let article = &entry.article;
        assert!(!article.title.contains(['\n', '\r']), "{:?}", article.title);
        assert!(
            !article.body.ends_with('\n') && !article.body.contains("\n\n"),
            "{:?}",
            article.body
        );
        for url in [&article.url, &article.canonical_url].into_iter().flatten() {
            assert!(
                url.starts_with("http://") || url.starts_with("https://"),
                "{url:?}"
            );
        }
        let earlier = normalized.entries[..at].iter();
        assert!(
            earlier.into_iter().all(|other| other.key != entry.key),
            "a key twice"
        );
        if let Some(html) = &article.html {
            let safe = sanitize(&html.text, html.base.as_deref(), &cleanup).to_ascii_lowercase();
            assert!(
                !safe.contains("<script") && !safe.contains("<iframe"),
                "{safe:?}"
            );
        }
    }
});
