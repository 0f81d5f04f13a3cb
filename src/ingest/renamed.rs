//! Documents whose entries have other names than last time: they are read by the names that can be
//! relied on, and their entries are known again by what they say.

use tracing::info;

use super::{
    Document, Ingest,
    learnt::Learnt,
    names::{self, adopt, is_unsettled, weigh},
    state::Seen,
};
use crate::{
    model::{DueFeed, Failure, FeedSpec, Names, NewBody, Time},
    store::StoreError,
};

impl Ingest {
    /// Reads a document by the names that count after it.
    pub(super) async fn read_known(
        &self,
        spec: &FeedSpec,
        body: NewBody,
        old: &Names,
        now: Time,
    ) -> Result<Document, Failure> {
        let (limits, trust) = (self.limits(spec), old.trust());
        let again = body.clone();
        let document = self.readers.read(spec, body, limits, trust, now).await?;
        if again.status == 226 {
            // What is new alone.
            return Ok(document);
        }
        let marks = names::marks(&document.normalized.entries);
        let new = weigh(old, &marks, now).trust();
        if new == trust {
            return Ok(document);
        }
        info!(
            feed.id = %spec.id, names.guids = new.guids, names.links = new.links,
            "{}: the names of its entries change from document to document: they are known by {} from now on",
            spec.id,
            match (new.guids, new.links) {
                (_, false) => "what they say",
                _ => "their links",
            }
        );
        self.readers.read(spec, again, limits, new, now).await
    }

    /// Gives entries whose names have changed their articles.
    pub(super) async fn know_again(
        &self,
        due: &DueFeed,
        learnt: &mut Learnt,
    ) -> Result<(), StoreError> {
        let Seen::Document {
            digest,
            delta: false,
            ..
        } = &learnt.seen
        else {
            return Ok(());
        };
        let old = &due.state.names;
        let new = weigh(old, &digest.marks, (self.clock)());
        if !is_unsettled(old, &new) {
            return Ok(());
        }
        let titles = learnt
            .entries
            .iter()
            .map(|entry| entry.article.title.clone())
            .collect();
        let namesakes = self.store.namesakes(due.row, titles).await?;
        adopt(&mut learnt.entries, &namesakes, new.trust().links);
        Ok(())
    }
}
