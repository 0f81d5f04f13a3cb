//! `search`, and exports of what it finds.

use crate::util::{Reply, Site, Tidings, channel};

fn item(slug: &str, title: &str, day: u8, body: &str) -> String {
    format!(
        "<item><title>{title}</title><guid>{slug}</guid><link>https://example.org/{slug}</link>\
         <pubDate>{day:02} Nov 2019 12:00:00 GMT</pubDate><description>{body}</description></item>"
    )
}

/// Two feeds, polled in one round; the second one copies an article of the first.
fn polled() -> (Site, Tidings) {
    let words = |from: usize| {
        (from..from + 60)
            .map(|n| format!("word{n}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let copied = format!("{} and a hidden treasure", words(0));
    let site = Site::start();
    let one = [
        item("a", "Rust and tea", 1, "All about tea."),
        item(
            "b",
            "Tea time",
            2,
            &format!("{} then rust at last {}", words(100), words(200)),
        ),
        item("c", "Treasure", 3, &copied),
    ];
    let two = [item(
        "d",
        "Agency: treasure",
        4,
        &format!("AGENCY - {copied}"),
    )];
    site.serve("/one", Reply::feed(channel("One", &one.concat())));
    site.serve("/two", Reply::feed(channel("Two", &two.concat())));
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nid = \"one\"\nurl = {:?}\ntags = [\"first\"]\n[[feed]]\nid = \"two\"\nurl = {:?}",
        site.url("/one"),
        site.url("/two")
    ));
    tidings.run(&["poll", "one"]).ok().stdout_has("3 new");
    tidings.run(&["poll", "two"]).ok().stdout_has("1 new");
    (site, tidings)
}

fn titles(tidings: &Tidings, args: &[&str]) -> Vec<String> {
    let lines = tidings.run(args).ok().jsonl();
    let title = |line: &serde_json::Value| line["title"].as_str().unwrap().to_owned();
    lines.iter().map(title).collect()
}

#[test]
fn a_search_shows_what_fits_best_and_where_it_says_so() {
    let (_site, tidings) = polled();
    let ran = tidings.run(&["search", "rust"]);
    ran.ok()
        .stdout_has("https://example.org/a")
        .stdout_has("2019-11-01 12:00  One  ")
        .stdout_has("then rust at last")
        .stderr_has("2 articles.");
    let (title, body) = (ran.stdout.find("Rust and tea"), ran.stdout.find("Tea time"));
    assert!(
        title.is_some() && title < body,
        "a title counts for more: {ran}"
    );
    assert!(
        !ran.stdout.contains('\u{1b}'),
        "marks are for terminals: {ran}"
    );
    tidings
        .run(&["--color", "always", "search", "rust"])
        .ok()
        .stdout_has("then \u{1b}[1mrust\u{1b}[0m at last");
}

#[test]
fn a_search_can_be_narrowed_ordered_and_cut() {
    let (_site, tidings) = polled();
    let found = |more: &[&str]| titles(&tidings, &[&["search", "--json"], more].concat());
    assert_eq!(
        found(&["tea", "--order", "date"]),
        ["Tea time", "Rust and tea"]
    );
    assert_eq!(
        found(&["tea", "--order", "date", "--limit", "1"]),
        ["Tea time"]
    );
    tidings.run(&["search", "tea", "-time"]).code(2);
}

#[test]
fn words_need_no_quotes_and_exclusions_and_filters_hold() {
    let (_site, tidings) = polled();
    let found = |more: &[&str]| titles(&tidings, &[&["search", "--json"], more].concat());
    assert_eq!(found(&["rust", "tea", "about"]), ["Rust and tea"]);
    assert_eq!(found(&["tea -time"]), ["Rust and tea"]);
    assert_eq!(found(&["treasure", "--feed", "two"]), ["Agency: treasure"]);
    assert_eq!(found(&["treasure", "--tag", "first"]), ["Treasure"]);
    assert_eq!(found(&["treasure", "--unique"]), ["Treasure"]);
    assert_eq!(
        found(&["treasure", "--since", "2019-11-04"]),
        ["Agency: treasure"]
    );
    assert_eq!(found(&["treasure", "--until", "2019-11-04"]), ["Treasure"]);
    assert!(found(&["nothing"]).is_empty());
}

#[test]
fn a_find_says_what_it_is_a_copy_of() {
    let (_site, tidings) = polled();
    let lines = tidings.run(&["search", "--json", "agency"]).ok().jsonl();
    let first = tidings
        .run(&["search", "--json", "title:treasure -agency"])
        .ok()
        .jsonl();
    assert_eq!(lines[0]["duplicate_of"], first[0]["id"]);
    assert_eq!(lines[0]["cluster_id"], first[0]["id"]);
    assert_eq!(first[0]["duplicate_of"], serde_json::Value::Null);
    let id = first[0]["id"].as_str().unwrap();
    tidings
        .run(&["search", "agency"])
        .ok()
        .stdout_has(&format!("a near copy of {id}"));
}

#[test]
fn exports_take_a_search_and_leave_copies_out() {
    let (_site, tidings) = polled();
    let found =
        |more: &[&str]| titles(&tidings, &[&["export", "--format", "jsonl"], more].concat());
    assert_eq!(
        found(&["--search", "treasure"]),
        ["Treasure", "Agency: treasure"]
    );
    assert_eq!(found(&["--search", "treasure", "--unique"]), ["Treasure"]);
    assert_eq!(found(&["--search", "treasure -title:treasure"]).len(), 0);
    assert_eq!(found(&["--unique"]).len(), 3);
    tidings
        .run(&["export", "--search", "-tea"])
        .code(2)
        .stderr_has("add a word that they must have");
}

#[test]
fn queries_without_a_word_are_mistakes_and_odd_ones_are_not() {
    let (_site, tidings) = polled();
    for (query, why) in [
        ("", "no word"),
        ("!!!", "no word"),
        ("NOT tea", "add a word"),
    ] {
        tidings.run(&["search", query]).code(2).stderr_has(why);
    }
    for query in [
        "\"tea",
        "tea)",
        "(tea OR",
        "tea\"\"",
        "NEAR(tea",
        "tea:^*",
        "{title}: tea",
    ] {
        let ran = tidings.run(&["search", query]);
        ran.ok().stderr_lacks("FTS").stderr_lacks("syntax");
    }
}

#[test]
fn what_a_feed_says_reaches_the_terminal_escaped() {
    let site = Site::start();
    let evil = item("a", "Evil \u{202e}title", 1, "find\u{202e} me \u{2066}here");
    site.serve("/f", Reply::feed(channel("One \u{202e}", &evil)));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok().stdout_has("1 new");
    let ran = tidings.run(&["search", "me"]);
    assert!(!ran.ok().stdout.contains(['\u{202e}', '\u{2066}']), "{ran}");
    assert!(ran.stdout.contains("me"), "{ran}");
}
