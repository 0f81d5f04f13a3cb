//! Feeds made from a seed: blog articles as `WordPress` and its like send them, about 3 KB of
//! HTML each. The same seed gives the same bytes, so two runs measure the same work.

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::page::{Page, Validators};

/// Every that-many-th feed changes at a tick: 2 %.
const CHANGING: usize = 50;

/// Every that-many-th feed is Atom, the others are RSS 2.0.
const ATOM: usize = 5;

/// The HTML of one article, roughly.
const ARTICLE_BYTES: usize = 3000;

const WORDS: &[&str] = &[
    "the",
    "of",
    "a",
    "and",
    "to",
    "in",
    "its",
    "new",
    "with",
    "for",
    "battery",
    "camera",
    "phone",
    "screen",
    "update",
    "price",
    "market",
    "company",
    "engineers",
    "release",
    "model",
    "design",
    "report",
    "users",
    "software",
    "version",
    "charging",
    "display",
    "processor",
    "launch",
    "according",
    "several",
    "months",
    "global",
    "feature",
    "performance",
    "devices",
    "city",
    "council",
    "research",
    "energy",
    "water",
    "measured",
    "results",
    "study",
    "between",
    "larger",
    "quietly",
    "announced",
    "expected",
    "although",
    "sources",
    "café",
    "naïve",
    "Zürich",
    "señal",
];

/// With more feeds than this, documents are made anew for each request and not kept.
const MOST_KEPT: usize = 20_000;

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) feeds: usize,
    pub(crate) entries: usize,
    pub(crate) seed: u64,
    /// Entries seconds apart and no word of how often documents are updated, so that a daemon asks as
    /// often as it is told to.
    pub(crate) brisk: bool,
}

/// A document and how often its feed has changed by then.
type Edition = (usize, Arc<Page>);

/// Makes the documents and remembers how far time has gone.
pub(crate) struct Generator {
    shape: Shape,
    ticks: AtomicUsize,
    /// The current document of each feed with its edition; empty if none are kept.
    kept: Vec<Mutex<Option<Edition>>>,
}

impl Generator {
    /// Makes all documents, if they are kept, so that no measurement pays for it.
    pub(crate) fn new(shape: Shape) -> Self {
        let kept = if shape.feeds <= MOST_KEPT {
            shape.feeds
        } else {
            0
        };
        let generator = Self {
            shape,
            ticks: AtomicUsize::new(0),
            kept: (0..kept).map(|_| Mutex::default()).collect(),
        };
        (0..kept).for_each(|feed| drop(generator.page(feed)));
        generator
    }

    pub(crate) fn feeds(&self) -> usize {
        self.shape.feeds
    }

    /// 2 % of the feeds get one new entry and, as feeds do, drop their oldest. Says how many.
    pub(crate) fn tick(&self) -> usize {
        let tick = self.ticks.fetch_add(1, Ordering::Relaxed);
        let changing = (tick % CHANGING..self.shape.feeds).step_by(CHANGING);
        let count = changing.len();
        if !self.kept.is_empty() {
            changing.for_each(|feed| drop(self.page(feed)));
        }
        count
    }

    /// How often a feed has changed: once in each whole turn of ticks, each feed at its own.
    fn edition(&self, feed: usize) -> usize {
        let ticks = self.ticks.load(Ordering::Relaxed);
        (ticks + CHANGING - 1 - feed % CHANGING) / CHANGING
    }

    /// `ETag` and `Last-Modified` of a feed's document.
    pub(crate) fn validators(&self, feed: usize) -> Validators {
        let edition = self.edition(feed);
        Validators {
            etag: format!("\"{feed:x}-{edition:x}\""),
            last_modified: published(edition + self.shape.entries, self.shape.brisk)
                .format("%a, %d %b %Y %H:%M:%S GMT")
                .to_string(),
        }
    }

    /// A feed's document.
    pub(crate) fn page(&self, feed: usize) -> Arc<Page> {
        let edition = self.edition(feed);
        let Some(kept) = self.kept.get(feed) else {
            return Arc::new(self.make(feed, edition));
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, page)) if *of == edition => Arc::clone(page),
            _ => {
                let page = Arc::new(self.make(feed, edition));
                *kept = Some((edition, Arc::clone(&page)));
                page
            }
        }
    }

    fn make(&self, feed: usize, edition: usize) -> Page {
        let newest = edition + self.shape.entries;
        let articles: Vec<_> = (edition..newest)
            .rev()
            .map(|number| Article::new(&self.shape, feed, number))
            .collect();
        let (content_type, body) = match feed % ATOM {
            4 => ("application/atom+xml; charset=utf-8", atom(feed, &articles)),
            _ => (
                "application/rss+xml; charset=UTF-8",
                rss(feed, &articles, self.shape.brisk),
            ),
        };
        Page::new(content_type, self.validators(feed), body.as_bytes())
    }
}

/// When the article of that number came out: one every six hours, or every second.
fn published(number: usize, brisk: bool) -> DateTime<Utc> {
    let number = i64::try_from(number).unwrap_or(0);
    let since = if brisk {
        TimeDelta::seconds(number)
    } else {
        TimeDelta::hours(number * 6)
    };
    DateTime::UNIX_EPOCH + TimeDelta::days(20_454) + since
}

