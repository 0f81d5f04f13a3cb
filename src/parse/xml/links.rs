//! Links and files: where they lead, what for, and how long they play.

use std::borrow::Cow;

use url::Url;

use super::{
    Reader,
    fields::{Field, MOST, fields},
};
use crate::{
    model::MarkupKind,
    parse::draft::{Link, Text},
};

/// The relation of the publisher's own address of a page whose link leads through a counter
/// (`feedburner:origLink`).
pub(super) const ORIGINAL: &str = "original";

impl<'a> Reader<'a, '_> {
    /// A file: an enclosure, or a media object.
    pub(super) fn file(&mut self, field: &Field<'a>) {
        let attr = |name: &str| self.attr(field, name);
        let first = |names: [&str; 3]| names.iter().find_map(|name| attr(name));
        let Some(href) = first(["url", "href", "resource"]) else {
            return;
        };
        let medium = attr("medium");
        let file = Link {
            href: against(field.base.as_ref(), href),
            rel: "enclosure".into(),
            mime: attr("type"),
            // Zero is what programs write that do not know.
            length: first(["length", "filesize", "size"])
                .and_then(|size| size.parse().ok())
                .filter(|size| *size > 0),
            seconds: attr("duration").and_then(|text| seconds(&text)),
        };
        let is_picture = medium.is_some_and(|medium| medium == "image")
            || file
                .mime
                .as_deref()
                .is_some_and(|mime| mime.starts_with("image/"));
        let fields = fields(&mut self.draft, field.owner);
        if is_picture {
            let (rank, name) = (field.meaning.rank + 4, field.meaning.name);
            fields.image.offer_first(rank, name, file.href.clone());
        }
        if fields.files.len() < MOST {
            fields.files.push(file);
        }
    }

    /// A link by its relation; without relation and `href` it is RSS's, whose text is the address.
    pub(super) fn link(&mut self, field: &Field<'a>, text: Cow<'a, str>) {
        let rel = self.attr(field, "rel");
        let href = self
            .attr(field, "href")
            .or_else(|| self.attr(field, "resource"));
        let mime = self.attr(field, "type");
        let length = self.attr(field, "length");
        let (rank, base) = (field.meaning.rank, field.base.as_ref());
        let fields = fields(&mut self.draft, field.owner);
        let href = match (href, &rel) {
            (Some(href), _) => href,
            (None, _) if text.is_empty() => return,
            (None, Some(_)) => text,
            // RSS's own element is surer than a link that its writer borrowed from Atom.
            (None, None) => return fields.link.offer(rank, "link", against(base, text)),
        };
        let href = against(base, href);
        let is_page = mime.as_deref().is_none_or(|mime| mime.contains("html"));
        let written = rel.as_deref().unwrap_or("alternate").trim();
        // Registered relations may be written as URIs (RFC 4287 section 4.2.7.2).
        let rel = written
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_odd = written != rel;
        let link = Link {
            href,
            rel: rel.clone().into(),
            mime,
            length: length
                .and_then(|length| length.parse().ok())
                .filter(|length| *length > 0),
            seconds: None,
        };
        match rel.as_str() {
            "alternate" => {
                let rank = rank + 1 + u8::from(is_odd) + if is_page { 0 } else { 2 };
                // Other languages and formats of the page are links still.
                let other = fields.link.offer_first(rank, "link", link.href);
                if let Some(href) = other.filter(|_| fields.links.len() < MOST) {
                    fields.links.push(Link { href, ..link });
                }
            }
            "enclosure" if fields.files.len() < MOST => fields.files.push(link),
            _ => {
                if rel == "replies" && is_page {
                    let url = link.href.clone();
                    fields.comments.offer_first(1, "link rel=replies", url);
                }
                if rel == "license" {
                    let (text, kind) = (link.href.clone(), MarkupKind::Text);
                    let rights = Text { text, kind };
                    fields.rights.offer_first(4, "link rel=license", rights);
                }
                if fields.links.len() < MOST {
                    fields.links.push(link);
                }
            }
        }
    }
}

/// A URL against `xml:base`, where there is one. No URL holds `&amp;`: it was escaped twice.
pub(super) fn against<'a>(base: Option<&Url>, url: Cow<'a, str>) -> Cow<'a, str> {
    let url = if url.contains("&amp;") {
        Cow::Owned(url.replace("&amp;", "&"))
    } else {
        url
    };
    match base.and_then(|base| base.join(&url).ok()) {
        Some(absolute) if Url::parse(&url).is_err() => Cow::Owned(absolute.into()),
        _ => url,
    }
}

/// `hh:mm:ss`, `mm:ss` or seconds, at most a week.
pub(super) fn seconds(text: &str) -> Option<u32> {
    const WEEK: u32 = 604_800;
    let mut total = 0_u32;
    for part in text.trim().split(':') {
        // Fractions of a second do not count.
        let whole = part.trim().split('.').next().unwrap_or_default();
        let part: u32 = whole.parse().ok().filter(|part| *part <= WEEK)?;
        total = total.checked_mul(60)?.checked_add(part)?;
    }
    (1..=WEEK).contains(&total).then_some(total)
}
