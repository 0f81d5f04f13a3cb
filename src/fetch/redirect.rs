//! Where a redirect leads, and what may go there.
//!
//! Each target passes the guard like a feed's own URL; nothing is requested here.

use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use url::Url;

use super::{FetchRequest, Fetcher, Hop, Step, conditional};
use crate::model::{FailKind, Fetched, Permanence, Resume};

impl Fetcher {
    /// The next hop, or why there is none.
    pub(super) fn redirect(
        &self,
        request: &FetchRequest,
        home: &Url,
        hop: &Hop,
        response: &Response,
        retry_after: Option<Duration>,
    ) -> Step {
        let status = response.status();
        let Some(location) = conditional::text(response.headers(), &header::LOCATION) else {
            return Step::fail(
                FailKind::Redirect,
                format!("HTTP {} without a Location", status.as_u16()),
            );
        };
        let target = match hop.url.join(&location).map_err(|_| location.as_str()) {
            Ok(target) => target,
            Err(bad) => {
                return Step::fail(
                    FailKind::Redirect,
                    format!("redirected to {bad:?}, which is no URL"),
                );
            }
        };
        if is_exposed(home, &target) {
            return Step::fail(
                FailKind::Redirect,
                "redirected from https to http, which would send the request in the clear; if that is wanted, \
                 give the http URL in the feed file"
                    .to_owned(),
            );
        }
        let url = match self.guard(&request.access).check_url(target.as_str()) {
            Ok(url) => url,
            Err(failure) => {
                return Step::fail(failure.kind, format!("redirected: {}", failure.message));
            }
        };
        let permanent = matches!(
            status,
            StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT
        ) && hop.moved != Some(Permanence::Temporary);
        let moved = if permanent {
            Permanence::Permanent
        } else {
            Permanence::Temporary
        };
        if retry_after.is_some_and(|wait| !wait.is_zero()) {
            // The target is not to be asked before (RFC 9110 section 10.2.3).
            return Step::Done(Box::new(Fetched::Throttled {
                status: status.as_u16(),
                retry_after,
                // It concerns this redirect alone.
                scope: None,
                resume: Some(Resume {
                    url: url.to_string(),
                    permanence: moved,
                }),
            }));
        }
        Step::Next(Hop {
            url,
            moved: Some(moved),
        })
    }
}

/// True for the origin of the feed's own URL, and for the same host after it has learnt https:
/// there the operator's headers are as safe.
pub(super) fn is_home(home: &Url, url: &Url) -> bool {
    let upgraded = home.scheme() == "http"
        && url.scheme() == "https"
        && home.host() == url.host()
        && (home.port(), url.port()) == (None, None);
    home.origin() == url.origin() || upgraded
}

/// True if a redirect would send in the clear what the operator asked for under TLS. A feed that is
/// asked for in the clear anyway may be sent to https and back.
pub(super) fn is_exposed(first: &Url, target: &Url) -> bool {
    first.scheme() == "https" && target.scheme() == "http"
}
