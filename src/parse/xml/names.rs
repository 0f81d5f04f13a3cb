//! What the elements of feeds mean, as data: namespaces, and a table from element to meaning.
//!
//! RSS and Atom are one vocabulary here, because real documents mix them. A namespace is known by
//! its URI in any of the spellings met in the wild, else by the prefix that everybody uses for it.

/// A namespace that has elements of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ns {
    /// RSS in all its namespaces and in none, Atom, CDF.
    Core,
    Rdf,
    Dc,
    DcTerms,
    Content,
    Media,
    Itunes,
    Syndication,
    FeedBurner,
    Xhtml,
    License,
    /// The administrative module of RSS 1.0.
    Admin,
    /// Sitemaps, and their parts for news and pictures.
    Sitemap,
    News,
    Picture,
    /// XML's own (`xml:base`).
    Xml,
    /// Known, and of no interest.
    Other,
}

/// Namespace URIs without scheme, `www.` and closing `/` or `#`, in lower case; then the usual
/// prefix.
const KNOWN: &[(&str, &[&str], Ns)] = &[
    (
        "w3.org/2005/atom",
        &["atom", "a10", "atom10", "atom1"],
        Ns::Core,
    ),
    ("purl.org/atom/ns", &["atom03"], Ns::Core),
    ("purl.org/atom/app", &[], Ns::Other),
    ("example.com/newformat", &[], Ns::Core),
    ("necho", &[], Ns::Core),
    ("backend.userland.com/rss", &[], Ns::Core),
    ("backend.userland.com/rss2", &[], Ns::Core),
    ("blogs.law.harvard.edu/tech/rss", &[], Ns::Core),
    ("cyber.law.harvard.edu/rss", &[], Ns::Core),
    ("my.netscape.com/rdf/simple/0.9", &[], Ns::Core),
    (
        "my.netscape.com/publish/formats/rss-0.91.dtd",
        &[],
        Ns::Core,
    ),
    ("channel.netscape.com/rdf/simple/0.9", &[], Ns::Core),
    ("netscape.com/rdf/simple/0.9", &[], Ns::Core),
    ("purl.org/rss/1.0", &["rss"], Ns::Core),
    ("purl.org/net/rss1.1", &[], Ns::Core),
    ("purl.org/rss/1.0/modules/rss091", &["rss091"], Ns::Core),
    ("rssnamespace.org/feeds/1.0", &[], Ns::Core),
    ("w3.org/1999/02/22-rdf-syntax-ns", &["rdf"], Ns::Rdf),
    ("purl.org/dc/elements/1.1", &["dc"], Ns::Dc),
    ("purl.org/dc/elements/1.0", &[], Ns::Dc),
    ("purl.org/metadata/dublin_core", &[], Ns::Dc),
    ("purl.org/rss/1.0/modules/dc", &[], Ns::Dc),
    ("purl.org/dc/terms", &["dcterms", "dct"], Ns::DcTerms),
    ("purl.org/rss/1.0/modules/dcterms", &[], Ns::DcTerms),
    (
        "purl.org/rss/1.0/modules/content",
        &["content"],
        Ns::Content,
    ),
    ("search.yahoo.com/mrss", &["media"], Ns::Media),
    ("video.search.yahoo.com/mrss", &[], Ns::Media),
    ("itunes.com/dtds/podcast-1.0.dtd", &["itunes"], Ns::Itunes),
    ("itunes.com/dtds/podcast-1.0.0.dtd", &[], Ns::Itunes),
    (
        "google.com/schemas/play-podcasts/1.0",
        &["googleplay"],
        Ns::Itunes,
    ),
    (
        "purl.org/rss/1.0/modules/syndication",
        &["sy", "syn"],
        Ns::Syndication,
    ),
    (
        "rssnamespace.org/feedburner/ext/1.0",
        &["feedburner"],
        Ns::FeedBurner,
    ),
    ("w3.org/1999/xhtml", &["xhtml", "xh"], Ns::Xhtml),
    (
        "backend.userland.com/creativecommonsrssmodule",
        &["creativecommons"],
        Ns::License,
    ),
    ("web.resource.org/cc", &["cc"], Ns::License),
    (
        "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html",
        &[],
        Ns::License,
    ),
    ("webns.net/mvcb", &["admin"], Ns::Admin),
    ("sitemaps.org/schemas/sitemap/0.9", &[], Ns::Sitemap),
    ("google.com/schemas/sitemap-news/0.9", &["news"], Ns::News),
    ("google.com/schemas/sitemap-image/1.1", &[], Ns::Picture),
    ("w3.org/xml/1998/namespace", &["xml"], Ns::Xml),
    ("purl.org/rss/1.0/modules/slash", &["slash"], Ns::Other),
    ("wellformedweb.org/commentapi", &["wfw"], Ns::Other),
    ("purl.org/syndication/thread/1.0", &["thr"], Ns::Other),
    ("georss.org/georss", &["georss"], Ns::Other),
    ("w3.org/2003/01/geo/wgs84_pos", &["geo"], Ns::Other),
    ("podcastindex.org/namespace/1.0", &["podcast"], Ns::Other),
    ("gdata.youtube.com/schemas/2007", &["yt"], Ns::Other),
];

