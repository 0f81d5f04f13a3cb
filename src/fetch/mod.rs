//! HTTP: a request in, a `Fetched` out. The only place that names reqwest.
//!
//! Fetching cannot fail, it reports: every failure is a value with its reason in words. Redirects
//! are followed here, hop by hop, because reqwest's own follower forwards validators and headers
//! to strangers. Nothing is parsed, decided or stored here.

mod addresses;
mod body;
mod client;
mod conditional;
mod explain;
mod guard;
mod hosts;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use reqwest::{Response, StatusCode, header};
use tokio::sync::Semaphore;
use url::Url;

pub use guard::Guard;

use crate::{
    config::FetchConfig,
    model::{FailKind, Failure, Fetched, HeaderSpec, NewBody, Permanence, Time, Validators},
};

/// Redirects followed in one request.
const HOPS: usize = 5;

/// The same on every request of a feed: validators belong to one representation (RFC 9110
/// section 12.5.5).
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.5, */*;q=0.1";

/// Could not make a client; the settings or the machine are at fault.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot set up HTTP: check `user_agent` in [fetch], and that the ca-certificates package is installed"
)]
pub struct ClientError(#[from] reqwest::Error);

/// What to ask for.
#[derive(Clone, Debug, Default)]
pub struct FetchRequest {
    /// Absolute http(s) URL.
    pub url: String,
    /// From the last answer; sent only to the URL that issued them.
    pub validators: Validators,
    /// The operator's headers; sent to the URL's own origin only.
    pub headers: Vec<HeaderSpec>,
    /// Overrides the settings.
    pub user_agent: Option<String>,
    /// Overrides the settings.
    pub timeout: Option<Duration>,
    /// Overrides the settings; bytes.
    pub max_body: Option<u64>,
}

/// Makes requests, politely and guarded; clones share connections, gates and limits.
#[derive(Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    guard: Arc<Guard>,
    gate: Arc<hosts::HostGate>,
    permits: Arc<Semaphore>,
    /// Places for large bodies.
    large: Arc<Semaphore>,
    config: Arc<FetchConfig>,
}

impl Fetcher {
    /// A fetcher for these settings.
    ///
    /// # Errors
    /// When the HTTP client cannot be built (no TLS roots, an unusable user agent).
    pub fn new(config: &FetchConfig) -> Result<Self, ClientError> {
        let guard = Arc::new(Guard::new(config.allow_private.clone()));
        Ok(Self {
            client: client::build(config, &guard)?,
            guard,
            gate: Arc::new(hosts::HostGate::new(
                config.host_concurrency,
                config.host_interval,
            )),
            permits: Arc::new(Semaphore::new(config.concurrency)),
            large: Arc::new(Semaphore::new(body::LARGE_AT_ONCE)),
            config: Arc::new(config.clone()),
        })
    }

    /// A fetcher for new settings that remembers whose turn it is at which host.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn renewed(&self, config: &FetchConfig) -> Result<Self, ClientError> {
        let same_gate = (config.host_concurrency, config.host_interval)
            == (self.config.host_concurrency, self.config.host_interval);
        let mut renewed = Self::new(config)?;
        if same_gate {
            renewed.gate = Arc::clone(&self.gate);
        }
        // Requests under way count against the limit of those to come.
        if config.concurrency == self.config.concurrency {
            renewed.permits = Arc::clone(&self.permits);
        }
        renewed.large = Arc::clone(&self.large);
        Ok(renewed)
    }

    /// Makes one request and follows its redirects; `now` turns dates into waits.
    ///
    /// The deadline covers all hops, but not the waits for their hosts' turns.
    pub async fn fetch(&self, request: &FetchRequest, now: Time) -> Fetched {
        self.fetch_timed(request, now).await.0
    }

    /// As [`Fetcher::fetch`], with the time the exchange took, without the waits for hosts' turns.
    pub async fn fetch_timed(&self, request: &FetchRequest, now: Time) -> (Fetched, Duration) {
        let mut spent = Duration::ZERO;
        let fetched = self.follow(request, now, &mut spent).await;
        (fetched, spent)
    }

    async fn follow(&self, request: &FetchRequest, now: Time, spent: &mut Duration) -> Fetched {
        let url = match self.guard.check_url(&request.url) {
            Ok(url) => url,
            Err(failure) => return failed(failure),
        };
        let mut hop = Hop {
            url: url.clone(),
            moved: None,
        };
        for _ in 0..=HOPS {
            match self.hop(request, &url, &hop, now, spent).await {
                Step::Done(fetched) => return *fetched,
                Step::Next(next) => hop = next,
            }
        }
        failed(Failure {
            kind: FailKind::Redirect,
            status: None,
            message: format!(
                "more than {HOPS} redirects; the site redirects in a circle or too often"
            ),
        })
    }

    /// One request of a redirect chain, in its host's turn.
    async fn hop(
        &self,
        request: &FetchRequest,
        first: &Url,
        hop: &Hop,
        now: Time,
        spent: &mut Duration,
    ) -> Step {
        let turn = self
            .gate
            .enter(hop.url.host_str().unwrap_or_default())
            .await;
        let _permit = loop {
            turn.wait().await;
            let permit = self.permits.acquire().await;
            // While this waited for a permit, another request may have had the host's next start.
            if turn.begin() {
                break permit;
            }
        };
        let deadline = request.timeout.unwrap_or(self.config.timeout);
        let left = deadline.saturating_sub(*spent);
        let start = tokio::time::Instant::now();
        let answer = tokio::time::timeout(left, self.exchange(request, first, hop, now)).await;
        *spent += start.elapsed();
        answer.unwrap_or_else(|_| {
            Step::fail(
                FailKind::Timeout,
                format!("no complete answer within {}", words(deadline)),
            )
        })
    }

    async fn exchange(&self, request: &FetchRequest, first: &Url, hop: &Hop, now: Time) -> Step {
        let response = match self.send(request, first, hop).await {
            Ok(response) => response,
            Err(error) => return Step::Done(Box::new(failed(explain::explain(error)))),
        };
        // The fourth wall: whatever was resolved, this is who answered.
        if let Some(peer) = response.remote_addr()
            && let Err(failure) = self.guard.check_address(peer.ip())
        {
            return Step::Done(Box::new(failed(failure)));
        }
        let hints = conditional::hints(response.headers(), now);
        let status = response.status();
        match status {
            StatusCode::OK | StatusCode::IM_USED => self.body(request, hop, response, hints).await,
            StatusCode::NOT_MODIFIED if sends_validators(request, &hop.url) => {
                let validators = conditional::refreshed(&request.validators, response.headers());
                Step::Done(Box::new(Fetched::NotModified {
                    validators,
                    hints,
                    moved: hop.moved,
                }))
            }
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => self.redirect(hop, &response),
            StatusCode::GONE => Step::Done(Box::new(Fetched::Gone)),
            StatusCode::TOO_MANY_REQUESTS => Step::Done(Box::new(Fetched::Throttled {
                status: 429,
                retry_after: hints.retry_after,
            })),
            StatusCode::SERVICE_UNAVAILABLE if hints.retry_after.is_some() => {
                Step::Done(Box::new(Fetched::Throttled {
                    status: 503,
                    retry_after: hints.retry_after,
                }))
            }
            status => Step::Done(Box::new(Fetched::Failed {
                failure: explain::status(status.as_u16(), response.headers()),
                retry_after: hints.retry_after,
            })),
        }
    }

    async fn send(
        &self,
        request: &FetchRequest,
        first: &Url,
        hop: &Hop,
    ) -> Result<Response, reqwest::Error> {
        let agent = request
            .user_agent
            .as_deref()
            .unwrap_or(&self.config.user_agent);
        let mut builder = self
            .client
            .get(hop.url.clone())
            .header(header::ACCEPT, ACCEPT)
            .header(header::USER_AGENT, agent);
        if sends_validators(request, &hop.url) {
            builder = conditional::add(builder, &request.validators);
        }
        if hop.url.origin() == first.origin() {
            for header in &request.headers {
                builder = builder.header(&header.name, header.value.expose());
            }
        }
        builder.send().await
    }

    async fn body(
        &self,
        request: &FetchRequest,
        hop: &Hop,
        response: Response,
        hints: crate::model::CacheHints,
    ) -> Step {
        let max = request.max_body.unwrap_or(self.config.max_body);
        let status = response.status().as_u16();
        let validators = conditional::validators(hop.url.as_str(), response.headers());
        let content_type = conditional::text(response.headers(), &header::CONTENT_TYPE);
        match body::read(response, max, &self.large).await {
            Ok(bytes) => Step::Done(Box::new(Fetched::New(NewBody {
                bytes,
                content_type,
                final_url: hop.url.to_string(),
                moved: hop.moved,
                validators,
                hints,
                status,
            }))),
            Err(failure) => Step::Done(Box::new(failed(failure))),
        }
    }

    fn redirect(&self, hop: &Hop, response: &Response) -> Step {
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
        if hop.url.scheme() == "https" && target.scheme() == "http" {
            return Step::fail(
                FailKind::Redirect,
                "redirected from https to http, which would send the request in the clear; if that is wanted, \
                 give the http URL in the feed file"
                    .to_owned(),
            );
        }
        let url = match self.guard.check_url(target.as_str()) {
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
        Step::Next(Hop {
            url,
            moved: Some(moved),
        })
    }
}

/// Where a chain of redirects has led.
struct Hop {
    url: Url,
    moved: Option<Permanence>,
}

enum Step {
    Next(Hop),
    Done(Box<Fetched>),
}

impl Step {
    fn fail(kind: FailKind, message: String) -> Self {
        Self::Done(Box::new(failed(Failure {
            kind,
            status: None,
            message,
        })))
    }
}

fn failed(failure: Failure) -> Fetched {
    Fetched::Failed {
        failure,
        retry_after: None,
    }
}

fn sends_validators(request: &FetchRequest, url: &Url) -> bool {
    !request.validators.is_empty() && request.validators.url == url.as_str()
}

fn words(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{duration:?}")
    }
}
