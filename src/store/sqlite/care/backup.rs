//! A copy of a store that may be in use, put under its name when it is complete and checked.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use super::{copy, look};
use crate::store::{
    StoreError,
    care::{BackedUp, Progress, Told},
    sqlite::{open::with_suffix, open_error},
};

/// Writes what the store holds at this moment to `to`.
///
/// # Errors
/// [`StoreError::Exists`] for a file that is there, unless `force`; the store itself, and one with a
/// log beside it, are never overwritten. [`StoreError::Corrupt`] if the copy is not sound.
pub fn backup(
    store: &Path,
    to: &Path,
    force: bool,
    told: Told<'_>,
) -> Result<BackedUp, StoreError> {
    let from = look(store)?;
    refuse(store, to, force)?;
    told(Progress::Begins("bytes to copy", 0));
    let (draft, report) = copy::checked(&from, to, false, told)?;
    if let Some(finding) = report.findings.first() {
        return Err(StoreError::Corrupt {
            path: store.to_owned(),
            source: format!("{finding:?}").into(),
        });
    }
    draft.put(to, force)?;
    let bytes = fs::metadata(to).map_err(|source| open_error(to, source))?;
    Ok(BackedUp {
        path: to.to_owned(),
        bytes: bytes.len(),
        articles: report.articles,
    })
}

/// Before the work: what stands in the way.
fn refuse(store: &Path, to: &Path, force: bool) -> Result<(), StoreError> {
    let Ok(there) = fs::metadata(to) else {
        return Ok(());
    };
    let exists = |remedy| {
        Err(StoreError::Exists {
            path: to.to_owned(),
            remedy,
        })
    };
    let own = fs::metadata(store).map_err(|source| open_error(store, source))?;
    if (there.dev(), there.ino()) == (own.dev(), own.ino()) {
        return exists("it is the store itself, name another");
    }
    if with_suffix(to, "-wal").exists() {
        return exists("it is a database in use, name another");
    }
    if !force {
        return exists("name another, or take --force");
    }
    Ok(())
}
