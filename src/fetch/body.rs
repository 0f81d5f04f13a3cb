//! Reading a body under a cap that counts decoded bytes, so that a small answer cannot unpack
//! into gigabytes; and few large bodies at once, so that many of them cannot fill the memory.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::explain;
use crate::model::{FailKind, Failure};

/// What is reserved at once at most, whatever the server promises.
const FIRST: u64 = 256 * 1024;

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

/// Reads the whole body, or stops at `max` bytes. A large one waits for a place, which it keeps as
/// long as its bytes live.
pub(super) async fn read(
    mut response: Response,
    max: u64,
    places: &Arc<Semaphore>,
) -> Result<Bytes, Failure> {
    let mut place = None;
    let promised = response.content_length().unwrap_or(0).min(FIRST);
    let mut body = BytesMut::with_capacity(usize::try_from(promised).unwrap_or(0));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() as u64 + chunk.len() as u64 > max => {
                return Err(too_large(max));
            }
            Ok(Some(chunk)) => {
                if place.is_none() && body.len() + chunk.len() > LARGE {
                    place = Arc::clone(places).acquire_owned().await.ok();
                }
                body.extend_from_slice(&chunk);
            }
            Ok(None) => {
                return Ok(match place {
                    Some(_place) => Bytes::from_owner(Large {
                        bytes: body,
                        _place,
                    }),
                    None => body.freeze(),
                });
            }
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
