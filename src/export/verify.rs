//! Whether an export is still as its manifest says.

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, BufRead as _},
    path::{Path, PathBuf},
};

use super::{
    ExportError, Format,
    manifest::{self, FileEntry, Manifest},
    targets::{directory, packing::Sum, packing::open_unpacked},
};

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Files that the manifest lists.
    pub files: u64,
    /// Articles in them.
    pub articles: u64,
    /// What is wrong, file by file; empty if nothing is.
    pub faults: Vec<Fault>,
}

/// Something that is not as the manifest says.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It is not there.
    Missing,
    /// It is named like an article of an export, and the manifest does not list it.
    Extra,
    /// It has another size.
    Size {
        /// As the manifest says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// It has the right size and other bytes.
    Changed,
    /// It cannot be read.
    Unreadable(String),
    /// It holds another number of articles.
    Count {
        /// As the manifest says.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// The manifest lists a path outside of its own folder.
    Outside,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            FaultKind::Missing => f.write_str("missing; export again to get it back"),
            FaultKind::Extra => f.write_str(
                "not in the manifest: left by an export that was cut off, or by another",
            ),
            FaultKind::Size { expected, found } => {
                write!(f, "changed: {found} bytes where {expected} were written")
            }
            FaultKind::Changed => f.write_str("changed: the same size, but other bytes"),
            FaultKind::Unreadable(why) => write!(f, "cannot be read: {why}"),
            FaultKind::Count { expected, found } => {
                write!(f, "{found} articles where the manifest says {expected}")
            }
            FaultKind::Outside => {
                f.write_str("the manifest lists it, and it is outside of the export")
            }
        }
    }
}

/// Checks the export at `path`: its folder, its file, or its manifest.
///
/// # Errors
/// [`ExportError::NoManifest`] without a manifest, [`ExportError::NotOurs`] if that is another
/// program's.
pub fn verify(path: &Path) -> Result<Verified, ExportError> {
    let manifest_path = manifest::of(path);
    let manifest = manifest::read(&manifest_path)?.ok_or_else(|| ExportError::NoManifest {
        path: manifest_path.clone(),
    })?;
    let folder = manifest_path.parent().unwrap_or(Path::new(""));
    let mut faults = Vec::new();
    for file in &manifest.files {
        let path = folder.join(&file.path);
        let kind = if manifest::is_inside(&file.path) {
            wrong(&path, file)
        } else {
            Some(FaultKind::Outside)
        };
        faults.extend(kind.map(|kind| Fault { path, kind }));
    }
    if manifest_path == manifest::in_folder(folder) {
        let listed: BTreeSet<PathBuf> = manifest
            .files
            .iter()
            .map(|file| folder.join(&file.path))
            .collect();
        let mut found = directory::article_files(folder)?;
        found.sort();
        let extra = found.into_iter().filter(|path| !listed.contains(path));
        faults.extend(extra.map(|path| Fault {
            path,
            kind: FaultKind::Extra,
        }));
    }
    let counted = manifest.files.iter().map(|file| file.articles).sum();
    if counted != manifest.articles {
        faults.push(Fault {
            path: manifest_path,
            kind: FaultKind::Count {
                expected: manifest.articles,
                found: counted,
            },
        });
    }
    let Manifest {
        files, articles, ..
    } = manifest;
    Ok(Verified {
        files: files.len() as u64,
        articles,
        faults,
    })
}

/// What is wrong with a listed file, if anything.
fn wrong(path: &Path, file: &FileEntry) -> Option<FaultKind> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FaultKind::Missing,
        _ => FaultKind::Unreadable(error.to_string()),
    };
    let sum = match Sum::of_file(path) {
        Ok(sum) => sum,
        Err(error) => return Some(unreadable(error)),
    };
    if sum.bytes != file.bytes {
        return Some(FaultKind::Size {
            expected: file.bytes,
            found: sum.bytes,
        });
    }
    if sum.sha256 != file.sha256 {
        return Some(FaultKind::Changed);
    }
    match lines(path) {
        Ok(Some(found)) if found != file.articles => Some(FaultKind::Count {
            expected: file.articles,
            found,
        }),
        Ok(_) => None,
        Err(error) => Some(unreadable(error)),
    }
}

/// Lines of JSON Lines, which are articles; other formats cannot be counted without reading them.
fn lines(path: &Path) -> io::Result<Option<u64>> {
    if Format::of_path(path) != Some(Format::Jsonl) {
        return Ok(None);
    }
    let (mut file, mut lines) = (open_unpacked(path)?, 0);
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(Some(lines));
        }
        lines += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let read = bytes.len();
        file.consume(read);
    }
}
