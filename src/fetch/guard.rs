//! The address guard: no feed, redirect or DNS answer leads to a private network unless the
//! operator opened it (`allow_private`).
//!
//! Four walls: the parsed URL's host, the addresses that DNS gives (reqwest connects to exactly
//! these, so there is no second look-up to rebind), every redirect hop, and the peer that
//! answered. IP literals never reach a resolver, so the URL is checked as well. These are the rules;
//! `client` puts the walls where connections are made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use super::addresses;
use crate::model::{FailKind, Failure, Opening, printable};

/// Ports that browsers refuse because other protocols listen there (WHATWG Fetch, "bad port").
const BAD_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Names that mean this network; `localhost` means this machine.
const LOCAL_NAMES: &[&str] = &["local", "internal", "home.arpa"];

/// Decides which URLs and addresses may be asked.
#[derive(Clone, Debug)]
pub struct Guard {
    opened: Vec<Opening>,
    /// Names are resolved by a proxy, out of sight.
    proxied: bool,
}

impl Guard {
    /// A guard that lets public addresses pass, and those in `opened`.
    #[must_use]
    pub fn new(opened: Vec<Opening>) -> Self {
        Self {
            opened,
            proxied: false,
        }
    }

    /// The same for requests whose names a proxy resolves: what is called like a private host is
    /// refused, because nobody here will see its address.
    #[must_use]
    pub fn before_proxy(self) -> Self {
        Self {
            proxied: true,
            ..self
        }
    }

    /// The networks that are open at this port.
    pub(super) fn opened_at(&self, port: u16) -> Vec<IpNet> {
        let open = self.opened.iter().filter(|opening| opening.is_at(port));
        open.map(|opening| opening.network).collect()
    }

    /// The first and the third wall: what the URL itself says.
    ///
    /// # Errors
    /// Why it must not be asked for, in words, with the remedy.
    pub fn check_url(&self, text: &str) -> Result<Url, Failure> {
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
                "a name or password stands in the URL; put it into the feed's `auth` instead"
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
            Some(Host::Ipv4(address)) => self.check_address(address.into(), port)?,
            Some(Host::Ipv6(address)) => self.check_address(address.into(), port)?,
            Some(Host::Domain(name)) => self.check_name(name, port)?,
            None => return Err(forbidden("the URL has no host".to_owned())),
        }
        Ok(url)
    }

    /// Whether this address may be connected to.
    pub(super) fn check_address(&self, address: IpAddr, port: u16) -> Result<(), Failure> {
        let address = addresses::canonical(address);
        if addresses::is_public(address) || self.opens(address, port) {
            return Ok(());
        }
        let network = IpNet::from(address);
        Err(forbidden(format!(
            "{address} is not a public address; to fetch from it all the same, set allow_private = [\"{network}\"] in \
             [fetch], or for this feed alone in its [[feed]]"
        )))
    }

    /// The second wall: of a name's addresses those that may be connected to.
    pub(super) fn public_of(
        &self,
        name: &str,
        mut found: Vec<IpAddr>,
    ) -> Result<Vec<IpAddr>, ResolveError> {
        let mut refused = None;
        // This guard was made for one port (see `Route`).
        found.retain(|address| match self.check_address(*address, 0) {
            Ok(()) => true,
            Err(failure) => {
                refused.get_or_insert(failure);
                false
            }
        });
        match refused {
            Some(failure) if found.is_empty() => {
                let message = format!(
                    "{} leads to a private network: {}",
                    printable(name),
                    failure.message
                );
                Err(ResolveError::Forbidden(Failure { message, ..failure }))
            }
            _ => Ok(found),
        }
    }

    /// Local names are refused early, with a better message than their addresses would give, and
    /// whatever their addresses would be, unless the operator opened what they can mean.
    fn check_name(&self, name: &str, port: u16) -> Result<(), Failure> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_under = |local: &str| {
            name.strip_suffix(local)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let opened = if is_under("localhost") {
            self.opens(Ipv4Addr::LOCALHOST.into(), port)
                || self.opens(Ipv6Addr::LOCALHOST.into(), port)
        } else if self.proxied {
            name.contains('.') && !LOCAL_NAMES.iter().any(|local| is_under(local))
        } else if LOCAL_NAMES.iter().any(|local| is_under(local)) {
            self.opened.iter().any(|opening| opening.is_at(port))
        } else {
            true
        };
        if opened {
            return Ok(());
        }
        if self.proxied {
            return Err(forbidden(format!(
                "{name} is a name of a private network, which the proxy would look up in its own; to fetch from it all \
                 the same, set proxy = \"none\" for this feed, and allow_private"
            )));
        }
        Err(forbidden(format!(
            "{name} is a name of a private network; to fetch from it all the same, set allow_private in [fetch] \
             to its network, e.g. [\"127.0.0.0/8\"], or for this feed alone in its [[feed]]"
        )))
    }

    fn opens(&self, address: IpAddr, port: u16) -> bool {
        self.opened
            .iter()
            .any(|opening| opening.covers(address, port))
    }
}

/// An opening at every port.
pub(super) fn whole(network: IpNet) -> Opening {
    Opening {
        network,
        port: None,
    }
}

pub(super) fn forbidden(message: String) -> Failure {
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
    /// No answer.
    #[error(
        "the name {0} could not be looked up in time; the resolver is slow or cannot be reached"
    )]
    Slow(String),
}
