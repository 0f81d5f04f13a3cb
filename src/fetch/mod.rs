//! HTTP: a request in, a `Fetched` out. The only place that names reqwest.
//!
//! Fetching cannot fail, it reports: every failure is a value with its reason in words. Redirects
//! are followed here, hop by hop, because reqwest's own follower forwards validators and headers
//! to strangers. Nothing is parsed, decided or stored here.

mod addresses;
mod answer;
mod body;
mod client;
mod conditional;
mod explain;
mod guard;
mod hosts;
mod links;
mod lookup;
mod pause;
mod post;
#[cfg(test)]
mod reach_tests;
mod redirect;
mod robots;
mod send;
#[cfg(test)]
mod tests;
mod ticket;
mod unpack;

use std::{sync::Arc, time::Duration};

use reqwest::{Response, StatusCode, header};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use url::Url;

pub use answer::read_fields;
pub use guard::Guard;
pub use links::hub_links;
pub use ticket::Ticket;
pub use unpack::unpack;

use crate::{
    config::FetchConfig,
    model::{
        Access, FailKind, Failure, Fetched, HeaderSpec, HostPause, NewBody, Permanence, Resume,
        Secret, Time, Validators, Way, later, scope_of,
    },
};
use client::{Client, Clients, Route};
use lookup::Lookups;
use send::sends_validators;

/// Redirects followed in one request.
const HOPS: usize = 5;

/// The port of https.
const HTTPS: u16 = 443;

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
    /// The operator's headers; sent to one origin only.
    pub headers: Vec<HeaderSpec>,
    /// The URL whose origin gets `headers`; `None` for `url`.
    pub home: Option<String>,
    /// Begin where a redirect led that was not to be followed at once.
    pub resume: Option<Resume>,
    /// Overrides the settings.
    pub user_agent: Option<String>,
    /// Overrides the settings.
    pub timeout: Option<Duration>,
    /// Overrides the settings; bytes.
    pub max_body: Option<u64>,
    /// A body beyond `max_body` is cut there; otherwise it is a failure.
    pub cut: bool,
    /// Asks robots.txt first, at every hop: for what nobody subscribed to. A refusal is a failure
    /// of the kind [`FailKind::Robots`].
    pub robots: bool,
    /// Lets the caller take the request back until it is sent.
    pub ticket: Ticket,
    /// How the server is reached.
    pub access: Access,
}

/// Makes requests, politely and guarded; clones share connections, gates and limits.
#[derive(Clone)]
pub struct Fetcher {
    clients: Arc<Clients>,
    gate: Arc<hosts::HostGate>,
    permits: Arc<Semaphore>,
    /// Places for large bodies.
    large: Arc<Semaphore>,
    robots: Arc<robots::RobotsFiles>,
    config: Arc<FetchConfig>,
}

impl Fetcher {
    /// A fetcher for these settings.
    ///
    /// # Errors
    /// When the HTTP client cannot be built (no TLS roots, an unusable user agent).
    pub fn new(config: &FetchConfig) -> Result<Self, ClientError> {
        Self::with_lookups(config, Arc::new(Lookups::new(Arc::new(lookup::System))))
    }

    fn with_lookups(config: &FetchConfig, lookups: Arc<Lookups>) -> Result<Self, ClientError> {
        let fetcher = Self {
            clients: Arc::new(Clients::new(lookups)),
            gate: Arc::new(hosts::HostGate::new(
                config.host_concurrency,
                config.host_interval,
            )),
            permits: Arc::new(Semaphore::new(config.concurrency)),
            large: Arc::new(Semaphore::new(body::LARGE_AT_ONCE)),
            robots: Arc::default(),
            config: Arc::new(config.clone()),
        };
        // Most requests will want this one; and what is wrong with it is told now.
        fetcher.client(&Access::default(), HTTPS)?;
        Ok(fetcher)
    }

    fn client(&self, access: &Access, port: u16) -> Result<Client, ClientError> {
        let opened = self.guard(access).opened_at(port);
        self.clients.of(&Route::new(&self.config, access, opened))
    }

