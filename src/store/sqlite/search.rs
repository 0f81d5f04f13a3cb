//! The full-text index: kept in step with the articles, asked in a language of our own.
//!
//! Nothing that was typed reaches FTS5 but as a quoted string. The index holds no texts: snippets are
//! made of the stored ones, by whoever shows them.

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    articles::Conditions,
    near::{self, Subject},
    rows,
};
use crate::{
    model::{
        ArticleQuery, StoredArticle,
        search::{Node, Query, Term, folded},
    },
    store::packed::Prepared,
};

/// Makes the index, empty; [`index_all`] belongs to it.
pub(super) const MIGRATION: &str = include_str!("migrations/0011_search.sql");

/// How much more a word in the title counts than one in the body.
const TITLE_WEIGHT: f64 = 4.0;
/// From so many finds on, articles are read in their order and looked for among the finds; below it
/// the finds are read and put in order.
const MANY: u64 = 2_000;

/// A title and a body as they are indexed.
pub(super) struct Texts<'a> {
    title: &'a str,
    body: &'a str,
}

impl<'a> Texts<'a> {
    pub(super) fn of(title: &'a str, body: &'a str, prepared: &'a Prepared) -> Self {
        Self {
            title: prepared.title.as_deref().unwrap_or(title),
            body: prepared.body.as_deref().unwrap_or(body),
        }
    }
}

pub(super) fn insert(tx: &Transaction<'_>, row: i64, texts: &Texts<'_>) -> Sql<()> {
    tx.prepare_cached("INSERT INTO search (rowid, title, body) VALUES (?1, ?2, ?3)")?
        .execute(params![row, texts.title, texts.body])?;
    Ok(())
}

pub(super) fn update(tx: &Transaction<'_>, row: i64, texts: &Texts<'_>) -> Sql<()> {
    tx.prepare_cached("UPDATE search SET title = ?2, body = ?3 WHERE rowid = ?1")?
        .execute(params![row, texts.title, texts.body])?;
    Ok(())
}

pub(super) fn delete(tx: &Transaction<'_>, row: i64) -> Sql<()> {
    tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([row])?;
    Ok(())
}

/// Indexes and labels the articles of a store that had no index, in the order in which they came.
pub(super) fn index_all(tx: &Transaction<'_>) -> Sql<()> {
    let mut last = i64::MIN;
    loop {
        let found = old_articles(tx, last)?;
        for old in &found {
            let prepared = Prepared::texts(&old.title, &old.body, old.words);
            let texts = Texts::of(&old.title, &old.body, &prepared);
            insert(tx, old.row, &texts)?;
            let subject = Subject {
                row: Some(old.row),
                owner: old.owner,
                source: &old.source,
                body: &old.body,
                words: old.words,
                sketch: prepared.sketch.as_ref(),
                // One that is no time is as old as can be.
                now: rows::from_millis(5, old.first_seen).unwrap_or_default(),
            };
            let copy = near::find(tx, &subject)?;
            if copy.label.cluster.is_some() {
                tx.prepare_cached(
                    "UPDATE articles SET cluster = ?2, duplicate_of = ?3 WHERE row = ?1",
                )?
                .execute(params![
                    old.row,
                    copy.label.cluster,
                    copy.label.duplicate_of
                ])?;
            }
            near::keep(tx, old.row, &copy)?;
        }
        match found.last() {
            Some(old) => last = old.row,
            None => return Ok(()),
        }
    }
}

/// Brings the index of a recovered store in step with its articles.
pub(super) fn fill(tx: &Transaction<'_>) -> Sql<()> {
    tx.execute(
        "DELETE FROM search WHERE rowid IN
            (SELECT id FROM search_docsize WHERE id NOT IN (SELECT row FROM articles))",
        [],
    )?;
    let mut last = i64::MIN;
    loop {
        let found = old_articles(tx, last)?;
        for old in &found {
            let prepared = Prepared::texts(&old.title, &old.body, 0);
            insert(tx, old.row, &Texts::of(&old.title, &old.body, &prepared))?;
        }
        match found.last() {
            Some(old) => last = old.row,
            None => return Ok(()),
        }
    }
}

struct OldArticle {
    row: i64,
    owner: Option<i64>,
    source: String,
    title: String,
    words: usize,
    first_seen: i64,
    body: String,
}

/// The next articles after a row that are not indexed, a few at a time. One odd value keeps no store
/// from being brought up to date.
fn old_articles(db: &Connection, after: i64) -> Sql<Vec<OldArticle>> {
    db.prepare_cached(
        "SELECT row, owner, source, title, words, first_seen, body FROM articles
         WHERE row > ?1 AND NOT EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = row)
         ORDER BY row LIMIT 200",
    )?
    .query_map([after], |row| {
        Ok(OldArticle {
            row: row.get(0)?,
            owner: row.get(1)?,
            source: rows::lossy(row, 2)?,
            title: rows::lossy(row, 3)?,
            words: rows::words(row, 4)?,
            first_seen: row.get(5)?,
            body: rows::lossy(row, 6)?,
        })
    })?
    .collect()
}

