//! `RawFeed` in, articles out: what a document says becomes what Tidings keeps.
//!
//! Pure: no clock, no network, no files; the same document gives the same articles. One bad entry
//! never loses the feed: it is kept poorer, or left out, and a [`Problem`] says why. The order of
//! the steps is written once, in [`normalize`] and in `article`.

mod allowed;
mod article;
mod author;
mod body;
mod date;
mod details;
mod element;
mod explain;
mod identity;
mod language;
mod lines;
mod link;
mod log;
mod person;
mod rules;
mod sanitize;
mod scan;
mod select;
mod steady;
mod tails;
mod text;
mod writer;

#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod sanitize_tests;
#[cfg(test)]
mod select_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;

use std::time::Duration;

use article::Shared;
use body::Cleaner;
use log::Log;
use select::Selectors;

use crate::model::{
    Article, Cleanup, EntryKey, FeedId, Problem, RawEntry, RawFeed, Time, TrustedNames,
};

pub use explain::{Explained, explain};

pub use identity::{
    EntryNames, article_id, entry_names, fingerprint, former_fingerprint, guid_key, text_key,
};
pub use link::canonical_url;
pub use sanitize::sanitize;
pub use text::line;

/// What normalization needs to know besides the document.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The feed the document belongs to.
    pub feed_id: &'a FeedId,
    /// The operator's name for it.
    pub source_name: Option<&'a str>,
    /// The URL that the document came from, after redirects.
    pub feed_url: &'a str,
    /// The moment against which future dates are judged.
    pub now: Time,
    /// What is taken out of bodies.
    pub cleanup: &'a Cleanup,
    /// Which of its names an entry is known by.
    pub trust: TrustedNames,
}

/// One entry, ready to be decided about.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What identifies it in its feed.
    pub key: EntryKey,
    /// The publisher's id.
    pub guid: Option<String>,
    /// What it says.
    pub article: Article,
}

/// A document, normalized.
#[derive(Clone, Debug, Default)]
pub struct Normalized {
    /// In document order; no key occurs twice.
    pub entries: Vec<Entry>,
    /// What was wrong, entry by entry.
    pub problems: Vec<Problem>,
    /// Median gap between the newest entries' dates.
    pub median_gap: Option<Duration>,
    /// The document's title as one line.
    pub title: Option<String>,
    /// The site's page, absolute.
    pub site_url: Option<String>,
}

/// Turns a document into articles.
#[must_use]
pub fn normalize(feed: &RawFeed, context: &Context<'_>) -> Normalized {
    let title = feed
        .title
        .as_ref()
        .map(text::line)
        .filter(|title| !title.is_empty());
    let site_url = site_url(feed, context);
    let shared = Shared::new(feed, context, site_url.as_deref(), title.as_deref());
    let mut problems = Vec::new();
    let articles: Vec<Article> = feed
        .entries
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let mut problem = |what| problems.push(Problem { entry: at, what });
            shared.article(entry, &mut Log::new(&mut problem))
        })
        .collect();
    let median_gap = date::median_gap(articles.iter().filter_map(|article| article.published_at));
    let entries = identify(articles, &shared, &mut problems);
    Normalized {
        entries,
        problems,
        median_gap,
        title,
        site_url,
    }
}

impl<'a> Shared<'a> {
    fn new(
        feed: &'a RawFeed,
        context: &'a Context<'a>,
        site: Option<&'a str>,
        title: Option<&str>,
    ) -> Self {
        Self {
            feed,
            context,
            site,
            base: link::Base::new(None, site, context.feed_url),
            source: source_name(context, title),
            authors: author::names(&feed.authors, &mut Log::new(&mut |_| {})),
            rights: feed.rights.as_ref().and_then(details::rich_label),
            cleaner: Cleaner {
                cleanup: context.cleanup,
                selectors: Selectors::new(&context.cleanup.remove),
            },
        }
    }
}

/// The site's page, absolute.
fn site_url(feed: &RawFeed, context: &Context<'_>) -> Option<String> {
    let base = link::Base::new(None, None, context.feed_url);
    base.absolute(feed.site_url.as_deref()?).ok()
}

/// The operator's name, else the document's title, else the host.
fn source_name(context: &Context<'_>, title: Option<&str>) -> String {
    let name = context.source_name.or(title).map(str::to_owned);
    let mut name = name
        .or_else(|| link::host(context.feed_url))
        .unwrap_or_else(|| context.feed_id.to_string());
    article::cap(&mut name, article::MAX_LINE);
    name
}

/// Gives every article its id, and leaves out what the document says twice.
fn identify(
    articles: Vec<Article>,
    shared: &Shared<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Entry> {
    let site = shared.site.and_then(canonical_url);
    let raw = &shared.feed.entries;
    let trust = shared.context.trust;
    let names: Vec<_> = raw
        .iter()
        .zip(&articles)
        .map(|(raw, article)| names(raw, article, trust))
        .collect();
    let identities = identity::identify(&names, shared.context.feed_id, site.as_deref());
    let mut entries = Vec::with_capacity(articles.len());
    for (at, (article, identity)) in articles.into_iter().zip(identities).enumerate() {
        match identity {
            _ if says_nothing(&article) => problems.push(Problem {
                entry: at,
                what: "the entry is empty and left out".to_owned(),
            }),
            Some((key, id)) => {
                entries.push(Entry {
                    key,
                    guid: article.guid.clone(),
                    article: Article { id, ..article },
                });
            }
            None => problems.push(Problem {
                entry: at,
                what: "the document holds this entry more than once".to_owned(),
            }),
        }
    }
    entries
}

/// True for an entry that nobody could tell from any other empty one.
fn says_nothing(article: &Article) -> bool {
    let texts = [&article.title, &article.body];
    texts.iter().all(|text| text.is_empty())
        && article.summary.is_none()
        && article.url.is_none()
        && article.guid.is_none()
        && article.enclosures.is_empty()
}

/// The texts that identify an entry, as far as they are trusted. The raw guid counts even where the
/// article's copy was cut.
fn names<'a>(
    entry: &'a RawEntry,
    article: &'a Article,
    trust: TrustedNames,
) -> identity::Names<'a> {
    let link = article.canonical_url.as_deref().filter(|_| trust.links);
    identity::Names {
        guid: entry
            .guid
            .as_deref()
            .map(str::trim)
            .filter(|guid| trust.guids && !guid.is_empty()),
        canonical_url: link,
        // A stand-in that identifies nothing has no canonical form.
        url: link.and(article.url.as_deref()),
        title: &article.title,
        content: match trust.links {
            true => identity::content(article).into(),
            false => steady::steady(identity::content(article)),
        },
    }
}
