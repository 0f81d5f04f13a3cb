//! A JSON Feed, in any condition that can be understood, to a [`Draft`].
//!
//! Versions 1 and 1.1 (jsonfeed.org) as they are and as they are written: ids that are numbers,
//! missing titles, one author in place of a list, commas too many, raw line breaks in strings, an end
//! that is missing. Mending is tried only when the document is no JSON as it stands.

mod mend;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{
    ParseError, dates,
    draft::{Category, Draft, Fields, Link, Person, Text},
    repairs::{Repairs, shown},
};
use crate::model::MarkupKind;

type Object = Map<String, Value>;

/// Longer lists than this are nobody's metadata.
const MOST: usize = 1000;

/// Reads a document.
///
/// # Errors
/// [`ParseError`] where it is no JSON, no JSON Feed, or has more than `max_entries` items.
pub(super) fn read(
    text: &str,
    max_entries: usize,
    repairs: &mut Repairs,
) -> Result<Draft<'static>, ParseError> {
    let text = unwrapped(text, repairs);
    let feed = match value(text, max_entries) {
        Err(ParseError::Broken(why)) => {
            let mended = mend::mend(text, repairs);
            value(&mended, max_entries).map_err(|error| match error {
                ParseError::Broken(_) => ParseError::Broken(why),
                other => other,
            })?
        }
        other => other?,
    };
    let Value::Object(feed) = feed else {
        return Err(ParseError::NotAFeed("JSON that is no object".to_owned()));
    };
    draft(feed, repairs)
}

/// The document as a value. Its items are counted first: each costs memory, whatever it holds.
fn value(text: &str, max_entries: usize) -> Result<Value, ParseError> {
    #[derive(Deserialize)]
    struct Counted {
        items: Option<Vec<IgnoredAny>>,
    }
    let broken = |error: serde_json::Error| ParseError::Broken(format!("broken JSON: {error}"));
    if serde_json::from_str::<Counted>(text)
        .ok()
        .and_then(|counted| counted.items)
        .is_some_and(|items| items.len() > max_entries)
    {
        return Err(ParseError::TooManyEntries(max_entries));
    }
    serde_json::from_str(text).map_err(broken)
}

/// The outermost object: some servers put a call or a guard around it.
fn unwrapped<'a>(text: &'a str, repairs: &mut Repairs) -> &'a str {
    let start = text.find('{').unwrap_or(0);
    let end = text.rfind('}').map_or(text.len(), |end| end + 1);
    if !text[..start].trim().is_empty() {
        repairs.document("text before the JSON object; left out");
    }
    if !text[end.max(start)..].trim().is_empty() && !text[..start].trim().is_empty() {
        return &text[start..end.max(start)];
    }
    &text[start..]
}

fn draft(mut feed: Object, repairs: &mut Repairs) -> Result<Draft<'static>, ParseError> {
    let version = text(feed.get("version")).unwrap_or_default();
    let items = feed.remove("items");
    if !version.contains("jsonfeed.org") && !matches!(items, Some(Value::Array(_))) {
        return Err(ParseError::NotAFeed(
            "JSON without \"items\" and without the version of JSON Feed".to_owned(),
        ));
    }
    let number = version.rsplit('/').next().unwrap_or_default();
    if !version.starts_with("https://jsonfeed.org/version/") {
        repairs.document(match version.as_str() {
            "" => "the JSON Feed names no version".to_owned(),
            other => format!("an unknown version of JSON Feed: \"{}\"", shown(other)),
        });
    }
    let mut draft = Draft {
        format: match number {
            "1" | "1.1" => format!("JSON Feed {number}"),
            _ => "JSON Feed".to_owned(),
        },
        head: head(&mut feed),
        ..Draft::default()
    };
    let items = match items {
        Some(Value::Array(items)) => items,
        Some(one @ Value::Object(_)) => {
            repairs.document("\"items\" is one object and no list; read as a list of one");
            vec![one]
        }
        Some(Value::Null) | None => Vec::new(),
        Some(_) => {
            repairs.document("\"items\" is no list; left out");
            Vec::new()
        }
    };
    for item in items {
        match item {
            Value::Object(item) => draft.entries.push(entry(item, repairs)),
            _ => repairs.document("an item that is no object; left out"),
        }
    }
    Ok(draft)
}

fn head(feed: &mut Object) -> Fields<'static> {
    let mut fields = Fields::default();
    offer(&mut fields.title, 0, feed, "title", plain);
    offer(&mut fields.summary, 0, feed, "description", plain);
    offer(&mut fields.link, 0, feed, "home_page_url", Cow::Owned);
    offer(&mut fields.id, 0, feed, "feed_url", Cow::Owned);
    offer(&mut fields.language, 0, feed, "language", Cow::Owned);
    offer(&mut fields.image, 0, feed, "icon", Cow::Owned);
    offer(&mut fields.image, 1, feed, "favicon", Cow::Owned);
    for (key, rel) in [("feed_url", "self"), ("next_url", "next")] {
        fields
            .links
            .extend(text(feed.get(key)).map(|url| link(url, rel)));
    }
    for hub in list(feed.remove("hubs")) {
        let url = text(hub.get("url"));
        fields.links.extend(url.map(|url| link(url, "hub")));
    }
    fields.people = people(feed);
    fields
}

