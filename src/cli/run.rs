//! `tidings run`: the daemon in the foreground.

use super::{CliError, Ended, context::Context};
use crate::daemon;

pub(super) fn run(context: &Context) -> Result<Ended, CliError> {
    let (config, store) = (
        context.global.config.as_deref(),
        context.global.store.as_deref(),
    );
    Context::block_on(daemon::run(config, store, &context.env))??;
    Ok(Ended::Well)
}
