//! A folder with one Markdown file per article.
//!
//! The tree is read once at the start, so that a file whose article got another title or date is
//! replaced and not doubled. Files appear whole: written aside, made durable, renamed. Only files
//! that carry an article's id in their name are ever removed.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{ArticleSource, ExportError, Format, Summary, file, for_each, name};

/// Files that are made durable together: a file system commits them at little more than the cost
/// of one. Bounded, because each keeps a file open.
const GROUP: usize = 128;

/// Exports one file per article below `root`.
pub(super) fn run(
    source: &mut dyn ArticleSource,
    root: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    create(root)?;
    let mut tree = Tree::scan(root)?;
    let mut writer = Format::Markdown.writer();
    let articles = for_each(source, progress, &mut |stored| {
        let mut bytes = Vec::with_capacity(stored.article.body.len() + 512);
        let path = root.join(name::path(&stored.article));
        writer
            .begin(&mut bytes)
            .and_then(|()| writer.article(&mut bytes, stored))
            .and_then(|()| writer.finish(&mut bytes))
            .map_err(|error| ExportError::file("write", &path, error))?;
        tree.put(&name::id_digits(&stored.article), path, &bytes)
    })?;
    tree.commit()?;
    Ok(Summary {
        articles,
        ..tree.summary
    })
}

/// Makes sure that the folder exists.
pub(super) fn create(folder: &Path) -> Result<(), ExportError> {
    fs::create_dir_all(folder).map_err(|error| ExportError::file("create", folder, error))
}

/// A file written aside, waiting for its group.
struct Pending {
    temp: NamedTempFile,
    path: PathBuf,
    /// Older files of the same article.
    replaces: Vec<PathBuf>,
}

/// The tree below the root as it was found, and what is being done to it.
struct Tree {
    /// Files by the id in their name.
    found: HashMap<String, Vec<PathBuf>>,
    /// Files that this export wrote or confirmed, which it must not remove.
    current: HashSet<PathBuf>,
    pending: Vec<Pending>,
    summary: Summary,
}

impl Tree {
    /// Reads the folders that exports make, and sweeps what a killed export left.
    fn scan(root: &Path) -> Result<Self, ExportError> {
        let mut tree = Self {
            found: HashMap::new(),
            current: HashSet::new(),
            pending: Vec::new(),
            summary: Summary::default(),
        };
        for (year, path) in folders(root)? {
            if year == name::UNDATED {
                tree.scan_files(&path)?;
            } else if is_number(&year, 4) {
                for (month, path) in folders(&path)? {
                    if is_number(&month, 2) {
                        tree.scan_files(&path)?;
                    }
                }
            }
        }
        Ok(tree)
    }

    fn scan_files(&mut self, folder: &Path) -> Result<(), ExportError> {
        for (file_name, path) in entries(folder, fs::FileType::is_file)? {
            if let Some(id) = name::id_in(&file_name) {
                self.found.entry(id.to_owned()).or_default().push(path);
            } else if file_name.starts_with(file::TEMP.0) && file_name.ends_with(file::TEMP.1) {
                fs::remove_file(&path)
                    .map_err(|error| ExportError::file("remove", &path, error))?;
            }
        }
        Ok(())
    }

    /// Writes an article's file unless it holds these bytes already.
    fn put(&mut self, id: &str, path: PathBuf, bytes: &[u8]) -> Result<(), ExportError> {
        let older = self.found.remove(id).unwrap_or_default();
        let known = older.contains(&path);
        let replaces: Vec<_> = older.into_iter().filter(|old| *old != path).collect();
        self.current.insert(path.clone());
        if known && fs::read(&path).is_ok_and(|found| found == bytes) {
            self.summary.unchanged += 1;
            return self.remove(&replaces);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        create(folder)?;
        let temp = file::write_temporary(folder, bytes)
            .map_err(|error| ExportError::file("write", &path, error))?;
        self.pending.push(Pending {
            temp,
            path,
            replaces,
        });
        if self.pending.len() < GROUP {
            Ok(())
        } else {
            self.commit()
        }
    }

    /// Makes the waiting files durable and visible, then removes what they replace.
    fn commit(&mut self) -> Result<(), ExportError> {
        let mut folders = BTreeSet::new();
        for Pending { temp, path, .. } in &self.pending {
            temp.as_file()
                .sync_all()
                .map_err(|error| ExportError::file("write", path, error))?;
        }
        let mut replaced = Vec::new();
        for Pending {
            temp,
            path,
            replaces,
        } in self.pending.drain(..)
        {
            temp.persist(&path)
                .map_err(|error| ExportError::file("write", &path, error.error))?;
            self.summary.written += 1;
            folders.extend(path.parent().map(Path::to_owned));
            replaced.extend(replaces);
        }
        for folder in folders {
            file::sync_folder(&folder)
                .map_err(|error| ExportError::file("write", &folder, error))?;
        }
        self.remove(&replaced)
    }

    /// Removes files under an article's former names, and folders that this empties.
    fn remove(&mut self, paths: &[PathBuf]) -> Result<(), ExportError> {
        for path in paths.iter().filter(|path| !self.current.contains(*path)) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ExportError::file("remove", path, error));
                }
                _ => self.summary.removed += 1,
            }
            // Month, then year; a folder that still holds something refuses, which is meant.
            for folder in path.ancestors().skip(1).take(2) {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, ExportError> {
    entries(folder, fs::FileType::is_dir)
}

/// A folder's entries of one type with a name that is text. Links are not followed.
fn entries(
    folder: &Path,
    wanted: fn(&fs::FileType) -> bool,
) -> Result<Vec<(String, PathBuf)>, ExportError> {
    let failed = |error| ExportError::file("read", folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if wanted(&entry.file_type().map_err(failed)?) {
            let path = entry.path();
            let name = path.file_name().and_then(OsStr::to_str).map(str::to_owned);
            found.extend(name.map(|name| (name, path)));
        }
    }
    Ok(found)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}
