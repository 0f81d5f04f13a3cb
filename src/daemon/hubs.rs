//! Hubs (WebSub): requests to them when they are due, the listener that they call, and what they
//! deliver. Beside the working loop, which it never holds up.
//!
//! The listener is there while `public_url` is set, or while hubs are still to hear that a
//! subscription is over.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
    task::{Id, JoinHandle, JoinSet},
};
use tracing::{error, info, warn};

use super::{STORE_PAUSE, Stop};
use crate::{
    ingest::{Delivered, Ingest},
    model::SubscriptionState,
    schedule::Clock,
    serve::{self, Callbacks, Lanes, Queued},
    store::{Store, StoreError},
};

/// Hubs that are asked at once; each has one request at a time.
const HUBS: usize = 8;
/// Longest sleep, so that a jump of the wall clock is noticed.
const MOST_REST: Duration = Duration::from_secs(60);

/// What the task works with.
pub(super) struct Hubs {
    pub(super) ingest: Ingest,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    /// Rings the working loop: a feed has become due.
    pub(super) wake: Arc<Notify>,
    /// Rung when settings or feeds have changed.
    pub(super) reloaded: Arc<Notify>,
    /// How long deliveries that were taken in may take to be stored after a stop.
    pub(super) drain: Duration,
}

/// The listener at work.
struct Door {
    listen: SocketAddr,
    task: JoinHandle<std::convert::Infallible>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hubs {
    /// Runs until the stop signal; `listener` is the first one if the settings want one.
    pub(super) async fn run(self, listener: Option<TcpListener>) {
        let (lanes, queues) = Lanes::new();
        let mut consumers = JoinSet::new();
        for queue in queues {
            consumers.spawn(consume(self.ingest.clone(), Arc::clone(&self.wake), queue));
        }
        let listen = self.ingest.websub().listen;
        let mut door = listener.map(|listener| self.open(listen, listener, &lanes));
        let mut asking = Asking::default();
        let mut look_around = true;
        loop {
            let mut rest = MOST_REST;
            if std::mem::take(&mut look_around) {
                door = self.adjust(door, &lanes).await;
            }
            self.ingest.tell_refused(false).await;
            match self.ask(&mut asking).await {
                Ok(next) => rest = rest.min(next),
                Err(error) => {
                    error!("hubs wait for {} s: {error}", STORE_PAUSE.as_secs());
                    rest = STORE_PAUSE;
                }
            }
            tokio::select! {
                () = self.stop.wait() => break,
                () = self.reloaded.notified() => look_around = true,
                () = self.ingest.hubs_to_ask() => {}
                () = asking.one_done() => {}
                () = tokio::time::sleep(rest) => {
                    // Not open although it should be: tried again. Open although it should not:
                    // perhaps the last hub has heard.
                    look_around = door.is_some() != self.is_on();
                }
            }
        }
        // First nothing new comes in, then what came in is stored.
        drop((door, lanes));
        let stored = async { while consumers.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain, stored).await.is_err() {
            warn!("deliveries of hubs could not be stored in time; the next polls find them");
        }
        self.ingest.tell_refused(true).await;
    }

    fn is_on(&self) -> bool {
        self.ingest.websub().public_url.is_some()
    }

    fn open(&self, listen: SocketAddr, listener: TcpListener, lanes: &Lanes) -> Door {
        let listens = listener.local_addr().unwrap_or(listen);
        info!("listening for hubs on {listens}");
        let callbacks = Callbacks {
            ingest: self.ingest.clone(),
            lanes: lanes.clone(),
        };
        let task = tokio::spawn(serve::run(listener, callbacks));
        Door { listen, task }
    }

    /// Gives up what is no longer wanted, and opens or shuts the door as the settings want it.
    async fn adjust(&self, door: Option<Door>, lanes: &Lanes) -> Option<Door> {
        if let Err(error) = self.ingest.give_up_unwanted().await {
            error!("subscriptions that are no longer wanted could not be given up: {error}");
        }
        let listen = self.ingest.websub().listen;
        if !self.is_on() && !self.has_goodbyes().await {
            return None;
        }
        if let Some(door) = door {
            // The hubs that are still to hear know the old address, whatever the settings have now.
            if door.listen == listen || !self.is_on() {
                return Some(door);
            }
            // Shut before the other is opened: it may be the same port.
            drop(door);
        }
        match serve::bind(listen).await {
            Ok(listener) => Some(self.open(listen, listener, lanes)),
            Err(error) => {
                error!("cannot listen for hubs on {listen} (`listen` in [websub]): {error}");
                None
            }
        }
    }

    /// Whether a hub is still to hear that a subscription is over.
    async fn has_goodbyes(&self) -> bool {
        let all = self.store.subscriptions(None).await.unwrap_or_default();
        all.iter()
            .any(|subscription| subscription.state == SubscriptionState::Leaving)
    }

    /// Starts the requests that are due; how long nothing else will be.
    async fn ask(&self, asking: &mut Asking) -> Result<Duration, StoreError> {
        let now = (self.clock)();
        let room = HUBS.saturating_sub(asking.tasks.len());
        if room == 0 {
            return Ok(MOST_REST);
        }
        let busy = || asking.hubs.values().cloned().collect::<Vec<_>>();
        let due = self.store.due_subscriptions(now, busy(), room).await?;
        for subscription in due {
            let (ingest, hub) = (self.ingest.clone(), subscription.asked.hub.clone());
            let task = asking.tasks.spawn(async move {
                if let Err(error) = ingest.ask_hub(subscription).await {
                    error!("a hub's answer could not be kept: {error}");
                    // Until then the hub counts as busy.
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            });
            asking.hubs.insert(task.id(), hub);
        }
        let busy = asking.hubs.values().cloned().collect();
        let next = self.store.next_subscription(busy).await?;
        let wait = next.map(|at| (at - now).to_std().unwrap_or(Duration::ZERO));
        // Due by now: the room is full, or a store that fails is not asked again at once.
        Ok(wait.unwrap_or(MOST_REST).max(Duration::from_millis(100)))
    }
}

/// Requests to hubs under way.
#[derive(Default)]
struct Asking {
    tasks: JoinSet<()>,
    hubs: HashMap<Id, String>,
}

impl Asking {
    /// Waits for the end of one; for ever if there is none.
    async fn one_done(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                error!(
                    "a request to a hub failed: {error}; this is a bug in Tidings, please report it"
                );
                error.id()
            }
            None => std::future::pending().await,
        };
        self.hubs.remove(&id);
    }
}

/// Takes in the deliveries of one lane.
async fn consume(ingest: Ingest, wake: Arc<Notify>, mut queue: mpsc::Receiver<Queued>) {
    // The room it has lasts until it is stored.
    while let Some(Queued {
        delivery,
        room: _room,
    }) = queue.recv().await
    {
        match ingest.deliver(delivery).await {
            Ok(Delivered::Pinged) => wake.notify_one(),
            Ok(_) => {}
            Err(error) => {
                error!("a hub's delivery was lost, the next poll finds what it said: {error}");
            }
        }
    }
}
