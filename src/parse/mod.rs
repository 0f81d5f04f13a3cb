//! Bytes in, `RawFeed` out; synchronous, no network, no clock.
//!
//! decode (to UTF-8) -> xml or json (anything, in any condition, to a draft; sitemaps too) -> atom (the draft as
//! one canonical Atom document) -> feed-rs behind a guard -> convert. What was wrong with the
//! document is told in `RawFeed::repairs`.

mod atom;
mod convert;
mod dates;
mod decode;
mod discover;
mod draft;
mod entities;
mod error;
mod guard;
mod hints;
mod json;
mod repairs;
#[cfg(test)]
mod sitemap_tests;
#[cfg(test)]
mod tests;
mod xml;

pub use discover::{DiscoveredFeed, Page, discover};
pub use error::ParseError;
pub use guard::is_guarded;

use std::borrow::Cow;

use crate::model::RawFeed;
use draft::Draft;
use repairs::Repairs;

/// Bounds of a document, and what of it is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries read from one document; an XML document is cut there. Every entry costs memory
    /// whatever its size, so a cap on bytes is not enough.
    pub max_entries: usize,
    /// A sitemap's pages that are no news count too; else it is read for its news alone.
    pub pages: bool,
}

/// Reads a feed document.
///
/// `content_type` is the HTTP header, `base` the URL the document came from (for relative links).
///
/// # Errors
/// [`ParseError`] where no entries can be had: a web page, no feed at all, or a parser that
/// panicked.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &str,
    limits: Limits,
) -> Result<RawFeed, ParseError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let why = "a gzip file; it must be unpacked first";
        return Err(ParseError::NotAFeed(why.to_owned()));
    }
    let mut of_bytes = Vec::new();
    let decoded = decode::decode(bytes, content_type, &mut of_bytes);
    let mut repairs = Repairs::default();
    let text = without_controls(&decoded.text, &mut repairs);
    let document = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let draft = draft(&text, document, base, limits, &mut repairs)?;
    let canonical = atom::write(&draft);
    let mut feed = convert::feed(guard::run(&canonical)?, draft)?;
    feed.encoding = decoded.encoding;
    feed.repairs = of_bytes;
    feed.repairs.extend(repairs.finish(&text));
    Ok(feed)
}

/// Reads the document as what it seems to be, and where it is no feed as that, as the other.
fn draft<'a>(
    text: &'a str,
    document: &'a str,
    base: &str,
    limits: Limits,
    repairs: &mut Repairs,
) -> Result<Draft<'a>, ParseError> {
    let as_json = |repairs: &mut Repairs| json::read(document, limits.max_entries, repairs);
    let as_xml = |repairs: &mut Repairs| xml::read(text, base, limits, repairs);
    let is_json = is_json(document)?;
    let first = if is_json {
        as_json(repairs)
    } else {
        as_xml(repairs)
    };
    let Err(error) = first else { return first };
    let mut anew = Repairs::default();
    let second = match error {
        ParseError::NotAFeed(_) | ParseError::Broken(_) if is_json && document.contains('<') => {
            as_xml(&mut anew)
        }
        ParseError::NotAFeed(_) if !is_json && document.contains("jsonfeed.org/version") => {
            as_json(&mut anew)
        }
        error => return Err(error),
    };
    let draft = second.map_err(|_| error)?;
    *repairs = anew;
    Ok(draft)
}

/// True for JSON: it begins with a brace, or holds one before the first tag. `Err` for neither
/// JSON nor XML.
fn is_json(document: &str) -> Result<bool, ParseError> {
    if document.is_empty() {
        return Err(ParseError::Empty);
    }
    let brace = document.find('{');
    match (document.find('<'), brace) {
        (None, None) => Err(ParseError::NotAFeed("neither XML nor JSON".to_owned())),
        (Some(tag), Some(brace)) if tag < brace => Ok(false),
        (Some(_), None) => Ok(false),
        (None, Some(_)) => Ok(true),
        // A PHP warning or a template's braces may stand before XML.
        (Some(_), Some(brace)) => {
            let after = document[brace + 1..].trim_start();
            Ok(after.starts_with(['"', '}', '/', '\'']))
        }
    }
}

/// XML 1.0 section 2.2 and JSON (RFC 8259 section 7) forbid most control characters.
fn without_controls<'a>(text: &'a str, repairs: &mut Repairs) -> Cow<'a, str> {
    let forbidden = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // In chunks without a way out, which are compared all at once.
    let any = |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | forbidden(*byte));
    if !text.as_bytes().chunks(256).any(any) {
        return Cow::Borrowed(text);
    }
    let first = text.bytes().position(forbidden).unwrap_or_default();
    repairs.at(first, "control characters, which XML forbids; dropped");
    let allowed = |c: &char| u8::try_from(*c).map_or(true, |byte| !forbidden(byte));
    Cow::Owned(text.chars().filter(allowed).collect())
}
