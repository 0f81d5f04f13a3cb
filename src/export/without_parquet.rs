//! What stands in for Parquet in a build without it: the format is known, and refused.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{ArticleWriter, Cleanups, import::Records};
use crate::model::StoredArticle;

fn refused() -> io::Error {
    let why = "this build of tidings has no Parquet; build it with the feature `parquet`";
    io::Error::new(io::ErrorKind::Unsupported, why)
}

/// Refuses to begin.
pub(super) struct Parquet;

impl Parquet {
    pub(super) fn new(_: Option<&Cleanups>) -> Self {
        Self
    }
}

impl ArticleWriter for Parquet {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Err(refused())
    }

    fn article(&mut self, _: &mut dyn Write, _: &StoredArticle) -> io::Result<()> {
        Err(refused())
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Err(refused())
    }
}

/// Refuses to read.
pub(super) fn records(_: &Path) -> io::Result<Records> {
    Err(refused())
}
