//! Pauses that servers asked for, where no poll's own batch carries them.

use std::time::Duration;

use super::Ingest;
use crate::{
    model::{HostPause, pause_until},
    store::StoreError,
};

impl Ingest {
    /// Takes over the store's pauses, after plans were made anew under another clock.
    ///
    /// # Errors
    /// The store's.
    pub async fn renew_pauses(&self) -> Result<(), StoreError> {
        let pauses = self.store.host_pauses((self.clock)()).await?;
        self.setup().fetcher.replace_pauses(pauses);
        Ok(())
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
