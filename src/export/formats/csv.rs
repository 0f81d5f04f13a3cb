//! CSV (RFC 4180): a header, then a record an article; lists and objects are JSON in their cell.
//!
//! Cells hold what the article says, so that a program reads back what was stored. A spreadsheet
//! takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a feed could write one: for
//! people who open exports in a spreadsheet, `is_for_spreadsheets` puts an apostrophe before them.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::body;
use crate::{
    export::{
        ArticleWriter, Cleanups, Tombstone,
        record::{Moment, Row},
        value::Value,
    },
    model::StoredArticle,
};

/// See the file's head.
pub(in crate::export) struct Csv<'a> {
    /// With HTML, cleaned as these feeds ask.
    pub(in crate::export) html: Option<&'a Cleanups>,
    /// No cell may be a formula.
    pub(in crate::export) is_for_spreadsheets: bool,
    /// Behind the record's columns stand those of tombstones.
    pub(in crate::export) tells_changes: bool,
}

impl ArticleWriter for Csv<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let fields = Row::fields(self.html.is_some());
        let mut line = Vec::new();
        let mut header = writer(&mut line);
        let names = fields.iter().map(|field| field.name);
        let more = Tombstone::COLUMNS.iter().copied();
        header.write_record(names.chain(more.filter(|_| self.tells_changes)))?;
        drop(header);
        out.write_all(&line)
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let html = self.html.map(|cleanups| body::html(stored, cleanups));
        let row = Row::new(stored, html);
        let mut line = Vec::new();
        let mut record = writer(&mut line);
        let values = row.values();
        for value in &values[..Row::fields(self.html.is_some()).len()] {
            match value {
                Value::Null => record.write_field("")?,
                Value::Text(text) if self.is_for_spreadsheets && is_formula(text) => {
                    record.write_field(format!("'{text}"))?;
                }
                Value::Text(text) => record.write_field(text.as_bytes())?,
                Value::Integer(number) => record.write_field(number.to_string())?,
                Value::Time(time) => record.write_field(Moment(*time).to_string())?,
                Value::List(_) | Value::Object(..) => {
                    record.write_field(serde_json::to_vec(value)?)?;
                }
            }
        }
        if self.tells_changes {
            for cell in ["false", "", ""] {
                record.write_field(cell)?;
            }
        }
        record.write_record(None::<&[u8]>)?;
        // It writes what it holds, and nothing can go wrong in memory.
        drop(record);
        out.write_all(&line)
    }

    fn removed(&mut self, out: &mut dyn Write, tombstone: &Tombstone) -> io::Result<()> {
        let mut line = Vec::new();
        let mut record = writer(&mut line);
        for field in Row::fields(self.html.is_some()) {
            match field.name {
                "id" => record.write_field(tombstone.id.0.to_string())?,
                "seq" => record.write_field(tombstone.seq.to_string())?,
                _ => record.write_field("")?,
            }
        }
        let at = tombstone.deleted_at.to_string();
        record.write_record(["true", &at, tombstone.reason])?;
        drop(record);
        out.write_all(&line)
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line in memory: where it is `out` that fails, the error must still say how.
fn writer(line: &mut Vec<u8>) -> csv::Writer<&mut Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(line)
}

/// True for what a spreadsheet would run (OWASP's list).
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}
