//! One entry to one article: the order in which its fields are made, and their limits.
//!
//! Each field has its own file where it needs rules; what is here is only choosing and cutting.
//! The article's id is not: it depends on the whole document.

use super::{Context, author, date, fingerprint, link, rules, text};
use crate::model::{
    Article, ArticleId, Enclosure, Extraction, Markup, MarkupKind, RawEntry, RawFeed,
};

/// Longest title, name or tag, in bytes.
pub(super) const MAX_LINE: usize = 4 << 10;
/// Longest body, in bytes.
const MAX_BODY: usize = 2 << 20;
/// Most authors, tags or enclosures of an article.
const MAX_LIST: usize = 64;

/// What all entries of a document share.
pub(super) struct Shared<'a> {
    pub(super) feed: &'a RawFeed,
    pub(super) context: &'a Context<'a>,
    /// The site's page, absolute.
    pub(super) site: Option<&'a str>,
    pub(super) source: String,
    /// The feed's own authors.
    pub(super) authors: Vec<String>,
}

impl Shared<'_> {
    /// One entry's article; its id is set when the whole document is known.
    pub(super) fn article(&self, entry: &RawEntry, note: &mut dyn FnMut(String)) -> Article {
        let base = link::Base::new(entry.base.as_deref(), self.site, self.context.feed_url);
        let mut title = entry.title.as_ref().map(text::line).unwrap_or_default();
        if cap(&mut title, MAX_LINE) {
            note(format!(
                "the title is longer than {MAX_LINE} bytes and was cut"
            ));
        }
        let url = url(entry, &base, note);
        let canonical_url = url.as_deref().and_then(link::canonical_url);
        let mut authors = author_names(entry, &self.authors);
        limit(&mut authors, "authors", note);
        let dates = date::dates(entry, self.context.now, note);
        let (body, summary, extraction) = body_and_summary(entry, note);
        let mut tags = tags(&entry.categories);
        limit(&mut tags, "tags", note);
        let mut enclosures = enclosures(entry, &base, note);
        limit(&mut enclosures, "enclosures", note);
        Article {
            id: ArticleId([0; 16]),
            fingerprint: fingerprint(&title, &authors, canonical_url.as_deref(), &body),
            title,
            authors,
            source: self.source.clone(),
            url,
            canonical_url,
            guid: guid(entry),
            published_at: dates.published,
            published_from: dates.from,
            updated_at: dates.updated,
            language: language(entry.language.as_deref().or(self.feed.language.as_deref())),
            tags,
            enclosures,
            summary,
            body,
            extraction,
        }
    }
}

/// The entry's link, else a guid that is a URL, else its first file.
fn url(entry: &RawEntry, base: &link::Base, note: &mut dyn FnMut(String)) -> Option<String> {
    let given = entry.link.as_deref().filter(|link| !link.trim().is_empty());
    let guid = entry.guid.as_deref().filter(|guid| link::is_web_url(guid));
    let files = entry
        .media
        .iter()
        .flat_map(|media| &media.files)
        .map(|file| file.url.as_str());
    given
        .and_then(|link| base.absolute(link).map_err(&mut *note).ok())
        .or_else(|| {
            guid.into_iter()
                .chain(files)
                .find_map(|fallback| base.absolute(fallback).ok())
        })
}

fn author_names(entry: &RawEntry, of_the_feed: &[String]) -> Vec<String> {
    let mut names = author::names(&entry.authors);
    if names.is_empty() {
        let credits: Vec<String> = entry
            .media
            .iter()
            .flat_map(|media| media.credits.iter().cloned())
            .collect();
        names = author::names(&credits);
    }
    if names.is_empty() {
        names = of_the_feed.to_vec();
    }
    names.iter_mut().for_each(|name| {
        cap(name, MAX_LINE);
    });
    names
}

/// Body, summary where it says something else, and where the body comes from.
fn body_and_summary(
    entry: &RawEntry,
    note: &mut dyn FnMut(String),
) -> (String, Option<String>, Extraction) {
    let mut render = |markup: &Markup| {
        let mut body = text::body(markup, MAX_BODY);
        if cap(&mut body, MAX_BODY) {
            note(format!(
                "the body is longer than {MAX_BODY} bytes and was cut"
            ));
        }
        Some(rules::without_tail(body)).filter(|body| !body.is_empty())
    };
    let content = entry.content.as_ref().and_then(&mut render);
    let summary = entry.summary.as_ref().and_then(&mut render);
    if let Some(body) = content {
        let summary = summary.filter(|summary| *summary != body);
        return (body, summary, Extraction::Content);
    }
    if let Some(body) = summary {
        return (body, None, Extraction::Summary);
    }
    let descriptions = entry
        .media
        .iter()
        .filter_map(|media| media.description.as_ref());
    match descriptions.filter_map(&mut render).next() {
        Some(body) => (body, None, Extraction::Media),
        None => (String::new(), None, Extraction::None),
    }
}

fn tags(categories: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::with_capacity(categories.len());
    for category in categories {
        let mut tag = text::line(&Markup {
            text: category.clone(),
            kind: MarkupKind::Html,
        });
        cap(&mut tag, MAX_LINE);
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() > MAX_LIST {
            break; // one more than allowed, so that the cut is noted
        }
    }
    tags
}

fn enclosures(entry: &RawEntry, base: &link::Base, note: &mut dyn FnMut(String)) -> Vec<Enclosure> {
    let mut enclosures: Vec<Enclosure> = Vec::new();
    for file in entry
        .media
        .iter()
        .flat_map(|media| &media.files)
        .take(4 * MAX_LIST)
    {
        match base.absolute(&file.url) {
            Ok(url) if enclosures.iter().all(|known| known.url != url) => {
                enclosures.push(Enclosure {
                    url,
                    ..file.clone()
                });
            }
            Ok(_) => {}
            Err(why) => note(why),
        }
    }
    enclosures
}

/// The publisher's id as one line.
fn guid(entry: &RawEntry) -> Option<String> {
    let text = entry.guid.clone()?;
    let mut guid = text::line(&Markup {
        text,
        kind: MarkupKind::Text,
    });
    cap(&mut guid, link::MAX_URL);
    Some(guid).filter(|guid| !guid.is_empty())
}

/// A BCP 47 tag in its conventional case (RFC 5646 section 2.1.1), or nothing.
fn language(declared: Option<&str>) -> Option<String> {
    let tag = declared?.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?;
    let is_tag = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.clone().all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
        && tag.len() <= 35;
    if !is_tag {
        return None;
    }
    let mut language = primary.to_ascii_lowercase();
    for part in parts {
        language.push('-');
        match part.len() {
            2 => language.push_str(&part.to_ascii_uppercase()),
            4 => {
                language.push_str(&part[..1].to_ascii_uppercase());
                language.push_str(&part[1..].to_ascii_lowercase());
            }
            _ => language.push_str(&part.to_ascii_lowercase()),
        }
    }
    Some(language)
}

/// Cuts a text at a character boundary; true if it was longer.
pub(super) fn cap(text: &mut String, max: usize) -> bool {
    if text.len() <= max {
        return false;
    }
    text.truncate(text.floor_char_boundary(max));
    text.truncate(text.trim_end().len());
    true
}

/// Cuts a list to what an article may hold, and says so.
fn limit<T>(list: &mut Vec<T>, what: &str, note: &mut dyn FnMut(String)) {
    if list.len() > MAX_LIST {
        list.truncate(MAX_LIST);
        note(format!(
            "more than {MAX_LIST} {what}: the rest was left out"
        ));
    }
}
