//! What sanitized HTML may hold, as data: elements, attributes, schemes, and which element stands
//! in which.
//!
//! Whatever is not here is not shown. No code belongs here.

/// Elements that may be shown, with the attributes they may have besides those of [`EVERYWHERE`].
/// Sorted by name. No element is here that runs, loads or sends anything but a picture, or whose
/// content is not ordinary markup.
pub(super) const ALLOWED: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("abbr", &[]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("blockquote", &["cite"]),
    ("br", &[]),
    ("caption", &[]),
    ("cite", &[]),
    ("code", &[]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("dfn", &[]),
    ("div", &[]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("hr", &[]),
    ("i", &[]),
    ("img", &["alt", "height", "src", "width"]),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &["value"]),
    ("mark", &[]),
    ("ol", &["reversed", "start", "type"]),
    ("p", &[]),
    ("pre", &[]),
    ("q", &["cite"]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("small", &[]),
    ("span", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["colspan", "rowspan"]),
    ("tfoot", &[]),
    ("th", &["colspan", "rowspan", "scope"]),
    ("thead", &[]),
    ("time", &["datetime"]),
    ("tr", &[]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    ("wbr", &[]),
];

/// Attributes that any element may have.
pub(super) const EVERYWHERE: &[&str] = &["dir", "lang", "title"];
/// Attributes that hold a URL.
pub(super) const URLS: &[&str] = &["cite", "href", "src"];
/// Where pages that load pictures late keep their address.
pub(super) const LATE_SOURCES: &[&str] = &[
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-orig-src",
];
/// What links may lead to; pictures come over http and https only.
pub(super) const SCHEMES: &[&str] = &["http", "https", "mailto"];
/// Hosts whose pictures count readers and show nothing.
pub(super) const COUNTERS: &[&str] = &[
    "pixel.wp.com",        // Jetpack statistics
    "stats.wordpress.com", // WordPress.com statistics
    "b.scorecardresearch.com",
    "pixel.quantserve.com",
    "www.google-analytics.com",
    "pi.feedsportal.com",
];

/// What an element ends by starting, and the elements that shield what is outside of them.
pub(super) const ENDS: &[(&[&str], &[&str], &[&str])] = &[
    (&["a"], &["a"], &["td", "th"]),
    (&["li"], &["li"], &["ul", "ol", "menu", "td", "th"]),
    (&["dt", "dd"], &["dt", "dd"], &["dl", "td", "th"]),
    (&["td", "th"], &["td", "th"], &["table"]),
    (&["tr"], &["tr", "caption"], &["table"]),
    (
        &["tbody", "thead", "tfoot"],
        &["tbody", "thead", "tfoot", "caption"],
        &["table"],
    ),
];

/// Elements that stand only in others, and in which.
pub(super) const INSIDE: &[(&[&str], &[&str])] = &[
    (&["caption", "tbody", "tfoot", "thead"], &["table"]),
    (&["tr"], &["table", "tbody", "tfoot", "thead"]),
    (&["td", "th"], &["table", "tbody", "tfoot", "thead", "tr"]),
];

/// Elements that hold cells and no text.
pub(super) const IN_TABLES: &[&str] = &["table", "tbody", "tfoot", "thead", "tr"];

/// Elements that HTML parsers treat each in a way of its own, and that mean nothing in an article:
/// where every element is written, these are not.
pub(super) const MISREAD: &[&str] = &[
    "basefont",
    "bgsound",
    "body",
    "col",
    "colgroup",
    "frame",
    "frameset",
    "html",
    "image",
    "keygen",
    "marquee",
    "nobr",
    "optgroup",
    "option",
    "plaintext",
    "rb",
];
