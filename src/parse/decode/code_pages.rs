//! Character sets of one byte that the Encoding Standard lacks (DOS, EBCDIC, Mac ...), and the many
//! names of those it has. The tables are data, in `code_pages.txt`, and read when first needed.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A character set of one byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    name: &'static str,
    /// What each byte stands for; U+FFFD where nothing.
    characters: [char; 256],
}

impl Page {
    /// Its name, in lower case.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether letters are elsewhere than in ASCII.
    pub(super) fn is_ebcdic(&self) -> bool {
        self.characters.get(0x4c) == Some(&'<')
    }

    /// The text, and how many bytes stand for nothing. EBCDIC's newline (U+0085) becomes a
    /// newline: XML 1.0 knows no other.
    pub(super) fn decode(&self, bytes: &[u8]) -> (String, usize) {
        let mut text = String::with_capacity(bytes.len() * 2);
        let mut damage = 0;
        for &byte in bytes {
            match self.characters.get(usize::from(byte)).copied() {
                Some('\u{85}') if self.is_ebcdic() => text.push('\n'),
                Some(character) => {
                    damage += usize::from(character == char::REPLACEMENT_CHARACTER);
                    text.push(character);
                }
                None => {}
            }
        }
        (text, damage)
    }
}

/// The data file, by folded names.
#[derive(Default)]
struct Names {
    pages: HashMap<String, &'static Page>,
    standard: HashMap<&'static str, &'static str>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names::default();
    for line in include_str!("code_pages.txt").lines() {
        if let Some(renamed) = line.strip_prefix("= ") {
            let mut words = renamed.split_whitespace();
            let name = words.next().unwrap_or_default();
            names.standard.extend(words.map(|word| (word, name)));
        } else if let Some((title, codes)) = line.split_once(" | ")
            && let Some(name) = title.split_whitespace().next()
            && let Some(characters) = characters(codes)
        {
            let page: &'static Page = Box::leak(Box::new(Page { name, characters }));
            let spellings = title.split_whitespace().map(super::label::fold);
            names.pages.extend(spellings.map(|name| (name, page)));
        }
    }
    names
});

/// The 256 characters of a line of the data file: all of them, or those beyond ASCII.
fn characters(codes: &str) -> Option<[char; 256]> {
    let mut characters = std::array::from_fn(|index| char::from(u8::try_from(index).unwrap_or(0)));
    let (codes, _) = codes.as_bytes().as_chunks::<4>();
    let slots = characters.get_mut(256_usize.checked_sub(codes.len())?..)?;
    for (slot, code) in slots.iter_mut().zip(codes) {
        let code = std::str::from_utf8(code).ok()?;
        *slot = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    }
    Some(characters)
}

/// The page a label names: "cp437", "IBM437", "437", "x-cp437", "CCSID00437".
pub(super) fn page(label: &str) -> Option<&'static Page> {
    let folded = super::label::fold(label);
    let by = |name: &str| NAMES.pages.get(name).copied();
    by(&folded).or_else(|| by(&number(&folded)?))
}

/// The Encoding Standard's name (or UTF-7's, UTF-32's ...) for a folded label.
pub(super) fn standard_name(folded: &str) -> Option<&'static str> {
    let by = |name: &str| NAMES.standard.get(name).copied();
    by(folded).or_else(|| by(&number(folded)?))
}

/// The number of a page without the words and zeros publishers put before it.
fn number(folded: &str) -> Option<String> {
    let rest = folded.trim_start_matches("cs").trim_start_matches('x');
    let number = [
        "ibm", "ccsid", "codepage", "cp", "dos", "oem", "windows", "ms", "win", "mscp",
    ]
    .iter()
    .find_map(|word| rest.strip_prefix(word))
    .unwrap_or(rest);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number.trim_start_matches('0').to_owned())
}
