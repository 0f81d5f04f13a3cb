//! `Link` headers (RFC 8288), as far as they say where news is pushed (`rel="hub"`, `rel="self"`) and
//! which documents stand beside this one (`rel="alternate"`). Pure; which of these are feeds is for
//! others to say.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use crate::model::{Alternate, HubLinks};

/// Links looked at in one answer.
const MOST_LINKS: usize = 100;
/// Hubs kept.
const MOST_HUBS: usize = 4;
/// Alternates kept.
const MOST_ALTERNATES: usize = 20;
/// Longest title, in bytes.
const MOST_TITLE: usize = 300;
/// Longest URL, in bytes; a longer one is left out.
const MOST_URL: usize = 2 << 10;

/// The hub links of an answer from `url`.
pub(super) fn of_answer(headers: &HeaderMap, url: &Url) -> HubLinks {
    let values = values(headers);
    hub_links(values.iter().map(|value| &**value), url)
}

/// The hub links in the values of `Link` headers; relative ones are relative to `url`.
pub fn hub_links<'a>(values: impl Iterator<Item = &'a str>, url: &Url) -> HubLinks {
    let mut found = HubLinks::default();
    for (link, target) in own_links(values, url) {
        if link.is("self") && found.self_url.is_none() {
            found.self_url = Some(target.clone());
        }
        if link.is("hub") && found.hubs.len() < MOST_HUBS && !found.hubs.contains(&target) {
            found.hubs.push(target);
        }
    }
    found
}

/// What an answer from `url` names as other forms of itself.
pub(super) fn alternates(headers: &HeaderMap, url: &Url) -> Vec<Alternate> {
    let values = values(headers);
    let links = own_links(values.iter().map(|value| &**value), url);
    let named = links.filter(|(link, _)| link.is("alternate") || link.is("feed"));
    named
        .take(MOST_ALTERNATES)
        .map(|(link, url)| Alternate {
            url,
            relations: link.relations.to_ascii_lowercase(),
            mime: link.mime,
            title: Some(link.title.encoded.unwrap_or(link.title.plain))
                .filter(|title| !title.is_empty()),
        })
        .collect()
}

/// Titles may be in Latin-1; the rest of a value is ASCII.
fn values(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let values = headers.get_all(LINK).iter();
    values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect()
}

/// The links of the document itself to the web, with what they lead to.
fn own_links<'a>(
    values: impl Iterator<Item = &'a str>,
    url: &Url,
) -> impl Iterator<Item = (Link<'a>, String)> {
    // A link with an anchor is another document's.
    let links = values.flat_map(Links).take(MOST_LINKS);
    links.filter(|link| !link.anchored).filter_map(|link| {
        let target = url.join(link.target).ok();
        let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
        let target = target.map(String::from).filter(|url| url.len() <= MOST_URL);
        Some((link, target?))
    })
}

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    /// The first `rel`; further ones count for nothing (RFC 8288 section 3.3).
    relations: String,
    anchored: bool,
    /// The first `type`.
    mime: String,
    title: Title,
}

/// A link's title, cut.
#[derive(Default)]
struct Title {
    /// `title`
    plain: String,
    /// `title*`, which counts before the other (RFC 8288 section 3.4.1).
    encoded: Option<String>,
}

impl Link<'_> {
    fn is(&self, relation: &str) -> bool {
        let mut names = self.relations.split_ascii_whitespace();
        names.any(|name| name.eq_ignore_ascii_case(relation))
    }

    fn take(&mut self, name: &str, value: String) {
        match name.to_ascii_lowercase().as_str() {
            "rel" if self.relations.is_empty() => self.relations = value,
            "anchor" => self.anchored = true,
            "type" if self.mime.is_empty() => self.mime = value,
            "title" if self.title.plain.is_empty() => self.title.plain = cut(value),
            "title*" if self.title.encoded.is_none() => {
                self.title.encoded = decoded(&value).map(cut);
            }
            _ => {}
        }
    }
}

fn cut(mut title: String) -> String {
    title.truncate(title.floor_char_boundary(MOST_TITLE));
    title
}

/// `UTF-8'en'%c2%a3%20rates` (RFC 8187).
fn decoded(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

/// The links of one header's value, one after the other; ends where it cannot be understood.
struct Links<'a>(&'a str);

