//! `Link` headers (RFC 8288), as far as they say where news is pushed: `rel="hub"` and
//! `rel="self"`. Pure.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use crate::model::HubLinks;

/// Links looked at in one answer.
const MOST_LINKS: usize = 100;
/// Hubs kept.
const MOST_HUBS: usize = 4;
/// Longest URL, in bytes; a longer one is left out.
const MOST_URL: usize = 2 << 10;

/// The hub links of an answer from `url`.
pub(super) fn of_answer(headers: &HeaderMap, url: &Url) -> HubLinks {
    let values = headers.get_all(LINK).iter();
    hub_links(values.filter_map(|value| value.to_str().ok()), url)
}

/// The hub links in the values of `Link` headers; relative ones are relative to `url`.
pub fn hub_links<'a>(values: impl Iterator<Item = &'a str>, url: &Url) -> HubLinks {
    let mut found = HubLinks::default();
    for link in values.flat_map(Links).take(MOST_LINKS) {
        // A link with an anchor is another document's.
        if link.anchored {
            continue;
        }
        let target = url.join(link.target).ok();
        let target = target.filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(target) = target.map(String::from).filter(|url| url.len() <= MOST_URL) else {
            continue;
        };
        let is = |name: &str| {
            let mut names = link.relations.split_ascii_whitespace();
            names.any(|relation| relation.eq_ignore_ascii_case(name))
        };
        if is("self") && found.self_url.is_none() {
            found.self_url = Some(target.clone());
        }
        if is("hub") && found.hubs.len() < MOST_HUBS && !found.hubs.contains(&target) {
            found.hubs.push(target);
        }
    }
    found
}

/// One link of a header.
struct Link<'a> {
    target: &'a str,
    /// The first `rel`; further ones count for nothing (RFC 8288 section 3.3).
    relations: String,
    anchored: bool,
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
            if name.eq_ignore_ascii_case("rel") && link.relations.is_empty() {
                link.relations = value;
            } else if name.eq_ignore_ascii_case("anchor") {
                link.anchored = true;
            }
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
    fn a_header_of_thousands_of_links_gives_a_few() {
        let many: String = (0..9999)
            .map(|n| format!("<https://{n}.example/>; rel=hub,"))
            .collect();
        assert_eq!(links(&[&many]).0.len(), MOST_HUBS);
    }
}
