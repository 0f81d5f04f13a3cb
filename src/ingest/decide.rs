//! New, changed or known: what each entry of a document means for the store. Pure.
//!
//! An article has changed when its title, authors, link or body have: what its fingerprint is made
//! of. Nothing is written of an entry whose details or markup alone are others than last time
//! (counters in categories, addresses of pictures that change with each poll); a new version brings
//! all of them.

use crate::{
    model::{Action, Article, ArticleId, Decided, EntryKey, FeedId, Known, KnownArticle},
    normalize::former_fingerprint,
};

/// Who says it.
#[derive(Clone, Copy, Debug)]
pub enum Speaker<'a> {
    /// A poll of this feed.
    Feed(&'a FeedId),
    /// A page of older entries of this feed: it adds what is missing and changes nothing, because
    /// what the feed said since is newer.
    Backfill,
    /// The operator, by importing a file.
    Import,
}

/// One entry as it comes from the normalizer or an imported file.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Identity in its feed.
    pub key: EntryKey,
    /// The publisher's id.
    pub guid: Option<String>,
    /// The entry, normalized.
    pub article: Article,
    /// The stored article that says the same, where nothing but its text counts.
    pub same_as: Option<ArticleId>,
}

/// Another feed's version replaces the current one only if it is so much longer: a full text over
/// a teaser, but not one wording over another back and forth.
const FULLER: f64 = 1.5;

/// Decides every entry; deleted articles are passed over, and what a backfill need not add.
#[must_use]
pub fn decide(candidates: Vec<Candidate>, known: &Known, speaker: Speaker<'_>) -> Vec<Decided> {
    candidates
        .into_iter()
        .filter_map(|candidate| one(candidate, known, speaker))
        .collect()
}

fn one(candidate: Candidate, known: &Known, speaker: Speaker<'_>) -> Option<Decided> {
    let Candidate {
        key,
        guid,
        article,
        same_as,
    } = candidate;
    let fingerprint = article.fingerprint;
    let sighting = known.sightings.get(&key);
    let id = sighting.map_or(article.id, |sighting| sighting.article);
    if known.tombstones.contains(&id) {
        return None;
    }
    let action = match sighting {
        Some(_) if matches!(speaker, Speaker::Backfill) => return None,
        // What the feed said has not changed since it last spoke; what others made of the
        // article meanwhile is not its business.
        Some(sighting) if sighting.fingerprint == fingerprint => Action::Touch,
        _ if same_as == Some(id) && known.articles.contains_key(&id) => Action::Link { id },
        // Said so before its fingerprint was made otherwise: from now on it has the new one.
        Some(sighting)
            if former_fingerprint(&article, fingerprint) == Some(sighting.fingerprint) =>
        {
            Action::Link { id }
        }
        _ => match known.articles.get(&id) {
            None => Action::Insert(Box::new(article)),
            Some(current) => compare(id, article, current, speaker),
        },
    };
    Some(Decided {
        key,
        guid,
        fingerprint,
        action,
    })
}

fn compare(
    id: ArticleId,
    article: Article,
    current: &KnownArticle,
    speaker: Speaker<'_>,
) -> Action {
    let same = article.fingerprint == current.fingerprint
        || former_fingerprint(&article, article.fingerprint) == Some(current.fingerprint);
    if !same && may_replace(&article, current, speaker) {
        Action::Replace {
            id,
            article: Box::new(article),
        }
    } else {
        Action::Link { id }
    }
}

/// The feed that the current version comes from may change it, any feed may replace an import, and
/// the operator may do anything. What has no text at all (a sitemap's link, a headline) gives way to
/// any text, and takes no other's place.
#[expect(clippy::cast_precision_loss, reason = "word counts are far below 2^52")]
pub(super) fn may_replace(article: &Article, current: &KnownArticle, speaker: Speaker<'_>) -> bool {
    match (speaker, &current.owner) {
        (Speaker::Backfill, _) => false,
        (Speaker::Import, _) => true,
        (Speaker::Feed(_), None) => current.words == 0 || article.words() > 0,
        (Speaker::Feed(feed), Some(owner)) if feed == owner => true,
        (Speaker::Feed(_), Some(_)) => article.words() as f64 > current.words as f64 * FULLER,
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
