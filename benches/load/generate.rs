//! Feeds made from a seed: blog articles as `WordPress` and its like send them, about 3 KB of
//! HTML each. The same seed gives the same bytes, so two runs measure the same work.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::page::Page;

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

/// Makes the documents and remembers how far time has gone.
pub(crate) struct Generator {
    seed: u64,
    feeds: usize,
    entries: usize,
    ticks: AtomicUsize,
}

impl Generator {
    pub(crate) fn new(seed: u64, feeds: usize, entries: usize) -> Self {
        Self {
            seed,
            feeds,
            entries,
            ticks: AtomicUsize::new(0),
        }
    }

    /// All documents before the first tick.
    pub(crate) fn pages(&self) -> Vec<Page> {
        (0..self.feeds).map(|feed| self.page(feed, 0)).collect()
    }

    /// 2 % of the feeds get one new entry and, as feeds do, drop their oldest.
    pub(crate) fn tick(&self) -> Vec<(usize, Page)> {
        let tick = self.ticks.fetch_add(1, Ordering::Relaxed);
        // Every feed that changes now has changed once in each whole turn of ticks before.
        let edition = tick / CHANGING + 1;
        let changing = (tick % CHANGING..self.feeds).step_by(CHANGING);
        changing
            .map(|feed| (feed, self.page(feed, edition)))
            .collect()
    }

    fn page(&self, feed: usize, edition: usize) -> Page {
        let newest = edition + self.entries;
        let articles: Vec<_> = (edition..newest)
            .rev()
            .map(|number| Article::new(self.seed, feed, number))
            .collect();
        let (content_type, body) = match feed % ATOM {
            4 => ("application/atom+xml; charset=utf-8", atom(feed, &articles)),
            _ => ("application/rss+xml; charset=UTF-8", rss(feed, &articles)),
        };
        let modified = published(newest)
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        Page::new(
            content_type,
            format!("\"{feed:x}-{edition:x}\""),
            modified,
            body.as_bytes(),
        )
    }
}

/// When the article of that number came out: one every six hours.
fn published(number: usize) -> DateTime<Utc> {
    let hours = i64::try_from(number).unwrap_or(0) * 6;
    DateTime::UNIX_EPOCH + TimeDelta::days(20_454) + TimeDelta::hours(hours)
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
    fn new(seed: u64, feed: usize, number: usize) -> Self {
        let mut random = Random(seed ^ ((feed as u64) << 32) ^ number as u64);
        let title = sentence(&mut random, 8);
        let site = format!("https://blog{feed}.example.org");
        Self {
            link: format!("{site}/2026/{}/", title.to_lowercase().replace(' ', "-")),
            guid: format!("{site}/?p={}", 1000 + number),
            author: format!("{} {}", capital(random.word()), capital(random.word())),
            published: published(number),
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

fn rss(feed: usize, articles: &[Article]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"\n\
         \txmlns:content=\"http://purl.org/rss/1.0/modules/content/\"\n\
         \txmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n\
         \txmlns:atom=\"http://www.w3.org/2005/Atom\"\n\
         \txmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"\n>\n<channel>\n\
         \t<title>Blog {feed}</title>\n\
         \t<atom:link href=\"https://blog{feed}.example.org/feed/\" rel=\"self\" type=\"application/rss+xml\" />\n\
         \t<link>https://blog{feed}.example.org</link>\n\t<description>Notes of blog {feed}</description>\n\
         \t<language>en-US</language>\n\t<sy:updatePeriod>hourly</sy:updatePeriod>\n\
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
