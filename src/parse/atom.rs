//! Writes a draft as canonical Atom 1.0 (RFC 4287), the one document that feed-rs ever sees.
//!
//! Everything that feed-rs refuses or panics on is left out by construction: there are no empty
//! texts, no unknown types, no namespaces. Texts stand in CDATA sections, which need no unescaping.
//! Entries' bodies are left out too: feed-rs would copy them three times and change nothing.

use std::fmt::Write as _;

use memchr::{memchr3, memmem};

use super::draft::{Category, Draft, Fields, Person, Slot, Text};
use crate::model::{MarkupKind, Time};

/// About the length of an entry without its body, in bytes.
const ENTRY: usize = 512;

/// The document, ready for feed-rs.
pub(super) fn write(draft: &Draft<'_>) -> String {
    let mut out = String::with_capacity(ENTRY * (draft.entries.len() + 2));
    out.push_str("<feed>");
    markup(&mut out, "subtitle", &draft.head.summary);
    fields(&mut out, &draft.head);
    for entry in &draft.entries {
        out.push_str("<entry>");
        fields(&mut out, entry);
        out.push_str("</entry>");
    }
    out.push_str("</feed>");
    out
}

fn fields(out: &mut String, fields: &Fields<'_>) {
    plain(out, "id", &fields.id);
    markup(out, "title", &fields.title);
    markup(out, "rights", &fields.rights);
    plain(out, "generator", &fields.generator);
    time(out, "published", &fields.published);
    time(out, "updated", &fields.updated);
    fields.people.iter().for_each(|one| person(out, one));
    fields.categories.iter().for_each(|one| category(out, one));
}

fn markup(out: &mut String, name: &str, slot: &Slot<Text<'_>>) {
    let Some(text) = slot.value().filter(|text| !text.text.is_empty()) else {
        return;
    };
    let kind = match text.kind {
        MarkupKind::Text => "text",
        MarkupKind::Html => "html",
    };
    open(out, name);
    attribute(out, "type", kind);
    out.push('>');
    cdata(out, &text.text);
    close(out, name);
}

fn plain<T: AsRef<str>>(out: &mut String, name: &str, slot: &Slot<T>) {
    if let Some(text) = slot
        .value()
        .map(AsRef::as_ref)
        .filter(|text| !text.is_empty())
    {
        element(out, name, text);
    }
}

fn time(out: &mut String, name: &str, slot: &Slot<Time>) {
    if let Some(time) = slot.value() {
        open(out, name);
        // Milliseconds since 1970: what `guard` tells feed-rs to read.
        let _ = write!(out, ">{}", time.timestamp_millis());
        close(out, name);
    }
}

fn person(out: &mut String, person: &Person<'_>) {
    let name = if person.role == "author" {
        "author"
    } else {
        "contributor"
    };
    open(out, name);
    out.push('>');
    let parts = [
        ("name", Some(&person.name)),
        ("email", person.email.as_ref()),
        ("uri", person.url.as_ref()),
    ];
    for (part, text) in parts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            element(out, part, text);
        }
    }
    close(out, name);
}

fn category(out: &mut String, category: &Category<'_>) {
    open(out, "category");
    attribute(out, "term", &category.term);
    if let Some(label) = &category.label {
        attribute(out, "label", label);
    }
    if let Some(scheme) = &category.scheme {
        attribute(out, "scheme", scheme);
    }
    out.push_str("/>");
}

fn element(out: &mut String, name: &str, text: &str) {
    open(out, name);
    out.push('>');
    cdata(out, text);
    close(out, name);
}

fn open(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
}

fn close(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// A text as CDATA, with its own `]]>` parted.
fn cdata(out: &mut String, text: &str) {
    out.push_str("<![CDATA[");
    let mut done = 0;
    for at in memmem::find_iter(text.as_bytes(), b"]]>") {
        out.push_str(&text[done..at + 2]);
        out.push_str("]]><![CDATA[");
        done = at + 2;
    }
    out.push_str(&text[done..]);
    out.push_str("]]>");
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    let mut rest = value;
    while let Some(at) = memchr3(b'<', b'&', b'"', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'&' => "&amp;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}
