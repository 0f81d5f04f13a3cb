//! feed-rs's model to ours. Nothing is decided here: texts keep their markup, dates their gaps.

use feed_rs::model::{Entry, Feed, FeedType, Link, MediaObject, Person, Text};

use crate::model::{Enclosure, FeedHints, Markup, MarkupKind, RawEntry, RawFeed, RawMedia};

pub(super) fn feed(feed: Feed) -> RawFeed {
    let kind = feed.feed_type;
    RawFeed {
        format: format_name(&kind).to_owned(),
        title: feed.title.map(|text| markup(text, &kind)),
        site_url: main_link(&feed.links).map(|link| link.href.clone()),
        language: feed.language,
        authors: names(&feed.authors),
        hints: FeedHints {
            minutes: feed.ttl,
            ..FeedHints::default()
        },
        entries: feed
            .entries
            .into_iter()
            .map(|parsed| entry(parsed, &kind))
            .collect(),
        repairs: Vec::new(),
    }
}

fn format_name(kind: &FeedType) -> &'static str {
    match kind {
        FeedType::Atom => "Atom",
        FeedType::JSON => "JSON Feed",
        FeedType::RSS0 => "RSS 0.9x",
        FeedType::RSS1 => "RSS 1.0 (RDF)",
        FeedType::RSS2 => "RSS 2.0",
    }
}

fn entry(entry: Entry, kind: &FeedType) -> RawEntry {
    let link = main_link(&entry.links).map(|link| link.href.clone());
    let mut media: Vec<RawMedia> = entry
        .media
        .into_iter()
        .map(|object| raw_media(object, kind))
        .collect();
    media.extend(enclosure_links(&entry.links, link.as_deref(), kind));
    // feed-rs copies RSS's only date into both fields.
    let updated = entry
        .updated
        .filter(|updated| *kind == FeedType::Atom || Some(*updated) != entry.published);
    RawEntry {
        guid: Some(entry.id).filter(|id| !id.is_empty()),
        title: entry.title.map(|text| markup(text, kind)),
        authors: names(&entry.authors),
        published: entry.published,
        updated,
        content: entry.content.and_then(|content| {
            let mime = content.content_type.essence().to_string();
            content.body.map(|text| Markup {
                text,
                kind: markup_kind(&mime, kind),
            })
        }),
        summary: entry.summary.map(|text| markup(text, kind)),
        categories: entry
            .categories
            .into_iter()
            .map(|category| category.label.unwrap_or(category.term))
            .collect(),
        media,
        base: entry.base,
        language: entry.language,
        link,
    }
}

fn markup(text: Text, kind: &FeedType) -> Markup {
    let mime = text.content_type.essence().to_string();
    Markup {
        kind: markup_kind(&mime, kind),
        text: text.content,
    }
}

/// RSS says nothing about its texts, and people put HTML everywhere; Atom and JSON Feed say.
fn markup_kind(mime: &str, kind: &FeedType) -> MarkupKind {
    let says = matches!(kind, FeedType::Atom | FeedType::JSON);
    if says && mime == "text/plain" {
        MarkupKind::Text
    } else {
        MarkupKind::Html
    }
}

/// The entry's own page: the first `alternate`, HTML before other kinds.
fn main_link(links: &[Link]) -> Option<&Link> {
    let own = |link: &&Link| {
        link.target.is_none() && link.rel.as_deref().is_none_or(|rel| rel == "alternate")
    };
    let html = |link: &&Link| {
        link.media_type
            .as_deref()
            .is_none_or(|mime| mime.contains("html"))
    };
    links
        .iter()
        .filter(own)
        .find(html)
        .or_else(|| links.iter().find(own))
}

/// Atom and JSON Feed attach files by link.
fn enclosure_links(links: &[Link], own: Option<&str>, kind: &FeedType) -> Option<RawMedia> {
    let attached = |link: &&Link| match kind {
        FeedType::JSON => link.media_type.is_some() && Some(link.href.as_str()) != own,
        _ => link.rel.as_deref() == Some("enclosure"),
    };
    let files: Vec<Enclosure> = links
        .iter()
        .filter(attached)
        .map(|link| Enclosure {
            url: link.href.clone(),
            mime: link.media_type.clone(),
            bytes: link.length,
        })
        .collect();
    (!files.is_empty()).then(|| RawMedia {
        files,
        ..RawMedia::default()
    })
}

fn raw_media(object: MediaObject, kind: &FeedType) -> RawMedia {
    let files = object.content.into_iter().filter_map(|content| {
        let url = content.url?.to_string();
        Some(Enclosure {
            url,
            mime: content.content_type.map(|mime| mime.to_string()),
            bytes: content.size,
        })
    });
    RawMedia {
        files: files.collect(),
        description: object.description.map(|text| markup(text, kind)),
        credits: object
            .credits
            .into_iter()
            .map(|credit| credit.entity)
            .collect(),
    }
}

fn names(people: &[Person]) -> Vec<String> {
    people
        .iter()
        .filter_map(|person| person.name.clone().or_else(|| person.email.clone()))
        .collect()
}
