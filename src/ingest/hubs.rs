//! Hubs (WebSub): which subscriptions feeds want, what polls say of them, and the requests to hubs
//! and from them. What a hub delivers is absorbed in `push`.

use std::sync::Arc;

use tracing::{debug, info, warn};

use super::{Ingest, jitter};
use crate::{
    config::{self, WebSubConfig},
    model::{
        Action, Decided, DueFeed, FeedFacts, FeedSpec, FeedState, Leave, NewSubscription, Outcome,
        Subscription, SubscriptionState, Time, printable, redact_url,
    },
    store::StoreError,
    websub::{self, Terms, Verdict, Verification},
};

/// What a feed's hub means for its next poll.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hub {
    /// It delivers all news.
    pub(super) pushed: bool,
    /// While the poll was under way it said that there is more.
    pub(super) pinged: bool,
}

/// Whether a delivery is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes, up to so many bytes.
    Take {
        /// The largest body.
        max_body: u64,
    },
    /// The subscription is over, which the hub should know.
    Gone,
    /// Nobody subscribed there.
    Unknown,
}

impl Ingest {
    /// The settings in force.
    #[must_use]
    pub fn websub(&self) -> WebSubConfig {
        self.setup().config.websub.clone()
    }

    /// Waits until a subscription was wanted or given up.
    pub async fn hubs_to_ask(&self) {
        self.hubs.notified().await;
    }

    /// What a poll says of the feed's hub, and the hub of the feed: a subscription is wanted, given
    /// up, or found to miss entries.
    pub(super) async fn hub(
        &self,
        due: &DueFeed,
        spec: &FeedSpec,
        state: &FeedState,
        (outcome, started): (Outcome, Time),
        entries: &[Decided],
    ) -> Result<Hub, StoreError> {
        let config = Arc::clone(&self.setup().config);
        let public_url = config.websub.public_url.as_ref().filter(|_| spec.websub);
        let names = |facts: &FeedFacts| !facts.hubs.is_empty() && facts.self_url.is_some();
        let (named, names) = (names(&due.state.facts), names(&state.facts));
        let Some(public_url) = public_url.filter(|_| named || names) else {
            return Ok(Hub::default());
        };
        let all = self.store.subscriptions(Some(due.id.clone())).await?;
        let current = all.into_iter().find(Subscription::is_wanted);
        if state.gone || !names {
            if current.is_some() {
                self.give_up(Leave::Feed(due.id.clone())).await?;
            }
            return Ok(Hub::default());
        }
        if matches!(outcome, Outcome::New | Outcome::Same) {
            let wanted = (
                &spec.url,
                state.facts.self_url.as_ref(),
                state.facts.hubs.first(),
            );
            let callbacks = websub::callbacks(public_url);
            let is_there = current.as_ref().is_some_and(|known| {
                let known = &known.asked;
                (&known.feed_url, Some(&known.topic), Some(&known.hub)) == wanted
                    && known.callbacks == callbacks
            });
            if !is_there {
                self.want(due, wanted, callbacks).await?;
                return Ok(Hub::default());
            }
        }
        let Some(current) = current else {
            return Ok(Hub::default());
        };
        let hub = self.judge(&due.state, &current, started, entries).await?;
        // A feed that fails, or that asks for a pause, keeps its own wait.
        let may_hasten =
            matches!(outcome, Outcome::New | Outcome::Same) && state.retry_after.is_none();
        Ok(Hub {
            pinged: hub.pinged && may_hasten,
            ..hub
        })
    }

    async fn want(
        &self,
        due: &DueFeed,
        (feed_url, topic, hub): (&String, Option<&String>, Option<&String>),
        callbacks: String,
    ) -> Result<(), StoreError> {
        let (Some(topic), Some(hub)) = (topic.cloned(), hub.cloned()) else {
            return Ok(());
        };
        let (Some(token), Some(secret)) = (random(), random()) else {
            warn!(
                "{}: no subscription: the system gives no random numbers",
                due.id
            );
            return Ok(());
        };
        let wanted = NewSubscription {
            feed: due.id.clone(),
            feed_url: feed_url.clone(),
            topic,
            secret: websub::keeps_secrets(&hub).then(|| websub::secret(secret)),
            hub,
            callbacks,
            token: websub::token(token),
        };
        if self.store.subscribe(wanted, (self.clock)()).await? {
            self.hubs.notify_one();
        }
        Ok(())
    }

    /// Compares what a poll found with what the hub delivered.
    async fn judge(
        &self,
        before: &FeedState,
        current: &Subscription,
        started: Time,
        entries: &[Decided],
    ) -> Result<Hub, StoreError> {
        let now = (self.clock)();
        let missed = entries.iter().filter(|entry| match &entry.action {
            Action::Insert(article) => {
                websub::should_have_come(current, before.last_ok, article.published_at, now)
            }
            _ => false,
        });
        let missed = missed.count();
        if missed > 0 {
            info!(
                feed.id = %current.asked.feed, missed,
                "{}: its hub has not delivered {missed} entries that a poll found; it is polled as ever until \
                 the hub delivers again", current.asked.feed
            );
            let token = current.asked.token.expose().to_owned();
            let change = move |subscription: &mut Subscription| websub::missed(subscription, now);
            self.store.change_subscription(token, change).await?;
        }
        Ok(Hub {
            pushed: missed == 0 && websub::is_pushed(current, now),
            pinged: current.pinged_at.is_some_and(|at| at >= started),
        })
    }

