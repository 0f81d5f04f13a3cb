//! A backup in the place of the store. The backup is only read; the store that was there is kept.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
};

use super::{Source, Sql, Sqlite, copy, folder_of};
use crate::store::{
    SoleUse, StoreError,
    care::{CheckReport, Finding, Restored, Told},
    sqlite::{
        head::InUse,
        open::{known_version, sync_folder, with_suffix},
        open_error,
    },
};

/// Puts a copy of the backup in the place of the store, once every article in it is found sound; with
/// `damaged_too` that alone is no hindrance: what was saved of a damaged store has such articles.
///
/// The copy gets a name of its own ([`crate::model::StoreId`]): it will give numbers of the change
/// sequence to other changes than the lost store did, so that cursors into that one must not go on.
///
/// # Errors
/// [`StoreError::BadBackup`], [`StoreError::InUse`], and those of a file that is no store of ours. The
/// store is left as it is.
pub fn restore(
    backup: &Path,
    store: &Path,
    damaged_too: bool,
    told: Told<'_>,
) -> Result<Restored, StoreError> {
    let folder = folder_of(store);
    fs::create_dir_all(folder).map_err(|source| open_error(store, source))?;
    let _alone = SoleUse::acquire(store)?;
    let source = Source::open(backup, folder)?;
    let (draft, report) =
        copy::checked(&source.store, store, true, told).map_err(|error| bad(backup, error))?;
    refuse_damage(backup, &report, damaged_too)?;
    let version = source.store.version()?;
    drop(source);
    let copied = Sqlite::connect(&draft.path, InUse::unchecked(&draft.path)?)?;
    let renamed = rename(&copied);
    renamed.map_err(|error| copied.explain("name the store", error))?;
    copied.finish()?;
    let kept = match store.try_exists() {
        Ok(false) => None,
        _ => Some(set_aside(store, &draft.path)?),
    };
    draft.put(store, true)?;
    Ok(Restored {
        articles: report.articles,
        kept,
        is_older: version < known_version(),
    })
}

fn bad(backup: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Corrupt { source, .. } => StoreError::BadBackup {
            path: backup.to_owned(),
            what: source.to_string(),
        },
        error => error,
    }
}

fn refuse_damage(backup: &Path, report: &CheckReport, damaged_too: bool) -> Result<(), StoreError> {
    let damaged = report.damaged().count();
    let what = match report.findings.first() {
        None => return Ok(()),
        Some(_) if damaged_too && damaged == report.findings.len() => return Ok(()),
        Some(_) if damaged > 0 => format!("{damaged} of its articles"),
        Some(Finding::Structure(fault)) => fault.clone(),
        Some(finding) => format!("{finding:?}"),
    };
    let path = backup.to_owned();
    Err(StoreError::BadBackup { path, what })
}

/// An older store has no name yet and gets one with its migration.
fn rename(store: &Sqlite) -> Sql<()> {
    let has_name = "SELECT count(*) FROM sqlite_schema WHERE name = 'identity'";
    let db = &store.connection;
    if db.query_row(has_name, [], |row| row.get::<_, i64>(0))? == 1 {
        db.execute(
            "UPDATE identity SET value = randomblob(16) WHERE name = 'store_id'",
            [],
        )?;
    }
    Ok(())
}

/// Gives the store another name beside its own, and moves its log there. At no moment is there no
/// file under its own name, or another's log beside it.
fn set_aside(store: &Path, draft: &Path) -> Result<PathBuf, StoreError> {
    let failed = |source| open_error(store, source);
    let old = fs::metadata(store).map_err(failed)?;
    merge_log(store)?;
    let aside = (1..).map(|n| with_suffix(store, &format!(".before-restore-{n}")));
    let mut aside = aside.filter(|path| !path.exists());
    let Some(aside) = aside.next() else {
        return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
    };
    fs::hard_link(store, &aside).map_err(failed)?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(with_suffix(store, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    fs::set_permissions(draft, old.permissions()).map_err(failed)?;
    // Only root may, and only root's restore needs it.
    let _ = chown(draft, Some(old.uid()), Some(old.gid()));
    sync_folder(folder_of(store)).map_err(failed)?;
    Ok(aside)
}

/// Brings the log into the file, if that can be read; leaving the mode with a log needs the file
/// alone, so that anybody who still has it open is noticed.
fn merge_log(path: &Path) -> Result<(), StoreError> {
    let Ok(in_use) = InUse::checked(path) else {
        // Not to be read: kept as it is.
        return Ok(());
    };
    let store = match Sqlite::connect(path, in_use) {
        Ok(store) => store,
        Err(StoreError::Corrupt { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let merged = store
        .connection
        .pragma_update(None, "journal_mode", "delete");
    match merged.map_err(|error| store.explain("close the old store", error)) {
        Err(StoreError::Busy { path }) => Err(StoreError::InUse {
            path,
            who: "another program".to_owned(),
        }),
        // Damaged: its log is kept beside it.
        Err(StoreError::Corrupt { .. } | StoreError::Sql { .. }) | Ok(()) => Ok(()),
        Err(error) => Err(error),
    }
}
