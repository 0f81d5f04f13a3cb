//! `tidings schema`: what exported records hold, as a JSON Schema.

use std::io::{self, Write as _};

use super::{CliError, Ended};
use crate::export;

pub(super) fn run() -> Result<Ended, CliError> {
    let schema = export::schema().map_err(io::Error::from)?;
    io::stdout().lock().write_all(schema.as_bytes())?;
    Ok(Ended::Well)
}
