//! Pages of well-known sites to their feeds, by rule: what stands in a browser's address bar has the
//! feed's address in it already, so no page need be asked for and none is scraped.
//!
//! A table and nothing else: pure, no network. A row is here because the site documents it, or has
//! kept it for years and readers rely on it; whether the feed is there is for whoever fetches it.

#[cfg(test)]
#[path = "sites_tests.rs"]
mod tests;

use url::Url;

/// How far a rule is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The site's own rule: the page need not be asked.
    Sure,
    /// The shape of the path speaks for it, but not the host: if there is no feed, the page is asked.
    Guess,
    /// Worth a look where the page names no feed.
    Late,
}

/// The feed of a page, by rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFeed {
    /// Absolute http(s) URL.
    pub url: String,
    /// What the page is, in words, e.g. `YouTube channel`.
    pub rule: &'static str,
    /// How far to believe it.
    pub trust: Trust,
}

/// The feed that a rule knows for the page at this URL; `None` for every other URL, those of feeds
/// among them.
#[must_use]
pub fn site_feed(url: &str) -> Option<SiteFeed> {
    let url = Url::parse(url.trim()).ok()?;
    let page = Page::of(&url)?;
    RULES.iter().find_map(|(rule, trust, hosts, feed)| {
        // A known site on a port of its own is another site.
        let is_meant = hosts.is_empty() || (url.port().is_none() && hosts.contains(&page.site()));
        let url = is_meant.then(|| feed(&page)).flatten()?;
        let (rule, trust) = (*rule, *trust);
        Some(SiteFeed { url, rule, trust })
    })
}

type Rule = (
    &'static str,
    Trust,
    &'static [&'static str],
    fn(&Page<'_>) -> Option<String>,
);

const STACK_EXCHANGE: &[&str] = &[
    "stackoverflow.com",
    "superuser.com",
    "serverfault.com",
    "askubuntu.com",
    "mathoverflow.net",
    "stackapps.com",
    "stackexchange.com",
];

/// Rule, trust, hosts (none: any), and how the feed's URL is made. The first that fits counts.
const RULES: &[Rule] = &[
    // Since 2015 (the end of the GData API); the channel pages name the same address.
    (
        "YouTube channel",
        Trust::Sure,
        &["youtube.com"],
        youtube_channel,
    ),
    (
        "YouTube playlist",
        Trust::Sure,
        &["youtube.com"],
        youtube_playlist,
    ),
    ("YouTube user", Trust::Sure, &["youtube.com"], youtube_user),
    // Reddit's own help ("RSS"): `.rss` behind any listing.
    ("Reddit listing", Trust::Sure, &["reddit.com"], reddit),
    // Linked from the pages' heads; discussions since 2021, known from readers' reports.
    (
        "GitHub releases",
        Trust::Sure,
        &["github.com"],
        github_releases,
    ),
    (
        "GitHub listing",
        Trust::Sure,
        &["github.com"],
        github_listing,
    ),
    (
        "GitHub account",
        Trust::Sure,
        &["github.com"],
        github_account,
    ),
    // Tags and commits since GitLab 8, releases since 17.0 (2024); any host that is called so.
    ("GitLab listing", Trust::Guess, &[], gitlab),
    // Medium's help ("Using RSS feeds of profiles, publications, and topics").
    ("Medium", Trust::Sure, &["medium.com"], medium),
    // Substack's help; publications with a name of their own say it in their pages.
    (
        "Substack publication",
        Trust::Sure,
        &["substack.com"],
        substack,
    ),
    // Tumblr has had `/rss` from its first year; blogs may turn it off.
    ("Tumblr blog", Trust::Sure, &["tumblr.com"], tumblr),
    // Since December 2023; posts of those who allow visitors without an account.
    ("Bluesky profile", Trust::Sure, &["bsky.app"], bluesky),
    ("Lobsters tag", Trust::Sure, &["lobste.rs"], lobsters),
    // Footer of each tag's page ("tag feed"), each user's and each question's.
    (
        "Stack Exchange",
        Trust::Sure,
        STACK_EXCHANGE,
        stack_exchange,
    ),
    // info.arxiv.org/help/rss.html; this host since January 2024.
    ("arXiv list", Trust::Sure, &["arxiv.org"], arxiv),
    // Mastodon (and what speaks like it) since 1.0. Others have such paths too.
    ("Mastodon profile", Trust::Guess, &[], mastodon),
    ("Mastodon listing", Trust::Late, &[], mastodon_listing),
];

/// A page's URL, taken apart. What it gives is percent-encoded as it was.
struct Page<'a> {
    url: &'a Url,
    host: &'a str,
    /// Of the path, without empty ones.
    parts: Vec<&'a str>,
}

