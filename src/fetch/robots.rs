//! robots.txt (RFC 9309), for requests that nobody subscribed to: guessed pages, sitemaps.
//!
//! A feed that the operator named is asked without it, as feed readers do. The file is fetched as
//! anything else is (guard, gate, caps) and kept for a day in memory; nothing is decided here but
//! whether a URL may be asked for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use robotxt::{Robots, robots_url};
use tokio::time::Instant;
use url::{Position, Url};

use super::{FetchRequest, Fetcher, failed};
use crate::model::{FailKind, Failure, Fetched, Time, Validators, printable};

/// What we are called in robots.txt files.
const TOKEN: &str = "Tidings";
/// Bytes that are read of a file; the RFC wants 500 KiB at least (section 2.5).
const READ: u64 = 512 * 1024;
/// A file is believed so long, and no longer (section 2.4).
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// The same of the news that there is none to be had: servers come back.
const UNREACHABLE_KEPT: Duration = Duration::from_secs(3600);
/// Origins remembered before those whose file is out of date are forgotten.
const REMEMBERED: usize = 1024;

/// What an origin's file says.
#[derive(Clone)]
enum Said {
    /// These rules; none at all if there is no file.
    Rules(Arc<Robots>),
    /// Nothing, because it could not be read: then everything is forbidden (section 2.3.1.4).
    Unreachable(String),
    /// The server asks to come back later, which says nothing about its pages.
    Later(Box<Fetched>),
}

struct Kept {
    said: Said,
    until: Instant,
}

/// One origin's file; whoever holds the lock fetches it for all.
type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

/// The files known, by origin.
#[derive(Default)]
pub(super) struct RobotsFiles(Mutex<HashMap<String, Place>>);

impl RobotsFiles {
    fn place(&self, origin: &str) -> Place {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= REMEMBERED && !files.contains_key(origin) {
            let now = Instant::now();
            files.retain(|_, place| match place.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(|kept| now < kept.until),
                Err(_) => true,
            });
        }
        Arc::clone(files.entry(origin.to_owned()).or_default())
    }
}

impl Fetcher {
    /// The answer in place of a request that robots.txt forbids; `None` if it may be made.
    pub(super) async fn forbidden_by_robots(
        &self,
        request: &FetchRequest,
        url: &Url,
        now: Time,
    ) -> Option<Fetched> {
        let origin = url.origin().ascii_serialization();
        let place = self.robots.place(&origin);
        let mut kept = place.lock().await;
        let said = match kept.as_ref().filter(|kept| Instant::now() < kept.until) {
            Some(kept) => kept.said.clone(),
            None => {
                let said = self.read_robots(request, url, now).await;
                *kept = said.lifetime().map(|lifetime| Kept {
                    said: said.clone(),
                    until: Instant::now() + lifetime,
                });
                said
            }
        };
        drop(kept);
        said.about(url, &origin)
    }

    async fn read_robots(&self, request: &FetchRequest, url: &Url, now: Time) -> Said {
        let Ok(file) = robots_url(url) else {
            return Said::Unreachable("it has no address".to_owned());
        };
        let request = FetchRequest {
            url: file.into(),
            validators: Validators::default(),
            // They are for the feed; this file is for everybody.
            headers: Vec::new(),
            max_body: Some(READ),
            cut: true,
            robots: false,
            resume: None,
            ..request.clone()
        };
        match self.fetch(&request, now).await {
            Fetched::New(body) => {
                Said::Rules(Arc::new(Robots::parse(&essential(&body.bytes), TOKEN)))
            }
            Fetched::Gone => Said::nothing(),
            Fetched::Throttled {
                status,
                retry_after,
                scope,
                ..
            } => Said::Later(Box::new(Fetched::Throttled {
                status,
                retry_after,
                scope,
                // It is where robots.txt is, and not the feed.
                resume: None,
            })),
            held @ Fetched::Held { .. } => Said::Later(Box::new(held)),
            Fetched::NotModified { .. } => {
                Said::Unreachable("HTTP 304 to a request that was not conditional".to_owned())
            }
            Fetched::Failed { failure, .. } => match (failure.kind, failure.status) {
                // Unavailable: as if there were none (section 2.3.1.3), and so where redirects do
                // not end (section 2.3.1.2).
                (_, Some(400..=499)) | (FailKind::Redirect, _) => Said::nothing(),
                _ => Said::Unreachable(failure.message),
            },
        }
    }
}

