//! The conversation with publishers' servers, as the servers see it, and what becomes of their
//! entries.

// A feed's own way to its server.
mod access;
// Edits, vanished entries, one story in several feeds.
mod articles;
// Older entries: where they are looked for, what ends a run, what the next one does.
mod backfill;
// Validators: echoed, replaced, dropped, and shown to nobody else.
mod conditional;
// Every feed format to the same record.
mod formats;
// Hosts that asked to be left alone.
mod hosts;
// What a request says about us, and where it follows.
mod manners;
// When a feed may be asked again.
mod pace;
// Sitemaps beside feeds.
mod sitemaps;
// Two processes at once, and a reader that goes away.
mod together;
// Edits of feeds' URLs and names, which no publisher notices.
mod urls;

use crate::util::Tidings;

/// `tidings poll --all --force`: the next round, at once.
fn again(tidings: &Tidings) -> crate::util::Ran {
    tidings.run(&["poll", "--all", "--force"])
}

/// The `--json` description of the only feed of the feed file.
fn only_feed(tidings: &Tidings) -> serde_json::Value {
    let feeds = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(feeds.as_array().unwrap().len(), 1);
    let id = feeds[0]["id"].as_str().unwrap().to_owned();
    tidings.run(&["feed", "show", &id, "--json"]).ok().json()
}
