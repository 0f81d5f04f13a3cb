//! Whether entries may have been lost between two documents of a feed. Pure.
//!
//! If none of the newest entries of the last document are left in the next one, there may have been
//! others in between that nobody saw: the feed must be asked more often.

use std::time::Duration;

use super::names;
use crate::{
    model::{EntryKey, FeedState, Gaps, Time, later},
    normalize::Entry,
};

/// So many of the newest entries are remembered.
pub(super) const NEWEST: usize = 5;
/// The waits are halved so many times at most.
const MOST_HALVINGS: u8 = 4;
/// A gap after a longer pause was our own absence: asking more often would not have helped.
const ABSENCE: Duration = Duration::from_secs(30 * 3600);
/// Without another gap in this time the waits are as long again as before.
const FORGIVEN: Duration = Duration::from_secs(14 * 24 * 3600);

/// Marks of the newest entries: by date if all have one, else those that stand first.
pub(super) fn newest(entries: &[Entry]) -> Vec<String> {
    let newest = by_newness(entries).into_iter().take(NEWEST);
    newest.map(|entry| mark(entry.key)).collect()
}

/// Newest first: by date if all have one, else as they stand.
pub(super) fn by_newness(entries: &[Entry]) -> Vec<&Entry> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    if order
        .iter()
        .all(|entry| entry.article.published_at.is_some())
    {
        order.sort_by_key(|entry| std::cmp::Reverse(entry.article.published_at));
    }
    order
}

/// Half of an entry's key: enough to know it again.
pub(super) fn mark(key: EntryKey) -> String {
    let mut mark = key.to_string();
    mark.truncate(16);
    mark
}

/// True if a document with these `keys` and marks of its entries' `names` has any of the newest entries
/// of the one before.
pub(super) fn overlaps(old: &FeedState, keys: &[EntryKey], names: &[String]) -> bool {
    keys.iter().any(|key| old.newest.contains(&mark(*key)))
        || names::overlap(&old.names.last, names)
}

/// What a whole document with these `keys` and names says about gaps.
pub(super) fn weigh(old: &FeedState, keys: &[EntryKey], names: &[String], now: Time) -> Gaps {
    let known = old.gaps.clone();
    let comparable = !old.newest.is_empty() && !keys.is_empty();
    if comparable && !overlaps(old, keys, names) {
        let attended = old.last_ok.is_some_and(|last| now <= later(last, ABSENCE));
        return Gaps {
            count: known.count.saturating_add(1),
            last: Some(now),
            after: old.last_ok,
            halvings: (known.halvings + u8::from(attended)).min(MOST_HALVINGS),
        };
    }
    let forgiven = known.last.is_none_or(|last| now >= later(last, FORGIVEN));
    Gaps {
        halvings: if forgiven { 0 } else { known.halvings },
        ..known
    }
}

#[cfg(test)]
#[path = "gaps_tests.rs"]
mod tests;
