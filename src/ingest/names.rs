//! Whether a feed's guids and links are the same from document to document. Pure.
//!
//! Entries of two documents that say the same are compared: where most of them have other names each
//! time, names of that kind count no longer. A feed whose entries keep their names is never doubted,
//! whatever it publishes: what is new has a new text, and texts that repeat in a document say nothing.

use std::collections::{HashMap, HashSet};

use super::{Candidate, gaps::by_newness};
use crate::{
    model::{ArticleId, EntryKey, Names, Namesake, Time},
    normalize::{self, Entry},
};

/// So many of the newest entries are remembered.
const REMEMBERED: usize = 8;
/// Fewer entries with known texts say nothing.
const FEWEST: usize = 3;
/// Documents in a row that must show it: a publisher may change all names once.
const STRIKES: u8 = 2;
/// Hex digits of each part of a mark.
const DIGITS: usize = 10;

/// Marks of the newest entries: text, guid and link of each.
pub(super) fn marks(entries: &[Entry]) -> Vec<String> {
    let short = |key: Option<EntryKey>| {
        let mut text = key.map(|key| key.to_string()).unwrap_or_default();
        text.truncate(DIGITS);
        text
    };
    let newest = by_newness(entries).into_iter().take(REMEMBERED);
    newest
        .map(|entry| {
            let names = normalize::entry_names(&entry.article);
            [Some(names.text), names.guid, names.link]
                .map(short)
                .join(" ")
        })
        .collect()
}

/// What a whole document with these marks says about the feed's names.
pub(super) fn weigh(old: &Names, marks: &[String], now: Time) -> Names {
    let pairs = pairs(&old.last, marks);
    let guid_strikes = strikes(old.guid_strikes, &pairs, 1);
    let link_strikes = strikes(old.link_strikes, &pairs, 2);
    Names {
        guids_doubted: old
            .guids_doubted
            .or_else(|| (guid_strikes >= STRIKES).then_some(now)),
        links_doubted: old
            .links_doubted
            .or_else(|| (link_strikes >= STRIKES).then_some(now)),
        guid_strikes,
        link_strikes,
        last: if marks.is_empty() {
            old.last.clone()
        } else {
            marks.to_vec()
        },
        again: false,
    }
}

/// True if entries must be looked for by their texts: their names have just changed, or what names count
/// has.
pub(super) fn is_unsettled(old: &Names, new: &Names) -> bool {
    let strikes = |names: &Names| names.guid_strikes.max(names.link_strikes);
    old.again || old.trust() != new.trust() || (strikes(new) > 0 && strikes(new) >= strikes(old))
}

/// True if two documents share an entry by text, guid or link.
pub(super) fn overlap(old: &[String], marks: &[String]) -> bool {
    let share = |old: &String, new: &String| {
        let mut parts = old.split(' ').zip(new.split(' '));
        parts.any(|(old, new)| !old.is_empty() && old == new)
    };
    marks
        .iter()
        .any(|new| old.iter().any(|old| share(old, new)))
}

type Parts<'a> = [&'a str; 3];

fn parts(mark: &str) -> Option<Parts<'_>> {
    let mut parts = mark.split(' ');
    Some([parts.next()?, parts.next()?, parts.next()?])
}

/// Entries of two documents with the same text, if no other of theirs has it.
fn pairs<'a>(old: &'a [String], new: &'a [String]) -> Vec<(Parts<'a>, Parts<'a>)> {
    let unique = |marks: &'a [String]| {
        let mut by_text: HashMap<&'a str, Option<Parts<'a>>> = HashMap::new();
        for parts in marks.iter().filter_map(|mark| parts(mark)) {
            by_text
                .entry(parts[0])
                .and_modify(|seen| *seen = None)
                .or_insert(Some(parts));
        }
        by_text
    };
    let (old, new) = (unique(old), unique(new));
    old.into_iter()
        .filter_map(|(text, old)| Some((old?, (*new.get(text)?)?)))
        .collect()
}

/// The strikes of one kind of name after these pairs.
fn strikes(before: u8, pairs: &[(Parts<'_>, Parts<'_>)], kind: usize) -> u8 {
    let named =
        |(old, new): &&(Parts<'_>, Parts<'_>)| !old[kind].is_empty() && !new[kind].is_empty();
    let named: Vec<_> = pairs.iter().filter(named).collect();
    let moved = named
        .iter()
        .filter(|(old, new)| old[kind] != new[kind])
        .count();
    if named.len() >= FEWEST && moved * 4 >= named.len() * 3 {
        before.saturating_add(1)
    } else if moved == 0 && !named.is_empty() {
        0
    } else {
        before
    }
}

/// Gives entries their stored articles by their texts: `namesakes` are what the feed carried under the
/// same titles. With `links` that count no longer an entry with a known text is that article as it is.
pub(super) fn adopt(candidates: &mut [Candidate], namesakes: &[Namesake], links: bool) {
    let mut by_text: HashMap<EntryKey, Option<ArticleId>> = HashMap::new();
    for namesake in namesakes {
        let text = normalize::text_key(&namesake.title, &namesake.content);
        let found = by_text.entry(text).or_insert(Some(namesake.id));
        if *found != Some(namesake.id) {
            // Several articles say it.
            *found = None;
        }
    }
    let mut wanted: HashMap<EntryKey, usize> = HashMap::new();
    let texts: Vec<EntryKey> = candidates
        .iter()
        .map(|candidate| normalize::entry_names(&candidate.article).text)
        .collect();
    for text in &texts {
        *wanted.entry(*text).or_default() += 1;
    }
    for (candidate, text) in candidates.iter_mut().zip(&texts) {
        let found = by_text.get(text).copied().flatten();
        if let (Some(id), Some(1)) = (found, wanted.get(text)) {
            candidate.article.id = id;
            candidate.same_as = (!links).then_some(id);
        }
    }
}

/// The same for entries that the feed did not have under their names of today; what they say is compared.
pub(super) fn adopt_strangers(candidates: &mut [Candidate], namesakes: &[Namesake]) {
    let known: HashSet<EntryKey> = namesakes.iter().map(|namesake| namesake.key).collect();
    let is_stranger = |candidate: &Candidate| !known.contains(&candidate.key);
    if candidates.iter().any(is_stranger) {
        adopt(candidates, namesakes, true);
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
