//! Reading and unpacking a body under caps, so that a small answer cannot unpack into gigabytes;
//! and few large bodies at once, so that many of them cannot fill the memory.
//!
//! Unpacked here and not by the client, which would not tell how much came over the wire.

use std::{io, pin::Pin, sync::Arc};

use async_compression::{
    tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::StreamExt as _;
use reqwest::{
    Response,
    header::{CONTENT_ENCODING, HeaderMap},
};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::io::StreamReader;

use super::{explain, unpack};
use crate::model::{FailKind, Failure};

/// `Accept-Encoding`: what [`read`] unpacks.
pub(super) const ACCEPTED: &str = "gzip, br, zstd";

/// What is reserved at once at most, whatever the server promises.
const FIRST: u64 = 256 * 1024;
/// Unpacked at once, before the caps are looked at again.
const STEP: usize = 32 * 1024;
/// zstd frames that need more memory than 8 MiB are refused, as RFC 9659 demands for HTTP.
const ZSTD_WINDOW_LOG: u32 = 23;

/// From here on a body is large.
const LARGE: usize = 1024 * 1024;
/// Large bodies in memory at once, from their reading until they are parsed and dropped.
pub(super) const LARGE_AT_ONCE: usize = 8;

/// A large body with its place among the few.
struct Large {
    bytes: BytesMut,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Plain,
    Gzip,
    Brotli,
    Zstd,
}

impl Coding {
    /// What the headers say. Words that are no coding, which some servers write there, and codings
    /// that nobody asked for are taken as plain: the parser says what the document is.
    fn of(headers: &HeaderMap) -> Self {
        let mut said = headers.get_all(CONTENT_ENCODING).iter();
        let (Some(first), None) = (said.next(), said.next()) else {
            return Self::Plain;
        };
        match first
            .as_bytes()
            .trim_ascii()
            .to_ascii_lowercase()
            .as_slice()
        {
            b"gzip" | b"x-gzip" => Self::Gzip,
            b"br" => Self::Brotli,
            b"zstd" => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// Most bytes on the wire: a feed packs to a fifth, so half is generous.
    fn most_on_wire(self, max: u64) -> u64 {
        match self {
            Self::Plain => max,
            _ => max / 2,
        }
    }

    fn unpack<R: AsyncBufRead + Send + 'static>(self, packed: R) -> Pin<Box<dyn AsyncRead + Send>> {
        match self {
            Self::Plain => Box::pin(packed),
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(packed);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Self::Brotli => Box::pin(BrotliDecoder::new(packed)),
            Self::Zstd => {
                let window = DParameter::window_log_max(ZSTD_WINDOW_LOG);
                let mut decoder = ZstdDecoder::with_params(packed, &[window]);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        }
    }
}

/// More came over the wire than may.
#[derive(Debug, thiserror::Error)]
#[error("more came over the wire than may")]
struct TooMuch;

/// Reads the whole body, or stops at `max` bytes unpacked, or at half of that packed: with a
/// failure, unless it may be `cut` there. A large one waits for a place, which it keeps as long as its bytes live.
pub(super) async fn read(
    response: Response,
    max: u64,
    cut: bool,
    places: &Arc<Semaphore>,
) -> Result<Bytes, Failure> {
    let coding = Coding::of(response.headers());
    let most = coding.most_on_wire(max);
    let promised = response.content_length().unwrap_or(0);
    if promised > most && !cut {
        return Err(too_large(max));
    }
    let mut left = most;
    let chunks = response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        // What may be cut ends with the chunk that reaches the cap.
        left = match left.checked_sub(chunk.len() as u64) {
            None if !cut => return Err(io::Error::other(TooMuch)),
            left => left.unwrap_or(0),
        };
        Ok::<Bytes, io::Error>(chunk)
    });
    let mut packed = StreamReader::new(Box::pin(chunks));
    let failed = |error| failed(error, max);
    // Nothing at all is not broken gzip.
    if packed.fill_buf().await.map_err(failed)?.is_empty() {
        return Ok(Bytes::new());
    }
    let mut document = coding.unpack(packed);
    let mut place = None;
    let mut body = BytesMut::with_capacity(usize::try_from(promised.min(FIRST)).unwrap_or(0));
    loop {
        let step = document.read_buf(&mut (&mut body).limit(STEP)).await;
        if step.map_err(failed)? == 0 {
            break;
        }
        if body.len() as u64 > max {
            if cut {
                body.truncate(usize::try_from(max).unwrap_or(usize::MAX));
                break;
            }
            return Err(too_large(max));
        }
        if place.is_none() && body.len() > LARGE {
            place = Arc::clone(places).acquire_owned().await.ok();
        }
    }
    if let Some(contents) = unpack::unpack(&body, max) {
        body = BytesMut::from(Bytes::from(contents?));
        if place.is_none() && body.len() > LARGE {
            place = Arc::clone(places).acquire_owned().await.ok();
        }
    }
    Ok(match place {
        Some(_place) => Bytes::from_owner(Large {
            bytes: body,
            _place,
        }),
        None => body.freeze(),
    })
}

/// Of the connection, of the wire's cap, or of what was to be unpacked.
fn failed(error: io::Error, max: u64) -> Failure {
    let said = error.to_string();
    match error.into_inner().map(|inner| inner.downcast()) {
        Some(Ok(error)) => explain::explain(*error),
        Some(Err(inner)) if inner.is::<TooMuch>() => too_large(max),
        _ => explain::broken(&said),
    }
}

pub(super) fn too_large(max: u64) -> Failure {
    Failure {
        kind: FailKind::TooLarge,
        status: None,
        message: format!(
            "the document is larger than {} (max_body, counted after decompression; packed, half of it); raise \
             max_body for this feed if it is really that big",
            bytesize::ByteSize::b(max)
        ),
    }
}
