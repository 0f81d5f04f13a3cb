//! Texts in XML documents, and elements made of them.

use std::{
    borrow::Cow,
    io::{self, Write},
};

/// A text between tags.
pub(super) fn text(text: &str) -> String {
    html_escape::encode_text(&allowed(text)).into_owned()
}

/// A text between the quotation marks of an attribute.
pub(super) fn attribute(text: &str) -> String {
    html_escape::encode_double_quoted_attribute(&allowed(text)).into_owned()
}

/// `<name>text</name>` on a line of its own.
pub(super) fn element(out: &mut dyn Write, name: &str, content: &str) -> io::Result<()> {
    writeln!(out, "<{name}>{}</{name}>", text(content))
}

/// The same if there is a text.
pub(super) fn optional(out: &mut dyn Write, name: &str, content: Option<&str>) -> io::Result<()> {
    content.map_or(Ok(()), |content| element(out, name, content))
}

/// `name="value"` with a space before it, if there is a value.
pub(super) fn given(name: &str, value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| {
        format!(" {name}=\"{}\"", attribute(&value.to_string()))
    })
}

/// The text without what no XML document may hold, escaped or not (XML 1.0 section 2.2).
fn allowed(text: &str) -> Cow<'_, str> {
    let is_forbidden = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_forbidden) {
        Cow::Owned(text.replace(is_forbidden, ""))
    } else {
        Cow::Borrowed(text)
    }
}
