//! JSON Lines: one object a line, every key in every line, in this order.
//!
//! Nulls are written and lists are never null, so that a reader's guess at the schema from the
//! first lines holds to the end; times are whole seconds in UTC, which every tool reads as times.
//! Only `html`, the last key, is there when it is asked for, then in every line too. It is made
//! safe to show here, where it leaves.

use std::{
    fmt,
    io::{self, Write},
};

use serde::{Serialize, Serializer};

use super::{ArticleWriter, Cleanups};
use crate::{
    model::{
        Article, Category, Cleanup, Contributor, Enclosure, FeedId, StoredArticle, TakenFrom, Time,
    },
    normalize,
};

/// See the file's head.
pub(super) struct Jsonl<'a> {
    /// With HTML, cleaned as these feeds ask.
    pub(super) html: Option<&'a Cleanups>,
}

impl ArticleWriter for Jsonl<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let html = self.html.map(|cleanups| html(stored, cleanups));
        serde_json::to_writer(&mut *out, &Row::new(stored, html))?;
        out.write_all(b"\n")
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// The body's HTML, safe to show; `None` where none is kept.
fn html(stored: &StoredArticle, cleanups: &Cleanups) -> Option<String> {
    let article = &stored.article;
    let html = article.html.as_ref()?;
    let base = html.base.as_deref().or(article.url.as_deref());
    // As its body was cleaned, though for a feed that has left the feed files nobody can tell.
    let own = stored.feeds.iter().find_map(|feed| cleanups.get(feed));
    let default = Cleanup::default();
    Some(normalize::sanitize(
        &html.text,
        base,
        own.unwrap_or(&default),
    ))
}

/// A line; the order of the fields is the order of the keys.
#[derive(Serialize)]
struct Row<'a> {
    id: AsText<crate::model::ArticleId>,
    seq: i64,
    revision: u32,
    #[serde(serialize_with = "feeds")]
    feeds: &'a [FeedId],
    guid: Option<&'a str>,
    url: Option<&'a str>,
    canonical_url: Option<&'a str>,
    source: &'a str,
    title: &'a str,
    authors: &'a [String],
    contributors: &'a [Contributor],
    published_at: Option<AsText<Seconds>>,
    published_from: &'static str,
    updated_at: Option<AsText<Seconds>>,
    first_seen: AsText<Seconds>,
    changed_at: AsText<Seconds>,
    language: Option<&'a str>,
    language_confidence: Option<u8>,
    tags: &'a [String],
    categories: &'a [Category],
    #[serde(serialize_with = "files")]
    enclosures: &'a [Enclosure],
    image: Option<&'a str>,
    comments_url: Option<&'a str>,
    rights: Option<&'a str>,
    taken_from: Option<Taken<'a>>,
    summary: Option<&'a str>,
    body: &'a str,
    words: usize,
    extraction: &'static str,
    fingerprint: AsText<crate::model::Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<Option<String>>,
}

impl<'a> Row<'a> {
    fn new(stored: &'a StoredArticle, html: Option<Option<String>>) -> Self {
        let article: &Article = &stored.article;
        let details = &article.details;
        Self {
            id: AsText(article.id),
            seq: stored.seq,
            revision: stored.revision,
            feeds: &stored.feeds,
            guid: article.guid.as_deref(),
            url: article.url.as_deref(),
            canonical_url: article.canonical_url.as_deref(),
            source: &article.source,
            title: &article.title,
            authors: &article.authors,
            contributors: &details.contributors,
            published_at: article.published_at.map(seconds),
            published_from: article.published_from.as_str(),
            updated_at: article.updated_at.map(seconds),
            first_seen: seconds(stored.first_seen),
            changed_at: seconds(stored.changed_at),
            language: article.language.as_deref(),
            language_confidence: details.language_confidence,
            tags: &article.tags,
            categories: &details.categories,
            enclosures: &article.enclosures,
            image: details.image.as_deref(),
            comments_url: details.comments_url.as_deref(),
            rights: details.rights.as_deref(),
            taken_from: details.taken_from.as_ref().map(Taken::new),
            summary: article.summary.as_deref(),
            body: &article.body,
            words: article.words(),
            extraction: article.extraction.as_str(),
            fingerprint: AsText(article.fingerprint),
            html,
        }
    }
}

/// A value as a JSON string of what it displays, without a string in between.
struct AsText<T>(T);

impl<T: fmt::Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A moment in whole seconds, `2019-11-05T16:55:07Z`.
struct Seconds(Time);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%dT%H:%M:%SZ").fmt(f)
    }
}

fn seconds(time: Time) -> AsText<Seconds> {
    AsText(Seconds(time))
}

/// An enclosure with all its keys.
#[derive(Serialize)]
struct File<'a> {
    url: &'a str,
    mime: Option<&'a str>,
    bytes: Option<u64>,
    seconds: Option<u32>,
}

/// Where an article was taken from, with all its keys.
#[derive(Serialize)]
struct Taken<'a> {
    title: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> Taken<'a> {
    fn new(from: &'a TakenFrom) -> Self {
        Self {
            title: from.title.as_deref(),
            url: from.url.as_deref(),
        }
    }
}

fn files<S: Serializer>(files: &[Enclosure], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|file| File {
        url: &file.url,
        mime: file.mime.as_deref(),
        bytes: file.bytes,
        seconds: file.seconds,
    }))
}

fn feeds<S: Serializer>(feeds: &[FeedId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(feeds.iter().map(FeedId::as_str))
}
