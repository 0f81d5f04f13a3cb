//! Retention: which articles are kept no longer. Pure.
//!
//! An article goes when every feed that carried it lets it go; what no feed carried (an import)
//! stays. Everything is kept unless the operator says otherwise.

use std::{collections::BTreeMap, time::Duration};

use super::{FeedId, PageKey, Time};

/// What is kept of one feed; the default keeps everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepRule {
    /// Articles that are older go: by their publication, else by their collection, as exports are
    /// asked for.
    pub max_age: Option<Duration>,
    /// Of more articles than these the older ones go.
    pub max_articles: Option<u64>,
}

/// What is kept of all feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// For feeds without a rule of their own.
    pub rule: KeepRule,
    /// Rules of single feeds.
    pub feeds: BTreeMap<FeedId, KeepRule>,
    /// Feeds with one of these tags keep everything, whatever else is said.
    pub keep_tagged: Vec<String>,
    /// When the store's content takes more bytes than these the oldest articles go.
    pub max_bytes: Option<u64>,
}

impl Retention {
    /// True if nothing ever goes.
    #[must_use]
    pub fn keeps_everything(&self) -> bool {
        let keeps = |rule: &KeepRule| *rule == KeepRule::default();
        self.max_bytes.is_none() && keeps(&self.rule) && self.feeds.values().all(keeps)
    }

    /// The rule of a feed with these tags; `None`: it keeps everything, also when space is short.
    #[must_use]
    pub fn rule_of(&self, feed: &FeedId, tags: &[String]) -> Option<KeepRule> {
        let is_kept = tags.iter().any(|tag| self.keep_tagged.contains(tag));
        (!is_kept).then(|| self.feeds.get(feed).copied().unwrap_or(self.rule))
    }

    /// How many articles must go for want of space, if all are alike. `used` are the bytes that the
    /// store's content takes.
    #[must_use]
    pub fn surplus(&self, used: u64, articles: u64) -> u64 {
        let excess = self.max_bytes.map_or(0, |most| used.saturating_sub(most));
        if excess == 0 {
            return 0;
        }
        let surplus = u128::from(excess) * u128::from(articles) / u128::from(used.max(1));
        u64::try_from(surplus).unwrap_or(u64::MAX).max(1)
    }
}

/// Why an article goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PruneReason {
    /// Older than its feeds' `max_age`.
    Age,
    /// Its feeds have as many newer ones as they may.
    Number,
    /// The store is larger than it may be.
    Bytes,
}

impl PruneReason {
    /// As a tombstone says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Age => "retention: age",
            Self::Number => "retention: number",
            Self::Bytes => "retention: size",
        }
    }
}

/// Up to where one feed lets articles go, in the order of their dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// Articles dated before go, in milliseconds since 1970.
    pub older_than: Option<i64>,
    /// Articles before this one go.
    pub before: Option<PageKey>,
}

impl Horizon {
    /// Of a feed with such a rule; `last_kept` is the oldest of the articles that it may keep by
    /// number.
    #[must_use]
    pub fn of(rule: &KeepRule, now: Time, last_kept: Option<PageKey>) -> Self {
        let age = rule
            .max_age
            .and_then(|age| chrono::Duration::from_std(age).ok());
        let older_than = age.and_then(|age| now.checked_sub_signed(age));
        Self {
            older_than: older_than.map(|moment| moment.timestamp_millis()),
            before: last_kept,
        }
    }

    /// The date from which on nothing goes.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        // An article of the very moment may go by its place.
        let number = self.before.map(|key| key.sort_at + 1);
        self.older_than.max(number)
    }

    fn lets_go(&self, article: PageKey) -> Option<PruneReason> {
        let is_before = |key: PageKey| (article.sort_at, article.row) < (key.sort_at, key.row);
        if self.older_than.is_some_and(|end| article.sort_at < end) {
            Some(PruneReason::Age)
        } else if self.before.is_some_and(is_before) {
            Some(PruneReason::Number)
        } else {
            None
        }
    }
}

