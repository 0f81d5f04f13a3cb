//! What must be put right in the text before feed-rs can know the document for a feed.
//!
//! The head is looked at: junk before the root, the root's name, version and namespaces. Of the rest
//! only control characters are dropped. Clean documents pass through without a copy.

use std::borrow::Cow;

use super::{ParseError, atom03, json};
use crate::model::Repair;

/// RSS 0.90 and its look-alikes; feed-rs knows RDF only under the RSS 1.0 name.
const OLD_RDF: &[&str] = &[
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
    "http://purl.org/net/rss1.1#",
];
const RSS_1: &str = "http://purl.org/rss/1.0/";

pub(super) fn mend<'a>(
    text: &'a str,
    repairs: &mut Vec<Repair>,
) -> Result<Cow<'a, str>, ParseError> {
    let document = start(text, repairs)?;
    if document.starts_with('{') {
        return Ok(json::https_version(document, repairs));
    }
    let document = drop_controls(document, repairs);
    let Some(root) = Root::find(&document) else {
        return Err(ParseError::NotAFeed("no XML element in it".to_owned()));
    };
    let (start, end) = (root.start, root.end);
    let tag = &document[start..end];
    let local = root.name.rsplit(':').next().unwrap_or_default();
    let mended = match local.to_ascii_lowercase().as_str() {
        "html" => return Err(ParseError::WebPage),
        "rss" => rss_root(tag, repairs),
        "rdf" => rdf_root(tag, repairs),
        "feed" if atom03::is_old(tag) => {
            repairs.push(Repair {
                what: "Atom 0.3, a draft of 2003; read as Atom 1.0".to_owned(),
            });
            return Ok(Cow::Owned(atom03::upgrade(&document[start..])?));
        }
        "feed" | "entry" => None,
        other => {
            return Err(ParseError::NotAFeed(format!(
                "its root element is <{other}>"
            )));
        }
    };
    // Everything before the root (declaration, doctype, comments) is of no more use, and a late
    // or wrong XML declaration makes feed-rs panic.
    Ok(match mended {
        Some(tag) => Cow::Owned(tag + &document[end..]),
        None => match document {
            Cow::Borrowed(document) => Cow::Borrowed(&document[start..]),
            Cow::Owned(mut document) => Cow::Owned(document.split_off(start)),
        },
    })
}

/// The document from its first `<` or `{`.
fn start<'a>(text: &'a str, repairs: &mut Vec<Repair>) -> Result<&'a str, ParseError> {
    let trimmed =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if trimmed.is_empty() {
        return Err(ParseError::Empty);
    }
    let at = trimmed
        .find(['<', '{'])
        .ok_or_else(|| ParseError::NotAFeed("neither XML nor JSON".to_owned()))?;
    if at > 0 {
        repairs.push(Repair {
            what: format!("{at} bytes of other text before the document"),
        });
    }
    Ok(&trimmed[at..])
}

/// XML 1.0 section 2.2 forbids most control characters, and quick-xml lets them through into text.
fn drop_controls<'a>(document: &'a str, repairs: &mut Vec<Repair>) -> Cow<'a, str> {
    let forbidden = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
    if !document.bytes().any(|byte| forbidden(char::from(byte))) {
        return Cow::Borrowed(document);
    }
    repairs.push(Repair {
        what: "holds control characters that XML forbids; dropped".to_owned(),
    });
    Cow::Owned(document.chars().filter(|c| !forbidden(*c)).collect())
}

/// Where the root element's start tag stands.
struct Root<'a> {
    start: usize,
    end: usize,
    name: &'a str,
}

impl<'a> Root<'a> {
    /// Skips declarations, comments and the doctype.
    fn find(document: &'a str) -> Option<Self> {
        let mut at = 0;
        loop {
            at += document[at..].find('<')?;
            let rest = &document[at..];
            let skip = if rest.starts_with("<!--") {
                rest.find("-->")? + 3
            } else if rest.starts_with("<?") {
                rest.find("?>")? + 2
            } else if rest.starts_with("<!") {
                doctype_end(rest)?
            } else {
                let end = at + tag_end(rest)?;
                let name = rest[1..]
                    .split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
                    .next()?;
                return Some(Self {
                    start: at,
                    end,
                    name,
                });
            };
            at += skip;
        }
    }
}

fn doctype_end(rest: &str) -> Option<usize> {
    let close = rest.find('>')?;
    // Only before the `>`: declarations in a row must not be read through for each of them.
    match rest[..close].find('[') {
        Some(open) => {
            let end = open + rest[open..].find(']')?;
            Some(end + rest[end..].find('>')? + 1)
        }
        None => Some(close + 1),
    }
}

/// Length of a tag, minding quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at + 1),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

/// feed-rs wants `version` to be 2.0, 0.91 or 0.92 and no default namespace; the wild has
/// neither. All of 0.9x is upward compatible with 2.0.
fn rss_root(tag: &str, repairs: &mut Vec<Repair>) -> Option<String> {
    let mut attributes = attributes(tag);
    let version = attributes.iter().position(|(name, _)| *name == "version");
    let known = version.is_some_and(|at| matches!(attributes[at].1, "2.0" | "0.91" | "0.92"));
    let default_namespace = attributes.iter().position(|(name, _)| *name == "xmlns");
    if known && default_namespace.is_none() && tag.starts_with("<rss") {
        return None;
    }
    if !known {
        let found = version.map_or("none".to_owned(), |at| attributes[at].1.to_owned());
        repairs.push(Repair {
            what: format!("RSS version {found}; read as 2.0"),
        });
    }
    attributes.retain(|(name, _)| *name != "xmlns" && *name != "version");
    attributes.insert(0, ("version", "2.0"));
    Some(rebuild("rss", &attributes))
}

fn rdf_root(tag: &str, repairs: &mut Vec<Repair>) -> Option<String> {
    let old = OLD_RDF.iter().find(|old| tag.contains(*old))?;
    repairs.push(Repair {
        what: "RSS 0.90 or 1.1; read as RSS 1.0".to_owned(),
    });
    Some(tag.replace(old, RSS_1))
}

/// Name and raw value of each attribute of a start tag.
fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let inner = tag
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim_end_matches('/');
    let mut rest = inner
        .split_once(|c: char| c.is_whitespace())
        .map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            break;
        };
        let Some((value, next)) = after[1..].split_once(quote) else {
            break;
        };
        found.push((name.trim(), value));
        rest = next;
    }
    found
}

fn rebuild(name: &str, attributes: &[(&str, &str)]) -> String {
    let mut tag = format!("<{name}");
    for (name, value) in attributes {
        let quote = if value.contains('"') { '\'' } else { '"' };
        tag.push_str(&format!(" {name}={quote}{value}{quote}"));
    }
    tag.push('>');
    tag
}