/// The namespace of a URI.
pub(super) fn of_uri(uri: &str) -> Option<Ns> {
    let lower = uri.trim().to_ascii_lowercase();
    let bare = lower
        .trim_start_matches("http://")
        .trim_start_matches("https://")
        .trim_start_matches("www.")
        .trim_end_matches(['/', '#', '?', '=']);
    // Atom 0.3's name has a fragment of its own, and had others in its drafts.
    let bare = bare.split_once('#').map_or(bare, |(before, _)| before);
    KNOWN
        .iter()
        .find(|(known, _, _)| *known == bare)
        .map(|(_, _, ns)| *ns)
}

/// The namespace that everybody uses this prefix for.
pub(super) fn of_prefix(prefix: &str) -> Option<Ns> {
    KNOWN
        .iter()
        .find(|(_, prefixes, _)| {
            prefixes
                .iter()
                .any(|known| known.eq_ignore_ascii_case(prefix))
        })
        .map(|(_, _, ns)| *ns)
}

/// What an element says of its feed or entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The document's root that is no feed yet (`rss`, `RDF`).
    Root,
    Feed,
    Entry,
    Title,
    /// A link: by its `href` (Atom), else by its text (RSS).
    Link,
    Summary,
    Content,
    Id,
    Published,
    Updated,
    /// A person with this role: by its parts (Atom), else by its text (RSS).
    Person(&'static str),
    /// A person whose role is an attribute (`media:credit`).
    Credit,
    /// By its `term` or `text`, else by its text.
    Category,
    /// Categories separated by commas.
    Keywords,
    /// The name of who publishes an entry of a sitemap.
    Publication,
    Rights,
    /// A licence by its URL.
    License,
    Generator,
    Language,
    /// By its `href` or `url`, else by its parts (RSS `image`), else by its text.
    Image,
    Comments,
    /// By its `url` and text (RSS), else by its parts (Atom).
    Source,
    Enclosure,
    Duration,
    /// The publisher's own address of a link that leads through a counter.
    OriginalLink,
    Ttl,
    UpdatePeriod,
    UpdateFrequency,
    Hour,
    Day,
    /// Part of a person or an image.
    Name,
    Email,
    Url,
    /// Holds elements that count as if it were not there.
    Wrapper,
    /// Holds elements that say nothing of feed or entry.
    Apart,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) what: What,
    /// Among elements that say the same, the lowest rank is believed.
    pub(super) rank: u8,
    /// Name with the usual prefix, as told to the user.
    pub(super) name: &'static str,
}

macro_rules! table {
    ($local:expr; $($($key:literal)|+ => $what:expr, $rank:literal, $name:literal;)+) => {
        match $local {
            $($($key)|+ => Some(Meaning { what: $what, rank: $rank, name: $name }),)+
            _ => None,
        }
    };
}

