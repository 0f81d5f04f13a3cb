//! RSS 2.0 with `content:encoded` and Dublin Core: articles as a feed of their own.
//!
//! What RSS asks for and nobody knows is written as its writers do: `length="0"`, and
//! `application/octet-stream` for a file of unknown type.

use std::io::{self, Write};

use super::{body, escape::is_reference, spool::Spool, xml};
use crate::{
    export::{ArticleWriter, Cleanups, FeedHead, record::Moment},
    model::{DateSource, StoredArticle, Time},
};

/// See the file's head.
pub(in crate::export) struct Rss<'a> {
    head: &'a FeedHead,
    cleanups: &'a Cleanups,
    items: Spool,
    newest: Option<Time>,
}

impl<'a> Rss<'a> {
    pub(in crate::export) fn new(head: &'a FeedHead, cleanups: &'a Cleanups) -> Self {
        Self {
            head,
            cleanups,
            items: Spool::new(),
            newest: None,
        }
    }
}

impl ArticleWriter for Rss<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn article(&mut self, _: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let article = &stored.article;
        let date = article.published_at.max(article.updated_at);
        self.newest = self.newest.max(date);
        item(&mut self.items, stored, self.cleanups)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let head = self.head;
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
             xmlns:atom=\"http://www.w3.org/2005/Atom\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
             xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>"
        )?;
        xml::element(out, "title", &as_html(&head.title))?;
        // Both must be there.
        let link = head.home_url.as_deref().or(head.self_url.as_deref());
        xml::element(out, "link", link.unwrap_or_default())?;
        xml::element(out, "description", &as_html(&head.title))?;
        if let Some(url) = &head.self_url {
            let url = xml::attribute(url);
            writeln!(
                out,
                "<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{url}\"/>"
            )?;
        }
        let newest = self.newest.map(date);
        xml::optional(out, "lastBuildDate", newest.as_deref())?;
        xml::element(out, "generator", "Tidings")?;
        self.items.pour(out)?;
        writeln!(out, "</channel>\n</rss>")
    }
}

fn item(out: &mut dyn Write, stored: &StoredArticle, cleanups: &Cleanups) -> io::Result<()> {
    let article = &stored.article;
    let details = &article.details;
    writeln!(out, "<item>")?;
    xml::element(out, "title", &as_html(&article.title))?;
    xml::optional(out, "link", article.url.as_deref())?;
    writeln!(
        out,
        "<guid isPermaLink=\"false\">{}</guid>",
        super::urn(article)
    )?;
    if let Some(published) = article
        .published_at
        .filter(|_| article.published_from != DateSource::FeedUpdated)
    {
        xml::element(out, "pubDate", &date(published))?;
    }
    if let Some(updated) = article.updated_at {
        xml::element(out, "atom:updated", &Moment(updated).to_string())?;
    }
    for name in &article.authors {
        xml::element(out, "dc:creator", name)?;
    }
    for contributor in &details.contributors {
        xml::element(out, "dc:contributor", &contributor.name)?;
    }
    for tag in &article.tags {
        let category = details.categories.iter().find(|one| one.term == *tag);
        let domain = xml::given("domain", category.map(|category| &category.scheme));
        writeln!(
            out,
            "<category{domain}>{}</category>",
            xml::text(&as_html(tag))
        )?;
    }
    for file in &article.enclosures {
        writeln!(
            out,
            "<enclosure url=\"{}\" length=\"{}\" type=\"{}\"/>",
            xml::attribute(&file.url),
            file.bytes.unwrap_or_default(),
            xml::attribute(file.mime.as_deref().unwrap_or(super::UNKNOWN_TYPE))
        )?;
    }
    super::playing_time(out, article)?;
    if let Some(image) = &details.image {
        writeln!(out, "<media:thumbnail url=\"{}\"/>", xml::attribute(image))?;
    }
    xml::optional(out, "comments", details.comments_url.as_deref())?;
    xml::optional(out, "dc:rights", details.rights.as_deref())?;
    xml::optional(out, "dc:language", article.language.as_deref())?;
    let source = details.taken_from.as_ref();
    if let Some((title, url)) = source.and_then(|from| from.title.as_ref().zip(from.url.as_ref())) {
        let (title, url) = (xml::text(title), xml::attribute(url));
        writeln!(out, "<source url=\"{url}\">{title}</source>")?;
    } else {
        xml::element(out, "dc:publisher", &article.source)?;
    }
    let summary = article.summary.as_deref().map(body::paragraphs);
    xml::optional(out, "description", summary.as_deref())?;
    let body = body::shown(stored, cleanups);
    xml::optional(
        out,
        "content:encoded",
        Some(&*body).filter(|body| !body.is_empty()),
    )?;
    writeln!(out, "</item>")
}

/// RFC 822 with a year of four digits, as RSS asks for.
fn date(time: Time) -> String {
    time.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// A line for elements that some readers take for HTML and others for text: only what HTML would
/// read as markup is escaped, so that ordinary lines look the same in both.
fn as_html(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' if is_reference(&line[at..]) => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}
