//! What only some publishers give: contributors, vocabularies, picture, comments, rights, source.

use super::{
    article::{MAX_LINE, MAX_LIST, cap, limit},
    author,
    link::Base,
    log::Log,
    text,
};
use crate::model::{
    Category, Contributor, Details, Markup, MarkupKind, RawCategory, RawEntry, RawPerson,
    RawSource, TakenFrom,
};

/// An entry's details; its language's confidence is added by whoever knows it.
pub(super) fn details(
    entry: &RawEntry,
    others: &[&RawPerson],
    base: &Base,
    feed_rights: Option<&str>,
    log: &mut Log<'_>,
) -> Details {
    let mut url = |field: &'static str, origin: &'static str, link: Option<&str>| {
        let link = link.filter(|link| !link.trim().is_empty())?;
        log.from(field, origin);
        match base.absolute(link) {
            Ok(url) => Some(url),
            Err(why) => {
                log.problem(field, why);
                None
            }
        }
    };
    let image = url("image", "image", entry.image.as_deref());
    let comments_url = url("comments_url", "comments", entry.comments.as_deref());
    let taken_from = entry
        .source
        .as_ref()
        .and_then(|source| taken_from(source, base));
    let mut contributors = contributors(others, log);
    limit(&mut contributors, "contributors", log);
    let mut categories: Vec<Category> = Vec::new();
    for category in entry.categories.iter().filter_map(category) {
        if categories.len() <= MAX_LIST && !categories.contains(&category) {
            categories.push(category);
        }
    }
    limit(&mut categories, "categories", log);
    Details {
        contributors,
        categories,
        image,
        comments_url,
        rights: rights(entry, feed_rights, log),
        taken_from,
        language_confidence: None,
    }
}

/// A label as one line; `None` for an empty one.
pub(super) fn label(text: &str) -> Option<String> {
    rich_label(&Markup {
        text: text.to_owned(),
        kind: MarkupKind::Html,
    })
}

/// A label with markup as one line.
pub(super) fn rich_label(markup: &Markup) -> Option<String> {
    let mut label = text::line(markup);
    cap(&mut label, MAX_LINE);
    Some(label).filter(|label| !label.is_empty())
}

fn contributors(others: &[&RawPerson], log: &mut Log<'_>) -> Vec<Contributor> {
    let mut contributors = Vec::new();
    for person in others.iter().take(MAX_LIST + 1) {
        let role = label(&person.role.to_lowercase());
        // What is done to their names is no step of the authors.
        let names = author::names(std::slice::from_ref(*person), &mut log.problems_only());
        for name in names {
            let contributor = Contributor {
                name,
                role: role.clone().unwrap_or_else(|| "contributor".to_owned()),
            };
            if !contributors.contains(&contributor) {
                contributors.push(contributor);
            }
        }
    }
    contributors
}

fn category(raw: &RawCategory) -> Option<Category> {
    Some(Category {
        term: label(&raw.term)?,
        scheme: label(raw.scheme.as_deref()?)?,
    })
}

fn rights(entry: &RawEntry, of_the_feed: Option<&str>, log: &mut Log<'_>) -> Option<String> {
    if let Some(rights) = entry.rights.as_ref().and_then(rich_label) {
        log.from("rights", "rights");
        return Some(rights);
    }
    let rights = of_the_feed?;
    log.step("rights", || "as the feed states them".to_owned());
    Some(rights.to_owned())
}

fn taken_from(source: &RawSource, base: &Base) -> Option<TakenFrom> {
    let taken_from = TakenFrom {
        title: source.title.as_deref().and_then(label),
        url: source
            .url
            .as_deref()
            .and_then(|url| base.absolute(url).ok()),
    };
    (taken_from.title.is_some() || taken_from.url.is_some()).then_some(taken_from)
}