struct Article {
    title: String,
    link: String,
    guid: String,
    author: String,
    published: DateTime<Utc>,
    html: String,
}

impl Article {
    fn new(shape: &Shape, feed: usize, number: usize) -> Self {
        let mut random = Random(shape.seed ^ ((feed as u64) << 32) ^ number as u64);
        let title = sentence(&mut random, 8);
        let site = format!("https://blog{feed}.example.org");
        Self {
            link: format!("{site}/2026/{}/", title.to_lowercase().replace(' ', "-")),
            guid: format!("{site}/?p={}", 1000 + number),
            author: format!("{} {}", capital(random.word()), capital(random.word())),
            published: published(number, shape.brisk),
            html: html(&mut random, &site),
            title,
        }
    }
}

/// Paragraphs with what stands in them: links, emphasis, entities, a list, a picture.
fn html(random: &mut Random, site: &str) -> String {
    let mut html = format!(
        "<p><img decoding=\"async\" class=\"alignnone size-large\" src=\"{site}/i/{0}-1024x576.jpg\" \
         alt=\"\" width=\"1024\" height=\"576\" srcset=\"{site}/i/{0}-1024x576.jpg 1024w, \
         {site}/i/{0}-300x169.jpg 300w\" sizes=\"(max-width: 1024px) 100vw, 1024px\" /></p>\n",
        random.next() % 100_000
    );
    while html.len() < ARTICLE_BYTES {
        let (first, second) = (sentence(random, 14), sentence(random, 18));
        let _ = match random.next() % 5 {
            0 => writeln!(html, "<h2>{first}</h2>"),
            1 => writeln!(html, "<ul>\n<li>{first}</li>\n<li>{second}</li>\n</ul>"),
            2 => writeln!(
                html,
                "<p>{first}. <a href=\"{site}/{}/?utm_source=rss&amp;utm_medium=feed\" \
                 target=\"_blank\" rel=\"noopener\">{second}</a>&nbsp;&#8211; it&#8217;s said.</p>",
                random.next() % 10_000
            ),
            3 => writeln!(
                html,
                "<p>&#8220;{first},&#8221; <strong>{}</strong> wrote. {second} &amp; more&#8230;</p>",
                capital(random.word())
            ),
            _ => writeln!(html, "<p>{first}. {second}. {}.</p>", sentence(random, 16)),
        };
    }
    html
}

fn rss(feed: usize, articles: &[Article], brisk: bool) -> String {
    let period = if brisk {
        ""
    } else {
        "\t<sy:updatePeriod>hourly</sy:updatePeriod>\n"
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"\n\
         \txmlns:content=\"http://purl.org/rss/1.0/modules/content/\"\n\
         \txmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n\
         \txmlns:atom=\"http://www.w3.org/2005/Atom\"\n\
         \txmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"\n>\n<channel>\n\
         \t<title>Blog {feed}</title>\n\
         \t<atom:link href=\"https://blog{feed}.example.org/feed/\" rel=\"self\" type=\"application/rss+xml\" />\n\
         \t<link>https://blog{feed}.example.org</link>\n\t<description>Notes of blog {feed}</description>\n\
         \t<language>en-US</language>\n{period}\
         \t<generator>https://wordpress.org/?v=6.8</generator>\n"
    );
    for article in articles {
        let Article {
            title,
            link,
            guid,
            author,
            html,
            ..
        } = article;
        let date = article.published.to_rfc2822();
        let _ = write!(
            xml,
            "\t<item>\n\t\t<title>{title}</title>\n\t\t<link>{link}</link>\n\
             \t\t<dc:creator><![CDATA[{author}]]></dc:creator>\n\t\t<pubDate>{date}</pubDate>\n\
             \t\t<category><![CDATA[News]]></category>\n\
             \t\t<guid isPermaLink=\"false\">{guid}</guid>\n\
             \t\t<description><![CDATA[{title} [&#8230;]]]></description>\n\
             \t\t<content:encoded><![CDATA[{html}]]></content:encoded>\n\t</item>\n"
        );
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

fn atom(feed: usize, articles: &[Article]) -> String {
    let updated = articles
        .first()
        .map(|article| article.published.to_rfc3339())
        .unwrap_or_default();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <title>Blog {feed}</title>\n<id>https://blog{feed}.example.org/</id>\n<updated>{updated}</updated>\n\
         <link href=\"https://blog{feed}.example.org/\"/>\n"
    );
    for article in articles {
        let Article {
            title,
            link,
            guid,
            author,
            html,
            ..
        } = article;
        let date = article.published.to_rfc3339();
        let html = html
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = write!(
            xml,
            "<entry>\n<title>{title}</title>\n<link href=\"{link}\"/>\n<id>{guid}</id>\n\
             <updated>{date}</updated>\n<published>{date}</published>\n\
             <author><name>{author}</name></author>\n<content type=\"html\">{html}</content>\n</entry>\n"
        );
    }
    xml.push_str("</feed>\n");
    xml
}

fn sentence(random: &mut Random, words: usize) -> String {
    let mut sentence = capital(random.word());
    for _ in 1..words {
        sentence.push(' ');
        sentence.push_str(random.word());
    }
    sentence
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// `SplitMix64`: enough chance for filler text, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.next() as usize % WORDS.len()]
    }
}
