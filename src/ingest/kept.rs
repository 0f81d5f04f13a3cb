//! Documents as they came: which are kept, and how those that could not be read are read once more
//! when that may succeed, without asking the publisher.

use super::{Ingest, request};
use crate::{
    model::{
        Action, CacheHints, Decided, DueFeed, FailKind, FeedSpec, HubLinks, Kept, NewBody,
        RawDocument, Time, Validators,
    },
    store::StoreError,
};

impl Ingest {
    /// A document that could not be read by an earlier version of the program or with other keys of
    /// the feed, if it can be now: then nobody need be asked for it.
    pub(super) async fn kept(
        &self,
        due: &DueFeed,
        spec: &FeedSpec,
    ) -> Result<Option<NewBody>, StoreError> {
        let unread = due.state.unread.as_ref();
        let failure = due.state.failure.as_ref();
        if failure.is_none_or(|failure| failure.kind != FailKind::Parse) {
            // It is not what stands there now.
            return Ok(None);
        }
        if unread.is_none_or(|unread| unread.reading == request::reading(spec)) {
            return Ok(None);
        }
        let newest = self.store.unread(due.id.clone()).await?.into_iter().next();
        let Some(mut body) = newest.map(kept_body) else {
            return Ok(None);
        };
        body.validators.clone_from(&due.state.validators);
        let trust = due.state.names.trust();
        let now = (self.clock)();
        let limits = self.limits(spec);
        let read = self.readers.read(spec, body.clone(), limits, trust, now);
        Ok(read.await.is_ok().then_some(body))
    }
}

/// What is stored of a document that was read: it must have brought something, and counts from the
/// moment at which that is stored.
pub(super) fn stored(kept: Kept, entries: &[Decided], now: Time) -> Kept {
    match kept {
        Kept::Read(_, _) if entries.iter().all(|entry| entry.action == Action::Touch) => {
            Kept::Nothing
        }
        Kept::Read(document, caps) => Kept::Read(
            RawDocument {
                at: now,
                ..document
            },
            caps,
        ),
        kept => kept,
    }
}

/// A document as it may be kept.
pub(super) fn raw(body: &NewBody, now: Time) -> RawDocument {
    RawDocument {
        at: now,
        url: body.final_url.clone(),
        content_type: body.content_type.clone(),
        status: body.status,
        bytes: body.bytes.clone(),
    }
}

/// A kept document as if it had just come.
#[must_use]
pub fn kept_body(document: RawDocument) -> NewBody {
    NewBody {
        bytes: document.bytes,
        content_type: document.content_type,
        validators: Validators {
            url: document.url.clone(),
            ..Validators::default()
        },
        final_url: document.url,
        moved: None,
        hints: CacheHints::default(),
        status: document.status,
        links: HubLinks::default(),
        alternates: Vec::new(),
    }
}
