//! `Article`, the record that everything is turned into and that every export writes.
//!
//! What a store adds (sequence number, sightings, revisions) is in [`StoredArticle`], so that an
//! article can be shown by `preview` without any store.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};

use super::{FeedId, Time};

/// The stable id of an article: 128 bits of a SHA-256 over its identity.
///
/// The identity is the canonical URL if the article has one of its own, else the feed and its
/// entry key, else (imports without a URL) title and body. Written as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArticleId(pub [u8; 16]);

/// 128 bits over what makes an article's content: title, authors, link and body.
///
/// Dates, tags and counters are left out on purpose: publishers let them flap.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

/// The random 128-bit name of a store: what is numbered in one store means nothing in another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

macro_rules! hex_bytes {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}
pub(crate) use hex_bytes;
hex_bytes!(ArticleId);
hex_bytes!(Fingerprint);
hex_bytes!(StoreId);

/// Where `published_at` comes from; a date is never invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSource {
    /// The feed's own publication date.
    Feed,
    /// The feed gives only an update date; it is used in place of the publication date.
    FeedUpdated,
    /// The article's page.
    Page,
    /// An imported file.
    Import,
    /// No date is known: `published_at` is empty, and `first_seen` orders the article.
    None,
}

/// Where the body comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    /// The feed's full content element.
    Content,
    /// The feed's summary or description, for want of a content element.
    Summary,
    /// A media description (videos).
    Media,
    /// An imported file.
    Import,
    /// The entry has no body.
    None,
}

macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// Every name, in order.
            pub const NAMES: &[&str] = &[$($text),+];
            /// The name as exports and the store write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            /// The value of a name that [`Self::as_str`] wrote.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use text_enum;
text_enum!(DateSource { Feed = "feed", FeedUpdated = "feed_updated", Page = "page", Import = "import", None = "none" });
text_enum!(Extraction { Content = "content", Summary = "summary", Media = "media", Import = "import", None = "none" });

/// A file that belongs to an article: a podcast episode, an image, a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Absolute http(s) URL.
    pub url: String,
    /// MIME type as the feed gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// Size in bytes as the feed gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Playing time in seconds as the feed gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// Somebody other than an author who had a part in an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributor {
    /// Name, without e-mail address.
    pub name: String,
    /// The part in lower case, e.g. `editor`, `photographer`.
    pub role: String,
}

/// A category of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The term in it.
    pub term: String,
    /// The vocabulary, usually a URL.
    pub scheme: String,
}

/// The feed that an article was taken over from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenFrom {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its absolute URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What only some publishers give. Everything may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Who else had a part in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Contributor>,
    /// The tags that name their vocabulary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// A picture that stands for the article, as an absolute URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The page with its comments, as an absolute URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_url: Option<String>,
    /// Rights or licence, as the entry or else its feed states them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Where the feed took it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<TakenFrom>,
    /// How sure a detected `language` is, in percent; `None` where the feed declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<u8>,
}

/// A body's HTML as the publisher wrote it. It is unsafe to show: it is sanitized where it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawHtml {
    /// The markup.
    pub text: String,
    /// What its relative URLs are relative to; `None` where that is the article's URL.
    pub base: Option<String>,
}

impl RawHtml {
    /// Longer markup is not kept.
    pub const MOST_BYTES: usize = 1 << 20;
}

/// One news article, normalized.
///
/// All texts are plain text without markup or control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// See [`ArticleId`].
    pub id: ArticleId,
    /// One line; empty if the publisher gave none.
    pub title: String,
    /// Names, without e-mail addresses.
    pub authors: Vec<String>,
    /// The source's name: the feed's `name`, else the document's title, else its host.
    pub source: String,
    /// The link as the publisher wrote it, made absolute.
    pub url: Option<String>,
    /// `url` without fragment and tracking parameters; what identity is made of.
    pub canonical_url: Option<String>,
    /// The publisher's own id of the entry.
    pub guid: Option<String>,
    /// Publication time, if one is known; see `published_from`.
    pub published_at: Option<Time>,
    /// Where `published_at` comes from.
    pub published_from: DateSource,
    /// The publisher's date of the last edit.
    pub updated_at: Option<Time>,
    /// BCP 47 tag as the feed declares it, else as detected (see `Details::language_confidence`).
    pub language: Option<String>,
    /// Categories in document order, without repeats.
    pub tags: Vec<String>,
    /// Attached files in document order.
    pub enclosures: Vec<Enclosure>,
    /// The feed's teaser as one-paragraph-a-line text, if it differs from the body.
    pub summary: Option<String>,
    /// One paragraph a line, no blank lines, no newline at the end; may be empty.
    pub body: String,
    /// Where `body` comes from.
    pub extraction: Extraction,
    /// The markup that `body` was made from, if it says more than `body`.
    pub html: Option<RawHtml>,
    /// What only some publishers give.
    pub details: Details,
    /// Over title, authors, link and body.
    pub fingerprint: Fingerprint,
}

impl Article {
    /// Words in the body: runs of characters between white space, and each Chinese or Japanese
    /// character for itself, because these scripts write without spaces. A Chinese word has about
    /// one and a half characters, a Japanese one two; Thai, Lao and Khmer come out low.
    #[must_use]
    pub fn words(&self) -> usize {
        let text = self.body.as_bytes();
        let (mut words, mut in_word) = (0, false);
        for start in (0..text.len()).step_by(CHUNK) {
            let before = start.checked_sub(1);
            let window = before.and_then(|before| text[before..].first_chunk());
            words += window
                .and_then(|window| spaced_words(window, &mut in_word))
                .unwrap_or_else(|| {
                    let end = text.len().min(start + CHUNK);
                    any_words(text, start..end, &mut in_word)
                });
        }
        words
    }
}

