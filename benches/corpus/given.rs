//! What a document gives for a field of an expectation, and whether that is what is expected.
//!
//! Some fields answer for each other where one is missing: summary and content (and then a media
//! description), published and updated, and a feed's editor for its author.

use serde_json::Value;
use tidings::model::{Article, Markup, RawCategory, RawEntry, RawFeed, RawMedia, RawPerson, Time};
use url::Url;

use crate::compare;

/// A document with the entry that an expectation is about.
pub(crate) struct Subject<'a> {
    pub(crate) feed: &'a RawFeed,
    pub(crate) entry: Option<&'a RawEntry>,
    /// The entry normalized.
    pub(crate) article: Option<Article>,
    /// The site's page, made absolute.
    pub(crate) site: Option<String>,
    /// The URL that the document came from.
    pub(crate) base: &'a str,
}

/// What is given for a field. Several values: any of them may be the expected one.
pub(crate) enum Given {
    Texts(Vec<Markup>),
    /// With what relative ones are relative to.
    Links(Vec<String>, Option<Url>),
    People(Vec<String>),
    /// A name of something technical; case does not matter.
    Name(Option<String>),
    Date(Option<Time>),
    /// No such field, or no such entry.
    Unknown,
}

impl Given {
    /// What is given for a field, e.g. `title` or `tag[0]`.
    pub(crate) fn of(subject: &Subject<'_>, field: &str, of_entry: bool) -> Self {
        let (name, at) = match field.split_once('[') {
            Some((name, at)) => (name, at.trim_end_matches(']').parse().unwrap_or(usize::MAX)),
            None => (field, 0),
        };
        match (of_entry, subject.entry) {
            (true, Some(entry)) => entry_field(subject, entry, name, at),
            (true, None) => Self::Unknown,
            (false, _) => feed_field(subject, name, at),
        }
    }

    /// True if this is what is expected.
    pub(crate) fn satisfies(&self, expected: &Value) -> bool {
        match (self, expected) {
            (Self::Unknown, _) => false,
            (_, Value::Null) => self.is_empty(),
            (Self::Date(Some(date)), Value::Number(wanted)) => {
                wanted.as_i64() == Some(date.timestamp())
            }
            (_, Value::String(wanted)) => self.says(wanted),
            _ => false,
        }
    }

    /// All of it in words.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Texts(texts) => {
                let texts = texts
                    .iter()
                    .map(|it| format!("{:?} ({:?})", it.text, it.kind));
                let shown = texts.collect::<Vec<_>>().join(" or ");
                if shown.is_empty() {
                    "nothing".to_owned()
                } else {
                    shown
                }
            }
            Self::Links(said, _) | Self::People(said) => format!("{said:?}"),
            Self::Name(name) => format!("{name:?}"),
            Self::Date(date) => format!("{:?}", date.map(|date| date.timestamp())),
            Self::Unknown => "no such field".to_owned(),
        }
    }

    fn says(&self, wanted: &str) -> bool {
        match self {
            Self::Texts(texts) => {
                texts.is_empty() && compare::text(wanted).is_empty()
                    || texts.iter().any(|text| compare::is_text(text, wanted))
            }
            Self::Links(links, base) => links.iter().any(|link| {
                let joined = base.as_ref().and_then(|base| base.join(link.trim()).ok());
                compare::is_link(link, wanted)
                    || joined.is_some_and(|link| compare::is_link(link.as_str(), wanted))
            }),
            Self::People(people) => people.iter().any(|name| compare::is_person(name, wanted)),
            Self::Name(Some(name)) => name.trim().eq_ignore_ascii_case(wanted.trim()),
            Self::Name(None) | Self::Date(_) | Self::Unknown => false,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Texts(texts) => texts.is_empty(),
            Self::Links(texts, _) | Self::People(texts) => texts.is_empty(),
            Self::Name(name) => name.is_none(),
            Self::Date(date) => date.is_none(),
            Self::Unknown => true,
        }
    }
}

