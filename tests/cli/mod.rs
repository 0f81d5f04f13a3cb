//! Each command as its user meets it: what it prints, its exit code, its manners when things go
//! wrong.

// One article and its history.
mod article;
// What a feed keeps of its bodies, and what else it removes.
mod cleanup;
// What feeds say of themselves.
mod facts;
// Adding, editing and removing feeds; OPML.
mod feeds;
// Articles out and in.
mod files;
// From a page to its feed.
mod find;
// Options of every command, help, logs, pipes.
// Commands that ask servers without polling.
mod looks;
mod manners;
// Mistakes in settings, feed files and stores.
mod mistakes;
// What is wrong with one feed alone.
mod partial;
// `preview`.
mod preview;
// `search`, and exports of what it finds.
mod search;

use crate::util::{Reply, Site, Tidings, rss};

/// A site with one feed of three articles, polled.
fn polled() -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&["a", "b", "c"])).etag("\"1\""));
    let lines = format!(
        "[[feed]]\nid = \"small\"\nurl = {:?}\ntags = [\"tiny\"]",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok().stdout_has("3 new");
    (site, tidings)
}
