//! The record as Parquet's columns: the schema of a file, and values taken apart into leaves.
//!
//! A list's or an object's leaves are columns of their own; levels say where a list begins (how deep
//! a value repeats) and what is missing (how deep it is defined), as the format's description has it.

use std::{mem, sync::Arc};

use bytes::Bytes;
use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::Result,
    file::writer::SerializedColumnWriter,
    schema::types::{Type, TypePtr},
};

use crate::export::{
    record::{Field, Kind},
    value::Value,
};

/// The schema of a file with these fields.
pub(super) fn schema(fields: &[Field]) -> Result<TypePtr> {
    let nodes = fields
        .iter()
        .map(|field| node(field.name, field.kind, field.is_nullable));
    let root = Type::group_type_builder("article").with_fields(nodes.collect::<Result<_>>()?);
    root.build().map(Arc::new)
}

fn node(name: &str, kind: Kind, is_nullable: bool) -> Result<TypePtr> {
    let repetition = match is_nullable {
        true => Repetition::OPTIONAL,
        false => Repetition::REQUIRED,
    };
    let leaf = |physical, logical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .build()
    };
    let group = |fields, logical| {
        Type::group_type_builder(name)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .with_fields(fields)
            .build()
    };
    let built = match kind {
        Kind::Text | Kind::Hex | Kind::Word(_) => {
            leaf(Physical::BYTE_ARRAY, Some(LogicalType::String))
        }
        Kind::Integer => leaf(Physical::INT64, None),
        Kind::Time => leaf(
            Physical::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
        Kind::List(item) => {
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![node("element", *item, false)?])
                .build()?;
            group(vec![Arc::new(list)], Some(LogicalType::List))
        }
        Kind::Object(fields) => {
            let nodes = fields
                .iter()
                .map(|field| node(field.name, field.kind, field.is_nullable));
            group(nodes.collect::<Result<_>>()?, None)
        }
    };
    built.map(Arc::new)
}

/// A leaf's values until its row group is written.
#[derive(Debug, Default)]
struct Column {
    leaf: Leaf,
    /// Empty where nothing can be missing.
    definitions: Vec<i16>,
    /// Empty where nothing repeats.
    repetitions: Vec<i16>,
    is_optional: bool,
    is_repeated: bool,
}

/// What is there of a leaf.
#[derive(Debug)]
enum Leaf {
    /// One after the other, and where each ends.
    Texts(Vec<u8>, Vec<usize>),
    Numbers(Vec<i64>),
}

impl Default for Leaf {
    fn default() -> Self {
        Self::Numbers(Vec::new())
    }
}

/// How deep a value repeats and is defined.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    definition: i16,
    repetition: i16,
    /// The depth of lists around it.
    lists: i16,
}

/// The rows of a row group.
#[derive(Debug, Default)]
pub(super) struct Columns {
    columns: Vec<Column>,
    /// Bytes of the values so far, in memory.
    pub(super) bytes: usize,
    pub(super) rows: usize,
}

impl Columns {
    pub(super) fn new(fields: &[Field]) -> Self {
        let mut columns = Vec::new();
        for field in fields {
            add_leaves(field.kind, field.is_nullable, false, &mut columns);
        }
        Self {
            columns,
            ..Self::default()
        }
    }

