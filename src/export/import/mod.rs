//! What this wrote, read back: Markdown and JSON Lines.

mod jsonl;
mod markdown;

use crate::model::{ArticleId, Fingerprint};

pub use jsonl::JsonlReader;
pub use markdown::read_markdown;

/// How an imported article gets its identity; the functions are `normalize`'s.
#[derive(Clone, Copy, Debug)]
pub struct Identify {
    /// The canonical form of a URL; `None` if it is not http or https.
    pub canonical_url: fn(&str) -> Option<String>,
    /// The id, from canonical URL, title and body.
    pub article_id: fn(Option<&str>, &str, &str) -> ArticleId,
    /// The fingerprint, from title, authors, canonical URL and body.
    pub fingerprint: fn(&str, &[String], Option<&str>, &str) -> Fingerprint,
}
