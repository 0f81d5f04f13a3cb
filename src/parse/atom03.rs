//! Atom 0.3 to Atom 1.0: feed-rs reads the draft of 2003 as a feed without entries.
//!
//! Names and the `mode` attribute differ (the table in RFC 4287's history); everything else passes
//! through unchanged.

use quick_xml::{
    Reader, Writer,
    events::{BytesEnd, BytesStart, Event, attributes::Attributes},
};

use super::ParseError;

const ATOM_1: &str = "http://www.w3.org/2005/Atom";
const ATOM_03: &str = "http://purl.org/atom/ns#";

/// Elements that were renamed.
const RENAMED: &[(&str, &str)] = &[
    ("tagline", "subtitle"),
    ("copyright", "rights"),
    ("modified", "updated"),
    ("issued", "published"),
    ("url", "uri"),
];

/// True if a `feed` start tag is Atom 0.3's.
pub(super) fn is_old(tag: &str) -> bool {
    tag.contains(ATOM_03)
}

pub(super) fn upgrade(document: &str) -> Result<String, ParseError> {
    let mut reader = Reader::from_str(document);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_dangling_amp = true;
    let mut writer = Writer::new(Vec::with_capacity(document.len()));
    loop {
        // What follows the damage is lost here; what came before is salvaged as usual.
        let event = match reader.read_event() {
            Ok(Event::Eof) | Err(_) => break,
            Ok(Event::Start(start)) => Event::Start(start_tag(&start)),
            Ok(Event::Empty(start)) => Event::Empty(start_tag(&start)),
            Ok(Event::End(end)) => Event::End(BytesEnd::new(rename(end.name().as_ref()))),
            Ok(other) => other.into_owned(),
        };
        writer
            .write_event(event)
            .map_err(|error| ParseError::Broken(error.to_string()))?;
    }
    String::from_utf8(writer.into_inner()).map_err(|error| ParseError::Broken(error.to_string()))
}

fn rename(name: &str) -> String {
    let (prefix, local) = name.rsplit_once(':').unwrap_or(("", name));
    // A foreign prefix (dc:, media:) keeps its names.
    if !matches!(prefix, "" | "atom") {
        return name.to_owned();
    }
    let local = RENAMED
        .iter()
        .find(|(old, _)| *old == local)
        .map_or(local, |(_, new)| *new);
    if prefix.is_empty() {
        local.to_owned()
    } else {
        format!("{prefix}:{local}")
    }
}

fn start_tag(start: &BytesStart<'_>) -> BytesStart<'static> {
    let mut tag = BytesStart::new(rename(start.name().as_ref()));
    let mode = value(start.attributes(), "mode");
    let kind = value(start.attributes(), "type");
    for attribute in start.attributes().with_checks(false).flatten() {
        let name = attribute.key.as_ref();
        let raw = attribute.value.as_ref();
        match name {
            "mode" | "type" if kind_matters(start) => {}
            "version" => {}
            _ if raw == ATOM_03 => tag.push_attribute((name, ATOM_1)),
            _ => tag.push_attribute(attribute.clone()),
        }
    }
    if kind_matters(start)
        && let Some(kind) = construct(kind.as_deref(), mode.as_deref())
    {
        tag.push_attribute(("type", kind));
    }
    tag
}

/// Text constructs, where `type` was a MIME type and `mode` said how it is written.
fn kind_matters(start: &BytesStart<'_>) -> bool {
    matches!(
        start.local_name().as_ref(),
        "title" | "tagline" | "copyright" | "summary" | "content" | "info"
    )
}

fn construct(kind: Option<&str>, mode: Option<&str>) -> Option<&'static str> {
    match (kind, mode) {
        (Some("text/html" | "html"), Some("xml"))
        | (Some("application/xhtml+xml" | "xhtml"), _) => Some("xhtml"),
        (Some("text/html" | "html"), _) | (_, Some("escaped")) => Some("html"),
        _ => None,
    }
}

fn value(mut attributes: Attributes<'_>, wanted: &str) -> Option<String> {
    let mut all = attributes.with_checks(false).flatten();
    all.find(|attribute| attribute.key.as_ref() == wanted)
        .map(|found| found.value.as_ref().to_owned())
}
