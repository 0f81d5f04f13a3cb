//! Redirects that lead in circles, to nowhere, into the clear, or to strangers.

use super::Round;
use crate::util::{Reply, Site, Tidings, rss};

#[test]
fn a_redirect_loop_ends() {
    Round::with(Reply::redirect(302, "/bad")).fails_with("more than 5 redirects");
    Round::with(Reply::redirect_forever()).fails_with("more than 5 redirects");
}

#[test]
fn a_redirect_to_nowhere_is_told() {
    Round::with(Reply::status(302)).fails_with("HTTP 302 without a Location");
    Round::with(Reply::redirect(302, "http://[")).fails_with("which is no URL");
    Round::with(Reply::redirect(302, "file:///etc/passwd")).fails_with("redirected:");
}

/// What a stranger must not learn from a request that was sent on to it.
const SECRETS: &[&str] = &[
    "authorization",
    "cookie",
    "if-modified-since",
    "if-none-match",
    "origin",
    "proxy-authorization",
    "referer",
    "x-api-key",
];

#[test]
fn every_kind_of_redirect_is_followed_and_tells_strangers_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
        let feed = Reply::feed(rss(&["a"]))
            .etag("\"secret-etag\"")
            .last_modified("Sun, 06 Nov 1994 08:49:37 GMT");
        site.serve("/f?token=hush", feed.clone());
        let lines = format!(
            "[[feed]]\nid = \"f\"\nurl = {:?}\nauth = {{ basic = {{ user = \"me\", password = \"hush\" }} }}\n\
             headers = {{ X-Api-Key = \"hush\", Cookie = \"hush=1\" }}",
            site.url("/f?token=hush")
        );
        let tidings = Tidings::new().feed_toml(&lines);
        tidings.run(&["poll", "--all"]).ok();
        let first = &site.all_requests()[0];
        assert_eq!(
            first.header("authorization").as_deref(),
            Some("Basic bWU6aHVzaA==")
        );
        // Now the feed has validators to lose, and its server sends on to a stranger.
        site.serve(
            "/f?token=hush",
            Reply::redirect(status, &stranger.url("/far")),
        );
        stranger.serve("/far", feed.header("Set-Cookie", "id=1"));
        for _ in 0..2 {
            let ran = tidings.run(&["poll", "f", "--force"]);
            ran.ok().stdout_lacks("hush");
        }
        let asked = stranger.requests("/far");
        assert_eq!(asked.len(), 2, "{status}");
        for secret in SECRETS {
            assert_eq!(asked[0].header(secret), None, "{status}: {:?}", asked[0]);
            // Its own validators are its to see; everything else is not.
            let own = ["if-none-match", "if-modified-since"].contains(secret);
            assert!(
                own || asked[1].header(secret).is_none(),
                "{status}: {:?}",
                asked[1]
            );
        }
        assert!(asked.iter().all(|request| request.method == "GET"));
        let store = std::fs::read(tidings.path("tidings.db")).unwrap();
        assert!(
            !store.windows(8).any(|bytes| bytes == b"bWU6aHVz"),
            "a secret in the store"
        );
    }
}

#[test]
fn a_name_or_password_in_a_redirect_is_refused() {
    let site = Site::start();
    let to = site.url("/g").replace("http://", "http://me:hush@");
    site.serve("/bad", Reply::redirect(302, &to));
    let tidings = Tidings::new().feed(&site.url("/bad"));
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1)
        .stdout_has("redirected: a name or password stands in the URL");
    ran.stdout_lacks("hush");
    assert_eq!(site.all_requests().len(), 1);
}
