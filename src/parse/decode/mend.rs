//! Text that was decoded wrongly once before it was published: UTF-8 read as windows-1252 and
//! encoded again ("cafÃ©"), and windows-1252 read as ISO 8859-1 (control characters for quotes).

use std::borrow::Cow;

use crate::model::Repair;
use crate::parse::entities::WINDOWS_1252;

/// Suspicious pairs in a document before it is looked at as a whole.
const SUSPECTS: usize = 3;

/// Mended characters for each one that speaks against it, before a whole document is mended.
const OVERWHELMING: usize = 20;

/// Mends a whole document, as far as the evidence is overwhelming. Where it is not, single texts
/// may still be mended with `double_encoding`.
pub(super) fn whole<'a>(text: &'a str, repairs: &mut Vec<Repair>) -> Cow<'a, str> {
    let (doubled, controls) = suspects(text.as_bytes());
    let mut text = Cow::Borrowed(text);
    if doubled >= SUSPECTS {
        let mended = Mended::of(&text);
        if mended.doubled >= SUSPECTS && mended.other * OVERWHELMING <= mended.doubled {
            repairs.push(Repair::of_document(
                "encoded in UTF-8 twice (\"Ã©\" for \"é\"); decoded twice",
            ));
            text = Cow::Owned(mended.text);
        }
    }
    if controls > 0 && text.contains(is_control) {
        repairs.push(Repair::of_document(
            "holds control characters where windows-1252 has punctuation; read as that",
        ));
        let replaced = |c| u8::try_from(u32::from(c)).ok().and_then(windows_1252);
        text = Cow::Owned(
            text.chars()
                .map(|c| replaced(c).filter(|_| is_control(c)).unwrap_or(c))
                .collect(),
        );
    }
    text
}

/// Mends one text that was encoded in UTF-8 twice. `None` where that would be a guess: every
/// character that may be a misread byte must be part of a character of UTF-8, and a single one
/// must begin like those of Latin letters and punctuation ("Ã", "Â", "â€").
pub(in crate::parse) fn double_encoding(text: &str) -> Option<String> {
    if suspects(text.as_bytes()).0 == 0 {
        return None;
    }
    let mended = Mended::of(text);
    let is_sure = mended.doubled > 1 || mended.typical > 0;
    (mended.doubled > 0 && mended.other == 0 && is_sure).then_some(mended.text)
}

/// What a byte stands for in windows-1252; `None` where nothing.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => WINDOWS_1252
            .get(usize::from(byte - 0x80))
            .copied()
            .filter(|c| *c != '\0'),
        _ => Some(char::from(byte)),
    }
}

fn is_control(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{9f}')
}

/// How many pairs of characters may be a character of UTF-8 read as two, and how many control
/// characters of U+0080 to U+009F there are, both by their bytes. Costs one search for two bytes.
fn suspects(bytes: &[u8]) -> (usize, usize) {
    let (mut doubled, mut controls) = (0, 0);
    for at in memchr::memchr2_iter(0xc2, 0xc3, bytes) {
        match bytes.get(at..(at + 3).min(bytes.len())) {
            // U+0080 to U+009F.
            Some([0xc2, 0x80..=0x9f, ..]) => controls += 1,
            // "Â" to "ô", the bytes that begin characters; then a character whose byte in
            // windows-1252 continues one: U+0080 to U+00BF, or one of "€‚ƒ„…†‡ˆ‰Š‹Œ" and so on.
            Some([0xc3, 0x82..=0xb4, 0xc2 | 0xc5 | 0xc6 | 0xcb | 0xe2]) => doubled += 1,
            _ => {}
        }
    }
    (doubled, controls)
}

/// A text with its doubly encoded characters decoded, and the evidence.
#[derive(Default)]
struct Mended {
    text: String,
    /// Characters mended.
    doubled: usize,
    /// Those among them whose first byte is the commonest: Latin letters and punctuation.
    typical: usize,
    /// Characters left that may be misread bytes, and speak against it.
    other: usize,
}

impl Mended {
    fn of(text: &str) -> Self {
        let mut mended = Self {
            text: String::with_capacity(text.len()),
            ..Self::default()
        };
        let mut run = Vec::new();
        for character in text.chars() {
            match misread(character) {
                Some(byte) => run.push(byte),
                None => {
                    mended.flush(&mut run);
                    mended.text.push(character);
                }
            }
        }
        mended.flush(&mut run);
        mended
    }

    /// Decodes a run of characters that may be misread bytes; those that make no UTF-8 stay.
    fn flush(&mut self, run: &mut Vec<u8>) {
        for chunk in run.utf8_chunks() {
            self.text.push_str(chunk.valid());
            self.doubled += chunk.valid().chars().count();
            self.typical += chunk.valid().chars().filter(is_typical).count();
            // A no-break space is in every kind of text.
            self.other += chunk.invalid().iter().filter(|byte| **byte != 0xa0).count();
            let kept = |byte: &u8| windows_1252(*byte).unwrap_or(char::from(*byte));
            self.text.extend(chunk.invalid().iter().map(kept));
        }
        run.clear();
    }
}

/// Whether a character is a Latin letter or punctuation that, misread, ends in no punctuation
/// itself: "IRMÃ…" is Portuguese, and the two bytes of "Å".
fn is_typical(character: &char) -> bool {
    match character {
        '\u{c5}' | '\u{d1}'..='\u{d7}' => false,
        // "CAMPEÃ" before a no-break space is Portuguese, too.
        '\u{e0}' => false,
        _ => matches!(character, '\u{a0}'..='\u{ff}' | '\u{2000}'..='\u{20ff}'),
    }
}

/// The byte beyond ASCII that a character is in windows-1252, or in ISO 8859-1.
fn misread(character: char) -> Option<u8> {
    match u32::from(character) {
        0..=0x7f => None,
        value @ 0x80..=0xff => u8::try_from(value).ok(),
        0x152..=0x2122 => {
            let index = WINDOWS_1252.iter().position(|known| *known == character)?;
            u8::try_from(index + 0x80).ok()
        }
        _ => None,
    }
}
