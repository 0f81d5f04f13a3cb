//! The feed server: as little HTTP/1.1 as keep-alive, gzip and conditional requests need, so that
//! on a shared machine it takes little from what is measured.
//!
//! The feed is told by the address that was dialled, not by the path.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::{
    Result,
    generate::Generator,
    page::{Page, feed_at},
};

/// Heads longer than this are nobody's feed request.
const MOST_HEAD: usize = 64 * 1024;

/// What is served, and counts of what was asked.
pub(crate) struct Server {
    pages: RwLock<Vec<Arc<Page>>>,
    generator: Option<Generator>,
    requests: AtomicU64,
    not_modified: AtomicU64,
    body_bytes: AtomicU64,
}

/// A server whose port is known.
pub(crate) struct Bound {
    server: Server,
    listener: std::net::TcpListener,
    port: u16,
}

impl Server {
    pub(crate) fn new(pages: Vec<Page>, generator: Option<Generator>) -> Self {
        Self {
            pages: RwLock::new(pages.into_iter().map(Arc::new).collect()),
            generator,
            requests: AtomicU64::new(0),
            not_modified: AtomicU64::new(0),
            body_bytes: AtomicU64::new(0),
        }
    }

    /// Binds every loopback address at once.
    pub(crate) fn bind(self, port: u16) -> Result<Bound> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok(Bound {
            server: self,
            listener,
            port,
        })
    }

    pub(crate) fn run(self, port: u16) -> Result<()> {
        self.bind(port)?.run()
    }

    fn answer(&self, request: &Request<'_>) -> Vec<u8> {
        match (request.method, request.path) {
            ("GET", "/stats") => self.stats(),
            ("POST", "/tick") => self.tick(),
            _ => self.feed(request),
        }
    }

    fn feed(&self, request: &Request<'_>) -> Vec<u8> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        let Some(page) = request.feed.and_then(|feed| pages.get(feed)).cloned() else {
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
        };
        drop(pages);
        self.requests.fetch_add(1, Ordering::Relaxed);
        if request.has(&page) {
            self.not_modified.fetch_add(1, Ordering::Relaxed);
            return format!("HTTP/1.1 304 Not Modified\r\n{}\r\n", validators(&page)).into_bytes();
        }
        if request.takes_gzip {
            self.body(&page, &page.gzip, "Content-Encoding: gzip\r\n")
        } else {
            self.body(&page, &page.plain(), "")
        }
    }

    fn body(&self, page: &Page, body: &[u8], encoding: &str) -> Vec<u8> {
        self.body_bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        let mut message = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n{}{encoding}Vary: Accept-Encoding\r\n\
             Content-Length: {}\r\n\r\n",
            page.content_type,
            validators(page),
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
            "body_bytes": self.body_bytes.load(Ordering::Relaxed),
        }))
    }

    fn tick(&self) -> Vec<u8> {
        let changed = self
            .generator
            .as_ref()
            .map(Generator::tick)
            .unwrap_or_default();
        let count = changed.len();
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        for (feed, page) in changed {
            pages[feed] = Arc::new(page);
        }
        json_message(&json!({ "changed": count }))
    }
}

impl Bound {
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Serves until the process is ended.
    pub(crate) fn run(self) -> Result<()> {
        let Self {
            server,
            listener,
            port,
        } = self;
        let count = server
            .pages
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            eprintln!("serving {count} feeds on port {port}");
            let server = Arc::new(server);
            loop {
                let (stream, _) = listener.accept().await?;
                let server = Arc::clone(&server);
                // A client that goes away is no concern of the server's.
                tokio::spawn(async move { drop(converse(&stream, &server).await) });
            }
        })
    }
}

/// One connection: requests and answers in turn.
async fn converse(stream: &TcpStream, server: &Server) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let feed = match stream.local_addr()?.ip() {
        IpAddr::V4(address) => feed_at(address),
        IpAddr::V6(_) => None,
    };
    let mut unread = Vec::new();
    while let Some(head) = read_head(stream, &mut unread).await? {
        let head = String::from_utf8_lossy(&head);
        write_all(stream, &server.answer(&Request::parse(&head, feed))).await?;
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
    fn parse(head: &'a str, feed: Option<usize>) -> Self {
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
            feed,
            if_none_match: header("if-none-match"),
            if_modified_since: header("if-modified-since"),
            takes_gzip: header("accept-encoding").is_some_and(|codings| codings.contains("gzip")),
        }
    }

    /// Whether the client has this very page (RFC 9110 §13.2.2: the entity tag decides alone).
    fn has(&self, page: &Page) -> bool {
        match self.if_none_match {
            Some(etag) => etag == page.etag,
            None => self.if_modified_since == Some(&page.last_modified),
        }
    }
}

fn validators(page: &Page) -> String {
    format!(
        "ETag: {}\r\nLast-Modified: {}\r\n",
        page.etag, page.last_modified
    )
}

fn json_message(value: &serde_json::Value) -> Vec<u8> {
    let body = value.to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}