    /// What a request may reach.
    fn guard(&self, access: &Access) -> Guard {
        let opened = [&self.config.allow_private[..], &access.allow_private].concat();
        let guard = Guard::new(opened);
        match client::way(&self.config, access) {
            Way::Direct => guard,
            Way::Proxy(_) => guard.before_proxy(),
        }
    }

    /// A fetcher for new settings that remembers whose turn it is at which host, whatever the new
    /// settings say of hosts.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn renewed(&self, config: &FetchConfig) -> Result<Self, ClientError> {
        let same_gate = (config.host_concurrency, config.host_interval)
            == (self.config.host_concurrency, self.config.host_interval);
        let mut renewed = Self::with_lookups(config, self.clients.lookups())?;
        renewed.gate = if same_gate {
            Arc::clone(&self.gate)
        } else {
            let gate = self
                .gate
                .renewed(config.host_concurrency, config.host_interval);
            Arc::new(gate)
        };
        // Requests under way count against the limit of those to come.
        if config.concurrency == self.config.concurrency {
            renewed.permits = Arc::clone(&self.permits);
        }
        renewed.large = Arc::clone(&self.large);
        renewed.robots = Arc::clone(&self.robots);
        Ok(renewed)
    }

    /// Takes the store's pauses in place of all that are known: their scopes are asked nothing, and
    /// redirects that lead there end. What the fetcher is told itself it adds by itself.
    pub fn replace_pauses(&self, pauses: Vec<HostPause>) {
        let pauses = pauses.into_iter().map(|pause| (pause.scope, pause.until));
        self.gate.replace_pauses(pauses.collect());
    }

    /// Adds pauses that other processes were told; longer ones that are known stay.
    pub fn add_pauses(&self, pauses: Vec<HostPause>) {
        for pause in pauses {
            self.gate.pause(&pause.scope, pause.until);
        }
    }

    /// All pauses that are known, taken over or told; those that are over too.
    #[must_use]
    pub fn pauses(&self) -> Vec<HostPause> {
        let pauses = self.gate.all_pauses().into_iter();
        pauses
            .map(|(scope, until)| HostPause { scope, until })
            .collect()
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
        if let Some(failure) = self.lacks(&request.access, &request.headers) {
            return failed(failure);
        }
        let guard = self.guard(&request.access);
        let url = match guard.check_url(&request.url) {
            Ok(url) => url,
            Err(failure) => return failed(failure),
        };
        let home = match request.home.as_deref().map(Url::parse) {
            Some(Ok(home)) => home,
            _ => url.clone(),
        };
        let mut hop = match request
            .resume
            .as_ref()
            .map(|resume| self.resumed(request, resume))
        {
            Some(Ok(hop)) => hop,
            Some(Err(failure)) => return failed(failure),
            None => Hop { url, moved: None },
        };
        let begun = tokio::time::Instant::now();
        let asked_at = now;
        for _ in 0..=HOPS {
            let now = later(asked_at, begun.elapsed());
            // Boxed, because it makes a request of its own.
            if request.robots
                && let Some(refusal) =
                    Box::pin(self.forbidden_by_robots(request, &hop.url, now)).await
            {
                return refusal;
            }
            match self.hop(request, &home, &hop, now, spent).await {
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

    /// A secret that is missing: without it the server would answer another question.
    fn lacks(&self, access: &Access, headers: &[HeaderSpec]) -> Option<Failure> {
        let login = match client::way(&self.config, access) {
            Way::Proxy(proxy) => proxy.login.as_ref().map(|(_, password)| password),
            Way::Direct => None,
        };
        let mut secrets = headers.iter().map(|header| &header.value).chain(login);
        let why = secrets.find_map(Secret::why_missing)?;
        Some(guard::forbidden(why.to_owned()))
    }

    fn resumed(&self, request: &FetchRequest, resume: &Resume) -> Result<Hop, Failure> {
        Ok(Hop {
            url: self.guard(&request.access).check_url(&resume.url)?,
            moved: Some(resume.permanence),
        })
    }

    /// One request of a redirect chain, in its host's turn.
    async fn hop(
        &self,
        request: &FetchRequest,
        home: &Url,
        hop: &Hop,
        now: Time,
        spent: &mut Duration,
    ) -> Step {
        let scope = scope_of(hop.url.host_str().unwrap_or_default());
        let (_turn, _permit) = match self.start(&scope, now).await {
            Ok(started) => started,
            Err(wait) => return Step::Done(Box::new(Fetched::Held { scope, wait })),
        };
        if !request.ticket.send() {
            let wait = Duration::ZERO;
            return Step::Done(Box::new(Fetched::Held { scope, wait }));
        }
        let deadline = request.timeout.unwrap_or(self.config.timeout);
        let left = deadline.saturating_sub(*spent);
        let start = tokio::time::Instant::now();
        let answer = tokio::time::timeout(left, self.exchange(request, home, hop, now)).await;
        *spent += start.elapsed();
        answer.unwrap_or_else(|_| {
            Step::fail(
                FailKind::Timeout,
                format!("no complete answer within {}", words(deadline)),
            )
        })
    }

    /// Waits for a scope's turn and a place among all requests; both end when dropped. If the scope
    /// is paused, for how long.
    async fn start(&self, scope: &str, now: Time) -> Result<Started<'_>, Duration> {
        let entered = tokio::time::Instant::now();
        let turn = self.gate.enter(scope).await;
        loop {
            turn.wait().await;
            let permit = self.permits.acquire().await;
            // The answer to an earlier request may have been to go away.
            if let Some(wait) = self.gate.paused_for(scope, later(now, entered.elapsed())) {
                return Err(wait);
            }
            // While this waited for a permit, another request may have had the host's next start.
            if turn.begin() {
                return Ok((turn, permit));
            }
        }
    }

    async fn exchange(&self, request: &FetchRequest, home: &Url, hop: &Hop, now: Time) -> Step {
        let port = hop.url.port_or_known_default().unwrap_or(HTTPS);
        let client = match self.client(&request.access, port) {
            Ok(client) => client,
            Err(error) => return Step::fail(FailKind::Internal, error.to_string()),
        };
        let response = match self.send(&client, request, home, hop).await {
            Ok(response) => response,
            Err(error) => {
                let failure = explain::explain(error);
                return Step::Done(Box::new(failed(client.told_of(failure))));
            }
        };
        let peer = response
            .remote_addr()
            .map_or(Ok(()), |peer| client.check_peer(peer));
        if let Err(failure) = peer.and_then(|()| answer::check_head(response.headers())) {
            return Step::Done(Box::new(failed(failure)));
        }
        let hints = conditional::hints(response.headers(), now);
        let status = response.status();
        match status {
            StatusCode::IM_USED if !conditional::is_feed_delta(response.headers()) => Step::fail(
                FailKind::Protocol,
                "HTTP 226 with a difference that was not asked for; the server is broken"
                    .to_owned(),
            ),
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
            | StatusCode::PERMANENT_REDIRECT => {
                self.redirect(request, home, hop, &response, hints.retry_after)
            }
            StatusCode::GONE => Step::Done(Box::new(Fetched::Gone)),
            StatusCode::TOO_MANY_REQUESTS => {
                self.throttled(request, hop, &response, hints.retry_after, now)
            }
            StatusCode::SERVICE_UNAVAILABLE if hints.retry_after.is_some() => {
                self.throttled(request, hop, &response, hints.retry_after, now)
            }
            status => {
                let mut failure = explain::status(status.as_u16(), response.headers());
                if failure.kind == FailKind::Status
                    && let Some(message) = self.about_login(request, home, hop, status)
                {
                    failure.message = message;
                }
                Step::Done(Box::new(Fetched::Failed {
                    failure,
                    retry_after: hints.retry_after,
                }))
            }
        }
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
        let links = links::of_answer(response.headers(), &hop.url);
        let alternates = links::alternates(response.headers(), &hop.url);
        match body::read(response, max, request.cut, &self.large).await {
            Ok(bytes) => Step::Done(Box::new(Fetched::New(NewBody {
                bytes,
                content_type,
                final_url: hop.url.to_string(),
                moved: hop.moved,
                validators,
                hints,
                status,
                links,
                alternates,
            }))),
            Err(failure) => Step::Done(Box::new(failed(failure))),
        }
    }
}

/// A host's turn, and a place among all requests.
type Started<'a> = (hosts::Turn, Result<SemaphorePermit<'a>, AcquireError>);

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

fn words(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{duration:?}")
    }
}
