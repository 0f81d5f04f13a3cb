//! The fields of one entry as we read it and as feed-rs does.

use chrono::{DateTime, Utc};
use feed_rs::model::{Entry, Person};
use tidings::model::{Markup, RawEntry};
use url::Url;

use crate::compare;

/// Fields in the order of [`Pair::fields`].
pub(super) const FIELDS: [&str; 8] = [
    "title",
    "link",
    "body",
    "summary",
    "published",
    "updated",
    "authors",
    "id",
];

/// How a field of ours is beside feed-rs's.
pub(super) enum Beside {
    Neither,
    Same,
    /// feed-rs has none.
    More,
    /// Ours and feed-rs's; several values in lines.
    Differs(String, String),
}

/// One entry, read twice.
pub(super) struct Pair<'a> {
    pub(super) ours: &'a RawEntry,
    /// The absolute URL of our article.
    pub(super) url: Option<&'a str>,
    /// The page of our feed's site.
    pub(super) site: Option<&'a str>,
    pub(super) bare: &'a Entry,
}

impl Pair<'_> {
    /// True if both have the same id, link or title.
    pub(super) fn is_one_entry(&self) -> bool {
        let guid = self.ours.guid.as_ref();
        guid.is_some_and(|guid| compare::is_link(guid, &self.bare.id))
            || matches!(self.link(), Beside::Same)
            || matches!(self.title(), Beside::Same)
    }

    pub(super) fn fields(&self) -> [Beside; FIELDS.len()] {
        let (ours, bare) = (self.ours, self.bare);
        let (content, summary) = (markup(&ours.content), markup(&ours.summary));
        let bare_content = bare.content.as_ref().and_then(|it| it.body.clone());
        let bare_summary = bare.summary.as_ref().map(|text| text.content.clone());
        let seconds = |date: DateTime<Utc>| date.timestamp().to_string();
        [
            self.title(),
            self.link(),
            text(
                content.clone().or_else(|| summary.clone()),
                bare_content.or_else(|| bare_summary.clone()),
            ),
            text(summary.or(content), bare_summary),
            text(
                ours.published.or(ours.updated).map(seconds),
                bare.published.map(seconds),
            ),
            text(
                ours.updated.or(ours.published).map(seconds),
                bare.updated.map(seconds),
            ),
            self.authors(),
            text(ours.guid.clone(), Some(bare.id.clone())),
        ]
    }

    fn title(&self) -> Beside {
        let bare = self.bare.title.as_ref().map(|it| it.content.clone());
        text(markup(&self.ours.title), bare)
    }

    /// Ours is the same if it is one of those that feed-rs gives for the entry's own page.
    fn link(&self) -> Beside {
        let own = self.bare.links.iter().filter(|link| {
            link.target.is_none() && link.rel.as_deref().is_none_or(|rel| rel == "alternate")
        });
        let own: Vec<&str> = own.map(|link| link.href.as_str()).collect();
        match (self.url, own.as_slice()) {
            (None, []) => Beside::Neither,
            (Some(_), []) => Beside::More,
            (Some(url), own) if own.iter().any(|its| is_url(url, its)) => Beside::Same,
            (url, own) => Beside::Differs(url.unwrap_or_default().to_owned(), own.join("\n")),
        }
    }

    /// Ours are the same if each of feed-rs's is one of them.
    fn authors(&self) -> Beside {
        let ours = self.ours.authors.iter();
        let ours: Vec<&str> = ours
            .flat_map(|it| [&it.name, &it.email])
            .flatten()
            .map(String::as_str)
            .collect();
        let name = |person: &Person| person.name.clone().or_else(|| person.email.clone());
        let bare = self.bare.authors.iter().filter_map(name);
        let bare: Vec<String> = bare
            .filter(|name| !compare::text(name).is_empty())
            .collect();
        let is_ours = |name: &String| ours.iter().any(|our| compare::is_person(our, name));
        match (ours.is_empty(), bare.is_empty()) {
            (true, true) => Beside::Neither,
            (false, true) => Beside::More,
            _ if bare.iter().all(is_ours) => Beside::Same,
            _ => Beside::Differs(ours.join("\n"), bare.join("\n")),
        }
    }
}

/// The same address, however its host and its characters are written.
pub(super) fn is_url(ours: &str, bare: &str) -> bool {
    let written = |url: &str| Url::parse(url.trim()).map_or_else(|_| url.to_owned(), String::from);
    compare::is_link(&written(ours), &written(bare))
}

fn markup(text: &Option<Markup>) -> Option<String> {
    text.as_ref().map(|it| it.text.clone())
}

fn text(ours: Option<String>, bare: Option<String>) -> Beside {
    let (ours, bare) = (ours.unwrap_or_default(), bare.unwrap_or_default());
    let (our_text, bare_text) = (compare::text(&ours), compare::text(&bare));
    match (our_text.is_empty(), bare_text.is_empty()) {
        (true, true) => Beside::Neither,
        (false, true) => Beside::More,
        _ if our_text == bare_text => Beside::Same,
        _ => Beside::Differs(ours, bare),
    }
}
