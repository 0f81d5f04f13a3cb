//! Atom 1.0 (RFC 4287): articles as a feed of their own.
//!
//! Everything that Atom has a place for is there. Its `updated` cannot be left out: an entry whose
//! date nobody knows has the moment at which Tidings saw it first.

use std::io::{self, Write};

use super::{body, spool::Spool, xml};
use crate::{
    export::{ArticleWriter, Cleanups, FeedHead, record::Moment},
    model::{DateSource, StoredArticle, Time},
};

/// See the file's head.
pub(in crate::export) struct Atom<'a> {
    head: &'a FeedHead,
    cleanups: &'a Cleanups,
    entries: Spool,
    newest: Option<Time>,
}

impl<'a> Atom<'a> {
    pub(in crate::export) fn new(head: &'a FeedHead, cleanups: &'a Cleanups) -> Self {
        Self {
            head,
            cleanups,
            entries: Spool::new(),
            newest: None,
        }
    }
}

impl ArticleWriter for Atom<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn article(&mut self, _: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let updated = updated(stored);
        self.newest = self.newest.max(Some(updated));
        entry(&mut self.entries, stored, updated, self.cleanups)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
             xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\">"
        )?;
        xml::element(out, "title", &self.head.title)?;
        xml::element(out, "id", &self.head.id())?;
        // An empty feed was never updated, and must say when all the same.
        xml::element(
            out,
            "updated",
            &Moment(self.newest.unwrap_or(Time::UNIX_EPOCH)).to_string(),
        )?;
        link(out, "self", self.head.self_url.as_deref())?;
        link(out, "alternate", self.head.home_url.as_deref())?;
        xml::element(out, "generator", "Tidings")?;
        self.entries.pour(out)?;
        writeln!(out, "</feed>")
    }
}

/// When the entry changed last, as far as its publisher says.
fn updated(stored: &StoredArticle) -> Time {
    let article = &stored.article;
    article
        .updated_at
        .or(article.published_at)
        .unwrap_or(stored.first_seen)
}

fn entry(
    out: &mut dyn Write,
    stored: &StoredArticle,
    updated: Time,
    cleanups: &Cleanups,
) -> io::Result<()> {
    let article = &stored.article;
    let details = &article.details;
    let language = xml::given("xml:lang", article.language.as_deref());
    writeln!(out, "<entry{language}>")?;
    // Its text may be empty, but the element must be there.
    xml::element(out, "title", &article.title)?;
    xml::element(out, "id", &super::urn(article))?;
    link(out, "alternate", article.url.as_deref())?;
    if let Some(published) = article
        .published_at
        .filter(|_| article.published_from != DateSource::FeedUpdated)
    {
        xml::element(out, "published", &Moment(published).to_string())?;
    }
    xml::element(out, "updated", &Moment(updated).to_string())?;
    for name in &article.authors {
        person(out, "author", name)?;
    }
    for contributor in &details.contributors {
        person(out, "contributor", &contributor.name)?;
    }
    for tag in &article.tags {
        let category = details.categories.iter().find(|one| one.term == *tag);
        let scheme = xml::given("scheme", category.map(|category| &category.scheme));
        writeln!(out, "<category term=\"{}\"{scheme}/>", xml::attribute(tag))?;
    }
    for file in &article.enclosures {
        writeln!(
            out,
            "<link rel=\"enclosure\" href=\"{}\"{}{}/>",
            xml::attribute(&file.url),
            xml::given("type", file.mime.as_deref()),
            xml::given("length", file.bytes)
        )?;
    }
    super::playing_time(out, article)?;
    if let Some(image) = &details.image {
        writeln!(out, "<media:thumbnail url=\"{}\"/>", xml::attribute(image))?;
    }
    link(out, "replies", details.comments_url.as_deref())?;
    xml::optional(out, "rights", details.rights.as_deref())?;
    source(out, stored)?;
    if let Some(summary) = &article.summary {
        let summary = xml::text(&body::paragraphs(summary));
        writeln!(out, "<summary type=\"html\">{summary}</summary>")?;
    }
    let body = body::shown(stored, cleanups);
    if !body.is_empty() {
        writeln!(out, "<content type=\"html\">{}</content>", xml::text(&body))?;
    }
    writeln!(out, "</entry>")
}

/// Where the entry is from. An entry without an author must have a source with one, and the source
/// is the one who published it.
fn source(out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
    let article = &stored.article;
    let from = article.details.taken_from.as_ref();
    let title = from
        .and_then(|from| from.title.as_deref())
        .unwrap_or(&article.source);
    writeln!(out, "<source>")?;
    xml::element(out, "title", title)?;
    // As its feed: a page would pass for the link of an entry that has none.
    link(out, "self", from.and_then(|from| from.url.as_deref()))?;
    if article.authors.is_empty() {
        person(out, "author", title)?;
    }
    writeln!(out, "</source>")
}

fn person(out: &mut dyn Write, element: &str, name: &str) -> io::Result<()> {
    writeln!(
        out,
        "<{element}><name>{}</name></{element}>",
        xml::text(name)
    )
}

fn link(out: &mut dyn Write, rel: &str, href: Option<&str>) -> io::Result<()> {
    href.map_or(Ok(()), |href| {
        writeln!(
            out,
            "<link rel=\"{rel}\" href=\"{}\"/>",
            xml::attribute(href)
        )
    })
}
