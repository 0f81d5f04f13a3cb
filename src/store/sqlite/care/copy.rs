//! A verified copy of a store in a draft, for what is to become a backup or a store.

use std::path::Path;

use super::{Draft, Sqlite, check::examine, vacuum_into};
use crate::store::{
    StoreError,
    care::{CheckReport, Told},
    sqlite::head::InUse,
};

/// Copies what `from` holds at this moment and checks the copy.
pub(super) fn checked(
    from: &Sqlite,
    path: &Path,
    is_deep: bool,
    told: Told<'_>,
) -> Result<(Draft, CheckReport), StoreError> {
    let draft = Draft::beside(path)?;
    let copied = vacuum_into(&from.connection, &draft.path);
    copied.map_err(|error| from.explain("copy the store", error))?;
    let mut copy = Sqlite::connect(&draft.path, InUse::unchecked(&draft.path)?)?;
    copy.path = path.to_owned();
    let report = examine(&copy, is_deep, told)?;
    drop(copy);
    Ok((draft, report))
}
