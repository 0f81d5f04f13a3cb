//! `[websub]`: where hubs reach this machine, and where it listens for them.

use std::{net::SocketAddr, time::Duration};

use toml::de::DeValue;
use url::{Host, Url};

use super::{
    WebSubConfig,
    address::{is_own_host, private_address},
    section::Section,
    settings::home,
    value::{self, Read},
};
use crate::model::Opening;

/// Bounds of `lease`.
const LEASES: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(3600)..=Duration::from_secs(400 * 24 * 3600);
/// Names that mean this machine or this network.
const LOCAL_NAMES: &[&str] = &["localhost", "local", "internal", "home.arpa"];

pub(super) fn read(section: &mut Section<'_, '_>, allow_private: &[Opening]) -> WebSubConfig {
    let default = WebSubConfig::default();
    let public_url = section.read("public_url", |value| public_url(value, allow_private));
    let websub = WebSubConfig {
        public_url: public_url.flatten(),
        listen: section.read("listen", listen).unwrap_or(default.listen),
        lease: section
            .read("lease", |value| value::duration(value, &LEASES))
            .unwrap_or(default.lease),
    };
    section.finish(|key| home(key, "websub"));
    websub
}

/// `None` for the empty one.
fn public_url(value: &DeValue<'_>, allow_private: &[Opening]) -> Read<Option<String>> {
    let text = value::text(value)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |why: &str| Err(format!("\"{}\" {why}", crate::model::redact_url(text)).into());
    let Ok(url) = Url::parse(text) else {
        return wrong("is not a URL; write e.g. \"https://news.example.org/tidings\"");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("is neither http nor https; write e.g. \"https://news.example.org/tidings\"");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("has a user name in it; hubs must reach it without a login");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("has a part after ? or #; leave it out, Tidings adds the paths it needs");
    }
    if is_private(&url) && !is_own_host(&url, allow_private) {
        return wrong(
            "is an address of a private network, where hubs cannot reach it; write the address that the world \
             knows (those in [fetch] allow_private are let pass, for hubs of your own)",
        );
    }
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            LOCAL_NAMES
                .iter()
                .any(|local| name == *local || name.ends_with(&format!(".{local}")))
        }
        // Nobody on the web writes IPv4 in IPv6's dress.
        Some(Host::Ipv6(address)) if address.to_ipv4_mapped().is_some() => true,
        Some(_) => private_address(url).is_some(),
        None => true,
    }
}

fn listen(value: &DeValue<'_>) -> Read<SocketAddr> {
    let text = value::text(value)?;
    text.trim().parse().map_err(|_| {
        format!("\"{text}\" is not an address with a port; write e.g. \"127.0.0.1:8380\" or \"[::1]:8380\"")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str, allowed: &[&str]) -> Result<Option<String>, String> {
        let allowed: Vec<Opening> = allowed.iter().map(|net| net.parse().unwrap()).collect();
        let toml = format!("{text:?}");
        let value = DeValue::parse(&toml).unwrap();
        public_url(value.get_ref(), &allowed).map_err(|mistake| mistake.message)
    }

    #[test]
    fn a_public_url_loses_its_last_slash_and_an_empty_one_is_off() {
        assert_eq!(url("", &[]), Ok(None));
        let given = url("https://News.example.org/tidings/", &[]).unwrap();
        assert_eq!(given.as_deref(), Some("https://news.example.org/tidings"));
        let root = url("http://news.example.org", &[]).unwrap();
        assert_eq!(root.as_deref(), Some("http://news.example.org"));
    }

    #[test]
    fn a_url_that_hubs_cannot_use_says_why() {
        for (text, why) in [
            ("news.example.org", "is not a URL"),
            ("ftp://news.example.org/", "neither http nor https"),
            ("https://a:b@news.example.org/", "user name"),
            ("https://news.example.org/?a=b", "after ?"),
            ("http://127.0.0.1:8380/", "private network"),
            ("http://[::1]/", "private network"),
            ("http://192.168.1.4/", "private network"),
            ("http://[::ffff:10.0.0.1]/", "private network"),
            ("http://box.local/", "private network"),
        ] {
            let told = url(text, &[]).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
            assert!(!told.contains("a:b"), "{told}");
        }
        assert!(url("http://127.0.0.1:8380/", &["127.0.0.0/8"]).is_ok());
    }
}
