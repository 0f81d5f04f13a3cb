//! `tidings backfill`: the feed's own links, WordPress's pages, where a run ends, where the next
//! one begins, and that polls notice nothing of it.

// What a backfill does not touch, and what its requests carry.
mod manners;
// Where a run ends, and where the next one begins.
mod runs;
// The feed's own links, and WordPress's pages where robots.txt allows them.
mod sources;

use super::again;
use crate::util::{Ran, Reply, Site, Tidings, channel, item};

/// A feed `mine` at `/f` of a site, polled once.
fn polled(site: &Site, document: impl Into<Vec<u8>>) -> Tidings {
    site.serve("/f", Reply::feed(document).etag("\"feed\""));
    let lines = format!("[[feed]]\nid = \"mine\"\nurl = {:?}", site.url("/f"));
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok();
    tidings
}

fn backfill(tidings: &Tidings, more: &[&str]) -> Ran {
    tidings.run(&[&["backfill", "mine"], more].concat())
}

/// A document with these entries and this link to another page.
fn linked(rel: &str, href: &str, names: &[&str]) -> String {
    let link = format!(
        "<link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"{rel}\" href=\"{}\"/>",
        href.replace('&', "&amp;")
    );
    let items: Vec<String> = names.iter().map(|name| item(name, name)).collect();
    channel("Small feed", &(link + &items.concat()))
}

fn wordpress(names: &[&str]) -> String {
    let items: Vec<String> = names.iter().map(|name| item(name, name)).collect();
    let generator = "<generator>https://wordpress.org/?v=6.4</generator>";
    channel("Small feed", &(generator.to_owned() + &items.concat()))
}

/// How often each path was asked for, robots.txt and the feed itself left out.
fn pages(site: &Site) -> Vec<String> {
    let requests = site.all_requests().into_iter();
    let targets = requests.map(|request| request.target);
    targets
        .filter(|target| target != "/f" && target != "/robots.txt")
        .collect()
}

fn titles(tidings: &Tidings) -> Vec<String> {
    let articles = tidings.exported();
    let mut titles: Vec<String> = articles
        .iter()
        .map(|article| article["title"].as_str().unwrap().replace("Title ", ""))
        .collect();
    titles.sort();
    titles
}

fn shown(tidings: &Tidings) -> serde_json::Value {
    tidings.run(&["feed", "show", "mine", "--json"]).ok().json()
}
