//! Reading a fetched body: parse, then normalize, off the async threads and under a deadline.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::facts;
use crate::{
    model::{
        Cleanup, FailKind, Failure, FeedFacts, FeedId, FeedSpec, NewBody, RawFeed, Time,
        TrustedNames, printable,
    },
    normalize::{self, Context, Normalized},
    parse::{self, Limits, ParseError},
};

/// A parse that takes longer than this is given up; its thread is left to end by itself.
const PARSE_DEADLINE: Duration = Duration::from_secs(10);

/// A document as far as it could be read.
pub struct Document {
    /// What the normalizer made of it.
    pub normalized: Normalized,
    /// Its format and what had to be mended.
    pub raw: RawFeed,
    /// What it says of itself.
    pub facts: FeedFacts,
}

/// Reads documents, a few at a time: it is pure work, so no more at once than there are cores.
#[derive(Clone, Debug)]
pub(super) struct Readers(Arc<Semaphore>);

impl Readers {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(cores)))
    }

    pub(super) async fn read(
        &self,
        spec: &FeedSpec,
        body: NewBody,
        limits: Limits,
        trust: TrustedNames,
        now: Time,
    ) -> Result<Document, Failure> {
        // Held here and not on the thread: a document that is given up frees its place.
        let _permit = self.0.acquire().await;
        let (id, name, cleanup) = (spec.id.clone(), spec.name.clone(), spec.cleanup.clone());
        let work = tokio::task::spawn_blocking(move || {
            read_document(&body, &id, name.as_deref(), &cleanup, limits, trust, now)
        });
        match tokio::time::timeout(PARSE_DEADLINE, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(internal(
                "reading the document failed; this is a bug in Tidings, please report it",
            )),
            Err(_) => Err(internal(
                "reading the document took too long; it was given up",
            )),
        }
    }
}

/// Reads a fetched body: parse, then normalize. Pure work without a store, for `preview` too.
///
/// # Errors
/// Why the body is no readable feed.
pub fn read_document(
    body: &NewBody,
    id: &FeedId,
    name: Option<&str>,
    cleanup: &Cleanup,
    limits: Limits,
    trust: TrustedNames,
    now: Time,
) -> Result<Document, Failure> {
    let raw = parse::parse(
        &body.bytes,
        body.content_type.as_deref(),
        &body.final_url,
        limits,
    )
    .map_err(|error| Failure {
        kind: FailKind::Parse,
        status: Some(body.status),
        message: format!("{error}{}", instead(body, id, &error)),
    })?;
    let context = Context {
        feed_id: id,
        source_name: name,
        feed_url: &body.final_url,
        now,
        cleanup,
        trust,
    };
    let normalized = normalize::normalize(&raw, &context);
    let facts = facts::facts(&raw, &body.final_url, &body.links);
    Ok(Document {
        normalized,
        raw,
        facts,
    })
}

/// Where a page stands in the feed's place: what may have become of the feed.
fn instead(body: &NewBody, id: &FeedId, error: &ParseError) -> String {
    if *error != ParseError::WebPage {
        return String::new();
    }
    let page = parse::discover(body);
    match page.feeds.first() {
        Some(feed) => {
            let url = printable(&feed.url);
            format!("; it names {url}: `tidings feed edit {id} --url {url}` takes that instead")
        }
        None if page.asks_password => {
            "; it asks for a password, so the network or the site may want a login first".to_owned()
        }
        None => String::new(),
    }
}

fn internal(message: &str) -> Failure {
    Failure {
        kind: FailKind::Internal,
        status: None,
        message: message.to_owned(),
    }
}
