//! Care for whole files: check, back up, restore, compact, measure, recover.
//!
//! Files are looked at without migrating them, and never repaired in place. What replaces a file is
//! made beside it, complete and synced, and takes its place by a rename.

mod backup;
mod check;
mod compact;
mod copy;
mod recover;
mod restore;
mod scan;
mod settle;
mod stats;

use std::{fs, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempPath;

pub use backup::backup;
pub use check::check;
pub use compact::{compact, room};
pub use recover::recover;
pub use restore::restore;
pub use stats::stats;

use super::{
    Sql, Sqlite,
    head::InUse,
    open::{known_version, sync_folder, with_suffix},
    open_error,
};
use crate::store::StoreError;

/// Opens a store to look at it: nothing is migrated.
fn look(path: &Path) -> Result<Sqlite, StoreError> {
    if !super::open::exists(path)? {
        return Err(StoreError::Missing {
            path: path.to_owned(),
        });
    }
    let store = Sqlite::connect(path, InUse::checked(path)?)?;
    not_newer(&store)?;
    store
        .connection
        .pragma_update(None, "query_only", true)
        .map_err(|error| store.explain("open", error))?;
    Ok(store)
}

/// A file that is only read: not even a log is made beside it.
struct Source {
    store: Sqlite,
    /// A copy with its log, where there is one. Dropped after the store.
    _copy: Option<tempfile::TempDir>,
}

impl Source {
    /// Opens `path`; where a log lies beside it, copies of both in `folder`.
    fn open(path: &Path, folder: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, folder, false)
    }

    /// The same of a file whose list of tables may be damaged: those before the damage are found.
    fn open_damaged(path: &Path, folder: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, folder, true)
    }

    fn open_as(path: &Path, folder: &Path, is_damaged: bool) -> Result<Self, StoreError> {
        let failed = |source| open_error(path, source);
        if !super::open::exists(path)? {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        let mut in_use = InUse::checked(path)?;
        let log = with_suffix(path, "-wal");
        let has_log = fs::metadata(&log).is_ok_and(|meta| meta.len() > 0);
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let (mut copy, mut parameters) = (None, "");
        let mut at = fs::canonicalize(path).map_err(failed)?;
        if has_log {
            drop(in_use);
            let copied = copied(path, &log, folder).map_err(failed)?;
            at = copied.path().join(COPY);
            in_use = InUse::checked(&at)?;
            copy = Some(copied);
            flags |= OpenFlags::SQLITE_OPEN_READ_WRITE;
        } else {
            parameters = "?immutable=1";
            flags |= OpenFlags::SQLITE_OPEN_READ_ONLY;
        }
        let uri = format!("file:{}{parameters}", percent_encoded(&at));
        let connection =
            Connection::open_with_flags(uri, flags).map_err(|source| open_error(path, source))?;
        if is_damaged {
            let lenient = connection.pragma_update(None, "writable_schema", true);
            lenient.map_err(|source| open_error(path, source))?;
            // With that, the first look at the list may fail, and later ones take what it found.
            let _ = connection.execute_batch("SELECT 1 FROM sqlite_schema");
        }
        // Messages name the file, not its copy.
        let store = Sqlite::prepared(path, connection, in_use)?;
        not_newer(&store)?;
        Ok(Self { store, _copy: copy })
    }
}

/// What a copy is called in its folder.
const COPY: &str = "store.db";

fn copied(path: &Path, log: &Path, folder: &Path) -> std::io::Result<tempfile::TempDir> {
    let copy = tempfile::Builder::new()
        .prefix(".tidings-copy-")
        .tempdir_in(folder)?;
    let at = copy.path().join(COPY);
    fs::copy(log, with_suffix(&at, "-wal"))?;
    fs::copy(path, &at)?;
    Ok(copy)
}

/// A path as SQLite's file names of URI form want it.
fn percent_encoded(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                out.push(char::from(*byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn not_newer(store: &Sqlite) -> Result<(), StoreError> {
    let (found, known) = (store.version()?, known_version());
    if found > known {
        let path = store.path.clone();
        return Err(StoreError::Newer { path, found, known });
    }
    Ok(())
}

/// True for what a damaged file makes SQLite say.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    ) || matches!(error, rusqlite::Error::SqliteFailure(code, _)
        // A page that lies beyond the end of a cut-off file.
        if code.code == ErrorCode::SystemIoFailure)
}

/// The folder that a file lies in.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A file for what is to become `path`, held by a lock as long as its maker lives.
struct Draft {
    path: TempPath,
    /// Tells a draft that is being made from one that a kill left. Closed after the connection to
    /// it, whose own locks that would drop.
    held: fs::File,
}

/// What drafts are called, between a dot and their random end.
const DRAFT: &str = ".tidings-draft-";

impl Draft {
    /// Makes one in the folder of `path`, and removes those that killed processes left there.
    fn beside(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| open_error(path, source);
        let folder = folder_of(path);
        sweep(folder).map_err(failed)?;
        let file = tempfile::Builder::new()
            .prefix(DRAFT)
            .tempfile_in(folder)
            .map_err(failed)?;
        let (file, temporary) = file.into_parts();
        file.lock().map_err(failed)?;
        Ok(Self {
            path: temporary,
            held: file,
        })
    }

    /// Puts it into its place, whole and for good; never in the place of another file, unless
    /// `force`. No connection may be open to it.
    fn put(self, path: &Path, force: bool) -> Result<(), StoreError> {
        let failed = |source| open_error(path, source);
        self.held.sync_all().map_err(failed)?;
        let put = match force {
            true => self.path.persist(path),
            false => self.path.persist_noclobber(path),
        };
        match put {
            Ok(()) => sync_folder(folder_of(path)).map_err(failed),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(StoreError::Exists {
                    path: path.to_owned(),
                    remedy: "name another, or take --force",
                })
            }
            Err(error) => Err(failed(error.error)),
        }
    }
}

fn sweep(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(DRAFT) {
            continue;
        }
        let of_draft = ["-journal", "-wal", "-shm"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix));
        let draft = of_draft.map_or_else(|| path.clone(), |name| folder.join(name));
        let is_left = match fs::File::open(&draft) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if is_left {
            // Another process may be as quick.
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

/// A copy of all that a store holds at one moment, written as one read and without free pages.
///
/// Not the backup interface: with a writer in another process that begins anew after each of its
/// commits, and it took a fifth longer.
fn vacuum_into(db: &Connection, path: &Path) -> Sql<()> {
    let name = path.to_string_lossy();
    db.busy_timeout(Duration::from_secs(60))?;
    // It would keep the copy from being written too.
    db.pragma_update(None, "query_only", false)?;
    db.execute("VACUUM INTO ?1", [name.as_ref()]).map(|_| ())
}