impl<'a> Page<'a> {
    fn of(url: &'a Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let parts: Vec<_> = url
            .path_segments()?
            .filter(|part| !part.is_empty())
            .collect();
        // What is a feed already stays as it is, with whatever token stands in it.
        let last = parts.last().map(|last| last.to_ascii_lowercase());
        let is_feed = last.is_some_and(|last| {
            let mut ends = [".rss", ".atom", ".xml", ".rdf", ".json"].iter();
            ends.any(|end| last.ends_with(end))
        });
        (!is_feed).then_some(Self {
            url,
            host: url.host_str()?,
            parts,
        })
    }

    /// The last two labels of the host, which no rule needs more than.
    fn site(&self) -> &'a str {
        let mut dots = self.host.rmatch_indices('.').skip(1);
        dots.next()
            .map_or(self.host, |(at, _)| &self.host[at + 1..])
    }

    /// What stands before the site in the host, e.g. `www`; empty where nothing does.
    fn label(&self) -> &'a str {
        let before = self.host.len() - self.site().len();
        self.host[..before].trim_end_matches('.')
    }

    /// True if the host is the site itself or one of its other faces.
    fn is_front(&self, others: &[&str]) -> bool {
        let label = self.label();
        label.is_empty() || label == "www" || others.contains(&label)
    }

    fn query(&self, wanted: &str) -> Option<String> {
        let found = self.url.query_pairs().find(|(key, _)| key == wanted);
        found.map(|(_, value)| value.into_owned())
    }

    /// The URL with this behind its path, and no query.
    fn with(&self, end: &str) -> String {
        let origin = self.url.origin().ascii_serialization();
        format!("{origin}/{}{end}", self.parts.join("/"))
    }
}

/// True for what may stand in a query without encoding: ids and names.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !text.is_empty() && text.len() <= 100 && text.bytes().all(allowed)
}

const YOUTUBE: &[&str] = &["m", "music"];

fn youtube_channel(page: &Page<'_>) -> Option<String> {
    let id = match page.parts.as_slice() {
        ["channel", id, ..] if id.starts_with("UC") && id.len() == 24 && is_name(id) => id,
        _ => return None,
    };
    page.is_front(YOUTUBE)
        .then(|| format!("https://www.youtube.com/feeds/videos.xml?channel_id={id}"))
}

fn youtube_playlist(page: &Page<'_>) -> Option<String> {
    let id = page.query("list").filter(|id| is_name(id))?;
    // Lists that only their owner sees, and mixes that are made for each visitor.
    let is_own = matches!(id.as_str(), "WL" | "LL" | "LM") || id.starts_with("RD");
    (page.parts == ["playlist"] && !is_own && page.is_front(YOUTUBE))
        .then(|| format!("https://www.youtube.com/feeds/videos.xml?playlist_id={id}"))
}

fn youtube_user(page: &Page<'_>) -> Option<String> {
    match page.parts.as_slice() {
        ["user", name, ..] if is_name(name) && page.is_front(YOUTUBE) => Some(format!(
            "https://www.youtube.com/feeds/videos.xml?user={name}"
        )),
        _ => None,
    }
}

