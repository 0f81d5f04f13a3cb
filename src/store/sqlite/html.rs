//! Bodies' markup at rest: compressed one by one, because each is read alone, beside the text that was
//! made from it.
//!
//! Most of the markup is that text again, so the text serves the compressor as what came before. The
//! two stand in one row, and are written and read together. Frames carry a checksum, so that a
//! damaged one, or one beside another text, is noticed and never shown.

use std::io;

use rusqlite::{Row, types::Type};
use zstd::{
    bulk,
    zstd_safe::{self, CCtx, CParameter, DCtx, ErrorCode, SafeResult},
};

use super::{
    Sql,
    hash::{self, Hash},
};
use crate::model::{ArticleId, RawHtml};

/// Level 3 saves one byte in a hundred.
const LEVEL: i32 = 1;

/// Begins what is stored, and a frame beside the body follows. Stores of earlier versions hold frames
/// that need no body, which begin with zstd's magic number.
const BESIDE_BODY: u8 = 1;

/// The columns that [`read`] wants; `a` is the article's row.
pub(super) const COLUMNS: &str = "a.html_base, a.html";

/// Markup as it is stored.
pub(in crate::store) struct Frame {
    /// Compressed.
    pub(super) bytes: Vec<u8>,
    /// Of the text.
    pub(super) hash: Hash,
}

/// The markup of an article that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("the HTML of article {article} is damaged")]
pub(super) struct Damaged {
    pub(super) article: ArticleId,
    source: io::Error,
}

/// Compresses the markup of some articles. It is as large as a hundred of them: for a batch, and not
/// to be kept.
pub(in crate::store) struct Compressor<'a> {
    context: CCtx<'a>,
    /// Reused, so that what is given away has no room to spare.
    frame: Vec<u8>,
}

impl<'a> Compressor<'a> {
    /// # Errors
    /// If there is no memory for it.
    pub(in crate::store) fn new() -> io::Result<Self> {
        let mut context = CCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
        named(context.set_parameter(CParameter::CompressionLevel(LEVEL)))?;
        named(context.set_parameter(CParameter::ChecksumFlag(true)))?;
        Ok(Self {
            context,
            frame: Vec::new(),
        })
    }

    /// What is stored of a body's markup; `None` where it is more than is kept.
    pub(in crate::store) fn compressed(
        &mut self,
        html: &str,
        body: &'a str,
    ) -> io::Result<Option<Frame>> {
        if html.len() > RawHtml::MOST_BYTES {
            return Ok(None);
        }
        named(self.context.ref_prefix(body.as_bytes()))?;
        self.frame.clear();
        self.frame.reserve(zstd_safe::compress_bound(html.len()));
        named(self.context.compress2(&mut self.frame, html.as_bytes()))?;
        let mut stored = Vec::with_capacity(1 + self.frame.len());
        stored.push(BESIDE_BODY);
        stored.extend_from_slice(&self.frame);
        let hash = hash::of_markup(html.as_bytes());
        Ok(Some(Frame {
            bytes: stored,
            hash,
        }))
    }
}

/// zstd's error by its name.
fn named(result: SafeResult) -> io::Result<usize> {
    result.map_err(|code: ErrorCode| io::Error::other(zstd_safe::get_error_name(code)))
}

/// The markup in [`COLUMNS`], the first of which is `column`, of the article with this body.
pub(super) fn read(
    row: &Row<'_>,
    column: usize,
    article: ArticleId,
    body: &str,
) -> Sql<Option<RawHtml>> {
    let Some(stored) = row.get_ref(column + 1)?.as_blob_or_null()? else {
        return Ok(None);
    };
    let text = unpacked(stored, body)
        .and_then(|text| String::from_utf8(text).map_err(io::Error::other))
        .map_err(|source| {
            let damaged = Box::new(Damaged { article, source });
            rusqlite::Error::FromSqlConversionFailure(column + 1, Type::Blob, damaged)
        })?;
    Ok(Some(RawHtml {
        text,
        base: row.get(column)?,
    }))
}

/// The text of markup as it is stored beside this body.
pub(super) fn unpacked(stored: &[u8], body: &str) -> io::Result<Vec<u8>> {
    match stored {
        // zstd takes nothing at all for a text of no length.
        [] | [BESIDE_BODY] => Err(io::ErrorKind::UnexpectedEof.into()),
        [BESIDE_BODY, frame @ ..] => {
            let mut context = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
            let size = zstd_safe::get_frame_content_size(frame).ok().flatten();
            let size = size.and_then(|size| usize::try_from(size).ok());
            let size = size
                .filter(|size| *size <= RawHtml::MOST_BYTES)
                .ok_or(io::ErrorKind::InvalidData)?;
            let mut text = Vec::with_capacity(size);
            named(context.decompress_using_dict(&mut text, frame, body.as_bytes()))?;
            Ok(text)
        }
        frame => bulk::decompress(frame, RawHtml::MOST_BYTES),
    }
}
