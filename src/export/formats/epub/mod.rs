//! EPUB 3: a digest to read, one page an article, with a table of contents by day.
//!
//! The same articles give the same bytes: times in the zip file are fixed, and the book's date is
//! that of its newest article. Pictures are links. In memory are the titles alone.

mod pages;
mod xhtml;

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::spool::Spool;
use crate::{
    export::{ArticleWriter, Cleanups, FeedHead},
    model::{StoredArticle, Time},
};

/// See the file's head.
pub(in crate::export) struct Epub<'a> {
    head: &'a FeedHead,
    cleanups: &'a Cleanups,
    /// Until the end of the book.
    zip: Option<ZipWriter<Spool>>,
    book: Book,
    ids: Sha256,
}

/// What is remembered of the articles for the pages that name them all.
#[derive(Default)]
struct Book {
    chapters: Vec<Chapter>,
    /// When the newest version was stored.
    newest: Option<Time>,
}

/// An article's page.
struct Chapter {
    title: String,
    /// `2019-11-05`, or empty.
    day: String,
    language: Option<String>,
}

impl<'a> Epub<'a> {
    pub(in crate::export) fn new(head: &'a FeedHead, cleanups: &'a Cleanups) -> Self {
        Self {
            head,
            cleanups,
            zip: None,
            book: Book::default(),
            ids: Sha256::new(),
        }
    }

    fn add(&mut self, name: &str, method: CompressionMethod, text: &str) -> io::Result<()> {
        let zip = self
            .zip
            .as_mut()
            .ok_or_else(|| io::Error::other("the book is not open"))?;
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644);
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())
    }
}

impl ArticleWriter for Epub<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        self.zip = Some(ZipWriter::new(Spool::new()));
        // First and as it is, so that a look at the file's head tells what it is (OCF 4.3).
        let stored = CompressionMethod::Stored;
        self.add("mimetype", stored, "application/epub+zip")?;
        let deflated = CompressionMethod::Deflated;
        self.add("META-INF/container.xml", deflated, pages::CONTAINER)?;
        self.add("EPUB/style.css", deflated, pages::STYLE)
    }

    fn article(&mut self, _: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let chapter = Chapter::of(stored);
        let body = xhtml::from_html(&super::body::shown(stored, self.cleanups));
        let page = pages::article(stored, &chapter, &body);
        self.book.newest = self.book.newest.max(Some(stored.changed_at));
        self.book.chapters.push(chapter);
        self.ids.update(stored.article.id.0);
        let name = format!("EPUB/{}", pages::file_name(self.book.chapters.len() - 1));
        self.add(&name, CompressionMethod::Deflated, &page)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let title = &self.head.title;
        let id = self.ids.clone().finalize();
        let id: String = id[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let pages = [
            ("EPUB/title.xhtml", pages::title(title, &self.book)),
            ("EPUB/nav.xhtml", pages::contents(title, &self.book)),
            ("EPUB/package.opf", pages::package(title, &id, &self.book)),
        ];
        for (name, page) in pages {
            self.add(name, CompressionMethod::Deflated, &page)?;
        }
        match self.zip.take() {
            Some(zip) => zip.finish()?.pour(out),
            None => Ok(()),
        }
    }
}

impl Chapter {
    fn of(stored: &StoredArticle) -> Self {
        let article = &stored.article;
        let titles = [&article.title, &article.source];
        let title = titles.into_iter().find(|title| !title.trim().is_empty());
        Self {
            title: title.map_or_else(|| "Untitled".to_owned(), Clone::clone),
            day: article
                .published_at
                .map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string()),
            language: article.language.clone().filter(|tag| is_language(tag)),
        }
    }
}

/// True for what XML takes for a language.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
