//! Looking articles up: what is known of a document, pages for exports, counts.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, named_params, types::Value};

use super::{
    Sql, html,
    rows::{self, millis},
    search,
};
use crate::{
    model::{
        ArticleId, ArticleQuery, EntryKey, FeedId, Fingerprint, Known, KnownArticle, KnownSighting,
        Order, Page, PageKey, Time,
    },
    store::Totals,
};

pub(super) fn known(db: &Connection, feed: i64, entries: &[(EntryKey, ArticleId)]) -> Sql<Known> {
    let mut known = Known::default();
    // A look-up of nothing costs as much as one of something, and most documents are a feed's first
    // or of a store in which nothing was ever deleted.
    let is_sighted = exists(db, "sightings WHERE feed = ?1", [feed])?;
    let has_deleted = exists(db, "deleted_entries WHERE feed = ?1", [feed])?;
    let has_tombstones = exists(db, "tombstones", [])?;
    let mut sighted = db.prepare_cached(&format!(
        "SELECT {KNOWN}, a.id, s.fingerprint FROM sightings s JOIN articles a ON a.row = s.article
         WHERE s.feed = ?1 AND s.key = ?2"
    ))?;
    let mut by_id =
        db.prepare_cached(&format!("SELECT {KNOWN} FROM articles a WHERE a.id = ?1"))?;
    for (key, id) in entries {
        // A sighted entry belongs to its article, whatever its link says today.
        let found = if is_sighted {
            let both = |row: &Row<'_>| Ok((known_sighting(row)?, known_article(row)?));
            sighted.query_row((feed, key.0), both).optional()?
        } else {
            None
        };
        if let Some((sighting, article)) = found {
            known.articles.insert(sighting.article, article);
            known.sightings.insert(*key, sighting);
            continue;
        }
        if let Some(article) = by_id.query_row([id.0], known_article).optional()? {
            known.articles.insert(*id, article);
        } else if has_tombstones && exists(db, "tombstones WHERE id = ?1", [id.0])? {
            known.tombstones.insert(*id);
        }
        let deleted = "deleted_entries WHERE feed = ?1 AND key = ?2";
        if has_deleted && exists(db, deleted, (feed, key.0))? {
            known.tombstones.insert(*id);
        }
    }
    Ok(known)
}

/// The columns that [`known_article`] reads; `a` is the article's row.
const KNOWN: &str = "a.fingerprint, (SELECT f.id FROM feeds f WHERE f.row = a.owner), a.words";

fn known_article(row: &Row<'_>) -> Sql<KnownArticle> {
    let owner: Option<String> = row.get(1)?;
    Ok(KnownArticle {
        fingerprint: Fingerprint(row.get(0)?),
        owner: owner.and_then(|id| id.parse().ok()),
        words: rows::words(row, 2)?,
    })
}

/// What follows [`KNOWN`].
fn known_sighting(row: &Row<'_>) -> Sql<KnownSighting> {
    Ok(KnownSighting {
        article: ArticleId(row.get(3)?),
        fingerprint: Fingerprint(row.get(4)?),
    })
}

/// True if a table has such a row.
fn exists(db: &Connection, rows: &str, values: impl Params) -> Sql<bool> {
    db.prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {rows})"))?
        .query_row(values, |row| row.get(0))
}

/// A query's conditions as SQL, with the values they bind.
pub(super) struct Conditions {
    /// With `{a}` for the article's alias.
    all: Vec<String>,
    pub(super) values: Vec<(&'static str, Value)>,
}

impl Conditions {
    pub(super) fn of(query: &ArticleQuery) -> Sql<Self> {
        let mut conditions = Self {
            all: Vec::new(),
            values: Vec::new(),
        };
        if !query.feeds.is_empty() {
            let ids: Vec<&str> = query.feeds.iter().map(FeedId::as_str).collect();
            // A list of rows, not a look at every article's feeds, and (CROSS) made from the feeds
            // on: a small feed's page does not cost a walk through a large store.
            conditions.and(
                "{a}.row IN (SELECT s.article FROM feeds f CROSS JOIN sightings s ON s.feed = f.row
                 WHERE f.id IN (SELECT value FROM json_each(:feeds)))",
                ":feeds",
                rows::json(&ids)?.into(),
            );
        }
        if !query.feed_tags.is_empty() {
            conditions.and(
                "{a}.row IN (SELECT s.article FROM feeds f CROSS JOIN sightings s ON s.feed = f.row
                 WHERE EXISTS (SELECT 1 FROM json_each(f.tags) t
                    WHERE t.value IN (SELECT value FROM json_each(:tags))))",
                ":tags",
                rows::json(&query.feed_tags)?.into(),
            );
        }
        if query.is_feedless {
            let sightings = "SELECT 1 FROM sightings s WHERE s.article = {a}.row";
            conditions.all.push(format!("NOT EXISTS ({sightings})"));
        }
        if let Some(since) = query.since {
            conditions.and("{a}.sort_at >= :since", ":since", millis(since).into());
        }
        if let Some(until) = query.until {
            conditions.and("{a}.sort_at < :until", ":until", millis(until).into());
        }
        if let Some(search) = &query.search {
            conditions.and(
                "{a}.row IN (SELECT rowid FROM search WHERE search MATCH :search)",
                ":search",
                search::expression(search).into(),
            );
        }
        conditions.and_collected(query);
        if !query.languages.is_empty() {
            let languages: Vec<_> = query
                .languages
                .iter()
                .map(|tag| tag.to_lowercase())
                .collect();
            conditions.and(
                "EXISTS (SELECT 1 FROM json_each(:languages) l
                    WHERE substr(lower({a}.language) || '-', 1, length(l.value) + 1) = l.value || '-')",
                ":languages",
                rows::json(&languages)?.into(),
            );
        }
        if !query.authors.is_empty() {
            conditions.and(
                "EXISTS (SELECT 1 FROM json_each({a}.authors) n
                    WHERE lower(n.value) IN (SELECT lower(value) FROM json_each(:authors)))",
                ":authors",
                rows::json(&query.authors)?.into(),
            );
        }
        if let Some(words) = query.min_words {
            conditions.and("{a}.words >= :words", ":words", words.into());
        }
        Ok(conditions)
    }

    fn and_collected(&mut self, query: &ArticleQuery) {
        if let Some(since) = query.since_collected {
            let since = millis(since).into();
            self.and(
                "{a}.first_seen >= :since_collected",
                ":since_collected",
                since,
            );
        }
        if let Some(until) = query.until_collected {
            let until = millis(until).into();
            self.and(
                "{a}.first_seen < :until_collected",
                ":until_collected",
                until,
            );
        }
    }

    fn and(&mut self, sql: &str, name: &'static str, value: Value) {
        self.all.push(sql.to_owned());
        self.values.push((name, value));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The whole condition. One per cluster: none that fulfils the same was stored before.
    pub(super) fn sql(&self, one_per_cluster: bool) -> String {
        let mut all = vec!["1".to_owned()];
        let of = |alias| self.all.iter().map(move |sql| sql.replace("{a}", alias));
        all.extend(of("a"));
        if one_per_cluster {
            let same: String = of("b").map(|sql| format!(" AND {sql}")).collect();
            all.push(format!(
                "(a.cluster IS NULL OR NOT EXISTS (SELECT 1 FROM articles b
                    WHERE (b.id = a.cluster OR b.cluster = a.cluster) AND b.row < a.row{same}))"
            ));
        }
        all.join(" AND ")
    }

    pub(super) fn bound(&self) -> Vec<(&str, &dyn rusqlite::ToSql)> {
        self.values
            .iter()
            .map(|(name, value)| (*name, value as &dyn rusqlite::ToSql))
            .collect()
    }
}

