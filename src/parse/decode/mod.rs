//! Bytes to text. A label (HTTP header, XML declaration) is a hint; the bytes decide.
//!
//! The order: a byte-order mark; the pattern of zero bytes of UTF-16 and UTF-32; EBCDIC's `<?xm`;
//! valid UTF-8, unless a label names an encoding that is written in ASCII bytes; UTF-8 with a few
//! stray bytes; the labels; chardetng's guess. `label` finds labels, `charset` decodes by them,
//! `code_pages` holds the character sets that the Encoding Standard lacks, `escapes` the encodings
//! written in ASCII bytes, `mend` what was decoded wrongly before it was published.
//!
//! What follows gets UTF-8 and never sees an encoding declaration that counts: one that contradicts
//! the bytes, or a second one, makes feed-rs fail or panic. This module must not look into elements.

mod charset;
mod code_pages;
mod escapes;
mod johab;
mod label;
mod mend;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use self::charset::Charset;
use crate::model::Repair;

pub(super) use self::mend::double_encoding as mend_double_encoding;

/// A document as text.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    /// The text, without a byte-order mark; borrowed where nothing had to be changed.
    pub(super) text: Cow<'a, str>,
    /// The encoding it was read in, in lower case: "utf-8", "windows-1252", "cp437".
    pub(super) encoding: String,
}

/// Reads a document's bytes. `content_type` is the HTTP header. Guesses and contradictions are
/// told in `repairs`.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    repairs: &mut Vec<Repair>,
) -> Decoded<'a> {
    let (text, charset) = by_mark(bytes, repairs)
        .or_else(|| wide(bytes).map(|charset| (charset.decode(bytes).0, charset)))
        .or_else(|| ebcdic(bytes, content_type))
        .unwrap_or_else(|| by_label(bytes, content_type, repairs));
    let text = match text {
        Cow::Borrowed(text) => mend::whole(text, repairs),
        Cow::Owned(text) => Cow::Owned(match mend::whole(&text, repairs) {
            Cow::Owned(mended) => mended,
            Cow::Borrowed(_) => text,
        }),
    };
    Decoded {
        text: without_marks(text),
        encoding: charset.name().to_ascii_lowercase(),
    }
}

/// A byte-order mark decides (XML 1.0 appendix F.1).
fn by_mark<'a>(bytes: &'a [u8], repairs: &mut Vec<Repair>) -> Option<(Cow<'a, str>, Charset)> {
    let marks: [(&[u8], Charset); 5] = [
        (b"\xef\xbb\xbf", Charset::Known(UTF_8)),
        (b"\xff\xfe\0\0", Charset::Utf32 { is_little: true }),
        (b"\0\0\xfe\xff", Charset::Utf32 { is_little: false }),
        (b"\xff\xfe", Charset::Known(UTF_16LE)),
        (b"\xfe\xff", Charset::Known(UTF_16BE)),
    ];
    let (mark, charset) = marks
        .into_iter()
        .find(|(mark, _)| bytes.starts_with(mark))?;
    let rest = bytes.get(mark.len()..)?;
    let text = match charset {
        Charset::Known(encoding) if encoding == UTF_8 => utf8_with_strays(rest, repairs),
        charset => charset.decode(rest).0,
    };
    Some((text, charset))
}

/// UTF-16 and UTF-32 without a mark: two ASCII characters at the start show where the zeros are.
fn wide(bytes: &[u8]) -> Option<Charset> {
    let is_utf32 = |is_little| {
        charset::utf32(bytes.get(..8)?, is_little)
            .is_ascii()
            .then_some(())
    };
    let is_ascii = |byte: u8| (1..0x80).contains(&byte);
    match *bytes.get(..4)? {
        [0, 0, 0, d] if is_ascii(d) => {
            is_utf32(false).map(|()| Charset::Utf32 { is_little: false })
        }
        [a, 0, 0, 0] if is_ascii(a) => is_utf32(true).map(|()| Charset::Utf32 { is_little: true }),
        [0, b, 0, d] if is_ascii(b) && is_ascii(d) => Some(Charset::Known(UTF_16BE)),
        [a, 0, c, 0] if is_ascii(a) && is_ascii(c) => Some(Charset::Known(UTF_16LE)),
        _ => None,
    }
}

/// A document whose first character is EBCDIC's `<`. All EBCDIC pages agree on the characters of an
/// XML declaration (XML 1.0 appendix F.1), so it can be read to find the page.
fn ebcdic<'a>(bytes: &[u8], content_type: Option<&str>) -> Option<(Cow<'a, str>, Charset)> {
    /// EBCDIC's tab, newlines and space.
    const SPACE: [u8; 5] = [0x05, 0x0d, 0x15, 0x25, 0x40];
    if bytes.iter().find(|byte| !SPACE.contains(byte)) != Some(&0x4c) {
        return None;
    }
    let common = code_pages::page("cp037")?;
    let head = common
        .decode(bytes.get(..bytes.len().min(label::DECLARATION))?)
        .0;
    let declared = label::declared(head.as_bytes());
    let labels = [declared, content_type.and_then(label::of_http)];
    let page = labels
        .into_iter()
        .flatten()
        .filter_map(code_pages::page)
        .find(|page| page.is_ebcdic())
        .or_else(|| head.trim_start().starts_with("<?xml").then_some(common))?;
    Some((Cow::Owned(page.decode(bytes).0), Charset::Page(page)))
}

