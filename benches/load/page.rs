//! One feed document as the server holds it, and the loopback address it stands at.

use std::{
    io::{Read, Write},
    net::Ipv4Addr,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// What tells one edition of a document from the next.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    pub(crate) etag: String,
    pub(crate) last_modified: String,
}

/// A feed document, compressed once and not at every request.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) validators: Validators,
    pub(crate) gzip: Vec<u8>,
}

impl Page {
    pub(crate) fn new(content_type: &'static str, validators: Validators, body: &[u8]) -> Self {
        let mut encoder =
            GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::default());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(body);
        let gzip = encoder.finish().unwrap_or_default();
        Self {
            content_type,
            validators,
            gzip,
        }
    }

    /// The body for the rare client that takes no gzip.
    pub(crate) fn plain(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let _ = GzDecoder::new(self.gzip.as_slice()).read_to_end(&mut body);
        body
    }
}

/// Feed 0 is at 127.1.0.1; the addresses go up from there.
const FIRST: u32 = u32::from_be_bytes([127, 1, 0, 1]);

/// Where feeds stand. All of 127.0.0.0/8 is this machine, so each feed can be its own host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) port: u16,
    /// Several feeds share an address if there are fewer addresses than feeds.
    pub(crate) addresses: usize,
}

impl Places {
    /// The address of a feed, which is its host.
    pub(crate) fn host(self, feed: usize) -> String {
        let host = u32::try_from(feed % self.addresses);
        Ipv4Addr::from(FIRST + host.unwrap_or(u32::MAX - FIRST)).to_string()
    }

    /// The URL of a feed: told by the address, and by the path where that is shared.
    pub(crate) fn url(self, feed: usize) -> String {
        let (address, beside) = (self.host(feed), feed / self.addresses);
        let port = self.port;
        match beside {
            0 => format!("http://{address}:{port}/feed.xml"),
            beside => format!("http://{address}:{port}/{beside}.xml"),
        }
    }

    /// Which feed a request for this path at this address wants.
    pub(crate) fn feed_at(self, address: Ipv4Addr, path: &str) -> Option<usize> {
        let host = usize::try_from(u32::from(address).checked_sub(FIRST)?).ok()?;
        let name = path.strip_prefix('/')?.strip_suffix(".xml")?;
        let beside = match name {
            "feed" => 0,
            number => number.parse().ok()?,
        };
        (host < self.addresses).then_some(host + beside * self.addresses)
    }
}
