//! Finding a page's feeds: `<link rel="alternate" type="application/rss+xml" …>` (HTML standard,
//! link type `alternate`; WHATWG autodiscovery: the first is the page's default feed).

use html5gum::{Token, Tokenizer};
use url::Url;

/// A feed that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredFeed {
    /// Absolute http(s) URL.
    pub url: String,
    /// The page's title for it.
    pub title: Option<String>,
    /// MIME type.
    pub mime: String,
}

const FEED_TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];

/// The feeds a page names, in document order, without repeats.
#[must_use]
pub fn discover(html: &str, page_url: &str) -> Vec<DiscoveredFeed> {
    let mut base = Url::parse(page_url).ok();
    let mut found: Vec<DiscoveredFeed> = Vec::new();
    for Ok(token) in Tokenizer::new(html) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        let attribute = |name: &str| {
            tag.attributes
                .iter()
                .find(|(key, _)| key.as_slice() == name.as_bytes())
                .map(|(_, value)| String::from_utf8_lossy(value).trim().to_owned())
        };
        match tag.name.as_slice() {
            b"base" => {
                base = attribute("href")
                    .and_then(|href| resolve(base.as_ref(), &href))
                    .or(base);
            }
            b"link" | b"a" => {
                let Some(feed) = feed_link(&attribute, base.as_ref()) else {
                    continue;
                };
                if !found.iter().any(|known| known.url == feed.url) {
                    found.push(feed);
                }
            }
            _ => {}
        }
    }
    found
}

fn feed_link(
    attribute: &dyn Fn(&str) -> Option<String>,
    base: Option<&Url>,
) -> Option<DiscoveredFeed> {
    let rel = attribute("rel")?.to_ascii_lowercase();
    let mime = attribute("type")?
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_feed = rel
        .split_ascii_whitespace()
        .any(|word| matches!(word, "alternate" | "feed"));
    if !is_feed || !FEED_TYPES.contains(&mime.as_str()) {
        return None;
    }
    let url = resolve(base, &attribute("href")?)?;
    let title = attribute("title").filter(|title| !title.is_empty());
    matches!(url.scheme(), "http" | "https").then(|| DiscoveredFeed {
        url: url.into(),
        title,
        mime,
    })
}

fn resolve(base: Option<&Url>, href: &str) -> Option<Url> {
    match base {
        Some(base) => base.join(href).ok(),
        None => Url::parse(href).ok(),
    }
}
