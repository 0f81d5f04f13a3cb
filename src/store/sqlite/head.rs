//! The first look at a store's file, and which files this process has open.
//!
//! SQLite's locks are POSIX locks, which the kernel drops as soon as the process closes *any*
//! descriptor of the file. To look at the head of a file that a connection has open would unlock
//! it under that connection; another program would then take itself for the last user and remove
//! the write-ahead log, with all that is written to it from then on. (Done in practice with SQLite
//! 3.40; 3.54 notices.) So a file is read here only while no connection of this process has it
//! open, and nowhere else at all.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::open_error;
use crate::store::StoreError;

/// "TIDG": marks the file as ours (`PRAGMA application_id`).
pub(super) const APPLICATION_ID: u32 = 0x5449_4447;

/// Device and number of a file, however it is named.
type FileKey = (u64, u64);

/// How many connections of this process use a file.
static OPEN: Mutex<BTreeMap<FileKey, usize>> = Mutex::new(BTreeMap::new());

/// Says that a connection has the file open; keep it longer than the connection.
#[derive(Debug)]
pub(super) struct InUse(FileKey);

impl InUse {
    /// Refuses what is not a store before SQLite touches it: to SQLite an empty file is a new
    /// database, and opening another program's would recover its journal.
    pub(super) fn checked(path: &Path) -> Result<Self, StoreError> {
        Self::register(path, || {
            foreign(path).map_err(|source| open_error(path, source))
        })
    }

    /// For a file that is still to become a store.
    pub(super) fn unchecked(path: &Path) -> Result<Self, StoreError> {
        Self::register(path, || Ok(None))
    }

    fn register(
        path: &Path,
        look: impl FnOnce() -> Result<Option<String>, StoreError>,
    ) -> Result<Self, StoreError> {
        let meta = fs::metadata(path).map_err(|source| open_error(path, source))?;
        let refuse = |what: String| {
            Err(StoreError::Foreign {
                path: path.to_owned(),
                what,
            })
        };
        if !meta.is_file() {
            return refuse("not a regular file".to_owned());
        }
        let key = (meta.dev(), meta.ino());
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.contains_key(&key)
            && let Some(what) = look()?
        {
            return refuse(what);
        }
        *open.entry(key).or_default() += 1;
        Ok(Self(key))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.0);
            }
        }
    }
}

/// What the file is, if it is no store; from the header of the database file format (section 1.3).
fn foreign(path: &Path) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(100).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(Some("an empty file".to_owned()));
    }
    if !head.starts_with(b"SQLite format 3\0") {
        return Ok(Some("not an SQLite database".to_owned()));
    }
    let Some(&[a, b, c, d]) = head.get(68..72) else {
        return Ok(Some("an SQLite database, cut off in its head".to_owned()));
    };
    let owner = u32::from_be_bytes([a, b, c, d]);
    Ok((owner != APPLICATION_ID)
        .then(|| format!("an SQLite database of another program, application id {owner:#x}")))
}
