//! What can go wrong in a store, told so that the reader knows what to do.

use std::path::PathBuf;

use crate::model::ArticleId;

/// The cause from the database, kept for the error chain.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failed store operation. Nothing of the failed operation is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store yet, and the command only reads.
    #[error("{}: no store here yet; `tidings poll --all` makes one, or name another with --store", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file belongs to another program, or is empty or damaged at its head.
    #[error("{}: not a Tidings store ({what}); it was left untouched, name another file with --store", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: String,
    },
    /// A newer Tidings wrote it.
    #[error("{}: written by a newer Tidings (schema {found}, this one knows {known}); install that version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest this binary knows.
        known: i64,
    },
    /// An older Tidings wrote it, and one runs on it: it would fail on a store that was changed under it.
    #[error(
        "{}: the store of an older Tidings (schema {found}, this one writes {known}), which runs on it now (process {pid}); \
         restart the daemon with this version, or use the one it was started with", path.display()
    )]
    InUseByOlder {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The one this binary would make of it.
        known: i64,
        /// The daemon's process id.
        pid: String,
    },
    /// It cannot be opened or created.
    #[error("{}: cannot open the store; check that the folder exists and that you may write there", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The disk is full; the transaction was rolled back.
    #[error("{}: no space left on the disk; nothing was lost, free some space and run again", path.display())]
    DiskFull {
        /// The store's file.
        path: PathBuf,
    },
    /// The file or its folder became read-only.
    #[error("{}: the store cannot be written; check the permissions of the file and its folder", path.display())]
    ReadOnly {
        /// The store's file.
        path: PathBuf,
    },
    /// Another process held the write lock for too long.
    #[error("{}: another program holds the store locked; try again when it is done", path.display())]
    Busy {
        /// The store's file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{}: the store is damaged; stop Tidings, keep the file, and restore a backup (`tidings db restore`) or save what can be read (`tidings db recover`)", path.display())]
    Corrupt {
        /// The store's file.
        path: PathBuf,
        /// What the database found.
        #[source]
        source: Cause,
    },
    /// One article's markup is damaged; everything else can be read.
    #[error("{}: the HTML of article {article} is damaged; export without --html, or restore a backup", path.display())]
    DamagedHtml {
        /// The store's file.
        path: PathBuf,
        /// Which article.
        article: ArticleId,
    },
    /// The feed was claimed anew by somebody else while this poll ran; the batch was dropped.
    #[error(
        "feed {feed}: the lease ended before the poll was done; another poll has taken it over"
    )]
    LeaseLost {
        /// Which feed.
        feed: String,
    },
    /// Another process goes on with the backfill; what this one read last was dropped.
    #[error("feed {feed}: another tidings fetches its older entries, or its URL has changed")]
    BackfillTaken {
        /// Which feed.
        feed: String,
    },
    /// Others use the store, and what is to be done needs it alone.
    #[error("{}: in use by {who}; stop it first", path.display())]
    InUse {
        /// The store's file.
        path: PathBuf,
        /// Who uses it.
        who: String,
    },
    /// A file is in the way.
    #[error("{}: there is a file already; {remedy}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A backup that is not sound.
    #[error("{}: not restored, the backup is damaged ({what}); take another, or save what can be read with `tidings db recover` and take that with --damaged", path.display())]
    BadBackup {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The disk has too little room for what is to be done.
    #[error("{}: too little space: {} needed beside the store for a while, {} free", path.display(), bytesize::ByteSize::b(*needed), bytesize::ByteSize::b(*free))]
    NoRoom {
        /// The store's file.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// Anything else the database says.
    #[error("store: {context}")]
    Sql {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// The store's thread has ended.
    #[error("the store's thread has ended; this is a bug in Tidings, please report it")]
    Closed,
}

impl StoreError {
    /// True if waiting may help: full disk, lock, permissions being mended.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::DiskFull { .. } | Self::Busy { .. } | Self::ReadOnly { .. }
        )
    }
}
