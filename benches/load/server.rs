//! The feed server: as little HTTP/1.1 as keep-alive, gzip and conditional requests need, so that
//! on a shared machine it takes little from what is measured.
//!
//! The feed is told by the address that was dialled, and by the path where feeds share one.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::{
    Result,
    faults::Faults,
    generate::Generator,
    page::{Page, Places, Validators},
};

/// Heads longer than this are nobody's feed request.
const MOST_HEAD: usize = 64 * 1024;

/// What is served.
pub(crate) enum Pages {
    /// Documents that never change.
    Fixed(Vec<Arc<Page>>),
    /// Generated ones.
    Made(Generator),
}

impl Pages {
    fn count(&self) -> usize {
        match self {
            Self::Fixed(pages) => pages.len(),
            Self::Made(generator) => generator.feeds(),
        }
    }

    fn validators(&self, feed: usize) -> Validators {
        match self {
            Self::Fixed(pages) => pages[feed].validators.clone(),
            Self::Made(generator) => generator.validators(feed),
        }
    }

    fn page(&self, feed: usize) -> Arc<Page> {
        match self {
            Self::Fixed(pages) => Arc::clone(&pages[feed]),
            Self::Made(generator) => generator.page(feed),
        }
    }
}

/// Serves, and counts what was asked.
pub(crate) struct Server {
    pages: Pages,
    addresses: usize,
    faults: Faults,
    requests: AtomicU64,
    not_modified: AtomicU64,
    faulty: AtomicU64,
    body_bytes: AtomicU64,
}

/// A server whose port is known.
pub(crate) struct Bound {
    server: Server,
    listener: std::net::TcpListener,
    places: Places,
}

/// What becomes of a request.
enum Outcome {
    Answer(Vec<u8>),
    /// The connection is closed without a word.
    Dropped,
}

impl Server {
    /// Feeds stand at so many addresses; `None`: each at one of its own.
    pub(crate) fn new(pages: Pages, addresses: Option<usize>, faults: Faults) -> Self {
        let addresses = addresses.unwrap_or(pages.count()).max(1);
        Self {
            pages,
            addresses,
            faults,
            requests: AtomicU64::new(0),
            not_modified: AtomicU64::new(0),
            faulty: AtomicU64::new(0),
            body_bytes: AtomicU64::new(0),
        }
    }

    /// Binds every loopback address at once.
    pub(crate) fn bind(self, port: u16) -> Result<Bound> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
        listener.set_nonblocking(true)?;
        let places = Places {
            port: listener.local_addr()?.port(),
            addresses: self.addresses,
        };
        Ok(Bound {
            server: self,
            listener,
            places,
        })
    }

    pub(crate) fn run(self, port: u16) -> Result<()> {
        self.bind(port)?.run()
    }

    async fn answer(&self, request: &Request<'_>) -> Outcome {
        match (request.method, request.path) {
            ("GET", "/stats") => Outcome::Answer(self.stats()),
            ("POST", "/tick") => Outcome::Answer(self.tick()),
            _ => self.feed(request).await,
        }
    }

    async fn feed(&self, request: &Request<'_>) -> Outcome {
        let Some(feed) = request.feed.filter(|feed| *feed < self.pages.count()) else {
            let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            return Outcome::Answer(nothing.to_vec());
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(delay) = self.faults.delay(number) {
            tokio::time::sleep(delay).await;
        }
        if let Some(slow) = self.faults.slow.filter(|_| feed % self.addresses == 0) {
            tokio::time::sleep(slow).await;
        }
        if let Some(fault) = self.faults.fault(number) {
            self.faulty.fetch_add(1, Ordering::Relaxed);
            return fault.head().map_or(Outcome::Dropped, |head| {
                Outcome::Answer(format!("HTTP/1.1 {head}Content-Length: 0\r\n\r\n").into_bytes())
            });
        }
        let validators = self.pages.validators(feed);
        if request.has(&validators) {
            self.not_modified.fetch_add(1, Ordering::Relaxed);
            let head = headers(&validators);
            return Outcome::Answer(
                format!("HTTP/1.1 304 Not Modified\r\n{head}\r\n").into_bytes(),
            );
        }
        let page = self.pages.page(feed);
        Outcome::Answer(if request.takes_gzip {
            self.body(&page, &page.gzip, "Content-Encoding: gzip\r\n")
        } else {
            self.body(&page, &page.plain(), "")
        })
    }

    fn body(&self, page: &Page, body: &[u8], encoding: &str) -> Vec<u8> {
        self.body_bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        let mut message = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{}{encoding}Vary: Accept-Encoding\r\n\
             Content-Length: {}\r\n\r\n",
            page.content_type,
            headers(&page.validators),
            body.len()
        )
        .into_bytes();
        message.extend_from_slice(body);
        message
    }

    fn stats(&self) -> Vec<u8> {
        json_message(&json!({
            "requests": self.requests.load(Ordering::Relaxed),
            "not_modified": self.not_modified.load(Ordering::Relaxed),
            "faulty": self.faulty.load(Ordering::Relaxed),
            "body_bytes": self.body_bytes.load(Ordering::Relaxed),
        }))
    }

    fn tick(&self) -> Vec<u8> {
        let changed = match &self.pages {
            Pages::Fixed(_) => 0,
            Pages::Made(generator) => generator.tick(),
        };
        json_message(&json!({ "changed": changed }))
    }
}

