//! Where older entries are looked for: the feed's own links, and WordPress's pages.

use super::{again, backfill, linked, pages, polled, shown, titles, wordpress};
use crate::util::{Reply, Site, rss};

#[test]
fn an_archive_is_followed_to_its_end_and_never_asked_for_again() {
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "/2025", &["e", "d"]));
    site.serve(
        "/2025",
        Reply::feed(linked("prev-archive", "/2024", &["d", "c"])),
    );
    site.serve("/2024", Reply::feed(rss(&["b", "a"])));
    let told = tidings.run(&["feed", "show", "mine"]);
    told.ok()
        .stdout_has("older      `tidings backfill mine` fetches older entries");
    let ran = backfill(&tidings, &[]);
    ran.ok()
        .stdout_has("ok        mine  page 2: 2 entries: 1 new, 1 known")
        .stdout_has("mine: 2 pages, 3 articles new, 1 known; stopped: page 3 is the last one");
    assert_eq!(titles(&tidings), ["a", "b", "c", "d", "e"]);
    backfill(&tidings, &[]).ok().stdout_has("complete since ");
    // Archives never change: from the start again, nobody is asked anything.
    let again = backfill(&tidings, &["--restart"]);
    again
        .ok()
        .stdout_has("0 pages, 0 articles new")
        .stdout_has("page 3 is the last one");
    assert_eq!(pages(&site), ["/2025", "/2024"]);
    let robots = site.requests("/robots.txt");
    assert_eq!(robots.len(), 0, "links are given by the feed itself");
    let told = tidings.run(&["feed", "show", "mine"]);
    told.ok().line_with("complete since ");
    assert_eq!(shown(&tidings)["backfill"]["complete"], true);
}

#[test]
fn pages_are_followed_by_next_and_not_back_by_previous() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/f?page=2", &["f", "e"]));
    let both = linked("next", "/f?page=3", &["d", "c"]);
    let both = both.replace(
        "<item>",
        "<link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"previous\" href=\"/f\"/><item>",
    );
    site.serve("/f?page=2", Reply::feed(both));
    site.serve(
        "/f?page=3",
        Reply::feed(linked("previous", "/f?page=2", &["b", "a"])),
    );
    backfill(&tidings, &[])
        .ok()
        .stdout_has("2 pages, 4 articles new, 0 known");
    assert_eq!(pages(&site), ["/f?page=2", "/f?page=3"]);
    assert_eq!(titles(&tidings).len(), 6);
}

#[test]
fn a_feed_whose_only_link_is_previous_is_followed_by_it() {
    let site = Site::start();
    let tidings = polled(&site, linked("previous", "/2", &["c"]));
    site.serve("/2", Reply::feed(linked("previous", "/3", &["b"])));
    site.serve("/3", Reply::feed(linked("next", "/2", &["a"])));
    backfill(&tidings, &[])
        .ok()
        .stdout_has("2 pages, 2 articles new");
    assert_eq!(pages(&site), ["/2", "/3"]);
}

#[test]
fn wordpress_is_asked_for_numbered_pages_if_robots_txt_says_nothing_against_it() {
    for robots in [
        Reply::status(404),
        Reply::status(403),
        Reply::redirect(301, "/elsewhere.txt"),
        Reply::status(200).body("User-agent: *\nDisallow: /\n\nUser-agent: tidings\nAllow: /\n"),
        Reply::status(200).body("User-agent: *\nDisallow: /wp-admin/\nDisallow: /*?s=\n"),
    ] {
        let site = Site::start();
        let tidings = polled(&site, wordpress(&["d"]));
        site.serve("/robots.txt", robots);
        site.serve(
            "/elsewhere.txt",
            Reply::status(200).body("User-agent: *\nDisallow: /wp-admin/"),
        );
        site.serve("/f?paged=2", Reply::feed(wordpress(&["c", "b"])));
        site.serve("/f?paged=3", Reply::feed(wordpress(&["a"])));
        site.serve("/f?paged=4", Reply::status(404));
        backfill(&tidings, &[]).ok().stdout_has(
            "mine: 2 pages, 3 articles new, 0 known; stopped: page 4 does not exist (404)",
        );
        let asked = ["/f?paged=2", "/f?paged=3", "/f?paged=4"];
        let asked: Vec<_> = pages(&site)
            .into_iter()
            .filter(|page| asked.contains(&page.as_str()))
            .collect();
        assert_eq!(asked.len(), 3);
        assert_eq!(
            site.requests("/robots.txt").len(),
            1,
            "asked once for all pages"
        );
        assert_eq!(titles(&tidings), ["a", "b", "c", "d"]);
    }
}

