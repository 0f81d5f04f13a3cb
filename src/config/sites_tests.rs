//! Every rule with the addresses that people copy, and those that no rule may touch.

use super::{Trust, site_feed};

/// Pages and their feeds, other than YouTube's channels.
const PAGES: &[(&str, &str)] = &[
    (
        "https://www.youtube.com/playlist?list=PL3A5849BDE0581B19&si=t",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=PL3A5849BDE0581B19",
    ),
    (
        "http://youtube.com/user/Google",
        "https://www.youtube.com/feeds/videos.xml?user=Google",
    ),
    (
        "https://old.reddit.com/r/rust",
        "https://www.reddit.com/r/rust/.rss",
    ),
    (
        "https://np.reddit.com/r/rust+golang/new/",
        "https://www.reddit.com/r/rust+golang/new/.rss",
    ),
    (
        "https://www.reddit.com/r/rust/top/?t=month&utm_source=x",
        "https://www.reddit.com/r/rust/top/.rss?t=month",
    ),
    (
        "https://reddit.com/u/spez",
        "https://www.reddit.com/user/spez/.rss",
    ),
    (
        "https://www.reddit.com/user/spez/submitted/",
        "https://www.reddit.com/user/spez/submitted/.rss",
    ),
    (
        "https://www.reddit.com/user/spez/m/multi",
        "https://www.reddit.com/user/spez/m/multi/.rss",
    ),
    (
        "https://www.reddit.com/r/rss",
        "https://www.reddit.com/r/rss/.rss",
    ),
    ("https://www.reddit.com", "https://www.reddit.com/.rss"),
    (
        "https://github.com/rust-lang/rust",
        "https://github.com/rust-lang/rust/releases.atom",
    ),
    (
        "https://github.com/rust-lang/rust.git",
        "https://github.com/rust-lang/rust/releases.atom",
    ),
    (
        "https://github.com/rust-lang/rust/releases/latest",
        "https://github.com/rust-lang/rust/releases.atom",
    ),
    (
        "https://github.com/rust-lang/rust/tags?after=x",
        "https://github.com/rust-lang/rust/tags.atom",
    ),
    (
        "https://github.com/a/b/commits/main/src/x.rs",
        "https://github.com/a/b/commits/main/src/x.rs.atom",
    ),
    (
        "https://github.com/a/b/discussions",
        "https://github.com/a/b/discussions.atom",
    ),
    (
        "https://github.com/a/b/discussions/categories/news",
        "https://github.com/a/b/discussions/categories/news.atom",
    ),
    (
        "https://www.github.com/torvalds/",
        "https://github.com/torvalds.atom",
    ),
    (
        "https://gitlab.gnome.org/GNOME/gtk/-/tags",
        "https://gitlab.gnome.org/GNOME/gtk/-/tags?format=atom",
    ),
    (
        "https://gitlab.com/a/b/c/-/commits/main?ref_type=heads",
        "https://gitlab.com/a/b/c/-/commits/main?format=atom",
    ),
    (
        "https://gitlab.com/a/b/-/releases",
        "https://gitlab.com/a/b/-/releases.atom",
    ),
    (
        "https://medium.com/@Medium",
        "https://medium.com/feed/@Medium",
    ),
    (
        "https://medium.com/netflix-techblog",
        "https://medium.com/feed/netflix-techblog",
    ),
    (
        "https://medium.com/tag/rust/latest",
        "https://medium.com/feed/tag/rust",
    ),
    (
        "https://someone.medium.com/",
        "https://someone.medium.com/feed",
    ),
    (
        "https://someone.substack.com/archive",
        "https://someone.substack.com/feed",
    ),
    ("https://staff.tumblr.com/", "https://staff.tumblr.com/rss"),
    (
        "https://staff.tumblr.com/tagged/news",
        "https://staff.tumblr.com/tagged/news/rss",
    ),
    (
        "https://bsky.app/profile/bsky.app",
        "https://bsky.app/profile/bsky.app/rss",
    ),
    ("https://lobste.rs/t/rust", "https://lobste.rs/t/rust.rss"),
    (
        "https://stackoverflow.com/questions/tagged/rust?tab=Newest",
        "https://stackoverflow.com/feeds/tag/rust",
    ),
    (
        "https://unix.stackexchange.com/users/12/name",
        "https://unix.stackexchange.com/feeds/user/12",
    ),
    (
        "https://stackoverflow.com/questions/11227809/why-is",
        "https://stackoverflow.com/feeds/question/11227809",
    ),
    (
        "https://arxiv.org/list/cs.AI/recent",
        "https://rss.arxiv.org/rss/cs.AI",
    ),
];

