//! Text from outside, made fit for a terminal or a log line.

use std::fmt::Write as _;

/// The text with control and direction-changing characters written as `\u{..}`, so that a feed
/// cannot move the cursor, colour a terminal or reverse a line. Tabs and newlines become spaces.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => out.push(' '),
            c if c.is_control() || is_bidi_control(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The Unicode `Bidi_Control` characters (UAX 9).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A URL fit for logs: user information and query values are hidden, because feeds carry their
/// tokens there.
#[must_use]
pub fn redact_url(url: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    };
    let base = match base.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => base.to_owned(),
    };
    let Some(query) = query else {
        return printable(&base);
    };
    let names: Vec<String> = query
        .split('&')
        .map(|pair| {
            pair.split_once('=')
                .map_or_else(|| pair.to_owned(), |(name, _)| format!("{name}=…"))
        })
        .collect();
    printable(&format!("{base}?{}", names.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_are_shown_not_obeyed() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{202e}c\nd"),
            "a\\u{1b}[31mb\\u{202e}c d"
        );
    }

    #[test]
    fn user_information_and_query_values_are_hidden() {
        assert_eq!(
            redact_url("https://me:pw@example.org/feed?token=abc&n=5"),
            "https://example.org/feed?token=…&n=…"
        );
        assert_eq!(
            redact_url("https://example.org/feed"),
            "https://example.org/feed"
        );
    }
}
