//! Author names out of what feeds put into author fields.
//!
//! RSS 2.0 asks for `mail@host (Name)`, people write `Name <mail@host>` or "By Name". Names are
//! kept, addresses are not: an archive should not be a list of mail addresses.

use super::text;
use crate::model::{Markup, MarkupKind};

/// The names in `raw`, in order, without repeats.
pub(super) fn names(raw: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in raw.iter().filter_map(|raw| name(raw)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// One name, or `None` if nothing but an address is given.
fn name(raw: &str) -> Option<String> {
    let line = |text: &str| {
        text::line(&Markup {
            text: text.to_owned(),
            kind: MarkupKind::Html,
        })
    };
    // Before tags are taken out: `Name <mail@host>` looks like one.
    let name = line(without_address(raw.trim()));
    let name = without_by(without_parentheses(without_address(&name)));
    (!name.is_empty() && !is_address(name)).then(|| name.to_owned())
}

/// The text beside a mail address in one of the two usual forms.
fn without_address(text: &str) -> &str {
    let in_parentheses = text
        .strip_suffix(')')
        .and_then(|text| text.split_once('('))
        .filter(|(address, _)| is_address(address.trim()))
        .map(|(_, name)| name.trim());
    let in_brackets = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
        .filter(|(_, address)| is_address(address.trim()))
        .map(|(name, _)| name.trim().trim_matches('"').trim());
    in_parentheses.or(in_brackets).unwrap_or(text)
}

/// The name in `(Name)`: what is left where feed-rs has taken the address away already.
fn without_parentheses(text: &str) -> &str {
    text.strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .filter(|name| !name.starts_with(')') && !name.contains(") ("))
        .map_or(text, str::trim)
}

/// The text without a leading "By".
fn without_by(text: &str) -> &str {
    match text.split_once(char::is_whitespace) {
        Some((by, rest)) if by.eq_ignore_ascii_case("by") => rest.trim_start(),
        _ => text,
    }
}

/// True for a mail address or a link, which name nobody.
fn is_address(text: &str) -> bool {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let is_mail = text
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let is_link = text.starts_with("http://") || text.starts_with("https://");
    (is_mail || is_link) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_dropped_and_names_kept() {
        for (raw, name) in [
            ("ann@example.org (Ann Lee)", "Ann Lee"),
            ("noreply@blogger.com (Ann (AL) Lee)", "Ann (AL) Lee"),
            ("\"Ann Lee\" <ann@example.org>", "Ann Lee"),
            ("By  Ann\nLee", "Ann Lee"),
            ("(Ann Lee)", "Ann Lee"),
            ("(Ann (AL) Lee)", "Ann (AL) Lee"),
            ("(Ann) (Lee)", "(Ann) (Lee)"),
            ("<a href=\"/ann\">Ann &amp; Bo</a>", "Ann & Bo"),
            ("Byron Katie", "Byron Katie"),
            ("@ann", "@ann"),
        ] {
            assert_eq!(names(&[raw.to_owned()]), [name], "{raw}");
        }
    }

    #[test]
    fn an_address_alone_names_nobody() {
        for raw in [
            "ann@example.org",
            "ann@example.org ()",
            "<ann@example.org>",
            " ",
            "mailto:a@b.c",
        ] {
            assert_eq!(names(&[raw.to_owned()]), Vec::<String>::new(), "{raw}");
        }
    }

    #[test]
    fn a_name_given_twice_stands_once() {
        assert_eq!(
            names(&["Ann".into(), "Bo".into(), "by Ann".into()]),
            ["Ann", "Bo"]
        );
    }
}
