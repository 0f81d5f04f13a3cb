//! From what somebody types to a feed, for `feed add` and `feed find`: a site's own rule, what is there
//! itself, what the page names, and where feeds usually stand. In that order, as few requests as can
//! be, each of them in its host's turn; whatever was tried is told when nothing is found.
//!
//! Which addresses may be asked is `fetch`'s to decide, and what becomes of a feed the caller's.

use std::path::Path;

use url::Url;

use super::{
    CliError,
    advice::{No, Purpose},
    context::Context,
    feed::AccessArgs,
    source::why_not,
};
use crate::{
    config::{self, Config, SiteFeed, Trust, feed_url, site_feed},
    fetch::{FetchRequest, Fetcher},
    ingest::{Document, read_document},
    model::{
        Access, Cleanup, FailKind, FeedId, FeedKind, Fetched, NewBody, Permanence, printable,
        redact_url,
    },
    parse::{self, DiscoveredFeed, Limits, ParseError},
};

/// Where feeds usually stand, below a site or a folder of it.
const USUAL: [&str; 5] = ["feed", "rss.xml", "atom.xml", "feed.xml", "index.xml"];
/// Guesses at one site, each of them a request.
const MOST_GUESSES: usize = 5;
/// Feeds that a page names and that are asked for until one can be read.
const MOST_NAMED: usize = 3;

/// Where to look, and for what.
pub(super) struct Seeker<'a> {
    context: &'a Context,
    config: &'a Config,
    fetcher: &'a Fetcher,
    purpose: Purpose,
    limits: Limits,
    /// How servers are reached.
    access: Access,
    /// What is wanted is made for crawlers, so that robots.txt has a say.
    robots: bool,
}

/// What stands at a URL.
pub(super) enum Found {
    /// A feed.
    Feed(Box<Looked>),
    /// A page that names feeds, which were not asked for.
    Page(Vec<DiscoveredFeed>),
    /// A sitemap index, by the URLs of its sitemaps.
    Index(Vec<String>),
    /// A feed that is polled already.
    Known(FeedId, String),
}

/// A feed that was looked at.
pub(super) struct Looked {
    pub(super) url: String,
    pub(super) body: NewBody,
    pub(super) document: Document,
    /// How it was found, in words, where its own URL was not given.
    pub(super) by: Option<String>,
}

impl<'a> Seeker<'a> {
    /// A seeker for a command, with what it was told of servers.
    ///
    /// # Errors
    /// When a proxy is wanted that the settings do not name.
    pub(super) fn new(
        context: &'a Context,
        config: &'a Config,
        fetcher: &'a Fetcher,
        access: &AccessArgs,
        purpose: Purpose,
    ) -> Result<Self, CliError> {
        let kind = match purpose {
            Purpose::Add(kind) => kind.unwrap_or_default(),
            Purpose::Find => FeedKind::Feed,
        };
        Ok(Self {
            context,
            config,
            fetcher,
            purpose,
            limits: Limits {
                max_entries: config.fetch.max_entries,
                pages: kind == FeedKind::Sitemap || matches!(purpose, Purpose::Find),
            },
            access: access.resolve(config)?,
            robots: kind.is_for_crawlers(),
        })
    }

    /// The feed to be added that is there already, by its URL; it is not asked.
    pub(super) fn known(&self, url: &str) -> Option<FeedId> {
        match self.purpose {
            Purpose::Add(_) => known(self.context, self.config, url),
            Purpose::Find => None,
        }
    }
}

/// The feed of the feed files that has this URL.
pub(super) fn known(context: &Context, config: &Config, url: &str) -> Option<FeedId> {
    let url = feed_url(url).ok()?;
    // Mistakes of the feed files are told by those who change them.
    let (specs, _) = config::load_feeds(config, &context.env);
    let known = specs.into_iter().find(|spec| spec.url == url.as_str());
    known.map(|spec| spec.id)
}

