//! One entry to one article: the order in which its fields are made, and their limits.
//!
//! Each field has its own file where it needs rules; what is here is only choosing and cutting.
//! The article's id is not: it depends on the whole document.

use url::Url;

use super::{
    Context, author,
    body::{self, Body, Cleaner},
    date, details, fingerprint, language, link,
    log::Log,
    text,
};
use crate::model::{
    Article, ArticleId, Enclosure, Markup, MarkupKind, RawCategory, RawEntry, RawFeed, RawPerson,
};

/// Longest title, name or tag, in bytes.
pub(super) const MAX_LINE: usize = 4 << 10;
/// Most authors, tags or enclosures of an article.
pub(super) const MAX_LIST: usize = 64;

/// Roles of contributors who may stand in for authors.
const AUTHORIAL: &[&str] = &[
    "",
    "author",
    "writer",
    "creator",
    "reporter",
    "journalist",
    "columnist",
];

/// What all entries of a document share.
pub(super) struct Shared<'a> {
    pub(super) feed: &'a RawFeed,
    pub(super) context: &'a Context<'a>,
    /// The site's page, absolute.
    pub(super) site: Option<&'a str>,
    /// What links are relative to where an entry does not say.
    pub(super) base: link::Base,
    pub(super) source: String,
    /// The feed's own authors.
    pub(super) authors: Vec<String>,
    /// The feed's rights.
    pub(super) rights: Option<String>,
    pub(super) cleaner: Cleaner<'a>,
}

impl Shared<'_> {
    /// One entry's article; its id is set when the whole document is known.
    pub(super) fn article(&self, entry: &RawEntry, log: &mut Log<'_>) -> Article {
        let own_base = entry.base.as_deref().map(|base| self.base.within(base));
        let base = own_base.as_ref().unwrap_or(&self.base);
        let title = title(entry.title.as_ref(), log);
        let url = url(entry, base, log);
        let canonical_url =
            identity(entry, url.as_ref(), base).and_then(|url| canonical_url(url, log));
        let url = url.map(|(_, url)| url.text);
        let (mut authors, others) = self.people(entry, log);
        limit(&mut authors, "authors", log);
        let dates = date::dates(entry, self.context.now, log);
        let Body {
            text,
            summary,
            extraction,
            html,
        } = body::body(entry, &self.cleaner, log);
        let html = html.and_then(|html| body::raw_html(html, entry, base, url.as_deref(), log));
        let mut tags = tags(&entry.categories);
        limit(&mut tags, "tags", log);
        let mut enclosures = enclosures(entry, base, log);
        limit(&mut enclosures, "enclosures", log);
        let declared = entry.language.as_deref().or(self.feed.language.as_deref());
        let language = language::language(declared, &title, &text, log);
        // A link that is another each time makes no version.
        let known_url = canonical_url
            .as_deref()
            .filter(|_| self.context.trust.links);
        let mut details = details::details(entry, &others, base, self.rights.as_deref(), log);
        details.language_confidence = language.confidence;
        Article {
            id: ArticleId([0; 16]),
            fingerprint: fingerprint(&title, &authors, known_url, &text),
            title,
            authors,
            source: self.source.clone(),
            url,
            canonical_url,
            guid: guid(entry),
            published_at: dates.published,
            published_from: dates.from,
            updated_at: dates.updated,
            language: language.tag,
            tags,
            enclosures,
            summary,
            body: text,
            extraction,
            html,
            details,
        }
    }

    /// The authors' names, and the contributors who are not among them. Without authors, whoever is
    /// credited with writing stands in, and then the feed's own.
    fn people<'e>(
        &self,
        entry: &'e RawEntry,
        log: &mut Log<'_>,
    ) -> (Vec<String>, Vec<&'e RawPerson>) {
        let others = || entry.contributors.iter().collect();
        let names = author::names(&entry.authors, log);
        let (names, others) = if !names.is_empty() {
            log.from("authors", "author");
            (names, others())
        } else {
            let (writers, rest): (Vec<_>, Vec<_>) = entry
                .contributors
                .iter()
                .partition(|person| AUTHORIAL.contains(&person.role.as_str()));
            let writers: Vec<RawPerson> = writers.into_iter().cloned().collect();
            let names = author::names(&writers, log);
            if !names.is_empty() {
                log.from("authors", "contributor");
                log.step("authors", || "who is credited stands in".to_owned());
                (names, rest)
            } else {
                if !self.authors.is_empty() {
                    log.from("authors", "feed author");
                    log.step("authors", || "the feed's author stands in".to_owned());
                }
                (self.authors.clone(), others())
            }
        };
        let cut = |mut name: String| {
            cap(&mut name, MAX_LINE);
            name
        };
        (names.into_iter().map(cut).collect(), others)
    }
}

