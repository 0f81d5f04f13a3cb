//! Encodings written in ASCII bytes that `encoding_rs` leaves out: HZ, ISO-2022-KR and UTF-7.
//! Bytes that break their rules become U+FFFD.

use encoding_rs::{EUC_KR, Encoding, GBK};

/// HZ (RFC 1843): `~{` begins pairs of bytes of GB 2312, `~}` ends them, `~~` is a tilde, and a
/// tilde before a newline joins lines.
pub(super) fn hz(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'~', rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
        text.push_str(&String::from_utf8_lossy(plain));
        let escaped = escape.get(2..).unwrap_or_default();
        match escape.get(1) {
            Some(b'~') => text.push('~'),
            Some(b'\n') => {}
            Some(b'{') => {
                let end = memchr::memmem::find(escaped, b"~}").unwrap_or(escaped.len());
                pairs(GBK, escaped.get(..end).unwrap_or_default(), &mut text);
                rest = escaped.get(end + 2..).unwrap_or_default();
                continue;
            }
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
        rest = escaped;
    }
    text.push_str(&String::from_utf8_lossy(rest));
    text
}

/// ISO-2022-KR (RFC 1557): shift-out begins pairs of bytes of KS X 1001, shift-in ends them; the
/// escape sequence that announces them is no text.
pub(super) fn iso_2022_kr(bytes: &[u8]) -> String {
    const ANNOUNCED: &str = "\x1b$)C";
    let mut text = String::with_capacity(bytes.len());
    for (index, part) in bytes.split(|byte| *byte == 0x0e).enumerate() {
        let (korean, plain) = match memchr::memchr(0x0f, part) {
            _ if index == 0 => (None, part),
            Some(end) => (part.get(..end), part.get(end + 1..).unwrap_or_default()),
            None => (Some(part), &b""[..]),
        };
        pairs(EUC_KR, korean.unwrap_or_default(), &mut text);
        text.push_str(&String::from_utf8_lossy(plain).replace(ANNOUNCED, ""));
    }
    text
}

/// Decodes seven-bit pairs, which are the encoding's without the top bits. Bytes below the pairs
/// (newlines, spaces) stand for themselves.
fn pairs(encoding: &'static Encoding, bytes: &[u8], text: &mut String) {
    let raised: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte > 0x20 { byte | 0x80 } else { *byte })
        .collect();
    text.push_str(&encoding.decode_without_bom_handling(&raised).0);
}

/// UTF-7 (RFC 2152): `+` begins UTF-16 in base64, which ends at the first other byte; a `-` there
/// is dropped, and `+-` is a plus.
pub(super) fn utf7(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'+', rest) {
        let (plain, shifted) = rest.split_at_checked(at).unwrap_or((rest, b""));
        text.push_str(&String::from_utf8_lossy(plain));
        let shifted = shifted.get(1..).unwrap_or_default();
        let length = shifted.iter().map_while(|byte| sextet(*byte)).count();
        let (base64, after) = shifted.split_at_checked(length).unwrap_or((shifted, b""));
        let ended = after.strip_prefix(b"-");
        match (base64, ended) {
            ([], Some(_)) => text.push('+'),
            ([], None) => text.push(char::REPLACEMENT_CHARACTER),
            _ => text.extend(
                char::decode_utf16(units(base64)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)),
            ),
        }
        rest = ended.unwrap_or(after);
    }
    text.push_str(&String::from_utf8_lossy(rest));
    text
}

fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// The 16-bit units that base64 holds; bits left over are padding.
fn units(base64: &[u8]) -> impl Iterator<Item = u16> {
    let (mut bits, mut count) = (0_u32, 0);
    base64
        .iter()
        .filter_map(|byte| sextet(*byte))
        .filter_map(move |value| {
            bits = (bits << 6) | value;
            count += 6;
            if count < 16 {
                return None;
            }
            count -= 16;
            let unit = bits >> count;
            bits &= (1 << count) - 1;
            u16::try_from(unit).ok()
        })
}
