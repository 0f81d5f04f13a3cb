//! Commands that ask servers without polling (`feed add`, `feed find`, `preview`): what a server asks
//! for then holds for polls, how servers are reached is said alike, and each advises what it can do.

use crate::util::{Database, Ran, Reply, Site, Tidings, rss};

/// Everything goes through this site: hosts then have names, and are nobody's own network.
fn behind(proxy: &Site) -> Tidings {
    Tidings::new().settings(&format!(
        "[proxies]\noffice = \"http://{}\"\n[fetch]\nproxy = \"office\"",
        proxy.address()
    ))
}

const FEED: &str = "http://feeds.example/f";
const BUSY: &str = "http://feeds.example/busy";

fn busy() -> Reply {
    Reply::status(429).header("Retry-After", "3600")
}

fn feed() -> Reply {
    Reply::feed(rss(&["a"]))
}

#[test]
fn a_pause_that_a_look_is_told_of_holds_for_polls() {
    for look in [&["feed", "add"][..], &["feed", "find"], &["preview"]] {
        let proxy = Site::start();
        proxy.serve(FEED, feed()).serve(BUSY, busy());
        let tidings = behind(&proxy).feed(FEED);
        tidings.run(&["poll", "--all"]).ok();
        let ran = tidings.run(&[look, &[BUSY]].concat());
        ran.code(2).complains_once("HTTP 429");
        let poll = tidings.run(&["poll", "--all", "--force"]);
        poll.stdout_has("its host feeds.example asked not to be asked before in");
        assert_eq!(proxy.requests(FEED).len(), 1, "asked after {look:?}");
        let pauses = "SELECT count(*) FROM hosts WHERE paused_until > 0";
        assert_eq!(Database::of(&tidings).number(pauses), 1);
        // The pause is kept by looks as well.
        tidings
            .run(&["feed", "find", FEED])
            .code(2)
            .complains_once("not asked: feeds.example asked to be left alone");
    }
}

#[test]
fn no_store_is_made_for_a_pause() {
    for look in [&["feed", "add"][..], &["feed", "find"], &["preview"]] {
        let proxy = Site::start();
        proxy.serve(BUSY, busy());
        let tidings = behind(&proxy);
        let ran = tidings.run(&[look, &[BUSY]].concat());
        ran.code(2).complains_once("HTTP 429");
        assert!(!tidings.path("tidings.db").exists(), "{look:?}");
    }
}

#[test]
fn of_many_urls_those_of_a_host_that_asks_for_a_pause_are_not_asked() {
    let proxy = Site::start();
    let other = "http://other.example/f";
    proxy
        .serve(BUSY, busy())
        .serve(FEED, feed())
        .serve(other, feed());
    let tidings = behind(&proxy);
    let ran = tidings.run(&["feed", "add", BUSY, FEED, other]);
    ran.code(1).stdout_has("added other-example-f");
    ran.stderr_has("feeds.example asked to be left alone");
    assert_eq!(proxy.requests(FEED).len(), 0);
    // The store that the last one made has the pause.
    let paused = "SELECT scope FROM hosts WHERE paused_until > 0";
    assert_eq!(Database::of(&tidings).text(paused), "feeds.example");
}

#[test]
fn a_sitemap_that_robots_txt_forbids_is_not_looked_at() {
    for kind in ["sitemap", "news-sitemap"] {
        for look in [&["feed", "add"][..], &["preview"]] {
            let site = Site::start();
            let robots = Reply::status(200).body("User-agent: *\nDisallow: /s.xml\n");
            site.serve("/robots.txt", robots).serve("/s.xml", feed());
            let tidings = Tidings::new();
            let ran = tidings.run(&[look, &["--kind", kind, &site.url("/s.xml")]].concat());
            ran.code(2)
                .complains_once("/robots.txt forbids it to Tidings");
            ran.stderr_lacks("--no-fetch");
            assert_eq!(site.requests("/s.xml").len(), 0, "{look:?} {kind}");
            // What somebody subscribes to is theirs to ask for.
            tidings.run(&[look, &[&site.url("/s.xml")]].concat()).ok();
        }
    }
}

#[test]
fn a_private_network_is_opened_for_a_look_by_its_option() {
    let site = Site::start();
    site.serve("/f", feed());
    let url = site.url("/f");
    for look in [&["feed", "find"][..], &["preview"], &["feed", "add"]] {
        let tidings = Tidings::new().settings("[fetch]\nallow_private = []");
        let shut = tidings.run(&[look, &[&url]].concat());
        shut.code(2).complains_once("is not a public address");
        let open = ["--allow-private", "127.0.0.1", "--http1-only", &url];
        tidings.run(&[look, &open[..]].concat()).ok();
    }
    assert_eq!(site.requests("/f").len(), 3);
    for look in ["find", "add"] {
        let tidings = Tidings::new().settings("[fetch]\nallow_private = []");
        let shut = tidings.run(&["feed", look, &url]);
        shut.code(2)
            .complains_once("; --allow-private opens it here");
    }
}

