//! Settings and feed files read together: all of it is good, or all errors are told.

use std::{path::Path, path::PathBuf, sync::Arc};

use tracing::{info, warn};

use crate::{
    config::{self, Config, ConfigError, ConfigErrors, Env},
    model::{FeedSpec, Opening},
    store::FeedSet,
};

/// What the operator wants, complete and without errors.
#[derive(Clone, Debug)]
pub struct Feeds {
    /// The settings file, if there is one.
    pub path: Option<PathBuf>,
    /// The settings.
    pub config: Arc<Config>,
    /// The feeds of all feed files.
    pub specs: Arc<[FeedSpec]>,
    /// What keeps single feeds from being polled well.
    pub warnings: Vec<ConfigError>,
}

impl Feeds {
    /// For a command: only what vanished from these very files is retired.
    #[must_use]
    pub fn own_set(&self) -> FeedSet {
        let files = self.config.feeds.iter();
        self.set(Some(files.map(|path| path.display().to_string()).collect()))
    }

    /// What the store is to know of them; `origins` as in [`FeedSet::origins`].
    #[must_use]
    pub fn set(&self, origins: Option<Vec<String>>) -> FeedSet {
        FeedSet {
            specs: Arc::clone(&self.specs),
            origins,
            default_interval: self.config.schedule.interval,
        }
    }

    /// Says in the log what single feeds lack: the others are polled.
    pub(super) fn tell_warnings(&self) {
        for warning in &self.warnings {
            warn!("{warning}");
        }
    }

    /// Says in the log which private networks are open: nobody should have to wonder.
    pub(super) fn tell_openings(&self) {
        tell(&self.config.fetch.allow_private, "all feeds");
        for spec in self.specs.iter() {
            tell(
                &spec.access.allow_private,
                &format!("the feed {} too", spec.id),
            );
        }
    }
}

fn tell(opened: &[Opening], whom: &str) {
    let opened: Vec<String> = opened.iter().map(Opening::to_string).collect();
    if !opened.is_empty() {
        info!("allow_private opens {} to {whom}", opened.join(", "));
    }
}

/// Reads settings and feed files.
///
/// # Errors
/// Every mistake in any of them.
pub fn read_feeds(path: Option<&Path>, env: &Env) -> Result<Feeds, ConfigErrors> {
    let loaded = config::load(path, env)?;
    let list = config::read_feeds(&loaded.config, env);
    ConfigErrors::check(list.errors)?;
    let mut warnings = loaded.warnings;
    warnings.extend(list.warnings);
    Ok(Feeds {
        path: loaded.path,
        config: Arc::new(loaded.config),
        specs: list.feeds.into(),
        warnings,
    })
}