impl Seeker<'_> {
    /// Looks for the feed of a URL, which has its scheme.
    pub(super) async fn seek(&self, url: &str) -> Result<Found, CliError> {
        let rule = site_feed(url);
        let mut asked = Vec::new();
        if let Some(rule) = rule.as_ref().filter(|rule| rule.trust != Trust::Late) {
            if let Some(found) = self.by_rule(url, rule).await? {
                return Ok(found);
            }
            asked.push(rule.url.clone());
        }
        let no = match self.ask(url).await {
            Ok(looked) => return Ok(Found::Feed(Box::new(looked))),
            Err(no) => no,
        };
        let Some(body) = &no.body else {
            return Err(no.told(url, self.purpose));
        };
        let is_page = match self.reason(body) {
            Some(ParseError::SitemapIndex(sitemaps)) if !sitemaps.is_empty() => {
                return Ok(Found::Index(sitemaps));
            }
            Some(ParseError::WebPage) => true,
            Some(ParseError::NotAFeed(_)) => is_html(body),
            _ => false,
        };
        let page = parse::discover(body);
        if !page.feeds.is_empty() {
            return Ok(Found::Page(page.feeds));
        }
        if !is_page {
            return Err(CliError::Told(format!(
                "{}: no feed there, and no page that names one: {}",
                shown(url),
                no.why
            )));
        }
        if page.asks_password && is_elsewhere(url, &body.final_url) {
            return Err(CliError::Told(format!(
                "{}: led to {}, a page that names no feed and asks for a password; log in to the network \
                 or give the feed's own URL",
                shown(url),
                shown(&body.final_url)
            )));
        }
        let late = rule.filter(|rule| rule.trust == Trust::Late);
        let guesses = late.map(|rule| rule.url).into_iter();
        let guesses = guesses.chain(usual(&body.final_url)).take(MOST_GUESSES);
        asked.extend([url.to_owned(), body.final_url.clone()]);
        self.guess(url, guesses.filter(|guess| !asked.contains(guess)))
            .await
    }

    /// What a rule leads to; `None` where it was a wrong guess.
    async fn by_rule(&self, page: &str, rule: &SiteFeed) -> Result<Option<Found>, CliError> {
        if let Some(id) = self.known(&rule.url) {
            return Ok(Some(Found::Known(id, rule.url.clone())));
        }
        self.going_on(&rule.url, rule.rule);
        match self.ask(&rule.url).await {
            Ok(looked) => Ok(Some(found(looked, rule.rule))),
            Err(mut no) if rule.trust == Trust::Sure => {
                let by = format!(" (by rule the feed of {}: {})", shown(page), rule.rule);
                no.why.push_str(&by);
                Err(no.told(&rule.url, self.purpose))
            }
            Err(no) if no.is_of_host() => Err(no.told(page, self.purpose)),
            Err(_) => Ok(None),
        }
    }

    /// Asks where feeds usually stand, until there is one or the host has had enough.
    async fn guess(
        &self,
        page: &str,
        guesses: impl Iterator<Item = String>,
    ) -> Result<Found, CliError> {
        let why = "the page names no feed; this is a usual place";
        let mut places = Vec::new();
        for guess in guesses {
            if let Some(id) = self.known(&guess) {
                return Ok(Found::Known(id, guess));
            }
            self.going_on(&guess, why);
            match self.ask(&guess).await {
                Ok(looked) if !is_of_comments(&looked) => return Ok(found(looked, why)),
                Err(no) if no.is_of_host() => {
                    return Err(CliError::Told(format!(
                        "{}: a web page that names no feed; looking for one ended at {}: {}; try again later or \
                         give the feed's own URL",
                        shown(page),
                        shown(&guess),
                        no.why
                    )));
                }
                Ok(_) | Err(_) => {
                    let path = Url::parse(&guess).map(|url| url.path().to_owned());
                    places.push(path.unwrap_or(guess));
                }
            }
        }
        Err(CliError::Told(format!(
            "{}: a web page that names no feed, and there is none at {}; give the feed's own URL",
            shown(page),
            printable(&places.join(", "))
        )))
    }

    /// The first of a page's feeds that can be read, its place among them, and those that were
    /// passed over with the reason.
    pub(super) async fn take(
        &self,
        page: &str,
        feeds: &[DiscoveredFeed],
    ) -> Result<(Found, usize, Vec<String>), CliError> {
        let mut passed = Vec::new();
        let mut asked = 0;
        for (at, feed) in feeds.iter().enumerate() {
            if let Some(id) = self.known(&feed.url) {
                return Ok((Found::Known(id, feed.url.clone()), at, passed));
            }
            self.going_on(&feed.url, "named by the page");
            let no = match self.ask(&feed.url).await {
                Ok(looked) => return Ok((Found::Feed(Box::new(looked)), at, passed)),
                Err(no) => no,
            };
            if feeds.len() == 1 || no.kind.is_none() {
                return Err(no.told(&feed.url, self.purpose));
            }
            // What is forbidden costs no request.
            asked += usize::from(no.kind != Some(FailKind::Forbidden));
            passed.push(format!("{}: {}", shown(&feed.url), no.why));
            if asked == MOST_NAMED {
                break;
            }
        }
        Err(CliError::Told(format!(
            "{}: a web page that names feeds, of which none can be read: {}",
            shown(page),
            passed.join("; ")
        )))
    }

    async fn ask(&self, url: &str) -> Result<Looked, No> {
        let request = FetchRequest {
            url: url.to_owned(),
            access: self.access.clone(),
            robots: self.robots,
            ..FetchRequest::default()
        };
        let body = match self.fetcher.fetch(&request, self.context.now).await {
            Fetched::New(body) => body,
            other => {
                let (kind, status) = match &other {
                    Fetched::Failed { failure, .. } => (Some(failure.kind), failure.status),
                    Fetched::Gone => (Some(FailKind::Status), Some(410)),
                    _ => (None, None),
                };
                let why = match status {
                    // Whose it would be is for the command to say.
                    Some(401) => "HTTP 401: a login is wanted there".to_owned(),
                    _ => why_not(&other),
                };
                return Err(No {
                    why,
                    kind,
                    status,
                    body: None,
                });
            }
        };
        match self.read(&body) {
            Ok(document) => Ok(Looked {
                url: settled(url, &body),
                body,
                document,
                by: None,
            }),
            Err(why) => Err(No {
                why,
                kind: Some(FailKind::Parse),
                status: None,
                body: Some(Box::new(body)),
            }),
        }
    }

    fn read(&self, body: &NewBody) -> Result<Document, String> {
        let id: FeedId = "new"
            .parse()
            .map_err(|error: crate::model::InvalidFeedId| error.to_string())?;
        let (cleanup, now) = (Cleanup::default(), self.context.now);
        read_document(
            body,
            &id,
            None,
            &cleanup,
            self.limits,
            crate::model::TrustedNames::default(),
            now,
        )
        .map_err(|failure| failure.message)
    }

    /// Why a body that was refused is no feed.
    fn reason(&self, body: &NewBody) -> Option<ParseError> {
        let content_type = body.content_type.as_deref();
        parse::parse(&body.bytes, content_type, &body.final_url, self.limits).err()
    }

    fn going_on(&self, url: &str, why: &str) {
        self.context
            .going_on(&format!("looking at {} ({why})", shown(url)));
    }
}

