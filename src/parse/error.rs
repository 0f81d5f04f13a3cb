//! Why a document could not be read, in words for the operator.

use crate::model::printable;

/// No entries can be had from a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Nothing, or white space.
    #[error("the document is empty")]
    Empty,
    /// HTML.
    #[error("this is a web page, not a feed; `tidings feed add URL` looks for the page's feeds")]
    WebPage,
    /// A sitemap without news, which was not asked for.
    #[error(
        "a sitemap of {0} pages, none of them marked as news; kind = \"sitemap\" takes its pages, as links without \
         text (`feed add --kind sitemap`, or `feed edit`)"
    )]
    PagesOnly(usize),
    /// A sitemap index, by the URLs of its sitemaps, the last changed first.
    #[error("{}", of_index(.0))]
    SitemapIndex(Vec<String>),
    /// Neither XML nor JSON of a known kind.
    #[error("not a feed: {0}")]
    NotAFeed(String),
    /// The parser's reason.
    #[error("{0}")]
    Broken(String),
    /// More entries than are read from one document.
    #[error("more than {0} entries in a JSON document; nothing was read")]
    TooManyEntries(usize),
    /// feed-rs panicked; a bug in the parser, not in the feed alone.
    #[error("the parser failed on this document: {0}")]
    Panicked(String),
}

/// Polling an index would mean following it; one of its sitemaps is what holds news.
fn of_index(sitemaps: &[String]) -> String {
    let Some(first) = sitemaps.first() else {
        return "a sitemap index that lists no sitemap".to_owned();
    };
    format!(
        "a sitemap index, which is not polled itself; give one of its sitemaps, such as {} (`tidings feed find URL` lists them)",
        printable(first)
    )
}
