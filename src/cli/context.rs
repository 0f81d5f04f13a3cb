//! What every command needs: options, environment, settings, the store.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use indicatif::ProgressBar;

use super::{
    CliError,
    args::Global,
    error::chain,
    terminal::{Shown, Terminal, Tone},
};
use crate::{
    config::{self, Config, Env, Loaded},
    fetch::Fetcher,
    model::{FeedId, FeedRecord, HostPause, Time},
    store::{Backend, StoreError, sqlite::Sqlite},
};

/// Threads that drive requests.
const MOST_WORKERS: usize = 8;

pub(super) struct Context {
    pub(super) global: Global,
    pub(super) env: Env,
    pub(super) terminal: Terminal,
    pub(super) shown: Shown,
    pub(super) now: Time,
}

impl Context {
    pub(super) fn new(global: Global) -> Self {
        let terminal = Terminal::new(&global);
        Self {
            terminal,
            shown: Shown::default(),
            global,
            env: Env::from_process(),
            now: crate::daemon::now(),
        }
    }

    /// The settings, which must exist.
    pub(super) fn settings(&self) -> Result<Loaded, CliError> {
        Ok(config::load(self.global.config.as_deref(), &self.env)?)
    }

    /// The settings if there are any, else the defaults without feeds.
    pub(super) fn settings_or_default(&self) -> Result<Loaded, CliError> {
        Ok(config::load_or_default(
            self.global.config.as_deref(),
            &self.env,
        )?)
    }

    pub(super) fn store_path(&self, config: &Config) -> Result<PathBuf, CliError> {
        Ok(config::store_path(
            self.global.store.as_deref(),
            config,
            &self.env,
        )?)
    }

    /// The store for reading; it must exist.
    pub(super) fn reader(&self, config: &Config) -> Result<Box<dyn Backend>, CliError> {
        Ok(Box::new(Sqlite::open_reader(&self.store_path(config)?)?))
    }

    /// A fetcher that keeps the pauses which servers asked for, as far as the store knows of them.
    pub(super) fn fetcher(&self, config: &Config) -> Result<Fetcher, CliError> {
        let fetcher = Fetcher::new(&config.fetch)?;
        let store = Sqlite::open_reader(&self.store_path(config)?);
        match store.and_then(|mut store| store.host_pauses(self.now)) {
            Ok(pauses) => fetcher.replace_pauses(pauses),
            Err(StoreError::Missing { .. }) => {}
            // What is asked for needs no store.
            Err(error) => self.complain(&error.to_string()),
        }
        Ok(fetcher)
    }

    /// Runs a command that asks servers without polling. The pauses that they ask for are noted in the
    /// store, if there is one, so that the daemon keeps them too.
    pub(super) fn look<T>(
        &self,
        config: &Config,
        look: impl AsyncFnOnce(&Fetcher) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let fetcher = self.fetcher(config)?;
        let before = fetcher.pauses();
        let result = Self::block_on(look(&fetcher))?;
        let mut told = fetcher.pauses();
        told.retain(|pause| !before.contains(pause));
        if let Err(error) = self.note_pauses(config, &told) {
            let why = chain(&error);
            self.complain(&format!(
                "a server's wish to be left alone is not noted: {why}"
            ));
        }
        result
    }

    fn note_pauses(&self, config: &Config, pauses: &[HostPause]) -> Result<(), CliError> {
        let path = self.store_path(config)?;
        // A store is not made for it.
        if pauses.is_empty() || !path.exists() {
            return Ok(());
        }
        let mut store = Sqlite::open(&path)?;
        for pause in pauses {
            store.pause_host(pause, self.now)?;
        }
        Ok(())
    }

    /// A progress bar, which steps aside for log lines; see [`Terminal::progress`].
    pub(super) fn progress(&self, len: u64, what: &'static str) -> ProgressBar {
        let bar = self.terminal.progress(len, what);
        self.shown.set(&bar);
        bar
    }

    /// One line on standard error.
    pub(super) fn complain(&self, message: &str) {
        let name = self.terminal.paint_err(Tone::Bad, "tidings:");
        let message = self.terminal.line_end_err("tidings: ".len(), message);
        // If standard error is gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{name} {message}");
    }

    /// As [`Context::complain`], of what stops nothing.
    pub(super) fn warn(&self, message: &str) {
        self.complain(&format!("warning: {message}"));
    }

    /// What is being done, for whoever watches; nothing in a pipe.
    pub(super) fn going_on(&self, what: &str) {
        if self.terminal.is_watched() {
            let what = self.terminal.paint_err(Tone::Faint, what);
            let _ = writeln!(io::stderr(), "{what}");
        }
    }

    /// Runs a command that fetches.
    pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            // One core polls thousands of feeds; a big machine's many would only be more threads.
            .worker_threads(cores.min(MOST_WORKERS))
            .enable_all()
            .build()
            .map_err(|error| CliError::Told(format!("cannot start: {error}")))?;
        let result = runtime.block_on(work);
        // A look-up in DNS or a document that was given up may go on for minutes in its thread;
        // nobody waits for it, and the store is closed by now.
        runtime.shutdown_background();
        Ok(result)
    }
}

/// The feed that `wanted` names: its id, URL, name, or the only one whose id or name begins so.
pub(super) fn find_feed<'a>(
    wanted: &str,
    feeds: impl Iterator<Item = Named<'a>> + Clone,
) -> Result<FeedId, CliError> {
    look_up(wanted, feeds)?.ok_or_else(|| {
        CliError::Told(format!(
            "no feed is called {wanted:?}; `tidings feed list` shows ids, names and URLs"
        ))
    })
}

/// The same, where what is no feed may be something else.
pub(super) fn look_up<'a>(
    wanted: &str,
    feeds: impl Iterator<Item = Named<'a>> + Clone,
) -> Result<Option<FeedId>, CliError> {
    let exact = feeds.clone().find(|feed| {
        feed.id.as_str() == wanted
            || feed.url == wanted
            || feed
                .name
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    });
    if let Some(feed) = exact {
        return Ok(Some(feed.id.clone()));
    }
    let lower = wanted.to_lowercase();
    let begins: Vec<&FeedId> = feeds
        .filter(|feed| {
            let name = feed.name.unwrap_or_default().to_lowercase();
            feed.id.as_str().starts_with(&lower) || name.starts_with(&lower)
        })
        .map(|feed| feed.id)
        .collect();
    match begins.as_slice() {
        [id] => Ok(Some((*id).clone())),
        [] => Ok(None),
        several => {
            let ids: Vec<&str> = several.iter().take(5).map(|id| id.as_str()).collect();
            Err(CliError::Told(format!(
                "{wanted:?} is the beginning of several feeds: {}",
                ids.join(", ")
            )))
        }
    }
}

/// What a feed can be named by.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) id: &'a FeedId,
    pub(super) url: &'a str,
    pub(super) name: Option<&'a str>,
}

impl<'a> From<&'a FeedRecord> for Named<'a> {
    fn from(record: &'a FeedRecord) -> Self {
        Self {
            id: &record.id,
            url: &record.url,
            name: record.name.as_deref().or(record.state.title.as_deref()),
        }
    }
}
