//! What Obsidian, Hugo and their like read before a Markdown text: its fields as YAML.
//!
//! Every text is a double-quoted scalar written as JSON, which YAML 1.2 contains: no title can end
//! it or become a date, a number or a tag. The article below keeps its heading and its fields, so
//! that `import` reads it with or without.

use std::io::{self, Write};

use serde::Serialize;

use crate::{export::record::Moment, model::StoredArticle};

/// The line before and after.
pub(in crate::export) const FENCE: &str = "---";

/// Writes the block; what is not known is left out.
pub(super) fn write(out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
    let article = &stored.article;
    writeln!(out, "{FENCE}")?;
    text(out, "title", Some(&article.title))?;
    // Not in quotation marks: what reads dates, reads these.
    if let Some(date) = article.published_at {
        writeln!(out, "date: {}", Moment(date))?;
    }
    list(out, "authors", &article.authors)?;
    list(out, "tags", &article.tags)?;
    text(out, "url", article.url.as_deref())?;
    text(out, "source", Some(&article.source))?;
    text(out, "id", Some(&article.id.to_string()))?;
    let feeds: Vec<&str> = stored.feeds.iter().map(|feed| feed.as_str()).collect();
    list(out, "feeds", &feeds)?;
    text(out, "language", article.language.as_deref())?;
    writeln!(out, "{FENCE}")
}

fn text(out: &mut dyn Write, name: &str, text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) if !text.is_empty() => writeln!(out, "{name}: {}", quoted(text)?),
        _ => Ok(()),
    }
}

fn list<T: Serialize + AsRef<str>>(out: &mut dyn Write, name: &str, items: &[T]) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let items = items.iter().map(|item| quoted(item.as_ref()));
    let items = items.collect::<io::Result<Vec<_>>>()?;
    writeln!(out, "{name}: [{}]", items.join(", "))
}

/// A JSON string, with those characters escaped too that YAML does not print (YAML 1.2 section 5.1)
/// or takes for the end of a line.
fn quoted(text: &str) -> io::Result<String> {
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in serde_json::to_string(text)?.chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    Ok(quoted)
}
