//! Opening: refuse what is not ours, create whole or not at all, migrate.
//!
//! A new store is made under a temporary name and linked into place when it is complete, so that
//! a kill during creation leaves no half-made file, and an empty file is never taken for a store.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use super::{
    Sql, Sqlite, hash,
    head::{APPLICATION_ID, InUse},
    open_error, search,
};
use crate::store::{StoreError, lock::running_daemon};

/// Every schema step, oldest first; `PRAGMA user_version` counts those done.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_init.sql"),
    include_str!("migrations/0002_details.sql"),
    include_str!("migrations/0003_hosts.sql"),
    include_str!("migrations/0004_backfills.sql"),
    include_str!("migrations/0005_subscriptions.sql"),
    include_str!("migrations/0006_unread.sql"),
    include_str!("migrations/0007_past_urls.sql"),
    include_str!("migrations/0008_refused.sql"),
    include_str!("migrations/0009_markup.sql"),
    include_str!("migrations/0010_integrity.sql"),
    search::MIGRATION,
    include_str!("migrations/0012_cursors.sql"),
    include_str!("migrations/0013_raw.sql"),
];

/// Bytes of a new store's pages. An article with its markup takes about 4 kB: of pages of 4 kB each
/// would fill one and begin another, which costs a tenth more bytes.
const PAGE: u32 = 8192;

/// Pages in the log before they are copied to the file. Each copy writes the pages of the indexes
/// anew.
const CHECKPOINT: u32 = 2000;

