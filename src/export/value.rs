//! Values of the record, for formats that have columns: each field's by itself, lists and objects as
//! trees. As JSON they are what JSON Lines hold.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::record::{Field, Moment};
use crate::model::Time;

/// A field's value.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Nothing is known.
    Null,
    /// A text, a word, or hex digits.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(u64),
    /// A moment.
    Time(Time),
    /// Any number of values.
    List(Vec<Value<'a>>),
    /// A value for each of these fields.
    Object(&'static [Field], Vec<Value<'a>>),
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_u64(*number),
            Self::Time(time) => Moment(*time).serialize(serializer),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(fields, values) => {
                serializer.collect_map(fields.iter().map(|field| field.name).zip(values))
            }
        }
    }
}
