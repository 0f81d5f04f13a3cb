//! A request as it goes out: what is said to whom. And, where a login is asked for all the same, what
//! became of the one that the operator gave.
//!
//! Validators go only to the URL that issued them, the operator's headers only to the feed's origin.

use reqwest::{Response, StatusCode, header};
use url::Url;

use super::{
    FetchRequest, Fetcher, Hop, body,
    client::{self, Client},
    conditional,
    redirect::is_home,
};
use crate::model::{Way, printable};

/// The same on every request of a feed: validators belong to one representation (RFC 9110
/// section 12.5.5).
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.5, */*;q=0.1";

impl Fetcher {
    pub(super) async fn send(
        &self,
        client: &Client,
        request: &FetchRequest,
        home: &Url,
        hop: &Hop,
    ) -> Result<Response, reqwest::Error> {
        let agent = request
            .user_agent
            .as_deref()
            .unwrap_or(&self.config.user_agent);
        let mut builder = client
            .http
            .get(hop.url.clone())
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, body::ACCEPTED)
            .header(header::USER_AGENT, agent);
        if sends_validators(request, &hop.url) {
            builder = conditional::add(builder, &request.validators);
        }
        if is_home(home, &hop.url) {
            for header in &request.headers {
                builder = builder.header(&header.name, header.value.expose());
            }
        }
        builder.send().await
    }

    /// Why a login is asked for although there is one: it was refused, or is not for this host.
    /// Where it stands is told, and nothing of what it is.
    pub(super) fn about_login(
        &self,
        request: &FetchRequest,
        home: &Url,
        hop: &Hop,
        status: StatusCode,
    ) -> Option<String> {
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let Way::Proxy(proxy) = client::way(&self.config, &request.access) else {
                return None;
            };
            let name = &proxy.name;
            return proxy.login.is_some().then(|| {
                format!(
                    "HTTP 407: the proxy refuses the login that was sent; correct `user` and `password` of {name} in [proxies]"
                )
            });
        }
        let logins = request
            .headers
            .iter()
            .filter(|header| is_login(&header.name));
        let origins: Vec<&str> = logins.map(|header| header.origin.as_str()).collect();
        if status != StatusCode::UNAUTHORIZED || origins.is_empty() {
            return None;
        }
        let origins = origins.join(" and ");
        Some(if is_home(home, &hop.url) {
            format!("HTTP 401: the server refuses the login that was sent; correct it: {origins}")
        } else {
            let host = |url: &Url| printable(url.host_str().unwrap_or_default());
            format!(
                "HTTP 401: {} wants a login, and the one there is ({origins}) is sent to {} alone; if the other \
                 may have it, give the feed the URL that it is redirected to",
                host(&hop.url),
                host(home)
            )
        })
    }
}

pub(super) fn sends_validators(request: &FetchRequest, url: &Url) -> bool {
    !request.validators.is_empty() && request.validators.url == url.as_str()
}

/// True for headers that say who asks: servers have names of their own for them.
fn is_login(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["auth", "cookie", "key", "token", "secret", "password"];
    words.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_say_who_asks_are_told_from_others() {
        for name in [
            "Authorization",
            "Cookie",
            "X-Api-Key",
            "PRIVATE-TOKEN",
            "X-Auth",
        ] {
            assert!(is_login(name), "{name}");
        }
        for name in ["Accept-Language", "Accept", "X-Requested-With", "From"] {
            assert!(!is_login(name), "{name}");
        }
    }
}
