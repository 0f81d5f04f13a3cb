//! Fifty servers in one: a feed at each loopback address, each of some [`Kind`], and one log.

use std::{
    io::{BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use chrono::DateTime;

use super::{DAY, DAYS, HOUR};
use crate::util::DEADLINE;

/// The first second of the simulation.
pub(super) const START: i64 = 1_767_225_600;

/// How a server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Both validators.
    Both,
    /// A weak `ETag` alone.
    Weak,
    /// `Last-Modified` alone.
    Dated,
    /// None at all.
    Bare,
    /// Apache with `mod_deflate`: the `ETag` it sends never matches.
    Gzipped,
    /// A 304 brings a new `ETag`.
    Renewing,
    /// `max-age` of three hours, said with the 200 alone.
    Fresh,
    /// Each tenth request is answered by a 429 and a day of `Retry-After`.
    Patient,
    /// Redirected for ever from the address in the feed file.
    Moved,
    /// Fails or hangs up for some hours each day.
    Flapping,
}

const KINDS: [Kind; 10] = [
    Kind::Both,
    Kind::Weak,
    Kind::Dated,
    Kind::Bare,
    Kind::Gzipped,
    Kind::Renewing,
    Kind::Fresh,
    Kind::Patient,
    Kind::Moved,
    Kind::Flapping,
];

/// One line of the log.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) feed: usize,
    pub(super) path: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) answer: Answer,
}

/// What was answered, as far as it matters to the judge.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) retry_after: Option<i64>,
    /// The newest entry that the client has now.
    pub(super) edition: Option<i64>,
}

impl Line {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// See the module.
pub(super) struct Publishers {
    shared: Arc<Shared>,
    port: u16,
    feeds: usize,
}

struct Shared {
    /// Milliseconds.
    clock: Arc<AtomicI64>,
    log: Mutex<Vec<Line>>,
    logged: Condvar,
    /// Requests to each feed.
    asked: Vec<AtomicUsize>,
    /// Requests are written down, but never answered.
    mute: AtomicBool,
}

impl Publishers {
    pub(super) fn start(feeds: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            clock: Arc::new(AtomicI64::new(START * 1000)),
            log: Mutex::default(),
            logged: Condvar::new(),
            asked: (0..feeds).map(|_| AtomicUsize::new(0)).collect(),
            mute: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                // A client that goes away is no concern of the server's.
                std::thread::spawn(move || drop(server.converse(&stream)));
            }
        });
        Self {
            shared,
            port,
            feeds,
        }
    }

    /// The clock that all go by, in milliseconds since 1970.
    pub(super) fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.shared.clock)
    }

    pub(super) fn feed_file(&self) -> String {
        let feeds = (0..self.feeds).map(|feed| {
            let path = if kind(feed) == Kind::Moved {
                "/old"
            } else {
                "/feed"
            };
            let url = SocketAddr::new(address(feed), self.port);
            format!("[[feed]]\nid = \"f{feed}\"\nurl = \"http://{url}{path}\"\n")
        });
        feeds.collect()
    }

    pub(super) fn kind(&self, feed: usize) -> Kind {
        kind(feed)
    }

    pub(super) fn log(&self) -> Vec<Line> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Numbers of the newest entry by now.
    pub(super) fn editions(&self, feed: usize) -> i64 {
        self.shared.edition(feed)
    }

    /// All that were ever published.
    pub(super) fn articles(&self) -> u64 {
        let all = (0..self.feeds).map(|feed| self.shared.edition(feed) + ENTRIES);
        u64::try_from(all.sum::<i64>()).unwrap()
    }

    /// From now on requests are written down and not answered; returns how many there are.
    pub(super) fn fall_silent(&self) -> usize {
        self.shared.mute.store(true, Ordering::SeqCst);
        self.shared.log.lock().unwrap().len()
    }

    /// Waits for a request more than `seen`.
    pub(super) fn wait_for_more(&self, seen: usize) {
        let log = self.shared.log.lock().unwrap();
        let (log, _) = self
            .shared
            .logged
            .wait_timeout_while(log, DEADLINE, |log| log.len() <= seen)
            .unwrap();
        assert!(log.len() > seen, "no request came");
    }

    pub(super) fn answer_again(&self) {
        self.shared.mute.store(false, Ordering::SeqCst);
    }
}

/// Entries in a document.
const ENTRIES: i64 = 10;

fn kind(feed: usize) -> Kind {
    KINDS[feed % KINDS.len()]
}

/// Seconds between two entries: from some hours to two days.
fn period(feed: usize) -> i64 {
    (5 + i64::try_from(feed).unwrap() * 7 % 43) * HOUR
}

fn address(feed: usize) -> IpAddr {
    Ipv4Addr::new(127, 40, 0, u8::try_from(feed).unwrap() + 1).into()
}