/// Why an article goes: the weakest of its feeds' reasons, if each has one. `feeds` are the horizons
/// of the feeds that carried it, `None` where one keeps everything; `in_need`: space is short.
#[must_use]
pub fn prune_reason(
    article: PageKey,
    feeds: impl IntoIterator<Item = Option<Horizon>>,
    in_need: bool,
) -> Option<PruneReason> {
    let mut weakest = None;
    for horizon in feeds {
        let need = in_need.then_some(PruneReason::Bytes);
        let reason = horizon?.lets_go(article).or(need)?;
        weakest = weakest.max(Some(reason));
    }
    weakest
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn now() -> Time {
        "2026-03-02T10:00:00Z".parse().unwrap()
    }

    /// An article that is so many days old.
    fn aged(days: i64, row: i64) -> PageKey {
        let at = now() - chrono::Duration::days(days);
        PageKey {
            sort_at: at.timestamp_millis(),
            row,
        }
    }

    fn days(max_age: u32) -> Option<Horizon> {
        let rule = KeepRule {
            max_age: Some(DAY * max_age),
            max_articles: None,
        };
        Some(Horizon::of(&rule, now(), None))
    }

    fn from(last_kept: PageKey) -> Option<Horizon> {
        Some(Horizon::of(&KeepRule::default(), now(), Some(last_kept)))
    }

    #[test]
    fn an_article_goes_when_it_is_older_than_it_may_be_and_not_a_moment_before() {
        assert_eq!(
            prune_reason(aged(31, 1), [days(30)], false),
            Some(PruneReason::Age)
        );
        assert_eq!(prune_reason(aged(30, 1), [days(30)], false), None);
        assert_eq!(prune_reason(aged(-3, 1), [days(30)], false), None);
    }

    #[test]
    fn of_too_many_the_older_go_and_of_two_of_one_moment_the_earlier_stored() {
        let kept = aged(5, 7);
        assert_eq!(
            prune_reason(aged(6, 9), [from(kept)], false),
            Some(PruneReason::Number)
        );
        assert_eq!(
            prune_reason(aged(5, 6), [from(kept)], false),
            Some(PruneReason::Number)
        );
        assert_eq!(prune_reason(kept, [from(kept)], false), None);
        assert_eq!(prune_reason(aged(4, 1), [from(kept)], false), None);
    }

    #[test]
    fn what_several_feeds_carry_goes_when_all_of_them_let_it_go() {
        let both = [days(30), from(aged(10, 1))];
        // Without the second feed's reason it would stay.
        assert_eq!(
            prune_reason(aged(31, 1), both, false),
            Some(PruneReason::Number)
        );
        assert_eq!(prune_reason(aged(20, 1), both, false), None);
        assert_eq!(prune_reason(aged(31, 1), [days(30), None], false), None);
        assert_eq!(
            prune_reason(aged(31, 1), [days(30), Some(Horizon::default())], false),
            None
        );
    }

    #[test]
    fn what_no_feed_carried_stays() {
        assert_eq!(prune_reason(aged(9999, 1), [], true), None);
    }

    #[test]
    fn want_of_space_takes_any_article_but_of_feeds_that_keep_everything() {
        let none = Some(Horizon::default());
        let reason = |feeds: [Option<Horizon>; 2]| prune_reason(aged(31, 1), feeds, true);
        assert_eq!(reason([none, none]), Some(PruneReason::Bytes));
        assert_eq!(reason([none, None]), None);
        assert_eq!(reason([days(30), days(30)]), Some(PruneReason::Age));
        assert_eq!(reason([days(30), none]), Some(PruneReason::Bytes));
    }

    #[test]
    fn no_limit_ends_before_what_it_lets_go() {
        for limits in [days(30), from(aged(5, 7))].into_iter().flatten() {
            for article in [aged(31, 1), aged(5, 6), aged(6, 1)] {
                if limits.lets_go(article).is_some() {
                    assert!(limits.end().is_some_and(|end| article.sort_at < end));
                }
            }
        }
        assert_eq!(Horizon::default().end(), None);
    }

    #[test]
    fn a_feeds_own_rule_counts_before_the_general_one_and_a_tag_before_both() {
        let feed: FeedId = "a".parse().unwrap();
        let own = KeepRule {
            max_articles: Some(9),
            max_age: None,
        };
        let retention = Retention {
            rule: KeepRule {
                max_age: Some(DAY),
                max_articles: None,
            },
            feeds: [(feed.clone(), own)].into(),
            keep_tagged: vec!["x".to_owned()],
            max_bytes: None,
        };
        assert!(!retention.keeps_everything());
        assert!(Retention::default().keeps_everything());
        assert_eq!(retention.rule_of(&feed, &[]), Some(own));
        assert_eq!(retention.rule_of(&feed, &["x".to_owned()]), None);
        let other = "b".parse().unwrap();
        assert_eq!(
            retention.rule_of(&other, &["y".to_owned()]),
            Some(retention.rule)
        );
    }

    #[test]
    fn a_store_that_is_too_large_by_a_tenth_loses_a_tenth() {
        let retention = Retention {
            max_bytes: Some(900),
            ..Retention::default()
        };
        assert_eq!(retention.surplus(1000, 50), 5);
        assert_eq!(retention.surplus(901, 50), 1, "one at least");
        assert_eq!(retention.surplus(900, 50), 0);
        assert_eq!(Retention::default().surplus(u64::MAX, 50), 0);
        assert_eq!(retention.surplus(u64::MAX, 0), 1);
    }
}
