//! What an export wrote, beside it: which articles were asked for, how many came, and the size and
//! sum of every file, so that `verify` can tell whether all is still there.
//!
//! It depends on the articles and the question alone; no clock is read.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::ChangePosition;

use super::{
    ExportError, Options, SCHEMA_VERSION, Tally,
    targets::{file, packing::Sum},
};

/// The version of the manifest. A key that is renamed, retyped or removed is a new one.
pub const MANIFEST_VERSION: u32 = 1;

/// The manifest of a folder.
const IN_FOLDER: &str = "manifest.json";
/// What is put behind a file's name.
const BESIDE: &str = ".manifest.json";

/// See the file's head.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) manifest_version: u32,
    pub(super) schema_version: u32,
    /// Program and version.
    pub(super) tool: String,
    pub(super) format: String,
    /// What was asked for, as it was typed.
    pub(super) query: Map<String, Value>,
    /// Articles in all files.
    pub(super) articles: u64,
    /// The lowest number of the change sequence among them.
    pub(super) first_seq: Option<i64>,
    /// The highest.
    pub(super) last_seq: Option<i64>,
    /// Of incremental exports: how far the folder is in step with its store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<CursorRange>,
    /// By path.
    pub(super) files: Vec<FileEntry>,
}

/// The part of the change sequence that a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CursorRange {
    /// The cursor's name.
    pub(super) name: String,
    /// Where the last run that changed something began.
    pub(super) from: ChangePosition,
    /// Where it ended.
    pub(super) to: ChangePosition,
}

/// A file of an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FileEntry {
    /// From the manifest's folder on, with `/` between folders.
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Articles in it.
    pub(super) articles: u64,
}

impl FileEntry {
    pub(super) fn new(path: String, sum: Sum, articles: u64) -> Self {
        Self {
            path,
            bytes: sum.bytes,
            sha256: sum.sha256,
            articles,
        }
    }
}

/// The manifest's path for an export into this folder.
pub(super) fn in_folder(folder: &Path) -> PathBuf {
    folder.join(IN_FOLDER)
}

/// The manifest's path for an export into this file.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(BESIDE);
    name.into()
}

/// The manifest's path for an export into parts below this folder, which exists.
///
/// Beside it, as readers take a folder of parts for a table, and any other file in it for damage.
pub(super) fn beside_folder(folder: &Path) -> PathBuf {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    beside(&folder)
}

/// The manifest that a path means: itself, a folder's, or the one beside a file or folder.
pub(super) fn of(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str());
    if path.is_dir() {
        let beside = beside_folder(path);
        match in_folder(path) {
            inside if !inside.exists() && beside.exists() => beside,
            inside => inside,
        }
    } else if name.is_some_and(|name| name == IN_FOLDER || name.ends_with(BESIDE)) {
        path.to_owned()
    } else {
        beside(path)
    }
}

/// Reads a manifest; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Manifest>, ExportError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| ExportError::file("read", path, error))?,
    };
    let foreign = || ExportError::NotOurs {
        path: path.to_owned(),
    };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
    if manifest.manifest_version > MANIFEST_VERSION || !manifest.tool.starts_with("tidings ") {
        return Err(foreign());
    }
    Ok(Some(manifest))
}

/// Writes the manifest of an export.
///
/// `former` is what the folder's manifest said before: files that are still there and that this
/// export did not write stay in the list, because a folder may be filled by several exports.
pub(super) fn write(
    path: &Path,
    options: &Options,
    tally: Tally,
    files: Vec<FileEntry>,
    former: Option<Manifest>,
) -> Result<(), ExportError> {
    write_range(path, options, tally, files, former, None)
}

/// The same for an incremental export.
pub(super) fn write_range(
    path: &Path,
    options: &Options,
    tally: Tally,
    files: Vec<FileEntry>,
    former: Option<Manifest>,
    cursor: Option<CursorRange>,
) -> Result<(), ExportError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut seqs = vec![tally.first_seq, tally.last_seq];
    let mut listed: BTreeMap<String, FileEntry> = BTreeMap::new();
    if let Some(former) = former {
        let kept = former.files.into_iter().filter(|file| {
            is_inside(&file.path) && folder.join(&file.path).symlink_metadata().is_ok()
        });
        listed.extend(kept.map(|file| (file.path.clone(), file)));
        if !listed.is_empty() {
            seqs.extend([former.first_seq, former.last_seq]);
        }
    }
    listed.extend(files.into_iter().map(|file| (file.path.clone(), file)));
    let manifest = Manifest {
        manifest_version: MANIFEST_VERSION,
        schema_version: SCHEMA_VERSION,
        tool: concat!("tidings ", env!("CARGO_PKG_VERSION")).to_owned(),
        format: options.format.name().to_owned(),
        query: options.query.clone(),
        articles: listed.values().map(|file| file.articles).sum(),
        first_seq: seqs.iter().flatten().min().copied(),
        last_seq: seqs.iter().flatten().max().copied(),
        cursor,
        files: listed.into_values().collect(),
    };
    let failed = |error| ExportError::file("write", path, error);
    let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
    bytes.push(b'\n');
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let temp = file::write_temporary(file::folder_of(path).as_path(), &bytes).map_err(failed)?;
    file::replace(temp, path).map_err(failed)
}

/// True for a path that stays below the folder it is relative to.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
}
