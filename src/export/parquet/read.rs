//! Rows of our own Parquet files, read back with everything that they hold; also after another tool
//! has written them anew. Row group by row group, so that memory does not grow with the file.

use std::{
    fs::File,
    io, iter,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use parquet::{
    file::serialized_reader::SerializedFileReader,
    record::{Field, Row, reader::RowIter},
};
use serde_json::Value;

use super::io_error;
use crate::{
    export::{
        import::{Records, numbered, record},
        record::Moment,
    },
    model::Time,
};

/// Opens a file.
pub(in crate::export) fn records(path: &Path) -> io::Result<Records> {
    let file = File::open(path)?;
    let open = || {
        let reader = SerializedFileReader::new(file).map_err(io_error)?;
        Ok(RowIter::from_file_into(Box::new(reader)))
    };
    let mut rows = caught(open).unwrap_or_else(|| Err(io::Error::other(DAMAGED)))?;
    let rows = iter::from_fn(move || match caught(|| rows.next()) {
        Some(row) => {
            row.map(|row| row.map_err(|error| format!("a row of Parquet, found: {error}")))
        }
        None => Some(Err(format!("a row of Parquet, found: {DAMAGED}"))),
    });
    Ok(numbered(path, rows.map(|row| record(object(&row?)?))))
}

const DAMAGED: &str = "the file is damaged";

/// Pages have sums, but what says how to read them has none, and the library panics where that
/// contradicts itself. What it was reading is given up then.
fn caught<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

fn object(row: &Row) -> Result<Value, String> {
    let pairs = row
        .get_column_iter()
        .map(|(name, field)| Ok((name.clone(), value(field)?)));
    pairs.collect::<Result<_, _>>().map(Value::Object)
}

fn value(field: &Field) -> Result<Value, String> {
    Ok(match field {
        Field::Null => Value::Null,
        Field::Str(text) => text.as_str().into(),
        Field::Byte(number) => (*number).into(),
        Field::Short(number) => (*number).into(),
        Field::Int(number) => (*number).into(),
        Field::Long(number) => (*number).into(),
        Field::UByte(number) => (*number).into(),
        Field::UShort(number) => (*number).into(),
        Field::UInt(number) => (*number).into(),
        Field::ULong(number) => (*number).into(),
        Field::TimestampMillis(at) => moment(Time::from_timestamp_millis(*at))?,
        Field::TimestampMicros(at) => moment(Time::from_timestamp_micros(*at))?,
        Field::Group(row) => object(row)?,
        Field::ListInternal(list) => {
            let items = list.elements().iter().map(value);
            items.collect::<Result<_, _>>().map(Value::Array)?
        }
        other => return Err(format!("a text, number, moment or list, found {other}")),
    })
}

fn moment(time: Option<Time>) -> Result<Value, String> {
    time.map(|time| Moment(time).to_string().into())
        .ok_or_else(|| "a moment of this calendar".to_owned())
}
