//! Lines of our own JSON Lines, read back with everything that they hold.
//!
//! Keys in any order, unknown ones passed over, missing ones empty but for those that an article is
//! not without. Line by line, so that memory does not grow with the file.

use std::{
    io::{BufRead, Read as _},
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    export::ImportError,
    model::{
        Article, ArticleId, Category, Contributor, DateSource, Details, Enclosure, Extraction,
        FeedId, Fingerprint, RawHtml, StoredArticle, TakenFrom, Time, printable,
    },
};

/// Longer lines hold no article.
const MOST_BYTES: u64 = 64 << 20;

/// Reads articles one by one; the first error is the end.
pub struct JsonlReader<R> {
    input: R,
    path: PathBuf,
    line: usize,
    is_over: bool,
}

impl<R: BufRead> JsonlReader<R> {
    /// Reads `input`; `path` is for messages.
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            input,
            path: path.to_owned(),
            line: 0,
            is_over: false,
        }
    }

    fn read(&mut self) -> Result<Option<StoredArticle>, String> {
        let mut text = String::new();
        loop {
            text.clear();
            self.line += 1;
            let read = self.input.by_ref().take(MOST_BYTES).read_line(&mut text);
            let read = read.map_err(|error| format!("a line of UTF-8 text, found: {error}"))?;
            if read as u64 == MOST_BYTES {
                return Err("an article, found a line that is longer than any".to_owned());
            }
            let line = text.trim_start_matches('\u{feff}').trim();
            match line {
                "" if read == 0 => return Ok(None),
                "" => {}
                line => return article(line).map(Some),
            }
        }
    }
}

impl<R: BufRead> Iterator for JsonlReader<R> {
    type Item = Result<StoredArticle, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read().map_err(|expected| ImportError {
            path: self.path.clone(),
            line: self.line,
            expected: printable(&expected),
        });
        self.is_over = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}

/// What a line holds; see `record`.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    seq: i64,
    #[serde(default)]
    revision: u32,
    #[serde(default)]
    feeds: Vec<String>,
    guid: Option<String>,
    url: Option<String>,
    canonical_url: Option<String>,
    #[serde(default)]
    source: String,
    title: String,
    #[serde(default)]
    authors: Vec<String>,
    #[serde(default)]
    contributors: Vec<Contributor>,
    published_at: Option<Time>,
    published_from: String,
    updated_at: Option<Time>,
    first_seen: Time,
    changed_at: Time,
    language: Option<String>,
    language_confidence: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    enclosures: Vec<Enclosure>,
    image: Option<String>,
    comments_url: Option<String>,
    rights: Option<String>,
    taken_from: Option<TakenFrom>,
    summary: Option<String>,
    body: String,
    extraction: String,
    fingerprint: String,
    html: Option<String>,
}

fn article(line: &str) -> Result<StoredArticle, String> {
    let line: Line = serde_json::from_str(line)
        .map_err(|error| format!("an article as `export --format jsonl` writes it: {error}"))?;
    stored(line)
}

/// The article that a record of any other format holds.
pub(in crate::export) fn record(record: Value) -> Result<StoredArticle, String> {
    let line = serde_json::from_value(record)
        .map_err(|error| format!("an article as `tidings export` writes it: {error}"))?;
    stored(line)
}

fn stored(line: Line) -> Result<StoredArticle, String> {
    let urls = [&line.url, &line.canonical_url];
    if let Some(url) = urls.into_iter().flatten().find(|url| !is_web(url)) {
        return Err(format!("an http or https URL, found {url:?}"));
    }
    let unknown = |key: &str, word: &str| format!("another word for {key:?} than {word:?}");
    let from = &line.published_from;
    let published_from =
        DateSource::from_name(from).ok_or_else(|| unknown("published_from", from))?;
    let extraction = Extraction::from_name(&line.extraction)
        .ok_or_else(|| unknown("extraction", &line.extraction))?;
    let feeds = line.feeds.iter().map(|id| {
        id.parse::<FeedId>()
            .map_err(|error| format!("the id of a feed, found {id:?}: {error}"))
    });
    let article = Article {
        id: ArticleId(hex("id", &line.id)?),
        fingerprint: Fingerprint(hex("fingerprint", &line.fingerprint)?),
        title: clean_line(&line.title),
        authors: clean(&line.authors),
        source: clean_line(&line.source),
        url: line.url,
        canonical_url: line.canonical_url,
        guid: line.guid.as_deref().map(clean_line),
        published_at: line.published_at,
        published_from,
        updated_at: line.updated_at,
        language: line.language.as_deref().map(clean_line),
        tags: clean(&line.tags),
        enclosures: line.enclosures,
        summary: line.summary.as_deref().map(clean_text),
        body: clean_text(&line.body),
        extraction,
        html: line.html.map(|text| RawHtml { text, base: None }),
        details: Details {
            contributors: line.contributors,
            categories: line.categories,
            image: line.image,
            comments_url: line.comments_url,
            rights: line.rights,
            taken_from: line.taken_from,
            language_confidence: line.language_confidence,
        },
    };
    Ok(StoredArticle {
        // Labels depend on what else a store has: it finds its own.
        cluster: article.id,
        duplicate_of: None,
        article,
        seq: line.seq,
        first_seen: line.first_seen,
        changed_at: line.changed_at,
        revision: line.revision,
        feeds: feeds.collect::<Result<_, _>>()?,
    })
}

fn is_web(url: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
        && !url.contains(char::is_control)
}

/// 128 bits of 32 hex digits.
fn hex(key: &str, text: &str) -> Result<[u8; 16], String> {
    let wrong = || format!("32 hex digits as {key:?}, found {text:?}");
    let digits = text.as_bytes();
    if digits.len() != 32 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(wrong());
    }
    u128::from_str_radix(text, 16)
        .map(u128::to_be_bytes)
        .map_err(|_| wrong())
}

/// Texts of articles hold no control characters; a line that was written by others may.
fn clean_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn clean(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| clean_line(text)).collect()
}

fn clean_text(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}
