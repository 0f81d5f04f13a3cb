//! One file, replaced whole or not at all.
//!
//! A temporary file in the same folder is written, made durable and renamed; then the folder is
//! made durable. A file whose bytes would be the same is not touched.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::packing::{Sum, Summing};
use crate::export::{
    ArticleSource, ExportError, Options, Summary, Tally,
    manifest::{self, FileEntry},
    stream,
};

/// How temporary names start and end; a killed export leaves such files, the next one sweeps them.
pub(in crate::export) const TEMP: (&str, &str) = (".tidings-", ".tmp");

/// Exports into one file. A device or pipe is written to, not replaced.
pub(in crate::export) fn run(
    source: &mut dyn ArticleSource,
    options: &Options,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    // A link's target is replaced, not the link.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let failed = |error| ExportError::file("write", path, error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(found) if !found.is_file() => {
            let mut device = fs::OpenOptions::new()
                .write(true)
                .open(path)
                .map_err(failed)?;
            let tally = stream(source, options, &mut device, progress, &ExportError::stream)?;
            return Ok(Summary {
                articles: tally.articles,
                written: 1,
                ..Summary::default()
            });
        }
        _ => {}
    }
    let beside = options.manifest.then(|| manifest::beside(path));
    if let Some(beside) = &beside {
        // Another program's file is not replaced.
        manifest::read(beside)?;
    }
    let (summary, tally, sum) = write(source, options, path, progress)?;
    if let Some(beside) = beside {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let files = vec![FileEntry::new(name.into_owned(), sum, tally.articles)];
        manifest::write(&beside, options, tally, files, None)?;
    }
    Ok(summary)
}

/// Exports into one file, and says what was written.
pub(super) fn write(
    source: &mut dyn ArticleSource,
    options: &Options,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(Summary, Tally, Sum), ExportError> {
    let failed = |error| ExportError::file("write", path, error);
    let mut temp = temporary(&folder_of(path)).map_err(failed)?;
    let mut summing = Summing::new(&mut temp);
    let tally = stream(source, options, &mut summing, progress, &failed)?;
    let sum = summing.sum();
    let is_same = same_bytes(temp.path(), path);
    if !is_same {
        replace(temp, path).map_err(failed)?;
    }
    let summary = Summary {
        articles: tally.articles,
        written: u64::from(!is_same),
        unchanged: u64::from(is_same),
        ..Summary::default()
    };
    Ok((summary, tally, sum))
}

/// Makes a temporary file durable, and visible in place of what was there.
pub(in crate::export) fn replace(temp: NamedTempFile, path: &Path) -> io::Result<()> {
    temp.as_file().sync_all()?;
    temp.persist(path).map_err(|error| error.error)?;
    sync_folder(&folder_of(path))
}

/// A temporary file in `folder` with the permissions of an ordinary new file.
pub(in crate::export) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP.0).suffix(TEMP.1);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes a folder's entries durable.
pub(in crate::export) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder that a file is in.
pub(in crate::export) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// True if both files can be read and hold the same bytes.
fn same_bytes(one: &Path, other: &Path) -> bool {
    let compare = || -> io::Result<bool> {
        let (mut one, mut other) = (File::open(one)?, File::open(other)?);
        if one.metadata()?.len() != other.metadata()?.len() {
            return Ok(false);
        }
        let mut buffers = [vec![0; 64 << 10], vec![0; 64 << 10]];
        loop {
            let [left, right] = &mut buffers;
            let read = one.read(left)?;
            other.read_exact(&mut right[..read])?;
            if left[..read] != right[..read] {
                return Ok(false);
            }
            if read == 0 {
                return Ok(true);
            }
        }
    };
    compare().unwrap_or(false)
}

/// Writes all bytes to a new temporary file in `folder`.
pub(in crate::export) fn write_temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut temp = temporary(folder)?;
    temp.write_all(bytes)?;
    Ok(temp)
}
