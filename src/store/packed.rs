//! A batch whose bodies' markup is compressed already, so that the one writer need not do it, and
//! so that a batch is small while it waits for the writer. Pure.

use super::{
    StoreError,
    sqlite::{self, Frame},
};
use crate::model::{Action, Article, Batch, Decided};

/// A batch, ready to be written.
pub struct Packed {
    batch: Batch,
    /// Of each entry, in order.
    markup: Vec<Option<Frame>>,
}

impl Packed {
    /// Compresses the markup of what is to be stored. This is the work of some milliseconds: not
    /// for an async thread.
    ///
    /// # Errors
    /// If the compressor has no memory.
    pub fn new(mut batch: Batch) -> Result<Self, StoreError> {
        let markup = packed(&batch.entries).map_err(|source| StoreError::Sql {
            context: "compress markup",
            source: Box::new(source),
        })?;
        for entry in &mut batch.entries {
            if let Action::Insert(article) | Action::Replace { article, .. } = &mut entry.action
                && let Some(html) = &mut article.html
            {
                html.text = String::new();
            }
        }
        Ok(Self { batch, markup })
    }

    /// True if packing a batch is work.
    pub(super) fn has_work(batch: &Batch) -> bool {
        let mut articles = batch.entries.iter().filter_map(article);
        articles.any(|article| article.html.is_some())
    }

    /// The batch; the text of its markup is gone.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The entries, each with its article's markup as it is stored.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Decided, Option<&Frame>)> {
        let markup = self.markup.iter().map(Option::as_ref);
        self.batch.entries.iter().zip(markup)
    }
}

fn article(entry: &Decided) -> Option<&Article> {
    match &entry.action {
        Action::Insert(article) | Action::Replace { article, .. } => Some(article),
        Action::Link { .. } | Action::Touch => None,
    }
}

/// The markup of each entry as it is stored.
pub(super) fn packed(entries: &[Decided]) -> std::io::Result<Vec<Option<Frame>>> {
    let mut compressor = None;
    let mut pack = |entry| {
        let Some(Article {
            html: Some(html),
            body,
            ..
        }) = article(entry)
        else {
            return Ok(None);
        };
        let compressor = match &mut compressor {
            Some(compressor) => compressor,
            none => none.insert(sqlite::Compressor::new()?),
        };
        compressor.compressed(&html.text, body)
    };
    entries.iter().map(&mut pack).collect()
}
