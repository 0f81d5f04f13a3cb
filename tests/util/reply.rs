//! What the feed server answers: a value that tests build fluently, from well-behaved to hostile.
//!
//! Only data; `wire` turns it into bytes on a socket.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};

/// One answer, and through [`Reply::then`] the answers after it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
    /// Answer 304 when the client's validators are the ones of this reply.
    pub(crate) conditional: bool,
    /// Time between the request and the answer.
    pub(crate) delay: Duration,
    /// Takes the place of this reply once it has been given.
    pub(crate) next: Option<Box<Reply>>,
}

/// How the bytes after the head are made.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// Sent whole with its `Content-Length`; the connection stays open.
    Whole(Vec<u8>),
    /// One byte an interval.
    Drip { bytes: Vec<u8>, interval: Duration },
    /// Lines of text until the client has had enough.
    Endless,
    /// This many bytes after decompression, a thousandth of it and less on the wire.
    Bomb { coding: Coding, decoded: u64 },
    /// These bytes in place of an answer, head included, then others again and again, an interval
    /// apart.
    Forever {
        begin: Vec<u8>,
        again: Vec<u8>,
        interval: Duration,
    },
    /// No answer until the route is served anew or the site stops.
    Hold,
    /// The connection is closed in place of an answer.
    Close,
    /// These bytes in place of an answer, head included, then the connection is closed.
    Raw(Vec<u8>),
    /// A redirect to a target never seen before, each time.
    RedirectForever,
}

/// How a bomb is packed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// As `Content-Encoding` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

impl Reply {
    fn new(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
            conditional: true,
            delay: Duration::ZERO,
            next: None,
        }
    }

    /// 200 with these bytes as `application/xml` (no charset, so the document's own counts).
    pub(crate) fn feed(bytes: impl Into<Vec<u8>>) -> Self {
        Self::status(200)
            .body(bytes)
            .content_type("application/xml")
    }

    /// 200 with these bytes as an HTML page.
    pub(crate) fn html(bytes: impl Into<Vec<u8>>) -> Self {
        Self::status(200)
            .body(bytes)
            .content_type("text/html; charset=utf-8")
    }

    /// That status and an empty body; [`Reply::header`] and [`Reply::body`] say more.
    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, Body::Whole(Vec::new()))
    }

    /// A redirect: 301, 302, 303, 307 or 308. To its own path it is a loop.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// Redirects that never end and never repeat, so that only counting hops stops them.
    pub(crate) fn redirect_forever() -> Self {
        Self::new(302, Body::RedirectForever)
    }

    /// These bytes, one each `interval`, then the end.
    pub(crate) fn drip(bytes: impl Into<Vec<u8>>, interval: Duration) -> Self {
        Self::new(
            200,
            Body::Drip {
                bytes: bytes.into(),
                interval,
            },
        )
    }

    /// A body without end.
    pub(crate) fn endless() -> Self {
        Self::new(200, Body::Endless)
    }

    /// Small on the wire, `decoded` bytes after decompression; made while it is sent.
    pub(crate) fn bomb(coding: Coding, decoded: u64) -> Self {
        Self::new(200, Body::Bomb { coding, decoded }).header("Content-Encoding", coding.name())
    }

    /// Exactly these bytes, then others again and again until the client has had enough.
    pub(crate) fn forever(
        begin: impl Into<Vec<u8>>,
        again: impl Into<Vec<u8>>,
        interval: Duration,
    ) -> Self {
        let (begin, again) = (begin.into(), again.into());
        Self::new(
            200,
            Body::Forever {
                begin,
                again,
                interval,
            },
        )
    }

    /// Accepts the request and says nothing until the path is served anew (then that is the
    /// answer) or the site is dropped.
    pub(crate) fn hold() -> Self {
        Self::new(200, Body::Hold)
    }

    /// Reads the request and closes the connection.
    pub(crate) fn close() -> Self {
        Self::new(200, Body::Close)
    }

    /// Exactly these bytes, status line and all.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(200, Body::Raw(bytes.into()))
    }

    /// Replaces the body by these bytes.
    pub(crate) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Whole(bytes.into());
        self
    }

    /// Adds a header; any bytes are sent as they are.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn etag(self, value: impl AsRef<[u8]>) -> Self {
        self.header("ETag", value)
    }

    pub(crate) fn last_modified(self, value: &str) -> Self {
        self.header("Last-Modified", value)
    }

    /// Replaces the content type.
    pub(crate) fn content_type(mut self, value: &str) -> Self {
        self.headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.header("Content-Type", value)
    }

    /// Compresses the body and says so, whether the client accepts it or not.
    pub(crate) fn gzip(mut self) -> Self {
        if let Body::Whole(bytes) = &mut self.body {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).expect("memory takes all");
            *bytes = encoder.finish().expect("memory takes all");
        }
        self.header("Content-Encoding", "gzip")
    }

    /// Never 304: the server that sends validators and ignores them.
    pub(crate) fn unconditional(mut self) -> Self {
        self.conditional = false;
        self
    }

    /// Answers that much later: the slow server.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// After this reply has been given once, that one; the last of a chain stays.
    pub(crate) fn then(mut self, next: Reply) -> Self {
        self.next = Some(Box::new(match self.next {
            Some(later) => later.then(next),
            None => next,
        }));
        self
    }

    /// The first header of that name.
    pub(crate) fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }
}
