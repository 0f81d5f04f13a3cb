//! `X-Hub-Signature` (section 8): an HMAC of the raw body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

/// True if `header` (`method=hexadecimal digits`) is the signature of `body` with `secret`. The
/// comparison takes the same time wherever the first difference is.
#[must_use]
pub fn is_signed(secret: &str, header: Option<&str>, body: &[u8]) -> bool {
    let Some((method, digits)) = header.and_then(|header| header.trim().split_once('=')) else {
        return false;
    };
    let Some(given) = from_hex(digits) else {
        return false;
    };
    let key = secret.as_bytes();
    macro_rules! holds {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&given).is_ok())
        };
    }
    match method.to_ascii_lowercase().as_str() {
        "sha1" => holds!(Sha1),
        "sha256" => holds!(Sha256),
        "sha384" => holds!(Sha384),
        "sha512" => holds!(Sha512),
        _ => false,
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    // SHA-512 has 64 bytes.
    if digits.len() > 128 || digits.len() % 2 == 1 {
        return None;
    }
    digits
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::try_from((nibble(pair[0])? << 4) | nibble(pair[1])?).ok())
        .collect()
}