impl Said {
    /// There is no file.
    fn nothing() -> Self {
        Self::Rules(Arc::new(Robots::allow_all()))
    }

    fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::Rules(_) => Some(KEPT),
            Self::Unreachable(_) => Some(UNREACHABLE_KEPT),
            Self::Later(_) => None,
        }
    }

    fn about(self, url: &Url, origin: &str) -> Option<Fetched> {
        let message = match self {
            Self::Later(later) => return Some(*later),
            Self::Rules(robots) if robots.is_url_allowed(url) => return None,
            Self::Rules(robots) => {
                let target = &url[Position::BeforePath..Position::AfterQuery];
                let rule = robots
                    .matching_rule(target)
                    .map_or("/", |rule| rule.pattern());
                format!(
                    "{origin}/robots.txt forbids it to {TOKEN} (Disallow: {rule}); ask the publisher, whose word counts"
                )
            }
            Self::Unreachable(why) => format!(
                "{origin}/robots.txt cannot be read, so that only subscribed feeds may be asked for ({why})"
            ),
        };
        Some(failed(Failure {
            kind: FailKind::Robots,
            status: None,
            message: printable(&message),
        }))
    }
}

/// The file as the parser is to see it: `User-agent: Tidings/1.0` means us too (a token ends where
/// its letters do, section 2.2.1), and a `Crawl-delay` ends no list of agents (section 2.2.4).
fn essential(file: &[u8]) -> Vec<u8> {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let mut out = Vec::with_capacity(file.len());
    for line in file.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        let end = line.trim_ascii_end().len();
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(end);
        let key = line[..colon.min(end)].trim_ascii();
        if key.eq_ignore_ascii_case(b"crawl-delay") {
            out.push(b'\n');
            continue;
        }
        let cut = if key.eq_ignore_ascii_case(b"user-agent") {
            token_end(line, colon + 1)
        } else {
            end
        };
        out.extend_from_slice(&line[..cut]);
        out.extend_from_slice(&line[end..]);
    }
    out
}

