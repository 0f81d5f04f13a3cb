//! `tidings import`: exported articles back into the store. Markdown is deduplicated like any entry;
//! records and other stores know their articles, which are taken back as they were.

use std::{
    collections::HashSet,
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{CliError, Ended, args::ImportArgs, context::Context, terminal::count};
use crate::{
    export::{self, Format, Identify, open_unpacked, read_markdown},
    ingest::{Candidate, Speaker, decide},
    model::{Article, ArticleQuery, Batch, Committed, EntryKey, Order, StoredArticle},
    normalize,
    store::{Backend, Restored, sqlite::Sqlite},
};

/// Files committed together.
const GROUP: usize = 256;
/// Articles of one file that are committed together.
const LINES: usize = 500;
/// Larger than any article; keeps a mistyped path from filling the memory.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn run(context: &Context, args: &ImportArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    if let Some(other) = &args.from_store {
        return from_store(context, other, &path);
    }
    let (files, mut failed) = collect(context, &args.paths);
    if files.is_empty() {
        return Ok(Ended::Badly);
    }
    let mut store = Sqlite::open(&path)?;
    let bar = context.progress(files.len() as u64, "files");
    let mut imported = 0_u64;
    let mut total = Committed::default();
    for group in files.chunks(GROUP) {
        let mut articles = Vec::new();
        for file in group {
            let format = Format::of_path(file).filter(|format| format.has_records());
            if let Some(format) = format {
                match take_back(&mut store, file, format, context, &mut total)? {
                    Ok(()) => imported += 1,
                    Err(message) => {
                        failed += 1;
                        bar.suspend(|| context.complain(&message));
                    }
                }
                continue;
            }
            match read(file) {
                Ok(read) => {
                    articles.extend(read);
                    imported += 1;
                }
                Err(message) => {
                    failed += 1;
                    bar.suspend(|| context.complain(&message));
                }
            }
        }
        total += store_articles(&mut store, articles, context)?;
        bar.inc(group.len() as u64);
    }
    bar.finish_and_clear();
    if !context.global.quiet && imported > 0 {
        let mut line = format!("Imported {}: {}", count(imported, "file"), counted(&total));
        if failed > 0 {
            line.push_str(&format!("; {failed} could not be read"));
        }
        writeln!(io::stdout().lock(), "{line}")?;
    }
    Ok(match failed {
        0 => Ended::Well,
        _ if imported == 0 => Ended::Badly,
        _ => Ended::InPart,
    })
}

/// Takes over the articles of another store, with their sightings and their bodies' HTML.
fn from_store(context: &Context, from: &Path, to: &Path) -> Result<Ended, CliError> {
    let mut other = Sqlite::open_reader(from)?;
    let mut store = Sqlite::open(to)?;
    if from.canonicalize()? == to.canonicalize()? {
        return Err(CliError::Told(format!(
            "{}: that is the store itself; name another with --from-store",
            from.display()
        )));
    }
    let query = ArticleQuery {
        order: Order::Changed,
        with_html: true,
        ..ArticleQuery::default()
    };
    let bar = context.progress(other.count(&query)?, "articles");
    let (mut after, mut total) = (None, Committed::default());
    loop {
        let page = other.articles(&query, after, LINES)?;
        bar.inc(page.articles.len() as u64);
        let group: Vec<Restored> = page.articles.into_iter().map(restored).collect();
        total += store.restore(&group, context.now)?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    bar.finish_and_clear();
    if !context.global.quiet {
        let from = from.display();
        let line = format!("Imported the articles of {from}: {}", counted(&total));
        writeln!(io::stdout().lock(), "{line}")?;
    }
    Ok(Ended::Well)
}

fn counted(total: &Committed) -> String {
    let mut line = format!(
        "{} new, {} changed, {} known already",
        count(total.new, "article"),
        total.changed,
        total.same
    );
    if total.deleted > 0 {
        line.push_str(&format!(", {} deleted before", total.deleted));
    }
    line
}

/// Takes back the articles of a file of records. The inner error is the file's; what stood before
/// it has been taken back.
fn take_back(
    store: &mut Sqlite,
    path: &Path,
    format: Format,
    context: &Context,
    total: &mut Committed,
) -> Result<Result<(), String>, CliError> {
    let mut lines = match export::records(path, format) {
        Ok(Some(records)) => records,
        Ok(None) => return Ok(Err(not_read_back(path, format))),
        Err(error) => return Ok(Err(unreadable(path, &error))),
    };
    loop {
        let mut wrong = None;
        let mut group = Vec::new();
        for line in lines.by_ref().take(LINES) {
            match line {
                Ok(article) => group.push(restored(article)),
                Err(error) => wrong = Some(error.to_string()),
            }
        }
        let is_over = group.len() < LINES;
        *total += store.restore(&group, context.now)?;
        match wrong {
            Some(wrong) => return Ok(Err(wrong)),
            None if is_over => return Ok(Ok(())),
            None => {}
        }
    }
}

/// An article with what its feeds' entries are known by: the publisher's id, if it has one of its own.
fn restored(article: StoredArticle) -> Restored {
    let other_key = EntryKey(article.article.id.0);
    let guid = article.article.guid.as_deref();
    Restored {
        key: guid.map_or(other_key, normalize::guid_key),
        other_key,
        article,
    }
}

fn not_read_back(path: &Path, format: Format) -> String {
    let format = format.name();
    let remedy = "export the articles as jsonl, which keeps everything";
    format!("{}: {format} is not read back; {remedy}", path.display())
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{}: cannot be read: {error}", path.display())
}

fn read(path: &Path) -> Result<Vec<Article>, String> {
    if let Some(other) = Format::of_path(path).filter(|format| *format != Format::Markdown) {
        return Err(not_read_back(path, other));
    }
    let error = |error: io::Error| unreadable(path, &error);
    // Not every file knows its size beforehand (`/dev/zero`, a pipe).
    let mut bytes = Vec::new();
    let file = open_unpacked(path).map_err(error)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(error)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large(path));
    }
    let identify = Identify {
        canonical_url: normalize::canonical_url,
        article_id: normalize::article_id,
        fingerprint: normalize::fingerprint,
    };
    read_markdown(&bytes, path, &identify)
        .map_err(|error| crate::model::printable(&error.to_string()))
}