/// The articles of a query in the order of how well they fit; of those that fit as well the newer
/// comes first, then the lower id.
pub(super) fn best(db: &Connection, query: &ArticleQuery, limit: usize) -> Sql<Vec<StoredArticle>> {
    let rows = best_rows(db, query, limit)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {} FROM articles a WHERE a.row = ?1",
        rows::STORED
    ))?;
    rows.into_iter()
        .map(|row| statement.query_row([row], |row| rows::stored_article(row, false)))
        .collect()
}

fn best_rows(db: &Connection, query: &ArticleQuery, limit: usize) -> Sql<Vec<i64>> {
    let Some(search) = &query.search else {
        return Ok(Vec::new());
    };
    // The search is asked once, but for who else of a cluster it finds.
    let conditions = Conditions::of(&ArticleQuery {
        search: query.search.clone().filter(|_| query.one_per_cluster),
        ..query.clone()
    })?;
    // Without other conditions no article is looked at but those that come out. The join is made from
    // the finds on (CROSS): one look for each, and none at articles that were not found.
    let articles = if conditions.is_empty() {
        ""
    } else {
        "CROSS JOIN articles a ON a.row = search.rowid"
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT search.rowid, bm25(search, {TITLE_WEIGHT:?}, 1.0) FROM search {articles}
         WHERE search MATCH :search AND {}",
        conditions.sql(query.one_per_cluster)
    ))?;
    let expression = expression(search);
    let mut bound = conditions.bound();
    if !query.one_per_cluster {
        bound.push((":search", &expression));
    }
    let mut found: Vec<(f64, i64)> = statement
        .query_map(bound.as_slice(), |row| Ok((row.get(1)?, row.get(0)?)))?
        .collect::<Sql<_>>()?;
    if limit == 0 {
        return Ok(Vec::new());
    }
    // Lower is better. Only of what may come out it is asked how old it is.
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((last, _)) = found.get(limit - 1).copied() {
        let ties = found[limit..].iter().take_while(|(rank, _)| *rank <= last);
        found.truncate(limit + ties.count());
    }
    let mut keys = db.prepare_cached("SELECT sort_at, id FROM articles WHERE row = ?1")?;
    let mut keyed = Vec::with_capacity(found.len());
    for (rank, row) in found {
        let key: Option<(i64, [u8; 16])> = keys
            .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        // A damaged index may know articles that are not there; `db check` tells of them.
        let Some((sort_at, id)) = key else { continue };
        keyed.push((rank, std::cmp::Reverse(sort_at), id, row));
    }
    keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    keyed.truncate(limit);
    Ok(keyed.into_iter().map(|(.., row)| row).collect())
}

/// How many articles a search finds.
pub(super) fn count(db: &Connection, query: &Query) -> Sql<u64> {
    db.prepare_cached("SELECT count(*) FROM search WHERE search MATCH ?1")?
        .query_row([expression(query)], |row| row.get(0))
}

/// True if a search finds so much that its finds had better not be read one by one.
pub(super) fn finds_many(db: &Connection, query: &Query) -> Sql<bool> {
    let found: u64 = db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ?1 LIMIT ?2)",
        )?
        .query_row(params![expression(query), MANY], |row| row.get(0))?;
    Ok(found >= MANY)
}

/// A query in the language of FTS5. Each part has brackets of its own: no precedence is relied on.
pub(super) fn expression(query: &Query) -> String {
    let mut out = String::new();
    node(&mut out, query.root());
    out
}

fn node(out: &mut String, of: &Node) {
    match of {
        Node::Term(it) => term(out, it),
        Node::Any(any) => joined(out, any, " OR "),
        Node::All { of, but } => {
            out.push('(');
            joined(out, of, " AND ");
            if !but.is_empty() {
                out.push_str(" NOT ");
                joined(out, but, " OR ");
            }
            out.push(')');
        }
    }
}

fn joined(out: &mut String, nodes: &[Node], operator: &str) {
    out.push('(');
    for (at, it) in nodes.iter().enumerate() {
        if at > 0 {
            out.push_str(operator);
        }
        node(out, it);
    }
    out.push(')');
}

/// A quoted string is a phrase of whatever words the index sees in it. FTS5 reads up to a NUL.
fn term(out: &mut String, term: &Term) {
    if term.in_title {
        out.push_str("title : ");
    }
    let text = folded(&term.text).replace('"', "\"\"").replace('\0', " ");
    // Writing to a string cannot fail.
    let _ = write!(out, "\"{}\"", text.trim());
    if term.is_prefix {
        out.push_str(" *");
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
