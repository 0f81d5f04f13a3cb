//! From a site's page to its feed: what is asked, in which order, how often, and what is told when
//! there is nothing.

use std::time::{Duration, Instant};

use crate::util::{Ran, Reply, Site, Tidings, rss};

const USUAL: [&str; 5] = ["/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];

fn page(head: &str) -> Reply {
    Reply::html(format!(
        "<html><head><title>A page</title>{head}</head><body>Hello</body></html>"
    ))
}

fn link(href: &str) -> String {
    format!("<link rel=alternate type=application/rss+xml href=\"{href}\">")
}

fn feed() -> Reply {
    Reply::feed(rss(&["a"])).etag("\"feed\"")
}

fn add(tidings: &Tidings, url: &str) -> Ran {
    tidings.run(&["feed", "add", url])
}

/// The targets asked for, in order; none of them twice.
#[track_caller]
fn asked(site: &Site) -> Vec<String> {
    let all: Vec<String> = site
        .all_requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    let mut once = all.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), all.len(), "asked twice: {all:?}");
    all
}

#[test]
fn where_a_page_names_no_feed_five_usual_places_are_tried_once_and_told() {
    let site = Site::start();
    site.serve("/", page(""));
    let tidings = Tidings::new();
    let ran = add(&tidings, &site.url("/"));
    ran.code(2).complains_once(
        "a web page that names no feed, and there is none at /feed, /rss.xml, /atom.xml, /feed.xml, /index.xml; \
         give the feed's own URL",
    );
    // In a pipe nothing is said of what is going on.
    assert_eq!(
        (ran.stderr.lines().count(), ran.stdout.as_str()),
        (1, ""),
        "{ran}"
    );
    assert_eq!(asked(&site), [&["/"][..], &USUAL].concat());
    assert_eq!(tidings.read("feeds.toml"), "");
}

#[test]
fn a_page_that_stands_in_for_a_missing_file_is_no_feed_and_the_search_ends_with_one() {
    let site = Site::start();
    site.serve("/", page(""))
        .serve("/feed", page(""))
        .serve("/rss.xml", feed());
    let tidings = Tidings::new();
    let ran = add(&tidings, &site.url("/?utm_source=x"));
    ran.ok()
        .stdout_has(&site.url("/rss.xml"))
        .stdout_has("this is a usual place");
    assert_eq!(asked(&site), ["/?utm_source=x", "/feed", "/rss.xml"]);
    // What was found is the first poll: the next one is conditional.
    tidings
        .run(&["poll", "--all", "--force"])
        .ok()
        .stdout_has("304");
    assert!(site.requests("/rss.xml")[1].is_conditional());
}

#[test]
fn a_folder_is_looked_into_before_the_site_and_five_requests_are_the_most() {
    let site = Site::start();
    site.serve("/blog/", page(""));
    add(&Tidings::new(), &site.url("/blog/")).code(2);
    let guesses = [
        "/blog/feed",
        "/blog/index.xml",
        "/feed",
        "/rss.xml",
        "/atom.xml",
    ];
    assert_eq!(asked(&site), [&["/blog/"][..], &guesses].concat());
}

#[test]
fn the_comments_on_an_article_are_not_taken_for_its_sites_feed() {
    let site = Site::start();
    let comments = rss(&["c"]).replace("Small feed", "Comments on: An article");
    site.serve("/an-article/", page(""))
        .serve("/an-article/feed", Reply::feed(comments));
    site.serve("/feed", feed());
    add(&Tidings::new(), &site.url("/an-article/"))
        .ok()
        .stdout_has(&site.url("/feed"));
    assert_eq!(asked(&site).len(), 4);
}

