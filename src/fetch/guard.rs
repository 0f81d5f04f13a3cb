//! The address guard: no feed, redirect or DNS answer leads to a private network unless the
//! operator opened it (`allow_private`).
//!
//! Four walls: the parsed URL's host, the addresses that DNS gives (reqwest connects to exactly
//! these, so there is no second look-up to rebind), every redirect hop, and the peer that
//! answered. IP literals never reach a resolver, so the URL is checked as well.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::addresses;
use crate::model::{FailKind, Failure, printable};

/// Ports that browsers refuse because other protocols listen there (WHATWG Fetch, "bad port").
const BAD_PORTS: &[u16] = &[
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// Names that mean this machine or this network.
const LOCAL_NAMES: &[&str] = &["localhost", "local", "internal", "home.arpa"];

/// Decides which URLs and addresses may be asked.
#[derive(Debug)]
pub struct Guard {
    allowed: Vec<IpNet>,
}

impl Guard {
    /// A guard that lets public addresses pass, and those in `allowed`.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    pub(super) fn check_url(&self, text: &str) -> Result<Url, Failure> {
        let url = Url::parse(text)
            .map_err(|error| forbidden(format!("{} is not a URL: {error}", printable(text))))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(forbidden(format!(
                "{}: URLs cannot be fetched, only http and https",
                url.scheme()
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(forbidden(
                "a name or password stands in the URL; put it into the feed's `headers` instead"
                    .to_owned(),
            ));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if BAD_PORTS.contains(&port) {
            return Err(forbidden(format!(
                "port {port} belongs to another protocol than HTTP"
            )));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into())?,
            Some(Host::Ipv6(address)) => self.check_address(address.into())?,
            Some(Host::Domain(name)) => self.check_name(name)?,
            None => return Err(forbidden("the URL has no host".to_owned())),
        }
        Ok(url)
    }

    pub(super) fn check_address(&self, address: IpAddr) -> Result<(), Failure> {
        if self.allows(address) {
            return Ok(());
        }
        let address = addresses::canonical(address);
        let network = IpNet::from(address);
        Err(forbidden(format!(
            "{address} is not a public address; to fetch from it all the same, set allow_private = [\"{network}\"] in [fetch]"
        )))
    }

    /// Local names are refused early, with a better message than their addresses would give.
    fn check_name(&self, name: &str) -> Result<(), Failure> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let local = LOCAL_NAMES
            .iter()
            .any(|local| name == *local || name.ends_with(&format!(".{local}")));
        if local && self.allowed.is_empty() {
            return Err(forbidden(format!(
                "{name} is a name of a private network; to fetch from it all the same, set allow_private in [fetch] \
                 to its network, e.g. [\"127.0.0.0/8\"]"
            )));
        }
        Ok(())
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = addresses::canonical(address);
        addresses::is_public(address)
            || self
                .allowed
                .iter()
                .any(|network| network.contains(&address))
    }
}

fn forbidden(message: String) -> Failure {
    Failure {
        kind: FailKind::Forbidden,
        status: None,
        message,
    }
}

/// What the resolver could not give; found again in reqwest's error chain.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResolveError {
    /// Every address of the name is private.
    #[error("{}", .0.message)]
    Forbidden(Failure),
    /// No address.
    #[error("the name {0} does not resolve; check the spelling and the network")]
    NotFound(String),
}

/// The system's resolver with the private addresses taken out.
pub(super) struct GuardedResolver {
    guard: Arc<Guard>,
}

impl GuardedResolver {
    pub(super) fn new(guard: Arc<Guard>) -> Self {
        Self { guard }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<SocketAddr> = match tokio::net::lookup_host((name, 0)).await {
                Ok(found) => found.collect(),
                Err(_) => Vec::new(),
            };
            let Some(first) = found.first() else {
                return Err(ResolveError::NotFound(printable(name)).into());
            };
            let denied = guard.check_address(first.ip());
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| guard.allows(address.ip()))
                .collect();
            match denied {
                Err(failure) if allowed.is_empty() => {
                    let message = format!(
                        "{} leads to a private network: {}",
                        printable(name),
                        failure.message
                    );
                    Err(ResolveError::Forbidden(Failure { message, ..failure }).into())
                }
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
