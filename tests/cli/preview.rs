//! `preview`: what Tidings makes of a URL, a file or standard input, touching no store.

use crate::util::{Reply, Site, Tidings, rss};

#[test]
fn a_url_a_file_and_standard_input_give_the_same() {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a", "b"])));
    let tidings = Tidings::new();
    tidings.write("saved.xml", rss(&["a", "b"]));
    let by_url = tidings.run(&["preview", &site.url("/f")]);
    by_url
        .ok()
        .stdout_has("# Title a")
        .stderr_has("RSS 2.0 \u{201c}Small feed\u{201d}: 2 entries");
    let by_file = tidings.run(&["preview", "saved.xml"]);
    let by_pipe = tidings.run_with_stdin(&["preview", "-"], rss(&["a", "b"]));
    assert_eq!(by_file.ok().stdout, by_url.stdout);
    assert_eq!(by_pipe.ok().stdout, by_url.stdout);
    assert!(!tidings.path("tidings.db").exists());
}

#[test]
fn a_preview_needs_no_settings_and_takes_formats_and_a_limit() {
    let tidings = Tidings::new();
    tidings.write("saved.xml", rss(&["a", "b", "c"]));
    std::fs::remove_file(tidings.path("tidings.toml")).unwrap();
    let command = tidings.bare_command(&[
        "preview",
        "saved.xml",
        "--format",
        "jsonl",
        "--limit",
        "2",
        "-q",
    ]);
    let ran = crate::util::Daemon::start(command).wait();
    assert_eq!(ran.ok().jsonl().len(), 2);
    assert_eq!(ran.stderr, "");
}

#[test]
fn relative_links_of_a_file_are_resolved_against_the_base() {
    let tidings = Tidings::new();
    tidings.write(
        "saved.xml",
        rss(&["a"]).replace("https://example.org/a", "/a"),
    );
    let ran = tidings.run(&[
        "preview",
        "saved.xml",
        "--base",
        "https://base.example/feed",
    ]);
    ran.ok().stdout_has("https://base.example/a");
}

#[test]
fn a_page_is_told_with_its_feeds() {
    let site = Site::start();
    let page = "<!doctype html><head><link rel=alternate type=application/rss+xml href=/f></head>";
    site.serve("/", Reply::html(page));
    let ran = Tidings::new().run(&["preview", &site.url("/")]);
    ran.code(2).complains_once(&format!(
        "a web page, not a feed; its feeds: {}",
        site.url("/f")
    ));
}

#[test]
fn what_cannot_be_previewed_is_told() {
    let (site, tidings) = (Site::start(), Tidings::new());
    tidings
        .run(&["preview", &site.url("/none")])
        .code(2)
        .complains_once("HTTP 404");
    tidings
        .run(&["preview", "none.xml"])
        .code(2)
        .complains_once("none.xml: cannot be read");
    tidings
        .run_with_stdin(&["preview", "-"], "hello")
        .code(2)
        .complains_once("not a feed");
    tidings
        .run_with_stdin(&["preview", "-"], "")
        .code(2)
        .complains_once("the document is empty");
}
