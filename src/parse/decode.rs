//! Bytes to text: byte-order mark, valid UTF-8, HTTP charset, XML declaration, detection.
//!
//! feed-rs never sees an encoding declaration: it gets UTF-8, because a declaration that
//! contradicts the bytes, or a second one, makes it fail or panic.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::model::Repair;

/// How far an XML declaration may reach into a document.
const DECLARATION: usize = 512;

pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    repairs: &mut Vec<Repair>,
) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(bytes.get(length..).unwrap_or_default())
            .0;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let declared = declared(bytes);
    let label = content_type.and_then(charset).or(declared).unwrap_or(UTF_8);
    // Bytes that are valid UTF-8 beyond ASCII are hardly ever anything else, whatever the label
    // says. ISO-2022-JP alone is written in ASCII bytes.
    if label != ISO_2022_JP
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        if label != UTF_8 && !text.is_ascii() {
            note(repairs, label, UTF_8);
        }
        return Cow::Borrowed(text);
    }
    for candidate in [Some(label), declared].into_iter().flatten() {
        let (text, damaged) = candidate.decode_without_bom_handling(bytes);
        if !damaged {
            if candidate != label {
                note(repairs, label, candidate);
            }
            return text;
        }
    }
    let guess = guess(bytes);
    note(repairs, label, guess);
    guess.decode_without_bom_handling(bytes).0
}

fn note(repairs: &mut Vec<Repair>, label: &'static Encoding, real: &'static Encoding) {
    repairs.push(Repair {
        what: format!("labelled {} but written in {}", label.name(), real.name()),
    });
}

/// `<` in the first two bytes with a zero beside it.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [0, b'<', 0, _] => Some(UTF_16BE),
        [b'<', 0, _, 0] => Some(UTF_16LE),
        _ => None,
    }
}

/// The `charset` parameter of a `Content-Type` (RFC 9110 section 8.3.2).
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| Encoding::for_label(value.as_bytes()))
            .flatten()
    })
}

/// The `encoding` of an XML declaration in ASCII-compatible bytes (XML 1.0 section 4.3.3).
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let head = String::from_utf8_lossy(head);
    let declaration = head.split_once("<?xml")?.1.split_once("?>")?.0;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.get(1..)?.split(quote).next()?;
    // Bytes that could be read so far are no UTF-16, whatever they say.
    Encoding::for_label(label.trim().as_bytes())
        .filter(|encoding| *encoding != UTF_16LE && *encoding != UTF_16BE)
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    // A few bad bytes in UTF-8 are better read as UTF-8 with marks than as something else.
    if guess == WINDOWS_1252 && mostly_utf8(bytes) {
        UTF_8
    } else {
        guess
    }
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk
            .valid()
            .bytes()
            .filter(|byte| !byte.is_ascii())
            .count();
        bad += chunk.invalid().len();
    }
    good > bad * 4
}