fn title(title: Option<&Markup>, log: &mut Log<'_>) -> String {
    let Some(raw) = title else {
        return String::new();
    };
    let mut title = text::line(raw);
    if log.is_told() {
        log.from("title", "title");
        let lost = |sign: char| raw.text.contains(sign) && !title.contains(sign);
        if raw.kind == MarkupKind::Html && lost('<') {
            log.step("title", || "markup dropped".to_owned());
        }
        if raw.text.matches(';').count() > title.matches(';').count() {
            log.step("title", || "character references decoded".to_owned());
        }
    }
    if cap(&mut title, MAX_LINE) {
        log.problem(
            "title",
            format!("the title is longer than {MAX_LINE} bytes and was cut"),
        );
    }
    title
}

/// The entry's link, else a guid that is a URL, else its first file, else the page of where it was
/// taken from; and which of these it is.
fn url(
    entry: &RawEntry,
    base: &link::Base,
    log: &mut Log<'_>,
) -> Option<(&'static str, link::Link)> {
    let given = entry.link.as_deref().filter(|link| !link.trim().is_empty());
    let found = given.and_then(|link| match base.link(link) {
        Ok(url) => Some(("link", link, url)),
        Err(why) => {
            log.problem("url", why);
            None
        }
    });
    let stand_in = || {
        let guid = entry.guid.as_deref().filter(|guid| {
            // A guid is a link unless it says otherwise (RSS 2.0); "17" is none all the same.
            link::is_web_url(guid) || (entry.guid_is_link && guid.trim().starts_with('/'))
        });
        let files = entry.media.iter().flat_map(|media| &media.files);
        // Its page at best: a feed's own address is no article's.
        let source = entry.source.as_ref().filter(|source| source.is_page);
        let source = source.and_then(|source| source.url.as_deref());
        guid.map(|guid| ("guid", guid))
            .into_iter()
            .chain(files.map(|file| ("enclosure", file.url.as_str())))
            .chain(source.map(|source| ("source", source)))
            .find_map(|(origin, link)| Some((origin, link, base.link(link).ok()?)))
    };
    let (origin, link, url) = found.or_else(stand_in)?;
    log.from("url", origin);
    if origin != "link" {
        log.step("url", || format!("the {origin} stands in for the link"));
    }
    if !link::is_web_url(link) {
        log.step("url", || {
            format!("made absolute with {}", base.as_str().unwrap_or_default())
        });
    }
    Some((origin, url))
}

/// The address that may stand for the article: the publisher's own where the link leads through a
/// counter (`feedburner:origLink`); never the page of a source, which many articles share.
fn identity(
    entry: &RawEntry,
    url: Option<&(&'static str, link::Link)>,
    base: &link::Base,
) -> Option<Url> {
    let original = entry.links.iter().find(|link| link.rel == "original");
    let original = original.and_then(|link| Some(base.link(&link.href).ok()?.url));
    let own = url.filter(|(origin, _)| *origin != "source");
    original.or_else(|| own.map(|(_, link)| link.url.clone()))
}

fn canonical_url(url: Url, log: &mut Log<'_>) -> Option<String> {
    if !log.is_told() {
        return link::canonical(url, None);
    }
    let mut told = Vec::new();
    let canonical = link::canonical(url, Some(&mut told));
    log.steps("canonical_url", told);
    canonical
}

fn tags(categories: &[RawCategory]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::with_capacity(categories.len());
    for category in categories {
        let tag = details::label(category.label.as_ref().unwrap_or(&category.term));
        if let Some(tag) = tag.filter(|tag| !tags.contains(tag)) {
            tags.push(tag);
        }
        if tags.len() > MAX_LIST {
            break; // one more than allowed, so that the cut is noted
        }
    }
    tags
}

fn enclosures(entry: &RawEntry, base: &link::Base, log: &mut Log<'_>) -> Vec<Enclosure> {
    let mut enclosures: Vec<Enclosure> = Vec::new();
    let files = entry.media.iter().flat_map(|media| &media.files);
    for file in files.take(4 * MAX_LIST) {
        match base.absolute(&file.url) {
            Ok(url) if enclosures.iter().all(|known| known.url != url) => {
                enclosures.push(Enclosure {
                    url,
                    ..file.clone()
                });
            }
            Ok(_) => {}
            Err(why) => log.problem("enclosures", why),
        }
    }
    enclosures
}

/// The publisher's id as one line.
fn guid(entry: &RawEntry) -> Option<String> {
    let mut guid = text::one_line(entry.guid.as_deref()?);
    cap(&mut guid, link::MAX_URL);
    Some(guid).filter(|guid| !guid.is_empty())
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
pub(super) fn limit<T>(list: &mut Vec<T>, what: &'static str, log: &mut Log<'_>) {
    if list.len() > MAX_LIST {
        list.truncate(MAX_LIST);
        log.problem(
            what,
            format!("more than {MAX_LIST} {what}: the rest was left out"),
        );
    }
}
