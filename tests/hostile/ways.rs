//! The ways by which others' URLs come in, each taken with every spelling; the table is in `ssrf`.

use crate::util::{Ran, Reply, Site, Tidings, channel, item, rss};

/// Polls what the feed file has; all of it is refused by the guard.
fn poll(tidings: &Tidings, feeds: usize, words: &str) {
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1).stdout_has(&format!("{feeds} failed"));
    assert_all_refused(&ran, feeds, words);
}

#[track_caller]
fn assert_all_refused(ran: &Ran, feeds: usize, words: &str) {
    let lines: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("failed"))
        .collect();
    assert_eq!(lines.len(), feeds, "{ran}");
    for line in lines {
        let told = [
            "is not a public address",
            "is a name of a private network",
            words,
        ];
        assert!(told.iter().any(|told| line.contains(told)), "{line}");
    }
}

pub(super) fn by_feed_file(urls: &[String]) {
    let (allowed, refused): (Vec<_>, Vec<_>) = urls
        .iter()
        .partition(|url| tidings::config::feed_url(url).is_ok());
    // Passwords and zones do not even get past the reading of the file.
    assert!(refused.len() < 5, "{refused:?}");
    let mut tidings = Tidings::new().settings("[fetch]\nallow_private = []");
    // Spellings of one address are one feed to the feed file, so each has its own path.
    for (n, url) in allowed.iter().enumerate() {
        tidings = tidings.feed(&format!("{url}/{n}"));
    }
    poll(&tidings, allowed.len(), "is not a public address");
}

/// The site's own address is open at its own port, and nothing else is.
fn only(site: &Site) -> Tidings {
    let address = site.address();
    Tidings::new().settings(&format!(
        "[fetch]\nallow_private = [\"{}/32:{}\"]",
        address.ip(),
        address.port()
    ))
}

pub(super) fn by_redirect(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let mut tidings = only(&site);
    for (n, url) in urls.iter().enumerate() {
        let path = format!("/{n}");
        site.serve(&path, Reply::redirect(301, url));
        tidings = tidings.feed(&site.url(&path));
    }
    poll(&tidings, urls.len(), "redirected");
    assert_eq!(site.all_requests().len(), urls.len());
}

pub(super) fn by_page(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let tidings = only(&site);
    let pages: Vec<String> = (0..urls.len())
        .map(|n| site.url(&format!("/{n}")))
        .collect();
    for (n, url) in urls.iter().enumerate() {
        let link = format!("<link rel=alternate type='application/rss+xml' href='{url}'>");
        let page = format!("<!doctype html><html><head><title>t</title>{link}</head></html>");
        site.serve(&format!("/{n}"), Reply::html(page));
    }
    let mut words = vec!["feed", "add"];
    words.extend(pages.iter().map(String::as_str));
    let ran = tidings.run(&words);
    ran.code(2);
    assert_eq!(ran.stderr.lines().count(), urls.len(), "{ran}");
    assert_eq!(tidings.read("feeds.toml"), "");
}

pub(super) fn by_opml(urls: &[String]) {
    let tidings = Tidings::new().settings("[fetch]\nallow_private = []");
    let outlines: String = urls
        .iter()
        .enumerate()
        .map(|(n, url)| format!("<outline xmlUrl='{url}/{n}'/>"))
        .collect();
    tidings.write(
        "in.opml",
        format!("<opml version='2.0'><body>{outlines}</body></opml>"),
    );
    tidings.run(&["feed", "import", "in.opml"]);
    let feeds = tidings.read("feeds.toml").matches("[[feed]]").count();
    assert!(feeds > urls.len() - 5, "{feeds}");
    poll(&tidings, feeds, "is not a public address");
}

pub(super) fn by_link_header(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let tidings = only(&site);
    for (n, url) in urls.iter().enumerate() {
        let link = format!("<{url}>; rel=\"alternate\"; type=\"application/rss+xml\"");
        let page = Reply::html("<!doctype html><html><head><title>t</title></head></html>");
        site.serve(&format!("/{n}"), page.header("Link", link));
    }
    let pages: Vec<String> = (0..urls.len())
        .map(|n| site.url(&format!("/{n}")))
        .collect();
    let pages = pages.iter().map(String::as_str);
    let words: Vec<&str> = ["feed", "add"].into_iter().chain(pages).collect();
    tidings.run(&words).code(2);
    assert_eq!(tidings.read("feeds.toml"), "");
}

/// A daemon at whose feeds these hubs are named, until each was refused.
fn subscribe(site: &Site, hubs: &[String]) {
    let listen = format!("127.77.255.9:{}", site.address().port());
    let mut tidings = only(site).settings(&format!(
        "[websub]\npublic_url = \"https://tidings.example.org/x\"\nlisten = \"{listen}\"\n"
    ));
    for (n, hub) in hubs.iter().enumerate() {
        let (path, reply) = (format!("/feed/{n}"), Reply::feed(rss(&["a"])));
        let links = format!("<{hub}>; rel=hub, <{path}>; rel=self");
        site.serve(&path, reply.header("Link", links));
        tidings = tidings.feed(&site.url(&path));
    }
    let mut daemon = tidings.spawn(&["run"]);
    for _ in hubs {
        daemon.wait_for_stderr_line("cannot be asked: ");
    }
    daemon.sigterm();
    let ran = daemon.wait();
    let told = ran
        .stderr
        .lines()
        .filter(|line| line.contains("cannot be asked: "));
    for line in told {
        let why = [
            "is not a public address",
            "is a name of a private network",
            "password",
        ];
        assert!(why.iter().any(|why| line.contains(why)), "{line}");
    }
}

