//! Why an incremental export does not begin, with the remedy. None of these has written anything.

use std::path::PathBuf;

use crate::model::{ChangePosition, StoreId};

/// See the file's head.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// The cursor counts another store's changes.
    #[error(
        "cursor {name}: {position} is of store {theirs}, and this is store {ours}; name that store \
         with --store, or export everything of this one anew with --reset", theirs = position.store
    )]
    OtherStore {
        /// The cursor, as the operator calls it.
        name: String,
        /// Where it stands.
        position: ChangePosition,
        /// The store that was opened.
        ours: StoreId,
    },
    /// The cursor is ahead of the store.
    #[error(
        "cursor {name}: {position} is ahead of the store, whose last change is {last}: its file was put \
         back to an older state; export everything anew with --reset"
    )]
    Ahead {
        /// The cursor.
        name: String,
        /// Where it stands.
        position: ChangePosition,
        /// The store's last number.
        last: i64,
    },
    /// The cursor belongs to another question, format or target.
    #[error(
        "cursor {name} is for another {what}: {known}; now asked: {asked}; use another cursor, or begin \
         this one anew with --reset"
    )]
    OtherExport {
        /// The cursor.
        name: String,
        /// `question`, `format` or `target`.
        what: &'static str,
        /// The cursor's.
        known: String,
        /// The command's.
        asked: String,
    },
    /// Another cursor writes there.
    #[error("{target}: cursor {other} writes there; name another place")]
    TargetTaken {
        /// The place.
        target: String,
        /// Whose it is.
        other: String,
    },
    /// The cursor file cannot be believed.
    #[error(
        "{}: not a cursor of tidings, or damaged ({why}); put a copy back, or begin anew with --reset",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Another process moves it at this moment.
    #[error("cursor {name}: another tidings uses it at this moment; wait until that has ended")]
    Busy {
        /// The cursor.
        name: String,
    },
    /// The target is not as the cursor left it.
    #[error("{}: {what}; put it back, or export everything anew with --reset", path.display())]
    Edited {
        /// The file.
        path: PathBuf,
        /// What is different.
        what: String,
    },
    /// A new cursor would mix its export with something else.
    #[error(
        "{}: there is something already and cursor {name} is new; name another place, or replace it \
         with --reset", path.display()
    )]
    Occupied {
        /// What is there.
        path: PathBuf,
        /// The cursor.
        name: String,
    },
    /// The format cannot tell of changes there.
    #[error("{format} has no place for what was deleted; {remedy}")]
    NoChanges {
        /// The format.
        format: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}
