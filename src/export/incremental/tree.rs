//! A folder of Markdown files that is kept in step: names follow from articles, so a range that is
//! applied twice leaves what it left the first time.

use std::path::Path;

use super::Run;
use crate::{
    export::{
        ExportError, Tally,
        manifest::{self, CursorRange},
        targets::directory::{self, Tree},
    },
    model::{Change, ChangePosition, Removal},
};

pub(super) fn run(run: &mut Run<'_>, root: &Path) -> Result<(), ExportError> {
    let from = run.cursor.position;
    if from.seq >= run.last && !run.cursor.is_restarted() {
        return Ok(());
    }
    directory::create(root)?;
    let manifest = manifest::in_folder(root);
    let former = manifest::read(&manifest)?;
    let begun = former
        .as_ref()
        .and_then(|former| former.cursor.as_ref())
        .filter(|range| range.from.store == from.store && range.to.seq <= run.last)
        .map(|range| range.from);
    // A folder that was filled before may hold what was deleted since.
    let quiet_until = std::mem::take(&mut run.quiet_until);
    let mut tree = Tree::scan(root)?;
    let options = run.options.clone();
    let mut writer = options.writer();
    let mut tally = Tally::default();
    let mut seq = from.seq;
    while seq < run.last {
        let page = run.page(seq, run.last)?;
        seq = page.through;
        for change in &page.changes {
            match change {
                Change::Upsert(stored) => {
                    tally.count(stored);
                    tree.article(root, writer.as_mut(), stored)?;
                }
                // The folder may hold others' exports still.
                Change::Delete {
                    reason: Removal::Unmatched,
                    seq,
                    ..
                } if *seq <= quiet_until => {}
                Change::Delete { id, .. } => {
                    run.done.removed += u64::from(tree.drop_article(*id)?);
                }
            }
        }
    }
    tree.commit()?;
    if run.cursor.is_restarted() {
        tree.drop_rest()?;
        run.cursor.pending = None;
    }
    run.done.articles = tally.articles;
    run.done.files = tree.summary;
    let range = CursorRange {
        name: run.cursor.name.clone(),
        from: begun.unwrap_or(ChangePosition {
            seq: from.seq,
            ..from
        }),
        to: ChangePosition { seq, ..from },
    };
    let files = std::mem::take(&mut tree.files);
    manifest::write_range(&manifest, &options, tally, files, former, Some(range))?;
    run.acknowledge(seq)
}
