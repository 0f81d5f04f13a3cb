//! Retention over a whole store, in steps that let other work in between.

use std::collections::BTreeMap;

use super::{Pruned, PrunedArticle, Pruning, Store, StoreError};
use crate::model::{Horizon, KeepRule, PruneReason, Retention, Time};

/// Times that the store is measured and made smaller in one run; each brings it close to its size.
const ROUNDS: usize = 16;

impl Store {
    /// Deletes what the operator's rules let go, or only tells it; hands over each article that goes.
    /// Returns how many there were.
    ///
    /// # Errors
    /// The backend's; what was deleted by then stays so.
    pub async fn prune(
        &self,
        retention: &Retention,
        now: Time,
        is_dry: bool,
        mut told: impl FnMut(&PrunedArticle),
    ) -> Result<u64, StoreError> {
        if retention.keeps_everything() {
            return Ok(0);
        }
        let horizons = self.horizons(retention, now).await?;
        let end = horizons.values().filter_map(Horizon::end).max();
        let rules = Pruning {
            end: end.unwrap_or(i64::MIN),
            horizons,
            ..Pruning::default()
        };
        let mut all = self.pass(rules.clone(), now, is_dry, &mut told).await?;
        for _ in 0..ROUNDS {
            let surplus = self.surplus(retention.clone()).await?;
            // What was only told is there still.
            let needed = surplus.saturating_sub(if is_dry { all } else { 0 });
            if needed == 0 {
                break;
            }
            let by_size = Pruning {
                end: i64::MAX,
                needed,
                ..rules.clone()
            };
            let mut tell = |article: &PrunedArticle| {
                if article.reason == PruneReason::Bytes || !is_dry {
                    told(article);
                    all += 1;
                }
            };
            let went = self.pass(by_size, now, is_dry, &mut tell).await?;
            if is_dry || went == 0 {
                break;
            }
        }
        Ok(all)
    }

    async fn horizons(
        &self,
        retention: &Retention,
        now: Time,
    ) -> Result<BTreeMap<i64, Horizon>, StoreError> {
        let rules = retention.clone();
        let feeds: Vec<(i64, KeepRule)> = self
            .reader
            .call(move |backend| backend.pruned_feeds(&rules))
            .await?;
        let mut horizons = BTreeMap::new();
        for (feed, rule) in feeds {
            let last_kept = match rule.max_articles {
                Some(most) => {
                    let find = self
                        .reader
                        .call(move |backend| backend.last_kept(feed, most));
                    find.await?
                }
                None => None,
            };
            horizons.insert(feed, Horizon::of(&rule, now, last_kept));
        }
        Ok(horizons)
    }

    async fn surplus(&self, retention: Retention) -> Result<u64, StoreError> {
        self.reader
            .call(move |backend| backend.surplus(&retention))
            .await
    }

    /// Step after step, oldest articles first, until none is left to look at.
    async fn pass(
        &self,
        mut pruning: Pruning,
        now: Time,
        is_dry: bool,
        told: &mut impl FnMut(&PrunedArticle),
    ) -> Result<u64, StoreError> {
        let mut went = 0;
        let by_size = pruning.needed > 0;
        loop {
            let step = pruning.clone();
            let Pruned { articles, next } = match is_dry {
                true => {
                    let look = self.reader.call(move |backend| backend.prunable(&step));
                    look.await?
                }
                false => {
                    let delete = self.writer.call(move |backend| backend.prune(&step, now));
                    delete.await?
                }
            };
            articles.iter().for_each(&mut *told);
            went += articles.len() as u64;
            let reasons = articles.iter().map(|article| article.reason);
            let bytes = reasons
                .filter(|reason| *reason == PruneReason::Bytes)
                .count();
            pruning.needed = pruning.needed.saturating_sub(bytes as u64);
            pruning.after = next;
            if next.is_none() || (by_size && pruning.needed == 0) {
                return Ok(went);
            }
        }
    }
}
