//! The store's articles as exports read them: page by page, or feed by feed for partitions.

use std::collections::VecDeque;

use super::{CliError, context::Context, export::all_feeds};
use crate::{
    export::ArticleSource,
    model::{ArticleName, ArticleQuery, FeedId, FeedRecord, Page, PageKey, StoredArticle},
    store::{Backend, StoreError},
};

/// Articles read at once; each read is short, so that no checkpoint has to wait for it.
const PAGE: usize = 500;

/// The store's articles, page by page.
pub(super) struct Pages<'a> {
    context: &'a Context,
    /// Else it is only preferred to the text.
    pub(super) html_is_asked: bool,
    backend: &'a mut dyn Backend,
    query: ArticleQuery,
    after: Option<PageKey>,
    done: bool,
    skip: u64,
    left: u64,
    /// Where articles come feed by feed: this one and the next ones; `None` is what no feed carried.
    feeds: VecDeque<Option<FeedId>>,
}

impl<'a> Pages<'a> {
    /// What `query` gives but for the first `skip`, and at most `limit` of it.
    pub(super) fn new(
        context: &'a Context,
        backend: &'a mut dyn Backend,
        query: ArticleQuery,
        skip: u64,
        limit: Option<u64>,
    ) -> Self {
        Self {
            context,
            html_is_asked: false,
            backend,
            query,
            after: None,
            done: false,
            skip,
            left: limit.unwrap_or(u64::MAX),
            feeds: VecDeque::new(),
        }
    }

    /// Asks for the articles of each feed by itself, of those that were asked for.
    pub(super) fn feed_by_feed(&mut self) -> Result<(), CliError> {
        let (wanted, tags) = (&self.query.feeds, &self.query.feed_tags);
        let has_tag = |feed: &FeedRecord| feed.tags.iter().any(|tag| tags.contains(tag));
        let is_asked = |feed: &FeedRecord| match (wanted.is_empty(), tags.is_empty()) {
            (true, true) => true,
            (true, false) => has_tag(feed),
            (false, _) => wanted.contains(&feed.id),
        };
        let is_all = wanted.is_empty() && tags.is_empty();
        let feeds = all_feeds(self.backend)?.into_iter().filter(is_asked);
        let mut feeds: VecDeque<_> = feeds.map(|feed| Some(feed.id)).collect();
        feeds.make_contiguous().sort();
        feeds.extend(is_all.then_some(None));
        self.feeds = feeds;
        self.begin_feed();
        Ok(())
    }

    /// Asks for the articles of the first feed in the line.
    fn begin_feed(&mut self) {
        let feed = self.feeds.front();
        self.done = feed.is_none();
        self.after = None;
        self.query.is_feedless = feed == Some(&None);
        self.query.feeds = feed.cloned().flatten().into_iter().collect();
    }

    fn page(&mut self) -> Result<Page, StoreError> {
        match self.backend.articles(&self.query, self.after, PAGE) {
            Err(StoreError::DamagedHtml { .. }) if !self.html_is_asked => {}
            page => return page,
        }
        let query = ArticleQuery {
            with_html: false,
            ..self.query.clone()
        };
        let mut page = self.backend.articles(&query, self.after, PAGE)?;
        for stored in &mut page.articles {
            add_html(self.context, self.backend, stored)?;
        }
        Ok(page)
    }

    /// Goes on to the next feed, if articles come feed by feed.
    fn next_feed(&mut self) {
        if self.feeds.pop_front().is_some() {
            self.begin_feed();
        }
    }
}

impl ArticleSource for Pages<'_> {
    fn next_page(
        &mut self,
    ) -> Result<Vec<StoredArticle>, Box<dyn std::error::Error + Send + Sync>> {
        loop {
            if self.done {
                self.next_feed();
            }
            if self.done {
                return Ok(Vec::new());
            }
            let page = self.page()?;
            self.after = page.next;
            self.done = page.next.is_none();
            let mut articles = VecDeque::from(page.articles);
            let skipped = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(articles.len());
            articles.drain(..skipped);
            self.skip -= skipped as u64;
            // Articles that came while the older ones were written are for the next export.
            articles.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= articles.len() as u64;
            self.done |= self.left == 0;
            if !articles.is_empty() {
                return Ok(articles.into());
            }
        }
    }

    fn feed(&self) -> Option<&FeedId> {
        self.feeds.front()?.as_ref()
    }
}

/// Gives an article its markup; where that is damaged it goes without, and a word is said.
pub(super) fn add_html(
    context: &Context,
    backend: &mut dyn Backend,
    stored: &mut StoredArticle,
) -> Result<(), StoreError> {
    let id = stored.article.id;
    match backend.named(&ArticleName::exactly(id), 1, true) {
        Ok(mut found) => {
            if let Some(whole) = found.pop() {
                *stored = whole;
            }
            Ok(())
        }
        Err(StoreError::DamagedHtml { .. }) => {
            let word = format!(
                "the HTML of article {id} is damaged: its text is taken; a backup has it still (`tidings db restore`)"
            );
            context.shown.suspend(|| context.warn(&word));
            Ok(())
        }
        Err(error) => Err(error),
    }
}
