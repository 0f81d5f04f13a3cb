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

/// Held while an incremental export moves its cursor: a second one of the same cursor would write
/// everything twice.
#[derive(Debug)]
pub struct CursorLock {
    _file: File,
}

impl CursorLock {
    /// Takes the lock of a cursor that a store keeps; `None`: somebody has it.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn in_store(store: &Path, name: &str) -> Result<Option<Self>, StoreError> {
        Self::take(store, &format!(".cursor-{name}"))
    }

    /// Takes the lock of a cursor that is a file of its own; `None`: somebody has it.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn beside(cursor: &Path) -> Result<Option<Self>, StoreError> {
        Self::take(cursor, ".lock")
    }

    fn take(path: &Path, suffix: &str) -> Result<Option<Self>, StoreError> {
        let file = open(path, suffix)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io_error(path, source)),
        }
    }
}

/// Held while a store's file is replaced or rewritten: nobody polls into it.
#[derive(Debug)]
pub struct SoleUse {
    _daemon: DaemonLock,
    _polling: PollLock,
}

impl SoleUse {
    /// Takes both locks, or says who has them.
    ///
    /// # Errors
    /// [`StoreError::InUse`]; or if a lock file cannot be made.
    pub fn acquire(path: &Path) -> Result<Self, StoreError> {
        let in_use = |who: String| StoreError::InUse {
            path: path.to_owned(),
            who,
        };
        let daemon = DaemonLock::acquire(path)?
            .map_err(|pid| in_use(format!("the tidings daemon (process {pid})")))?;
        let polling = PollLock::acquire(path)?;
        if !polling.is_alone() {
            return Err(in_use("a tidings that polls feeds".to_owned()));
        }
        Ok(Self {
            _daemon: daemon,
            _polling: polling,
        })
    }
}

/// The daemon that has the store, if one runs: the process id it wrote down.
///
/// # Errors
/// If the lock file is there and cannot be looked at.
pub(super) fn running_daemon(path: &Path) -> Result<Option<String>, StoreError> {
    let lock = lock_path(path, ".daemon");
    let mut file = match File::open(&lock) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io_error(&lock, source)),
    };
    // Shared, so that those who only look do not take each other for a daemon.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            Ok(Some(holder.trim().to_owned()))
        }
        Err(TryLockError::Error(source)) => Err(io_error(&lock, source)),
    }
}

fn lock_path(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn open(store: &Path, suffix: &str) -> Result<File, StoreError> {
    let path = lock_path(store, suffix);
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
