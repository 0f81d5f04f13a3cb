//! Nobody leads Tidings to a private address: every spelling by every way in, with a listener that
//! counts connections.
//!
//! Of the private addresses a machine has only its own, so the matrix runs a second time in a
//! network namespace where every address there is leads to the listener. That test is run by
//! itself: `cargo test --test tidings -- --ignored namespace`.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Condvar, Mutex},
};

use super::{spellings::PRIVATE, ways};
use crate::util::{Reply, Site, Tidings, rss};

/// A way by which others' URLs come in: takes the URLs there.
type WayIn = (&'static str, fn(&[String]));

/// All of them; a new one is one more line.
const WAYS_IN: &[WayIn] = &[
    ("a feed file", ways::by_feed_file),
    ("a redirect", ways::by_redirect),
    ("a page that names its feed", ways::by_page),
    ("an OPML import", ways::by_opml),
    ("a Link header that names a feed", ways::by_link_header),
    ("a hub", ways::by_hub),
    ("a hub's redirect", ways::by_hubs_redirect),
    ("a sitemap index's child", ways::by_sitemap_index),
    ("a sitemap's page", ways::by_sitemap),
    ("robots.txt's redirect", ways::by_robots),
    ("an older page", ways::by_older_page),
    (
        "an enclosure and what else entries name",
        ways::by_enclosure,
    ),
];

/// Set where every address is the listener's.
const OWN_NETWORK: &str = "TIDINGS_TEST_OWN_NETWORK";
/// The test that runs there.
const MATRIX: &str =
    "hostile::ssrf::no_spelling_of_a_private_address_is_connected_to_by_any_way_in";

/// Takes connections at every address of the machine, and counts them.
struct Trap {
    port: u16,
    taken: Arc<(Mutex<Vec<SocketAddr>>, Condvar)>,
}

impl Trap {
    fn start() -> Self {
        // Dual-stack; a machine without IPv6 has only the other half.
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"));
        let listener = listener.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<(Mutex<Vec<SocketAddr>>, Condvar)>::default();
        let log = Arc::clone(&taken);
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                if let Ok(local) = stream.local_addr() {
                    log.0.lock().unwrap().push(local);
                    log.1.notify_all();
                }
            }
        });
        Self { port, taken }
    }

    /// The addresses that were connected to. Connections are taken in order, so one of our own,
    /// made last, tells that all were seen.
    fn taken(&self) -> Vec<SocketAddr> {
        let last = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (taken, rung) = (&self.taken.0, &self.taken.1);
        let before = |taken: &mut Vec<SocketAddr>| {
            let canonical = |address: &SocketAddr| address.ip().to_canonical();
            !taken
                .iter()
                .any(|address| canonical(address) == last.peer_addr().unwrap().ip())
        };
        let mut taken = rung.wait_while(taken.lock().unwrap(), before).unwrap();
        taken.pop();
        std::mem::take(&mut taken)
    }
}

fn urls(port: u16) -> Vec<String> {
    let url = |host: &&str| format!("http://{host}:{port}/private");
    PRIVATE.iter().map(url).collect()
}

#[test]
fn no_spelling_of_a_private_address_is_connected_to_by_any_way_in() {
    let trap = Trap::start();
    let urls = urls(trap.port);
    for (name, way) in WAYS_IN {
        way(&urls);
        assert_eq!(trap.taken(), [], "connected to by {name}");
    }
    // The trap works: what is open, or public, is connected to.
    let open = Tidings::new().feed(&format!("http://127.0.0.1:{}/", trap.port));
    drop(open.spawn(&["poll", "--all"]));
    if std::env::var_os(OWN_NETWORK).is_some() {
        let public = Tidings::new()
            .settings("[fetch]\nread_timeout = \"300ms\"")
            .feed(&format!("http://192.0.3.1:{}/", trap.port))
            .feed(&format!("http://[2606:4700::1111]:{}/", trap.port));
        public.run(&["poll", "--all"]);
        assert_eq!(
            trap.taken().len(),
            2,
            "the trap does not stand at every address"
        );
    }
}

#[test]
#[ignore = "needs a network namespace; `cargo test --test tidings -- --ignored namespace`"]
fn the_same_in_a_namespace_where_every_address_has_a_listener() {
    let binary = std::env::current_exe().unwrap();
    let script = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo \
                  && exec \"$0\" --exact --nocapture \"$1\"";
    let may = Command::new("unshare")
        .args(["-rn", "ip", "link", "set", "lo", "up"])
        .output();
    match may {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("SKIPPED: there is no `unshare` on this machine");
            return;
        }
        Ok(tried) if !tried.status.success() => {
            let why = String::from_utf8_lossy(&tried.stderr);
            eprintln!(
                "SKIPPED: no network namespace may be made here: {}",
                why.trim()
            );
            return;
        }
        tried => drop(tried.unwrap()),
    }
    let ran = Command::new("unshare")
        .args(["-rn", "sh", "-c", script])
        .args([binary.as_os_str(), MATRIX.as_ref()])
        .env(OWN_NETWORK, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_private_address_is_refused_unless_the_settings_or_the_feed_open_it() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let closed = Tidings::new()
        .settings("[fetch]\nallow_private = []")
        .feed(&site.url("/f"))
        .feed(&site.url("/f").replace("127.0.0.1", "localhost"));
    let ran = closed.run(&["poll", "--all"]);
    ran.code(1)
        .stdout_has("2 failed")
        .stdout_has("allow_private");
    assert_eq!(site.all_requests().len(), 0);
    let port = site.address().port();
    closed.write(
        "feeds.toml",
        format!(
            "[[feed]]\nid = \"open\"\nurl = {:?}\nallow_private = [\"127.0.0.1/32:{port}\"]\n\
             [[feed]]\nid = \"shut\"\nurl = {:?}\nallow_private = [\"127.0.0.1/32:9\"]\n",
            site.url("/f?1"),
            site.url("/f?2")
        ),
    );
    let ran = closed.run(&["poll", "--all"]);
    ran.code(1);
    assert!(ran.line_with(" open ").starts_with("ok"), "{ran}");
    assert!(ran.line_with(" shut ").starts_with("failed"), "{ran}");
    assert_eq!(site.all_requests().len(), 1);
}

#[test]
fn a_proxy_in_the_environment_is_ignored() {
    let (site, proxy) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::feed(rss(&["a"])));
    let mut tidings = Tidings::new().feed(&site.url("/f"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        tidings = tidings.env(name, proxy.url("/"));
        tidings = tidings.env(&name.to_lowercase(), proxy.url("/"));
    }
    tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
    assert_eq!(proxy.all_requests().len(), 0);
}
