//! Why a field of ours differs from feed-rs's and is right. Each reason proves itself: from one
//! value it makes the other, or finds it where it belongs.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Datelike as _};
use encoding_rs::WINDOWS_1252;
use url::Url;

use super::fields::{Pair, is_url};
use crate::{compare, read::BASE};

/// A field with two values.
pub(super) struct Difference<'a> {
    pub(super) field: &'static str,
    pub(super) ours: &'a str,
    pub(super) bare: &'a str,
    pub(super) pair: &'a Pair<'a>,
    pub(super) document: &'a [u8],
}

/// What a difference may be due to.
struct Reason {
    name: &'static str,
    fields: &'static [&'static str],
    explains: fn(&Difference<'_>) -> bool,
}

const TEXTS: &[&str] = &["title", "body", "summary"];
const DATES: &[&str] = &["published", "updated"];

const REASONS: [Reason; 15] = [
    Reason {
        name: "encoded in UTF-8 twice",
        fields: &["title", "body", "summary", "authors"],
        explains: |it| !it.bare.is_ascii() && is_encoded_twice(it.ours, it.bare),
    },
    Reason {
        name: "C1 controls are windows-1252",
        fields: TEXTS,
        explains: |it| {
            let read = it.bare.chars().map(of_windows_1252);
            is_text(it.ours, &read.collect::<String>())
        },
    },
    Reason {
        name: "feed-rs stops at the first child element",
        fields: TEXTS,
        explains: |it| {
            let child = it.ours.split_once('<');
            child.is_some_and(|(before, _)| is_text(before, it.bare))
        },
    },
    Reason {
        name: "of several elements the first counts; feed-rs takes the last",
        fields: TEXTS,
        explains: |it| {
            let document = String::from_utf8_lossy(it.document);
            let places = (document.find(it.ours), document.find(it.bare));
            matches!(places, (Some(ours), Some(bare)) if ours < bare)
        },
    },
    Reason {
        name: "base64 decoded",
        fields: TEXTS,
        explains: |it| {
            let letters = it.bare.split_whitespace().collect::<String>();
            let bytes = BASE64_STANDARD.decode(letters).unwrap_or_default();
            String::from_utf8(bytes).is_ok_and(|text| is_text(it.ours, &text))
        },
    },
    Reason {
        name: "feed-rs leaves markup escaped",
        fields: TEXTS,
        explains: |it| {
            let decoded = html_escape::decode_html_entities(it.bare);
            decoded != it.bare && is_text(it.ours, &decoded)
        },
    },
    Reason {
        name: "the doctype's entity resolved",
        fields: &["title", "body", "summary", "authors", "id"],
        explains: |it| {
            let resolved = resolved(it.bare, &String::from_utf8_lossy(it.document));
            resolved != it.bare && is_text(it.ours, &resolved)
        },
    },
    Reason {
        name: "feed-rs takes the description; content says more",
        fields: &["body"],
        explains: |it| {
            let summary = it.pair.ours.summary.as_ref();
            it.pair.ours.content.is_some()
                && summary.is_some_and(|summary| is_text(&summary.text, it.bare))
        },
    },
    Reason {
        name: "summary and description: the first is the summary",
        fields: &["body", "summary"],
        explains: |it| {
            let ours = [&it.pair.ours.content, &it.pair.ours.summary];
            let mut ours = ours.into_iter().flatten();
            ours.any(|text| is_text(&text.text, it.bare))
        },
    },
    Reason {
        name: "relative to the site's page, not to the document",
        fields: &["link"],
        explains: |it| {
            let link = it.pair.ours.link.as_deref().unwrap_or_default();
            let joined = |base: &str| Url::parse(base).and_then(|base| base.join(link));
            let is_joined =
                |base, url| joined(base).is_ok_and(|joined| is_url(joined.as_str(), url));
            it.pair.site.is_some_and(|site| is_joined(site, it.ours)) && is_joined(BASE, it.bare)
        },
    },
    Reason {
        name: "only http addresses are articles'; kept as written",
        fields: &["link"],
        explains: |it| {
            let is_kept = it.pair.ours.link.as_deref() == Some(it.bare);
            it.ours.is_empty() && is_kept && !it.bare.starts_with("http")
        },
    },
    Reason {
        name: "an empty link is none: the permanent id",
        fields: &["link"],
        explains: |it| {
            let document = String::from_utf8_lossy(it.document);
            let base = format!("xml:base=\"{}\"", it.bare);
            let guid = it.pair.ours.guid.as_deref();
            guid == Some(it.ours) && document.contains("href=\"\"") && document.contains(&base)
        },
    },
    Reason {
        name: "pubDate, not dc:date",
        fields: DATES,
        explains: |it| {
            let document = String::from_utf8_lossy(it.document);
            let dates = document.split("<dc:date>").skip(1);
            let mut dates = dates.filter_map(|rest| rest.split('<').next());
            document.contains("<pubDate>") && dates.any(|date| is_date(date, it.bare))
        },
    },
    Reason {
        name: "its own date; feed-rs repeats pubDate",
        fields: &["updated"],
        explains: |it| {
            let (ours, bare) = (it.pair.ours, it.pair.bare);
            bare.updated == bare.published && ours.published == bare.published
        },
    },
    Reason {
        name: "year 1 is no date",
        fields: DATES,
        explains: |it| {
            let date = it.bare.parse().ok();
            let date = date.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            it.ours.is_empty() && date.is_some_and(|date| date.year() <= 1)
        },
    },
];

