//! A batch with all that can be made of its articles before they wait for the one writer: their
//! markup compressed (so that a waiting batch is small), their texts folded for the index, the
//! sketches by which near copies are found. Pure.

use std::{borrow::Cow, io};

use super::{
    StoreError,
    sqlite::{Compressor, Frame, raw},
};
use crate::model::{
    Action, Article, Batch, Decided, FeedCommit, Kept,
    near::{self, Sketch},
    search,
};

/// A batch, ready to be written.
pub struct Packed {
    batch: Batch,
    /// Of each entry, in order.
    prepared: Vec<Prepared>,
    /// The body of the document that is to be kept.
    raw: Option<Vec<u8>>,
}

/// What was made of an article.
#[derive(Default)]
pub(super) struct Prepared {
    /// Compressed; `None` where none is kept.
    pub(super) markup: Option<Frame>,
    /// For the index; `None` where it is the text itself.
    pub(super) title: Option<String>,
    pub(super) body: Option<String>,
    /// `None` of texts that are too short to be copies.
    pub(super) sketch: Option<Sketch>,
}

impl Prepared {
    /// Of a title and a body, without markup.
    pub(super) fn texts(title: &str, body: &str, words: usize) -> Self {
        let folded = |text| match search::folded(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(folded) => Some(folded),
        };
        let sketch = (words >= near::FEWEST_WORDS).then(|| Sketch::of(body));
        Self {
            markup: None,
            title: folded(title),
            body: folded(body),
            sketch: sketch.flatten(),
        }
    }

    /// Of an article that comes alone.
    pub(super) fn of(article: &Article) -> io::Result<Self> {
        Self::with(article, &mut None)
    }

    /// Of an article; the compressor is made when there is work for it.
    fn with<'a>(article: &'a Article, compressor: &mut Option<Compressor<'a>>) -> io::Result<Self> {
        let markup = match (&article.html, compressor) {
            (None, _) => None,
            (Some(html), Some(compressor)) => compressor.compressed(&html.text, &article.body)?,
            (Some(html), none) => none
                .insert(Compressor::new()?)
                .compressed(&html.text, &article.body)?,
        };
        Ok(Self {
            markup,
            ..Self::texts(&article.title, &article.body, article.words())
        })
    }
}

impl Packed {
    /// Makes what can be made of the articles that are to be stored. This is the work of some
    /// milliseconds: not for an async thread.
    ///
    /// # Errors
    /// If the compressor has no memory.
    pub fn new(mut batch: Batch) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Sql {
            context: "prepare articles",
            source: Box::new(source),
        };
        let prepared = prepared(&batch.entries).map_err(failed)?;
        let raw = match &batch.feed {
            Some(feed) => raw::packed(&feed.unread).map_err(failed)?,
            None => None,
        };
        if let Some(Kept::One(document) | Kept::Read(document, _)) =
            batch.feed.as_mut().map(|feed| &mut feed.unread)
        {
            document.bytes = bytes::Bytes::new();
        }
        for entry in &mut batch.entries {
            if let Action::Insert(article) | Action::Replace { article, .. } = &mut entry.action
                && let Some(html) = &mut article.html
            {
                html.text = String::new();
            }
        }
        Ok(Self {
            batch,
            prepared,
            raw,
        })
    }

    /// True if packing a batch is work: a millisecond's, or a compressor's.
    pub(super) fn has_work(batch: &Batch) -> bool {
        const MUCH: usize = 16 << 10;
        let articles = || batch.entries.iter().filter_map(article);
        let has_raw = |feed: &FeedCommit| feed.unread.document().is_some();
        articles().any(|article| article.html.is_some())
            || batch.feed.as_ref().is_some_and(has_raw)
            || articles().map(|article| article.body.len()).sum::<usize>() > MUCH
    }

    /// The batch; the text of its markup is gone.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The body of the document that is to be kept, as it is stored.
    pub(super) fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref()
    }

    /// The entries, each with what was made of its article.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Decided, &Prepared)> {
        self.batch.entries.iter().zip(&self.prepared)
    }
}

fn article(entry: &Decided) -> Option<&Article> {
    match &entry.action {
        Action::Insert(article) | Action::Replace { article, .. } => Some(article),
        Action::Link { .. } | Action::Touch => None,
    }
}

/// What is made of each entry's article.
pub(super) fn prepared(entries: &[Decided]) -> io::Result<Vec<Prepared>> {
    let mut compressor = None;
    let prepare = |entry| match article(entry) {
        Some(article) => Prepared::with(article, &mut compressor),
        None => Ok(Prepared::default()),
    };
    entries.iter().map(prepare).collect()
}
