//! Where a cursor is kept: in the store, or in a file beside the consumer. Locked while it is in use.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::CursorError;
use crate::{
    export::{
        ExportError,
        targets::{file, packing::Sum},
    },
    model::ExportCursor,
    store::{Backend, CursorLock, StoreError},
};

/// The version of the cursor file.
const VERSION: u64 = 1;
/// The keys of a cursor file that are not the cursor's own.
const VERSION_KEY: &str = "cursor_version";
const SUM_KEY: &str = "sha256";

/// A cursor's place, which is ours as long as this lives.
pub struct Keeper {
    /// As the operator calls it: its name, or its file.
    pub(super) name: String,
    place: Place,
    _lock: CursorLock,
}

enum Place {
    Store(Box<dyn Backend>),
    File(PathBuf),
}

impl Keeper {
    /// A cursor that the store at `path` keeps, whose writing connection is `backend`.
    ///
    /// # Errors
    /// [`CursorError::Busy`] if another process uses it.
    pub fn in_store(
        path: &Path,
        backend: Box<dyn Backend>,
        name: &str,
    ) -> Result<Self, ExportError> {
        let lock = CursorLock::in_store(path, name).map_err(source)?;
        Self::locked(name.to_owned(), Place::Store(backend), lock)
    }

    /// A cursor that is a file.
    ///
    /// # Errors
    /// [`CursorError::Busy`] if another process uses it.
    pub fn file(path: &Path) -> Result<Self, ExportError> {
        let lock = CursorLock::beside(path).map_err(source)?;
        let name = path.display().to_string();
        Self::locked(name, Place::File(path.to_owned()), lock)
    }

    fn locked(name: String, place: Place, lock: Option<CursorLock>) -> Result<Self, ExportError> {
        let Some(lock) = lock else {
            return Err(CursorError::Busy { name }.into());
        };
        Ok(Self {
            name,
            place,
            _lock: lock,
        })
    }

    /// The cursor, if it was ever written down.
    ///
    /// # Errors
    /// [`CursorError::Damaged`], or why it cannot be read.
    pub fn load(&mut self) -> Result<Option<ExportCursor>, ExportError> {
        match &mut self.place {
            Place::Store(backend) => {
                let mut all = backend.cursors().map_err(source)?;
                all.retain(|cursor| cursor.name == self.name);
                Ok(all.pop())
            }
            Place::File(path) => read(path),
        }
    }

    /// The name of another cursor of the same store that writes to `target`.
    pub(super) fn other_at(&mut self, target: &str) -> Result<Option<String>, ExportError> {
        let Place::Store(backend) = &mut self.place else {
            return Ok(None);
        };
        let all = backend.cursors().map_err(source)?.into_iter();
        let mut others = all.filter(|other| other.target == target && other.name != self.name);
        Ok(others.next().map(|other| other.name))
    }

    /// Writes the cursor down; when this is back, it holds.
    ///
    /// # Errors
    /// Why it cannot be written; then the former one holds.
    pub fn save(&mut self, cursor: &ExportCursor) -> Result<(), ExportError> {
        match &mut self.place {
            Place::Store(backend) => backend.save_cursor(cursor).map_err(source),
            Place::File(path) => {
                let failed = |error| ExportError::file("write", path, error);
                let bytes = written(cursor).map_err(|error| failed(error.into()))?;
                let folder = file::folder_of(path);
                let temp = file::write_temporary(&folder, &bytes).map_err(failed)?;
                file::replace(temp, path).map_err(failed)
            }
        }
    }

    /// Forgets the cursor; false if there is none.
    ///
    /// # Errors
    /// Why it cannot be removed.
    pub fn remove(&mut self) -> Result<bool, ExportError> {
        match &mut self.place {
            Place::Store(backend) => backend.remove_cursor(&self.name).map_err(source),
            Place::File(path) => match fs::remove_file(&*path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                done => done
                    .map(|()| true)
                    .map_err(|error| ExportError::file("remove", path, error)),
            },
        }
    }
}

pub(super) fn source(error: StoreError) -> ExportError {
    ExportError::Source(Box::new(error))
}

fn read(path: &Path) -> Result<Option<ExportCursor>, ExportError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| ExportError::file("read", path, error))?,
    };
    let damaged = |why: String| CursorError::Damaged {
        path: path.to_owned(),
        why,
    };
    let cursor = parsed(&bytes).map_err(damaged)?;
    Ok(Some(cursor))
}

fn parsed(bytes: &[u8]) -> Result<ExportCursor, String> {
    let mut keys: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let version = keys.remove(VERSION_KEY).and_then(|value| value.as_u64());
    if version != Some(VERSION) {
        return Err(format!("no {VERSION_KEY} {VERSION}"));
    }
    let told = keys.remove(SUM_KEY);
    if told != Some(sum(&keys).map_err(|error| error.to_string())?) {
        return Err(format!("the {SUM_KEY} does not fit"));
    }
    if let Some(query) = keys.get_mut("query") {
        *query = Value::String(query.to_string());
    }
    serde_json::from_value(Value::Object(keys)).map_err(|error| error.to_string())
}

/// The cursor file's bytes: the cursor's keys, its version, and a sum over its keys.
fn written(cursor: &ExportCursor) -> serde_json::Result<Vec<u8>> {
    let Value::Object(mut keys) = serde_json::to_value(cursor)? else {
        return Ok(Vec::new());
    };
    keys.insert("query".to_owned(), serde_json::from_str(&cursor.query)?);
    let sum = sum(&keys)?;
    keys.insert(SUM_KEY.to_owned(), sum);
    keys.insert(VERSION_KEY.to_owned(), VERSION.into());
    let mut bytes = serde_json::to_vec_pretty(&keys)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn sum(keys: &Map<String, Value>) -> serde_json::Result<Value> {
    Ok(Value::String(Sum::of(&serde_json::to_vec(keys)?).sha256))
}
