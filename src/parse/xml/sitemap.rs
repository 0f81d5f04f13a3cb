//! What is special about sitemaps (sitemaps.org protocol 0.9, Google's news extension): they may be far
//! longer than feeds and in any order, so the newest pages are kept while reading, and only those
//! with news count unless all were asked for.
//!
//! Their elements are in the table like those of feeds; nothing is asked for or followed here.

use std::{borrow::Cow, cmp::Reverse};

use super::{Reader, frames::Frames, links::against, names::Ns, scan::Tag, text};
use crate::{
    model::{FeedKind, Time},
    parse::{
        ParseError,
        draft::{Fields, Text},
    },
};

/// Pages of a news sitemap; Google takes no more from one file.
const MOST_NEWS: usize = 1000;
/// Sitemaps of an index that are told.
const MOST_TOLD: usize = 100;

/// Name of the root element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    Pages,
    Index,
}

/// What is known of a sitemap while it is read.
pub(super) struct Sitemap<'a> {
    pub(super) root: Root,
    publication: Publication<'a>,
    /// Pages begun.
    pages: usize,
    /// Where the first page was left out.
    left_out_at: Option<usize>,
}

/// Who publishes the pages.
enum Publication<'a> {
    Unknown,
    One(Cow<'a, str>),
    Several,
}

impl<'a> Sitemap<'a> {
    /// If this tag, the first of the document, begins a sitemap; its namespace is taken for the
    /// right one, however it is written.
    pub(super) fn begun_by(tag: &Tag<'a>, frames: &mut Frames<'a>) -> Option<Self> {
        let (prefix, local) = tag.name.split_once(':').unwrap_or(("", tag.name));
        let root = match text::local(local).to_ascii_lowercase().as_str() {
            "urlset" => Root::Pages,
            "sitemapindex" => Root::Index,
            _ => return None,
        };
        frames.assume(prefix, Ns::Sitemap);
        Some(Self {
            root,
            publication: Publication::Unknown,
            pages: 0,
            left_out_at: None,
        })
    }

    /// One page's `news:name`.
    pub(super) fn published_by(&mut self, name: Cow<'a, str>) {
        self.publication = match std::mem::replace(&mut self.publication, Publication::Several) {
            Publication::Unknown => Publication::One(name),
            Publication::One(known) if known == name => Publication::One(known),
            _ => Publication::Several,
        };
    }
}

impl<'a> Reader<'a, '_> {
    /// A page begins: those before are closed, and the oldest go when there are too many.
    pub(super) fn page(&mut self, at: usize) {
        if self.frames.in_entry() {
            self.repairs.at(at, "<url> is not closed");
        }
        while self.frames.in_entry() {
            self.close_top();
        }
        if let Some(sitemap) = &mut self.sitemap {
            sitemap.pages += 1;
        }
        // Twice as many, so that each page is looked at a few times at most.
        if self.draft.entries.len() >= self.limits.max_entries.saturating_mul(2) {
            self.keep_newest(self.limits.max_entries, at);
        }
    }

    fn keep_newest(&mut self, most: usize, at: usize) {
        let any = self.limits.pages;
        let rank = |page: &Fields<'_>| (any || is_news(page), date(page));
        if keep(&mut self.draft.entries, most, rank)
            && let Some(sitemap) = &mut self.sitemap
        {
            sitemap.left_out_at.get_or_insert(at);
        }
    }

    /// The whole sitemap has been read.
    pub(super) fn finish_sitemap(&mut self, root: Root) -> Result<(), ParseError> {
        let at = self.scanner.position();
        if root == Root::Index {
            keep(&mut self.draft.entries, MOST_TOLD, date);
            self.draft.entries.sort_by_key(|entry| Reverse(date(entry)));
            let links = self.draft.entries.iter();
            let links = links.filter_map(|entry| entry.link.value().cloned());
            let links = links.map(|link| against(self.base.as_ref(), link).into_owned());
            return Err(ParseError::SitemapIndex(links.collect()));
        }
        let Some(sitemap) = &self.sitemap else {
            return Ok(());
        };
        let pages = sitemap.pages;
        let has_news = self.draft.entries.iter().any(is_news);
        let mut most = self.limits.max_entries;
        if !self.limits.pages {
            if !has_news && pages > 0 {
                return Err(ParseError::PagesOnly(pages));
            }
            self.draft.entries.retain(is_news);
            most = most.min(MOST_NEWS);
        }
        self.keep_newest(most, at);
        let is_of_news = has_news || !self.limits.pages;
        (self.draft.kind, self.draft.format) = if is_of_news {
            (FeedKind::NewsSitemap, "News sitemap".to_owned())
        } else {
            (FeedKind::Sitemap, "Sitemap".to_owned())
        };
        let Some(sitemap) = self.sitemap.take() else {
            return Ok(());
        };
        if let Some(at) = sitemap.left_out_at {
            let what = format!("more than {most} pages; the newest are read, the rest is left out");
            self.repairs.at(at, what);
        }
        if let Publication::One(name) = sitemap.publication {
            let kind = crate::model::MarkupKind::Text;
            let text = Text { text: name, kind };
            drop(self.draft.head.title.offer_first(0, "news:name", text));
        }
        Ok(())
    }
}

/// True if the news extension says something of a page: nothing else in a sitemap gives these.
fn is_news(page: &Fields<'_>) -> bool {
    page.title.value().is_some() || page.published.value().is_some()
}

fn date(page: &Fields<'_>) -> Option<Time> {
    page.published.value().or(page.updated.value()).copied()
}

/// Leaves those of the highest rank in their order; of equals, the first. True if any had to go.
fn keep<K: Ord>(pages: &mut Vec<Fields<'_>>, most: usize, rank: impl Fn(&Fields<'_>) -> K) -> bool {
    if pages.len() <= most {
        return false;
    }
    let mut order: Vec<usize> = (0..pages.len()).collect();
    order.select_nth_unstable_by_key(most, |at| (Reverse(rank(&pages[*at])), *at));
    let mut is_kept = vec![false; pages.len()];
    order[..most].iter().for_each(|at| is_kept[*at] = true);
    let mut kept = is_kept.into_iter();
    pages.retain(|_| kept.next().unwrap_or(false));
    true
}
