//! Exports in every format, read back by the readers they are meant for, and checked.

// EPUB.
mod books;
// Re-published feeds, read by our own parser.
mod feeds;
// What changed since the last export.
mod incremental;
// The same, killed again and again.
mod incremental_kills;
// Tables read by pandas, DuckDB and Polars, where TIDINGS_PYTHON asks for it.
mod readers;
// Parquet, snapshots, partitions; other stores.
mod tables;
// Manifests, and what `verify` finds.
mod manifests;
// JSON, CSV, the schema, packed files, JSON Lines that are imported.
mod records;
// Which articles, in which order.
mod selection;
// The changes on standard output.
mod tail;

use crate::util::{Reply, Site, Tidings, channel, item, rss};

/// Two items with everything that feeds say, one of them hostile, and one that says hardly anything.
const ITEMS: &str = "\
<item><title>=cmd|' /C calc'!A0 &lt;b&gt; \"q\", AT&amp;amp;T</title><guid>one</guid>\
<link>https://example.org/1?utm_source=x</link>\
<dc:creator>Ann Lee</dc:creator><dc:creator>Bo Falk</dc:creator>\
<pubDate>Tue, 05 Nov 2019 16:55:07 GMT</pubDate><category>Food</category><category>R&amp;D</category>\
<enclosure url=\"https://example.org/1.mp3\" length=\"12\" type=\"audio/mpeg\"/>\
<itunes:duration>61</itunes:duration><dc:rights>CC BY</dc:rights><dc:language>en</dc:language>\
<description>A teaser of it.</description>\
<content:encoded><![CDATA[<p>First <b>bold</b> &amp; <a href=\"/x?a=1&amp;b=2\">link</a><img src=\"/p.png\" alt=\"A pic\"><br>\
more</p><ul><li>one<ul><li>deep</li></ul></li><li>two</li></ul><blockquote>said</blockquote>\
<pre>  code\n    more</pre><div><span>loose</span><p>text<div>in it</div></div>\
<table><tr><td>a</td><td>b</td></tr></table><script>x()</script>]]></content:encoded></item>\
<item><title>Zwei</title><guid>two</guid><link>https://example.org/2</link>\
<dc:creator>Zoë Ü</dc:creator><pubDate>Wed, 06 Nov 2019 00:00:00 GMT</pubDate>\
<dc:language>de-AT</dc:language><description>Ein Satz, der lang genug ist.</description></item>\
<item><title/><guid>three</guid><link>https://example.org/3</link>\
<description>Only text.</description></item>";

/// A store with [`ITEMS`], of a feed `rich` with the tag `t`.
fn rich() -> Tidings {
    let site = Site::start();
    let namespaces = "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
        xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
        xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"";
    let feed = channel("Rich", ITEMS).replacen("<rss version=\"2.0\"", namespaces, 1);
    site.serve("/f", Reply::feed(feed));
    let lines = format!(
        "[[feed]]\nid = \"rich\"\nurl = {:?}\ntags = [\"t\"]",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    tidings.run(&["poll", "--all"]).ok().stdout_has("3 new");
    tidings
}

/// Bytes of a file in the run's directory.
fn bytes(tidings: &Tidings, name: &str) -> Vec<u8> {
    std::fs::read(tidings.path(name)).unwrap()
}

/// A site's feed at `/f`, and a store that polls it.
fn polled(names: &[&str]) -> (Site, Tidings) {
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(names)));
    let lines = format!(
        "[[feed]]\nid = \"f\"\nurl = {:?}\ninterval = \"1s\"\n",
        site.url("/f")
    );
    let tidings = Tidings::new().feed_toml(&lines);
    poll(&tidings);
    (site, tidings)
}

fn poll(tidings: &Tidings) {
    tidings.run(&["poll", "--all", "--force"]).ok();
}

/// Says another text of `a`, adds `c`, and polls.
fn go_on(site: &Site, tidings: &Tidings) {
    let items = [item("a", "another a"), item("b", "b"), item("c", "c")];
    site.serve("/f", Reply::feed(channel("Small feed", &items.concat())));
    poll(tidings);
}