fn entry(mut item: Object, repairs: &mut Repairs) -> Fields<'static> {
    let item = &mut item;
    let mut fields = Fields::default();
    if item.get("id").is_some_and(|id| !id.is_string()) {
        repairs.document("ids that are no text; read as text");
    }
    offer(&mut fields.id, 0, item, "id", Cow::Owned);
    offer(&mut fields.link, 0, item, "url", Cow::Owned);
    offer(&mut fields.link, 1, item, "external_url", Cow::Owned);
    if fields.link.best().is_some_and(|best| best.from == "url") {
        let related = text(item.get("external_url"));
        fields.links.extend(related.map(|url| link(url, "related")));
    }
    offer(&mut fields.title, 0, item, "title", plain);
    offer(&mut fields.content, 0, item, "content_html", html);
    offer(&mut fields.content, 1, item, "content_text", plain);
    offer(&mut fields.summary, 0, item, "summary", plain);
    offer(&mut fields.language, 0, item, "language", Cow::Owned);
    offer(&mut fields.image, 0, item, "image", Cow::Owned);
    offer(&mut fields.image, 1, item, "banner_image", Cow::Owned);
    for (key, from) in [("date_published", true), ("date_modified", false)] {
        let Some(date) = text(item.get(key)) else {
            continue;
        };
        match (dates::parse(&date), from) {
            (Some(time), true) => fields.published.offer(0, "date_published", time),
            (Some(time), false) => fields.updated.offer(0, "date_modified", time),
            (None, _) => repairs.document(format!(
                "\"{key}\" holds no date that can be read: \"{}\"",
                shown(&date)
            )),
        }
    }
    fields.people = people(item);
    fields.categories = strings(item.remove("tags"))
        .take(MOST)
        .map(|term| Category {
            term: term.into(),
            from: "tags",
            ..Category::default()
        })
        .collect();
    fields.files = list(item.remove("attachments"))
        .take(MOST)
        .filter_map(|file| {
            Some(Link {
                mime: text(file.get("mime_type")).map(Cow::Owned),
                length: number(file.get("size_in_bytes")).filter(|size| *size > 0),
                seconds: number(file.get("duration_in_seconds"))
                    .and_then(|seconds| u32::try_from(seconds).ok()),
                ..link(text(file.get("url"))?, "enclosure")
            })
        })
        .collect();
    fields
}

/// `authors`, else version 1's `author`; each an object or just a name.
fn people(object: &mut Object) -> Vec<Person<'static>> {
    let given = match object.remove("authors") {
        Some(Value::Array(authors)) if !authors.is_empty() => authors,
        Some(author @ (Value::Object(_) | Value::String(_))) => vec![author],
        _ => match object.remove("author") {
            Some(Value::Array(authors)) => authors,
            Some(author) => vec![author],
            None => Vec::new(),
        },
    };
    let person = |name: Option<String>, url: Option<String>| Person {
        name: name.unwrap_or_default().into(),
        url: url.map(Cow::Owned),
        role: "author".into(),
        from: "authors",
        ..Person::default()
    };
    given
        .into_iter()
        .take(MOST)
        .map(|author| match author {
            Value::Object(author) => person(text(author.get("name")), text(author.get("url"))),
            other => person(text(Some(&other)), None),
        })
        .filter(|person| !person.is_empty())
        .collect()
}

fn offer<T>(
    slot: &mut super::draft::Slot<T>,
    rank: u8,
    object: &Object,
    key: &'static str,
    make: fn(String) -> T,
) {
    if let Some(value) = text(object.get(key)) {
        slot.offer(rank, key, make(value));
    }
}

fn plain(text: String) -> Text<'static> {
    Text {
        text: text.into(),
        kind: MarkupKind::Text,
    }
}

fn html(text: String) -> Text<'static> {
    Text {
        text: text.into(),
        kind: MarkupKind::Html,
    }
}

fn link(href: String, rel: &'static str) -> Link<'static> {
    Link {
        href: href.into(),
        rel: rel.into(),
        ..Link::default()
    }
}

/// A text; numbers and truth values count as theirs. Blank ones are none.
fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates, and fractions of a byte or second do not count"
        )]
        Value::Number(number) => number
            .as_u64()
            .or_else(|| number.as_f64().map(|n| n as u64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn list(value: Option<Value>) -> impl Iterator<Item = Object> {
    let items = match value {
        Some(Value::Array(items)) => items,
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    items.into_iter().filter_map(|item| match item {
        Value::Object(object) => Some(object),
        _ => None,
    })
}

/// A list of texts, or one text with commas.
fn strings(value: Option<Value>) -> impl Iterator<Item = String> {
    let texts: Vec<String> = match value {
        Some(Value::Array(items)) => items.iter().filter_map(|item| text(Some(item))).collect(),
        Some(Value::String(one)) => one
            .split(',')
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty())
            .collect(),
        _ => Vec::new(),
    };
    texts.into_iter()
}
