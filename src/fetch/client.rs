//! The HTTP clients: TLS roots, deadlines, ways through proxies, and everything of reqwest that
//! must be off.
//!
//! Requests that are to be made alike share a client; most feeds set nothing of their own, so there
//! is one. The others are built when they are first asked for.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use reqwest::{
    Certificate, ClientBuilder, Proxy,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

use super::{
    ClientError,
    guard::{self, Guard, ResolveError},
    lookup::{Lookups, Trouble},
};
use crate::{
    config::FetchConfig,
    model::{Access, Failure, ProxySpec, Way, printable},
};

/// All that requests must agree in to share a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    /// Private networks that are open at the request's port: a resolver is not told the port.
    opened: Vec<IpNet>,
    way: Way,
    http1_only: bool,
    connect_timeout: Duration,
    read_timeout: Duration,
}

impl Route {
    /// The route under these settings and the feed's own.
    pub(super) fn new(config: &FetchConfig, access: &Access, opened: Vec<IpNet>) -> Self {
        let way = way(config, access).clone();
        Self {
            opened: match &way {
                Way::Direct => opened,
                // Nothing but the proxy is looked up or connected to.
                Way::Proxy(_) => Vec::new(),
            },
            way,
            http1_only: access.http1_only,
            connect_timeout: access.connect_timeout.unwrap_or(config.connect_timeout),
            read_timeout: access.read_timeout.unwrap_or(config.read_timeout),
        }
    }
}

/// Straight or through which proxy.
pub(super) fn way<'a>(config: &'a FetchConfig, access: &'a Access) -> &'a Way {
    access.proxy.as_ref().unwrap_or(&config.proxy)
}

/// A client, and who may answer it.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) http: reqwest::Client,
    peers: Arc<Peers>,
}

/// Whom a client may be connected to.
enum Peers {
    Public(Guard),
    Proxy(Hop),
}

impl Client {
    /// The fourth wall: whatever was resolved, this is who answered.
    pub(super) fn check_peer(&self, peer: SocketAddr) -> Result<(), Failure> {
        match &*self.peers {
            Peers::Public(guard) => guard.check_address(peer.ip(), peer.port()),
            Peers::Proxy(hop) if hop.is_at(peer.ip()) => Ok(()),
            Peers::Proxy(hop) => Err(guard::forbidden(format!(
                "{peer} answered in place of the proxy {}",
                printable(&hop.name)
            ))),
        }
    }
}

impl Client {
    /// With the proxy's name: what failed may be on either side of it.
    pub(super) fn told_of(&self, failure: Failure) -> Failure {
        match &*self.peers {
            Peers::Public(_) => failure,
            Peers::Proxy(hop) => Failure {
                message: format!(
                    "through the proxy {}: {}",
                    printable(&hop.name),
                    failure.message
                ),
                ..failure
            },
        }
    }
}

/// The clients that were built so far.
pub(super) struct Clients {
    lookups: Arc<Lookups>,
    built: Mutex<HashMap<Route, Client>>,
}

impl Clients {
    pub(super) fn new(lookups: Arc<Lookups>) -> Self {
        Self {
            lookups,
            built: Mutex::default(),
        }
    }

    pub(super) fn lookups(&self) -> Arc<Lookups> {
        Arc::clone(&self.lookups)
    }

    /// The client for a route.
    pub(super) fn of(&self, route: &Route) -> Result<Client, ClientError> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = built.get(route) {
            return Ok(client.clone());
        }
        let client = build(route, &self.lookups)?;
        built.insert(route.clone(), client.clone());
        Ok(client)
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.built.lock().unwrap().len()
    }
}