    /// Gives up subscriptions; their hubs are told.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_up(&self, leave: Leave) -> Result<(), StoreError> {
        if self.store.leave(leave, (self.clock)()).await? > 0 {
            self.hubs.notify_one();
        }
        Ok(())
    }

    /// Gives up what the settings and feeds in force no longer want.
    ///
    /// # Errors
    /// The store's.
    pub async fn give_up_unwanted(&self) -> Result<(), StoreError> {
        let setup = self.setup();
        let unwanted = setup.specs.iter().filter(|spec| !spec.websub);
        let public_url = setup.config.websub.public_url.as_deref();
        self.give_up(Leave::Strangers {
            callbacks: public_url.map(websub::callbacks),
            unwanted: unwanted.map(|spec| spec.id.clone()).collect(),
        })
        .await
    }

    /// Sends the request to a hub that is due for this subscription, if one still is.
    ///
    /// # Errors
    /// The store's; what the hub does is written down with the subscription.
    pub async fn ask_hub(&self, subscription: Subscription) -> Result<(), StoreError> {
        let token = || subscription.asked.token.expose().to_owned();
        let now = (self.clock)();
        let ask = move |known: &mut Subscription| websub::ask(known, now);
        let due = self.store.change_subscription(token(), ask).await?;
        let Some(asked) = due.flatten() else {
            return Ok(());
        };
        let setup = self.setup();
        let form = websub::form(&subscription, asked.mode, setup.config.websub.lease);
        let fields: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let hub = &subscription.asked.hub;
        self.note_pauses().await?;
        // A feed that is gone from the files is left over plain requests.
        let spec = setup.spec(&subscription.asked.feed);
        let access = spec.map(|spec| spec.access.clone()).unwrap_or_default();
        let posted = setup.fetcher.post_form(hub, &fields, &access, now).await;
        self.pause_scope(posted.scope.as_ref(), posted.retry_after)
            .await?;
        let (feed, shown) = (&subscription.asked.feed, redact_url(hub));
        match &posted.failure {
            None => {
                info!(feed.id = %feed, "{feed}: asked the hub {shown} to {}", asked.mode.as_str());
            }
            Some(failure) if posted.held => {
                info!(feed.id = %feed, "{feed}: the hub {shown} waits: {}", printable(&failure.message));
            }
            Some(failure) => {
                warn!(feed.id = %feed, "{feed}: the hub {shown} cannot be asked: {}", printable(&failure.message));
            }
        }
        let now = (self.clock)();
        let answered = move |known: &mut Subscription| websub::answered(known, asked, &posted, now);
        self.store.change_subscription(token(), answered).await?;
        Ok(())
    }

    /// Decides what a hub's request to a callback means, and keeps it.
    ///
    /// # Errors
    /// The store's.
    pub async fn verify(&self, token: &str, said: Verification) -> Result<Verdict, StoreError> {
        // Strangers may ask as often as they like: they cost the writer nothing.
        if self.store.subscription(token.to_owned()).await?.is_none() {
            return Ok(Verdict::Refuse);
        }
        let (now, config) = ((self.clock)(), self.setup().config);
        let verify = move |known: &mut Subscription| {
            let own_host = url::Url::parse(&known.asked.hub)
                .is_ok_and(|hub| config::is_own_host(&hub, &config.fetch.allow_private));
            let terms = Terms {
                lease: config.websub.lease,
                own_host,
                jitter: jitter(&known.asked.feed, now),
            };
            (websub::verify(known, &said, terms, now), known.clone())
        };
        let verified = self
            .store
            .change_subscription(token.to_owned(), verify)
            .await?;
        let Some((verdict, known)) = verified else {
            return Ok(Verdict::Refuse);
        };
        let feed = &known.asked.feed;
        match (verdict, known.state) {
            (Verdict::Refuse, _) => {
                debug!(feed.id = %feed, "{feed}: a hub's request that nobody waits for was refused");
            }
            (Verdict::Noted, _) => warn!(
                feed.id = %feed, "{feed}: the hub denies the subscription: {}", known.why.unwrap_or_default()
            ),
            (Verdict::Confirm, SubscriptionState::Active) => info!(
                feed.id = %feed, "{feed}: the hub pushes until {}",
                known.lease_until.map(|until| until.format("%F %T UTC").to_string()).unwrap_or_default()
            ),
            (Verdict::Confirm, _) => info!(feed.id = %feed, "{feed}: the hub no longer pushes"),
        }
        // The next request has a new moment.
        self.hubs.notify_one();
        Ok(verdict)
    }

    /// Whether a delivery to this callback is taken in.
    ///
    /// # Errors
    /// The store's.
    pub async fn admits(&self, token: &str) -> Result<Admission, StoreError> {
        let found = self.store.subscription(token.to_owned()).await?;
        let Some(subscription) = found else {
            return Ok(Admission::Unknown);
        };
        let setup = self.setup();
        let spec = setup.spec(&subscription.asked.feed);
        Ok(match (subscription.state, spec) {
            (SubscriptionState::Leaving | SubscriptionState::Ended, _) | (_, None) => {
                Admission::Gone
            }
            (SubscriptionState::Active, Some(spec)) => Admission::Take {
                max_body: spec.max_body.unwrap_or(setup.config.fetch.max_body),
            },
            _ => Admission::Unknown,
        })
    }
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
