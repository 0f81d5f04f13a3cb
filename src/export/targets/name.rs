//! File names for articles: readable, the same every time, and safe whatever a title holds.
//!
//! A name ends in 12 hex digits of the article's id, so it is never a device name of Windows
//! (`con`, `nul`), never starts with a dot, and finds its article again when the title changes.

use std::path::PathBuf;

use chrono::Datelike;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::model::{Article, ArticleId};

/// Longest title part, in bytes.
const MAX_SLUG: usize = 80;
/// Digits of the id in a name: 48 bits, so that a million articles share none to speak of.
const ID_DIGITS: usize = 12;
/// The folder of articles without a date.
pub(super) const UNDATED: &str = "undated";

/// The article's path below the export's root: `2019/11/2019-11-05-some-title-0123456789ab.md`.
pub(super) fn path(article: &Article) -> PathBuf {
    let date = article
        .published_at
        .filter(|date| (0..=9999).contains(&date.year()));
    let (folder, day) = match date {
        Some(date) => (
            date.format("%Y/%m").to_string(),
            date.format("%Y-%m-%d-").to_string(),
        ),
        None => (UNDATED.to_owned(), String::new()),
    };
    let slug = slug(&article.title);
    let dash = if slug.is_empty() { "" } else { "-" };
    let id = id_digits(article.id);
    PathBuf::from(folder).join(format!("{day}{slug}{dash}{id}.md"))
}

/// The part of the id that stands in the name.
pub(super) fn id_digits(id: ArticleId) -> String {
    let mut id = id.to_string();
    id.truncate(ID_DIGITS);
    id
}

/// The id's digits in a file name that [`path`] may have made.
pub(super) fn id_in(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".md")?;
    let (before, id) = stem.split_at_checked(stem.len().checked_sub(ID_DIGITS)?)?;
    let is_hex = id
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && (before.is_empty() || before.ends_with('-'))).then_some(id)
}

/// The title as `a-z 0-9` with single hyphens between words; accents are taken off.
fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(MAX_SLUG);
    for c in title.nfkd().filter(|c| !is_combining_mark(*c)) {
        let c = c.to_ascii_lowercase();
        if slug.len() == MAX_SLUG {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') && !matches!(c, '\'' | '’') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
