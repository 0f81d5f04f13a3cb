//! A feed's own way to its server: login, proxy, openings, deadlines, and the commands for them.

use crate::util::{Reply, Site, Tidings, rss};

#[test]
fn a_token_goes_to_the_feeds_own_origin_from_a_file_and_is_never_shown() {
    let (site, stranger) = (Site::start(), Site::start_on("127.0.0.2"));
    site.serve("/f", Reply::redirect(302, &stranger.url("/far")));
    stranger.serve("/far", Reply::feed(rss(&["a"])));
    let lines = format!(
        "[[feed]]\nid = \"f\"\nurl = {:?}\nauth = {{ bearer = {{ file = \"token\" }} }}",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.write("token", "hush\n");
    let ran = tidings.run(&["poll", "--all", "-vv"]);
    ran.ok().stdout_lacks("hush").stderr_lacks("hush");
    let sent = |site: &Site, path: &str| site.requests(path)[0].header("authorization");
    assert_eq!(sent(&site, "/f").as_deref(), Some("Bearer hush"));
    assert_eq!(sent(&stranger, "/far"), None);
    let shown = tidings.run(&["feed", "show", "f"]);
    let names = "sends      Authorization (values are not shown)";
    shown.ok().stdout_lacks("hush").stdout_has(names);
}

#[test]
fn a_login_in_a_url_is_refused_with_what_to_write_instead() {
    let site = Site::start();
    let url = site.url("/f").replace("http://", "http://me:hush@");
    let tidings = Tidings::new();
    for args in [
        &["feed", "add", &url][..],
        &["feed", "add", &url, "--no-fetch"],
    ] {
        let ran = tidings.run(args);
        assert_ne!(ran.code, Some(0));
        let told = ran.stderr.clone();
        assert!(told.contains("auth"), "{told}");
    }
    assert_eq!(site.all_requests().len(), 0);
}

const PROXIES: &str = "[proxies]\noffice = \"http://ADDRESS\"\ndead = \"socks5h://127.0.0.1:9\"\n";

#[test]
fn a_feed_goes_through_the_proxy_it_names_and_the_others_as_the_settings_say() {
    let (proxy, site) = (Site::start(), Site::start_on("127.0.0.2"));
    proxy.serve("http://feeds.example/f", Reply::feed(rss(&["a"])));
    site.serve("/straight", Reply::feed(rss(&["b"])));
    let settings = PROXIES.replace("ADDRESS", &proxy.address().to_string());
    let tidings = Tidings::new()
        .settings(&settings)
        .feed_toml("[[feed]]\nid = \"far\"\nurl = \"http://feeds.example/f\"\nproxy = \"office\"")
        .feed(&site.url("/straight"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 new");
    assert_eq!(
        (proxy.all_requests().len(), site.all_requests().len()),
        (1, 1)
    );
    // The other way round: a default, and a feed that does without.
    let tidings = Tidings::new()
        .settings(&format!("{settings}[fetch]\nproxy = \"office\""))
        .feed("http://feeds.example/f")
        .feed_toml(&format!(
            "[[feed]]\nurl = {:?}\nproxy = \"none\"",
            site.url("/straight")
        ));
    tidings.run(&["poll", "--all"]).ok().stdout_has("2 new");
    assert_eq!(
        (proxy.all_requests().len(), site.all_requests().len()),
        (2, 2)
    );
}

#[test]
fn a_proxy_is_no_way_around_the_guard_and_a_dead_one_is_not_gone_around() {
    let (proxy, site) = (Site::start(), Site::start_on("127.0.0.2"));
    proxy.serve(
        "http://feeds.example/f",
        Reply::redirect(302, &site.url("/private")),
    );
    let settings = PROXIES.replace("ADDRESS", &proxy.address().to_string());
    let tidings = Tidings::new()
        .settings(&settings)
        .settings("[fetch]\nallow_private = []")
        .feed_toml("[[feed]]\nid = \"far\"\nurl = \"http://feeds.example/f\"\nproxy = \"office\"")
        .feed_toml("[[feed]]\nid = \"lost\"\nurl = \"http://lost.example/f\"\nproxy = \"dead\"");
    let ran = tidings.run(&["poll", "--all"]);
    ran.code(1);
    let far = ran.line_with(" far ").to_owned();
    assert!(
        far.contains("redirected: 127.0.0.2 is not a public address"),
        "{far}"
    );
    let lost = ran.line_with(" lost ").to_owned();
    assert!(
        lost.contains("through the proxy dead: cannot connect"),
        "{lost}"
    );
    assert_eq!(
        (proxy.all_requests().len(), site.all_requests().len()),
        (1, 0)
    );
}

#[test]
fn a_feed_has_its_own_patience_with_a_silent_server() {
    let site = Site::start();
    site.serve("/f", Reply::hold());
    let lines = format!(
        "[[feed]]\nurl = {:?}\nread_timeout = \"200ms\"",
        site.url("/f")
    );
    let ran = Tidings::new().feed_toml(&lines).run(&["poll", "--all"]);
    ran.code(1).stdout_has("no more data in time");
}

#[test]
fn a_feed_of_ones_own_network_is_added_shown_and_closed_again() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a"])));
    let opening = format!("127.0.0.1/32:{}", site.address().port());
    let tidings = Tidings::new()
        .settings("[fetch]\nallow_private = []\n[proxies]\ntor = \"socks5h://127.0.0.1:9050\"");
    let add = ["feed", "add", &site.url("/f"), "--id", "lan"];
    let ran = tidings.run(&add);
    assert_ne!(ran.code, Some(0));
    ran.stderr_has("allow_private");
    tidings
        .run(&[&add[..], &["--allow-private", &opening, "--http1-only"]].concat())
        .ok();
    let file = tidings.read("feeds.toml");
    assert!(
        file.contains(&format!(
            "allow_private = [{opening:?}]\nhttp1_only = true\n"
        )),
        "{file}"
    );
    let shown = tidings.run(&["feed", "show", "lan"]);
    assert!(shown.line_with("opens").contains(&opening), "{shown}");
    shown.stdout_has("HTTP/1.1 only");
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line(&format!(
        "allow_private opens {opening} to the feed lan too"
    ));
    drop(daemon);
    let edit = [
        "feed",
        "edit",
        "lan",
        "--allow-private",
        "",
        "--http1-only",
        "false",
        "--proxy",
    ];
    let wrong = tidings.run(&[&edit[..], &["tro"]].concat());
    assert_ne!(wrong.code, Some(0));
    wrong.stderr_has("did you mean \"tor\"?");
    tidings.run(&[&edit[..], &["tor"]].concat()).ok();
    let request = &tidings.run(&["feed", "show", "lan", "--json"]).ok().json()["request"];
    assert_eq!(request["proxy"], "tor");
    assert_eq!(request["allow_private"], serde_json::json!([]));
    assert_eq!(request["http1_only"], false);
    tidings.run(&["feed", "edit", "lan", "--proxy", ""]).ok();
    assert!(!tidings.read("feeds.toml").contains("proxy"));
}
