//! Why a document could not be read, in words for the operator.

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
