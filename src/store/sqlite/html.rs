//! Bodies' markup at rest: compressed one by one, because each is read alone.
//!
//! A compressor is as large as a hundred articles and is kept for the thread. Frames carry a
//! checksum, so that a damaged one is noticed and never shown.

use std::{cell::RefCell, io};

use rusqlite::{Row, types::Type};
use zstd::{
    bulk::{self, Compressor},
    zstd_safe::CParameter,
};

use super::Sql;
use crate::model::{ArticleId, RawHtml};

/// Level 3 saves one byte in a hundred.
const LEVEL: i32 = 1;

/// The columns that [`read`] wants; `a` is the article's row.
pub(super) const COLUMNS: &str = "a.html_base, a.html";

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// The markup of an article that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("the HTML of article {article} is damaged")]
pub(super) struct Damaged {
    pub(super) article: ArticleId,
    source: io::Error,
}

/// What is stored of a body's markup; `None` where it is more than is kept.
pub(in crate::store) fn compressed(html: &str) -> io::Result<Option<Vec<u8>>> {
    if html.len() > RawHtml::MOST_BYTES {
        return Ok(None);
    }
    COMPRESSOR
        .with_borrow_mut(|kept| {
            let compressor = match kept {
                Some(compressor) => compressor,
                None => kept.insert(compressor()?),
            };
            compressor.compress(html.as_bytes())
        })
        .map(Some)
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    Ok(compressor)
}

/// The markup in [`COLUMNS`], the first of which is `column`.
pub(super) fn read(row: &Row<'_>, column: usize, article: ArticleId) -> Sql<Option<RawHtml>> {
    let Some(frame) = row.get_ref(column + 1)?.as_blob_or_null()? else {
        return Ok(None);
    };
    // zstd takes nothing at all for a text of no length.
    let whole = match frame {
        [] => Err(io::ErrorKind::UnexpectedEof.into()),
        frame => bulk::decompress(frame, RawHtml::MOST_BYTES),
    };
    let text = whole
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
