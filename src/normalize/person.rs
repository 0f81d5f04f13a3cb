//! One person's name out of what stands around it: addresses, bylines, parentheses.
//!
//! It never parts a text into several people; that is `author`'s.

use std::borrow::Cow;

/// What bylines begin with, in lower case, and whether two words at least must follow because it
/// may be a name's own beginning ("Von Neumann").
const LEADS: &[(&str, bool)] = &[
    ("by", false),
    ("posted by", false),
    ("written by", false),
    ("words by", false),
    ("author:", false),
    ("von", true),
    ("par", true),
    ("por", true),
    ("door", true),
    ("text:", false),
];

/// The name in a part, without addresses and what they leave behind; empty if there is none.
pub(super) fn person(part: &str) -> Cow<'_, str> {
    if has_wide_parentheses(part) {
        let narrow = part.replace('（', " (").replace('）', ") ");
        let narrow = narrow.split_whitespace().collect::<Vec<_>>().join(" ");
        return Cow::Owned(person(&narrow).into_owned());
    }
    let name = without_parentheses(without_address(part.trim()));
    let name = without_numbers(without_lead(name));
    if !has_address(name) {
        return Cow::Borrowed(name);
    }
    let kept = name
        .split(' ')
        .filter(|word| !is_address(word.trim_matches(['<', '>', '(', ')', ','])));
    Cow::Owned(kept.collect::<Vec<_>>().join(" "))
}

/// The name without the numbers of institutes that scientists put behind it: `Ann Lee (1 and 2)`.
fn without_numbers(name: &str) -> &str {
    let numbers = |inside: &str| {
        inside.contains(|c: char| c.is_ascii_digit())
            && inside
                .split([' ', ','])
                .all(|word| matches!(word, "" | "and" | "&") || word.parse::<u16>().is_ok())
    };
    match name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once('('))
    {
        Some((before, inside)) if numbers(inside) => before.trim_end(),
        _ => name,
    }
}

/// True for `山田（yamada@example.com）`: Japanese and Chinese writers put no space there.
fn has_wide_parentheses(part: &str) -> bool {
    part.contains('（') && part.split(['（', '）']).any(is_address)
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

/// The name in `(Name)` or `Name (`: what is left where a parser has taken the address away.
fn without_parentheses(text: &str) -> &str {
    for (open, close) in [('(', ')'), ('（', '）')] {
        let inner = text
            .strip_prefix(open)
            .and_then(|text| text.strip_suffix(close));
        if let Some(name) = inner.filter(|name| !name.contains(&format!("{close} {open}"))) {
            return name.trim();
        }
    }
    text.trim_end_matches(['(', '（']).trim_end()
}

/// The text without what bylines begin with.
pub(super) fn without_lead(text: &str) -> &str {
    for (lead, needs_two) in LEADS {
        let found = text
            .get(..lead.len())
            .filter(|start| start.eq_ignore_ascii_case(lead));
        let rest = found.map_or("", |_| &text[lead.len()..]);
        let is_word = rest.starts_with(' ');
        // "von Trapp" is a name, "Von Anna Berg" a byline.
        let is_byline = !needs_two
            || (words(rest) >= 2 && text.starts_with(char::is_uppercase))
            || (*needs_two && words(rest) >= 5);
        if is_word && is_byline {
            return rest.trim_start();
        }
    }
    text
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

/// True if a mail address or a link stands in the part.
pub(super) fn has_address(part: &str) -> bool {
    part.split([' ', '<', '>', '(', ')']).any(is_address)
}

/// Words between blanks.
pub(super) fn words(text: &str) -> usize {
    text.split(' ').filter(|word| !word.is_empty()).count()
}
