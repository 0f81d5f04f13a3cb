//! Lock files beside the store: who polls, and that there is one daemon.
//!
//! The kernel drops these locks when a process dies, however it dies; that is how a new process
//! knows that the leases it finds belong to nobody.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use super::StoreError;

/// Held by every polling process for its lifetime.
#[derive(Debug)]
pub struct PollLock {
    file: File,
    alone: bool,
}

impl PollLock {
    /// Joins the pollers of the store at `path`.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn acquire(path: &Path) -> Result<Self, StoreError> {
        let file = open(path, ".polling")?;
        let alone = file.try_lock().is_ok();
        if !alone {
            file.lock_shared()
                .map_err(|source| io_error(path, source))?;
        }
        Ok(Self { file, alone })
    }

    /// True if no other poller was alive; until [`PollLock::share`] none can start.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Lets other pollers in.
    ///
    /// # Errors
    /// If the kernel refuses, which it has no reason to.
    pub fn share(&mut self, path: &Path) -> Result<(), StoreError> {
        self.alone = false;
        self.file
            .lock_shared()
            .map_err(|source| io_error(path, source))
    }
}

/// Held by the one daemon of a store.
#[derive(Debug)]
pub struct DaemonLock {
    _file: File,
}

impl DaemonLock {
    /// Takes the lock; `Ok(Err(pid))` names the daemon that holds it.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn acquire(path: &Path) -> Result<Result<Self, String>, StoreError> {
        let mut file = open(path, ".daemon")?;
        match file.try_lock() {
            Ok(()) => {
                let write = file
                    .set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| writeln!(file, "{}", std::process::id()));
                write.map_err(|source| io_error(path, source))?;
                Ok(Ok(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only for the message; the lock itself has decided.
                let _ = file.read_to_string(&mut holder);
                Ok(Err(holder.trim().to_owned()))
            }
            Err(TryLockError::Error(source)) => Err(io_error(path, source)),
        }
    }
}

fn open(store: &Path, suffix: &str) -> Result<File, StoreError> {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    let path = PathBuf::from(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| io_error(&path, source))
}

fn io_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Open {
        path: path.to_owned(),
        source: Box::new(source),
    }
}