fn reddit(page: &Page<'_>) -> Option<String> {
    const SORTS: &[&str] = &["hot", "new", "top", "rising", "controversial", "best"];
    let front = ["old", "new", "np", "m", "i", "amp", "sh"];
    let path = match page.parts.as_slice() {
        [] => String::new(),
        ["r", name] => format!("r/{name}/"),
        ["r", name, sort] if SORTS.contains(sort) => format!("r/{name}/{sort}/"),
        ["user" | "u", name] => format!("user/{name}/"),
        ["user" | "u", name, what @ ("submitted" | "comments")] => format!("user/{name}/{what}/"),
        ["user" | "u", name, "m", multi] => format!("user/{name}/m/{multi}/"),
        ["user" | "u", name, "m", multi, sort] if SORTS.contains(sort) => {
            format!("user/{name}/m/{multi}/{sort}/")
        }
        _ => return None,
    };
    // The time span of `top`, and the reader's own token.
    let kept = ["t", "sort", "feed", "user"];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in page.url.query_pairs() {
        if kept.contains(&key.as_ref()) {
            query.append_pair(&key, &value);
        }
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    page.is_front(&front)
        .then(|| format!("https://www.reddit.com/{path}.rss{mark}{query}"))
}

/// First segments of GitHub's own pages, which are no accounts.
const GITHUB_OWN: &[&str] = &[
    "about",
    "account",
    "apps",
    "codespaces",
    "collections",
    "contact",
    "copilot",
    "customer-stories",
    "dashboard",
    "discussions",
    "enterprise",
    "events",
    "explore",
    "features",
    "gist",
    "issues",
    "join",
    "login",
    "logout",
    "marketplace",
    "models",
    "new",
    "notifications",
    "orgs",
    "organizations",
    "pricing",
    "pulls",
    "readme",
    "search",
    "security",
    "sessions",
    "settings",
    "signup",
    "site",
    "solutions",
    "sponsors",
    "stars",
    "team",
    "topics",
    "trending",
    "users",
    "watching",
];

/// Account and the rest of the path, if it is an account's.
fn github<'p, 'a>(page: &'p Page<'a>) -> Option<(&'a str, &'p [&'a str])> {
    let (first, rest) = page.parts.split_first()?;
    let is_own = GITHUB_OWN.contains(&first.to_ascii_lowercase().as_str());
    (page.is_front(&[]) && !is_own).then_some((*first, rest))
}

fn github_releases(page: &Page<'_>) -> Option<String> {
    match github(page)? {
        (owner, [repository] | [repository, "releases"] | [repository, "releases", "latest"]) => {
            let repository = repository.strip_suffix(".git").unwrap_or(repository);
            Some(format!(
                "https://github.com/{owner}/{repository}/releases.atom"
            ))
        }
        _ => None,
    }
}

fn github_listing(page: &Page<'_>) -> Option<String> {
    match github(page)?.1 {
        [_, "tags" | "commits" | "discussions"]
        | [_, "commits", _, ..]
        | [_, "discussions", "categories", _] => {
            Some(format!("https://github.com/{}.atom", page.parts.join("/")))
        }
        _ => None,
    }
}

fn github_account(page: &Page<'_>) -> Option<String> {
    match github(page)? {
        (account, []) if is_name(account) => Some(format!("https://github.com/{account}.atom")),
        _ => None,
    }
}

fn gitlab(page: &Page<'_>) -> Option<String> {
    let dash = page.parts.iter().position(|part| *part == "-")?;
    if dash < 2 || !page.host.starts_with("gitlab.") {
        return None;
    }
    match &page.parts[dash + 1..] {
        ["releases"] => Some(page.with(".atom")),
        ["tags"] | ["commits", _, ..] => Some(page.with("?format=atom")),
        _ => None,
    }
}

fn medium(page: &Page<'_>) -> Option<String> {
    const OWN: &[&str] = &[
        "about",
        "feed",
        "m",
        "me",
        "membership",
        "new-story",
        "p",
        "search",
        "topics",
    ];
    match (page.label(), page.parts.as_slice()) {
        ("" | "www", [name]) if !OWN.contains(name) => {
            Some(format!("https://medium.com/feed/{name}"))
        }
        ("" | "www", ["tag", tag, ..]) => Some(format!("https://medium.com/feed/tag/{tag}")),
        ("" | "www", _) => None,
        (name, [] | ["about"]) => Some(format!("https://{name}.medium.com/feed")),
        _ => None,
    }
}

fn substack(page: &Page<'_>) -> Option<String> {
    match (page.label(), page.parts.as_slice()) {
        ("" | "www" | "open", _) => None,
        (name, [] | ["archive" | "about"]) => Some(format!("https://{name}.substack.com/feed")),
        _ => None,
    }
}

fn tumblr(page: &Page<'_>) -> Option<String> {
    match (page.label(), page.parts.as_slice()) {
        ("" | "www", _) => None,
        (name, [] | ["archive"]) => Some(format!("https://{name}.tumblr.com/rss")),
        (name, ["tagged", tag]) => Some(format!("https://{name}.tumblr.com/tagged/{tag}/rss")),
        _ => None,
    }
}

fn bluesky(page: &Page<'_>) -> Option<String> {
    match page.parts.as_slice() {
        ["profile", who] if page.is_front(&[]) => {
            Some(format!("https://bsky.app/profile/{who}/rss"))
        }
        _ => None,
    }
}

fn lobsters(page: &Page<'_>) -> Option<String> {
    match page.parts.as_slice() {
        ["t", tag] if page.is_front(&[]) => Some(format!("https://lobste.rs/t/{tag}.rss")),
        _ => None,
    }
}

fn stack_exchange(page: &Page<'_>) -> Option<String> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let path = match page.parts.as_slice() {
        ["questions", "tagged", tags] => format!("tag/{tags}"),
        ["questions", id, ..] if is_number(id) => format!("question/{id}"),
        ["users", id, ..] if is_number(id) => format!("user/{id}"),
        _ => return None,
    };
    Some(format!("https://{}/feeds/{path}", page.host))
}

fn arxiv(page: &Page<'_>) -> Option<String> {
    match page.parts.as_slice() {
        ["list" | "archive", category, ..] if page.is_front(&["export"]) && is_name(category) => {
            Some(format!("https://rss.arxiv.org/rss/{category}"))
        }
        _ => None,
    }
}

fn mastodon(page: &Page<'_>) -> Option<String> {
    // Those with paths like that and other feeds, or none.
    let others = [
        "youtube.com",
        "medium.com",
        "substack.com",
        "tiktok.com",
        "threads.net",
        "threads.com",
    ];
    let who = match page.parts.as_slice() {
        [who] | [who, "tagged", _] => who.strip_prefix('@')?,
        _ => return None,
    };
    // `@user@elsewhere` is an account of another server, which has its feed.
    let is_here = is_name(who) && !others.contains(&page.site());
    is_here.then(|| page.with(".rss"))
}

fn mastodon_listing(page: &Page<'_>) -> Option<String> {
    match page.parts.as_slice() {
        ["users" | "tags", name] if !name.contains('.') => Some(page.with(".rss")),
        _ => None,
    }
}
