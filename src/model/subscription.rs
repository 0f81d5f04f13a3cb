//! A subscription at a hub (WebSub), and what hubs push.

use super::{Decided, FeedId, Kept, PollRecord, Secret, Time, article::text_enum};

/// Where a hub is known to be, from the headers of an answer (RFC 8288), absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubLinks {
    /// `rel="hub"`, in their order.
    pub hubs: Vec<String>,
    /// `rel="self"`, the first.
    pub self_url: Option<String>,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// Wanted or asked for; the hub has not verified it.
    Pending,
    /// The hub verified it.
    Active,
    /// The hub refused it; it is asked again after days.
    Denied,
    /// The hub could not be asked; it is asked again after hours.
    Failed,
    /// No longer wanted; the hub is told.
    Leaving,
    /// Over; what is still delivered is answered with 410.
    Ended,
}
text_enum!(SubscriptionState {
    Pending = "pending", Active = "active", Denied = "denied", Failed = "failed", Leaving = "leaving", Ended = "ended",
});

/// What is asked of a hub: one topic for one feed, delivered to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// Which feed.
    pub feed: FeedId,
    /// The feed's URL; with another one it is another feed.
    pub feed_url: String,
    /// What the publisher calls the feed (`rel="self"`).
    pub topic: String,
    /// The hub's URL.
    pub hub: String,
    /// What the callback's URL begins with; the token follows.
    pub callbacks: String,
    /// Unguessable last part of the callback's URL.
    pub token: Secret,
    /// Key of the deliveries' signatures; `None` if the way to the hub is not private.
    pub secret: Option<Secret>,
}

/// A subscription as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// What was asked for.
    pub asked: NewSubscription,
    /// The feed's number in the store.
    pub feed_row: i64,
    /// How it stands.
    pub state: SubscriptionState,
    /// A request was sent, and the hub's verification of it has not come.
    pub awaiting: bool,
    /// The next request to the hub; `None` when there is none to come.
    pub due_at: Option<Time>,
    /// The last request to the hub.
    pub asked_at: Option<Time>,
    /// Since when it is active without a gap.
    pub active_since: Option<Time>,
    /// When the hub lets it end.
    pub lease_until: Option<Time>,
    /// Requests in a row that led to nothing.
    pub failures: u32,
    /// The last delivery that was believed.
    pub delivered_at: Option<Time>,
    /// The last delivery that said no more than that there is news.
    pub pinged_at: Option<Time>,
    /// It has delivered, and since then no poll found what it had not.
    pub proven: bool,
    /// The last poll that did.
    pub missed_at: Option<Time>,
    /// What went wrong last, in words.
    pub why: Option<String>,
    /// Deliveries that were not taken in.
    pub refused: RefusedDeliveries,
}

/// Deliveries that were not taken in, as far as they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedDeliveries {
    /// How many.
    pub count: u64,
    /// When that was last told.
    pub at: Option<Time>,
    /// Why they were refused of which it was told then.
    pub why: Option<String>,
}

impl Subscription {
    /// Wanted, whether it works or not.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !matches!(
            self.state,
            SubscriptionState::Leaving | SubscriptionState::Ended
        )
    }

    /// Verified, and its lease is not over.
    #[must_use]
    pub fn is_active(&self, now: Time) -> bool {
        self.state == SubscriptionState::Active && self.lease_until.is_some_and(|until| until > now)
    }
}

/// Which subscriptions are no longer wanted.
#[derive(Clone, Debug)]
pub enum Leave {
    /// Those of a feed.
    Feed(FeedId),
    /// Those of feeds that are not polled any more or have another URL, those that lead to another
    /// callback than `callbacks` (`None`: all), and those of the feeds in `unwanted`.
    Strangers {
        /// What the callbacks' URLs begin with.
        callbacks: Option<String>,
        /// Feeds whose operator does not want it.
        unwanted: Vec<FeedId>,
    },
}

/// What a pushed document brought; it changes nothing of what polls know of the feed.
#[derive(Clone, Debug)]
pub struct Push {
    /// Which feed.
    pub feed: FeedId,
    /// The entries, in document order.
    pub entries: Vec<Decided>,
    /// What becomes of its kept documents.
    pub raw: Kept,
    /// For the history; the store fills in `new` and `changed` as it finds them.
    pub poll: PollRecord,
    /// The moment to stamp what is stored.
    pub now: Time,
}
