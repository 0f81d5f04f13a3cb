//! Reading a body under a cap that counts decoded bytes, so that a small answer cannot unpack
//! into gigabytes.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::explain;
use crate::model::{FailKind, Failure};

/// What is reserved at once at most, whatever the server promises.
const FIRST: u64 = 256 * 1024;

/// Reads the whole body, or stops at `max` bytes.
pub(super) async fn read(mut response: Response, max: u64) -> Result<Bytes, Failure> {
    let promised = response.content_length().unwrap_or(0).min(FIRST);
    let mut body = BytesMut::with_capacity(usize::try_from(promised).unwrap_or(0));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() as u64 + chunk.len() as u64 > max => {
                return Err(too_large(max));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => return Err(explain::explain(error)),
        }
    }
}

fn too_large(max: u64) -> Failure {
    Failure {
        kind: FailKind::TooLarge,
        status: None,
        message: format!(
            "the document is larger than {} (max_body, counted after decompression); raise max_body for this feed \
             if it is really that big",
            bytesize::ByteSize::b(max)
        ),
    }
}
