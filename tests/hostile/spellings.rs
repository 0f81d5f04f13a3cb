//! The hosts that no publisher may lead Tidings to, in every spelling: one table for all ways in.

/// As they stand in a URL between `http://` and the port.
pub(crate) const PRIVATE: &[&str] = &[
    // Loopback in decimal, octal, hexadecimal, short, full-width, encoded, with a dot behind.
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "127.00.00.01",
    "127.0.0.1.",
    "127。0。0。1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127.0.0.2",
    "127.255.255.254",
    // Behind a name and password.
    "example.org@127.0.0.1",
    "me:pw@127.0.0.1",
    // This host, this network.
    "0",
    "0x0",
    "0.0.0.0",
    "0.0.0.1",
    // Private, shared, link-local; clouds' metadata services.
    "10.0.0.1",
    "167772161",
    "10.255.255.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "0300.0250.1.1",
    "0xc0a80101",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "2852039166",
    "0xA9FEA9FE",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    // Documentation, benchmarks, relays, multicast, reserved.
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    // Names of this machine and this network.
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.b.localhost",
    "loc%61lhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "printer.local",
    "nas.local.",
    "metadata.google.internal",
    "router.home.arpa",
    // IPv6: loopback, unspecified.
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    // IPv4 within: mapped, compatible, translated, NAT64 (well-known and local), 6to4, Teredo.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    // Link-local with and without a zone, site-local, unique local, multicast, discard.
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[febf::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[ff05::2]",
    "[100::1]",
    // Documentation, benchmarks, ORCHID, segment routing.
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[5f00::1]",
];

#[test]
fn the_table_has_every_kind_of_spelling_once() {
    assert!(PRIVATE.len() >= 60, "{}", PRIVATE.len());
    for (at, spelling) in PRIVATE.iter().enumerate() {
        assert!(!PRIVATE[..at].contains(spelling), "{spelling} stands twice");
    }
}
