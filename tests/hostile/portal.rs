//! A network that answers in the feed's place: captive portals, hijacked names, parked domains.
//! Nothing that such an answer says may change what is known of a feed.

use serde_json::Value;

use crate::util::{Reply, Site, Tidings, rss};

const PORTAL: &str = "<!doctype html><html><head><title>Hotel Wi-Fi</title>\
    <link rel=alternate type='application/rss+xml' href='/portal.rss'></head><body>Log in</body></html>";

/// What a portal must leave as it was.
const LASTING: &[&str] = &[
    "url", "title", "redirect", "last_ok", "last_new", "articles",
];

fn feed(tidings: &Tidings) -> Value {
    tidings.run(&["feed", "list", "--json"]).ok().json()[0].clone()
}

#[test]
fn a_portals_page_replaces_nothing_of_a_feed() {
    for portal in ["page", "temporary", "permanent", "permanent-308"] {
        let (site, hotel) = (Site::start(), Site::start_on("127.0.0.2"));
        let well = Reply::feed(rss(&["a"])).etag("\"1\"");
        site.serve("/f", well.clone());
        let tidings = Tidings::new().feed(&site.url("/f"));
        tidings.run(&["poll", "--all"]).ok();
        let before = feed(&tidings);
        // The portal has validators of its own, and would have its page kept for long.
        let page = Reply::html(PORTAL)
            .etag("\"portal\"")
            .header("Cache-Control", "max-age=604800");
        let redirect = |status| Reply::redirect(status, &hotel.url("/login"));
        hotel.serve("/login", page.clone());
        hotel.serve("/portal.rss", Reply::feed(rss(&["advertisement"])));
        let answer = match portal {
            "page" => page,
            "temporary" => redirect(302),
            "permanent" => redirect(301),
            _ => redirect(308),
        };
        site.serve("/f", answer);
        for _ in 0..4 {
            let ran = tidings.run(&["poll", "--all", "--force"]);
            ran.code(1).stdout_has("this is a web page, not a feed");
        }
        let after = feed(&tidings);
        for key in LASTING {
            assert_eq!(after[*key], before[*key], "{portal}: {key}");
        }
        assert_eq!(hotel.requests("/portal.rss").len(), 0, "{portal}");
        // Back home: the feed is asked with what its own server said, and is not read anew.
        site.serve("/f", well);
        tidings.run(&["poll", "--all", "--force"]).ok();
        let last = site.requests("/f").last().unwrap().header("if-none-match");
        assert_eq!(last.as_deref(), Some("\"1\""), "{portal}");
        assert_eq!(feed(&tidings)["health"], "ok", "{portal}");
    }
}
