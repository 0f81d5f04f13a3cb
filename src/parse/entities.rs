//! What a character reference (`&amp;`, `&#39;`, `&nbsp`) stands for.
//!
//! The HTML standard's rules (13.2.5.72 to 13.2.5.80), because publishers write HTML's names into
//! every format. The names come from `html_escape`, whose table equals the standard's
//! `entities.json`. It looks at one reference at a time: where references may stand, and what to do
//! with a bare ampersand, is the caller's business. It must not allocate.

use html_escape::NAMED_ENTITIES;

/// What a reference stands for: no, one or two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    first: Option<char>,
    second: Option<char>,
}

impl Resolved {
    /// The characters, in order.
    pub(super) fn chars(self) -> impl Iterator<Item = char> {
        self.first.into_iter().chain(self.second)
    }

    fn one(character: char) -> Self {
        Self {
            first: Some(character),
            second: None,
        }
    }

    fn of(text: &str) -> Self {
        let mut characters = text.chars();
        Self {
            first: characters.next(),
            second: characters.next(),
        }
    }

    const NOTHING: Self = Self {
        first: None,
        second: None,
    };
}

/// The longest name of the table (`CounterClockwiseContourIntegral`).
const LONGEST_NAME: usize = 31;

/// Names that HTML also knows without the semicolon; sorted.
const LEGACY: [&str; 106] = [
    "AElig", "AMP", "Aacute", "Acirc", "Agrave", "Aring", "Atilde", "Auml", "COPY", "Ccedil",
    "ETH", "Eacute", "Ecirc", "Egrave", "Euml", "GT", "Iacute", "Icirc", "Igrave", "Iuml", "LT",
    "Ntilde", "Oacute", "Ocirc", "Ograve", "Oslash", "Otilde", "Ouml", "QUOT", "REG", "THORN",
    "Uacute", "Ucirc", "Ugrave", "Uuml", "Yacute", "aacute", "acirc", "acute", "aelig", "agrave",
    "amp", "aring", "atilde", "auml", "brvbar", "ccedil", "cedil", "cent", "copy", "curren", "deg",
    "divide", "eacute", "ecirc", "egrave", "eth", "euml", "frac12", "frac14", "frac34", "gt",
    "iacute", "icirc", "iexcl", "igrave", "iquest", "iuml", "laquo", "lt", "macr", "micro",
    "middot", "nbsp", "not", "ntilde", "oacute", "ocirc", "ograve", "ordf", "ordm", "oslash",
    "otilde", "ouml", "para", "plusmn", "pound", "quot", "raquo", "reg", "sect", "shy", "sup1",
    "sup2", "sup3", "szlig", "thorn", "times", "uacute", "ucirc", "ugrave", "uml", "uuml",
    "yacute", "yen", "yuml",
];

/// The longest legacy name.
const LONGEST_LEGACY: usize = 6;

/// The characters that windows-1252 has at 128 to 159; HTML reads numeric references to these
/// control characters so. Zero where it has none.
pub(super) const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// Reads the reference whose `&` stands just before `after_amp`: what it stands for and how many
/// bytes of `after_amp` it takes, semicolon included. `None` where the ampersand begins no
/// reference.
///
/// `in_attribute`: a legacy name without semicolon is not one before `=`, a letter or a digit.
/// That is HTML's rule for attribute values, and right for the text of links too
/// (`?a=1&copy=2`).
///
/// References to control characters that XML forbids stand for nothing; to surrogates,
/// noncharacters and beyond Unicode for U+FFFD.
pub(super) fn reference(after_amp: &str, in_attribute: bool) -> Option<(Resolved, usize)> {
    match after_amp.strip_prefix('#') {
        Some(number) => numeric(number).map(|(found, length)| (found, length + 1)),
        None => named(after_amp, in_attribute),
    }
}

fn numeric(after_hash: &str) -> Option<(Resolved, usize)> {
    let (digits, radix, prefix) = match after_hash.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (after_hash, 10, 0),
    };
    let mut value = 0_u32;
    let mut length = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit);
        length += 1;
    }
    if length == 0 {
        return None;
    }
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some((character(value), prefix + length + semicolon))
}

fn character(value: u32) -> Resolved {
    if let Some(mapped) = windows_1252(value) {
        return mapped;
    }
    match char::from_u32(value) {
        Some(space @ ('\t' | '\n' | '\r')) => Resolved::one(space),
        Some('\0'..='\u{1f}') => Resolved::NOTHING,
        None | Some('\u{fffe}' | '\u{ffff}') => Resolved::one(char::REPLACEMENT_CHARACTER),
        Some(character) => Resolved::one(character),
    }
}

fn windows_1252(value: u32) -> Option<Resolved> {
    let index = usize::try_from(value.checked_sub(128)?).ok()?;
    WINDOWS_1252.get(index).map(|&mapped| match mapped {
        '\0' => Resolved::NOTHING,
        mapped => Resolved::one(mapped),
    })
}

fn named(after_amp: &str, in_attribute: bool) -> Option<(Resolved, usize)> {
    let bytes = after_amp.as_bytes();
    let run = bytes
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let name = after_amp.get(..run)?;
    if bytes.get(run) == Some(&b';')
        && let Some(found) = exactly(name).or_else(|| in_other_case(name))
    {
        return Some((found, run + 1));
    }
    (1..=run.min(LONGEST_LEGACY)).rev().find_map(|length| {
        let prefix = name.get(..length)?;
        LEGACY.binary_search(&prefix).ok()?;
        let next = bytes.get(length).copied().unwrap_or_default();
        if in_attribute && (next == b'=' || next.is_ascii_alphanumeric()) {
            return None;
        }
        exactly(prefix).map(|found| (found, length + usize::from(next == b';')))
    })
}

fn exactly(name: &str) -> Option<Resolved> {
    match name {
        "amp" => return Some(Resolved::one('&')),
        "lt" => return Some(Resolved::one('<')),
        "gt" => return Some(Resolved::one('>')),
        "quot" => return Some(Resolved::one('"')),
        "nbsp" => return Some(Resolved::one('\u{a0}')),
        _ => {}
    }
    let index = NAMED_ENTITIES
        .binary_search_by(|(known, _)| (*known).cmp(name.as_bytes()))
        .ok()?;
    NAMED_ENTITIES
        .get(index)
        .map(|(_, text)| Resolved::of(text))
}

/// `&Nbsp;`, `&EACUTE;`, `&Apos;`: the legacy names and `apos` in another case. Where a letter's
/// name exists in both cases, the first character decides.
fn in_other_case(name: &str) -> Option<Resolved> {
    let like = |known: &&str| known.eq_ignore_ascii_case(name);
    let upper = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    LEGACY
        .iter()
        .copied()
        .filter(like)
        .max_by_key(|known| upper(known) == upper(name))
        .or_else(|| Some("apos").filter(like))
        .and_then(exactly)
}

#[cfg(test)]
#[path = "entities_tests.rs"]
mod tests;
