//! What the guard lets through is a public address by the standard library's own words, or a name
//! that is not local.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use tidings::{fetch::Guard, model::Opening};

fuzz_target!(|text: &str| {
    if let Ok(opening) = text.parse::<Opening>() {
        assert_eq!(opening.to_string().parse(), Ok(opening), "{text:?}");
    }
    for guard in [
        Guard::new(Vec::new()),
        Guard::new(Vec::new()).before_proxy(),
    ] {
        let Ok(url) = guard.check_url(text) else {
            continue;
        };
        assert!(matches!(url.scheme(), "http" | "https"), "{text:?}");
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "{text:?}"
        );
        let host = url.host_str().expect("http has a host");
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => assert!(may_be_public(address), "{text:?}"),
            Ok(IpAddr::V6(address)) => assert!(may_be_public_v6(address), "{text:?}"),
            Err(_) => {
                let name = bare.trim_end_matches('.');
                for local in ["localhost", ".localhost", ".local", ".internal"] {
                    assert!(
                        !name.ends_with(local)
                            || name.len() > local.len() && !local.starts_with('.'),
                        "{text:?}"
                    );
                }
            }
        }
        let again = guard
            .check_url(url.as_str())
            .expect("as it was read, it is allowed too");
        assert_eq!(again, url, "{text:?}");
    }
});

fn may_be_public(address: Ipv4Addr) -> bool {
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast())
}

fn may_be_public_v6(address: Ipv6Addr) -> bool {
    // Every form that hides an IPv4 address in its last 32 bits outside of 2000::/3.
    let [.., high, low] = address.segments();
    let within = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    let global = address.segments()[0] & 0xe000 == 0x2000;
    let nat64 = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let mapped = address.to_ipv4_mapped().is_some();
    (global && address.segments()[0] != 0x2002) || ((nat64 || mapped) && may_be_public(within))
}
