//! Files that are gzip themselves (`sitemap.xml.gz`, sent as `application/gzip` without a
//! `Content-Encoding`): unpacked under the same cap as any body. HTTP's own codings are reqwest's.

use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;

use super::body::too_large;
use crate::model::{FailKind, Failure};

/// What a gzip file begins with (RFC 1952 section 2.3.1), deflate being the only method.
const MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];

/// The contents of a gzip file; `None` for anything else. A file within the file stays one.
///
/// # Errors
/// The contents are larger than `max` bytes, or the file is damaged.
pub fn unpack(bytes: &[u8], max: u64) -> Option<Result<Vec<u8>, Failure>> {
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let mut contents = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(max.saturating_add(1));
    Some(match reader.read_to_end(&mut contents) {
        _ if contents.len() as u64 > max => Err(too_large(max)),
        Ok(_) => Ok(contents),
        Err(error) => Err(Failure {
            kind: FailKind::Protocol,
            status: None,
            message: format!("a gzip file that cannot be unpacked: {error}"),
        }),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_file_of_several_members_is_unpacked_up_to_the_cap() {
        let file = [packed(b"<url"), packed(b"set/>")].concat();
        assert_eq!(unpack(&file, 9).unwrap().unwrap(), b"<urlset/>");
        let failure = unpack(&file, 8).unwrap().unwrap_err();
        assert_eq!(failure.kind, FailKind::TooLarge);
        assert!(unpack(b"<urlset/>", 9).is_none());
    }

    #[test]
    fn a_bomb_is_given_up_at_the_cap_and_a_damaged_file_says_so() {
        let bomb = packed(&vec![b'a'; 64 << 20]);
        assert_eq!(
            unpack(&bomb, 1 << 20).unwrap().unwrap_err().kind,
            FailKind::TooLarge
        );
        let cut = packed(b"<urlset/>");
        let failure = unpack(&cut[..cut.len() - 9], 99).unwrap().unwrap_err();
        assert!(
            failure.message.contains("cannot be unpacked"),
            "{failure:?}"
        );
    }
}
