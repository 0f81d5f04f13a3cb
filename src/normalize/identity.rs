//! What makes an entry, an article and a version of it the same as before.
//!
//! Every key is 128 bits of SHA-256 over a kind letter and length-prefixed fields, so that no two
//! kinds and no two splits of the same text can meet. Changing anything here makes every stored
//! article new.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use sha2::{Digest, Sha256};

use super::steady::steady;
use crate::model::{Article, ArticleId, EntryKey, FeedId, Fingerprint};

/// The texts of one entry that may identify it.
pub(super) struct Names<'a> {
    pub(super) guid: Option<&'a str>,
    pub(super) canonical_url: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    pub(super) title: &'a str,
    pub(super) content: Cow<'a, str>,
}

/// The kinds of name, best first: the publisher's id, the page, the very link (changelogs differ
/// in the fragment alone).
const KINDS: [&str; 3] = ["g:", "l:", "f:"];

impl<'a> Names<'a> {
    fn by_kind(&self) -> [Option<&'a str>; 3] {
        [self.guid, self.canonical_url, self.url]
    }

    /// What two listings of one entry have in common, whatever tracking their links carry.
    fn texts(&self) -> ([Option<&'a str>; 3], &str) {
        (self.head(), &self.content)
    }

    /// The same but for the content.
    fn head(&self) -> [Option<&'a str>; 3] {
        [self.guid, self.canonical_url, Some(self.title)]
    }

    /// The key made of everything, for entries that have no name of their own.
    fn content_key(&self) -> EntryKey {
        EntryKey(digest("h:", &[self.title, &self.content]))
    }
}

/// How often each name occurs in a document; a name that repeats identifies nothing.
struct Census<'a>([HashMap<&'a str, usize>; 3]);

impl<'a> Census<'a> {
    /// Counts the names of a document's entries.
    fn new<'n>(entries: impl Iterator<Item = &'n Names<'a>>) -> Self
    where
        'a: 'n,
    {
        let mut counts = <[HashMap<&str, usize>; 3]>::default();
        for entry in entries {
            for (counts, name) in counts.iter_mut().zip(entry.by_kind()) {
                if let Some(name) = name {
                    *counts.entry(name).or_default() += 1;
                }
            }
        }
        Self(counts)
    }

    /// The entry's key: its best name that no other entry of the document has.
    fn key(&self, entry: &Names<'_>) -> EntryKey {
        let names = KINDS.iter().zip(entry.by_kind()).zip(&self.0);
        names
            .filter_map(|((kind, name), counts)| Some((kind, name?, counts)))
            .find(|(_, name, counts)| counts.get(name) == Some(&1))
            .map_or_else(
                || entry.content_key(),
                |(kind, name, _)| EntryKey(digest(kind, &[name])),
            )
    }

    /// The article's id: its page, if that is its own, else the entry. A link to the feed's own
    /// site is never its own, however few entries the document has.
    fn article_id(
        &self,
        entry: &Names<'_>,
        key: EntryKey,
        feed: &FeedId,
        site: Option<&str>,
    ) -> ArticleId {
        match entry.canonical_url {
            Some(url) if self.0[1].get(url) == Some(&1) && Some(url) != site => url_id(url),
            _ => ArticleId(digest("e:", &[feed.as_str(), &key.to_string()])),
        }
    }
}

/// Identifies a document's entries, in order; `None` for one that the document holds already.
pub(super) fn identify(
    entries: &[Names<'_>],
    feed: &FeedId,
    site: Option<&str>,
) -> Vec<Option<(EntryKey, ArticleId)>> {
    // Bodies are long, and looked at only where all else is equal.
    let mut heads = HashMap::new();
    for entry in entries {
        *heads.entry(entry.head()).or_insert(0) += 1;
    }
    let mut texts = HashSet::new();
    let first: Vec<bool> = entries
        .iter()
        .map(|entry| heads.get(&entry.head()) == Some(&1) || texts.insert(entry.texts()))
        .collect();
    let firsts = entries.iter().zip(&first).filter(|(_, first)| **first);
    let census = Census::new(firsts.map(|(entry, _)| entry));
    let mut keys = HashSet::new();
    let identities = entries.iter().zip(first).map(|(entry, first)| {
        let key = census.key(entry);
        let new = first && keys.insert(key);
        new.then(|| (key, census.article_id(entry, key, feed, site)))
    });
    identities.collect()
}

/// The id of an article outside any feed: its page, else its title and body.
#[must_use]
pub fn article_id(canonical_url: Option<&str>, title: &str, body: &str) -> ArticleId {
    canonical_url.map_or_else(|| ArticleId(digest("c:", &[title, body])), url_id)
}

/// The key of an entry that its publisher's id names.
#[must_use]
pub fn guid_key(guid: &str) -> EntryKey {
    EntryKey(digest(KINDS[0], &[guid]))
}

/// Everything that an entry may be known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryNames {
    /// What it says.
    pub text: EntryKey,
    /// The publisher's id.
    pub guid: Option<EntryKey>,
    /// Its page.
    pub link: Option<EntryKey>,
}

