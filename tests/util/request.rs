//! What a client asked of the feed server: one logged request, its headers byte for byte.

use std::{
    fmt,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

/// One request as it came.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as written in the request line.
    pub(crate) target: String,
    /// In the order sent; values may be any bytes (validators are Latin-1 in the wild).
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The server's own end: which loopback address was dialled.
    pub(crate) local: SocketAddr,
    /// When the head had been read.
    pub(crate) at: Instant,
}

impl Request {
    /// Reads one request head; `None` when the client has closed or sent something else.
    /// Bodies are not read: a feed client sends none.
    pub(crate) fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let line = String::from_utf8(read_line(stream)?).ok()?;
        let mut words = line.split(' ');
        let method = words.next()?.to_owned();
        let target = words.next()?.to_owned();
        let mut headers = Vec::new();
        loop {
            let line = read_line(stream)?;
            if line.is_empty() {
                break;
            }
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = String::from_utf8(line[..colon].to_vec()).ok()?;
            headers.push((name, line[colon + 1..].trim_ascii().to_vec()));
        }
        let local = stream.get_ref().local_addr().ok()?;
        Some(Self {
            method,
            target,
            headers,
            local,
            at: Instant::now(),
        })
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first header of that name, whatever its case.
    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// The first header of that name as text (damaged bytes replaced).
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.header_bytes(name)
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether the client already had something and asked for news of it only.
    pub(crate) fn is_conditional(&self) -> bool {
        self.header_bytes("if-none-match")
            .or(self.header_bytes("if-modified-since"))
            .is_some()
    }
}

impl fmt::Debug for Request {
    /// As it was sent: header values are text to a reader of failures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.method, self.target, self.local)?;
        for (name, value) in &self.headers {
            write!(f, "; {name}: {}", value.escape_ascii())?;
        }
        Ok(())
    }
}

/// One line without its CRLF; `None` at the end of the stream.
fn read_line(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).ok()?;
    line.pop_if(|&mut byte| byte == b'\n')?;
    line.pop_if(|&mut byte| byte == b'\r');
    Some(line)
}
