//! Servers that ask for a pause: whose it is, and that the gate hears of it.

use std::{net::IpAddr, time::Duration};

use reqwest::Response;
use url::Url;

use super::{FetchRequest, Fetcher, Hop, Step, addresses, client};
use crate::model::{Access, Fetched, Time, Way, pause_until, scope_of};

impl Fetcher {
    /// Pauses the scope that the server speaks for; gives back its name.
    pub(super) fn heed(
        &self,
        (url, access): (&Url, &Access),
        response: &Response,
        retry_after: Option<Duration>,
        now: Time,
    ) -> Option<String> {
        // A proxy's address says nothing about the server behind it.
        let peer = match client::way(&self.config, access) {
            Way::Direct => response.remote_addr().map(|peer| peer.ip()),
            Way::Proxy(_) => None,
        };
        let scope = asking_scope(url, peer)?;
        if let Some(until) = pause_until(now, retry_after) {
            self.gate.pause(&scope, until);
        }
        Some(scope)
    }

    /// Asked to slow down: the whole scope waits, unless it is in the operator's own network.
    pub(super) fn throttled(
        &self,
        request: &FetchRequest,
        hop: &Hop,
        response: &Response,
        retry_after: Option<Duration>,
        now: Time,
    ) -> Step {
        let scope = self.heed((&hop.url, &request.access), response, retry_after, now);
        Step::Done(Box::new(Fetched::Throttled {
            status: response.status().as_u16(),
            retry_after,
            scope,
            resume: None,
        }))
    }
}

/// The scope that a server at this address speaks for.
pub(super) fn asking_scope(url: &Url, peer: Option<IpAddr>) -> Option<String> {
    let is_own = peer.is_some_and(|peer| !addresses::is_public(peer));
    (!is_own).then(|| scope_of(url.host_str().unwrap_or_default()))
}
