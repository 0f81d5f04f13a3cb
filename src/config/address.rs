//! The URL of a feed: what is allowed, its one spelling, and the id that is derived from it.
//!
//! Pure. Whether an address may be connected to is decided by `fetch`, when it is known.

use std::net::{IpAddr, Ipv4Addr};

use sha2::{Digest as _, Sha256};
use url::{Host, Url};

use crate::model::{FeedId, InvalidFeedId, Opening, redact_url};

/// Longest readable part of a derived id.
const SLUG: usize = 50;

/// The one spelling of a feed's URL: absolute http(s), no user information, no fragment.
///
/// # Errors
/// One line with the remedy. The URL in it is redacted.
pub fn feed_url(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let shown = redact_url(text);
    let mut url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            format!(
                "\"{shown}\" is not a whole URL; write e.g. \"https://{}\"",
                shown.trim_start_matches('/')
            )
        }
        error => format!("\"{shown}\" is not a URL: {error}"),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user name or password in it ends up in logs; \
                    use `auth = { basic = { user = \"…\", password = { file = \"…\" } } }` in the feed file"
            .to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "\"{shown}\" is neither http nor https; write the feed's https:// URL"
        ));
    }
    url.set_fragment(None);
    Ok(url)
}

/// The stable id of a feed that gives none: readable host, path and query names, then six hex
/// digits of the URL's SHA-256. Query values stay out of it: they may be tokens, and ids are shown.
///
/// # Errors
/// None for a URL that [`feed_url`] accepts.
pub fn derive_id(url: &str) -> Result<FeedId, InvalidFeedId> {
    let readable = redact_url(url);
    let readable = readable
        .split_once("://")
        .map_or(readable.as_str(), |(_, rest)| rest);
    let readable = readable
        .strip_prefix("www.")
        .unwrap_or(readable)
        .to_ascii_lowercase();
    let words = readable
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-");
    slug.truncate(SLUG);
    let slug = if slug.is_empty() {
        "feed"
    } else {
        slug.trim_end_matches('-')
    };
    let hash = Sha256::digest(url.as_bytes());
    format!("{slug}-{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2]).parse()
}

/// The address of a private network that stands in a URL, in figures or as `localhost`: nobody asks
/// for it without an opening. Names are not looked up, so that of others nothing is known.
#[must_use]
pub(super) fn private_address(url: &Url) -> Option<IpAddr> {
    let address = match url.host()? {
        Host::Ipv4(address) => IpAddr::from(address),
        Host::Ipv6(address) => IpAddr::from(address).to_canonical(),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let is_local = name == "localhost" || name.ends_with(".localhost");
            return is_local.then_some(Ipv4Addr::LOCALHOST.into());
        }
    };
    let is_private = match address {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    };
    is_private.then_some(address)
}

/// True for hosts that the operator's own `allow_private` names, where politeness is theirs to
/// decide: address literals within, and `localhost` if it covers 127.0.0.1.
#[must_use]
pub fn is_own_host(url: &Url, allow_private: &[Opening]) -> bool {
    let port = url.port_or_known_default().unwrap_or_default();
    let covers = |address: IpAddr| {
        allow_private
            .iter()
            .any(|opening| opening.covers(address, port))
    };
    match url.host() {
        Some(Host::Ipv4(address)) => covers(address.into()),
        Some(Host::Ipv6(address)) => covers(address.into()),
        Some(Host::Domain(name)) => {
            (name == "localhost" || name.ends_with(".localhost"))
                && covers(Ipv4Addr::LOCALHOST.into())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_one_spelling() {
        assert_eq!(
            feed_url(" HTTPS://Example.ORG:443#top ").unwrap().as_str(),
            "https://example.org/"
        );
        assert_eq!(
            feed_url("http://x.org/a?b=c#d").unwrap().as_str(),
            "http://x.org/a?b=c"
        );
    }

    #[test]
    fn urls_that_are_not_allowed_say_what_to_write_and_hide_passwords() {
        let told = |text| feed_url(text).unwrap_err();
        assert!(told("https://me:hunter2@x.org/").contains("use `auth"));
        assert!(!told("https://me:hunter2@x.org/").contains("hunter2"));
        assert!(told("example.org/feed").contains("write e.g. \"https://example.org/feed\""));
        assert!(told("file:///etc/passwd").contains("neither http nor https"));
        assert!(told("https://").contains("is not a URL"));
        assert!(told("").contains("not a whole URL"));
    }

    #[test]
    fn a_derived_id_is_readable_stable_and_short() {
        let id = |url: &str| derive_id(url).unwrap().as_str().to_owned();
        assert!(id("https://www.gizchina.com/feed/").starts_with("gizchina-com-feed-"));
        assert_eq!(
            id("https://www.gizchina.com/feed/"),
            id("https://www.gizchina.com/feed/")
        );
        assert_ne!(id("https://x.org/a"), id("https://x.org/A"));
        assert!(id(&format!("https://x.org/{}", "long/".repeat(99))).len() <= SLUG + 7);
        assert!(id("https://[::1]/").starts_with("1-"));
        assert!(!id("https://x.org/?key=s3cret").contains("s3cret"));
    }

    #[test]
    fn private_addresses_are_known_by_their_figures_and_other_names_are_not_judged() {
        let private = |url: &str| private_address(&Url::parse(url).unwrap()).is_some();
        for url in [
            "http://127.0.0.1:8080/",
            "http://192.168.1.20/",
            "http://169.254.169.254/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://localhost/",
            "http://feeds.localhost./",
        ] {
            assert!(private(url), "{url}");
        }
        for url in [
            "https://example.org/",
            "https://192.0.3.1/",
            "http://[2606:4700::1]/",
            "http://box.local/",
            "http://localhost.example.org/",
        ] {
            assert!(!private(url), "{url}");
        }
    }

    #[test]
    fn only_hosts_within_allow_private_are_the_operators_own() {
        let own = |url: &str, networks: &[&str]| {
            let networks: Vec<Opening> = networks
                .iter()
                .map(|network| network.parse().unwrap())
                .collect();
            is_own_host(&Url::parse(url).unwrap(), &networks)
        };
        assert!(own("http://127.0.0.2:8080/", &["127.0.0.0/8"]));
        assert!(own("http://127.0.0.2:8080/", &["127.0.0.2:8080"]));
        assert!(!own("http://127.0.0.2:8081/", &["127.0.0.2:8080"]));
        assert!(own("http://feeds.localhost/", &["127.0.0.0/8"]));
        assert!(own("http://[::ffff:127.0.0.1]/", &["127.0.0.0/8"]));
        assert!(!own("http://localhost/", &["10.0.0.0/8"]));
        assert!(!own("http://127.0.0.1.example.org/", &["0.0.0.0/0"]));
        assert!(!own("http://127.0.0.1/", &[]));
    }
}
