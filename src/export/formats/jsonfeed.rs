//! JSON Feed 1.1 (jsonfeed.org): articles as a feed of their own.

use std::io::{self, Write};

use serde::Serialize;

use super::body;
use crate::{
    export::{ArticleWriter, Cleanups, FeedHead, record::Moment},
    model::{Article, DateSource, Enclosure, StoredArticle},
};

/// See the file's head.
pub(in crate::export) struct JsonFeed<'a> {
    head: &'a FeedHead,
    cleanups: &'a Cleanups,
    /// An item was written.
    has_some: bool,
}

impl<'a> JsonFeed<'a> {
    pub(in crate::export) fn new(head: &'a FeedHead, cleanups: &'a Cleanups) -> Self {
        Self {
            head,
            cleanups,
            has_some: false,
        }
    }
}

impl ArticleWriter for JsonFeed<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let head = serde_json::to_string(&Head {
            version: "https://jsonfeed.org/version/1.1",
            title: &self.head.title,
            home_page_url: self.head.home_url.as_deref(),
            feed_url: self.head.self_url.as_deref(),
        })?;
        let open = head.strip_suffix('}').unwrap_or(&head);
        writeln!(out, "{open},\"items\":[")
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        if std::mem::replace(&mut self.has_some, true) {
            out.write_all(b",")?;
        }
        let item = Item::new(stored, body::shown(stored, self.cleanups));
        serde_json::to_writer(&mut *out, &item)?;
        out.write_all(b"\n")
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"]}\n")
    }
}

#[derive(Serialize)]
struct Head<'a> {
    version: &'static str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_page_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feed_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    content_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<Moment>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u32>,
}

impl<'a> Item<'a> {
    fn new(stored: &'a StoredArticle, content_html: String) -> Self {
        let article: &Article = &stored.article;
        let published = article
            .published_at
            .filter(|_| article.published_from != DateSource::FeedUpdated);
        Self {
            id: super::urn(article),
            url: article.url.as_deref(),
            title: &article.title,
            content_html,
            summary: article.summary.as_deref(),
            image: article.details.image.as_deref(),
            date_published: published.map(Moment),
            date_modified: article.updated_at.map(Moment),
            authors: article.authors.iter().map(|name| Author { name }).collect(),
            tags: &article.tags,
            language: article.language.as_deref(),
            attachments: article.enclosures.iter().map(Attachment::new).collect(),
        }
    }
}

impl<'a> Attachment<'a> {
    fn new(file: &'a Enclosure) -> Self {
        Self {
            url: &file.url,
            // It must be there.
            mime_type: file.mime.as_deref().unwrap_or(super::UNKNOWN_TYPE),
            size_in_bytes: file.bytes,
            duration_in_seconds: file.seconds,
        }
    }
}