fn entry_field(subject: &Subject<'_>, entry: &RawEntry, name: &str, at: usize) -> Given {
    let article = subject.article.as_ref();
    let described = || {
        let described = entry.media.iter();
        described.filter_map(|media| media.description.as_ref())
    };
    let base = joined(subject.base, entry.base.as_deref());
    let url = article.and_then(|article| article.url.clone());
    match name {
        "title" => texts(&entry.title),
        "summary" => first_text([&entry.summary, &entry.content], described()),
        "content" => first_text([&entry.content, &entry.summary], described()),
        "rights" => texts(&entry.rights),
        "link" => Given::Links(some([&entry.link, &url]), base),
        "id" => Given::Links(some([&entry.guid]), base),
        "author" | "author_name" | "author_email" => {
            people(entry.authors.iter(), name == "author_email")
        }
        "language" => Given::Name(entry.language.clone()),
        "published" => Given::Date(entry.published.or(entry.updated)),
        "updated" => Given::Date(entry.updated.or(entry.published)),
        "tag" => tag(&entry.categories, at),
        "enclosure_href" => Given::Links(files(&entry.media).nth(at).into_iter().collect(), base),
        // Where a link stood among the others is not kept.
        "links_href" => {
            let others = entry.links.iter().map(|link| link.href.clone());
            let own = some([&entry.link, &url]).into_iter();
            Given::Links(own.chain(others).chain(files(&entry.media)).collect(), base)
        }
        _ => Given::Unknown,
    }
}

fn feed_field(subject: &Subject<'_>, name: &str, at: usize) -> Given {
    let feed = subject.feed;
    let base = joined(subject.base, None);
    match name {
        "title" => texts(&feed.title),
        "subtitle" => texts(&feed.subtitle),
        "rights" => texts(&feed.rights),
        "link" => Given::Links(some([&feed.site_url, &subject.site]), base),
        "id" => Given::Links(some([&feed.id]), base),
        "author" | "author_name" | "author_email" => {
            let editors = feed.contributors.iter();
            let editors = editors.filter(|person| person.role == "editor");
            people(feed.authors.iter().chain(editors), name == "author_email")
        }
        "language" => Given::Name(feed.language.clone()),
        "generator" => Given::Texts(
            feed.generator
                .iter()
                .map(|name| Markup {
                    text: name.clone(),
                    kind: tidings::model::MarkupKind::Text,
                })
                .collect(),
        ),
        "published" => Given::Date(feed.published.or(feed.updated)),
        "updated" => Given::Date(feed.updated.or(feed.published)),
        "tag" => tag(&feed.categories, at),
        "links_href" => {
            let links = feed.links.iter().map(|link| link.href.clone());
            Given::Links(
                some([&feed.site_url]).into_iter().chain(links).collect(),
                base,
            )
        }
        "encoding" => Given::Name(Some(feed.encoding.clone())),
        "version" => Given::Name(Some(version(&feed.format))),
        _ => Given::Unknown,
    }
}

/// A format in words as feedparser spells it: `RSS 2.0` is `rss20`.
fn version(format: &str) -> String {
    let spelt = format.chars().filter(char::is_ascii_alphanumeric);
    spelt.collect::<String>().to_ascii_lowercase()
}

fn texts(text: &Option<Markup>) -> Given {
    Given::Texts(text.iter().cloned().collect())
}

/// The first text that says anything, else any of the others.
fn first_text<'a>(fields: [&Option<Markup>; 2], others: impl Iterator<Item = &'a Markup>) -> Given {
    let says = |text: &&&Markup| !text.text.trim().is_empty();
    let fields: Vec<&Markup> = fields.into_iter().flatten().collect();
    match fields.iter().find(says) {
        Some(text) => Given::Texts(vec![(*text).clone()]),
        None => Given::Texts(others.cloned().collect()),
    }
}

fn some<const N: usize>(links: [&Option<String>; N]) -> Vec<String> {
    links.into_iter().flatten().cloned().collect()
}

fn people<'a>(people: impl Iterator<Item = &'a RawPerson>, emails: bool) -> Given {
    let said = people.flat_map(|person| {
        let name = person
            .name
            .clone()
            .filter(|_| !emails || person.email.is_none());
        [name, person.email.clone()]
    });
    Given::People(said.flatten().collect())
}

fn tag(categories: &[RawCategory], at: usize) -> Given {
    let said = categories
        .get(at)
        .into_iter()
        .flat_map(|category| [Some(&category.term), category.label.as_ref()]);
    Given::Texts(
        said.flatten()
            .map(|text| Markup {
                text: text.clone(),
                kind: tidings::model::MarkupKind::Text,
            })
            .collect(),
    )
}

fn files(media: &[RawMedia]) -> impl Iterator<Item = String> + '_ {
    let files = media.iter().flat_map(|media| &media.files);
    files.map(|file| file.url.clone())
}

fn joined(document: &str, base: Option<&str>) -> Option<Url> {
    let document = Url::parse(document).ok();
    match (document, base) {
        (Some(document), Some(base)) => document.join(base).ok().or(Some(document)),
        (None, Some(base)) => Url::parse(base).ok(),
        (document, None) => document,
    }
}