fn build(route: &Route, lookups: &Arc<Lookups>) -> Result<Client, ClientError> {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let peers = Arc::new(match &route.way {
        Way::Direct => Peers::Public(Guard::new(
            route
                .opened
                .iter()
                .map(|network| guard::whole(*network))
                .collect(),
        )),
        Way::Proxy(proxy) => Peers::Proxy(Hop::new(proxy)),
    });
    let resolver = Arc::new(Resolver {
        lookups: Arc::clone(lookups),
        peers: Arc::clone(&peers),
    });
    let builder = || builder(route, Arc::clone(&resolver));
    let http = match builder()?.build() {
        Ok(client) => client,
        // A machine without a CA bundle: Mozilla's roots, compiled in.
        Err(_) => builder()?.tls_certs_only(compiled_in_roots()).build()?,
    };
    Ok(Client { http, peers })
}

fn builder(route: &Route, resolver: Arc<Resolver>) -> Result<ClientBuilder, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .referer(false)
        // Proxies from the environment would carry requests past the address guard.
        .no_proxy()
        // Unpacked in `body`, under caps; another crate of the build may have switched these on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .dns_resolver(resolver)
        .connect_timeout(route.connect_timeout)
        .read_timeout(route.read_timeout)
        // Feeds are asked hourly, and those of one host seconds apart: an idle connection costs 28 kB
        // and is hardly ever used again.
        .pool_max_idle_per_host(0)
        .http2_max_header_list_size(super::answer::MOST_HEAD);
    if route.http1_only {
        builder = builder.http1_only();
    }
    if let Way::Proxy(proxy) = &route.way {
        let mut hop = Proxy::all(&proxy.url)?;
        if let Some((user, password)) = &proxy.login {
            hop = hop.basic_auth(user, password.expose());
        }
        builder = builder.proxy(hop);
    }
    Ok(builder)
}

fn compiled_in_roots() -> Vec<Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect()
}

/// A proxy as a peer: its host, and the addresses that stand for it.
struct Hop {
    name: String,
    /// As a name that is looked up; none for an address.
    host: Option<String>,
    addresses: Mutex<Vec<IpAddr>>,
}

impl Hop {
    fn new(proxy: &ProxySpec) -> Self {
        let url = Url::parse(&proxy.url).ok();
        // The `url` crate reads addresses only of schemes it knows, and SOCKS is none.
        let host = url.as_ref().and_then(|url| match url.host()? {
            Host::Domain(name) => Host::parse(name).ok(),
            host => Some(host.to_owned()),
        });
        let (host, address) = match host {
            Some(Host::Ipv4(address)) => (None, Some(address.into())),
            Some(Host::Ipv6(address)) => (None, Some(address.into())),
            Some(Host::Domain(name)) => (Some(name), None),
            None => (None, None),
        };
        Self {
            name: proxy.name.clone(),
            host,
            addresses: Mutex::new(address.into_iter().collect()),
        }
    }

    fn is_at(&self, peer: IpAddr) -> bool {
        self.addresses().contains(&peer.to_canonical())
    }

    fn add(&self, found: &[IpAddr]) {
        let mut addresses = self.addresses();
        for address in found.iter().map(IpAddr::to_canonical) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }

    fn addresses(&self) -> MutexGuard<'_, Vec<IpAddr>> {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The second wall: the system's resolver with the private addresses taken out. Connections are
/// made to exactly what it gives, so there is no second look-up to rebind.
///
/// Where a proxy is used, the proxy's name is the only one that is looked up here.
struct Resolver {
    lookups: Arc<Lookups>,
    peers: Arc<Peers>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookups, peers) = (Arc::clone(&self.lookups), Arc::clone(&self.peers));
        Box::pin(async move {
            let name = name.as_str();
            let found = lookups
                .look_up(name)
                .await
                .map_err(|trouble| match trouble {
                    Trouble::NotFound => ResolveError::NotFound(printable(name)),
                    Trouble::Slow => ResolveError::Slow(printable(name)),
                })?;
            let addresses = match &*peers {
                Peers::Public(guard) => guard.public_of(name, found)?,
                Peers::Proxy(hop) if hop.host.as_deref() == Some(name) => {
                    hop.add(&found);
                    found
                }
                Peers::Proxy(_) => return Err(ResolveError::NotFound(printable(name)).into()),
            };
            // The port is the connector's to fill in.
            let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