#[test]
fn a_look_goes_through_the_proxy_it_is_told_and_a_feed_of_ones_own_through_its_own() {
    let proxy = Site::start();
    proxy.serve(FEED, feed());
    let tidings = Tidings::new()
        .settings(&format!(
            "[proxies]\noffice = \"http://{}\"\ndead = \"socks5h://127.0.0.1:9\"",
            proxy.address()
        ))
        .feed_toml(&format!(
            "[[feed]]\nid = \"own\"\nurl = {FEED:?}\nproxy = \"office\""
        ))
        .feed_toml(
            "[[feed]]\nid = \"lost\"\nurl = \"http://feeds.example/lost\"\nproxy = \"dead\"",
        );
    tidings
        .run(&["feed", "find", FEED, "--proxy", "office"])
        .ok();
    tidings.run(&["preview", "own"]).ok();
    proxy.serve("http://feeds.example/lost", feed());
    tidings.run(&["preview", "lost"]).code(2);
    tidings.run(&["preview", "lost", "--proxy", "office"]).ok();
    assert_eq!(proxy.all_requests().len(), 3);
    for look in [&["feed", "find"][..], &["preview"]] {
        let ran = tidings.run(&[look, &[FEED, "--proxy", "offcie"]].concat());
        ran.code(2)
            .complains_once("--proxy: no proxy is called \"offcie\"");
    }
}

#[test]
fn each_command_advises_what_it_can_do() {
    let site = Site::start();
    for (path, status) in [("/503", 503), ("/401", 401), ("/404", 404)] {
        site.serve(path, Reply::status(status));
    }
    let look = |word: &str, path: &str| Tidings::new().run(&["feed", word, &site.url(path)]);
    for path in ["/503", "/401", "/404"] {
        let found = look("find", path);
        found
            .code(2)
            .stderr_lacks("; --no-fetch")
            .stderr_lacks("tried again");
        let added = look("add", path);
        added
            .code(2)
            .stderr_has("--no-fetch")
            .stderr_lacks("tried again");
        let seen = Tidings::new().run(&["preview", &site.url(path)]);
        seen.code(2)
            .stderr_lacks("--no-fetch")
            .stderr_lacks("tried again");
    }
    look("find", "/503").stderr_has("try again later");
    look("add", "/503").stderr_has("try again later");
    look("find", "/401").stderr_has("`tidings feed add --no-fetch` adds it");
    look("add", "/401").stderr_has("and then its `auth` can be given");
}

/// A feed whose password is refused, polled.
fn refused(site: &Site, reply: Reply, auth: &str) -> (Tidings, Ran) {
    site.serve("/f", reply);
    let url = site.url("/f");
    let tidings = Tidings::new().feed_toml(&format!("[[feed]]\nid = \"f\"\nurl = {url:?}\n{auth}"));
    tidings.write("pw", "hush\n");
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1).stdout_lacks("hush").stderr_lacks("hush");
    (tidings, ran)
}

#[test]
fn a_login_that_is_refused_is_told_from_one_that_is_missing_and_where_it_stands() {
    let (site, far) = (Site::start(), Site::start_on("127.0.0.2"));
    let asks = || Reply::status(401).header("WWW-Authenticate", "Basic realm=x");
    let (_, ran) = refused(&site, asks(), "");
    ran.stdout_has("HTTP 401: the feed wants a login; give it as the feed's `auth`");
    let in_file = "auth = { basic = { user = \"me\", password = { file = \"pw\" } } }";
    let (tidings, ran) = refused(&site, asks(), in_file);
    let why = "HTTP 401: the server refuses the login that was sent; correct it: ";
    ran.stdout_has(why);
    ran.stdout_has("pw (feed.auth.basic.password in ")
        .stdout_has("feeds.toml)");
    let seen = tidings.run(&["preview", "f"]);
    seen.code(2).stderr_has(why).stderr_lacks("hush");
    tidings
        .run(&["feed", "show", "f"])
        .ok()
        .stdout_has(why)
        .stdout_lacks("hush");
    let (_, ran) = refused(&site, asks(), "auth = { bearer = \"hush\" }");
    ran.stdout_has(why).stdout_has("feed.auth.bearer in ");
    let (_, ran) = refused(&site, asks(), "headers = { X-Api-Key = { file = \"pw\" } }");
    ran.stdout_has(why)
        .stdout_has("pw (feed.headers.X-Api-Key in ");
    let (_, ran) = refused(&site, asks(), "headers = { Accept-Language = \"de\" }");
    ran.stdout_has("the feed wants a login");
    // Not sent to another host, where it is asked for.
    far.serve("/f", asks());
    let (_, ran) = refused(&site, Reply::redirect(302, &far.url("/f")), in_file);
    ran.stdout_has("127.0.0.2 wants a login")
        .stdout_has("is sent to 127.0.0.1 alone");
    assert_eq!(far.requests("/f")[0].header("authorization"), None);
}

#[test]
fn a_proxys_login_that_is_refused_is_told_by_the_proxys_name() {
    let proxy = Site::start();
    proxy.serve(FEED, Reply::status(407));
    let address = proxy.address();
    let tidings = Tidings::new()
        .settings(&format!(
            "[proxies]\noffice = {{ url = \"http://{address}\", user = \"me\", password = \"hush\" }}\n\
             [fetch]\nproxy = \"office\""
        ))
        .feed(FEED);
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1).stdout_lacks("hush");
    ran.stdout_has("the proxy refuses the login that was sent; correct `user` and `password` of office in [proxies]");
}