pub(super) fn page(
    db: &Connection,
    query: &ArticleQuery,
    after: Option<PageKey>,
    limit: usize,
) -> Sql<Page> {
    let mut conditions = Conditions::of(query)?;
    let mut condition = conditions.sql(query.one_per_cluster);
    let (key, column, index) = match query.order {
        Order::Published => ("a.sort_at", rows::SORT_AT, "INDEXED BY articles_sort"),
        Order::Collected => (
            "a.first_seen",
            rows::FIRST_SEEN,
            "INDEXED BY articles_first_seen",
        ),
        Order::Changed => ("a.seq", rows::SEQ, "INDEXED BY sqlite_autoindex_articles_2"),
    };
    let (order, past) = if query.newest_first {
        ("DESC", "<")
    } else {
        ("ASC", ">")
    };
    if let Some(after) = after {
        condition.push_str(&format!(" AND ({key}, a.row) {past} (:at, :row)"));
        conditions.values.push((":at", after.sort_at.into()));
        conditions.values.push((":row", after.row.into()));
    }
    conditions
        .values
        .push((":limit", i64::try_from(limit).unwrap_or(i64::MAX).into()));
    let html = if query.with_html {
        format!(", {}", html::COLUMNS)
    } else {
        String::new()
    };
    // Many finds are not read and put in order for each page anew.
    let in_order = match &query.search {
        Some(search) if search::finds_many(db, search)? => index,
        _ => "",
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {}{html} FROM articles a {in_order} WHERE {condition}
         ORDER BY {key} {order}, a.row {order} LIMIT :limit",
        rows::STORED
    ))?;
    let mut found = statement.query(conditions.bound().as_slice())?;
    let mut page = Page::default();
    let mut last = None;
    while let Some(row) = found.next()? {
        last = Some(PageKey {
            row: row.get(0)?,
            sort_at: row.get(column)?,
        });
        page.articles
            .push(rows::stored_article(row, query.with_html)?);
    }
    page.next = last.filter(|_| page.articles.len() == limit);
    Ok(page)
}

pub(super) fn count(db: &Connection, query: &ArticleQuery) -> Sql<u64> {
    let conditions = Conditions::of(query)?;
    // Finds are counted without a look at the articles where nothing else is asked of these.
    if let Some(search) = &query.search
        && conditions.all.len() == 1
        && !query.one_per_cluster
    {
        return search::count(db, search);
    }
    db.prepare_cached(&format!(
        "SELECT count(*) FROM articles a WHERE {}",
        conditions.sql(query.one_per_cluster)
    ))?
    .query_row(conditions.bound().as_slice(), |row| row.get(0))
}

pub(super) fn totals(db: &Connection, since: Time, bytes: u64) -> Sql<Totals> {
    db.query_row(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM articles WHERE first_seen >= :since),
                (SELECT value FROM counters WHERE name = 'seq'), (SELECT max(at) FROM polls),
                (SELECT coalesce(sum(count), 0) FROM gaps), (SELECT value FROM counters WHERE name = 'pruned')",
        named_params! { ":since": millis(since) },
        |row| {
            Ok(Totals {
                articles: row.get(0)?,
                articles_since: row.get(1)?,
                bytes,
                last_seq: row.get(2)?,
                last_poll: rows::optional_time(row, 3)?,
                gaps: row.get(4)?,
                pruned: row.get(5)?,
            })
        },
    )
}