/// The meaning of an element; `local` is its name without prefix in lower case.
pub(super) fn meaning(ns: Ns, local: &[u8]) -> Option<Meaning> {
    match ns {
        Ns::Core => core(local),
        Ns::Dc => dublin_core(local),
        Ns::DcTerms => dc_terms(local),
        Ns::Content => table! { local;
            b"encoded" => What::Content, 0, "content:encoded";
            b"encodedsummary" => What::Summary, 1, "content:encodedSummary";
        },
        Ns::Media => media(local),
        Ns::Itunes => itunes(local),
        Ns::Syndication => table! { local;
            b"updateperiod" => What::UpdatePeriod, 0, "sy:updatePeriod";
            b"updatefrequency" => What::UpdateFrequency, 0, "sy:updateFrequency";
        },
        Ns::FeedBurner => table! { local;
            b"origlink" => What::OriginalLink, 0, "feedburner:origLink";
        },
        Ns::Xhtml => table! { local;
            b"body" => What::Content, 2, "xhtml:body";
            b"div" => What::Content, 3, "xhtml:div";
        },
        Ns::License => table! { local;
            b"license" | b"licence" => What::License, 1, "cc:license";
        },
        Ns::Admin => table! { local;
            b"generatoragent" => What::Generator, 1, "admin:generatorAgent";
        },
        Ns::Rdf => table! { local;
            b"rdf" => What::Root, 0, "rdf:RDF";
            b"seq" | b"bag" | b"li" => What::Wrapper, 0, "rdf:Seq";
        },
        Ns::Sitemap => table! { local;
            b"urlset" | b"sitemapindex" => What::Feed, 0, "urlset";
            b"url" | b"sitemap" => What::Entry, 0, "url";
            b"loc" => What::Link, 0, "loc";
            b"lastmod" => What::Updated, 0, "lastmod";
        },
        Ns::News => table! { local;
            b"news" | b"publication" => What::Wrapper, 0, "news:news";
            b"name" => What::Publication, 0, "news:name";
            b"language" => What::Language, 0, "news:language";
            b"title" => What::Title, 0, "news:title";
            b"publication_date" => What::Published, 0, "news:publication_date";
            b"keywords" => What::Keywords, 0, "news:keywords";
            b"genres" => What::Keywords, 0, "news:genres";
            b"stock_tickers" => What::Keywords, 0, "news:stock_tickers";
        },
        Ns::Picture => table! { local;
            b"image" => What::Wrapper, 0, "image:image";
            b"loc" => What::Image, 0, "image:loc";
        },
        Ns::Xml | Ns::Other => None,
    }
}

fn core(local: &[u8]) -> Option<Meaning> {
    table! { local;
        b"rss" => What::Root, 0, "rss";
        b"rdf" => What::Root, 0, "rdf:RDF";
        b"channel" | b"feed" => What::Feed, 0, "feed";
        b"item" | b"entry" => What::Entry, 0, "entry";
        b"title" => What::Title, 0, "title";
        b"link" => What::Link, 0, "link";
        b"description" => What::Summary, 0, "description";
        b"summary" => What::Summary, 0, "summary";
        b"abstract" => What::Summary, 2, "abstract";
        b"subtitle" => What::Summary, 1, "subtitle";
        b"tagline" => What::Summary, 1, "tagline";
        b"content" => What::Content, 0, "content";
        b"encoded" => What::Content, 1, "encoded";
        b"fullitem" => What::Content, 1, "fullitem";
        b"body" => What::Content, 2, "body";
        b"guid" => What::Id, 0, "guid";
        b"id" => What::Id, 0, "id";
        b"pubdate" => What::Published, 0, "pubDate";
        b"published" => What::Published, 0, "published";
        b"issued" => What::Published, 0, "issued";
        b"date" => What::Published, 3, "date";
        b"created" => What::Published, 5, "created";
        b"updated" => What::Updated, 0, "updated";
        b"modified" => What::Updated, 1, "modified";
        b"lastbuilddate" => What::Updated, 1, "lastBuildDate";
        b"author" => What::Person("author"), 0, "author";
        b"creator" => What::Person("author"), 0, "creator";
        b"contributor" => What::Person("contributor"), 0, "contributor";
        b"managingeditor" => What::Person("editor"), 0, "managingEditor";
        b"webmaster" => What::Person("webmaster"), 0, "webMaster";
        b"category" => What::Category, 0, "category";
        b"subject" => What::Category, 0, "subject";
        b"tags" => What::Keywords, 0, "tags";
        b"copyright" => What::Rights, 0, "copyright";
        b"rights" => What::Rights, 0, "rights";
        b"license" => What::License, 1, "license";
        b"generator" => What::Generator, 0, "generator";
        b"language" => What::Language, 0, "language";
        b"image" => What::Image, 1, "image";
        b"logo" => What::Image, 0, "logo";
        b"icon" => What::Image, 3, "icon";
        b"comments" => What::Comments, 0, "comments";
        b"source" => What::Source, 0, "source";
        b"enclosure" => What::Enclosure, 0, "enclosure";
        b"ttl" => What::Ttl, 0, "ttl";
        b"hour" => What::Hour, 0, "hour";
        b"day" => What::Day, 0, "day";
        b"skiphours" => What::Wrapper, 0, "skipHours";
        b"skipdays" => What::Wrapper, 0, "skipDays";
        b"name" => What::Name, 0, "name";
        b"email" => What::Email, 0, "email";
        b"url" => What::Url, 0, "url";
        b"uri" | b"homepage" => What::Url, 0, "uri";
        b"textinput" => What::Apart, 0, "textInput";
        b"cloud" => What::Wrapper, 0, "cloud";
        b"items" => What::Wrapper, 0, "items";
    }
}

