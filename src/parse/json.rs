//! JSON Feed's slips that a reader must mend: an http version, ids that are no text; and its
//! entries, counted.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::ParseError;
use crate::model::Repair;

/// feed-rs knows JSON Feed's version by its https URL alone.
pub(super) fn https_version<'a>(document: &'a str, repairs: &mut Vec<Repair>) -> Cow<'a, str> {
    const HTTP: &str = "\"http://jsonfeed.org/version/";
    if !document.contains(HTTP) {
        return Cow::Borrowed(document);
    }
    repairs.push(Repair {
        what: "JSON Feed version with http: instead of https:".to_owned(),
    });
    Cow::Owned(document.replacen(HTTP, "\"https://jsonfeed.org/version/", 1))
}

/// How many entries the document holds. Nothing is kept of them, whatever they hold.
pub(super) fn entries(document: &str) -> Result<usize, ParseError> {
    #[derive(Deserialize)]
    struct Counted {
        items: Option<Vec<IgnoredAny>>,
    }
    serde_json::from_str::<Counted>(document)
        .map(|feed| feed.items.map_or(0, |items| items.len()))
        .map_err(|error| ParseError::Broken(format!("broken JSON: {error}")))
}

/// The document with every id as text; `None` if that changes nothing.
///
/// JSON Feed 1.1, "Items": "If an id is presented as a number, a JSON Feed reader should coerce it
/// to a string."
pub(super) fn ids_as_text(document: &str) -> Option<String> {
    let mut feed: Value = serde_json::from_str(document).ok()?;
    let mut mended = false;
    for item in feed.get_mut("items")?.as_array_mut()? {
        if let Some(id) = item.get_mut("id").filter(|id| id.is_number()) {
            *id = Value::String(id.to_string());
            mended = true;
        }
    }
    mended.then(|| feed.to_string())
}