impl<'a> Iterator for Links<'a> {
    type Item = Link<'a>;

    fn next(&mut self) -> Option<Link<'a>> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let (target, mut rest) = rest.strip_prefix('<')?.split_once('>')?;
        let mut link = Link {
            target: target.trim(),
            relations: String::new(),
            anchored: false,
            mime: String::new(),
            title: Title::default(),
        };
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            let Some(after) = rest.strip_prefix(';') else {
                break;
            };
            let after = after.trim_start_matches([' ', '\t']);
            let end = after
                .find(['=', ';', ',', ' ', '\t'])
                .unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            let after = after.trim_start_matches([' ', '\t']);
            let (value, after) = match after.strip_prefix('=') {
                Some(after) => parameter(after.trim_start_matches([' ', '\t'])),
                None => (String::new(), after),
            };
            link.take(name, value);
            rest = after;
        }
        self.0 = rest;
        Some(link)
    }
}

/// A parameter's value, quoted or not, and what comes after it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(values: &[&str]) -> (Vec<String>, Option<String>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, value.parse().unwrap());
        }
        let url = Url::parse("https://example.org/news/feed.xml").unwrap();
        let found = of_answer(&headers, &url);
        (found.hubs, found.self_url)
    }

    fn both(hub: &str, own: &str) -> (Vec<String>, Option<String>) {
        (vec![hub.to_owned()], Some(own.to_owned()))
    }

    #[test]
    fn hub_and_self_are_found_in_one_header_or_several_and_in_every_spelling() {
        let expected = both("https://hub.example/", "https://example.org/feed");
        for values in [
            &["<https://hub.example/>; rel=\"hub\", <https://example.org/feed>; rel=\"self\""][..],
            &["<https://hub.example/>;rel=hub", "<../feed>;REL=Self"],
            &[
                "<https://hub.example/> ; title=\"a, b; rel=\\\"self\\\"\" ; rel = hub , </feed> ; rel=\"next self\"",
            ],
            &[",, <https://hub.example/>; a; rel=hub; rel=self,</feed>;rel=self"],
        ] {
            assert_eq!(links(values), expected, "{values:?}");
        }
    }

    #[test]
    fn links_that_are_others_broken_or_no_web_addresses_are_left_out() {
        for values in [
            &["<https://x.example/>; rel=\"https://api.w.org/\""][..],
            &["<https://x.example/>; rel=hub; anchor=\"/other\""],
            &["<javascript:alert(1)>; rel=hub"],
            &["https://x.example/; rel=hub"],
            &["<https://x.example/; rel=hub"],
            &["<https://x.example/>; rel"],
            &[""],
        ] {
            assert_eq!(links(values), (vec![], None), "{values:?}");
        }
    }

    #[test]
    fn alternates_come_with_their_type_and_title_and_without_what_is_no_alternate() {
        let mut headers = HeaderMap::new();
        for value in [
            "</feed>; rel=\"home ALTERNATE\"; type=\"application/rss+xml\"; title=\"News; all, of it\"",
            "</de>; rel=alternate; type=text/html; title=x; title*=UTF-8'de'%C3%9Cber%20uns, </s.css>; rel=stylesheet",
            "</other>; rel=alternate; anchor=\"/else\", <file:///etc/passwd>; rel=alternate, </f>; rel=feed",
        ] {
            headers.append(LINK, value.parse().unwrap());
        }
        let url = Url::parse("https://example.org/news/").unwrap();
        let found = alternates(&headers, &url);
        let found: Vec<_> = found
            .iter()
            .map(|link| {
                (
                    &*link.url,
                    &*link.relations,
                    &*link.mime,
                    link.title.as_deref(),
                )
            })
            .collect();
        let rss = "application/rss+xml";
        let expected = [
            (
                "https://example.org/feed",
                "home alternate",
                rss,
                Some("News; all, of it"),
            ),
            (
                "https://example.org/de",
                "alternate",
                "text/html",
                Some("\u{dc}ber uns"),
            ),
            ("https://example.org/f", "feed", "", None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_header_of_thousands_of_links_gives_a_few() {
        let many: String = (0..9999)
            .map(|n| format!("<https://{n}.example/>; rel=hub,"))
            .collect();
        assert_eq!(links(&[&many]).0.len(), MOST_HUBS);
    }
}
