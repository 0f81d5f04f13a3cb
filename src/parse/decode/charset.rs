//! An encoding of any kind, found by its label. Knows no documents.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_16BE, UTF_16LE};

use super::code_pages::{self, Page};
use super::{escapes, johab, label};

/// An encoding this program can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// One of the Encoding Standard.
    Known(&'static Encoding),
    /// A character set of one byte that the standard lacks.
    Page(&'static Page),
    Utf32 {
        is_little: bool,
    },
    Utf7,
    Hz,
    Iso2022Kr,
    Johab,
}

impl Charset {
    /// The encoding a label names, in any of the spellings that IANA, the Encoding Standard and
    /// Python know.
    pub(super) fn for_label(label: &str) -> Option<Self> {
        let folded = label::fold(label);
        if let Some(page) = code_pages::page(&folded) {
            return Some(Self::Page(page));
        }
        match code_pages::standard_name(&folded).unwrap_or(label) {
            "utf-7" => Some(Self::Utf7),
            "hz-gb-2312" => Some(Self::Hz),
            "iso-2022-kr" => Some(Self::Iso2022Kr),
            "johab" => Some(Self::Johab),
            "utf-32" | "utf-32le" => Some(Self::Utf32 { is_little: true }),
            "utf-32be" => Some(Self::Utf32 { is_little: false }),
            name => Encoding::for_label(name.as_bytes())
                .filter(|encoding| *encoding != REPLACEMENT)
                .map(Self::Known),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known(encoding) => encoding.name(),
            Self::Page(page) => page.name(),
            Self::Utf32 { is_little: true } => "utf-32le",
            Self::Utf32 { is_little: false } => "utf-32be",
            Self::Utf7 => "utf-7",
            Self::Hz => "hz-gb-2312",
            Self::Iso2022Kr => "iso-2022-kr",
            Self::Johab => "johab",
        }
    }

    /// The text, and how many characters of it could not be read (U+FFFD).
    pub(super) fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, usize) {
        let text = match self {
            Self::Known(encoding) => {
                let (text, damaged) = encoding.decode_without_bom_handling(bytes);
                if !damaged {
                    return (text, 0);
                }
                text
            }
            Self::Page(page) => {
                let (text, damage) = page.decode(bytes);
                return (Cow::Owned(text), damage);
            }
            Self::Utf32 { is_little } => Cow::Owned(utf32(bytes, is_little)),
            Self::Utf7 => Cow::Owned(escapes::utf7(bytes)),
            Self::Hz => Cow::Owned(escapes::hz(bytes)),
            Self::Iso2022Kr => Cow::Owned(escapes::iso_2022_kr(bytes)),
            Self::Johab => Cow::Owned(johab::decode(bytes)),
        };
        let damage = text.matches(char::REPLACEMENT_CHARACTER).count();
        (text, damage)
    }

    /// Whether its texts are ASCII bytes, and mean something else than ASCII.
    pub(super) fn is_written_in_ascii(self) -> bool {
        match self {
            Self::Known(encoding) => encoding == ISO_2022_JP,
            other => matches!(other, Self::Utf7 | Self::Hz | Self::Iso2022Kr),
        }
    }

    /// Whether its markup is ASCII's. Bytes whose declaration could be read are in no other
    /// encoding, whatever it says.
    pub(super) fn is_ascii_like(self) -> bool {
        match self {
            Self::Known(encoding) => encoding != UTF_16BE && encoding != UTF_16LE,
            Self::Page(page) => !page.is_ebcdic(),
            Self::Utf32 { .. } => false,
            Self::Utf7 | Self::Hz | Self::Iso2022Kr | Self::Johab => true,
        }
    }
}

/// Four bytes a character; what is none becomes U+FFFD.
pub(super) fn utf32(bytes: &[u8], is_little: bool) -> String {
    let (units, rest) = bytes.as_chunks::<4>();
    units
        .iter()
        .map(|unit| match is_little {
            true => u32::from_le_bytes(*unit),
            false => u32::from_be_bytes(*unit),
        })
        .map(|value| char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
        .chain((!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
        .collect()
}
