//! One file per format, each an [`super::ArticleWriter`]; what several share is beside them.

mod atom;
pub(super) mod body;
mod csv;
mod epub;
mod escape;
mod front_matter;
mod json;
mod jsonfeed;
mod markdown;
mod rss;
mod spool;
mod xml;

use std::io::{self, Write};

use crate::model::Article;

pub(super) use atom::Atom;
pub(in crate::export) use body::html;
pub(super) use csv::Csv;
pub(super) use epub::Epub;
pub(super) use escape::{find_unescaped, read_destination, unescape};
pub(super) use front_matter::FENCE;
pub(super) use json::{Json, Jsonl};
pub(super) use jsonfeed::JsonFeed;
pub(super) use markdown::{FIELDS, Markdown, is_title, unprotect};
pub(super) use rss::Rss;

/// What a file is whose type its feed does not say (RFC 2046 section 4.5.1).
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// The id of an article in re-published feeds: the same in all of them, and for ever.
fn urn(article: &Article) -> String {
    format!("urn:tidings:article:{}", article.id)
}

/// The playing time of an article's one file; feeds have no place for those of several.
fn playing_time(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    match article.enclosures.as_slice() {
        [file] => {
            let seconds = file.seconds.map(|seconds| seconds.to_string());
            xml::optional(out, "itunes:duration", seconds.as_deref())
        }
        _ => Ok(()),
    }
}
