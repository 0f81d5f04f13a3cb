//! What a reload replaces: settings, feeds and the fetcher. A poll works with those it began with.

use std::sync::Arc;

use crate::{
    config::Config,
    fetch::Fetcher,
    model::{FeedId, FeedSpec, RawRule},
    parse::Limits,
};

/// What a reload replaces; a poll works with the setup it began with.
#[derive(Clone)]
pub struct Setup {
    pub(super) fetcher: Fetcher,
    pub(super) config: Arc<Config>,
    pub(super) specs: Arc<[FeedSpec]>,
    /// Where they stand in the order of their ids.
    by_id: Arc<[u32]>,
}

impl Setup {
    pub(super) fn new(fetcher: Fetcher, config: Arc<Config>, specs: Arc<[FeedSpec]>) -> Self {
        // In order, for a search: a map of a hundred thousand feeds would be half as large again. Copied: the
        // originals lie behind all that was used to read the files, and keep that from going back.
        let mut by_id: Vec<u32> = (0..).take(specs.len()).collect();
        by_id.sort_by_key(|at| specs.get(*at as usize).map(|spec| &spec.id));
        Self {
            fetcher,
            config,
            specs,
            by_id: by_id.into(),
        }
    }

    pub(super) fn spec(&self, id: &FeedId) -> Option<&FeedSpec> {
        let spec = |at: &u32| self.specs.get(*at as usize);
        let found = self
            .by_id
            .binary_search_by(|at| spec(at).map(|spec| &spec.id).cmp(&Some(id)));
        spec(self.by_id.get(found.ok()?)?)
    }

    pub(super) fn limits(&self, spec: &FeedSpec) -> Limits {
        Limits {
            max_entries: self.config.fetch.max_entries,
            pages: spec.kind.reads_pages(),
        }
    }

    /// Which documents of a feed are kept.
    pub(super) fn raw_rule(&self, spec: &FeedSpec) -> RawRule {
        let general = self.config.raw;
        RawRule {
            keep: spec.keep_raw.unwrap_or(general.keep),
            ..general
        }
    }
}
