//! Articles into a Parquet file: rows are gathered until they fill a row group, then written column
//! by column. What is in memory is one row group; the rest has gone to the stream.

use std::{
    io::{self, Write},
    sync::Arc,
};

use parquet::{
    basic::{Compression, ZstdLevel},
    errors::Result,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};

use super::{
    columns::{self, Columns},
    io_error,
};
use crate::{
    export::{
        ArticleWriter, Cleanups, SCHEMA_VERSION, Tally,
        formats::body,
        record::{Field, Row},
    },
    model::StoredArticle,
};

/// Rows of a row group at most: enough to read columns at disk speed, and to read groups side by side.
const ROWS: usize = 50_000;
/// Bytes of a row group's values at most; they are in memory until it is written.
const BYTES: usize = 32 << 20;
/// zstd's own default.
const LEVEL: i32 = 3;
/// Every value is another, and long: a dictionary would be made in vain, and bounds help no filter.
const LONG: [&str; 3] = ["summary", "body", "html"];
/// Every value is another.
const UNIQUE: [&str; 6] = [
    "id",
    "guid",
    "url",
    "canonical_url",
    "fingerprint",
    "cluster_id",
];

/// See the file's head.
pub(in crate::export) struct Parquet<'a> {
    /// With HTML, cleaned as these feeds ask.
    html: Option<&'a Cleanups>,
    fields: &'static [Field],
    columns: Columns,
    /// From the beginning to the end; what it wrote is taken out after each row group.
    file: Option<SerializedFileWriter<Vec<u8>>>,
    tally: Tally,
}

impl<'a> Parquet<'a> {
    pub(in crate::export) fn new(html: Option<&'a Cleanups>) -> Self {
        let fields = Row::fields(html.is_some());
        Self {
            html,
            fields,
            columns: Columns::new(fields),
            file: None,
            tally: Tally::default(),
        }
    }

    /// Writes the rows so far.
    fn row_group(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let file = opened(&mut self.file)?;
        write_columns(file, &mut self.columns).map_err(io_error)?;
        self.columns.begin_anew();
        file.flush()?;
        let written = file.inner_mut();
        out.write_all(written)?;
        written.clear();
        Ok(())
    }
}

fn opened(
    file: &mut Option<SerializedFileWriter<Vec<u8>>>,
) -> io::Result<&mut SerializedFileWriter<Vec<u8>>> {
    file.as_mut()
        .ok_or_else(|| io::Error::other("the file is not open"))
}

fn write_columns(file: &mut SerializedFileWriter<Vec<u8>>, columns: &mut Columns) -> Result<()> {
    let mut group = file.next_row_group()?;
    let mut at = 0;
    while let Some(writer) = group.next_column()? {
        columns.write(at, writer)?;
        at += 1;
    }
    group.close().map(drop)
}

fn properties() -> Result<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("tidings version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?));
    for name in LONG {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::None);
    }
    for name in UNIQUE {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    Ok(properties.build())
}

impl ArticleWriter for Parquet<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        let open = || {
            let schema = columns::schema(self.fields)?;
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties()?))
        };
        self.file = Some(open().map_err(io_error)?);
        Ok(())
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let html = self.html.map(|cleanups| body::html(stored, cleanups));
        let values = Row::new(stored, html).values();
        self.columns.push(self.fields, &values);
        self.tally.count(stored);
        match self.columns.rows >= ROWS || self.columns.bytes >= BYTES {
            true => self.row_group(out),
            false => Ok(()),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.columns.rows > 0 {
            self.row_group(out)?;
        }
        let mut file = self.file.take();
        let file = opened(&mut file)?;
        let notes = [
            ("tidings.schema_version", Some(i64::from(SCHEMA_VERSION))),
            ("tidings.first_seq", self.tally.first_seq),
            ("tidings.last_seq", self.tally.last_seq),
        ];
        for (key, value) in notes {
            file.append_key_value_metadata(KeyValue {
                key: key.to_owned(),
                value: value.map(|value| value.to_string()),
            });
        }
        file.finish().map_err(io_error)?;
        file.flush()?;
        out.write_all(file.inner())
    }
}