impl Difference<'_> {
    /// The name of the first reason that explains it.
    pub(super) fn reason(&self) -> Option<&'static str> {
        let mut reasons = REASONS.iter();
        let reason = reasons.find(|it| it.fields.contains(&self.field) && (it.explains)(self));
        reason.map(|it| it.name)
    }
}

fn is_text(ours: &str, bare: &str) -> bool {
    compare::text(ours) == compare::text(bare)
}

/// A W3C date that is this Unix time.
fn is_date(date: &str, seconds: &str) -> bool {
    let date = DateTime::parse_from_rfc3339(date.trim());
    date.is_ok_and(|date| date.timestamp().to_string() == seconds)
}

/// True if encoding some characters of one text once more gives the other: written in UTF-8, and
/// that read as windows-1252, or as ISO 8859-1. White space apart: of a no-break space at the end,
/// which becomes "Â" and one, ours holds nothing and feed-rs's the "Â".
fn is_encoded_twice(ours: &str, bare: &str) -> bool {
    let mut bare = bare.chars().filter(|c| !c.is_ascii_whitespace());
    let mut ours = ours.chars().filter(|c| !c.is_ascii_whitespace());
    let is_same = ours.all(|character| {
        let mut encoded = bare.clone();
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).bytes();
        let is_byte = |byte| {
            encoded
                .next()
                .is_some_and(|c| [byte, of_windows_1252(byte)].contains(&c))
        };
        if !character.is_ascii() && bytes.map(char::from).all(is_byte) {
            bare = encoded;
            return true;
        }
        bare.next() == Some(character)
    });
    is_same && bare.all(|c| c == 'Â' || c.is_whitespace())
}

/// What stands for a C1 control character in windows-1252.
fn of_windows_1252(character: char) -> char {
    let byte = u8::try_from(character).unwrap_or_default();
    match byte {
        0x80..=0x9f => {
            let bytes = [byte];
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
            text.chars().next().unwrap_or(character)
        }
        _ => character,
    }
}

/// A text with the references to entities that the document declares resolved.
fn resolved(text: &str, document: &str) -> String {
    let mut text = text.to_owned();
    for declaration in document.split("<!ENTITY").skip(1) {
        let mut words = declaration.split_whitespace();
        let value = declaration.split('"').nth(1);
        if let (Some(name), Some(value)) = (words.next(), value) {
            text = text.replace(&format!("&{name};"), value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_twice_is_proved_by_doing_it() {
        for (ours, bare, is_so) in [
            ("café à b", "cafÃ© Ã\u{a0} b", true),
            ("“a” NÃO", "â€œa”  NÃƒO", true),
            ("č", "Ä\u{8d}", true),
            ("a", "aÂ\u{a0}", true),
            ("café", "cafÃ¨", false),
            ("cafe", "cafÃ©", false),
            ("é", "Ã", false),
            ("a", "ab", false),
        ] {
            assert_eq!(is_encoded_twice(ours, bare), is_so, "{ours:?} {bare:?}");
        }
    }

    #[test]
    fn declared_entities_are_resolved() {
        let document = "<!DOCTYPE rss [<!ENTITY id \"tag:a,\"><!ENTITY  b 'c'>]>";
        assert_eq!(resolved("&id;1&amp;&b;", document), "tag:a,1&amp;&b;");
    }
}
