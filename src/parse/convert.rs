//! feed-rs's model and the draft's rest to a `RawFeed`. Texts keep their markup, dates their gaps; of
//! authors those of the best rank are taken, and a media object's text is told from a summary.

use std::borrow::Cow;

use feed_rs::model::{Category, Entry, Feed, Person, Text};

use super::ParseError;
use super::draft::{self, Draft, Fields, Link, Slot};
use crate::model::{
    Enclosure, Markup, MarkupKind, RawCategory, RawEntry, RawFeed, RawLink, RawMedia, RawPerson,
};

/// Joins what feed-rs read of the canonical document with what that could not hold.
///
/// # Errors
/// [`ParseError::Broken`] where they are not of the same document, which would be a bug.
pub(super) fn feed(feed: Feed, draft: Draft<'_>) -> Result<RawFeed, ParseError> {
    if feed.entries.len() != draft.entries.len() {
        return Err(ParseError::Broken(format!(
            "{} entries were read as {}; this is a bug in Tidings, please report it",
            draft.entries.len(),
            feed.entries.len()
        )));
    }
    let (people, contributors) = people(feed.authors, feed.contributors, &draft.head);
    Ok(RawFeed {
        format: draft.format,
        kind: draft.kind,
        encoding: String::new(),
        id: some(feed.id),
        title: feed.title.map(markup),
        subtitle: feed.description.map(markup),
        links: links(draft.head.links),
        site_url: draft.head.link.take().map(Cow::into_owned),
        language: language(draft.head.language),
        generator: feed.generator.map(|generator| generator.content),
        rights: feed.rights.map(markup),
        image: draft.head.image.take().map(Cow::into_owned),
        authors: people,
        contributors,
        categories: feed.categories.into_iter().map(category).collect(),
        published: draft.head.published.take(),
        updated: feed.updated,
        hints: draft.hints.finish(),
        entries: feed
            .entries
            .into_iter()
            .zip(draft.entries)
            .map(|(parsed, fields)| entry(parsed, fields))
            .collect(),
        repairs: Vec::new(),
    })
}

fn entry(entry: Entry, fields: Fields<'_>) -> RawEntry {
    let origins = origins(&fields);
    let (authors, contributors) = people(entry.authors, entry.contributors, &fields);
    let is_of_media = is_of_media(&fields);
    let summary = body(fields.summary);
    let (summary, description) = if is_of_media {
        (None, summary)
    } else {
        (summary, None)
    };
    let media = RawMedia {
        files: enclosures(fields.files, fields.duration),
        description,
    };
    RawEntry {
        guid: some(entry.id),
        guid_is_link: fields.id_is_link,
        link: fields.link.take().map(Cow::into_owned),
        title: entry.title.map(markup),
        authors,
        contributors,
        published: entry.published,
        updated: entry.updated,
        content: body(fields.content),
        summary,
        categories: entry.categories.into_iter().map(category).collect(),
        media: if media == RawMedia::default() {
            Vec::new()
        } else {
            vec![media]
        },
        image: fields.image.take().map(Cow::into_owned),
        comments: fields.comments.take().map(Cow::into_owned),
        rights: entry.rights.map(markup),
        source: fields.source.take(),
        links: links(fields.links),
        base: fields.base,
        language: language(fields.language),
        origins,
    }
}

/// A body as it was read: the canonical document does without.
fn body(slot: Slot<draft::Text<'_>>) -> Option<Markup> {
    let draft::Text { text, kind } = slot.take().filter(|text| !text.text.is_empty())?;
    let trimmed = text.trim();
    let text = if trimmed.len() == text.len() {
        text.into_owned()
    } else {
        trimmed.to_owned()
    };
    Some(Markup { text, kind })
}

/// Links as the publisher wrote them: feed-rs gives them back in another spelling.
fn links(links: Vec<Link<'_>>) -> Vec<RawLink> {
    links
        .into_iter()
        .map(|link| RawLink {
            href: link.href.into_owned(),
            rel: link.rel.into_owned(),
            mime: link.mime.map(Cow::into_owned),
        })
        .collect()
}

/// A language tag with the hyphens of RFC 5646.
fn language(slot: Slot<Cow<'_, str>>) -> Option<String> {
    slot.take().map(|tag| tag.replace('_', "-"))
}

/// Authors and others. feed-rs has two roles; the draft knows more, in the same order.
fn people(
    authors: Vec<Person>,
    contributors: Vec<Person>,
    fields: &Fields<'_>,
) -> (Vec<RawPerson>, Vec<RawPerson>) {
    let (wrote, helped): (Vec<_>, Vec<_>) = fields
        .people
        .iter()
        .partition(|person| person.role == "author");
    let best = wrote.iter().map(|person| person.rank).min();
    let raw = |(person, known): (Person, &draft::Person<'_>)| RawPerson {
        name: person.name,
        email: person.email,
        url: person.uri,
        role: known.role.to_string(),
    };
    (
        authors
            .into_iter()
            .zip(wrote)
            .filter(|(_, known)| Some(known.rank) == best)
            .map(raw)
            .collect(),
        contributors.into_iter().zip(helped).map(raw).collect(),
    )
}

fn enclosures(files: Vec<Link<'_>>, duration: Option<u32>) -> Vec<Enclosure> {
    files
        .into_iter()
        .enumerate()
        .map(|(at, file)| Enclosure {
            url: file.href.into_owned(),
            mime: file.mime.map(Cow::into_owned),
            bytes: file.length,
            seconds: file.seconds.or(duration.filter(|_| at == 0)),
        })
        .collect()
}

/// Which element gave each field, under the names that `normalize` looks for.
fn origins(fields: &Fields<'_>) -> Vec<(&'static str, &'static str)> {
    let person = |is_author: bool| {
        let found = |person: &&draft::Person<'_>| (person.role == "author") == is_author;
        fields.people.iter().find(found).map(|person| person.from)
    };
    let summary = if is_of_media(fields) {
        "media"
    } else {
        "summary"
    };
    [
        ("guid", fields.id.from()),
        ("link", fields.link.from()),
        ("title", fields.title.from()),
        ("author", person(true)),
        ("contributor", person(false)),
        ("content", fields.content.from()),
        (summary, fields.summary.from()),
        ("published", fields.published.from()),
        ("updated", fields.updated.from()),
        ("language", fields.language.from()),
        ("rights", fields.rights.from()),
        ("image", fields.image.from()),
        ("comments", fields.comments.from()),
        ("source", fields.source.from()),
        ("category", fields.categories.first().map(|one| one.from)),
    ]
    .into_iter()
    .filter_map(|(field, from)| Some((field, from?)))
    .collect()
}

/// A media object's text is not the entry's own summary.
fn is_of_media(fields: &Fields<'_>) -> bool {
    let from = fields.summary.from();
    from.is_some_and(|from| from.starts_with("media:"))
}

fn category(category: Category) -> RawCategory {
    RawCategory {
        term: category.term,
        label: category.label,
        scheme: category.scheme,
    }
}

fn markup(text: Text) -> Markup {
    let kind = if text.content_type.essence().subty == "plain" {
        MarkupKind::Text
    } else {
        MarkupKind::Html
    };
    Markup {
        text: text.content,
        kind,
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
