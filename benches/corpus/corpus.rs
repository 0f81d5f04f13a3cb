//! The folder of feeds and expectations that `TIDINGS_CORPUS` names.
//!
//! Any file of it may be missing, and any row of a file may be odd: both are told, neither ends
//! the run.

use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use crate::Result;

/// The files that say what is expected; one of them makes a folder a corpus.
const LISTS: [&str; 5] = [
    "MANIFEST.tsv",
    "real.txt",
    "feedparser_expect.jsonl",
    "dates_expect.jsonl",
    "mutated_expect.jsonl",
];

/// A corpus on disk.
pub(crate) struct Corpus {
    root: PathBuf,
}

/// What `MANIFEST.tsv` says of one file.
pub(crate) struct Listed {
    pub(crate) path: String,
    pub(crate) real: bool,
    pub(crate) well_formed: bool,
    /// Entries that another parser found; `None` where none was asked.
    pub(crate) entries: Option<usize>,
}

impl Corpus {
    /// The corpus that the environment names: the folder of the lists, or the folder above it.
    pub(crate) fn open() -> Result<Self> {
        let named = env::var_os("TIDINGS_CORPUS")
            .ok_or("TIDINGS_CORPUS is not set: set it to the folder that holds feeds/")?;
        let named = Path::new(&named);
        let root = [named.join("feeds"), named.to_owned()]
            .into_iter()
            .find(|folder| LISTS.iter().any(|list| folder.join(list).is_file()));
        let root = root.ok_or_else(|| {
            format!(
                "no corpus at {}: TIDINGS_CORPUS must name the folder that holds feeds/ with one \
                 of {}",
                named.display(),
                LISTS.join(", ")
            )
        })?;
        Ok(Self { root })
    }

    /// A document by its path in the lists.
    pub(crate) fn bytes(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.root.join(path))
    }

    /// The manifest's rows in its order; `None` if the corpus has no manifest.
    pub(crate) fn manifest(&self) -> Result<Option<Vec<Listed>>> {
        let Some(text) = self.list("MANIFEST.tsv")? else {
            return Ok(None);
        };
        let mut lines = text.lines().map(|line| line.split('\t'));
        let names: HashMap<&str, usize> = lines
            .next()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(at, name)| (name, at))
            .collect();
        let rows = lines.map(|cells| {
            let cells: Vec<&str> = cells.collect();
            let cell = |name| names.get(name).and_then(|at| cells.get(*at)).copied();
            Listed {
                path: cell("path").unwrap_or_default().to_owned(),
                real: cell("class") == Some("real"),
                well_formed: cell("well_formed") == Some("yes"),
                entries: cell("entries_reference").and_then(|count| count.parse().ok()),
            }
        });
        Ok(Some(rows.filter(|row| !row.path.is_empty()).collect()))
    }

    /// Paths of real publishers' feeds: `real.txt`, else what the manifest says.
    pub(crate) fn real(&self) -> Result<Option<Vec<String>>> {
        if let Some(text) = self.list("real.txt")? {
            let paths = text.lines().map(str::trim).filter(|line| !line.is_empty());
            return Ok(Some(paths.map(str::to_owned).collect()));
        }
        let listed = self.manifest()?.unwrap_or_default();
        let real: Vec<_> = listed
            .into_iter()
            .filter_map(|row| row.real.then_some(row.path))
            .collect();
        Ok((!real.is_empty()).then_some(real))
    }

    /// The rows of a list of JSON objects, odd ones as the reason why they are; `None` if the
    /// corpus has no such list.
    pub(crate) fn rows<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Vec<std::result::Result<T, String>>>> {
        let row = |(at, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|error| format!("{name}:{}: {error}", at + 1))
        };
        Ok(self.list(name)?.map(|text| {
            let lines = text.lines().enumerate();
            let lines = lines.filter(|(_, line)| !line.trim().is_empty());
            lines.map(row).collect()
        }))
    }

    /// Every file under `feeds/` of at most so many bytes, as `(path, bytes)`, in a stable order;
    /// none if there is no such folder.
    pub(crate) fn files(&self, max: u64) -> Result<Vec<(PathBuf, u64)>> {
        let mut files = Vec::new();
        let top = self.root.join("feeds");
        let mut folders: Vec<PathBuf> = top.is_dir().then_some(top).into_iter().collect();
        while let Some(folder) = folders.pop() {
            let entries =
                fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            for entry in entries {
                let entry = entry?;
                let about = entry.metadata()?;
                if about.is_dir() {
                    folders.push(entry.path());
                } else if about.is_file() && about.len() <= max {
                    files.push((entry.path(), about.len()));
                }
            }
        }
        files.sort();
        Ok(files)
    }

    fn list(&self, name: &str) -> Result<Option<String>> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }
}
