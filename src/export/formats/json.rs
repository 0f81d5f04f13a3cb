//! JSON Lines, one object a line; and JSON, one array of the same objects.
//!
//! Every key is in every object, in the record's order.

use std::io::{self, Write};

use super::body;
use crate::{
    export::{ArticleWriter, Cleanups, Tombstone, record::Row},
    model::StoredArticle,
};

/// JSON Lines.
pub(in crate::export) struct Jsonl<'a> {
    /// With HTML, cleaned as these feeds ask.
    pub(in crate::export) html: Option<&'a Cleanups>,
}

impl ArticleWriter for Jsonl<'_> {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let html = self.html.map(|cleanups| body::html(stored, cleanups));
        serde_json::to_writer(&mut *out, &Row::new(stored, html))?;
        out.write_all(b"\n")
    }

    fn removed(&mut self, out: &mut dyn Write, tombstone: &Tombstone) -> io::Result<()> {
        serde_json::to_writer(&mut *out, tombstone)?;
        out.write_all(b"\n")
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// One array.
pub(in crate::export) struct Json<'a> {
    lines: Jsonl<'a>,
    /// An article was written.
    has_some: bool,
}

impl<'a> Json<'a> {
    pub(in crate::export) fn new(html: Option<&'a Cleanups>) -> Self {
        Self {
            lines: Jsonl { html },
            has_some: false,
        }
    }
}

impl ArticleWriter for Json<'_> {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[\n")
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        if std::mem::replace(&mut self.has_some, true) {
            out.write_all(b",")?;
        }
        self.lines.article(out, stored)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"]\n")
    }
}
