//! Johab, a Korean encoding that `encoding_rs` leaves out. Hangul only: its symbols and Hanja, which
//! need a table, become U+FFFD.
//!
//! A syllable is two bytes: a set bit and five bits each for the initial, the vowel and the final
//! (KS X 1001:1992 annex 3). Unicode counts syllables in the same order, without gaps.

/// The codes of the vowels run in these ranges.
const VOWELS: [std::ops::RangeInclusive<u32>; 4] = [3..=7, 10..=15, 18..=23, 26..=29];

pub(super) fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first.is_ascii() {
            text.push(char::from(first));
            continue;
        }
        let second = rest.split_off_first().copied().unwrap_or_default();
        let pair = u32::from(u16::from_be_bytes([first, second]));
        text.push(syllable(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

fn syllable(pair: u32) -> Option<char> {
    let part = |shift: u32| (pair >> shift) & 0x1f;
    let initial = part(10).checked_sub(2).filter(|initial| *initial < 19)?;
    let vowel = u32::try_from(
        VOWELS
            .into_iter()
            .flatten()
            .position(|code| code == part(5))?,
    )
    .ok()?;
    let end = match part(0) {
        code @ 1..=17 => code - 1,
        code @ 19..=29 => code - 2,
        _ => return None,
    };
    char::from_u32(0xac00 + (initial * 21 + vowel) * 28 + end)
}
