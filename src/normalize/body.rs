//! An entry's body: which element it is made from, its text, its markup where that says more.

use std::borrow::Cow;

use super::{
    article::cap,
    link::{self, Base},
    log::Log,
    select::Selectors,
    tails, text,
};
use crate::model::{Cleanup, Extraction, Markup, MarkupKind, RawEntry, RawHtml};

/// Longest body, in bytes.
const MAX_BODY: usize = 2 << 20;
/// Longest markup that is kept beside the text, in bytes.
const MAX_HTML: usize = RawHtml::MOST_BYTES;

/// What an entry says.
pub(super) struct Body<'a> {
    pub(super) text: String,
    /// The teaser, if it says something else.
    pub(super) summary: Option<String>,
    pub(super) extraction: Extraction,
    /// The markup that `text` was made from.
    pub(super) html: Option<&'a str>,
}

/// What is taken out of bodies.
pub(super) struct Cleaner<'a> {
    pub(super) cleanup: &'a Cleanup,
    /// The cleanup's selectors, read once for all entries.
    pub(super) selectors: Selectors<'a>,
}

/// Body, summary where it says something else, and where the body comes from.
pub(super) fn body<'a>(entry: &'a RawEntry, cleaner: &Cleaner<'_>, log: &mut Log<'_>) -> Body<'a> {
    let content = entry
        .content
        .as_ref()
        .and_then(|content| Some((content, render(content, "body", cleaner, log)?)));
    // The field that is explained is known only now.
    let field = if content.is_some() { "summary" } else { "body" };
    let summary = entry
        .summary
        .as_ref()
        .and_then(|summary| Some((summary, render(summary, field, cleaner, log)?)));
    if let Some((markup, text)) = content {
        log.from("body", "content");
        log.from("summary", "summary");
        let summary = summary.map(|(_, summary)| summary);
        let is_same = summary.as_ref() == Some(&text);
        if is_same {
            log.step("summary", || "left out: it is the body".to_owned());
        }
        return Body {
            summary: summary.filter(|_| !is_same),
            extraction: Extraction::Content,
            html: html_of(markup),
            text,
        };
    }
    let mut media = || {
        let descriptions = entry
            .media
            .iter()
            .filter_map(|media| media.description.as_ref());
        descriptions
            .filter_map(|markup| Some((markup, render(markup, "body", cleaner, log)?)))
            .next()
            .map(|found| (found, Extraction::Media))
    };
    let found = match summary {
        Some(found) => Some((found, Extraction::Summary)),
        None => media(),
    };
    let Some(((markup, text), extraction)) = found else {
        return Body {
            text: String::new(),
            summary: None,
            extraction: Extraction::None,
            html: None,
        };
    };
    log.from("body", extraction.as_str());
    Body {
        text,
        summary: None,
        extraction,
        html: html_of(markup),
    }
}

/// The text of a body or teaser; `None` if it has none.
fn render(
    markup: &Markup,
    field: &'static str,
    cleaner: &Cleaner<'_>,
    log: &mut Log<'_>,
) -> Option<String> {
    let mut told = Vec::new();
    let is_told = log.is_told();
    let rest = without_chosen(markup, field, cleaner, &mut told, log);
    let cleanup = cleaner.cleanup;
    let removed = is_told.then_some(&mut told);
    let mut body = text::body(rest.as_ref().unwrap_or(markup), MAX_BODY, cleanup, removed);
    if cap(&mut body, MAX_BODY) {
        log.problem(
            field,
            format!("the body is longer than {MAX_BODY} bytes and was cut"),
        );
    }
    let body = tails::without_tails(body, cleanup, is_told.then_some(&mut told));
    log.steps(field, told);
    Some(body).filter(|body| !body.is_empty())
}

/// The markup without what the feed's selectors choose, if they choose anything.
fn without_chosen(
    markup: &Markup,
    field: &'static str,
    cleaner: &Cleaner<'_>,
    told: &mut Vec<String>,
    log: &mut Log<'_>,
) -> Option<Markup> {
    if markup.kind == MarkupKind::Text {
        return None;
    }
    match cleaner.selectors.without_chosen(&markup.text, Some(told)) {
        Ok(Cow::Borrowed(_)) => None,
        Ok(Cow::Owned(text)) => Some(Markup {
            text,
            kind: MarkupKind::Html,
        }),
        Err(unfit) => {
            log.problem(field, unfit.to_string());
            None
        }
    }
}

fn html_of(markup: &Markup) -> Option<&str> {
    (markup.kind == MarkupKind::Html && says_more(&markup.text)).then_some(markup.text.as_str())
}

/// True if the markup has a tag that means more than a new line.
fn says_more(html: &str) -> bool {
    memchr::memchr_iter(b'<', html.as_bytes()).any(|at| {
        let rest = html.as_bytes()[at + 1..].strip_prefix(b"/");
        let rest = rest.unwrap_or(&html.as_bytes()[at + 1..]);
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric());
        let name = &rest[..end.unwrap_or(rest.len())];
        let is_line = ["p", "br", "div"]
            .iter()
            .any(|line| name.eq_ignore_ascii_case(line.as_bytes()));
        name.first().is_some_and(u8::is_ascii_alphabetic) && !is_line
    })
}

/// The markup to keep, with what its relative URLs are relative to: an `xml:base`, else the
/// article's own page, else what its link would be relative to.
pub(super) fn raw_html(
    html: &str,
    entry: &RawEntry,
    base: &Base,
    url: Option<&str>,
    log: &mut Log<'_>,
) -> Option<RawHtml> {
    if html.len() > MAX_HTML {
        log.problem(
            "html",
            format!("the body's markup is longer than {MAX_HTML} bytes: only its text is kept"),
        );
        return None;
    }
    let has_own = entry
        .base
        .as_deref()
        .is_some_and(|base| !base.trim().is_empty());
    let base = base.as_str().filter(|_| has_own || url.is_none());
    Some(RawHtml {
        text: html.to_owned(),
        base: base
            .filter(|base| Some(*base) != url && base.len() <= link::MAX_URL)
            .map(str::to_owned),
    })
}
