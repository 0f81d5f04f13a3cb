//! What an element says of its text: plain, HTML or XHTML, escaped or not, and how it is read then.

use std::borrow::Cow;

use super::{
    scan::{Attributes, Tag},
    text::Children,
};
use crate::{model::MarkupKind, parse::draft::Text};

/// What an element says of its text (RFC 4287 section 3.1; Atom 0.3 sections 3.1.1 and 3.1.2).
pub(super) enum Says {
    /// Nothing: HTML as a rule, escaped once unless it is said to be XHTML.
    Nothing,
    /// Nothing, where few write HTML: that is told by its tags.
    Seldom,
    /// Plain characters.
    Plain,
    /// HTML, escaped once.
    Html,
    /// Markup as child elements.
    Inline,
    /// Base64 of one of the above.
    Base64,
}

impl Says {
    pub(super) fn of(tag: &Tag<'_>, is_atom: bool, name: &str) -> Self {
        let value = |wanted: &str| {
            Attributes::of(tag)
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        if name.starts_with("xhtml:") {
            return Self::Inline;
        }
        let kind = value("type").unwrap_or_default();
        let mode = value("mode").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        match (mode.as_str(), kind) {
            ("base64", _) => Self::Base64,
            (_, "text" | "text/plain" | "plain") => Self::Plain,
            (_, "") if is_atom && !name.contains(':') => Self::Plain,
            ("xml", "text/html" | "html") => Self::Inline,
            // Media RSS: "type ... Default value is 'plain'".
            ("", "") if name.starts_with("media:") => Self::Plain,
            ("", "") if name.starts_with("itunes:") => Self::Seldom,
            ("", "") => Self::Nothing,
            (_, "" | "html" | "text/html") => Self::Html,
            ("escaped", _) => Self::Html,
            (_, "xhtml") => Self::Inline,
            (_, kind) if kind.ends_with("+xml") || kind.ends_with("/xml") => Self::Inline,
            (_, kind) if kind.starts_with("text/") => Self::Plain,
            (_, kind) if kind.contains('/') && is_atom => Self::Base64,
            _ => Self::Html,
        }
    }

    pub(super) fn children(&self) -> Children {
        match self {
            Self::Inline => Children::Xml,
            Self::Nothing | Self::Seldom | Self::Plain => Children::AsTheySay,
            Self::Html | Self::Base64 => Children::Html,
        }
    }

    pub(super) fn read<'a>(&self, text: Cow<'a, str>, has_children: bool) -> Text<'a> {
        let html = |text| Text {
            text,
            kind: MarkupKind::Html,
        };
        let plain = |text| Text {
            text,
            kind: MarkupKind::Text,
        };
        match self {
            Self::Seldom if !has_children && !text.contains("</") && !text.contains("/>") => {
                plain(text)
            }
            Self::Seldom => html(text),
            Self::Plain if has_children => html(text),
            Self::Plain => plain(text),
            Self::Html | Self::Nothing => html(text),
            // Escaped HTML under a wrong label.
            Self::Inline if has_children || text.contains("</") || text.contains("/>") => {
                html(text)
            }
            Self::Inline => plain(text),
            Self::Base64 => match base64(&text) {
                Some(decoded) => html(decoded.into()),
                None => html(text),
            },
        }
    }
}

fn base64(text: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let packed: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(packed).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}
