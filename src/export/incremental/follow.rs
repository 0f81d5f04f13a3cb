//! The changes as lines of JSON, each with the cursor behind it, for readers of a stream.

use std::io::Write;

use serde::Serialize;

use super::{Keeper, PAGE, keeper::source, open, open::Export};
use crate::{
    export::{ExportError, Options, Tombstone, formats, record::Row},
    model::{ArticleQuery, Change, ChangePosition, ChangeQuery, ExportCursor, Time},
    store::Backend,
};

/// Where a reader begins.
pub enum Start<'a> {
    /// With the first change.
    Beginning,
    /// With the next change.
    Now,
    /// Behind a line that was read.
    Behind(ChangePosition),
    /// Where the last reader of a kept cursor ended.
    Kept {
        /// The cursor.
        keeper: &'a mut Keeper,
        /// From the beginning all the same.
        reset: bool,
    },
}

/// A reader of the changes.
pub struct Follow<'a> {
    backend: &'a mut dyn Backend,
    query: ArticleQuery,
    options: Options,
    position: ChangePosition,
    /// Up to here nothing was told of before, so nothing is to be dropped.
    quiet_until: i64,
    kept: Option<(&'a mut Keeper, ExportCursor)>,
}

/// A record or a tombstone, and the cursor behind it.
#[derive(Serialize)]
struct Line<T> {
    #[serde(flatten)]
    change: T,
    cursor: ChangePosition,
}

impl<'a> Follow<'a> {
    /// A reader that begins at `start`.
    ///
    /// # Errors
    /// [`ExportError::Cursor`] if the cursor is not this store's, or is another question's.
    pub fn new(
        backend: &'a mut dyn Backend,
        (query, question): (ArticleQuery, &str),
        options: Options,
        start: Start<'a>,
        now: Time,
    ) -> Result<Self, ExportError> {
        let store = backend.store_id().map_err(source)?;
        let last = backend
            .changed(&ChangeQuery::default())
            .map_err(source)?
            .last;
        let at = |seq| ChangePosition { store, seq };
        let (position, kept) = match start {
            Start::Beginning => (at(0), None),
            Start::Now => (at(last), None),
            Start::Behind(position) => {
                open::in_store("", position, store, last)?;
                (position, None)
            }
            Start::Kept { keeper, reset } => {
                let export = Export {
                    format: "tail",
                    question,
                    target: "-",
                };
                let mut cursor = export.open(backend, keeper, now, reset)?.cursor;
                cursor.pending = None;
                (cursor.position, Some((keeper, cursor)))
            }
        };
        Ok(Self {
            backend,
            query,
            options,
            position,
            quiet_until: if position.seq == 0 { last } else { 0 },
            kept,
        })
    }

    /// Writes the next page of changes, flushes, and moves the cursor if one is kept. False at the
    /// present.
    ///
    /// # Errors
    /// [`ExportError::PipeClosed`] if the reader went away; the cursor then stands before the page.
    pub fn next(&mut self, out: &mut dyn Write, now: Time) -> Result<bool, ExportError> {
        let query = ChangeQuery {
            articles: self.query.clone(),
            after: self.position.seq,
            until: None,
            limit: PAGE,
        };
        let page = self.backend.changed(&query).map_err(source)?;
        if page.through == self.position.seq {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        for change in &page.changes {
            if matches!(change, Change::Upsert(_)) || change.seq() > self.quiet_until {
                self.line(&mut bytes, change)
                    .map_err(|error| ExportError::stream(error.into()))?;
            }
        }
        out.write_all(&bytes)
            .and_then(|()| out.flush())
            .map_err(ExportError::stream)?;
        self.position.seq = page.through;
        if let Some((keeper, cursor)) = &mut self.kept {
            cursor.position = self.position;
            cursor.updated_at = now;
            keeper.save(cursor)?;
        }
        Ok(page.through < page.last)
    }

    fn line(&self, out: &mut Vec<u8>, change: &Change) -> serde_json::Result<()> {
        let cursor = ChangePosition {
            seq: change.seq(),
            ..self.position
        };
        match change {
            Change::Upsert(stored) => {
                let html = self.options.html.then_some(&self.options.cleanups);
                let html = html.map(|cleanups| formats::html(stored, cleanups));
                let change = Row::new(stored, html);
                serde_json::to_writer(&mut *out, &Line { change, cursor })?;
            }
            Change::Delete {
                id,
                seq,
                at,
                reason,
            } => {
                let change = Tombstone::new(*id, *seq, *at, *reason);
                serde_json::to_writer(&mut *out, &Line { change, cursor })?;
            }
        }
        out.push(b'\n');
        Ok(())
    }
}
