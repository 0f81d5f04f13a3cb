//! The OPML 2.0 writer: the same feeds always give the same bytes.
//!
//! The first tag becomes a folder, the others a `category`, so that reading gives the tags back.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::model::{FeedKind, FeedSpec};

/// An OPML 2.0 document of the feeds; folders stand in the order of their first feed.
#[must_use]
pub fn write(title: &str, feeds: &[FeedSpec]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n",
    );
    let _ = writeln!(
        out,
        "    <title>{}</title>\n  </head>\n  <body>",
        xml(title)
    );
    for (folder, feeds) in by_folder(feeds) {
        let Some(folder) = folder else {
            feeds
                .into_iter()
                .for_each(|feed| outline(&mut out, 4, feed));
            continue;
        };
        let folder = xml(folder);
        let _ = writeln!(out, "    <outline text=\"{folder}\" title=\"{folder}\">");
        feeds
            .into_iter()
            .for_each(|feed| outline(&mut out, 6, feed));
        out.push_str("    </outline>\n");
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn by_folder(feeds: &[FeedSpec]) -> Vec<(Option<&str>, Vec<&FeedSpec>)> {
    let mut folders: Vec<(Option<&str>, Vec<&FeedSpec>)> = Vec::new();
    for feed in feeds {
        let name = feed.tags.first().map(String::as_str);
        match folders.iter_mut().find(|(folder, _)| *folder == name) {
            Some((_, members)) => members.push(feed),
            None => folders.push((name, vec![feed])),
        }
    }
    folders
}

fn outline(out: &mut String, indent: usize, feed: &FeedSpec) {
    let url = xml(&feed.url);
    // `text` is required; a nameless feed shows its URL, and reading takes that for no name.
    let name = feed.name.as_deref().map_or_else(|| url.clone(), xml);
    // Readers leave out what they cannot read, as they should.
    let kind = match feed.kind {
        FeedKind::Feed => "rss",
        kind => kind.as_str(),
    };
    let _ = write!(
        out,
        "{:indent$}<outline type=\"{kind}\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{url}\"",
        ""
    );
    if feed.tags.len() > 1 {
        let _ = write!(out, " category=\"{}\"", xml(&feed.tags[1..].join(",")));
    }
    out.push_str("/>\n");
}

/// Escaped for an attribute, without what XML 1.0 cannot hold.
fn xml(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    escape(text).into_owned()
}
