//! Where requests end up when names, proxies and openings are chosen by others: real sockets, and
//! DNS in the test's hand.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    lookup::{Lookups, Names},
    *,
};
use crate::model::{Opening, ProxySpec, Secret};

/// Answers of a name, one after the other; the last one stays.
#[derive(Default)]
struct Zone {
    names: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Names for Zone {
    fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut names = self.names.lock().unwrap();
        match names.get_mut(name) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Vec::new(),
        }
    }
}

/// A fetcher whose names are these, and which may go to these networks.
fn fetcher(allow: &[&str], names: &[(&str, &[&[&str]])]) -> (Fetcher, Arc<Zone>) {
    let config = FetchConfig {
        allow_private: allow
            .iter()
            .map(|network| network.parse().unwrap())
            .collect(),
        host_interval: Duration::ZERO,
        connect_timeout: Duration::from_secs(20),
        ..FetchConfig::default()
    };
    let zone = Arc::new(Zone::default());
    for (name, answers) in names {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        zone.names
            .lock()
            .unwrap()
            .insert((*name).to_owned(), answers);
    }
    let lookups = Lookups::new(Arc::clone(&zone) as Arc<dyn Names>);
    (
        Fetcher::with_lookups(&config, Arc::new(lookups)).unwrap(),
        zone,
    )
}

/// A server that says its name to everyone, and counts connections and keeps what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn on(address: (Ipv4Addr, u16)) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut head = Vec::new();
                let mut byte = [0];
                log.lock().unwrap().push(String::new());
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    head.push(byte[0]);
                }
                *log.lock().unwrap().last_mut().unwrap() = String::from_utf8_lossy(&head).into();
                let ip = address.ip().to_string();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{ip}",
                    ip.len()
                );
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const TWO: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Two servers at one port; only the first address is open in the tests below.
fn two() -> (Server, Server) {
    loop {
        let open = Server::on((ONE, 0));
        let port = open.address.port();
        if TcpListener::bind((TWO, port)).is_ok() {
            return (open, Server::on((TWO, port)));
        }
    }
}

async fn get(fetcher: &Fetcher, url: &str, access: Access) -> Result<String, Failure> {
    let request = FetchRequest {
        url: url.to_owned(),
        access,
        ..FetchRequest::default()
    };
    match fetcher.fetch(&request, Time::UNIX_EPOCH).await {
        Fetched::New(body) => Ok(String::from_utf8(body.bytes.to_vec()).unwrap()),
        Fetched::Failed { failure, .. } => Err(failure),
        other => panic!("{other:?}"),
    }
}

