//! Real publishers' feeds: each gives the entries that other parsers find; each served at a
//! loopback address of its own and polled gives articles, nothing crashes or hangs, and a second
//! round stores nothing. Left out, and said so, unless `TIDINGS_CORPUS` names the folder of feeds.
//! The figures of parsing are the tool `tidings-corpus`'s.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use tidings::parse::{self, Limits};

use crate::util::{Database, Ran, Reply, Site, Tidings, corpus};

/// The folder of the lists.
fn lists() -> Option<PathBuf> {
    let folder = corpus()?;
    let folder = [folder.join("feeds"), folder]
        .into_iter()
        .find(|folder| folder.join("real.txt").exists());
    Some(folder.expect("real.txt in TIDINGS_CORPUS or in its folder feeds"))
}

/// Entries that other parsers found, by path, from the manifest.
fn references(folder: &Path) -> HashMap<String, usize> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.tsv")).expect("a manifest");
    let mut rows = manifest
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let names = rows.next().expect("a row of names");
    let column = |name| names.iter().position(|known| *known == name).expect(name);
    let (path, entries) = (column("path"), column("entries_reference"));
    rows.filter_map(|row| Some((row.get(path)?.to_string(), row.get(entries)?.parse().ok()?)))
        .collect()
}

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
fn real_feeds_give_all_their_entries() {
    let Some(folder) = lists() else { return };
    let references = references(&folder);
    let limits = Limits {
        max_entries: usize::MAX,
        pages: false,
    };
    for (name, bytes) in feeds(&folder) {
        let wanted = references.get(&name).copied().unwrap_or(1);
        let feed = parse::parse(&bytes, None, "https://feeds.example/", limits);
        let found = feed.map(|feed| feed.entries.len());
        assert!(
            found.as_ref().is_ok_and(|found| *found >= wanted),
            "{name}: {found:?} entries, {wanted} expected"
        );
    }
}

#[test]
fn real_feeds_give_articles_and_a_second_round_gives_nothing_new() {
    let Some(folder) = lists() else { return };
    let feeds = feeds(&folder);
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
    assert_eq!(gave, all, "feeds that gave articles: {first}");
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
