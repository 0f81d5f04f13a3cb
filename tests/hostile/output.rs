//! What hostile documents and servers make of the terminal and of exports.

use super::Round;
use crate::util::{Reply, Site, Tidings, channel};

#[test]
fn what_servers_say_reaches_the_terminal_without_control_characters() {
    let title = "<item><title>\u{9b}31m red \u{202e} back</title><guid>1</guid></item>";
    let site = Site::start();
    site.serve("/a", Reply::feed(channel("\u{9b}31m\u{202e}", title)));
    site.serve("/b", Reply::redirect(302, "http://\u{1b}[31m/"));
    site.serve("/c", Reply::feed("<\u{1b}[31m>\u{7}"));
    let tidings = Tidings::new()
        .feed(&site.url("/a"))
        .feed(&site.url("/b"))
        .feed(&site.url("/c"));
    tidings.run(&["poll", "--all", "-vv"]);
    for args in [
        &["poll", "--all", "--force", "-vv"][..],
        &["status"],
        &["feed", "list"],
        &["preview", &site.url("/a"), "--limit", "0"],
    ] {
        let ran = tidings.run(args);
        for text in [&ran.stdout, &ran.stderr] {
            let bad = text
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(bad, None, "{args:?}: {ran}");
        }
    }
}

#[test]
fn a_title_never_leads_an_export_out_of_its_folder() {
    let names = [
        "../../escape",
        "/etc/escape",
        "..",
        "a\u{0}b",
        "con",
        &"x".repeat(5000),
    ];
    let items: String = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("<item><title>{name}</title><guid>{n}</guid><link>https://example.org/{n}</link></item>"))
        .collect();
    let round = Round::with(Reply::feed(channel("../..", &items)));
    round.poll().ok();
    round
        .tidings
        .run(&["export", "--out", "deep/down/"])
        .ok()
        .stdout_has("Exported 7 articles");
    let files = |folder: &str| {
        std::fs::read_dir(round.tidings.path(folder))
            .unwrap()
            .count()
    };
    assert_eq!(files("deep"), 1);
    assert!(
        !round.tidings.path("escape.md").exists() && !round.tidings.path("deep/escape.md").exists()
    );
}
