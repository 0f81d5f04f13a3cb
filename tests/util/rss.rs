//! Small RSS documents made on the spot, for tests in which the entries' number and identity
//! matter but not their text.

/// An RSS 2.0 document with one item for each name: guid, link and title are made from it.
pub(crate) fn rss(names: &[&str]) -> String {
    let items: Vec<String> = names.iter().map(|name| item(name, name)).collect();
    channel("Small feed", &items.concat())
}

/// A document around these items.
pub(crate) fn channel(title: &str, items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{title}</title>\
         <link>https://example.org/</link><description>d</description>\n{items}</channel></rss>\n"
    )
}

/// One item that says `text`.
pub(crate) fn item(name: &str, text: &str) -> String {
    format!(
        "<item><title>Title {name}</title><link>https://example.org/{name}</link>\
         <guid isPermaLink=\"false\">guid-{name}</guid><pubDate>Tue, 05 Nov 2019 16:55:07 GMT</pubDate>\
         <description>&lt;p&gt;Text of {text}.&lt;/p&gt;</description></item>\n"
    )
}
