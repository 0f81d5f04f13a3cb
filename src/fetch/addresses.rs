//! Which addresses are public: the table that keeps feeds from reaching into private networks.
//!
//! IPv4 is a deny list of the special-purpose registry (RFC 6890 and its updates); IPv6 is an
//! allow list, because its transition forms hide IPv4 addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Special-purpose IPv4 networks as (network, prefix length).
const DENIED_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carrier-grade NAT
    ([127, 0, 0, 0], 8),      // loopback
    ([169, 254, 0, 0], 16),   // link local, cloud metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // 6to4 relay
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarking
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
    ([168, 63, 129, 16], 32), // Azure's host agent, outside every registry
];

/// Within `2000::/3`, what is no public unicast address all the same.
const DENIED_V6: &[([u16; 2], u32)] = &[
    ([0x2001, 0x0000], 23), // Teredo, ORCHID, benchmarking
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0x0000], 16), // 6to4
    ([0x3fff, 0x0000], 20), // documentation
];

/// True if the address belongs to the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Unwraps IPv4-mapped addresses (`::ffff:a.b.c.d`).
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !DENIED_V4.iter().any(|(network, length)| {
        let mask = u32::MAX << (32 - length);
        bits & mask == Ipv4Addr::from(*network).to_bits() & mask
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // NAT64 (RFC 6052): as public as the IPv4 address inside.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [a, b, c, d] = [
            segments[6] >> 8,
            segments[6] & 0xff,
            segments[7] >> 8,
            segments[7] & 0xff,
        ]
        .map(|byte| u8::try_from(byte).unwrap_or(0));
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let head = (u32::from(segments[0]) << 16) | u32::from(segments[1]);
    segments[0] >> 13 == 1
        && !DENIED_V6.iter().any(|(network, length)| {
            let mask = u32::MAX << (32 - length);
            head & mask == ((u32::from(network[0]) << 16) | u32::from(network[1])) & mask
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_dress() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "ff02::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for text in [
            "1.1.1.1",
            "172.32.0.1",
            "192.0.3.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