impl Sqlite {
    /// Opens for reading and writing; makes and migrates the file where needed.
    ///
    /// # Errors
    /// [`StoreError::Foreign`], [`StoreError::Newer`] (both leave the file untouched), or why the
    /// file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !exists(path)? {
            create(path)?;
        }
        let mut store = Self::connect(path, InUse::checked(path)?)?;
        store.bring_up_to_date()?;
        store
            .prepare_writer()
            .map_err(|error| store.explain("prepare the store", error))?;
        Ok(store)
    }

    /// Opens an existing store for reading only.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no file; otherwise as [`Sqlite::open`].
    pub fn open_reader(path: &Path) -> Result<Self, StoreError> {
        if !exists(path)? {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        // Not opened read-only: SQLite needs to write the -shm file. `query_only` guards instead.
        let mut store = Self::connect(path, InUse::checked(path)?)?;
        store.bring_up_to_date()?;
        store
            .connection
            .pragma_update(None, "query_only", true)
            .map_err(|error| store.explain("open", error))?;
        Ok(store)
    }

    pub(super) fn connect(path: &Path, in_use: InUse) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|source| open_error(path, source))?;
        Self::prepared(path, connection, in_use)
    }

    pub(super) fn prepared(
        path: &Path,
        connection: Connection,
        in_use: InUse,
    ) -> Result<Self, StoreError> {
        let store = Self {
            connection,
            path: path.to_owned(),
            _in_use: in_use,
        };
        store
            .prepare_connection()
            .map_err(|error| store.explain("open", error))?;
        Ok(store)
    }

    /// Settings of every connection (measured reasons: design notes on SQLite in ARCHITECTURE.md).
    fn prepare_connection(&self) -> Sql<()> {
        let db = &self.connection;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        db.set_prepared_statement_cache_capacity(64);
        // A statement is planned once, not anew for each value that a partial index might know: the
        // conditions of those indexes stand in the statements.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "trusted_schema", false)?;
        db.pragma_update(None, "cell_size_check", true)?;
        db.pragma_update(None, "mmap_size", 0)?;
        // Statement journals are small; in a file they are two writes a page.
        db.pragma_update(None, "temp_store", "memory")?;
        // KiB, negated: 8 MiB of page cache keeps the daemon small whatever the store's size.
        db.pragma_update(None, "cache_size", -8192)
    }

    pub(super) fn prepare_writer(&self) -> Sql<()> {
        let db = &self.connection;
        db.pragma_update(None, "journal_mode", "wal")?;
        // FULL, because WAL with NORMAL may lose acknowledged commits on power loss.
        db.pragma_update(None, "synchronous", "full")?;
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        db.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
    }

    /// Migrates an older store, unless a daemon runs on it, and refuses a newer one, which stays
    /// untouched.
    fn bring_up_to_date(&mut self) -> Result<(), StoreError> {
        let found = self.version()?;
        if found < known_version() {
            // Its statements were made for the schema it found.
            if let Some(pid) = running_daemon(&self.path)? {
                return Err(StoreError::InUseByOlder {
                    path: self.path.clone(),
                    found,
                    known: known_version(),
                    pid,
                });
            }
            self.prepare_writer()
                .map_err(|error| self.explain("prepare the store", error))?;
            self.migrate()?;
        }
        // Looked at again: a newer Tidings may have been quicker.
        let (found, known) = (self.version()?, known_version());
        if found > known {
            let path = self.path.clone();
            return Err(StoreError::Newer { path, found, known });
        }
        Ok(())
    }

    pub(super) fn version(&self) -> Result<i64, StoreError> {
        self.connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .map_err(|error| self.explain("read the store's head", error))
    }

    /// Takes every step up to the newest schema.
    pub(super) fn migrate(&mut self) -> Result<(), StoreError> {
        self.migrate_to(known_version())
    }

    /// Takes the steps up to a schema that this version knows; older ones are for `care`.
    pub(super) fn migrate_to(&mut self, version: i64) -> Result<(), StoreError> {
        let mut steps = || -> Sql<()> {
            let tx = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if done < version {
                let count = |version| usize::try_from(version).unwrap_or(0);
                let steps = MIGRATIONS.iter().take(count(version));
                for migration in steps.skip(count(done)) {
                    tx.execute_batch(migration)?;
                    if *migration == search::MIGRATION {
                        search::index_all(&tx)?;
                    }
                }
                if version == known_version() {
                    // By the newest schema: a step that changes what is hashed need only take the
                    // hashes away.
                    hash::fill(&tx)?;
                }
                tx.pragma_update(None, "user_version", version)?;
            }
            tx.commit()
        };
        let result = steps();
        result.map_err(|error| self.explain("migrate the store", error))
    }

    /// Makes a finished file a store that can be put into its place.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        // Last, so that the file itself holds everything and no log must be linked with it; here at
        // all, because SQLite lets only one connection at a time switch.
        self.prepare_writer()
            .map_err(|error| self.explain("prepare the new store", error))?;
        let path = self.path;
        self.connection
            .close()
            .map_err(|(_, source)| open_error(&path, source))
    }

    /// Size of the database and its write-ahead log in bytes.
    pub(super) fn bytes_on_disk(&self) -> u64 {
        let size = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
        size(&self.path) + size(&with_suffix(&self.path, "-wal"))
    }
}

pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|source| open_error(path, source))
}

/// Makes a complete, empty store beside `path` and links it into place.
fn create(path: &Path) -> Result<(), StoreError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| open_error(path, source))?;
    // The path alone, its descriptor closed: see `head` for why.
    let temporary = tempfile::Builder::new()
        .prefix(".tidings-new-")
        .tempfile_in(folder)
        .map_err(|source| open_error(path, source))?
        .into_temp_path();
    let mut store = blank(&temporary, path)?;
    store.migrate()?;
    store.finish()?;
    match temporary.persist_noclobber(path) {
        Ok(()) => sync_folder(folder).map_err(|source| open_error(path, source)),
        // Another process was quicker; its store is as good.
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(open_error(path, error.error)),
    }
}

/// A file that is nothing yet but ours; messages name `path`, not its temporary name.
pub(super) fn blank(temporary: &Path, path: &Path) -> Result<Sqlite, StoreError> {
    let mut store = Sqlite::connect(temporary, InUse::unchecked(temporary)?)?;
    store.path = path.to_owned();
    store
        .connection
        .pragma_update(None, "page_size", PAGE)
        .and_then(|()| {
            let id = APPLICATION_ID;
            store.connection.pragma_update(None, "application_id", id)
        })
        .map_err(|error| store.explain("mark the new store", error))?;
    Ok(store)
}

pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