impl Bound {
    pub(crate) fn port(&self) -> u16 {
        self.places.port
    }

    /// Serves until the process is ended.
    pub(crate) fn run(self) -> Result<()> {
        let Self {
            server,
            listener,
            places,
        } = self;
        let (count, port) = (server.pages.count(), places.port);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            eprintln!("serving {count} feeds on port {port}");
            let server = Arc::new(server);
            loop {
                let (stream, _) = listener.accept().await?;
                let server = Arc::clone(&server);
                // A client that goes away is no concern of the server's.
                tokio::spawn(async move { drop(converse(&stream, &server, places).await) });
            }
        })
    }
}

/// One connection: requests and answers in turn.
async fn converse(stream: &TcpStream, server: &Server, places: Places) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let IpAddr::V4(address) = stream.local_addr()?.ip() else {
        return Ok(());
    };
    let mut unread = Vec::new();
    while let Some(head) = read_head(stream, &mut unread).await? {
        let head = String::from_utf8_lossy(&head);
        let mut request = Request::parse(&head);
        request.feed = places.feed_at(address, request.path);
        match server.answer(&request).await {
            Outcome::Answer(answer) => write_all(stream, &answer).await?,
            Outcome::Dropped => return Ok(()),
        }
    }
    Ok(())
}

/// The next request head; `None` when the client has closed.
async fn read_head(stream: &TcpStream, unread: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            return Ok(Some(unread.drain(..end + 4).collect()));
        }
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(read) if unread.len() < MOST_HEAD => unread.extend_from_slice(&buffer[..read]),
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// As much of a request as matters here.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    feed: Option<usize>,
    if_none_match: Option<&'a str>,
    if_modified_since: Option<&'a str>,
    takes_gzip: bool,
}

impl<'a> Request<'a> {
    fn parse(head: &'a str) -> Self {
        let mut words = head.split(' ');
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (have, value) = line.split_once(':')?;
                have.eq_ignore_ascii_case(name).then_some(value.trim())
            })
        };
        Self {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            feed: None,
            if_none_match: header("if-none-match"),
            if_modified_since: header("if-modified-since"),
            takes_gzip: header("accept-encoding").is_some_and(|codings| codings.contains("gzip")),
        }
    }

    /// Whether the client has this very page (RFC 9110 §13.2.2: the entity tag decides alone).
    fn has(&self, current: &Validators) -> bool {
        match self.if_none_match {
            Some(etag) => etag == current.etag,
            None => self.if_modified_since == Some(&current.last_modified),
        }
    }
}

fn headers(validators: &Validators) -> String {
    format!(
        "ETag: {}\r\nLast-Modified: {}\r\n",
        validators.etag, validators.last_modified
    )
}

fn json_message(value: &serde_json::Value) -> Vec<u8> {
    let body = value.to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}