fn found(looked: Looked, by: &str) -> Found {
    Found::Feed(Box::new(Looked {
        by: Some(by.to_owned()),
        ..looked
    }))
}

/// A permanent redirect is followed for good, any other only for now.
fn settled(url: &str, body: &NewBody) -> String {
    match body.moved {
        Some(Permanence::Permanent) => body.final_url.clone(),
        _ => url.to_owned(),
    }
}

/// True for the comments on one article, which WordPress keeps at `feed` below it.
fn is_of_comments(looked: &Looked) -> bool {
    const TITLES: &[&str] = &[
        "comments on",
        "kommentare zu",
        "commentaires sur",
        "comentarios en",
        "coment\u{e1}rios sobre",
        "commenti a",
        "reacties op",
    ];
    let title = looked
        .document
        .normalized
        .title
        .as_deref()
        .unwrap_or_default();
    let title = title.to_lowercase();
    TITLES.iter().any(|start| title.starts_with(start))
}

fn is_html(body: &NewBody) -> bool {
    let mime = body.content_type.as_deref().unwrap_or_default();
    mime.to_ascii_lowercase().contains("html")
}

/// True if another host answered.
fn is_elsewhere(asked: &str, answered: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    host(asked) != host(answered)
}

/// Where feeds usually stand near a page: in its folder first, if it has one, then at the site.
fn usual(page: &str) -> Vec<String> {
    let Ok(page) = Url::parse(page) else {
        return Vec::new();
    };
    let near = |folder: &str, name: &str| {
        let mut url = page.join(folder).ok()?.join(name).ok()?;
        url.set_query(None);
        Some(url.to_string())
    };
    let places: Vec<(&str, &str)> = if page.join(".").is_ok_and(|folder| folder.path() == "/") {
        USUAL.iter().map(|name| ("/", *name)).collect()
    } else {
        // WordPress and its like, then static sites, whose folders have their own index.
        let folder = ["feed", "index.xml"].map(|name| (".", name));
        let site = ["feed", "rss.xml", "atom.xml"].map(|name| ("/", name));
        folder.into_iter().chain(site).collect()
    };
    let urls = places.into_iter();
    urls.filter_map(|(folder, name)| near(folder, name))
        .collect()
}

