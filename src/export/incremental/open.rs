//! The cursor that a command means, if it may be used for what the command asks.

use super::{CursorError, Keeper, keeper::source};
use crate::{
    export::ExportError,
    model::{ChangePosition, ChangeQuery, ExportCursor, StoreId, Time},
    store::Backend,
};

/// What a cursor belongs to.
pub(super) struct Export<'a> {
    pub(super) format: &'a str,
    pub(super) question: &'a str,
    pub(super) target: &'a str,
}

/// A cursor that fits.
pub(super) struct Opened {
    pub(super) cursor: ExportCursor,
    /// It was not written down yet.
    pub(super) is_new: bool,
    /// The store's last number.
    pub(super) last: i64,
}

impl Export<'_> {
    /// The cursor that is kept there, or a new one.
    pub(super) fn open(
        &self,
        backend: &mut dyn Backend,
        keeper: &mut Keeper,
        now: Time,
        reset: bool,
    ) -> Result<Opened, ExportError> {
        let store = backend.store_id().map_err(source)?;
        let nothing = ChangeQuery::default();
        let last = backend.changed(&nothing).map_err(source)?.last;
        // What a cursor said that begins anew does not count any more.
        let known = match reset {
            true => None,
            false => keeper.load()?,
        };
        let is_new = known.is_none();
        let cursor = match known {
            Some(cursor) => {
                self.check(&cursor, keeper, store)?;
                in_store(&keeper.name, cursor.position, store, last)?;
                cursor
            }
            None => self.begin(keeper, store, now, reset)?,
        };
        Ok(Opened {
            cursor,
            is_new: is_new && !reset,
            last,
        })
    }

    /// A new cursor; one that begins anew is written down at once, so that a run that is cut off is
    /// finished by the next one.
    fn begin(
        &self,
        keeper: &mut Keeper,
        store: StoreId,
        now: Time,
        reset: bool,
    ) -> Result<ExportCursor, ExportError> {
        let target = self.target.to_owned();
        if target != "-"
            && let Some(other) = keeper.other_at(&target)?
        {
            return Err(CursorError::TargetTaken { target, other }.into());
        }
        let mut cursor = ExportCursor {
            name: keeper.name.clone(),
            position: ChangePosition { store, seq: 0 },
            format: self.format.to_owned(),
            query: self.question.to_owned(),
            target,
            pending: None,
            bytes: 0,
            tail: String::new(),
            created_at: now,
            updated_at: now,
        };
        if reset {
            cursor.restart(store, now);
            keeper.save(&cursor)?;
        }
        Ok(cursor)
    }

    /// An error if the cursor is another store's or another export's.
    fn check(
        &self,
        cursor: &ExportCursor,
        keeper: &Keeper,
        store: StoreId,
    ) -> Result<(), CursorError> {
        if cursor.position.store != store {
            return Err(CursorError::OtherStore {
                name: keeper.name.clone(),
                position: cursor.position,
                ours: store,
            });
        }
        let pairs = [
            ("format", &*cursor.format, self.format),
            ("question", &*cursor.query, self.question),
            ("target", &*cursor.target, self.target),
        ];
        match pairs.into_iter().find(|(_, known, asked)| known != asked) {
            None => Ok(()),
            Some((what, known, asked)) => Err(CursorError::OtherExport {
                name: keeper.name.clone(),
                what,
                known: known.to_owned(),
                asked: asked.to_owned(),
            }),
        }
    }
}

/// An error if a position is not in this store's sequence.
pub(super) fn in_store(
    name: &str,
    position: ChangePosition,
    ours: StoreId,
    last: i64,
) -> Result<(), CursorError> {
    let name = name.to_owned();
    if position.store != ours {
        return Err(CursorError::OtherStore {
            name,
            position,
            ours,
        });
    }
    if position.seq > last {
        return Err(CursorError::Ahead {
            name,
            position,
            last,
        });
    }
    Ok(())
}
