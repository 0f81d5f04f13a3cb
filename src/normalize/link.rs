//! Links: made absolute, and made canonical so that one story has one URL.
//!
//! Only http and https leave this file. What is cut from a URL is data (`TRACKING`); anything
//! that may choose another page stays.

use url::Url;

/// Longer URLs are dropped: a cut one would lead elsewhere.
pub(super) const MAX_URL: usize = 2048;

/// How a query parameter is recognized.
enum Param {
    /// By its name's beginning.
    Prefix(&'static str),
    /// By its whole name.
    Name(&'static str),
    /// By name and value.
    Pair(&'static str, &'static str),
    /// By name and the beginning of the value.
    Start(&'static str, &'static str),
}
use Param::{Name, Pair, Prefix, Start};

/// Parameters that say how a reader came to a page, not which page it is.
const TRACKING: &[Param] = &[
    Prefix("utm_"), // Urchin, Google Analytics and everyone after them
    Name("fbclid"), // Facebook
    Name("gclid"),  // Google Ads
    Name("dclid"),  // Google Display & Video
    Name("gbraid"), // Google Ads on iOS
    Name("wbraid"),
    Name("msclkid"), // Microsoft Advertising
    Name("yclid"),   // Yandex
    Name("twclid"),  // X
    Name("igshid"),  // Instagram
    Name("igsh"),
    Name("mc_cid"), // Mailchimp
    Name("mc_eid"),
    Name("mkt_tok"), // Marketo
    Name("_hsenc"),  // HubSpot
    Name("_hsmi"),
    Name("at_medium"), // BBC, AT Internet
    Name("at_campaign"),
    Name("ocid"),  // MSN
    Name("cmpid"), // Adobe and many newsrooms
    Name("ns_mchannel"),
    Name("ns_campaign"),
    Name("ns_source"),
    Pair("ref", "rss"),
    Pair("source", "rss"),
    Start("source", "rss-"), // Medium
    Pair("src", "rss"),
    Pair("from", "rss"),
    Pair("amp", "1"), // the AMP form of the same page
    Pair("amp", ""),
    Pair("outputType", "amp"),
];

/// An absolute link.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) text: String,
    /// What `text` says.
    pub(super) url: Url,
}

/// What relative links are relative to, in order: `xml:base`, the site's page, the feed.
#[derive(Clone)]
pub(super) struct Base(Option<Url>);

impl Base {
    /// The first candidate that is a URL or can be joined to a later one.
    pub(super) fn new(xml_base: Option<&str>, site: Option<&str>, feed_url: &str) -> Self {
        let feed = Self(Url::parse(feed_url).ok());
        let site = site.map_or_else(|| feed.clone(), |site| feed.within(site));
        xml_base.map_or_else(|| site.clone(), |base| site.within(base))
    }

    /// A base that is itself relative to this one; this one where it is none.
    pub(super) fn within(&self, inner: &str) -> Self {
        let inner = match (&self.0, inner.trim()) {
            (_, "") => None,
            (Some(outer), inner) => outer.join(inner).ok(),
            (None, inner) => Url::parse(inner).ok(),
        };
        Self(inner.filter(is_web).or_else(|| self.0.clone()))
    }

    /// The URL itself.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_ref().map(Url::as_str)
    }

    /// The link made absolute, as written where it is absolute already; `Err` says why not.
    pub(super) fn absolute(&self, link: &str) -> Result<String, String> {
        self.link(link).map(|link| link.text)
    }

    /// As [`Self::absolute`], with what it was read as.
    pub(super) fn link(&self, link: &str) -> Result<Link, String> {
        let link = link.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if link.len() > MAX_URL {
            return Err(format!(
                "a URL of {} bytes is left out (at most {MAX_URL})",
                link.len()
            ));
        }
        let parsed = match &self.0 {
            Some(base) => base.join(link),
            None => Url::parse(link),
        };
        match parsed {
            Ok(url) if is_web(&url) => Ok(Link {
                text: if is_plain(link) { link } else { url.as_str() }.to_owned(),
                url,
            }),
            Ok(url) => Err(format!(
                "a link with the scheme \"{}\" is left out",
                url.scheme()
            )),
            Err(_) if self.0.as_ref().is_none_or(Url::cannot_be_a_base) => Err(format!(
                "the link \"{}\" is left out: nobody knows what it is relative to",
                shown(link)
            )),
            Err(error) => Err(format!("the link \"{}\" is left out: {error}", shown(link))),
        }
    }
}

