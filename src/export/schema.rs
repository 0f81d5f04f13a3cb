//! The record as a JSON Schema (2020-12), for `tidings schema` and for whoever reads exports.

use serde::{Serialize, Serializer};

use super::record::{Field, Kind, Row, SCHEMA_VERSION};

/// The schema of one line of JSON Lines, which is a member of the JSON array too; pretty-printed.
///
/// It allows keys that it does not know: a later build of the same version may add some.
///
/// # Errors
/// None in practice: what the record holds can always be written.
pub fn schema() -> serde_json::Result<String> {
    let mut node = Node::object(Row::FIELDS);
    // Only with `--html`.
    node.required.retain(|name| *name != "html");
    let mut text = serde_json::to_string_pretty(&Document {
        schema: "https://json-schema.org/draft/2020-12/schema",
        id: format!("urn:tidings:schema:article:{SCHEMA_VERSION}"),
        title: "Article",
        description: "An article as `tidings export` writes it. In CSV, lists and objects are JSON \
                      in their cell, and null is an empty cell.",
        version: SCHEMA_VERSION,
        node,
    })?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "$id")]
    id: String,
    title: &'static str,
    description: &'static str,
    #[serde(rename = "x-schema-version")]
    version: u32,
    #[serde(flatten)]
    node: Node,
}

/// The schema of one value.
#[derive(Default, Serialize)]
struct Node {
    #[serde(rename = "type")]
    kind: Types,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<u32>,
    #[serde(rename = "enum", skip_serializing_if = "<[_]>::is_empty")]
    words: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Node>>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: Properties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'static str>,
}

/// `"string"`, or `["string", "null"]`.
#[derive(Serialize)]
#[serde(untagged)]
enum Types {
    One(&'static str),
    OrNull([&'static str; 2]),
}

impl Default for Types {
    fn default() -> Self {
        Self::One("string")
    }
}

/// Fields in their order, which a map would sort.
#[derive(Default)]
struct Properties(&'static [Field]);

impl Properties {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|field| (field.name, Node::field(field))))
    }
}

impl Node {
    fn field(field: &Field) -> Self {
        let mut node = Self::of(field.kind);
        if let (true, Types::One(kind)) = (field.is_nullable, &node.kind) {
            node.kind = Types::OrNull([kind, "null"]);
        }
        node.description = Some(field.meaning.trim());
        node
    }

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::default(),
            Kind::Hex => Self {
                pattern: Some("^[0-9a-f]{32}$"),
                ..Self::default()
            },
            Kind::Time => Self {
                format: Some("date-time"),
                ..Self::default()
            },
            Kind::Integer => Self {
                kind: Types::One("integer"),
                minimum: Some(0),
                ..Self::default()
            },
            Kind::Word(words) => Self {
                words,
                ..Self::default()
            },
            Kind::List(item) => Self {
                kind: Types::One("array"),
                items: Some(Box::new(Self::of(*item))),
                ..Self::default()
            },
            Kind::Object(fields) => Self::object(fields),
        }
    }

    fn object(fields: &'static [Field]) -> Self {
        Self {
            kind: Types::One("object"),
            properties: Properties(fields),
            required: fields.iter().map(|field| field.name).collect(),
            ..Self::default()
        }
    }
}
