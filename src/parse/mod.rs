//! Bytes in, `RawFeed` out; synchronous, no network, no clock.
//!
//! decode (to UTF-8) -> mend (roots and spellings that feed-rs does not know) -> feed-rs behind a
//! guard -> convert. When feed-rs refuses a document, `salvage` keeps the entries before the
//! damage. What any of these did is told in `RawFeed::repairs`.

mod atom03;
mod convert;
mod decode;
mod discover;
mod error;
mod guard;
mod hints;
mod json;
mod mend;
mod salvage;
#[cfg(test)]
mod tests;

pub use discover::{DiscoveredFeed, discover};
pub use error::ParseError;
pub use guard::is_guarded;

use crate::model::{RawFeed, Repair};

/// Bounds of a document.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries read from one document; an XML document is cut there. Every entry costs memory
    /// whatever its size, so a cap on bytes is not enough.
    pub max_entries: usize,
}

/// Reads a feed document.
///
/// `content_type` is the HTTP header, `base` the URL the document came from (for relative links).
///
/// # Errors
/// [`ParseError`] where no entries can be had: a web page, no feed at all, broken before the first
/// entry, or a parser that panicked.
pub fn parse(
    bytes: &[u8],
    content_type: Option<&str>,
    base: &str,
    limits: Limits,
) -> Result<RawFeed, ParseError> {
    let mut repairs = Vec::new();
    let text = decode::decode(bytes, content_type, &mut repairs);
    let document = mend::mend(&text, &mut repairs)?;
    let document = salvage::cap_entries(document, limits.max_entries, &mut repairs)?;
    let parsed =
        guard::run(&document, base).or_else(|error| again(&document, base, error, &mut repairs))?;
    let mut feed = convert::feed(parsed);
    feed.hints = hints::read(&document, feed.hints);
    feed.repairs = repairs;
    Ok(feed)
}

/// Further tries for a refused document, each with one more mend: empty media texts dropped, stray
/// ampersands escaped, cut after the last whole entry.
fn again(
    document: &str,
    base: &str,
    first: ParseError,
    repairs: &mut Vec<Repair>,
) -> Result<feed_rs::model::Feed, ParseError> {
    if document.starts_with('{') {
        let feed = json::ids_as_text(document).and_then(|mended| guard::run(&mended, base).ok());
        repairs.extend(feed.is_some().then(|| Repair {
            what: "ids that are numbers; read as text".to_owned(),
        }));
        return feed.ok_or(first);
    }
    let without_empty = salvage::drop_empty_media_texts(document);
    let document = without_empty.as_deref().unwrap_or(document);
    if without_empty.is_some()
        && let Ok(feed) = guard::run(document, base)
    {
        repairs.push(Repair {
            what: "holds empty media texts; left out".to_owned(),
        });
        return Ok(feed);
    }
    let escaped = salvage::escape_stray_ampersands(document);
    if let Some(escaped) = &escaped
        && let Ok(feed) = guard::run(escaped, base)
    {
        repairs.push(Repair {
            what: "holds `&` that begins no entity; read as the character".to_owned(),
        });
        return Ok(feed);
    }
    let Some(cut) = salvage::cut_after_last_entry(escaped.as_deref().unwrap_or(document)) else {
        return Err(first);
    };
    let feed = guard::run(&cut, base).map_err(|_| first.clone())?;
    let kept = feed.entries.len();
    repairs.push(Repair {
        what: format!("broken ({first}); kept the {kept} entries before the damage"),
    });
    Ok(feed)
}
