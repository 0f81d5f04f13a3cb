//! Politeness scopes: which requests count together, how far apart they start, how long a server
//! that asks for a pause is left alone.
//!
//! Pure rules, here because the store (which claims) and the fetcher (which asks) must agree.

use std::time::Duration;

use super::{Time, later};

/// No server gets more than this, whatever it asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(31 * 24 * 3600);
/// For servers that ask for a pause without saying how long.
const UNSAID_PAUSE: Duration = Duration::from_secs(4 * 3600);
const DEFAULT_SPACING: Duration = Duration::from_secs(2);

/// A site whose hosts count as one.
struct Site {
    /// The registrable domain.
    domain: &'static str,
    /// Least time between the starts of two requests, whatever the settings say.
    spacing: Duration,
}

const SITES: &[Site] = &[
    // Since June 2026 about one request a minute and address; more is answered by 429, then 403.
    Site {
        domain: "reddit.com",
        spacing: Duration::from_secs(60),
    },
    // Every blog has a host of its own, and a 429 of one is meant for the whole service.
    Site {
        domain: "tumblr.com",
        spacing: DEFAULT_SPACING,
    },
    // Blocks readers that ask in bursts, whatever their settings.
    Site {
        domain: "openrss.org",
        spacing: DEFAULT_SPACING,
    },
];

/// The scope of a URL's host: the host itself, or the registrable domain of a site whose hosts
/// count as one.
#[must_use]
pub fn scope_of(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    SITES
        .iter()
        .find(|site| is_of(&host, site.domain))
        .map_or(host, |site| site.domain.to_owned())
}

/// The least time between the starts of two requests to a scope, if `usual` is what the settings
/// ask for.
#[must_use]
pub fn spacing_of(scope: &str, usual: Duration) -> Duration {
    SITES
        .iter()
        .find(|site| site.domain == scope)
        .map_or(usual, |site| site.spacing.max(usual))
}

/// Until when a scope is left alone that answered 429, or 503 with `Retry-After`, at `now`; `None`
/// if it asks for no wait at all.
#[must_use]
pub fn pause_until(now: Time, retry_after: Option<Duration>) -> Option<Time> {
    let wait = retry_after.unwrap_or(UNSAID_PAUSE).min(LONGEST_PAUSE);
    (!wait.is_zero()).then(|| later(now, wait))
}

fn is_of(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_host_but_for_sites_that_count_as_one() {
        for (host, scope) in [
            ("Example.ORG", "example.org"),
            ("example.org.", "example.org"),
            ("127.0.0.1", "127.0.0.1"),
            ("www.reddit.com", "reddit.com"),
            ("old.reddit.com.", "reddit.com"),
            ("reddit.com", "reddit.com"),
            ("notreddit.com", "notreddit.com"),
            ("reddit.com.example.org", "reddit.com.example.org"),
            ("staff.tumblr.com", "tumblr.com"),
        ] {
            assert_eq!(scope_of(host), scope, "{host}");
        }
    }

    #[test]
    fn a_listed_site_is_asked_no_faster_than_it_bears_and_no_faster_than_the_settings_say() {
        let seconds = Duration::from_secs;
        assert_eq!(spacing_of("example.org", seconds(2)), seconds(2));
        assert_eq!(spacing_of("example.org", seconds(0)), seconds(0));
        assert_eq!(spacing_of("reddit.com", seconds(2)), seconds(60));
        assert_eq!(spacing_of("reddit.com", seconds(90)), seconds(90));
        assert_eq!(spacing_of("openrss.org", seconds(0)), seconds(2));
    }

    #[test]
    fn every_listed_site_is_a_registrable_domain() {
        for site in SITES {
            assert_eq!(psl::domain_str(site.domain), Some(site.domain));
        }
    }

    #[test]
    fn a_pause_is_as_long_as_asked_for_and_hours_if_nothing_is_said() {
        let now = Time::UNIX_EPOCH;
        let wait = |asked: Option<u64>| {
            pause_until(now, asked.map(Duration::from_secs))
                .map(|until| (until - now).num_seconds())
        };
        assert_eq!(wait(Some(90)), Some(90));
        assert_eq!(wait(Some(0)), None);
        assert_eq!(wait(None), Some(4 * 3600));
        assert_eq!(wait(Some(u64::MAX)), Some(31 * 24 * 3600));
    }
}
