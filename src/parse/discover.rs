//! Finding a page's feeds: `<link rel="alternate" type="application/rss+xml" …>` (HTML standard,
//! section 4.6.7.1, link type `alternate`: the first in the document is the page's default feed), and
//! the same in `Link` headers (RFC 8288), which come before the document.
//!
//! Only what the page says of itself, in one pass; nothing is guessed and nothing asked for here.

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;

use super::decode;
use crate::model::{Alternate, NewBody};

/// A feed that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredFeed {
    /// Absolute http(s) URL.
    pub url: String,
    /// The page's title for it.
    pub title: Option<String>,
    /// MIME type; empty where the page gives none (`rel="feed"`).
    pub mime: String,
}

/// What a page says that concerns its feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// In document order without repeats; feeds of comments after all others.
    pub feeds: Vec<DiscoveredFeed>,
    /// It has a field for a password: perhaps it stands in another page's place.
    pub asks_password: bool,
}

/// Types that are feeds and nothing else; the last ones are spellings met in the wild.
const FEED_TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/x.atom+xml",
    "application/x-atom+xml",
    "application/x-rss+xml",
    "application/rss",
    "application/atom",
    "text/rss+xml",
    "text/atom+xml",
    "text/rss",
];

/// Types of feeds and of much else.
const LOOSE_TYPES: &[&str] = &["application/json", "application/xml", "text/xml"];

/// More than that many feeds are not looked for in one page.
const MOST: usize = 100;
/// Longest title, in bytes.
const MAX_TITLE: usize = 300;

/// Reads an answer that may be a page: its headers, then its document.
#[must_use]
pub fn discover(answer: &NewBody) -> Page {
    let content_type = answer.content_type.as_deref();
    let decoded = decode::decode(&answer.bytes, content_type, &mut Vec::new());
    let mut reader = Reader {
        base: Url::parse(&answer.final_url).ok(),
        is_based: false,
        page: Page::default(),
    };
    for alternate in &answer.alternates {
        reader.add(reader.of_header(alternate));
    }
    // Scripts, styles and texts are no markup, nor is what is shown where scripts do not run.
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut templates = 0_usize;
    for Ok(token) in Tokenizer::new_with_emitter(&*decoded.text, emitter) {
        match token {
            Token::StartTag(tag) if *tag.name == b"template" => templates += 1,
            Token::EndTag(tag) if *tag.name == b"template" => {
                templates = templates.saturating_sub(1);
            }
            Token::StartTag(tag) if templates == 0 => reader.tag(&tag),
            _ => {}
        }
    }
    let mut page = reader.page;
    page.feeds.sort_by_key(is_of_comments);
    page
}

struct Reader {
    base: Option<Url>,
    /// The first `<base href>` counts.
    is_based: bool,
    page: Page,
}

impl Reader {
    fn tag(&mut self, tag: &StartTag<()>) {
        match &**tag.name {
            b"base" if !self.is_based => {
                if let Some(href) = attribute(tag, "href") {
                    self.is_based = true;
                    self.base = self.resolve(&href).or(self.base.take());
                }
            }
            b"input" => {
                let kind = attribute(tag, "type");
                self.page.asks_password |=
                    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("password"));
            }
            b"link" | b"a" | b"area" if self.page.feeds.len() < MOST => self.add(self.of_tag(tag)),
            _ => {}
        }
    }

    /// What is named twice is one feed; the title may stand in either place.
    fn add(&mut self, feed: Option<DiscoveredFeed>) {
        let Some(feed) = feed else { return };
        let mut known = self.page.feeds.iter_mut();
        match known.find(|known| known.url == feed.url) {
            Some(known) => known.title = known.title.take().or(feed.title),
            None => self.page.feeds.push(feed),
        }
    }

    fn of_tag(&self, tag: &StartTag<()>) -> Option<DiscoveredFeed> {
        self.feed(Named {
            rel: attribute(tag, "rel")?.to_ascii_lowercase(),
            mime: attribute(tag, "type").unwrap_or_default(),
            href: attribute(tag, "href").filter(|href| !href.is_empty())?,
            title: attribute(tag, "title"),
        })
    }

    fn of_header(&self, alternate: &Alternate) -> Option<DiscoveredFeed> {
        self.feed(Named {
            rel: alternate.relations.clone(),
            mime: alternate.mime.clone(),
            href: alternate.url.clone(),
            title: alternate.title.clone(),
        })
    }

    fn feed(&self, link: Named) -> Option<DiscoveredFeed> {
        let Named { rel, href, .. } = link;
        let says = |wanted: &str| rel.split_ascii_whitespace().any(|word| word == wanted);
        if !says("alternate") && !says("feed") {
            return None;
        }
        let mime = link.mime.split(';').next().unwrap_or_default().trim();
        let mime = mime.to_ascii_lowercase();
        let title = link.title.map(|title| one_line(&title));
        let title = title.filter(|title| !title.is_empty());
        let is_feed = match mime.as_str() {
            mime if FEED_TYPES.contains(&mime) => true,
            "" => says("feed"),
            mime if LOOSE_TYPES.contains(&mime) => {
                says("feed") || speaks_of_feeds(title.as_deref().unwrap_or_default(), &href)
            }
            _ => false,
        };
        let mut url = self.resolve(&href).filter(|_| is_feed)?;
        url.set_fragment(None);
        matches!(url.scheme(), "http" | "https").then(|| DiscoveredFeed {
            url: url.into(),
            title,
            mime,
        })
    }

    fn resolve(&self, href: &str) -> Option<Url> {
        // As browsers of feeds understand it.
        let href = href.strip_prefix("feed:").map_or(href, |rest| {
            if rest.starts_with("http") { rest } else { href }
        });
        match &self.base {
            Some(base) => base.join(href).ok(),
            None => Url::parse(href).ok(),
        }
    }
}

/// A link as it was written.
struct Named {
    /// In lower case.
    rel: String,
    mime: String,
    href: String,
    title: Option<String>,
}

/// An attribute's value without white space around it, its entities decoded.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(&value.value).trim().to_owned())
}

fn one_line(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(MAX_TITLE));
    line
}

/// True where a type of many uses stands for a feed: the title has the word, or the address the
/// name. Translations and interfaces for programs have neither.
fn speaks_of_feeds(title: &str, href: &str) -> bool {
    let title = title.to_lowercase();
    let mut words = title.split(|c: char| !c.is_alphanumeric());
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    words.any(|word| matches!(word, "rss" | "atom" | "feed"))
        || matches!(file, "feed.json" | "feed.xml" | "rss.xml" | "atom.xml")
}

/// True for a feed of comments, which blogs name beside their own.
fn is_of_comments(feed: &DiscoveredFeed) -> bool {
    let title = feed.title.as_deref().unwrap_or_default().to_lowercase();
    let url = Url::parse(&feed.url).ok();
    let in_path = url
        .as_ref()
        .and_then(Url::path_segments)
        .is_some_and(|mut parts| parts.any(|part| part.split('.').next() == Some("comments")));
    let in_query = url.as_ref().is_some_and(|url| {
        let mut pairs = url.query_pairs();
        pairs.any(|(key, value)| key == "feed" && value.starts_with("comments"))
    });
    in_path || in_query || title.contains("comments")
}
