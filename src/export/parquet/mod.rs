//! Parquet: one file, typed columns, row groups that are written as they fill.
//!
//! Columns are made from the record's fields and written one by one, without arrow. Lists of objects
//! are lists of structs, which `DuckDB`, Polars and pandas all read as such. The build without the
//! feature `parquet` has `without_parquet` in this module's place.

mod columns;
mod read;
mod write;

pub(super) use read::records;
pub(super) use write::Parquet;

use std::io;

use ::parquet::errors::ParquetError;

/// Errors of the files below stay what they are.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}
