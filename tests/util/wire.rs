//! A [`Reply`] as bytes on a socket: the hand-written half of HTTP/1.1, so that it can be broken.
//!
//! Knows nothing of routes and logs. Every wait ends when the site stops.

use std::{
    io::{self, Write},
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

use super::{
    reply::{Body, Coding, Reply},
    request::Request,
};

/// Makes each target of `Reply::redirect_forever` a new one.
static HOPS: AtomicU64 = AtomicU64::new(0);

/// Answers one request. `Ok(true)` leaves the connection open for the next. `pause` waits and
/// says whether to go on.
pub(crate) fn answer(
    stream: &mut TcpStream,
    request: &Request,
    reply: &Reply,
    pause: impl Fn(Duration) -> bool,
) -> io::Result<bool> {
    match &reply.body {
        Body::Whole(_) if reply.conditional && is_current(request, reply) => {
            send_not_modified(stream, reply)?;
            return Ok(true);
        }
        Body::Whole(bytes) => {
            send_whole(stream, request, reply, bytes)?;
            return Ok(true);
        }
        Body::RedirectForever => {
            let hop = HOPS.fetch_add(1, Ordering::Relaxed);
            let to = format!("{}?hop={hop}", request.path());
            send_whole(stream, request, &Reply::redirect(reply.status, &to), b"")?;
            return Ok(true);
        }
        Body::Drip { bytes, interval } => {
            send_open_head(stream, reply)?;
            for byte in bytes {
                stream.write_all(&[*byte])?;
                if !pause(*interval) {
                    break;
                }
            }
        }
        Body::Endless => {
            send_open_head(stream, reply)?;
            let lines = b"and another line of text\n".repeat(512);
            loop {
                stream.write_all(&lines)?;
            }
        }
        Body::Bomb { coding, decoded } => {
            send_open_head(stream, reply)?;
            send_bomb(stream, *coding, *decoded)?;
        }
        Body::Forever {
            begin,
            again,
            interval,
        } => {
            stream.write_all(begin)?;
            while pause(*interval) {
                stream.write_all(again)?;
            }
        }
        Body::Raw(bytes) => stream.write_all(bytes)?,
        Body::Close | Body::Hold => {}
    }
    Ok(false)
}

/// Whether the client already has this very reply (RFC 9110 §13.2.2: `If-None-Match` alone
/// decides where it is present).
fn is_current(request: &Request, reply: &Reply) -> bool {
    let (asked, have) = match request.header_bytes("if-none-match") {
        Some(etag) => (Some(etag), reply.header_bytes("etag")),
        None => (
            request.header_bytes("if-modified-since"),
            reply.header_bytes("last-modified"),
        ),
    };
    reply.status == 200 && asked.is_some() && asked == have
}

/// 304 with every header that does not describe the body.
fn send_not_modified(stream: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let mut head = status_line(304);
    for (name, value) in &reply.headers {
        if !name.to_ascii_lowercase().starts_with("content-") {
            push_header(&mut head, name, value);
        }
    }
    head.extend(b"\r\n");
    stream.write_all(&head)
}

fn send_whole(
    stream: &mut TcpStream,
    request: &Request,
    reply: &Reply,
    body: &[u8],
) -> io::Result<()> {
    let mut message = head(reply);
    if reply.header_bytes("content-length").is_none() {
        push_header(
            &mut message,
            "Content-Length",
            body.len().to_string().as_bytes(),
        );
    }
    message.extend(b"\r\n");
    if request.method != "HEAD" {
        message.extend(body);
    }
    stream.write_all(&message)
}

/// The head of a body that ends when the connection does.
fn send_open_head(stream: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let mut message = head(reply);
    push_header(&mut message, "Connection", b"close");
    message.extend(b"\r\n");
    stream.write_all(&message)
}

/// A feed that begins well and then is nothing but spaces.
fn send_bomb(stream: &mut TcpStream, coding: Coding, decoded: u64) -> io::Result<()> {
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(stream, Compression::best());
            fill(&mut encoder, decoded)?;
            encoder.finish().map(drop)
        }
        Coding::Brotli => fill(
            &mut brotli::CompressorWriter::new(stream, 4096, 5, 22),
            decoded,
        ),
        Coding::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(stream, 3)?;
            fill(&mut encoder, decoded)?;
            encoder.finish().map(drop)
        }
    }
}

/// Flushes now and then: the client, and then this, should not wait for the end of it all.
fn fill(encoder: &mut impl Write, decoded: u64) -> io::Result<()> {
    encoder.write_all(b"<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>")?;
    let spaces = vec![b' '; 64 * 1024];
    for block in 0..decoded.div_ceil(64 * 1024) {
        encoder.write_all(&spaces)?;
        if block % 16 == 0 {
            encoder.flush()?;
        }
    }
    encoder.flush()
}

fn head(reply: &Reply) -> Vec<u8> {
    let mut head = status_line(reply.status);
    for (name, value) in &reply.headers {
        push_header(&mut head, name, value);
    }
    head
}

/// The reason phrase may be empty (RFC 9112 §4), and clients must not read it.
fn status_line(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} \r\n").into_bytes()
}

fn push_header(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend(name.as_bytes());
    head.extend(b": ");
    head.extend(value);
    head.extend(b"\r\n");
}
