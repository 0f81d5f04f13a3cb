//! What a document says of itself, as far as it is remembered with its feed. Pure.

use url::Url;

use crate::{
    model::{FeedFacts, HubLinks, Markup, RawFeed, Repair},
    normalize,
};

/// Longest text, in bytes.
const MOST_TEXT: usize = 1 << 10;
/// Longest URL, in bytes; a longer one is left out.
const MOST_URL: usize = 2 << 10;
/// Most hubs of a feed.
const MOST_HUBS: usize = 4;
/// Most lines about what was wrong with a document.
const MOST_REPAIRS: usize = 20;

/// The facts of a document with these links in its headers; its links made absolute, its texts single lines.
pub(super) fn facts(raw: &RawFeed, feed_url: &str, links: &HubLinks) -> FeedFacts {
    let base = Url::parse(feed_url).ok();
    let absolute = |href: &str| {
        let url = match &base {
            Some(base) => base.join(href.trim()),
            None => Url::parse(href.trim()),
        };
        let url = url
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(String::from).filter(|url| url.len() <= MOST_URL)
    };
    let linked = |relations: &'static [&str]| {
        raw.links
            .iter()
            .filter(|link| relations.contains(&link.rel.as_str()))
            .filter_map(|link| absolute(&link.href))
    };
    let text = |text: Option<&Markup>| capped(&normalize::line(text?));
    // What the headers say of hubs comes before what the document does (WebSub section 4).
    let mut hubs: Vec<String> = links.hubs.clone();
    let own_hubs = hubs.is_empty();
    for hub in linked(&["hub"]) {
        if own_hubs && hubs.len() < MOST_HUBS && !hubs.contains(&hub) {
            hubs.push(hub);
        }
    }
    FeedFacts {
        encoding: capped(&raw.encoding),
        language: raw.language.as_deref().and_then(capped),
        generator: raw.generator.as_deref().and_then(capped),
        rights: text(raw.rights.as_ref()),
        subtitle: text(raw.subtitle.as_ref()),
        image: raw.image.as_deref().and_then(absolute),
        self_url: links.self_url.clone().or_else(|| linked(&["self"]).next()),
        hubs,
        archive_url: linked(&["prev-archive"]).next(),
        next_url: linked(&["next"]).next(),
        prev_url: linked(&["prev", "previous"]).next(),
    }
}

/// What was wrong with a document, in words.
pub(super) fn repairs(repairs: &[Repair]) -> Vec<String> {
    let lines = repairs.iter().map(ToString::to_string);
    let mut lines: Vec<String> = lines.filter_map(|line| capped(&line)).collect();
    if lines.len() > MOST_REPAIRS {
        let more = lines.len() - (MOST_REPAIRS - 1);
        lines.truncate(MOST_REPAIRS - 1);
        lines.push(format!("and {more} more kinds of defects"));
    }
    lines
}

/// One line of at most [`MOST_TEXT`] bytes; `None` for an empty one.
fn capped(text: &str) -> Option<String> {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.truncate(line.floor_char_boundary(MOST_TEXT));
    Some(line).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MarkupKind, RawLink};

    fn of(raw: &RawFeed) -> FeedFacts {
        facts(
            raw,
            "https://example.org/news/feed.xml",
            &HubLinks::default(),
        )
    }

    fn link(rel: &str, href: &str) -> RawLink {
        RawLink {
            href: href.to_owned(),
            rel: rel.to_owned(),
            mime: None,
        }
    }

    #[test]
    fn links_are_absolute_and_only_of_the_web() {
        let links = [
            ("self", "feed.xml"),
            ("hub", "https://hub.example/"),
            ("hub", "https://hub.example/"),
            ("hub", "mailto:hub@example.org"),
            ("next-archive", "/2026"),
            ("next", "?page=2"),
            ("prev-archive", "/2025"),
            ("previous", "?page=0"),
        ];
        let facts = of(&RawFeed {
            links: links.map(|(rel, href)| link(rel, href)).to_vec(),
            image: Some("javascript:alert(1)".to_owned()),
            ..RawFeed::default()
        });
        assert_eq!(
            facts,
            FeedFacts {
                self_url: Some("https://example.org/news/feed.xml".to_owned()),
                hubs: vec!["https://hub.example/".to_owned()],
                next_url: Some("https://example.org/news/feed.xml?page=2".to_owned()),
                archive_url: Some("https://example.org/2025".to_owned()),
                prev_url: Some("https://example.org/news/feed.xml?page=0".to_owned()),
                ..FeedFacts::default()
            }
        );
    }

    #[test]
    fn a_hub_in_the_headers_comes_before_those_in_the_document() {
        let document = RawFeed {
            links: vec![
                link("hub", "https://in.example/"),
                link("self", "https://in.example/feed"),
            ],
            ..RawFeed::default()
        };
        let headers = |self_url: Option<&str>| HubLinks {
            hubs: vec!["https://head.example/".to_owned()],
            self_url: self_url.map(str::to_owned),
        };
        let url = "https://example.org/feed";
        let both = facts(&document, url, &headers(Some("https://head.example/feed")));
        assert_eq!(both.hubs, ["https://head.example/"]);
        assert_eq!(both.self_url.as_deref(), Some("https://head.example/feed"));
        let hub = facts(&document, url, &headers(None));
        assert_eq!(hub.hubs, ["https://head.example/"]);
        assert_eq!(hub.self_url.as_deref(), Some("https://in.example/feed"));
    }

    #[test]
    fn texts_are_single_lines_without_markup_and_not_endless() {
        let markup = |text: &str| {
            Some(Markup {
                text: text.to_owned(),
                kind: MarkupKind::Html,
            })
        };
        let facts = of(&RawFeed {
            rights: markup("&copy; 2026\n<b>Ada</b>"),
            subtitle: markup("<br>"),
            generator: Some("ä".repeat(9999)),
            language: Some(" \n".to_owned()),
            ..RawFeed::default()
        });
        assert_eq!(facts.rights.as_deref(), Some("© 2026 Ada"));
        assert_eq!((facts.subtitle, facts.language), (None, None));
        assert_eq!(facts.generator.map(|name| name.len()), Some(MOST_TEXT));
    }

    #[test]
    fn of_many_repairs_the_first_are_kept_and_the_others_counted() {
        let many: Vec<Repair> = (0..30)
            .map(|n| Repair::of_document(format!("{n}")))
            .collect();
        let lines = repairs(&many);
        assert_eq!(lines.len(), MOST_REPAIRS);
        assert_eq!(lines[18], "18");
        assert_eq!(lines[19], "and 11 more kinds of defects");
        assert_eq!(repairs(&many[..20]).last().unwrap(), "19");
    }
}