fn shown(link: &str) -> String {
    link.chars().take(60).collect()
}

/// The URL that stands for the page: scheme and host in lower case, without default port,
/// fragment (unless it is a `#!` route) and tracking parameters. `None` unless http or https.
///
/// AMP forms stand for the page they are made from, where the URL itself tells which that is.
#[must_use]
pub fn canonical_url(url: &str) -> Option<String> {
    canonical(Url::parse(url).ok()?, None)
}

/// As [`canonical_url`]; `told` takes what was done.
pub(super) fn canonical(mut url: Url, mut told: Option<&mut Vec<String>>) -> Option<String> {
    let mut tell = |what: String| {
        if let Some(told) = &mut told {
            told.push(what);
        }
    };
    if !is_web(&url) {
        return None;
    }
    if let Some(page) = page_of_amp(&url) {
        tell("AMP form replaced by its page".to_owned());
        url = page;
    }
    if url
        .fragment()
        .is_some_and(|fragment| !fragment.starts_with('!'))
    {
        tell("fragment removed".to_owned());
        url.set_fragment(None);
    }
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_tracking(pair)).collect();
        let removed = query.split('&').count() - kept.len();
        if removed > 0 || query.is_empty() {
            tell(match removed {
                1 => "1 tracking parameter removed".to_owned(),
                _ => format!("{removed} tracking parameters removed"),
            });
            let kept = kept.join("&");
            url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
        }
    }
    Some(url.into())
}

/// Caches that serve other sites' pages: host, or its end, and the path before `s/` (https) and the
/// page's own URL.
const AMP_CACHES: &[(&str, &str)] = &[
    (".cdn.ampproject.org", "/c/"), // Google's cache: documents
    (".cdn.ampproject.org", "/v/"), // the same, in a viewer
    ("cdn.ampproject.org", "/c/"),
    ("cdn.ampproject.org", "/v/"),
    ("www.google.com", "/amp/"),
    (".bing-amp.com", "/c/"),
];

/// The page that an AMP URL is another form of. Hosts named `amp.` are left alone: what the page's
/// own host is they do not tell.
fn page_of_amp(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let cached = AMP_CACHES.iter().find_map(|(cache, prefix)| {
        let is_cache = host == *cache || (cache.starts_with('.') && host.ends_with(cache));
        url.path().strip_prefix(prefix).filter(|_| is_cache)
    });
    if let Some(page) = cached {
        let page = match page.strip_prefix("s/") {
            Some(page) => format!("https://{page}"),
            None => format!("http://{page}"),
        };
        let mut page = Url::parse(&page).ok().filter(is_web)?;
        page.host_str().filter(|host| host.contains('.'))?;
        page.set_query(url.query());
        return Some(page_of_amp(&page).unwrap_or(page));
    }
    let path = url.path();
    // `/story/amp/`, `/story/amp`, `/story.amp`, `/story.amp.html`; never the site's own `/amp/`.
    let page = if let Some(page) = path.strip_suffix("/amp/").filter(|page| !page.is_empty()) {
        format!("{page}/")
    } else if let Some(page) = path.strip_suffix("/amp").filter(|page| !page.is_empty()) {
        page.to_owned()
    } else if let Some(page) = path.strip_suffix(".amp.html") {
        format!("{page}.html")
    } else {
        path.strip_suffix(".amp")?.to_owned()
    };
    let mut without = url.clone();
    without.set_path(&page);
    Some(without)
}

/// True if `text` is an absolute http(s) URL.
pub(super) fn is_web_url(text: &str) -> bool {
    let text = text.trim();
    starts_with_scheme(text) && Url::parse(text).is_ok()
}

