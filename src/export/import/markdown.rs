//! Article files in the Markdown schema, read back.
//!
//! Reads what `markdown` writes, whatever characters it holds, and is lenient where people write
//! by hand: a byte order mark, CRLF, blank lines. Identity is the caller's: export and normalize
//! are neighbours, and neighbours do not call each other.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::Identify;
use crate::export::{
    ImportError,
    formats::{FENCE, FIELDS, find_unescaped, is_title, read_destination, unescape, unprotect},
};
use crate::model::{Article, DateSource, Details, Extraction, Time};

/// Reads one or more articles from the bytes of the file at `path`, which is not opened.
///
/// # Errors
/// The first line that is not as the schema wants it; nothing of the file should be stored then.
pub fn read_markdown(
    bytes: &[u8],
    path: &Path,
    identify: &Identify,
) -> Result<Vec<Article>, ImportError> {
    let error = |(line, expected)| ImportError {
        path: path.to_owned(),
        line,
        expected,
    };
    let text = std::str::from_utf8(bytes).map_err(|invalid| {
        let line = 1 + bytes[..invalid.valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        error((line, "UTF-8 text: convert the file first".to_owned()))
    })?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut after_blank = true;
    let lines = text.trim_start_matches('\u{feff}').split('\n');
    let lines: Vec<&str> = lines
        .map(|line| line.trim_end_matches(['\r', ' ', '\t']))
        .collect();
    let mut next = 0;
    while let Some(&line) = lines.get(next) {
        if after_blank && let Some(length) = front_matter(&lines[next..]) {
            next += length;
            continue;
        }
        let index = next;
        next += 1;
        let at = |expected| error((index + 1, expected));
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        if after_blank && is_title(line) {
            drafts.push(Draft::new(&line[1..]));
        } else {
            let draft = drafts.last_mut().ok_or_else(|| at(title_expected(line)))?;
            draft.line(line, identify).map_err(at)?;
        }
        after_blank = false;
    }
    if drafts.is_empty() {
        return Err(error((
            1,
            "an article that starts with \"# Title\", found an empty file".into(),
        )));
    }
    Ok(drafts
        .into_iter()
        .map(|draft| draft.article(identify))
        .collect())
}

/// The lines of a block of front matter, if these begin with one: fences, keys between them, and an
/// article behind it. What it says is said again in the article.
fn front_matter(lines: &[&str]) -> Option<usize> {
    if lines.first() != Some(&FENCE) {
        return None;
    }
    let end = 1 + lines[1..].iter().position(|line| *line == FENCE)?;
    let is_key = |line: &&str| line.contains(": ") && !line.is_empty();
    let mut after = lines[end + 1..].iter().skip_while(|line| line.is_empty());
    let is_block =
        lines[1..end].iter().all(is_key) && after.next().is_some_and(|line| is_title(line));
    is_block.then_some(end + 1)
}

fn title_expected(found: &str) -> String {
    format!(
        "an article that starts with \"# Title\", found {}",
        shown(found)
    )
}

/// A line shortened and made harmless for a message.
fn shown(line: &str) -> String {
    let mut start: String = line.chars().take(60).collect();
    if start.len() < line.len() {
        start.push('…');
    }
    format!("\"{}\"", crate::model::printable(&start))
}

/// An article as far as it has been read.
#[derive(Default)]
struct Draft {
    title: String,
    published: Option<Time>,
    authors: Vec<String>,
    source: String,
    url: Option<String>,
    canonical_url: Option<String>,
    body: String,
    /// The first field that may still come.
    next: usize,
}

impl Draft {
    fn new(title: &str) -> Self {
        Self {
            title: unescape(title.trim()),
            ..Self::default()
        }
    }

    /// Takes a line after the title: a field while no body has begun, else body.
    fn line(&mut self, line: &str, identify: &Identify) -> Result<(), String> {
        if !self.body.is_empty() {
            self.body.push('\n');
            push_clean(&mut self.body, line);
            return Ok(());
        }
        for (field, name) in FIELDS.iter().enumerate().skip(self.next) {
            let value = line
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(": "));
            if let Some(value) = value {
                self.next = field + 1;
                return match field {
                    0 => self.published_at(value),
                    1 => self.author(value),
                    _ => self.original(value, identify),
                };
            }
        }
        push_clean(&mut self.body, &unprotect(line, self.next));
        Ok(())
    }

    fn published_at(&mut self, value: &str) -> Result<(), String> {
        let date = bold(value).and_then(|date| DateTime::parse_from_rfc3339(date).ok());
        let date = date.ok_or_else(|| {
            format!(
                "a date such as **2019-11-05T16:55:07+00:00**, found {}",
                shown(value)
            )
        })?;
        self.published = Some(date.with_timezone(&Utc));
        Ok(())
    }

    fn author(&mut self, value: &str) -> Result<(), String> {
        let names = bold(value)
            .ok_or_else(|| format!("an author such as **Name**, found {}", shown(value)))?;
        let mut rest = names;
        while let Some(at) = find_unescaped(rest, ',') {
            self.authors.push(unescape(rest[..at].trim()));
            rest = &rest[at + 1..];
        }
        self.authors.push(unescape(rest.trim()));
        self.authors.retain(|name| !name.is_empty());
        Ok(())
    }

    fn original(&mut self, value: &str, identify: &Identify) -> Result<(), String> {
        if let Some(source) = bold(value) {
            self.source = unescape(source.trim());
            return Ok(());
        }
        let link = value.strip_prefix('[').and_then(|label| {
            let end = find_unescaped(label, ']')?;
            let url = read_destination(label[end + 1..].strip_prefix('(')?)?;
            Some((unescape(label[..end].trim()), url))
        });
        let (source, url) = link
            .ok_or_else(|| format!("a link such as [Source](https://…), found {}", shown(value)))?;
        let canonical = (identify.canonical_url)(&url)
            .ok_or_else(|| format!("an http or https URL, found {}", shown(&url)))?;
        self.source = source;
        self.canonical_url = Some(canonical);
        self.url = Some(url);
        Ok(())
    }

    fn article(self, identify: &Identify) -> Article {
        let Self {
            title,
            published,
            authors,
            source,
            url,
            canonical_url,
            body,
            ..
        } = self;
        let canonical = canonical_url.as_deref();
        Article {
            id: (identify.article_id)(canonical, &title, &body),
            fingerprint: (identify.fingerprint)(&title, &authors, canonical, &body),
            title,
            authors,
            source,
            url,
            guid: None,
            published_from: published.map_or(DateSource::None, |_| DateSource::Import),
            published_at: published,
            updated_at: None,
            language: None,
            tags: Vec::new(),
            enclosures: Vec::new(),
            summary: None,
            body,
            extraction: Extraction::Import,
            html: None,
            details: Details::default(),
            canonical_url,
        }
    }
}

/// The text between `**` and `**`.
fn bold(value: &str) -> Option<&str> {
    value.strip_prefix("**")?.strip_suffix("**")
}

/// Appends a line without control characters, tabs excepted.
fn push_clean(body: &mut String, line: &str) {
    body.extend(line.chars().filter(|c| *c == '\t' || !c.is_control()));
}
