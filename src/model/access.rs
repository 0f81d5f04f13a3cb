//! How one feed's server is reached, where that differs from the settings: openings in the address
//! guard, a proxy, deadlines. Values the operator wrote; nothing from the network can make one.

use std::{fmt, net::IpAddr, str::FromStr, sync::Arc, time::Duration};

use ipnet::IpNet;

use super::Secret;

/// How a feed's server is reached, where that differs from the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Private networks that this feed may be fetched from, besides those of the settings.
    pub allow_private: Vec<Opening>,
    /// Which way requests go; `None` uses the settings' `[fetch] proxy`.
    pub proxy: Option<Way>,
    /// No HTTP/2, for servers that break it.
    pub http1_only: bool,
    /// Overrides `[fetch] connect_timeout`.
    pub connect_timeout: Option<Duration>,
    /// Overrides `[fetch] read_timeout`.
    pub read_timeout: Option<Duration>,
}

/// The way to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Way {
    /// Straight, without a proxy.
    #[default]
    Direct,
    /// Through a proxy of the settings.
    Proxy(Arc<ProxySpec>),
}

/// A proxy that the settings name: a hop that the operator trusts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProxySpec {
    /// What feeds call it.
    pub name: String,
    /// `http://host:port` or `socks5h://host:port`, without user information.
    pub url: String,
    /// User name and password.
    pub login: Option<(String, Secret)>,
}

impl Way {
    /// The proxy's name, or `none`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Direct => NO_PROXY,
            Self::Proxy(proxy) => &proxy.name,
        }
    }
}

/// What is written in place of a proxy's name to use none.
pub const NO_PROXY: &str = "none";

/// A private network that the operator opened, whole or at one port.
///
/// Written `10.0.0.0/8`, `192.168.1.20` or `fd00::/8`; with a port `192.168.1.20/32:1200` or
/// `[fd00::1]/128:8080`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opening {
    /// The network, without host bits.
    pub network: IpNet,
    /// The one port that is open; `None` is all.
    pub port: Option<u16>,
}

impl Opening {
    /// True if requests to this address and port may pass. IPv4 addresses in IPv6 dress
    /// (`::ffff:a.b.c.d`) count as IPv4.
    #[must_use]
    pub fn covers(&self, address: IpAddr, port: u16) -> bool {
        self.is_at(port) && self.network.contains(&address.to_canonical())
    }

    /// True if this port is open.
    #[must_use]
    pub fn is_at(&self, port: u16) -> bool {
        self.port.is_none_or(|open| open == port)
    }
}

/// A text that is no [`Opening`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a network; write e.g. \"127.0.0.0/8\" or \"fd00::/8\", with a port \"192.168.1.20/32:1200\""
)]
pub struct InvalidOpening;

impl FromStr for Opening {
    type Err = InvalidOpening;

    fn from_str(text: &str) -> Result<Self, InvalidOpening> {
        let (network, port) = split(text.trim()).ok_or(InvalidOpening)?;
        let network = network
            .parse::<IpNet>()
            .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| InvalidOpening)?;
        let port = port.map(read_port).transpose()?;
        Ok(Self {
            network: network.trunc(),
            port,
        })
    }
}

fn read_port(text: &str) -> Result<u16, InvalidOpening> {
    // `parse` would take a sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidOpening);
    }
    match text.parse() {
        Ok(port) if port != 0 => Ok(port),
        _ => Err(InvalidOpening),
    }
}

/// The network without brackets, and the port.
fn split(text: &str) -> Option<(String, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let (length, port) = match rest.split_once(':') {
            Some((length, port)) => (length, Some(port)),
            None => (rest, None),
        };
        return Some((format!("{address}{length}"), port));
    }
    match text.split_once(':') {
        // More than one colon: an IPv6 address.
        Some((network, port)) if !port.contains(':') => Some((network.to_owned(), Some(port))),
        _ => Some((text.to_owned(), None)),
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.network) {
            (None, network) => write!(f, "{network}"),
            (Some(port), IpNet::V4(network)) => write!(f, "{network}:{port}"),
            (Some(port), IpNet::V6(network)) => {
                write!(f, "[{}]/{}:{port}", network.addr(), network.prefix_len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_a_network_or_an_address_with_or_without_a_port() {
        for (text, shown) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.168.1.20", "192.168.1.20/32"),
            ("192.168.1.20/32:1200", "192.168.1.20/32:1200"),
            ("192.168.1.20:1200", "192.168.1.20/32:1200"),
            ("fd00::/8", "fd00::/8"),
            ("fd00::1", "fd00::1/128"),
            ("[fd00::1]", "fd00::1/128"),
            ("[fd00::1]:8080", "[fd00::1]/128:8080"),
            ("[fd00::]/8:8080", "[fd00::]/8:8080"),
        ] {
            let opening: Opening = text.parse().unwrap();
            assert_eq!(opening.to_string(), shown, "{text}");
            assert_eq!(shown.parse(), Ok(opening), "{text}");
        }
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.1:",
            "10.0.0.1:0",
            "10.0.0.1:65536",
            "10.0.0.1:+1",
            "[fd00::1",
            "[fd00::1]:x",
            "10.0.0.1:1:2",
            "fd00::1/128:80 ",
        ] {
            assert_eq!(text.parse::<Opening>(), Err(InvalidOpening), "{text}");
        }
    }

    #[test]
    fn an_opening_covers_its_addresses_at_its_port_alone() {
        let opening: Opening = "127.0.0.0/8:80".parse().unwrap();
        let covers = |address: &str, port| opening.covers(address.parse().unwrap(), port);
        assert!(covers("127.0.0.2", 80) && covers("::ffff:127.0.0.2", 80));
        assert!(!covers("127.0.0.2", 81) && !covers("128.0.0.1", 80) && !covers("::1", 80));
    }
}
