//! Text in Markdown: written so that CommonMark reads it as the same text, and read back.
//!
//! Only what CommonMark 0.31 would take for markup is escaped, so that ordinary titles keep their
//! bytes. It knows inline text and link destinations, nothing of articles.

use std::{borrow::Cow, fmt::Write as _};

/// Where a text stands, which decides what would end it or change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A heading.
    Heading,
    /// Between `**` and `**`.
    Bold,
    /// Between `**` and `**`, one of several separated by commas.
    BoldList,
    /// Between `[` and `]`.
    Label,
}

/// The text as it must be written in this place.
pub(super) fn escape(text: &str, place: Place) -> Cow<'_, str> {
    let bold = matches!(place, Place::Bold | Place::BoldList);
    let stars = bold && text.contains('*') || pairs(text, '*');
    let lines = pairs(text, '_');
    // A backslash does not keep a tick in the link's URL from closing what one here opens.
    let ticks = place == Place::Label || text.matches('`').count() > 1;
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let escaped = match c {
            '\\' => match rest.chars().next() {
                Some(next) => next.is_ascii_punctuation() || is_unsafe(text, at + 1, next),
                None => place != Place::Heading,
            },
            '*' => stars,
            '_' => lines,
            '`' => ticks,
            '<' => starts_html(rest),
            '&' => is_reference(&text[at..]),
            '[' | ']' => place == Place::Label,
            '(' => text[..at].ends_with(']'),
            '#' => place == Place::Heading && closes_heading(text, at),
            ',' => place == Place::BoldList,
            _ => false,
        };
        if is_unsafe(text, at, c) {
            out.push_str(&text[copied..at]);
            // Writing to a string cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
            copied = at + c.len_utf8();
        } else if escaped {
            out.push_str(&text[copied..at]);
            out.push('\\');
            copied = at;
        }
    }
    if copied == 0 && out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The text that was written.
pub(in crate::export) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut after = rest[1..].chars();
        match (rest.starts_with('\\'), after.next()) {
            (true, Some(next)) if next.is_ascii_punctuation() => {
                out.push(next);
                rest = after.as_str();
            }
            (false, _) if decoded(rest).is_some() => {
                if let Some((c, length)) = decoded(rest) {
                    out.push(c);
                    rest = &rest[length..];
                }
            }
            _ => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The position of the first `wanted` that no backslash escapes.
pub(in crate::export) fn find_unescaped(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == wanted && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// A URL as a link destination: bare where CommonMark can read it bare, else between `<` and `>`.
pub(super) fn destination(url: &str) -> String {
    let bare = !url.is_empty()
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'))
        && balanced(url);
    let mut out = String::with_capacity(url.len() + 2);
    for (at, c) in url.char_indices() {
        let next = url[at + c.len_utf8()..].chars().next();
        let escaped = match c {
            '\\' => next.is_none_or(|next| next.is_ascii_punctuation() || next.is_control()),
            '`' | '<' | '>' => true,
            '&' => is_reference(&url[at..]),
            _ => false,
        };
        if c.is_control() {
            let _ = write!(out, "&#{};", u32::from(c));
            continue;
        }
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    if bare { out } else { format!("<{out}>") }
}

/// The URL of a destination that ends the text with `)`; `None` if it is none.
pub(in crate::export) fn read_destination(text: &str) -> Option<String> {
    if let Some(text) = text.strip_prefix('<') {
        let end = find_unescaped(text, '>')?;
        return (&text[end..] == ">)").then(|| unescape(&text[..end]));
    }
    let url = text.strip_suffix(')')?;
    (!url.is_empty() && !url.contains(char::is_whitespace)).then(|| unescape(url))
}

/// True for a character that has to be written as its number: control characters, and white space
/// at the ends, which a reader would trim.
fn is_unsafe(text: &str, at: usize, c: char) -> bool {
    c.is_control() || c.is_whitespace() && (at == 0 || at + c.len_utf8() == text.len())
}

/// True if a `<` before `rest` starts a tag, a comment or a link (CommonMark 6.5 and 6.6).
fn starts_html(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
}

/// True for the first `#` of what CommonMark takes for a heading's closing sequence (4.2).
fn closes_heading(text: &str, at: usize) -> bool {
    let before = &text[..at];
    text[at..].bytes().all(|byte| byte == b'#')
        && (before.is_empty() || before.ends_with([' ', '\t']))
}

/// True if the text starts with a character reference, known name or not.
pub(super) fn is_reference(text: &str) -> bool {
    reference(text).is_some()
}

/// The length of the character reference that the text starts with (2.5), known name or not.
fn reference(text: &str) -> Option<usize> {
    let name = &text[1..text.find(';')?];
    let is_reference = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        },
        None => {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    };
    is_reference.then_some(name.len() + 2)
}

/// The character of a reference by number or by one of the names that hand-written files use, and
/// the reference's length.
fn decoded(text: &str) -> Option<(char, usize)> {
    let length = reference(text)?;
    let name = &text[1..length - 1];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((c, length))
}

/// True if some run of `marker` could open emphasis that a later run could close (6.2).
fn pairs(text: &str, marker: char) -> bool {
    let mut open = false;
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(marker) {
        before = rest[..at].chars().next_back().or(before);
        let after_run = rest[at..].trim_start_matches(marker);
        let after = after_run.chars().next();
        let left = flanks(after, before);
        let right = flanks(before, after);
        // Inside words `_` is no markup, `*` is.
        let (opens, closes) = match marker {
            '_' => (
                left && (!right || is_punctuation(before)),
                right && (!left || is_punctuation(after)),
            ),
            _ => (left, right),
        };
        if open && closes {
            return true;
        }
        open |= opens;
        before = Some(marker);
        rest = after_run;
    }
    false
}

/// True if a run beside `inner` and `outer` belongs to the text on its inner side.
fn flanks(inner: Option<char>, outer: Option<char>) -> bool {
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    !blank(inner) && (!is_punctuation(inner) || blank(outer) || is_punctuation(outer))
}

/// ASCII punctuation, and the symbols beyond ASCII that are neither letters nor blanks. Taking
/// too much for punctuation here costs a backslash too many at worst.
fn is_punctuation(c: Option<char>) -> bool {
    c.is_some_and(|c| {
        c.is_ascii_punctuation() || !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace()
    })
}

fn balanced(url: &str) -> bool {
    let mut depth = 0_i32;
    url.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        (0..=30).contains(&depth) // CommonMark asks readers for 32 levels at least
    }) && depth == 0
}
