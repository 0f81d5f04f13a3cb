//! What a hub delivers: absorbed like a polled document, with the same caps, and committed in one
//! piece. It may leave out old entries and comes without a server's headers, so it changes nothing
//! of what polls know of the feed.

use bytes::Bytes;
use tracing::info;
use url::Url;

use super::{
    Ingest, Refused, Report, Speaker, kept,
    learnt::{Arrival, Learnt},
};
use crate::{
    fetch,
    model::{
        Action, CacheHints, FeedFilter, FeedRecord, FeedSpec, HubLinks, KeepRaw, NewBody, Outcome,
        PollRecord, Push, Subscription, SubscriptionState, Time, Validators,
    },
    store::StoreError,
    websub,
};

/// What a hub sent to a callback, as it came. No `Debug`: tokens are not for logs.
#[derive(Clone)]
pub struct Delivery {
    /// The callback's token.
    pub token: String,
    /// The body.
    pub bytes: Bytes,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `X-Hub-Signature`
    pub signature: Option<String>,
    /// `Link` headers.
    pub links: Vec<String>,
}

/// What became of a delivery.
#[derive(Clone, Debug)]
pub enum Delivered {
    /// Its entries are in the store.
    Stored(Box<Report>),
    /// It brought nothing that was not known.
    Known,
    /// It only says that there is news: the feed is polled soon.
    Pinged,
    /// It was not believed.
    Dropped,
}

impl Ingest {
    /// Takes in what a hub delivered.
    ///
    /// # Errors
    /// The store's.
    pub async fn deliver(&self, delivery: Delivery) -> Result<Delivered, StoreError> {
        let arrived = (self.clock)();
        let found = self.store.subscription(delivery.token.clone()).await?;
        // It was active at the door; it may have been given up since.
        let Some(subscription) = found.filter(|sub| sub.state == SubscriptionState::Active) else {
            return Ok(Delivered::Dropped);
        };
        let feed = subscription.asked.feed.clone();
        if !is_signed(&subscription, &delivery).await {
            self.refuse_delivery(&delivery.token, Refused::Forged).await;
            return Ok(Delivered::Dropped);
        }
        let filter = FeedFilter {
            ids: vec![feed.clone()],
            ..FeedFilter::default()
        };
        let record = self.store.feeds(filter).await?.pop();
        let setup = self.setup();
        let (Some(spec), Some(record)) = (setup.spec(&feed), record) else {
            return Ok(Delivered::Dropped);
        };
        let token = delivery.token.clone();
        match self
            .read_pushed(&subscription, spec, &record, delivery)
            .await
        {
            Some(learnt) => {
                let delivered = self.keep(&subscription, &record, learnt, arrived).await?;
                let change = move |sub: &mut Subscription| websub::delivered(sub, arrived);
                self.store.change_subscription(token, change).await?;
                if let Delivered::Stored(report) = &delivered {
                    report.log();
                }
                Ok(delivered)
            }
            None => {
                let change = move |sub: &mut Subscription| websub::pinged(sub, arrived);
                self.store.change_subscription(token, change).await?;
                if let Some(at) = websub::poll_after_ping(&record, arrived) {
                    self.store.hasten(feed.clone(), at).await?;
                }
                info!(feed.id = %feed, "{feed}: its hub says that there is news");
                Ok(Delivered::Pinged)
            }
        }
    }

    /// The document of a delivery; `None` if it is none of the topic's, or nobody signed it.
    async fn read_pushed(
        &self,
        subscription: &Subscription,
        spec: &FeedSpec,
        record: &FeedRecord,
        delivery: Delivery,
    ) -> Option<Learnt> {
        let asked = &subscription.asked;
        if !websub::may_bring_articles(subscription) || delivery.bytes.trim_ascii().is_empty() {
            return None;
        }
        let links = Url::parse(&asked.topic)
            .map(|topic| fetch::hub_links(delivery.links.iter().map(String::as_str), &topic));
        // Links in it mean the same as in a polled one.
        let polled = &record.state.validators.url;
        let body = NewBody {
            bytes: delivery.bytes,
            content_type: delivery.content_type,
            final_url: if polled.is_empty() { &spec.url } else { polled }.clone(),
            moved: None,
            validators: Validators::default(),
            hints: CacheHints::default(),
            status: 200,
            links: HubLinks {
                hubs: Vec::new(),
                ..links.unwrap_or_default()
            },
            alternates: Vec::new(),
        };
        let arrival = Arrival::of(&body);
        let now = (self.clock)();
        let keep = self.setup().raw_rule(spec);
        let raw = (keep.keep == KeepRaw::Changed).then(|| kept::raw(&body, now));
        let read = self.readers.read(
            spec,
            body,
            self.limits(spec),
            record.state.names.trust(),
            now,
        );
        let document = read.await.ok()?;
        let topic = document.facts.self_url.as_ref();
        if topic.is_some_and(|topic| *topic != asked.topic) {
            return None;
        }
        let learnt = arrival
            .read(document, &spec.cleanup)
            .keeping(raw, keep.caps);
        (!learnt.entries.is_empty()).then_some(learnt)
    }

    async fn keep(
        &self,
        subscription: &Subscription,
        record: &FeedRecord,
        learnt: Learnt,
        arrived: Time,
    ) -> Result<Delivered, StoreError> {
        let feed = &subscription.asked.feed;
        let row = subscription.feed_row;
        let entries = self
            .decide(row, Speaker::Feed(feed), learnt.entries)
            .await?;
        // Hubs say things twice; that is worth no line in the history.
        if entries.iter().all(|entry| entry.action == Action::Touch) {
            return Ok(Delivered::Known);
        }
        let now = (self.clock)();
        let poll = PollRecord {
            at: arrived,
            outcome: Outcome::Pushed,
            status: None,
            ms: u64::try_from((now - arrived).num_milliseconds()).unwrap_or(0),
            ..learnt.poll
        };
        let push = Push {
            feed: feed.clone(),
            raw: kept::stored(learnt.unread, &entries, now),
            entries,
            poll: poll.clone(),
            now,
        };
        let Some(committed) = self.store.push(push).await? else {
            return Ok(Delivered::Dropped);
        };
        let report = Report {
            feed: feed.clone(),
            poll: PollRecord {
                new: committed.new,
                changed: committed.changed,
                ..poll
            },
            committed,
            problems: learnt.problems,
            repairs: learnt.repairs,
            next_poll: record.next_poll,
            gap_since: None,
        };
        Ok(Delivered::Stored(Box::new(report)))
    }
}

/// On a thread for pure work: a body may be large.
async fn is_signed(subscription: &Subscription, delivery: &Delivery) -> bool {
    let Some(secret) = subscription.asked.secret.clone() else {
        return true;
    };
    let (signature, bytes) = (delivery.signature.clone(), delivery.bytes.clone());
    let check = move || websub::is_signed(secret.expose(), signature.as_deref(), &bytes);
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}
