//! Dates as publishers write them: text in, an instant out, or nothing where a reader would doubt.
//!
//! `fast` reads the two forms that machines write (RFC 822, RFC 3339). Everything else is cut into
//! tokens (`tokens`), whose words are looked up (`words`), read from left to right into fields
//! (`read`), and the fields become a day and a time (`fields`, `calendar`). Nothing is clamped or made up: a
//! word that is not known, a day that does not exist or two readings that are equally good give
//! `None`. Whether a date is believable (the future, the year 100) is the normalizer's question.

mod calendar;
mod fast;
mod fields;
mod read;
#[cfg(test)]
mod tests;
mod tokens;
mod words;

use std::borrow::Cow;

use crate::model::Time;

/// Bytes of a date that are looked at. The longest sensible one is a browser's `Date.toString()`
/// with a zone in words, under 100.
const LONGEST: usize = 200;

/// Seconds from 2001-09-09, when they got ten digits, to 2033-05-18.
const UNIX_SECONDS: std::ops::Range<i64> = 1_000_000_000..2_000_000_000;

/// Reads a date in any form publishers use. A date without a time is midnight, a time without a
/// zone is UTC (in Korean, Korea's). `None` where no date can be read without guessing.
pub(super) fn parse(text: &str) -> Option<Time> {
    let text = text.trim_ascii();
    fast::rfc822(text.as_bytes())
        .or_else(|| fast::rfc3339(text.as_bytes()))
        .or_else(|| slowly(text))
}

fn slowly(text: &str) -> Option<Time> {
    let text = clean(text.get(..text.floor_char_boundary(LONGEST))?);
    let text = text.trim();
    unix(text).or_else(|| read::fields(&tokens::cut(text))?.instant())
}

/// Character references resolved, look-alikes of ASCII replaced, invisible characters dropped.
fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        if character == '&'
            && let Some((found, length)) = super::entities::reference(rest, false)
        {
            cleaned.extend(found.chars().filter_map(plain));
            rest = rest.get(length..).unwrap_or_default();
        } else {
            cleaned.extend(plain(character));
        }
    }
    Cow::Owned(cleaned)
}

/// The ASCII character a typographic one stands for in a date.
fn plain(character: char) -> Option<char> {
    Some(match character {
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => return None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        '、' | '،' => ',',
        // The fullwidth forms of ASCII, and the digits of Arabic.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0)?,
        '\u{660}'..='\u{669}' => char::from_u32(u32::from(character) - 0x660 + 0x30)?,
        character if character.is_whitespace() => ' ',
        character => character,
    })
}

/// Seconds or milliseconds since 1970, as ten or thirteen digits; fractions are dropped.
fn unix(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    let seconds = match whole.len() {
        10 => value,
        13 => value / 1000,
        _ => return None,
    };
    if !UNIX_SECONDS.contains(&seconds) {
        return None;
    }
    Time::from_timestamp(seconds, 0)
}
