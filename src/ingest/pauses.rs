//! Pauses that servers asked for, where no poll's own batch carries them; and turns of hosts for what
//! is no poll.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use url::Url;

use super::Ingest;
use crate::{
    model::{HostPause, Time, pause_until, scope_of},
    store::{HostTurn, StoreError},
};

/// Clocks are set back by so much without anybody noticing.
const SLACK: chrono::Duration = chrono::Duration::minutes(5);
/// A busy host is asked for again after this at the latest.
const RETRY: Duration = Duration::from_secs(1);

impl Ingest {
    /// Takes over the store's pauses, after plans were made anew under another clock.
    ///
    /// # Errors
    /// The store's.
    pub async fn renew_pauses(&self) -> Result<(), StoreError> {
        let now = (self.clock)();
        let pauses = self.store.host_pauses(now).await?;
        self.setup().fetcher.replace_pauses(pauses);
        self.know_pauses(now);
        Ok(())
    }

    /// Takes over what other processes were told since the last time; to be called before requests,
    /// whose redirects may lead to any host.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_pauses(&self) -> Result<(), StoreError> {
        let now = (self.clock)();
        let known = *self
            .pauses_known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let noted = known.checked_sub_signed(SLACK).unwrap_or(known);
        let pauses = self.store.pauses_since(noted, now).await?;
        self.setup().fetcher.add_pauses(pauses);
        self.know_pauses(now);
        Ok(())
    }

    fn know_pauses(&self, now: Time) {
        *self
            .pauses_known
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Waits for a host's turn among all processes, for so many requests that are no poll's.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn take_turn(&self, url: &str, requests: u32) -> Result<(), StoreError> {
        let Some(scope) = Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(scope_of))
        else {
            return Ok(());
        };
        let config = Arc::clone(&self.setup().config);
        loop {
            let now = (self.clock)();
            let turn = HostTurn {
                now,
                per_host: config.fetch.host_concurrency,
                spacing: config.fetch.host_interval,
                requests,
            };
            let Some(again) = self.store.take_turn(scope.clone(), turn).await? else {
                return Ok(());
            };
            // A poll that is under way may end at any moment.
            let wait = (again - now).to_std().unwrap_or_default();
            tokio::time::sleep(wait.min(RETRY)).await;
        }
    }

    /// What a server asks for outside of polls holds for the polls of its scope as well.
    pub(super) async fn pause_scope(
        &self,
        scope: Option<&String>,
        retry_after: Option<Duration>,
    ) -> Result<(), StoreError> {
        let now = (self.clock)();
        let until = pause_until(now, retry_after);
        let (Some(scope), Some(until)) = (scope.cloned(), until) else {
            return Ok(());
        };
        self.store.pause_host(HostPause { scope, until }, now).await
    }
}
