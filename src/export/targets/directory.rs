//! A folder: one Markdown file per article, or one file with all of them; and a manifest.
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

use super::{file, name, packing::Sum};
use crate::export::{
    ArticleSource, ArticleWriter, ExportError, Format, Options, Summary, Tally, for_each,
    manifest::{self, FileEntry},
};
use crate::model::{ArticleId, StoredArticle};

/// Files that are made durable together: a file system commits them at little more than the cost
/// of one. Bounded, because each keeps a file open.
const GROUP: usize = 128;

/// Exports below `root`.
pub(in crate::export) fn run(
    source: &mut dyn ArticleSource,
    options: &Options,
    root: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, ExportError> {
    create(root)?;
    let manifest = manifest::in_folder(root);
    let former = manifest::read(&manifest)?;
    let (summary, tally, files) = match options.format {
        Format::Markdown => {
            let mut tree = Tree::scan(root)?;
            let tally = articles(source, options, root, &mut tree, progress)?;
            let summary = Summary {
                articles: tally.articles,
                ..tree.summary
            };
            (summary, tally, tree.files)
        }
        format => {
            let name = format.file_name();
            let (summary, tally, sum) = file::write(source, options, &root.join(&name), progress)?;
            (
                summary,
                tally,
                vec![FileEntry::new(name, sum, tally.articles)],
            )
        }
    };
    manifest::write(&manifest, options, tally, files, former)?;
    Ok(summary)
}

/// Writes one file per article.
fn articles(
    source: &mut dyn ArticleSource,
    options: &Options,
    root: &Path,
    tree: &mut Tree,
    progress: &mut dyn FnMut(u64),
) -> Result<Tally, ExportError> {
    let mut writer = options.writer();
    let tally = for_each(source, progress, &mut |stored| {
        tree.article(root, writer.as_mut(), stored)
    })?;
    tree.commit()?;
    Ok(tally)
}

/// The files below a folder that are named as this names articles.
pub(in crate::export) fn article_files(root: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let mut found = Vec::new();
    for folder in article_folders(root)? {
        let files = entries(&folder, fs::FileType::is_file)?;
        let files = files
            .into_iter()
            .filter(|(name, _)| name::id_in(name).is_some());
        found.extend(files.map(|(_, path)| path));
    }
    Ok(found)
}

/// The folders that exports make.
fn article_folders(root: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let mut found = Vec::new();
    for (year, path) in folders(root)? {
        if year == name::UNDATED {
            found.push(path);
        } else if is_number(&year, 4) {
            let months = folders(&path)?.into_iter();
            found.extend(
                months
                    .filter(|(month, _)| is_number(month, 2))
                    .map(|(_, path)| path),
            );
        }
    }
    Ok(found)
}

/// Makes sure that the folder exists.
pub(in crate::export) fn create(folder: &Path) -> Result<(), ExportError> {
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
pub(in crate::export) struct Tree {
    /// Files by the id in their name.
    found: HashMap<String, Vec<PathBuf>>,
    /// Files that this export wrote or confirmed, which it must not remove.
    current: HashSet<PathBuf>,
    pending: Vec<Pending>,
    /// For the manifest.
    pub(in crate::export) files: Vec<FileEntry>,
    pub(in crate::export) summary: Summary,
}

impl Tree {
    /// Reads the folders that exports make, and sweeps what a killed export left.
    pub(in crate::export) fn scan(root: &Path) -> Result<Self, ExportError> {
        let mut tree = Self {
            found: HashMap::new(),
            current: HashSet::new(),
            pending: Vec::new(),
            files: Vec::new(),
            summary: Summary::default(),
        };
        for folder in article_folders(root)? {
            tree.scan_files(&folder)?;
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

    /// Writes an article's file below the root.
    pub(in crate::export) fn article(
        &mut self,
        root: &Path,
        writer: &mut dyn ArticleWriter,
        stored: &StoredArticle,
    ) -> Result<(), ExportError> {
        let mut bytes = Vec::with_capacity(stored.article.body.len() + 512);
        let below = name::path(&stored.article);
        let path = root.join(&below);
        writer
            .begin(&mut bytes)
            .and_then(|()| writer.article(&mut bytes, stored))
            .and_then(|()| writer.finish(&mut bytes))
            .map_err(|error| ExportError::file("write", &path, error))?;
        // Names are made of ASCII.
        let below = below.to_string_lossy().into_owned();
        self.files.push(FileEntry::new(below, Sum::of(&bytes), 1));
        self.put(&name::id_digits(stored.article.id), path, &bytes)
    }

    /// Removes the files of an article; false if there are none.
    pub(in crate::export) fn drop_article(&mut self, id: ArticleId) -> Result<bool, ExportError> {
        let older = self.found.remove(&name::id_digits(id)).unwrap_or_default();
        self.remove(&older)?;
        Ok(!older.is_empty())
    }

    /// Removes the files of all articles that were not written.
    pub(in crate::export) fn drop_rest(&mut self) -> Result<(), ExportError> {
        let rest: Vec<PathBuf> = self.found.drain().flat_map(|(_, paths)| paths).collect();
        self.remove(&rest)
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
    pub(in crate::export) fn commit(&mut self) -> Result<(), ExportError> {
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
