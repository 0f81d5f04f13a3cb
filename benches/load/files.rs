//! Real feeds from files, each served as if it were a site of its own.

use std::{
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    sync::Arc,
};

use chrono::{DateTime, Utc};

use crate::{
    Result,
    page::{Page, Places, Validators},
};

/// The documents and, in the same order, the names they had in the list.
pub(crate) struct Files {
    pub(crate) pages: Vec<Arc<Page>>,
    pub(crate) names: Vec<String>,
}

/// Reads every file of a list (one path a line, relative to `root`).
pub(crate) fn read(list: &Path, root: &Path) -> Result<Files> {
    let list = fs::read_to_string(list).map_err(|error| format!("{}: {error}", list.display()))?;
    let names: Vec<String> = list
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let pages = names
        .iter()
        .map(|name| page(&root.join(name)).map(Arc::new))
        .collect::<Result<_>>()?;
    Ok(Files { pages, names })
}

fn page(path: &Path) -> Result<Page> {
    let body = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let modified: DateTime<Utc> = fs::metadata(path)?.modified()?.into();
    // No charset: what the document says of itself has to count.
    let content_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        _ => "application/xml",
    };
    Ok(Page::new(
        content_type,
        Validators {
            etag: format!("\"{:016x}\"", hasher.finish()),
            last_modified: modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        },
        &body,
    ))
}

/// A feed file for Tidings that names every document by its place in the list.
pub(crate) fn feeds_toml(names: &[String], port: u16) -> String {
    let places = Places {
        port,
        addresses: names.len(),
    };
    let mut toml = String::new();
    for (feed, name) in names.iter().enumerate() {
        let _ = writeln!(
            toml,
            "[[feed]]\nurl = {:?}\nname = {name:?}\n",
            places.url(feed)
        );
    }
    toml
}