/// The host of a URL.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn starts_with_scheme(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// True if nothing in an absolute URL needs percent-encoding or mending.
fn is_plain(link: &str) -> bool {
    starts_with_scheme(link)
        && link
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\\<>\"`{}|^".contains(&byte))
}

fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    TRACKING.iter().any(|param| match param {
        Prefix(prefix) => name.starts_with(prefix),
        Name(known) => name == *known,
        Pair(known, known_value) => name == *known && value == *known_value,
        Start(known, start) => name == *known && value.starts_with(start),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(url: &str) -> String {
        super::canonical_url(url).unwrap_or_default()
    }

    #[test]
    fn two_ways_to_one_page_have_one_canonical_url() {
        let page = "https://example.org/a?id=7";
        for way in [
            "HTTPS://Example.ORG:443/a?id=7",
            "https://example.org/a?id=7#comments",
            "https://example.org/a?utm_source=rss&id=7&utm_medium=feed",
            "https://example.org/a?fbclid=x&id=7&ref=rss",
            "https://example.org/a?id=7&source=rss-103cb4aea3c2------2",
        ] {
            assert_eq!(canonical(way), page, "{way}");
        }
        assert_eq!(
            canonical("https://example.org/a?utm_source=rss"),
            "https://example.org/a"
        );
        assert_eq!(canonical("https://example.org/a?"), "https://example.org/a");
    }

    #[test]
    fn an_amp_form_has_the_canonical_url_of_its_page() {
        for (way, page) in [
            ("https://example.org/a/amp/", "https://example.org/a/"),
            (
                "https://example.org/a/amp?utm_source=x",
                "https://example.org/a",
            ),
            (
                "https://example.org/a.amp.html",
                "https://example.org/a.html",
            ),
            ("https://example.org/a?amp=1", "https://example.org/a"),
            (
                "https://example-org.cdn.ampproject.org/c/s/example.org/a/amp/",
                "https://example.org/a/",
            ),
            (
                "https://www.google.com/amp/s/example.org/a",
                "https://example.org/a",
            ),
            ("https://example.org/amp/", "https://example.org/amp/"),
            ("https://amp.example.org/a", "https://amp.example.org/a"),
            (
                "https://www.google.com/amp/s/x",
                "https://www.google.com/amp/s/x",
            ),
        ] {
            assert_eq!(canonical(way), page, "{way}");
        }
    }

    #[test]
    fn what_may_choose_another_page_is_kept() {
        for url in [
            "https://example.org/a?ref=7",
            "https://example.org/#!/story/7",
            "https://example.org/a?b=%C3%A4&b=+&&c",
            "http://example.org:8080/A%20b",
        ] {
            assert_eq!(canonical(url), url);
        }
        assert_eq!(canonical_url("ftp://example.org/"), None);
        assert_eq!(canonical_url("a/b"), None);
    }

    #[test]
    fn relative_links_are_joined_to_the_nearest_base() {
        let base = Base::new(
            Some("/blog/"),
            Some("https://site.example"),
            "https://feeds.example/f",
        );
        assert_eq!(
            base.absolute("a b").unwrap(),
            "https://site.example/blog/a%20b"
        );
        assert_eq!(base.absolute("//x.example/").unwrap(), "https://x.example/");
        assert_eq!(
            base.absolute(" HTTP://x.example ").unwrap(),
            "HTTP://x.example"
        );
        let base = Base::new(None, None, "https://feeds.example/f/rss.xml");
        assert_eq!(
            base.absolute("?p=1").unwrap(),
            "https://feeds.example/f/rss.xml?p=1"
        );
    }

    #[test]
    fn links_that_no_browser_should_follow_are_refused_with_a_reason() {
        let base = Base::new(None, None, "https://feeds.example/f");
        assert!(
            base.absolute("javascript:alert(1)")
                .unwrap_err()
                .contains("javascript")
        );
        assert!(base.absolute("data:text/html,x").is_err());
        assert!(base.absolute("http://").is_err());
        assert!(
            base.absolute(&"x".repeat(3000))
                .unwrap_err()
                .contains("3000 bytes")
        );
    }
}