fn too_large(path: &Path) -> String {
    let most = bytesize::ByteSize::b(MOST_BYTES);
    format!("{}: larger than any article ({most})", path.display())
}

fn store_articles(
    store: &mut Sqlite,
    articles: Vec<Article>,
    context: &Context,
) -> Result<Committed, CliError> {
    let mut total = Committed::default();
    let mut waiting: Vec<Candidate> = Vec::new();
    let mut seen = HashSet::new();
    for article in articles {
        // In turn, so that a file that holds an article twice meets its first copy.
        if !seen.insert(article.id) {
            total += commit(store, std::mem::take(&mut waiting), context)?;
            seen = HashSet::from([article.id]);
        }
        waiting.push(Candidate {
            key: EntryKey(article.id.0),
            guid: article.guid.clone(),
            article,
            same_as: None,
        });
    }
    total += commit(store, waiting, context)?;
    Ok(total)
}

fn commit(
    store: &mut Sqlite,
    candidates: Vec<Candidate>,
    context: &Context,
) -> Result<Committed, CliError> {
    let ids: Vec<_> = candidates
        .iter()
        .map(|candidate| (candidate.key, candidate.article.id))
        .collect();
    // An import is no feed; row 0 has no sightings.
    let known = store.known(0, &ids)?;
    let deleted = ids.iter().filter(|(_, id)| known.tombstones.contains(id));
    let deleted = u32::try_from(deleted.count()).unwrap_or(u32::MAX);
    let batch = Batch {
        feed: None,
        entries: decide(candidates, &known, Speaker::Import),
        now: context.now,
    };
    let mut total = Committed {
        deleted,
        ..Committed::default()
    };
    for done in store.commit(&[batch])? {
        total += done?;
    }
    Ok(total)
}

/// The files that `paths` mean, sorted; and how many paths mean nothing.
fn collect(context: &Context, paths: &[PathBuf]) -> (Vec<PathBuf>, usize) {
    let (mut files, mut failed) = (Vec::new(), 0);
    for path in paths {
        let mut found = Vec::new();
        if let Err(error) = walk(path, true, &mut found) {
            context.complain(&format!("{}: cannot be read: {error}", path.display()));
            failed += 1;
        } else if found.is_empty() {
            context.complain(&format!(
                "{}: no .md, .txt, .jsonl, .parquet or .sqlite files in it",
                path.display()
            ));
            failed += 1;
        }
        found.sort();
        files.extend(found);
    }
    (files, failed)
}

/// A named file counts whatever it is called; below a folder, Markdown and records do.
fn walk(path: &Path, named: bool, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let meta = if named {
        fs::metadata(path)?
    } else {
        fs::symlink_metadata(path)?
    };
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            walk(&entry?.path(), false, found)?;
        }
    } else if named
        || (meta.is_file()
            && Format::of_path(path)
                .is_some_and(|format| format == Format::Markdown || format.has_records()))
    {
        found.push(path.to_owned());
    }
    Ok(())
}