/// A URL as it is told: a password stays out of it, but not what makes it another feed.
pub(super) fn shown(url: &str) -> String {
    let has_user = |url: &Url| !url.username().is_empty() || url.password().is_some();
    match Url::parse(url) {
        Ok(parsed) if has_user(&parsed) => redact_url(url),
        _ => printable(url),
    }
}

/// A page's feed in one line.
pub(super) fn named(feed: &DiscoveredFeed) -> String {
    let url = shown(&feed.url);
    match &feed.title {
        Some(title) => format!("{url} \u{201c}{}\u{201d}", printable(title)),
        None => url,
    }
}

/// People type `lwn.net`, and browsers hand over `feed://lwn.net/rss` or `feed:https://…`.
pub(super) fn with_scheme(url: &str) -> Result<String, CliError> {
    let url = url.trim();
    if let Some((scheme, rest)) = url.split_once(':')
        && scheme.eq_ignore_ascii_case("feed")
    {
        return with_scheme(rest.strip_prefix("//").unwrap_or(rest));
    }
    if url.contains("://") {
        return Ok(url.to_owned());
    }
    if url.starts_with(['/', '.']) || Path::new(url).exists() {
        return Err(CliError::Told(format!(
            "{}: not a URL; `tidings feed import FILE` adds the feeds of an OPML file, \
             `tidings preview FILE` shows a saved feed",
            shown(url)
        )));
    }
    Ok(format!("https://{url}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_of_feeds_and_bare_hosts_become_urls() {
        for (typed, url) in [
            ("lwn.net", "https://lwn.net"),
            (" lwn.net:8080/x ", "https://lwn.net:8080/x"),
            ("feed://lwn.net/rss", "https://lwn.net/rss"),
            ("FEED:https://lwn.net/rss", "https://lwn.net/rss"),
            ("feed://http://lwn.net/rss", "http://lwn.net/rss"),
            ("feed:lwn.net/rss", "https://lwn.net/rss"),
            ("gopher://lwn.net", "gopher://lwn.net"),
        ] {
            assert_eq!(with_scheme(typed).ok().as_deref(), Some(url));
        }
        assert!(with_scheme("feed:/etc/passwd").is_err());
        assert!(with_scheme("./feeds.opml").is_err());
    }

    #[test]
    fn five_places_are_looked_at_near_the_page() {
        let paths = |page: &str| -> Vec<String> {
            let urls = usual(page).into_iter();
            urls.map(|url| url.trim_start_matches("https://e.org").to_owned())
                .collect()
        };
        let site = ["/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];
        assert_eq!(paths("https://e.org/?p=1#x"), site);
        assert_eq!(paths("https://e.org/page.html"), site);
        let blog = [
            "/blog/feed",
            "/blog/index.xml",
            "/feed",
            "/rss.xml",
            "/atom.xml",
        ];
        assert_eq!(paths("https://e.org/blog/?p=1"), blog);
        assert_eq!(paths("https://e.org/blog/page"), blog);
    }
}
