//! Where a document says what it is written in: the HTTP header and the XML declaration.

/// How far an XML declaration may reach into a document, in bytes.
pub(super) const DECLARATION: usize = 512;

/// The `charset` parameter of a `Content-Type` (RFC 9110 section 8.3.2).
pub(super) fn of_http(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// The `encoding` of an XML declaration in bytes that are like ASCII (XML 1.0 section 4.3.3).
pub(super) fn declared(head: &[u8]) -> Option<&str> {
    let start = memchr::memmem::find(head, b"<?xml")?;
    let rest = head.get(start..)?;
    let end = memchr::memchr(b'>', rest)?;
    let declaration = std::str::from_utf8(rest.get(..end)?).ok()?;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    // EBCDIC pages have their quotes in different places, and some publishers have none.
    let quote = value.chars().next().filter(|c| !c.is_ascii_alphanumeric());
    let label = match quote {
        Some(quote) => value.strip_prefix(quote)?.split(quote).next()?.trim(),
        None => value.split([' ', '?']).next()?,
    };
    (!label.is_empty()).then_some(label)
}

/// A label to compare by: case, and whatever is neither letter nor digit, do not matter.
pub(super) fn fold(label: &str) -> String {
    label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Whether a label names ASCII, which bytes beyond ASCII belie.
pub(super) fn is_ascii(label: &str) -> bool {
    matches!(
        fold(label).as_str(),
        "ascii" | "usascii" | "us" | "iso646us" | "ansix341968" | "ansix341986" | "20127"
    )
}

/// Whether a label is one that servers add when nobody has configured any.
pub(super) fn is_default(label: &str) -> bool {
    is_ascii(label) || matches!(fold(label).as_str(), "iso88591" | "latin1")
}
