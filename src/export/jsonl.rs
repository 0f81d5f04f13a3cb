//! JSON Lines: one object a line, every key in every line, in this order.
//!
//! Nulls are written and lists are never null, so that a reader's guess at the schema from the
//! first lines holds to the end; times are whole seconds in UTC, which every tool reads as times.

use std::{
    fmt,
    io::{self, Write},
};

use serde::{Serialize, Serializer};

use super::ArticleWriter;
use crate::model::{Article, Enclosure, FeedId, StoredArticle, Time};

/// See the file's head.
pub(super) struct Jsonl;

impl ArticleWriter for Jsonl {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &Row::new(stored))?;
        out.write_all(b"\n")
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
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
    published_at: Option<AsText<Seconds>>,
    published_from: &'static str,
    updated_at: Option<AsText<Seconds>>,
    first_seen: AsText<Seconds>,
    changed_at: AsText<Seconds>,
    language: Option<&'a str>,
    tags: &'a [String],
    #[serde(serialize_with = "files")]
    enclosures: &'a [Enclosure],
    summary: Option<&'a str>,
    body: &'a str,
    words: usize,
    extraction: &'static str,
    fingerprint: AsText<crate::model::Fingerprint>,
}

impl<'a> Row<'a> {
    fn new(stored: &'a StoredArticle) -> Self {
        let article: &Article = &stored.article;
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
            published_at: article.published_at.map(seconds),
            published_from: article.published_from.as_str(),
            updated_at: article.updated_at.map(seconds),
            first_seen: seconds(stored.first_seen),
            changed_at: seconds(stored.changed_at),
            language: article.language.as_deref(),
            tags: &article.tags,
            enclosures: &article.enclosures,
            summary: article.summary.as_deref(),
            body: &article.body,
            words: article.words(),
            extraction: article.extraction.as_str(),
            fingerprint: AsText(article.fingerprint),
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
}

fn files<S: Serializer>(files: &[Enclosure], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|file| File {
        url: &file.url,
        mime: file.mime.as_deref(),
        bytes: file.bytes,
    }))
}

fn feeds<S: Serializer>(feeds: &[FeedId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(feeds.iter().map(FeedId::as_str))
}