/// Bytes whose words are counted together.
const CHUNK: usize = 64;

/// 1 for bytes that may begin a character which is no blank of ASCII and parts words all the same.
/// Numbers and no branch, so that the compiler compares many bytes at once.
fn odd(byte: u8) -> u8 {
    u8::from(byte == 0xc2)
        | u8::from(byte.wrapping_sub(0xe3) < 7)
        | u8::from(byte == 0xef)
        | u8::from(byte == 0xf0)
}

/// 1 for each of ASCII's blanks, likewise.
fn blanks(text: &[u8; CHUNK]) -> [u8; CHUNK] {
    text.map(|byte| {
        u8::from(byte == b' ') | (u8::from(byte.wrapping_sub(b'\t') < 5) & u8::from(byte != 0x0b))
    })
}

/// Words that begin in a piece of text behind its first byte; `None` if more than ASCII's blanks may
/// part them. A word begins where no blank follows a blank, which the compiler compares for many
/// bytes at once.
fn spaced_words(text: &[u8; CHUNK + 1], in_word: &mut bool) -> Option<usize> {
    let (before, text) = (text.first_chunk()?, text.last_chunk::<CHUNK>()?);
    // Behind an ideograph or its mark a word begins with the next character, not within one.
    if !*in_word && is_continuation(text[0]) {
        return None;
    }
    if text.iter().fold(0, |any, byte| any | odd(*byte)) != 0 {
        return None;
    }
    let (before, blank) = (blanks(before), blanks(text));
    let begun = before.iter().zip(&blank);
    let begun = begun.map(|(before, blank)| before & (blank ^ 1));
    // A chunk has no more words than a byte counts.
    let words: u8 = begun.fold(0, u8::wrapping_add);
    let joined = !*in_word && before[0] == 0 && blank[0] == 0;
    *in_word = blank[CHUNK - 1] == 0;
    Some(usize::from(words) + usize::from(joined))
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Words that begin in a piece of a text, which may end within a character.
fn any_words(text: &[u8], piece: Range<usize>, in_word: &mut bool) -> usize {
    let mut words = 0;
    for at in piece {
        match text[at] {
            byte if byte.is_ascii_whitespace() => *in_word = false,
            0xc2 | 0xe3 | 0xef if is_separator(&text[at..]) => *in_word = false,
            0xe3..=0xe9 | 0xf0 if is_ideograph(&text[at..]) => {
                words += 1;
                *in_word = false;
            }
            // What continues a character continues its word.
            byte if is_continuation(byte) => {}
            _ => {
                words += usize::from(!*in_word);
                *in_word = true;
            }
        }
    }
    words
}

/// True if `text` starts with a no-break space or a mark of a script that is written without
/// spaces: U+3000 to U+303F and their full-width companions.
fn is_separator(text: &[u8]) -> bool {
    matches!(
        text,
        [0xc2, 0xa0, ..] | [0xe3, 0x80, ..] | [0xef, 0xbc, 0x81..=0x8f | 0x9a..=0xa0, ..]
    )
}

/// True if `text` starts with a character of a script that is written without spaces: kana,
/// ideographs and their extensions.
fn is_ideograph(text: &[u8]) -> bool {
    // U+3040 to U+30FF, then U+3400 and above.
    matches!(
        text,
        [0xe3, 0x81..=0x83 | 0x90..=0xbf, ..] | [0xe4..=0xe9, ..] | [0xf0, 0xa0..=0xb3, ..]
    )
}

/// An article as a store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArticle {
    /// The current version.
    pub article: Article,
    /// Its number in the store's one change sequence; grows with every edit.
    pub seq: i64,
    /// When Tidings first stored it.
    pub first_seen: Time,
    /// When Tidings stored the current version.
    pub changed_at: Time,
    /// 0 for the first version, then one more for each edit.
    pub revision: u32,
    /// The feeds that carried it, oldest sighting first.
    pub feeds: Vec<FeedId>,
    /// What it belongs to with its near copies: the id of the first of them, mostly its own.
    pub cluster: ArticleId,
    /// The article that it is a near copy of.
    pub duplicate_of: Option<ArticleId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_scripts_with_and_without_spaces() {
        for (body, words) in [
            ("", 0),
            ("one  two\nthree", 3),
            ("naïve\u{a0}café — ½", 4),
            ("市議会は。", 4),
            ("iPhone 15 发布，价格", 6),
            ("A市B", 3),
            ("한국어 신문", 2),
            ("𠮷野家", 3),
            ("🎉 ok", 2),
        ] {
            let article = Article {
                body: body.to_owned(),
                ..empty()
            };
            assert_eq!(article.words(), words, "{body}");
        }
    }

    #[test]
    fn words_are_counted_alike_wherever_a_chunk_ends() {
        let body = "one 市議会 two three　éé é ¡é! naïve « ok » four five six seven ".repeat(40);
        for cut in 0..3 * CHUNK {
            let article = Article {
                body: format!("{}{body}", "x".repeat(cut)),
                ..empty()
            };
            let text = article.body.as_bytes();
            let whole = any_words(text, 0..text.len(), &mut false);
            assert_eq!(article.words(), whole, "{cut}");
        }
    }

    fn empty() -> Article {
        Article {
            id: ArticleId([0; 16]),
            title: String::new(),
            authors: Vec::new(),
            source: String::new(),
            url: None,
            canonical_url: None,
            guid: None,
            published_at: None,
            published_from: DateSource::None,
            updated_at: None,
            language: None,
            tags: Vec::new(),
            enclosures: Vec::new(),
            summary: None,
            body: String::new(),
            extraction: Extraction::None,
            html: None,
            details: Details::default(),
            fingerprint: Fingerprint([0; 16]),
        }
    }
}
