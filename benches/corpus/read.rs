//! One document through the library, and through bare feed-rs; whatever panics becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::{model::Feed, parser::Builder};
use tidings::{
    model::{Article, Cleanup, FeedId, RawEntry, RawFeed, Time},
    normalize::{self, Context, Normalized},
    parse::{self, Limits, ParseError},
};

use crate::{Result, report::short};

/// Where documents come from that do not say so.
pub(crate) const BASE: &str = "https://feeds.example/feed.xml";

/// No document of a corpus is cut.
const LIMITS: Limits = Limits {
    max_entries: 1_000_000,
    pages: false,
};

/// Reads documents the way that Tidings does.
pub(crate) struct Reader {
    id: FeedId,
    now: Time,
    cleanup: Cleanup,
}

impl Reader {
    pub(crate) fn new() -> Result<Self> {
        let id = "corpus".parse()?;
        let now = tidings::daemon::now();
        let cleanup = Cleanup::default();
        Ok(Self { id, now, cleanup })
    }

    /// Parses a document from a URL; the error is in words.
    pub(crate) fn parse(
        &self,
        bytes: &[u8],
        content_type: Option<&str>,
        base: &str,
    ) -> std::result::Result<RawFeed, String> {
        match guarded(|| parse::parse(bytes, content_type, base, LIMITS))? {
            Ok(feed) => Ok(feed),
            Err(ParseError::Panicked(why)) => Err(format!("panic: {why}")),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn normalize(
        &self,
        feed: &RawFeed,
        base: &str,
    ) -> std::result::Result<Normalized, String> {
        guarded(|| normalize::normalize(feed, &self.context(base)))
    }

    /// The article of one entry, as if it were its feed's only one.
    pub(crate) fn article(&self, feed: &RawFeed, entry: &RawEntry, base: &str) -> Option<Article> {
        let alone = RawFeed {
            entries: vec![entry.clone()],
            ..feed.clone()
        };
        let normalized = self.normalize(&alone, base).ok()?;
        normalized.entries.into_iter().next().map(|it| it.article)
    }

    fn context<'a>(&'a self, feed_url: &'a str) -> Context<'a> {
        Context {
            feed_id: &self.id,
            source_name: None,
            feed_url,
            now: self.now,
            cleanup: &self.cleanup,
            trust: Default::default(),
        }
    }
}

/// The document as feed-rs alone reads it; `None` if it does not, or finds no entry.
pub(crate) fn bare(bytes: &[u8]) -> Option<Feed> {
    let parser = Builder::new()
        .base_uri(Some(BASE))
        .id_generator(|_, _, _| String::new())
        .sanitize_content(false)
        .build();
    let feed = guarded(|| parser.parse(bytes)).ok()?.ok()?;
    (!feed.entries.is_empty()).then_some(feed)
}

/// Runs something that may panic; [`crate::main`] has silenced the hook.
fn guarded<T>(work: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let why = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned());
        format!("panic: {}", short(&why.unwrap_or_default()))
    })
}