/// All names of an entry, trusted or not.
#[must_use]
pub fn entry_names(article: &Article) -> EntryNames {
    let link = |url: &str| EntryKey(digest(KINDS[1], &[url]));
    EntryNames {
        text: text_key(&article.title, content(article)),
        guid: article.guid.as_deref().map(guid_key),
        link: article.canonical_url.as_deref().map(link),
    }
}

/// What an entry says, apart from what changes by itself.
#[must_use]
pub fn text_key(title: &str, content: &str) -> EntryKey {
    EntryKey(digest("h:", &[title, &steady(content)]))
}

/// The text that stands for an entry: its body, or else its summary.
pub(super) fn content(article: &Article) -> &str {
    match article.body.is_empty() {
        true => article.summary.as_deref().unwrap_or_default(),
        false => &article.body,
    }
}

/// What makes a version of an article: title, authors, page and body, and nothing that flaps.
#[must_use]
pub fn fingerprint(
    title: &str,
    authors: &[String],
    canonical_url: Option<&str>,
    body: &str,
) -> Fingerprint {
    versioned(title, authors, canonical_url, &steady(body))
}

/// The fingerprint that an article had before counters and ages in bodies were passed over, if that is
/// another: stored ones may be of that time, and are no reason for a new version.
#[must_use]
pub fn former_fingerprint(article: &Article, current: Fingerprint) -> Option<Fingerprint> {
    let body = &article.body;
    if steady(body) == *body {
        return None;
    }
    let former = |url| versioned(&article.title, &article.authors, url, body);
    let with_link = fingerprint(
        &article.title,
        &article.authors,
        article.canonical_url.as_deref(),
        body,
    );
    Some(former(
        article
            .canonical_url
            .as_deref()
            .filter(|_| with_link == current),
    ))
}

fn versioned(
    title: &str,
    authors: &[String],
    canonical_url: Option<&str>,
    body: &str,
) -> Fingerprint {
    let mut fields = vec![title, canonical_url.unwrap_or_default(), body];
    fields.extend(authors.iter().map(String::as_str));
    Fingerprint(digest("v:", &fields))
}

fn url_id(canonical_url: &str) -> ArticleId {
    ArticleId(digest("u:", &[canonical_url]))
}

/// 16 bytes of SHA-256 over the kind and each field with its length before it.
fn digest(kind: &str, fields: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new_with_prefix(kind);
    for field in fields {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: &'static str, url: &'static str, content: &'static str) -> Names<'static> {
        let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        Names {
            guid: some(guid),
            canonical_url: some(url),
            url: some(url),
            title: "",
            content: content.into(),
        }
    }

    fn identities(entries: &[Names<'_>], site: Option<&str>) -> Vec<Option<(EntryKey, ArticleId)>> {
        identify(entries, &"f".parse().unwrap(), site)
    }

    fn keys(entries: &[Names<'_>]) -> Vec<EntryKey> {
        identities(entries, None)
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
            .collect()
    }

    #[test]
    fn a_repeated_guid_identifies_nothing_and_the_link_stands_in() {
        let alone = keys(&[entry("", "u1", "")]);
        let repeated = keys(&[
            entry("0", "u1", "x"),
            entry("0", "u2", "x"),
            entry("7", "u3", "x"),
        ]);
        assert_eq!(repeated[0], alone[0]);
        assert_eq!(repeated[2], keys(&[entry("7", "", "other")])[0]);
    }

    #[test]
    fn without_any_name_the_content_decides() {
        let keys = keys(&[entry("", "u", "x"), entry("", "u", "y"), entry("", "", "z")]);
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 3);
    }

    #[test]
    fn an_exact_repeat_is_left_out_and_a_different_entry_is_not() {
        let entries = [
            entry("1", "u", "x"),
            entry("1", "u", "x"),
            entry("1", "u", "y"),
            entry("2", "v", "x"),
        ];
        let kept: Vec<bool> = identities(&entries, None)
            .iter()
            .map(Option::is_some)
            .collect();
        assert_eq!(kept, [true, false, true, true]);
    }

    #[test]
    fn an_entry_listed_twice_keeps_the_key_of_its_guid() {
        let twice = keys(&[entry("1", "u", "x"), entry("1", "u", "x")]);
        assert_eq!(twice, keys(&[entry("1", "u", "edited")]));
    }

    #[test]
    fn a_shared_link_or_the_site_itself_is_no_article_identity() {
        let entries = [
            entry("1", "u", ""),
            entry("2", "u", ""),
            entry("3", "v", ""),
        ];
        let ids = |site| -> Vec<ArticleId> {
            identities(&entries, site)
                .into_iter()
                .flatten()
                .map(|(_, id)| id)
                .collect()
        };
        assert_ne!(ids(None)[0], ids(None)[1]);
        assert_eq!(ids(None)[2], article_id(Some("v"), "", ""));
        assert_ne!(ids(Some("v"))[2], ids(None)[2]);
    }

    #[test]
    fn text_that_moves_between_fields_changes_the_fingerprint() {
        let one = fingerprint("ab", &[], None, "c");
        assert_ne!(one, fingerprint("a", &[], None, "bc"));
        assert_ne!(one, fingerprint("ab", &["c".into()], None, ""));
        assert_eq!(one, fingerprint("ab", &[], None, "c"));
    }
}
