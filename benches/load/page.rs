//! One feed document as the server holds it, and the loopback address it stands at.

use std::{
    io::{Read, Write},
    net::Ipv4Addr,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

/// A feed document, compressed once and not at every request.
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) etag: String,
    pub(crate) last_modified: String,
    pub(crate) gzip: Vec<u8>,
}

impl Page {
    pub(crate) fn new(
        content_type: &'static str,
        etag: String,
        last_modified: String,
        body: &[u8],
    ) -> Self {
        let mut encoder =
            GzEncoder::new(Vec::with_capacity(body.len() / 2), Compression::default());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(body);
        let gzip = encoder.finish().unwrap_or_default();
        Self {
            content_type,
            etag,
            last_modified,
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

/// Where a feed stands. All of 127.0.0.0/8 is this machine, so each feed can be its own host.
pub(crate) fn url(feed: usize, port: u16) -> String {
    let address = Ipv4Addr::from(FIRST + u32::try_from(feed).unwrap_or(u32::MAX - FIRST));
    format!("http://{address}:{port}/feed.xml")
}

/// Which feed a connection to this address wants.
pub(crate) fn feed_at(address: Ipv4Addr) -> Option<usize> {
    usize::try_from(u32::from(address).checked_sub(FIRST)?).ok()
}
