//! Forms sent to hubs: through the same guard, gate, deadlines and caps as every other request.
//!
//! Only 307 and 308 are followed, which repeat the request as it was, and never from https to
//! http: what is sent may hold a secret.

use std::time::Duration;

use reqwest::{Response, StatusCode, header};
use url::{Url, form_urlencoded};

use super::{Fetcher, HOPS, HTTPS, answer, body, conditional, explain, words};
use crate::model::{Access, FailKind, Failure, Posted, Time, printable, scope_of};

/// What is read of an answer: it is only shown when it is a refusal.
const MOST_ANSWER: u64 = 4 << 10;
/// What is shown of it, in characters.
const SHOWN: usize = 200;

enum Step {
    Next(Url),
    Done(Posted),
}

fn failed(kind: FailKind, message: String) -> Posted {
    Posted::from(Failure {
        kind,
        status: None,
        message,
    })
}

impl Fetcher {
    /// Sends a form and follows its redirects; `now` turns dates into waits.
    ///
    /// The deadline covers all hops, but not the waits for their hosts' turns. `access` is how the feed
    /// that it concerns is reached.
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        access: &Access,
        now: Time,
    ) -> Posted {
        if let Some(failure) = self.lacks(access, &[]) {
            return Posted::from(failure);
        }
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut url = match self.guard(access).check_url(url) {
            Ok(url) => url,
            Err(failure) => return Posted::from(failure),
        };
        let mut spent = Duration::ZERO;
        for _ in 0..=HOPS {
            let scope = scope_of(url.host_str().unwrap_or_default());
            let (_turn, _permit) = match self.start(&scope, now).await {
                Ok(started) => started,
                Err(wait) => return paused(&scope, wait),
            };
            let start = tokio::time::Instant::now();
            let left = self.config.timeout.saturating_sub(spent);
            match tokio::time::timeout(left, self.post(&url, &form, access, now)).await {
                Ok(Step::Next(next)) => url = next,
                Ok(Step::Done(posted)) => return posted,
                Err(_) => {
                    let deadline = words(self.config.timeout);
                    let message = format!("no complete answer within {deadline}");
                    return failed(FailKind::Timeout, message);
                }
            }
            spent += start.elapsed();
        }
        failed(
            FailKind::Redirect,
            format!("more than {HOPS} redirects; the hub redirects in a circle"),
        )
    }

    async fn post(&self, url: &Url, form: &str, access: &Access, now: Time) -> Step {
        let port = url.port_or_known_default().unwrap_or(HTTPS);
        let client = match self.client(access, port) {
            Ok(client) => client,
            Err(error) => {
                return Step::Done(Posted::from(Failure {
                    kind: FailKind::Internal,
                    status: None,
                    message: error.to_string(),
                }));
            }
        };
        let request = client
            .http
            .post(url.clone())
            .header(header::USER_AGENT, &self.config.user_agent)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.to_owned());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Step::Done(Posted::from(client.told_of(explain::explain(error)))),
        };
        let peer = response
            .remote_addr()
            .map_or(Ok(()), |peer| client.check_peer(peer));
        if let Err(failure) = peer.and_then(|()| answer::check_head(response.headers())) {
            return Step::Done(Posted::from(failure));
        }
        match response.status() {
            status if status.is_success() => Step::Done(Posted::default()),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                match self.next_hop(url, access, &response) {
                    Ok(next) => Step::Next(next),
                    Err(failure) => Step::Done(Posted::from(failure)),
                }
            }
            status => {
                let retry_after = conditional::hints(response.headers(), now).retry_after;
                let asks = status == StatusCode::TOO_MANY_REQUESTS || retry_after.is_some();
                let scope = asks.then(|| self.heed((url, access), &response, retry_after, now));
                let said = self.said(response).await;
                let message = format!("HTTP {}{said}", status.as_u16());
                let failure = Failure {
                    kind: FailKind::Status,
                    status: Some(status.as_u16()),
                    message,
                };
                Step::Done(Posted {
                    failure: Some(failure),
                    retry_after,
                    scope: scope.flatten(),
                    held: false,
                })
            }
        }
    }

    fn next_hop(&self, url: &Url, access: &Access, response: &Response) -> Result<Url, Failure> {
        let wrong = |message: &str| Failure {
            kind: FailKind::Redirect,
            status: None,
            message: message.to_owned(),
        };
        let location = conditional::text(response.headers(), &header::LOCATION)
            .ok_or_else(|| wrong("redirected without a Location"))?;
        let target = url
            .join(&location)
            .map_err(|_| wrong("redirected to what is no URL"))?;
        if url.scheme() == "https" && target.scheme() != "https" {
            return Err(wrong(
                "redirected from https to http, which would send the request in the clear",
            ));
        }
        self.guard(access).check_url(target.as_str())
    }

    /// The beginning of a refusal's text, to be shown.
    async fn said(&self, response: Response) -> String {
        let body = body::read(response, MOST_ANSWER, false, &self.large).await;
        let text = body.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let line = text.unwrap_or_default();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let line: String = line.chars().take(SHOWN).collect();
        match line.is_empty() {
            true => String::new(),
            false => format!(": {}", printable(&line)),
        }
    }
}

/// The hub's host had asked for a pause before.
fn paused(scope: &str, wait: Duration) -> Posted {
    Posted {
        retry_after: Some(wait),
        held: true,
        ..Posted::from(Failure {
            kind: FailKind::Status,
            status: None,
            message: format!("not asked: {} asked for a pause", printable(scope)),
        })
    }
}