#[test]
fn no_spelling_of_a_private_address_in_a_page_is_asked() {
    let spellings = [
        "http://10.0.0.1/",
        "http://167772161/",
        "http://012.0.0.1/",
        "http://0xa.0.0.1/",
        "http://0x0a000001/",
        "http://10.1/",
        "http://\u{ff11}\u{ff10}.0.0.1/",
        "http://%31%30.0.0.1/",
        "http://10.0.0.1./",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[::10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[ff02::1]/",
        "http://0.0.0.0/",
        "http://169.254.169.254/",
        "http://[fd00:ec2::254]/",
        "http://168.63.129.16/",
        "http://240.0.0.1/",
        "//10.0.0.1/f",
    ];
    let site = Site::start();
    let links: String = spellings.iter().map(|href| link(href)).collect();
    site.serve("/", page(&links));
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.code(2).complains_once("of which none can be read");
    // Several are spellings of one URL; what is left is refused, each with its reason.
    let refused = ran.stderr.matches("is not a public address").count();
    assert_eq!(
        refused,
        ran.stderr.matches("allow_private").count(),
        "{ran}"
    );
    assert!(refused >= 12, "{ran}");
    assert_eq!(asked(&site), ["/"]);
}

#[test]
fn every_guess_waits_for_its_hosts_turn() {
    let site = Site::start();
    site.serve("/", page(""));
    let tidings = Tidings::new().settings("[fetch]\nhost_interval = \"300ms\"");
    let begin = Instant::now();
    add(&tidings, &site.url("/")).code(2);
    let last = site.all_requests().last().map(|request| request.at);
    let took = last.unwrap().duration_since(begin);
    assert!(
        took >= Duration::from_millis(5 * 300),
        "six requests within {took:?}"
    );
}

#[test]
fn a_server_that_asks_to_wait_is_not_asked_on() {
    let site = Site::start();
    let busy = Reply::status(429).header("Retry-After", "3600");
    site.serve("/", page("")).serve("/feed", busy);
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.code(2)
        .complains_once("/feed: HTTP 429: the server asks to wait 3600 s");
    assert_eq!(asked(&site), ["/", "/feed"]);
}

#[test]
fn a_login_page_of_another_host_is_told_and_left_alone() {
    let (site, portal) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/", Reply::redirect(302, &portal.url("/login")));
    portal.serve("/login", page("<form><input type=password name=p></form>"));
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.code(2).complains_once("asks for a password");
    assert!(ran.stderr.contains(&portal.url("/login")), "{ran}");
    assert_eq!((asked(&site).len(), asked(&portal).len()), (1, 1));
}

#[test]
fn pages_that_never_end_and_redirects_without_end_are_given_up() {
    let site = Site::start();
    site.serve("/endless", Reply::endless().content_type("text/html"));
    site.serve("/round", Reply::redirect_forever());
    let tidings = Tidings::new().settings("[fetch]\nmax_body = \"64 KiB\"");
    add(&tidings, &site.url("/endless"))
        .code(2)
        .complains_once("larger than");
    assert_eq!(asked(&site).len(), 1);
    add(&tidings, &site.url("/round"))
        .code(2)
        .complains_once("redirects");
}

#[test]
fn links_to_private_addresses_and_with_passwords_are_passed_over_with_words() {
    let site = Site::start();
    let with_password = site.url("/f").replace("http://", "http://me:hunter2@");
    let links = [
        "http://10.0.0.1/f",
        "http://[::ffff:169.254.169.254]/f",
        "file:///etc/passwd",
        &with_password,
    ];
    let links: String = links.iter().map(|href| link(href)).collect();
    site.serve("/", page(&(links.clone() + &link("/good.xml"))));
    site.serve("/good.xml", feed());
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.ok().stdout_has(&site.url("/good.xml"));
    ran.stdout_has("passed over: http://10.0.0.1/f: 10.0.0.1 is not a public address");
    ran.stdout_has("169.254.169.254 is not a public address");
    ran.stdout_has("password stands in the URL");
    ran.stdout_lacks("hunter2").stdout_lacks("passwd");
    assert_eq!(asked(&site), ["/", "/good.xml"]);
    site.serve("/bad", page(&links));
    let ran = add(&Tidings::new(), &site.url("/bad"));
    ran.code(2).complains_once("of which none can be read");
    ran.stderr_has("allow_private").stderr_lacks("hunter2");
}

#[test]
fn the_first_feed_that_can_be_read_is_taken_and_no_more_than_three_are_asked() {
    let site = Site::start();
    let links: String = ["/1", "/2", "/3", "/4"]
        .iter()
        .map(|href| link(href))
        .collect();
    site.serve("/", page(&links))
        .serve("/1", page(""))
        .serve("/2", feed());
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.ok().stdout_has(&site.url("/2"));
    ran.stdout_has(&format!("passed over: {}", site.url("/1")));
    ran.stdout_has(&format!("also there: {}", site.url("/3")));
    assert_eq!(asked(&site), ["/", "/1", "/2"]);
    let broken = Site::start();
    broken.serve("/", page(&links));
    let ran = add(&Tidings::new(), &broken.url("/"));
    ran.code(2).complains_once("of which none can be read");
    assert_eq!(asked(&broken), ["/", "/1", "/2", "/3"]);
}

#[test]
fn other_feeds_are_told_with_their_titles_and_how_to_have_them() {
    let site = Site::start();
    let comments = "<link rel=alternate type=application/rss+xml title=\"Blog &raquo; Comments\u{1b}[31m Feed\" href=/comments/feed/>";
    site.serve("/", page(&format!("{comments}{}", link("/feed/"))));
    site.serve("/feed/", feed());
    let ran = add(&Tidings::new(), &site.url("/"));
    ran.ok()
        .stdout_has(&format!("  {}  RSS 2.0", site.url("/feed/")));
    ran.stdout_has(&format!(
        "also there: {} \u{201c}Blog \u{bb} Comments",
        site.url("/comments/feed/")
    ));
    ran.stdout_has("`tidings feed add URL` takes one of them too")
        .stdout_lacks("\u{1b}");
}

#[test]
fn find_shows_what_a_page_names_with_one_request_and_adds_nothing() {
    let site = Site::start();
    let atom = "<link rel=alternate type=application/atom+xml title=All href=all.atom>";
    site.serve(
        "/blog/",
        page(&format!("<base href=/x/>{atom}{}", link("/f"))),
    );
    let tidings = Tidings::new();
    let ran = tidings.run(&["feed", "find", &site.url("/blog/")]);
    ran.ok().stdout_has("URL").stdout_has(&site.url("/f"));
    let line = ran.line_with("/x/all.atom");
    assert!(
        line.contains("application/atom+xml") && line.ends_with("All"),
        "{line}"
    );
    assert_eq!(asked(&site), ["/blog/"]);
    assert_eq!(tidings.read("feeds.toml"), "");
    assert!(
        !tidings.path("tidings.db").exists(),
        "a store was made for nothing"
    );
    let found = tidings
        .run(&["feed", "find", "--json", &site.url("/blog/")])
        .ok()
        .json();
    assert_eq!(
        found[0],
        serde_json::json!({ "url": site.url("/x/all.atom"), "format": "application/atom+xml", "title": "All" })
    );
    assert_eq!(found[1]["title"], serde_json::Value::Null);
}

#[test]
fn feeds_that_a_pages_headers_name_are_found_and_added() {
    let site = Site::start();
    let links = "<all.atom>; rel=\"alternate\"; type=\"application/atom+xml\"; title=\"All, of it\", \
                 </wp-json/>; rel=\"https://api.w.org/\", </de>; rel=alternate; type=\"text/html\"";
    let named = |reply: Reply| {
        let further = "</feed>; rel=alternate; type=application/rss+xml";
        reply.header("Link", links).header("Link", further)
    };
    site.serve("/blog/", named(page(&link("/in-page"))));
    site.serve(
        "/paper.pdf",
        named(
            Reply::status(200)
                .body("%PDF-1.4")
                .content_type("application/pdf"),
        ),
    );
    for path in ["/blog/", "/paper.pdf"] {
        let tidings = Tidings::new();
        let ran = tidings.run(&["feed", "find", "--json", &site.url(path)]);
        let found = ran.ok().json();
        let near = if path == "/blog/" {
            "/blog/all.atom"
        } else {
            "/all.atom"
        };
        assert_eq!(
            found[0],
            serde_json::json!({ "url": site.url(near), "format": "application/atom+xml", "title": "All, of it" })
        );
        assert_eq!(found[1]["url"], site.url("/feed"));
        let all = found.as_array().unwrap().len();
        assert_eq!(all, if path == "/blog/" { 3 } else { 2 });
    }
    site.serve("/blog/all.atom", feed());
    let ran = add(&Tidings::new(), &site.url("/blog/"));
    ran.ok().stdout_has(&site.url("/blog/all.atom"));
    ran.stdout_has(&format!("also there: {}", site.url("/feed")));
}

#[test]
fn find_knows_a_feed_and_what_stands_in_a_usual_place() {
    let site = Site::start();
    site.serve("/f", feed())
        .serve("/", page(""))
        .serve("/feed", feed());
    let tidings = Tidings::new();
    for (given, found) in [("/f", "/f"), ("/", "/feed")] {
        let ran = tidings.run(&["feed", "find", &site.url(given)]);
        let line = ran.ok().line_with(&site.url(found)).to_owned();
        assert!(
            line.contains("RSS 2.0") && line.ends_with("Small feed"),
            "{line}"
        );
    }
    let none = tidings.run(&["feed", "find", &site.url("/none")]);
    none.code(2).complains_once("HTTP 404");
}

#[test]
fn a_profile_page_is_asked_for_its_feed_by_rule_and_by_itself_if_there_is_none() {
    let site = Site::start();
    site.serve("/@ada.rss", feed());
    let ran = add(&Tidings::new(), &site.url("/@ada"));
    ran.ok()
        .stdout_has(&site.url("/@ada.rss"))
        .stdout_has("Mastodon profile");
    assert_eq!(asked(&site), ["/@ada.rss"]);
    let other = Site::start();
    other
        .serve("/@ada", page(&link("/users/7/feed")))
        .serve("/users/7/feed", feed());
    other.serve("/@ada.rss", page(""));
    add(&Tidings::new(), &other.url("/@ada"))
        .ok()
        .stdout_has(&other.url("/users/7/feed"));
    assert_eq!(asked(&other), ["/@ada.rss", "/@ada", "/users/7/feed"]);
    // A list of tags may be anybody's: its rule comes after the page.
    let blog = Site::start();
    blog.serve("/tags/rust", page(""))
        .serve("/tags/rust.rss", feed());
    add(&Tidings::new(), &blog.url("/tags/rust"))
        .ok()
        .stdout_has("added");
    assert_eq!(asked(&blog), ["/tags/rust", "/tags/rust.rss"]);
}

#[test]
fn a_known_sites_rule_needs_no_look_and_says_what_it_took_the_page_for() {
    let tidings = Tidings::new();
    let id = "UCYO_jab_esuFRV4b17AJtAw";
    for page in ["youtube.com", "feed://m.youtube.com"] {
        let page = format!("{page}/channel/{id}/videos");
        let ran = tidings.run(&["feed", "add", "--no-fetch", &page]);
        ran.ok().stdout_has(&format!(
            "https://www.youtube.com/feeds/videos.xml?channel_id={id}"
        ));
    }
    assert_eq!(tidings.read("feeds.toml").matches("[[feed]]").count(), 1);
    let again = Tidings::new();
    let ran = again.run(&[
        "feed",
        "add",
        "--no-fetch",
        "https://old.reddit.com/r/rust/",
    ]);
    ran.ok()
        .stdout_has("https://www.reddit.com/r/rust/.rss")
        .stdout_has("(Reddit listing)");
}

#[test]
fn a_preview_of_a_page_names_its_feeds_with_their_titles() {
    let site = Site::start();
    let atom = "<link rel=alternate type=application/atom+xml title=All href=all.atom>";
    site.serve("/", page(atom));
    let ran = Tidings::new().run(&["preview", &site.url("/")]);
    let named = format!("its feeds: {} \u{201c}All\u{201d}", site.url("/all.atom"));
    ran.code(2).complains_once(&named);
}