fn http_date(seconds: i64) -> String {
    let moment = DateTime::from_timestamp(seconds, 0).unwrap();
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Shared {
    fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst) / 1000
    }

    /// Nothing is published in the last days, so that all of it must have been seen at the end.
    fn edition(&self, feed: usize) -> i64 {
        let now = self.now().min(START + (DAYS - 3) * DAY);
        (now - START) / period(feed)
    }

    fn converse(&self, stream: &TcpStream) -> std::io::Result<()> {
        let IpAddr::V4(local) = stream.local_addr()?.ip() else {
            return Ok(());
        };
        let feed = usize::from(local.octets()[3]) - 1;
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        if first.is_empty() {
            // A client that died before it asked.
            return Ok(());
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut line = Line {
            at: self.now(),
            feed,
            path,
            headers,
            answer: Answer::default(),
        };
        let mute = self.mute.load(Ordering::SeqCst);
        let mut body = Vec::new();
        if !mute {
            (line.answer, body) = self.answer(&line);
        }
        self.log.lock().unwrap().push(line);
        self.logged.notify_all();
        (&mut &*stream).write_all(&body)
    }

    fn answer(&self, line: &Line) -> (Answer, Vec<u8>) {
        let (feed, now) = (line.feed, line.at);
        let asked = self.asked[feed].fetch_add(1, Ordering::SeqCst);
        match kind(feed) {
            Kind::Moved if line.path == "/old" => status(301, "Location: /feed\r\n", None),
            Kind::Patient if asked % 10 == 9 => status(429, "Retry-After: 86400\r\n", Some(DAY)),
            // In the small hours, by an error or by hanging up.
            Kind::Flapping if now % DAY < 5 * HOUR => match asked % 2 {
                0 => status(500, "", None),
                _ => (Answer::default(), Vec::new()),
            },
            kind => self.document(line, kind),
        }
    }

    fn document(&self, line: &Line, kind: Kind) -> (Answer, Vec<u8>) {
        let (feed, now) = (line.feed, line.at);
        let edition = self.edition(feed);
        let modified = http_date(START + edition * period(feed));
        let (etag, dated) = match kind {
            Kind::Weak => (Some(format!("W/\"{edition}\"")), false),
            Kind::Dated => (None, true),
            Kind::Bare => (None, false),
            Kind::Gzipped => (Some(format!("\"{edition}-gzip\"")), true),
            Kind::Renewing => (Some(format!("\"{edition}/{}\"", now / DAY)), false),
            _ => (Some(format!("\"{edition}\"")), true),
        };
        let matches = match line.header("if-none-match") {
            Some(_) if kind == Kind::Gzipped => false,
            Some(sent) if kind == Kind::Renewing => sent.starts_with(&format!("\"{edition}/")),
            Some(sent) => etag.as_deref() == Some(sent),
            None => dated && line.header("if-modified-since") == Some(&modified),
        };
        let mut head = format!("Date: {}\r\n", http_date(now));
        if let Some(etag) = &etag {
            head += &format!("ETag: {etag}\r\n");
        }
        if dated {
            head += &format!("Last-Modified: {modified}\r\n");
        }
        let answer = Answer {
            status: if matches { 304 } else { 200 },
            etag,
            modified: dated.then_some(modified),
            retry_after: None,
            edition: Some(edition),
        };
        if matches {
            return (
                answer,
                format!("HTTP/1.1 304 Not Modified\r\n{head}\r\n").into_bytes(),
            );
        }
        if kind == Kind::Fresh {
            head += "Cache-Control: max-age=10800\r\n";
        }
        let body = document(feed, edition);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nSet-Cookie: id={now}\r\n{head}\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        (answer, (head + &body).into_bytes())
    }
}

fn status(status: u16, head: &str, retry_after: Option<i64>) -> (Answer, Vec<u8>) {
    let message =
        format!("HTTP/1.1 {status} Status\r\n{head}Content-Length: 0\r\nConnection: close\r\n\r\n");
    let answer = Answer {
        status,
        retry_after,
        ..Answer::default()
    };
    (answer, message.into_bytes())
}

/// The newest entry is number `edition`.
fn document(feed: usize, edition: i64) -> String {
    let items = (edition - ENTRIES + 1..=edition).rev().map(|number| {
        let date = DateTime::from_timestamp(START + number * period(feed), 0).unwrap();
        let date = date.to_rfc2822();
        format!(
            "<item><title>Story {number}</title><link>https://f{feed}.example/{number}</link>\
             <guid>{feed}/{number}</guid><pubDate>{date}</pubDate><description>Text {number}.</description></item>"
        )
    });
    crate::util::channel(&format!("Feed {feed}"), &items.collect::<String>())
}
