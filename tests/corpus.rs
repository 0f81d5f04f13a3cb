//! Real publishers' feeds, each served at a loopback address of its own and polled: nothing
//! crashes or hangs, the count of feeds that give articles never falls, a second round stores
//! nothing. Left out, and said so, unless `TIDINGS_CORPUS` names the folder of feeds.

use std::{fs, path::Path};

use crate::util::{Database, Ran, Reply, Site, Tidings, corpus};

/// Feeds that gave articles when this was last measured: raise it, never lower it. The rest holds
/// no entry, or is no feed.
const GAVE: usize = 339;

/// The list of feeds, each a path in the folder that holds the list's own.
fn feeds(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let list = folder.join("real.txt");
    let list =
        fs::read_to_string(&list).unwrap_or_else(|error| panic!("{}: {error}", list.display()));
    let read = |name: &str| {
        let path = folder.join(name);
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name.to_owned(), bytes)
    };
    list.lines().map(read).collect()
}

/// A site that serves them, every second one with an `ETag`, and feeds at an address each.
fn served(feeds: Vec<(String, Vec<u8>)>) -> (Site, Tidings) {
    let site = Site::start_on("0.0.0.0");
    let mut toml = String::new();
    for (n, (name, bytes)) in feeds.into_iter().enumerate() {
        let path = format!("/{n}");
        let json = name.ends_with(".json");
        let kind = if json {
            "application/feed+json"
        } else {
            "application/xml"
        };
        let mut reply = Reply::feed(bytes).content_type(kind).gzip();
        if n % 2 == 0 {
            reply = reply.etag(format!("\"{n}\""));
        }
        site.serve(&path, reply);
        let url = site.url_at(&format!("127.0.{}.{}", 1 + n / 250, 1 + n % 250), &path);
        toml.push_str(&format!(
            "# {name}\n[[feed]]\nid = \"feed-{n}\"\nurl = {url:?}\n"
        ));
    }
    (site, Tidings::new().feed_toml(&toml))
}

/// The number before these words in the closing summary.
#[track_caller]
fn count(ran: &Ran, words: &str) -> usize {
    let summary = ran.line_with("Polled ");
    let before = summary.split_once(words).map_or("", |(before, _)| before);
    let number = before.trim_end().rsplit(' ').next().unwrap_or_default();
    number
        .parse()
        .unwrap_or_else(|_| panic!("no number before {words:?} in {ran}"))
}

#[test]
fn real_feeds_give_articles_and_a_second_round_gives_nothing_new() {
    let Some(folder) = corpus() else { return };
    let folder = [folder.join("feeds"), folder]
        .into_iter()
        .find(|folder| folder.join("real.txt").exists());
    let feeds = feeds(&folder.expect("real.txt in TIDINGS_CORPUS or in its folder feeds"));
    let all = feeds.len();
    let (site, tidings) = served(feeds);
    let first = tidings.run(&["poll", "--all"]);
    assert!(matches!(first.code, Some(0 | 1)), "{first}");
    first.stdout_has(&format!("Polled {all} feeds"));
    first
        .stderr_lacks("panicked")
        .stdout_lacks("this is a bug in Tidings");
    assert_eq!(
        site.all_requests().len(),
        all,
        "requests of the first round"
    );
    let gave = count(&first, "gave articles");
    assert!(
        gave >= GAVE,
        "{gave} feeds gave articles, {GAVE} did before: {first}"
    );
    let stored = count(&first, "in the store");

    let second = tidings.run(&["poll", "--all", "--force"]);
    assert_eq!(
        (count(&second, " new,"), count(&second, " changed,")),
        (0, 0),
        "{second}"
    );
    assert_eq!(count(&second, "in the store"), stored);
    let not_modified = second.stdout.matches("not modified (304)").count();
    let conditional = site
        .all_requests()
        .iter()
        .skip(all)
        .filter(|request| request.is_conditional())
        .count();
    assert_eq!(not_modified, conditional);
    assert!(
        not_modified * 2 >= gave - 20,
        "{not_modified} answers were 304"
    );
    Database::of(&tidings).assert_sound();
    eprintln!(
        "corpus: {gave} of {all} feeds gave {stored} articles; {not_modified} answers 304 in the second round"
    );
    eprintln!("corpus: {}", first.line_with("Polled "));
    for line in first
        .stdout
        .lines()
        .filter(|line| !line.starts_with("ok") && !line.starts_with("Polled"))
    {
        eprintln!("corpus: {line}");
    }
}
