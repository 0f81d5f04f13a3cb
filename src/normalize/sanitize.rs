//! A body's HTML made safe to show: for exports and pages, never for the store.
//!
//! Two locks, one behind the other. The first is the scan that text is made with: it leaves out what
//! the removal rules name and what is never read, and `writer` writes only the elements and attributes
//! of `allowed`, balanced, at most [`MAX_DEPTH`] deep, with absolute links. That alone bounds what
//! the second lock, ammonia, has to do: its HTML parser needs time and memory that grow with the
//! square of hostile nesting. Ammonia decides last, over the same tables.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use url::Url;

use super::{
    allowed::{ALLOWED, EVERYWHERE, SCHEMES},
    scan,
    select::Selectors,
    tails, text,
    writer::{Choice, MAX_OUT, Writer, escape},
};
use crate::model::{Cleanup, Markup, MarkupKind};

/// Larger bodies are given as paragraphs of text.
const MAX_SIZE: usize = 2 << 20;
/// Deeper elements begin anew at the top.
const MAX_DEPTH: usize = 64;

static AMMONIA: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .add_tags(ALLOWED.iter().map(|(name, _)| *name))
        .add_generic_attributes(EVERYWHERE)
        .url_schemes(SCHEMES.iter().copied().collect::<HashSet<_>>())
        .link_rel(Some("noopener noreferrer nofollow"));
    for (name, attributes) in ALLOWED {
        builder.add_tag_attributes(*name, *attributes);
    }
    builder
});

/// A body's HTML, safe to show.
///
/// No scripts, styles, forms, frames, event handlers or pictures that count readers; what the
/// cleanup removes is gone; links are absolute against `base`, which is the article's URL where
/// [`crate::model::RawHtml::base`] is `None`.
///
/// Markup of more than 2 MiB comes back as paragraphs of its text. Time and memory are linear in
/// the input, whatever it holds.
#[must_use]
pub fn sanitize(html: &str, base: Option<&str>, cleanup: &Cleanup) -> String {
    if html.len() > MAX_SIZE {
        return as_text(html, cleanup);
    }
    // Markup that selectors cannot be applied to is shown with what they would remove.
    let chosen = Selectors::new(&cleanup.remove).without_chosen(html, None);
    let html = chosen.unwrap_or(Cow::Borrowed(html));
    let base = base.and_then(|base| Url::parse(base).ok());
    let mut writer = Writer::new(Choice::Shown(base), MAX_DEPTH, html.len());
    scan::scan(&html, &mut writer, cleanup, None);
    let mut shown = AMMONIA.clean(&writer.finish()).to_string();
    drop_tails(&mut shown, cleanup);
    shown
}

/// Drops the last paragraphs that publishing software added, as from the body's text.
fn drop_tails(html: &mut String, cleanup: &Cleanup) {
    for _ in 0..tails::MOST {
        let Some(start) = html.rfind("<p>") else {
            return;
        };
        let paragraph = Markup {
            text: html[start..].to_owned(),
            kind: MarkupKind::Html,
        };
        let line = text::line(&paragraph);
        // A paragraph that is not the last thing in the body is no tail.
        let is_last = html.trim_end().ends_with("</p>") && !html[start + 3..].contains("<p");
        if !is_last || line.is_empty() || !tails::without_tails(line, cleanup, None).is_empty() {
            return;
        }
        html.truncate(html[..start].trim_end().len());
    }
}

/// The text in paragraphs.
fn as_text(html: &str, cleanup: &Cleanup) -> String {
    let markup = Markup {
        text: html.to_owned(),
        kind: MarkupKind::Html,
    };
    let mut out = Vec::new();
    for line in text::body(&markup, MAX_OUT, cleanup, None).lines() {
        out.extend_from_slice(b"<p>");
        escape(line.as_bytes(), &mut out);
        out.extend_from_slice(b"</p>");
    }
    String::from_utf8_lossy(&out).into_owned()
}
