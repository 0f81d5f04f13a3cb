//! An article's body as HTML: the publisher's made safe to show, else its text as paragraphs.
//!
//! It is made safe here, where it leaves; nothing in the store is.

use std::fmt::Write as _;

use crate::{
    export::Cleanups,
    model::{Cleanup, StoredArticle},
    normalize,
};

/// The body's HTML, safe to show; `None` where none is kept.
pub(in crate::export) fn html(stored: &StoredArticle, cleanups: &Cleanups) -> Option<String> {
    let article = &stored.article;
    let html = article.html.as_ref()?;
    let base = html.base.as_deref().or(article.url.as_deref());
    // As its body was cleaned, though for a feed that has left the feed files nobody can tell.
    let own = stored.feeds.iter().find_map(|feed| cleanups.get(feed));
    let default = Cleanup::default();
    Some(normalize::sanitize(
        &html.text,
        base,
        own.unwrap_or(&default),
    ))
}

/// The same, or the text as paragraphs; empty if there is neither.
pub(super) fn shown(stored: &StoredArticle, cleanups: &Cleanups) -> String {
    html(stored, cleanups)
        .filter(|html| !html.is_empty())
        .unwrap_or_else(|| paragraphs(&stored.article.body))
}

/// Each line as a paragraph. Lines whose blanks HTML would collapse (code, cells of a table) are
/// preformatted, those that follow each other together.
pub(super) fn paragraphs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut in_pre = false;
    for line in text.lines() {
        let is_pre = line.starts_with(' ') || line.contains('\t') || line.contains("  ");
        match (in_pre, is_pre) {
            // A parser drops the line break that directly follows the start tag, and keeps this.
            (true, true) => out.push('\n'),
            (true, false) => out.push_str("</pre>\n"),
            (false, true) => out.push_str("<pre>"),
            (false, false) => {}
        }
        let line = html_escape::encode_text(line);
        // Writing to a string cannot fail.
        let _ = if is_pre {
            write!(out, "{line}")
        } else {
            writeln!(out, "<p>{line}</p>")
        };
        in_pre = is_pre;
    }
    if in_pre {
        out.push_str("</pre>\n");
    }
    out
}