/// Where the product token of a line's value ends.
fn token_end(line: &[u8], value: usize) -> usize {
    let rest = line.get(value..).unwrap_or_default();
    let start = line.len() - rest.trim_ascii_start().len();
    if line.get(start) == Some(&b'*') {
        return start + 1;
    }
    let is_name = |byte: &&u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    start + line[start..].iter().take_while(is_name).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a file lets us ask for a target.
    fn allows(file: impl AsRef<[u8]>, target: &str) -> bool {
        let robots = Robots::parse(&essential(file.as_ref()), TOKEN);
        let url = Url::parse("https://example.org").unwrap();
        robots.is_url_allowed(&url.join(target).unwrap())
    }

    #[test]
    fn the_group_that_names_us_counts_in_any_case_and_else_that_of_all() {
        let file = "User-agent: *\nDisallow: /\n\nUser-agent: tIDINGS\nDisallow: /private\n";
        assert!(allows(file, "/feed?paged=2"));
        assert!(!allows(file, "/private/x"));
        assert!(!allows("User-agent: *\nDisallow: /", "/feed"));
        assert!(allows("User-agent: Other\nDisallow: /", "/feed"));
        // An empty rule forbids nothing, and the group is ours all the same.
        assert!(allows(
            "User-agent: *\nDisallow: /\nUser-agent: Tidings\nDisallow:\n",
            "/feed"
        ));
    }

    #[test]
    fn a_token_ends_where_its_letters_do_and_is_compared_whole() {
        assert!(!allows(
            "User-agent: Tidings/1.0 (+https://x)\nDisallow: /",
            "/feed"
        ));
        assert!(!allows("User-agent:Tidings # us\nDisallow: /", "/feed"));
        assert!(!allows("User-agent: * \nDisallow: /", "/feed"));
        for other in ["TidingsBot", "Tid", "Tidings-Image"] {
            assert!(
                allows(format!("User-agent: {other}\nDisallow: /"), "/feed"),
                "{other}"
            );
        }
    }

    #[test]
    fn groups_of_one_agent_are_merged_and_agents_share_rules() {
        let file = "User-agent: Tidings\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\n\
                    User-agent: y\nUser-agent: Tidings\nDisallow: /b\n";
        for (target, may) in [("/a", false), ("/b", false), ("/c", true)] {
            assert_eq!(allows(file, target), may, "{target}");
        }
        // What is no rule ends no list of agents.
        for between in [
            "Crawl-delay: 5",
            "Sitemap: https://example.org/s.xml",
            "Host: x",
            "# x",
            "",
        ] {
            let file = format!("User-agent: Tidings\n{between}\nUser-agent: x\nDisallow: /\n");
            assert!(!allows(file, "/feed"), "{between}");
        }
    }

    #[test]
    fn the_longest_rule_counts_and_of_equals_the_one_that_allows() {
        let file =
            "User-agent: *\nDisallow: /feed\nAllow: /feed/public\nDisallow: /feed/public/not\n";
        for (target, may) in [
            ("/feed?paged=2", false),
            ("/feed/public?paged=2", true),
            ("/feed/public/not/this", false),
            ("/other", true),
        ] {
            assert_eq!(allows(file, target), may, "{target}");
        }
        assert!(allows(
            "User-agent: *\nDisallow: /page\nAllow: /page\n",
            "/page"
        ));
    }

    #[test]
    fn stars_and_dollars_are_patterns() {
        let file = "User-agent: *\nDisallow: /*?paged=\nDisallow: /*.gif$\nDisallow: /exact$\n";
        for (target, may) in [
            ("/feed?paged=2", false),
            ("/feed?page=2", true),
            ("/a/b.gif", false),
            ("/a/b.gif?x", true),
            ("/exact", false),
            ("/exactly", true),
        ] {
            assert_eq!(allows(file, target), may, "{target}");
        }
    }

    #[test]
    fn escapes_are_compared_by_what_they_mean() {
        assert!(!allows("User-agent: *\nDisallow: /%66eed", "/feed"));
        assert!(!allows("User-agent: *\nDisallow: /ä", "/%C3%A4"));
        assert!(!allows("User-agent: *\nDisallow: /%c3%a4", "/ä"));
        assert!(allows("User-agent: *\nDisallow: /a%2Fb", "/a/b"));
        // Paths have cases.
        assert!(allows("User-agent: *\nDisallow: /Feed", "/feed"));
    }

    #[test]
    fn every_line_ending_a_mark_at_the_start_and_comments_are_read() {
        for end in ["\n", "\r\n", "\r"] {
            let file = format!(
                "\u{feff}User-agent: Tidings/2{end}# x{end}Disallow: /feed # y{end}Allow: /"
            );
            assert!(!allows(&file, "/feed"), "{end:?}");
            assert!(allows(&file, "/other"), "{end:?}");
        }
        assert!(allows(b"\xff\xfe<html>no robots here</html>", "/feed"));
        assert!(allows("", "/feed"));
    }

    #[test]
    fn what_stands_within_500_kib_counts_and_a_rule_that_is_cut_does_not() {
        let filler = "# filler\n".repeat(50_000);
        assert!(!allows(
            format!("{filler}User-agent: *\nDisallow: /feed"),
            "/feed"
        ));
        let filler = "# filler\n".repeat(60_000);
        assert!(allows(
            format!("{filler}User-agent: *\nDisallow: /feed"),
            "/feed"
        ));
    }

    #[test]
    fn the_file_itself_may_always_be_asked_for() {
        assert!(allows("User-agent: *\nDisallow: /", "/robots.txt"));
    }

    #[test]
    fn a_file_is_believed_for_a_day_at_most_and_its_absence_less() {
        let unreachable = Said::Unreachable("HTTP 500".to_owned());
        let later = Said::Later(Box::new(Fetched::Throttled {
            status: 429,
            retry_after: None,
            scope: None,
            resume: None,
        }));
        assert_eq!(
            Said::nothing().lifetime(),
            Some(Duration::from_secs(86_400))
        );
        assert_eq!(unreachable.lifetime(), Some(Duration::from_secs(3600)));
        assert_eq!(later.lifetime(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn places_of_files_that_are_out_of_date_are_given_up_when_there_are_many() {
        let files = RobotsFiles::default();
        for origin in 0..REMEMBERED {
            let place = files.place(&format!("https://{origin}.example"));
            *place.lock().await = Some(Kept {
                said: Said::nothing(),
                until: Instant::now() + KEPT,
            });
        }
        tokio::time::sleep(KEPT).await;
        files.place("https://one-more.example");
        assert_eq!(files.0.lock().unwrap().len(), 1);
    }
}