/// Feeds already, or pages without a rule.
const LEFT_ALONE: &[&str] = &[
    "https://www.youtube.com/@handle",
    "https://www.youtube.com/c/name",
    "https://www.youtube.com/watch?v=abc&list=PL3A5849BDE0581B19",
    "https://www.youtube.com/playlist?list=WL",
    "https://www.youtube.com/channel/UCtooshort",
    "https://www.youtube.com/channel/UC%22%3E%3Cscript%3E1234567890",
    "https://youtu.be/abcdefghijk",
    "https://www.youtube.com/feeds/videos.xml?channel_id=UCYO_jab_esuFRV4b17AJtAw",
    "https://notyoutube.com/channel/UCYO_jab_esuFRV4b17AJtAw",
    "https://youtube.com.evil.example/channel/UCYO_jab_esuFRV4b17AJtAw",
    "https://youtube.com:8443/channel/UCYO_jab_esuFRV4b17AJtAw",
    "https://www.reddit.com/.rss?feed=0123&user=me",
    "https://www.reddit.com/r/rust/.rss?feed=0123&user=me",
    "https://www.reddit.com/r/rust/comments/abc/title/",
    "https://github.com/topics/rust",
    "https://github.com/search?q=x",
    "https://github.com/orgs/rust-lang/repositories",
    "https://github.com/settings",
    "https://github.com/",
    "https://github.com/a/b/issues",
    "https://github.com/a/b/releases.atom",
    "https://gist.github.com/someone",
    "https://medium.com/netflix-techblog/a-post-0123456789ab",
    "https://medium.com/m/signin",
    "https://substack.com/@someone",
    "https://www.tiktok.com/@someone",
    "https://www.tumblr.com/dashboard",
    "https://mastodon.social/@someone@elsewhere.example",
    "https://mastodon.social/@Gargron/109876543210",
    "https://example.org/",
    "https://example.org/blog/",
    "https://com/",
    "ftp://github.com/a/b",
    "mailto:someone@example.org",
    "not a url",
];

#[track_caller]
fn assert_feed(page: &str, feed: &str) {
    let found = site_feed(page).map(|found| found.url);
    assert_eq!(found.as_deref(), Some(feed), "{page}");
}

#[test]
fn every_rule_gives_the_feed_of_the_pages_people_copy() {
    let id = "UCYO_jab_esuFRV4b17AJtAw";
    let videos = "https://www.youtube.com/feeds/videos.xml";
    for host in [
        "www.youtube.com",
        "youtube.com",
        "m.youtube.com",
        "music.youtube.com",
    ] {
        assert_feed(
            &format!("https://{host}/channel/{id}/videos?x=y#z"),
            &format!("{videos}?channel_id={id}"),
        );
    }
    for (page, feed) in PAGES.iter().copied() {
        assert_feed(page, feed);
        let sure = !page.contains("gitlab");
        assert_eq!(
            site_feed(page).unwrap().trust == Trust::Sure,
            sure,
            "{page}"
        );
    }
}

#[test]
fn a_mastodon_page_is_a_guess_that_keeps_its_host_and_port() {
    for (page, feed, trust) in [
        (
            "https://mastodon.social/@Gargron",
            "https://mastodon.social/@Gargron.rss",
            Trust::Guess,
        ),
        (
            "http://127.0.0.1:8080/@a/tagged/x?y",
            "http://127.0.0.1:8080/@a/tagged/x.rss",
            Trust::Guess,
        ),
        (
            "https://example.org/tags/rust",
            "https://example.org/tags/rust.rss",
            Trust::Late,
        ),
        (
            "https://example.org/users/a/",
            "https://example.org/users/a.rss",
            Trust::Late,
        ),
    ] {
        let found = site_feed(page).unwrap();
        assert_eq!((found.url.as_str(), found.trust), (feed, trust), "{page}");
    }
}

#[test]
fn what_is_a_feed_or_has_none_by_rule_stays_as_it_is() {
    for url in LEFT_ALONE.iter().copied() {
        assert_eq!(site_feed(url), None, "{url}");
    }
}