    /// Adds a row: a value for each field.
    pub(super) fn push(&mut self, fields: &[Field], values: &[Value<'_>]) {
        let mut at = 0;
        for (field, value) in fields.iter().zip(values) {
            self.put(
                &mut at,
                (field.kind, field.is_nullable),
                Some(value),
                Level::default(),
            );
        }
        self.rows += 1;
    }

    /// Puts a value into its leaves, from column `at` on; `None` is one that what is around it lacks.
    fn put(
        &mut self,
        at: &mut usize,
        (kind, is_nullable): (Kind, bool),
        value: Option<&Value<'_>>,
        mut level: Level,
    ) {
        let value = value.filter(|value| !matches!(value, Value::Null));
        level.definition += i16::from(is_nullable && value.is_some());
        match kind {
            Kind::Text | Kind::Hex | Kind::Word(_) | Kind::Integer | Kind::Time => {
                let column = &mut self.columns[*at];
                self.bytes += column.push(value, level);
                *at += 1;
            }
            Kind::List(item) => {
                let items = match value {
                    Some(Value::List(items)) => items.as_slice(),
                    _ => &[],
                };
                let first = *at;
                if items.is_empty() {
                    self.put(at, (*item, false), None, level);
                }
                level.definition += 1;
                level.lists += 1;
                for item_value in items {
                    *at = first;
                    self.put(at, (*item, false), Some(item_value), level);
                    level.repetition = level.lists;
                }
            }
            Kind::Object(fields) => {
                let values = match value {
                    Some(Value::Object(_, values)) => values.as_slice(),
                    _ => &[],
                };
                for (nth, field) in fields.iter().enumerate() {
                    self.put(at, (field.kind, field.is_nullable), values.get(nth), level);
                }
            }
        }
    }

    /// Writes column `at` and forgets its values.
    pub(super) fn write(
        &mut self,
        at: usize,
        mut writer: SerializedColumnWriter<'_>,
    ) -> Result<()> {
        let column = &mut self.columns[at];
        let definitions = column.is_optional.then_some(column.definitions.as_slice());
        let repetitions = column.is_repeated.then_some(column.repetitions.as_slice());
        match &mut column.leaf {
            Leaf::Numbers(numbers) => {
                writer
                    .typed::<Int64Type>()
                    .write_batch(numbers, definitions, repetitions)?;
                numbers.clear();
            }
            Leaf::Texts(bytes, ends) => {
                // Parts of one allocation, not one for each text.
                let bytes = Bytes::from(mem::take(bytes));
                let mut from = 0;
                let texts = ends.drain(..).map(|end| {
                    let text = bytes.slice(from..end);
                    from = end;
                    ByteArray::from(text)
                });
                let texts: Vec<ByteArray> = texts.collect();
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(&texts, definitions, repetitions)?;
            }
        }
        column.definitions.clear();
        column.repetitions.clear();
        writer.close()
    }

    /// Begins the next row group; every column was written.
    pub(super) fn begin_anew(&mut self) {
        (self.bytes, self.rows) = (0, 0);
    }
}

impl Column {
    /// Adds a value, or that there is none; gives the bytes that it takes.
    fn push(&mut self, value: Option<&Value<'_>>, level: Level) -> usize {
        if self.is_optional {
            self.definitions.push(level.definition);
        }
        if self.is_repeated {
            self.repetitions.push(level.repetition);
        }
        match (&mut self.leaf, value) {
            (Leaf::Texts(bytes, ends), Some(Value::Text(text))) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                return text.len() + size_of::<ByteArray>();
            }
            // Sizes that a feed made up may be larger than any file.
            (Leaf::Numbers(numbers), Some(Value::Integer(number))) => {
                numbers.push(i64::try_from(*number).unwrap_or(i64::MAX));
            }
            // Whole seconds, as in every format.
            (Leaf::Numbers(numbers), Some(Value::Time(time))) => {
                numbers.push(time.timestamp() * 1_000_000);
            }
            _ => {}
        }
        size_of::<i64>()
    }
}

fn add_leaves(kind: Kind, is_optional: bool, is_repeated: bool, columns: &mut Vec<Column>) {
    let leaf = match kind {
        Kind::List(item) => return add_leaves(*item, true, true, columns),
        Kind::Object(fields) => {
            for field in fields {
                let is_optional = is_optional || field.is_nullable;
                add_leaves(field.kind, is_optional, is_repeated, columns);
            }
            return;
        }
        Kind::Text | Kind::Hex | Kind::Word(_) => Leaf::Texts(Vec::new(), Vec::new()),
        Kind::Integer | Kind::Time => Leaf::default(),
    };
    columns.push(Column {
        leaf,
        is_optional,
        is_repeated,
        ..Column::default()
    });
}