pub(super) fn by_hub(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    // What is no URL is no hub.
    let is_url = |url: &&String| url::Url::parse(url).is_ok();
    let hubs: Vec<String> = urls.iter().filter(is_url).cloned().collect();
    subscribe(&site, &hubs);
}

pub(super) fn by_hubs_redirect(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let is_url = |url: &&String| url::Url::parse(url).is_ok();
    let targets = urls.iter().filter(is_url).enumerate();
    let hubs: Vec<String> = targets
        .map(|(n, url)| {
            let path = format!("/hub/{n}");
            site.serve(&path, Reply::redirect(307, url));
            site.url(&path)
        })
        .collect();
    subscribe(&site, &hubs);
    let asked = site.all_requests();
    let asked = asked
        .iter()
        .filter(|asked| asked.target.starts_with("/hub/"));
    assert_eq!(asked.count(), hubs.len());
}

fn xml(document: String) -> Reply {
    Reply::status(200)
        .body(document)
        .content_type("application/xml")
}

pub(super) fn by_sitemap_index(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let children: String = urls
        .iter()
        .map(|url| format!("<sitemap><loc>{url}</loc></sitemap>"))
        .collect();
    let space = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'";
    let index = format!("<sitemapindex {space}>{children}</sitemapindex>");
    site.serve("/index.xml", xml(index));
    let url = site.url("/index.xml");
    let tidings = only(&site).feed_toml(&format!(
        "[[feed]]\nid = \"index\"\nurl = {url:?}\nkind = \"sitemap\""
    ));
    tidings.run(&["poll", "--all"]).code(1);
    only(&site).run(&["feed", "find", &url]).ok();
    only(&site)
        .run(&["feed", "add", "--kind", "sitemap", &url])
        .code(2);
}

pub(super) fn by_sitemap(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let pages: String = urls
        .iter()
        .map(|url| format!("<url><loc>{url}</loc><lastmod>2026-01-01</lastmod></url>"))
        .collect();
    let space = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'";
    site.serve("/map.xml", xml(format!("<urlset {space}>{pages}</urlset>")));
    let ran = only(&site).run(&["feed", "add", "--kind", "sitemap", &site.url("/map.xml")]);
    ran.ok().stdout_has("Sitemap, ");
}

pub(super) fn by_robots(urls: &[String]) {
    // One origin has one file, so each spelling has its own.
    let sites: Vec<Site> = urls.iter().map(|_| Site::start_on("127.0.0.9")).collect();
    let mut tidings = Tidings::new()
        .settings("[fetch]\nallow_private = []\nhost_concurrency = 8\nhost_interval = \"0s\"");
    for (site, url) in sites.iter().zip(urls) {
        site.serve("/robots.txt", Reply::redirect(301, url));
        tidings = tidings.feed_toml(&format!(
            "[[feed]]\nurl = {:?}\nkind = \"sitemap\"\nallow_private = [\"127.0.0.9/32:{}\"]\n",
            site.url("/map.xml"),
            site.address().port()
        ));
    }
    tidings.run(&["poll", "--all"]).code(1);
    for site in &sites {
        assert_eq!(site.requests("/robots.txt").len(), 1);
    }
}

pub(super) fn by_older_page(urls: &[String]) {
    // Pages of one host are ten seconds apart, so each host comes once, in the spelling that stands
    // first, and each feed has a host of its own.
    let mut hosts = Vec::new();
    let site = Site::start_on("0.0.0.0");
    let port = site.address().port();
    let opened = format!("[fetch]\nallow_private = [\"127.0.9.0/24:{port}\"]");
    let mut tidings = Tidings::new().settings(&opened);
    let mut words = vec!["backfill".to_owned()];
    for url in urls {
        let parsed = url::Url::parse(url).ok();
        let host = parsed.and_then(|url| Some(url.host_str()?.to_owned()));
        match host {
            Some(host) if !hosts.contains(&host) => hosts.push(host),
            _ => continue,
        }
        let n = hosts.len();
        let link = format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"{url}\"/>"
        );
        let path = format!("/{n}");
        let feed = format!("{link}{}", item("a", "text"));
        site.serve(&path, Reply::feed(channel("Pages", &feed)));
        let (id, url) = (
            format!("feed-{n}"),
            site.url_at(&format!("127.0.9.{n}"), &path),
        );
        tidings = tidings.feed_toml(&format!("[[feed]]\nid = \"{id}\"\nurl = {url:?}"));
        words.push(id);
    }
    tidings.run(&["poll", "--all"]).ok();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = tidings.run(&words);
    let told = ran.stdout.matches("stopped: page 2: ").count();
    assert!(told > 40, "{ran}");
}

pub(super) fn by_enclosure(urls: &[String]) {
    let site = Site::start_on("127.0.0.9");
    let entries: String = urls
        .iter()
        .enumerate()
        .map(|(n, url)| {
            format!(
                "<item><guid>{n}</guid><title>{n}</title><link>{url}</link><comments>{url}</comments>\
                 <enclosure url=\"{url}\" type=\"audio/mpeg\" length=\"1\"/><source url=\"{url}\">s</source>\
                 <description>&lt;img src=\"{url}\"&gt;&lt;iframe src=\"{url}\"&gt;&lt;/iframe&gt;</description></item>"
            )
        })
        .collect();
    let image = format!("<image><url>{}</url></image>", urls[0]);
    site.serve(
        "/f",
        Reply::feed(channel("Files", &format!("{image}{entries}"))),
    );
    let tidings = only(&site).feed(&site.url("/f"));
    let ran = tidings.run(&["poll", "--all"]);
    ran.ok().stdout_has(&format!("{} new", urls.len()));
    tidings.run(&["export", "--out", "articles/"]).ok();
}