/// A document in bytes that can be read as ASCII.
fn by_label<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    repairs: &mut Vec<Repair>,
) -> (Cow<'a, str>, Charset) {
    let labels = Labels::of(bytes, content_type);
    if let Some(read) = written_in_ascii(bytes, &labels) {
        return read;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if !labels.say(UTF_8) && !text.is_ascii() {
            labels.note(repairs, "utf-8");
        } else if let Some(unknown) = labels.unknown() {
            let what = format!("there is no encoding called {unknown}; read as utf-8");
            repairs.push(Repair::of_document(what));
        }
        return (Cow::Borrowed(text), Charset::Known(UTF_8));
    }
    if mostly_utf8(bytes) {
        return (utf8_with_strays(bytes, repairs), Charset::Known(UTF_8));
    }
    for charset in labels.candidates() {
        let (text, damage) = charset.decode(bytes);
        if damage == 0 {
            if labels.first() != Some(charset) {
                labels.note(repairs, charset.name());
            }
            return (text, charset);
        }
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guess = Charset::Known(detector.guess(None, Utf8Detection::Allow));
    // A few bad bytes rule out every encoding of several bytes for the detector.
    let bearable = bytes.iter().filter(|byte| !byte.is_ascii()).count() / 50;
    for charset in labels.candidates() {
        let (text, damage) = charset.decode(bytes);
        if damage <= bearable && charset != Charset::Known(UTF_8) {
            repairs.push(Repair::of_document(format!(
                "holds {damage} bytes that are no {}; left out",
                charset.name()
            )));
            return (text, charset);
        }
    }
    labels.note(repairs, guess.name());
    (guess.decode(bytes).0, guess)
}

/// Encodings that look like ASCII: only a label or their escapes tell.
fn written_in_ascii<'a>(bytes: &'a [u8], labels: &Labels<'_>) -> Option<(Cow<'a, str>, Charset)> {
    let labelled = labels
        .candidates()
        .find(|charset| charset.is_written_in_ascii());
    // XML allows no escape character, so where it stands it introduces ISO-2022-JP's Kanji.
    let japanese = || {
        memchr::memmem::find(bytes, b"\x1b$")
            .is_some()
            .then_some(Charset::Known(ISO_2022_JP))
    };
    let charset = labelled.or_else(japanese).filter(|_| bytes.is_ascii())?;
    let (text, damage) = charset.decode(bytes);
    (damage == 0).then_some((text, charset))
}

/// What a document is said to be written in.
struct Labels<'a> {
    http: Option<&'a str>,
    declared: Option<String>,
}

impl<'a> Labels<'a> {
    fn of(bytes: &[u8], content_type: Option<&'a str>) -> Self {
        let head = bytes.get(..bytes.len().min(label::DECLARATION));
        Self {
            http: content_type.and_then(label::of_http),
            declared: head.and_then(label::declared).map(str::to_owned),
        }
    }

    /// The labels, the better one first. HTTP's goes first (RFC 7303 section 3), except for the
    /// one servers add to everything when nobody has told them.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.as_deref();
        let (a, b) = match self.http {
            Some(http) if label::is_default(http) => (declared, Some(http)),
            http => (http, declared),
        };
        a.into_iter().chain(b)
    }

    /// The encodings that bytes readable as ASCII may be in, and that say more than "ASCII".
    fn candidates(&self) -> impl Iterator<Item = Charset> {
        self.texts()
            .filter(|label| !label::is_ascii(label))
            .filter_map(Charset::for_label)
            .filter(|charset| charset.is_ascii_like())
    }

    fn first(&self) -> Option<Charset> {
        self.texts().next().and_then(Charset::for_label)
    }

    /// The label that counts, if it names no encoding.
    fn unknown(&self) -> Option<&str> {
        let label = self.texts().next()?;
        (!label::is_ascii(label) && Charset::for_label(label).is_none()).then_some(label)
    }

    /// Whether the label that counts says so; no label says UTF-8.
    fn say(&self, encoding: &'static encoding_rs::Encoding) -> bool {
        self.texts().next().is_none() || self.first() == Some(Charset::Known(encoding))
    }

    fn note(&self, repairs: &mut Vec<Repair>, real: &str) {
        let real = real.to_ascii_lowercase();
        repairs.push(Repair::of_document(match self.texts().next() {
            Some(label) => format!("labelled {label} but written in {real}"),
            None => format!("written in {real} and does not say so"),
        }));
    }
}

/// Whether the bytes beyond ASCII are UTF-8 but for a few.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk
            .valid()
            .bytes()
            .filter(|byte| !byte.is_ascii())
            .count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 3
}

/// UTF-8 whose stray bytes are read as windows-1252, which is where they mostly come from. The
/// beginnings of longer characters that break off become U+FFFD.
fn utf8_with_strays<'a>(bytes: &'a [u8], repairs: &mut Vec<Repair>) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    repairs.push(Repair::of_document(
        "holds bytes that are no UTF-8; read as windows-1252",
    ));
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [byte] => text.push(mend::windows_1252(*byte).unwrap_or(char::REPLACEMENT_CHARACTER)),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(text)
}

/// Byte-order marks that other marks were put before.
fn without_marks(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(mut text) => {
            let marks = text.len() - text.trim_start_matches('\u{feff}').len();
            text.drain(..marks);
            Cow::Owned(text)
        }
    }
}
