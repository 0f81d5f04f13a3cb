//! Incremental exports: what changed since the last run, each change exactly once, whatever is killed
//! when.
//!
//! The order is always the same: write, make durable, then move the cursor. What a run that was cut
//! off left is told from what was acknowledged by the target itself: `append` cuts a file back to the
//! cursor's size, `parts` knows a part by its sum, `tree` writes the same files under the same names.
//! This decides nothing about articles and reads no clock.

mod append;
mod error;
mod follow;
mod keeper;
mod open;
mod parts;
mod tree;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use super::{ArticleWriter, ExportError, Format, Options, Summary, Target, Tombstone};
use crate::{
    model::{ArticleQuery, Change, ChangePage, ChangeQuery, ExportCursor, Time},
    store::Backend,
};

use open::Export;

pub use error::CursorError;
pub use follow::{Follow, Start};
pub use keeper::Keeper;

/// Changes that are looked at in one read.
const PAGE: usize = 500;

/// What an incremental export is asked for.
pub struct Incremental<'a> {
    /// Where changes are read.
    pub backend: &'a mut dyn Backend,
    /// Where the cursor is kept.
    pub keeper: &'a mut Keeper,
    /// Which articles; the order is that of the changes.
    pub query: ArticleQuery,
    /// The question and the style as JSON with sorted keys: a cursor belongs to one.
    pub question: String,
    /// How to write.
    pub options: Options,
    /// The moment that the cursor is stamped with.
    pub now: Time,
    /// Begin anew, in the place of what is there.
    pub reset: bool,
}

/// What an incremental export did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Articles that are new or changed.
    pub articles: u64,
    /// Articles that are to be dropped.
    pub removed: u64,
    /// What became of files.
    pub files: Summary,
    /// Where the cursor stood.
    pub from: i64,
    /// Where it stands.
    pub to: i64,
}

impl Incremental<'_> {
    /// Exports what changed; `progress` hears the numbers of the change sequence that are done.
    ///
    /// # Errors
    /// [`ExportError::Cursor`] before anything is written; others when part of it may be done, and then
    /// the next run goes on where the cursor stands.
    pub fn run(
        mut self,
        target: Target<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Exported, ExportError> {
        fits(&target, &self.options)?;
        self.options.tells_changes = true;
        let export = Export {
            format: self.options.format.name(),
            question: &self.question,
            target: &place(&target),
        };
        let opened = export.open(self.backend, self.keeper, self.now, self.reset)?;
        let is_begun = opened.cursor.pending.is_some() && !opened.cursor.is_restarted();
        let is_first = opened.cursor.position.seq == 0 && !is_begun;
        let mut run = Run {
            backend: self.backend,
            keeper: self.keeper,
            query: self.query,
            options: self.options,
            now: self.now,
            is_new: opened.is_new,
            quiet_until: if is_first { opened.last } else { 0 },
            done: Exported {
                from: opened.cursor.position.seq,
                ..Exported::default()
            },
            cursor: opened.cursor,
            last: opened.last,
            progress,
        };
        match target {
            Target::Stream(out) => run.stream(out)?,
            Target::File(path) => append::run(&mut run, path)?,
            Target::Directory(root) if run.options.format == Format::Markdown => {
                tree::run(&mut run, root)?;
            }
            Target::Directory(root) => parts::run(&mut run, root)?,
        }
        run.done.to = run.cursor.position.seq;
        Ok(run.done)
    }
}

/// What a target is called in a cursor: its absolute path, links resolved as far as they exist.
fn place(target: &Target<'_>) -> String {
    let absolute = |path: &Path| -> PathBuf {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // What is yet to be made has no links.
        let real = path.ancestors().find_map(|ancestor| {
            let rest = path.strip_prefix(ancestor).ok()?;
            Some(ancestor.canonicalize().ok()?.join(rest))
        });
        // A `/` at the end makes no other place.
        real.unwrap_or(path).components().collect()
    };
    match target {
        Target::Stream(_) => "-".to_owned(),
        Target::File(path) | Target::Directory(path) => absolute(path).display().to_string(),
    }
}

/// An error if the format cannot tell of changes at this kind of target.
fn fits(target: &Target<'_>, options: &Options) -> Result<(), CursorError> {
    let format = options.format;
    let remedy = match (format, target) {
        (Format::Markdown, Target::Directory(_)) => return Ok(()),
        (Format::Markdown, _) => "export it into a folder (a path that ends in /)",
        _ if format.has_tombstones() => return Ok(()),
        _ => "add --format jsonl, csv, or markdown with a folder",
    };
    Err(CursorError::NoChanges {
        format: format.name(),
        remedy,
    })
}

/// A run that has begun.
struct Run<'a> {
    backend: &'a mut dyn Backend,
    keeper: &'a mut Keeper,
    query: ArticleQuery,
    options: Options,
    now: Time,
    cursor: ExportCursor,
    /// The cursor is yet to be written down for the first time.
    is_new: bool,
    /// Up to here nothing was ever exported, so nothing is to be dropped.
    quiet_until: i64,
    /// The sequence's last number when the run began: it ends there.
    last: i64,
    done: Exported,
    progress: &'a mut dyn FnMut(u64),
}

impl Run<'_> {
    /// The next changes behind `after`, up to `until`.
    fn page(&mut self, after: i64, until: i64) -> Result<ChangePage, ExportError> {
        let query = ChangeQuery {
            articles: self.query.clone(),
            after,
            until: Some(until),
            limit: PAGE,
        };
        let mut page = self.backend.changed(&query).map_err(keeper::source)?;
        let quiet = self.quiet_until;
        page.changes
            .retain(|change| matches!(change, Change::Upsert(_)) || change.seq() > quiet);
        let done = u64::try_from(page.through - self.done.from);
        (self.progress)(done.unwrap_or_default());
        Ok(page)
    }

    /// Writes one change, and counts it.
    fn write(
        &mut self,
        writer: &mut dyn ArticleWriter,
        out: &mut dyn Write,
        change: &Change,
    ) -> std::io::Result<()> {
        match change {
            Change::Upsert(stored) => {
                self.done.articles += 1;
                writer.article(out, stored)
            }
            Change::Delete {
                id,
                seq,
                at,
                reason,
            } => {
                self.done.removed += 1;
                writer.removed(out, &Tombstone::new(*id, *seq, *at, *reason))
            }
        }
    }

    /// Everything up to `seq` is durable at the target.
    fn acknowledge(&mut self, seq: i64) -> Result<(), ExportError> {
        self.cursor.position.seq = seq;
        self.cursor.updated_at = self.now;
        self.keeper.save(&self.cursor)
    }

    /// Standard output: a page is written and flushed, then the cursor moves. Whoever dies in between
    /// is told of the page again.
    fn stream(&mut self, out: &mut dyn Write) -> Result<(), ExportError> {
        let options = self.options.clone();
        let mut writer = options.writer();
        let mut is_begun = false;
        while self.cursor.position.seq < self.last {
            let page = self.page(self.cursor.position.seq, self.last)?;
            let mut bytes = Vec::new();
            if !is_begun && !page.changes.is_empty() {
                is_begun = true;
                writer.begin(&mut bytes).map_err(ExportError::stream)?;
            }
            for change in &page.changes {
                self.write(writer.as_mut(), &mut bytes, change)
                    .map_err(ExportError::stream)?;
            }
            out.write_all(&bytes)
                .and_then(|()| out.flush())
                .map_err(ExportError::stream)?;
            self.acknowledge(page.through)?;
        }
        Ok(())
    }
}