fn dublin_core(local: &[u8]) -> Option<Meaning> {
    table! { local;
        b"title" => What::Title, 1, "dc:title";
        b"description" => What::Summary, 2, "dc:description";
        b"identifier" => What::Id, 3, "dc:identifier";
        b"date" => What::Published, 3, "dc:date";
        b"creator" | b"author" => What::Person("author"), 0, "dc:creator";
        b"contributor" => What::Person("contributor"), 0, "dc:contributor";
        b"publisher" => What::Person("publisher"), 0, "dc:publisher";
        b"subject" => What::Category, 0, "dc:subject";
        b"rights" => What::Rights, 1, "dc:rights";
        b"language" => What::Language, 1, "dc:language";
    }
}

fn dc_terms(local: &[u8]) -> Option<Meaning> {
    table! { local;
        b"title" => What::Title, 2, "dcterms:title";
        b"abstract" | b"description" => What::Summary, 3, "dcterms:abstract";
        b"identifier" => What::Id, 4, "dcterms:identifier";
        b"issued" => What::Published, 2, "dcterms:issued";
        b"date" => What::Published, 4, "dcterms:date";
        b"created" => What::Published, 5, "dcterms:created";
        b"modified" => What::Updated, 2, "dcterms:modified";
        b"creator" => What::Person("author"), 0, "dcterms:creator";
        b"contributor" => What::Person("contributor"), 0, "dcterms:contributor";
        b"publisher" => What::Person("publisher"), 0, "dcterms:publisher";
        b"subject" => What::Category, 0, "dcterms:subject";
        b"rights" => What::Rights, 2, "dcterms:rights";
        b"license" => What::License, 2, "dcterms:license";
        b"language" => What::Language, 2, "dcterms:language";
    }
}

fn media(local: &[u8]) -> Option<Meaning> {
    table! { local;
        b"title" => What::Title, 4, "media:title";
        b"description" => What::Summary, 9, "media:description";
        b"text" => What::Summary, 10, "media:text";
        b"credit" => What::Credit, 0, "media:credit";
        b"category" => What::Category, 1, "media:category";
        b"keywords" => What::Keywords, 1, "media:keywords";
        b"copyright" => What::Rights, 3, "media:copyright";
        b"license" => What::License, 3, "media:license";
        b"thumbnail" => What::Image, 2, "media:thumbnail";
        b"content" => What::Enclosure, 1, "media:content";
        b"group" => What::Wrapper, 0, "media:group";
    }
}

fn itunes(local: &[u8]) -> Option<Meaning> {
    table! { local;
        b"title" => What::Title, 5, "itunes:title";
        b"summary" | b"description" => What::Summary, 4, "itunes:summary";
        b"subtitle" => What::Summary, 5, "itunes:subtitle";
        b"author" => What::Person("author"), 5, "itunes:author";
        b"owner" => What::Person("owner"), 0, "itunes:owner";
        b"category" => What::Category, 1, "itunes:category";
        b"keywords" => What::Keywords, 1, "itunes:keywords";
        b"image" => What::Image, 1, "itunes:image";
        b"duration" => What::Duration, 0, "itunes:duration";
        b"name" => What::Name, 0, "itunes:name";
        b"email" => What::Email, 0, "itunes:email";
    }
}