async fn refused(fetcher: &Fetcher, url: &str, access: Access) -> Failure {
    let failure = get(fetcher, url, access).await.unwrap_err();
    assert_eq!(failure.kind, FailKind::Forbidden, "{url}: {failure:?}");
    failure
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_connected_to_where_it_was_checked() {
    let (open, private) = two();
    let names: &[&[&str]] = &[&["127.0.0.1"], &["127.0.0.2"]];
    let (fetcher, zone) = fetcher(&["127.0.0.1"], &[("rebind.example", names)]);
    let url = format!("http://rebind.example:{}/", open.address.port());
    assert_eq!(
        get(&fetcher, &url, Access::default()).await.unwrap(),
        "127.0.0.1"
    );
    assert_eq!(
        zone.asked.load(Ordering::SeqCst),
        1,
        "looked up again before connecting"
    );
    let failure = refused(&fetcher, &url, Access::default()).await;
    assert!(
        failure.message.contains("leads to a private network"),
        "{failure:?}"
    );
    assert_eq!((open.asked().len(), private.asked().len()), (1, 0));
}

#[tokio::test]
async fn of_mixed_addresses_only_the_public_ones_are_used() {
    let (open, private) = two();
    let mixed: &[&[&str]] = &[&["127.0.0.2", "::ffff:127.0.0.2", "127.0.0.1", "10.0.0.1"]];
    let (fetcher, _) = fetcher(&["127.0.0.1"], &[("mixed.example", mixed)]);
    let url = format!("http://mixed.example:{}/", open.address.port());
    assert_eq!(
        get(&fetcher, &url, Access::default()).await.unwrap(),
        "127.0.0.1"
    );
    assert_eq!(private.asked().len(), 0);
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_or_network_is_refused() {
    let (fetcher, _) = fetcher(
        &[],
        &[
            ("localhost.example", &[&["127.0.0.1", "::1"]]),
            ("lan.example", &[&["192.168.1.1"]]),
            ("nat64.example", &[&["64:ff9b::a00:1"]]),
            ("mapped.example", &[&["::ffff:10.0.0.1"]]),
            ("router", &[&["192.168.1.1"]]),
        ],
    );
    for name in [
        "localhost.example",
        "lan.example",
        "nat64.example",
        "mapped.example",
        "router",
    ] {
        refused(&fetcher, &format!("http://{name}/"), Access::default()).await;
    }
    let failure = get(&fetcher, "http://nowhere.example/", Access::default())
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailKind::Dns);
}

#[tokio::test]
async fn an_opening_is_for_one_feed_and_at_its_port_alone() {
    let (open, other) = two();
    let port = open.address.port();
    let (fetcher, _) = fetcher(&[], &[("lan.example", &[&["127.0.0.1"]])]);
    let access = |opening: String| Access {
        allow_private: vec![opening.parse::<Opening>().unwrap()],
        ..Access::default()
    };
    for host in ["127.0.0.1", "lan.example"] {
        let url = format!("http://{host}:{port}/");
        let here = access(format!("127.0.0.1/32:{port}"));
        let elsewhere = access("127.0.0.1/32:9".to_owned());
        assert_eq!(get(&fetcher, &url, here).await.unwrap(), "127.0.0.1");
        refused(&fetcher, &url, elsewhere).await;
        refused(&fetcher, &url, Access::default()).await;
    }
    assert_eq!((open.asked().len(), other.asked().len()), (2, 0));
    // The default one, and the one with the opening; one more for each port named, not asked.
    assert_eq!(fetcher.clients.count(), 2);
}

#[tokio::test]
async fn feeds_that_set_nothing_of_their_own_share_one_client() {
    let (fetcher, _) = fetcher(&["127.0.0.1"], &[]);
    for _ in 0..3 {
        let server = Server::on((ONE, 0));
        let url = format!("http://{}/", server.address);
        get(&fetcher, &url, Access::default()).await.unwrap();
    }
    assert_eq!(fetcher.clients.count(), 1);
}

fn through(url: String, login: bool) -> Access {
    let proxy = ProxySpec {
        name: "office".to_owned(),
        url,
        login: login.then(|| ("me".to_owned(), Secret::new("hush".to_owned()))),
    };
    Access {
        proxy: Some(Way::Proxy(Arc::new(proxy))),
        ..Access::default()
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_the_url_and_the_name_is_its_to_resolve() {
    let proxy = Server::on((ONE, 0));
    let (fetcher, zone) = fetcher(&[], &[("proxy.example", &[&["127.0.0.1"]])]);
    let port = proxy.address.port();
    for host in ["127.0.0.1", "proxy.example"] {
        let access = through(format!("http://{host}:{port}"), true);
        let body = get(&fetcher, "http://feeds.example/f", access).await;
        assert_eq!(body.unwrap(), "127.0.0.1");
    }
    let asked = proxy.asked();
    assert!(
        asked[0].starts_with("GET http://feeds.example/f HTTP/1.1\r\n"),
        "{asked:?}"
    );
    let login = "proxy-authorization: basic bwu6ahvzaa==";
    assert!(asked[0].to_lowercase().contains(login), "{asked:?}");
    assert_eq!(
        zone.asked.load(Ordering::SeqCst),
        1,
        "more than the proxy's own name"
    );
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_the_proxy_sees_no_header_of_it() {
    let proxy = Server::on((ONE, 0));
    let (fetcher, _) = fetcher(&[], &[]);
    let request = FetchRequest {
        url: "https://feeds.example/f".to_owned(),
        headers: vec![HeaderSpec {
            name: "Authorization".to_owned(),
            value: Secret::new("Bearer s3cret".to_owned()),
            origin: "feed.auth in feeds.toml".to_owned(),
        }],
        access: through(format!("http://{}", proxy.address), true),
        ..FetchRequest::default()
    };
    // The proxy of this test speaks no TLS at the other end of the tunnel.
    let answer = fetcher.fetch(&request, Time::UNIX_EPOCH).await;
    assert!(matches!(answer, Fetched::Failed { .. }), "{answer:?}");
    let asked = proxy.asked();
    assert!(
        asked[0].starts_with("CONNECT feeds.example:443 HTTP/1.1\r\n"),
        "{asked:?}"
    );
    assert!(
        asked[0]
            .to_lowercase()
            .contains("proxy-authorization: basic bwu6ahvzaa=="),
        "{asked:?}"
    );
    assert!(!asked[0].contains("s3cret"), "{asked:?}");
}

#[tokio::test]
async fn a_proxy_is_no_way_into_private_networks() {
    let proxy = Server::on((ONE, 0));
    let (fetcher, _) = fetcher(&[], &[]);
    let access = through(format!("http://{}", proxy.address), false);
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://a.localhost./",
        "http://nas.local/",
        "http://metadata.google.internal/",
        "http://router/",
        "http://home.arpa/",
    ] {
        refused(&fetcher, url, access.clone()).await;
    }
    assert_eq!(proxy.asked().len(), 0);
}

#[tokio::test]
async fn a_dead_proxy_is_told_by_its_name_and_nothing_goes_around_it() {
    let server = Server::on((ONE, 0));
    let nobody = TcpListener::bind((TWO, 0)).unwrap().local_addr().unwrap();
    let (fetcher, _) = fetcher(&["127.0.0.1"], &[]);
    for scheme in ["http", "socks5h"] {
        let access = through(format!("{scheme}://{nobody}"), false);
        let url = format!("http://{}/", server.address);
        let failure = get(&fetcher, &url, access).await.unwrap_err();
        assert!(
            failure.message.starts_with("through the proxy office: "),
            "{failure:?}"
        );
    }
    assert_eq!(server.asked().len(), 0);
}

/// A SOCKS5 server that takes one connection and speaks for the site itself.
fn socks() -> (SocketAddr, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind((ONE, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 512];
        // Greeting: version, number of methods, methods.
        let read = stream.read(&mut bytes).unwrap();
        assert_eq!(bytes[0], 5, "{:?}", &bytes[..read]);
        stream.write_all(&[5, 0]).unwrap();
        let read = stream.read(&mut bytes).unwrap();
        let request = bytes[..read].to_vec();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        let _ = stream.read(&mut bytes).unwrap();
        let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
        stream.write_all(answer.as_bytes()).unwrap();
        request
    });
    (address, thread)
}

#[tokio::test]
async fn a_socks_proxy_resolves_the_name() {
    let (address, thread) = socks();
    let (fetcher, zone) = fetcher(&[], &[]);
    let access = through(format!("socks5h://{address}"), false);
    let body = get(&fetcher, "http://feeds.example/f", access).await;
    assert_eq!(body.unwrap(), "ok");
    let request = thread.join().unwrap();
    assert!(
        request.windows(13).any(|bytes| bytes == b"feeds.example"),
        "{request:?}"
    );
    assert_eq!(zone.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_address_that_swallows_connections_does_not_keep_the_other_waiting() {
    // A full queue: the kernel drops what else arrives, as a black hole does.
    let hole = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet6,
        nix::sys::socket::SockType::Stream,
        nix::sys::socket::SockFlag::empty(),
        None,
    );
    let Ok(hole) = hole else {
        return;
    };
    let open = Server::on((ONE, 0));
    let port = open.address.port();
    let address = nix::sys::socket::SockaddrIn6::from(std::net::SocketAddrV6::new(
        std::net::Ipv6Addr::LOCALHOST,
        port,
        0,
        0,
    ));
    use std::os::fd::AsRawFd as _;
    if nix::sys::socket::bind(hole.as_raw_fd(), &address).is_err() {
        // No IPv6 on this machine.
        return;
    }
    let backlog = nix::sys::socket::Backlog::new(0).unwrap();
    nix::sys::socket::listen(&hole, backlog).unwrap();
    let filler: Vec<_> = (0..8)
        .map(|_| {
            let wait = Duration::from_millis(100);
            std::net::TcpStream::connect_timeout(&format!("[::1]:{port}").parse().unwrap(), wait)
        })
        .collect();
    assert!(filler.iter().any(Result::is_err), "the queue is not full");
    let both: &[&[&str]] = &[&["::1", "127.0.0.1"]];
    let (fetcher, _) = fetcher(&["127.0.0.1", "::1"], &[("two.example", both)]);
    let url = format!("http://two.example:{port}/");
    // With a deadline of twenty seconds for connecting, waiting for the hole would be seen.
    let start = std::time::Instant::now();
    assert_eq!(
        get(&fetcher, &url, Access::default()).await.unwrap(),
        "127.0.0.1"
    );
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}
