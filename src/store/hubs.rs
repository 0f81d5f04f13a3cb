//! The handle's side of subscriptions and deliveries.

use super::{Store, StoreError};
use crate::model::{Committed, FeedId, Leave, NewSubscription, Push, Subscription, Time};

impl Store {
    /// See [`super::Backend::push`].
    pub async fn push(&self, push: Push) -> Result<Option<Committed>, StoreError> {
        self.writer.call(move |backend| backend.push(&push)).await
    }

    /// See [`super::Backend::hasten`].
    pub async fn hasten(&self, feed: FeedId, at: Time) -> Result<(), StoreError> {
        self.writer
            .call(move |backend| backend.hasten(&feed, at))
            .await
    }

    /// See [`super::Backend::subscribe`].
    pub async fn subscribe(&self, wanted: NewSubscription, now: Time) -> Result<bool, StoreError> {
        self.writer
            .call(move |backend| backend.subscribe(&wanted, now))
            .await
    }

    /// See [`super::Backend::leave`].
    pub async fn leave(&self, leave: Leave, now: Time) -> Result<u64, StoreError> {
        self.writer
            .call(move |backend| backend.leave(&leave, now))
            .await
    }

    /// See [`super::Backend::subscription`].
    pub async fn subscription(&self, token: String) -> Result<Option<Subscription>, StoreError> {
        self.reader
            .call(move |backend| backend.subscription(&token))
            .await
    }

    /// See [`super::Backend::subscriptions`].
    pub async fn subscriptions(
        &self,
        feed: Option<FeedId>,
    ) -> Result<Vec<Subscription>, StoreError> {
        self.reader
            .call(move |backend| backend.subscriptions(feed.as_ref()))
            .await
    }

    /// See [`super::Backend::due_subscriptions`].
    pub async fn due_subscriptions(
        &self,
        now: Time,
        busy_hubs: Vec<String>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        self.reader
            .call(move |backend| backend.due_subscriptions(now, &busy_hubs, limit))
            .await
    }

    /// See [`super::Backend::next_subscription`].
    pub async fn next_subscription(
        &self,
        busy_hubs: Vec<String>,
    ) -> Result<Option<Time>, StoreError> {
        self.reader
            .call(move |backend| backend.next_subscription(&busy_hubs))
            .await
    }

    /// See [`super::Backend::change_subscription`]; gives back what `change` said, `None` if there is
    /// no such subscription.
    pub async fn change_subscription<T: Send + 'static>(
        &self,
        token: String,
        change: impl FnOnce(&mut Subscription) -> T + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.writer
            .call(move |backend| {
                let (mut change, mut said) = (Some(change), None);
                backend.change_subscription(&token, &mut |subscription| {
                    if let Some(change) = change.take() {
                        said = Some(change(subscription));
                    }
                })?;
                Ok(said)
            })
            .await
    }
}
