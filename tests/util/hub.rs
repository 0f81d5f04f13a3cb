//! A hub after the W3C's text (WebSub, 2018): it takes requests, verifies their intent with a
//! challenge, and delivers what the test gives it, signed or not; or does any of it wrong.
//!
//! Plain threads and blocking sockets, as [`super::Site`].

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use url::{Url, form_urlencoded};

use super::DEADLINE;

/// A running hub.
pub(crate) struct Hub {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    manners: Manners,
    asked: Vec<Asked>,
    verified: Vec<Answer>,
    stopping: bool,
}

/// How the hub behaves.
#[derive(Clone, Debug)]
pub(crate) struct Manners {
    /// Its answer to requests.
    pub(crate) status: u16,
    /// Its `Location`, for redirects.
    pub(crate) location: Option<String>,
    /// Whether it verifies what it was asked.
    pub(crate) verifies: bool,
    /// The lease it gives.
    pub(crate) lease: u64,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            status: 202,
            location: None,
            verifies: true,
            lease: 864_000,
        }
    }
}

/// A request to the hub.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) fields: HashMap<String, String>,
}

/// What a callback answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
    /// What the hub expects to read, for verifications.
    pub(crate) challenge: String,
}

impl Hub {
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1")
    }

    pub(crate) fn start_on(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket");
        let shared = Arc::new(Shared::default());
        let acceptor = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming() {
                    if shared.state.lock().unwrap().stopping {
                        break;
                    }
                    // One after the other: a client has one request at a time here.
                    if let Ok(stream) = stream {
                        shared.converse(&stream);
                    }
                }
            }
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hub", self.address)
    }

    /// From now on it behaves like that.
    pub(crate) fn behave(&self, manners: Manners) -> &Self {
        self.shared.state.lock().unwrap().manners = manners;
        self
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.state.lock().unwrap().asked.clone()
    }

    /// Blocks until it was asked `n` times in all.
    #[track_caller]
    pub(crate) fn wait_for_asked(&self, n: usize) -> Vec<Asked> {
        self.wait_for(|state| state.asked.clone(), n)
    }

    /// Blocks until it verified `n` requests in all.
    #[track_caller]
    pub(crate) fn wait_for_verified(&self, n: usize) -> Vec<Answer> {
        self.wait_for(|state| state.verified.clone(), n)
    }

    #[track_caller]
    fn wait_for<T>(&self, list: impl Fn(&State) -> Vec<T>, n: usize) -> Vec<T> {
        let state = self.shared.state.lock().unwrap();
        let (state, timeout) = self
            .shared
            .changed
            .wait_timeout_while(state, DEADLINE, |state| list(state).len() < n)
            .unwrap();
        let (came, asked) = (list(&state), state.asked.clone());
        drop(state);
        assert!(!timeout.timed_out(), "waited for {n}; asked: {asked:#?}");
        came
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().stopping = true;
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    /// One request, its answer, and the verification after it.
    fn converse(&self, stream: &TcpStream) {
        let Some(asked) = read_form(stream) else {
            return;
        };
        let manners = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(asked.clone());
            state.manners.clone()
        };
        self.changed.notify_all();
        let location = manners.location.iter();
        let location: String = location
            .map(|location| format!("Location: {location}\r\n"))
            .collect();
        let mut stream = stream;
        let _ = write!(
            stream,
            "HTTP/1.1 {} \r\n{location}Content-Length: 4\r\nConnection: close\r\n\r\nsaid",
            manners.status
        );
        if manners.verifies && manners.status == 202 {
            let answer = asked.verify(manners.lease);
            self.state.lock().unwrap().verified.push(answer);
            self.changed.notify_all();
        }
    }
}

impl Asked {
    pub(crate) fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    pub(crate) fn callback(&self) -> &str {
        self.get("hub.callback")
    }

    /// Verification of intent as it should be (section 5.3).
    pub(crate) fn verify(&self, lease: u64) -> Answer {
        let (mode, topic) = (self.get("hub.mode"), self.get("hub.topic"));
        let lease = lease.to_string();
        self.call(&[
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.challenge", "a challenge + & <b>"),
            ("hub.lease_seconds", &lease),
        ])
    }

    /// Any request to the callback with these in its query.
    pub(crate) fn call(&self, query: &[(&str, &str)]) -> Answer {
        let mut url = Url::parse(self.callback()).expect("a callback");
        url.query_pairs_mut().extend_pairs(query);
        let challenge = query.iter().find(|(name, _)| *name == "hub.challenge");
        Answer {
            challenge: challenge.map_or("", |(_, value)| *value).to_owned(),
            ..send("GET", url.as_str(), &[], b"")
        }
    }

    /// A delivery, signed with the secret of the request.
    pub(crate) fn deliver(&self, method: &str, body: impl AsRef<[u8]>) -> Answer {
        let signature = sign(method, self.get("hub.secret"), body.as_ref());
        self.deliver_with(&[("X-Hub-Signature", &signature)], body)
    }

    /// A delivery with just these headers beside its type.
    pub(crate) fn deliver_with(&self, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut all = vec![("Content-Type", "application/rss+xml")];
        all.extend(headers);
        send("POST", self.callback(), &all, body.as_ref())
    }
}

/// `X-Hub-Signature`.
pub(crate) fn sign(method: &str, secret: &str, body: &[u8]) -> String {
    fn digits<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> String {
        let mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).expect("any key will do");
        let bytes = mac.chain_update(body).finalize().into_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
    let digits = match method {
        "sha1" => digits::<Hmac<Sha1>>(secret, body),
        "sha256" => digits::<Hmac<Sha256>>(secret, body),
        "sha384" => digits::<Hmac<Sha384>>(secret, body),
        "sha512" => digits::<Hmac<Sha512>>(secret, body),
        other => panic!("no method is called {other}"),
    };
    format!("{method}={digits}")
}

/// One request on a connection of its own.
pub(crate) fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let url = Url::parse(url).expect("a URL");
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect((host, port)).expect("the callback listens");
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let query = url
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "{method} {}{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        url.path(),
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .expect("the callback reads");
    // A body that is refused may not be read to its end.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Answer {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        head: head.to_lowercase(),
        body: body.to_owned(),
        challenge: String::new(),
    }
}

fn read_form(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(given) = header.strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        path,
        fields: form_urlencoded::parse(&body).into_owned().collect(),
    })
}