#[test]
fn a_page_that_robots_txt_forbids_is_not_asked_for() {
    for robots in [
        Reply::status(200).body("User-agent: *\r\nDisallow: /*?paged=\r\n"),
        Reply::status(200).body("\u{feff}User-agent: TIDINGS/0.1\nDisallow: /f"),
        Reply::redirect(302, "/elsewhere.txt"),
        Reply::redirect(302, "http://10.1.2.3/robots.txt"),
        Reply::status(500),
        Reply::close(),
    ] {
        let site = Site::start();
        let tidings = polled(&site, wordpress(&["b"]));
        site.serve("/robots.txt", robots);
        site.serve(
            "/elsewhere.txt",
            Reply::status(200).body("User-agent: *\nDisallow: /"),
        );
        site.serve("/f?paged=2", Reply::feed(wordpress(&["a"])));
        backfill(&tidings, &[]).code(1).stdout_has("/robots.txt ");
        assert_eq!(site.requests("/f?paged=2").len(), 0);
        let told = tidings.run(&["feed", "show", "mine"]);
        told.ok()
            .stdout_has("older      stopped since ")
            .stdout_lacks("goes on");
        let stands = shown(&tidings)["backfill"].clone();
        let why = stands["failed"].as_str().unwrap();
        assert!(why.contains("/robots.txt "), "{why}");
        // The publisher may change it: the next run looks.
        site.serve("/robots.txt", Reply::status(404));
        let ran = backfill(&tidings, &[]);
        ran.ok().stdout_has("1 article new").stdout_lacks("resumed");
        assert_eq!(
            shown(&tidings)["backfill"]["failed"],
            serde_json::Value::Null
        );
        // The feed itself is asked without it.
        again(&tidings).ok();
    }
}

#[test]
fn a_robots_txt_that_asks_for_a_pause_gets_it() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["b"]));
    site.serve(
        "/robots.txt",
        Reply::status(429).header("Retry-After", "3600"),
    );
    backfill(&tidings, &[])
        .ok()
        .stdout_has("page 2 has to wait (HTTP 429)");
    backfill(&tidings, &[])
        .ok()
        .stdout_has("skipped   mine  the server asked not to be asked before");
    assert_eq!(
        (pages(&site).len(), site.requests("/robots.txt").len()),
        (0, 1)
    );
}

#[test]
fn an_endless_robots_txt_counts_as_far_as_it_was_read() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["b"]));
    site.serve("/robots.txt", Reply::endless());
    site.serve("/f?paged=2", Reply::feed(wordpress(&["a"])));
    backfill(&tidings, &[]).ok().stdout_has("1 article new");
}

#[test]
fn a_feed_that_says_nothing_is_read_in_pages_by_the_operators_word_only() {
    let site = Site::start();
    let tidings = polled(&site, rss(&["b"]));
    backfill(&tidings, &[])
        .code(1)
        .stdout_has("`tidings backfill mine --paged`");
    assert_eq!(pages(&site).len(), 0);
    site.serve("/f?paged=2", Reply::feed(rss(&["a"])));
    site.serve("/f?paged=3", Reply::status(404));
    backfill(&tidings, &["--paged"])
        .ok()
        .stdout_has("1 page, 1 article new");
    assert_eq!(site.requests("/robots.txt").len(), 1);
}

#[test]
fn a_server_that_knows_no_pages_is_left_after_one() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["b", "a"]));
    // The path answers whatever the query.
    backfill(&tidings, &[])
        .ok()
        .stdout_has("page 2 is the feed's own document again; complete");
    assert_eq!(pages(&site), ["/f?paged=2"]);
}

#[test]
fn a_link_to_a_private_address_is_refused_and_one_that_is_no_web_address_is_none() {
    let site = Site::start();
    let tidings = polled(
        &site,
        linked("prev-archive", "http://10.1.2.3/2025", &["b"]),
    );
    backfill(&tidings, &[])
        .code(1)
        .stdout_has("10.1.2.3 is not a public address");
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "file:///etc/passwd", &["b"]));
    backfill(&tidings, &[])
        .code(1)
        .stdout_has("names no older pages");
}

#[test]
fn robots_txt_is_asked_where_a_redirect_leads_too() {
    let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
    let tidings = polled(&site, wordpress(&["b"]));
    site.serve("/f?paged=2", Reply::redirect(302, &stranger.url("/x")));
    stranger.serve("/x", Reply::feed(wordpress(&["a"])));
    stranger.serve(
        "/robots.txt",
        Reply::status(200).body("User-agent: *\nDisallow: /x"),
    );
    backfill(&tidings, &[]).code(1).stdout_has("(Disallow: /x)");
    assert_eq!(stranger.requests("/x").len(), 0);
    assert_eq!(site.requests("/robots.txt").len(), 1);
}

#[test]
fn a_robots_txt_behind_more_than_five_redirects_is_none() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["b"]));
    site.serve("/robots.txt", Reply::redirect_forever());
    site.serve("/f?paged=2", Reply::feed(wordpress(&["a"])));
    backfill(&tidings, &[]).ok().stdout_has("1 article new");
    assert_eq!(site.requests("/robots.txt").len(), 6);
}
