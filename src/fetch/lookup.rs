//! Names to addresses, by the system's resolver, on few threads of its own.
//!
//! The system's resolver blocks, for half a minute and longer where a name server is dead. So its
//! calls have their own threads and their own deadline: stuck ones keep nothing else waiting, and a
//! name that is being looked up is not looked up once more.

use std::{
    collections::HashMap,
    net::{IpAddr, ToSocketAddrs as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Look-ups at once, those included that nobody waits for any more.
const MOST: usize = 128;
/// A look-up is waited for that long; it covers one lost packet (the usual resolver asks again
/// after five seconds).
const DEADLINE: Duration = Duration::from_secs(8);

/// Where names become addresses; blocks. A seam for tests.
pub(super) trait Names: Send + Sync + 'static {
    /// All addresses of a name, in the order in which they are to be tried; none if there are none.
    fn addresses(&self, name: &str) -> Vec<IpAddr>;
}

/// What the machine's own configuration says: `hosts`, DNS, whatever else it has.
pub(super) struct System;

impl Names for System {
    fn addresses(&self, name: &str) -> Vec<IpAddr> {
        match (name, 0).to_socket_addrs() {
            Ok(found) => found.map(|address| address.ip()).collect(),
            // The resolver's words say no more than that there is no address.
            Err(_) => Vec::new(),
        }
    }
}

/// Why there are no addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The name has none, or the resolver cannot be reached.
    NotFound,
    /// No answer in time.
    Slow,
}

/// Empty while the look-up goes on.
type Answer = watch::Receiver<Option<Vec<IpAddr>>>;

/// Looks names up; see the module.
pub(super) struct Lookups {
    names: Arc<dyn Names>,
    places: Arc<Semaphore>,
    running: Arc<Mutex<HashMap<String, Answer>>>,
}

impl Lookups {
    pub(super) fn new(names: Arc<dyn Names>) -> Self {
        Self {
            names,
            places: Arc::new(Semaphore::new(MOST)),
            running: Arc::default(),
        }
    }

    /// The addresses of a name; never an empty list.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Trouble> {
        match tokio::time::timeout(DEADLINE, self.ask(name)).await {
            Ok(Some(found)) if !found.is_empty() => Ok(found),
            Ok(_) => Err(Trouble::NotFound),
            Err(_) => Err(Trouble::Slow),
        }
    }

    async fn ask(&self, name: &str) -> Option<Vec<IpAddr>> {
        let under_way = self.under_way(name);
        let mut answer = match under_way {
            Some(answer) => answer,
            None => {
                let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
                self.start(name, place)?
            }
        };
        let found = answer.wait_for(Option::is_some).await.ok()?;
        found.clone()
    }

    fn under_way(&self, name: &str) -> Option<Answer> {
        let running = lock(&self.running);
        // A thread that died left its sender behind.
        running
            .get(name)
            .filter(|answer| answer.has_changed().is_ok())
            .cloned()
    }

    /// A thread for this name, unless one was started while this waited for its place.
    fn start(&self, name: &str, place: OwnedSemaphorePermit) -> Option<Answer> {
        if let Some(answer) = self.under_way(name) {
            return Some(answer);
        }
        let (tell, answer) = watch::channel(None);
        lock(&self.running).insert(name.to_owned(), answer.clone());
        let (names, running) = (Arc::clone(&self.names), Arc::clone(&self.running));
        let wanted = name.to_owned();
        let work = move || {
            let found = names.addresses(&wanted);
            lock(&running).remove(&wanted);
            tell.send_replace(Some(found));
            drop(place);
        };
        let thread = std::thread::Builder::new().name("look-up".to_owned());
        match thread.spawn(work) {
            Ok(_) => Some(answer),
            Err(_) => {
                lock(&self.running).remove(name);
                None
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Condvar,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Names that begin with `stuck` are not answered until the end.
    #[derive(Default)]
    struct Stuck {
        asked: AtomicUsize,
        ended: Mutex<bool>,
        end: Condvar,
    }

    impl Names for Stuck {
        fn addresses(&self, name: &str) -> Vec<IpAddr> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if name.starts_with("stuck") {
                let ended = self.ended.lock().unwrap();
                drop(self.end.wait_while(ended, |ended| !*ended).unwrap());
            }
            vec![[1, 1, 1, 1].into()]
        }
    }

    impl Stuck {
        fn end(&self) {
            *self.ended.lock().unwrap() = true;
            self.end.notify_all();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stuck_look_ups_keep_neither_others_nor_blocking_work_waiting() {
        let names = Arc::new(Stuck::default());
        let lookups = Arc::new(Lookups::new(Arc::clone(&names) as Arc<dyn Names>));
        let stuck: Vec<_> = (0..64)
            .map(|n| {
                let lookups = Arc::clone(&lookups);
                tokio::spawn(async move { lookups.look_up(&format!("stuck{n}")).await })
            })
            .collect();
        for task in stuck {
            assert_eq!(task.await.unwrap(), Err(Trouble::Slow));
        }
        // All threads of these are still at it. A paused clock would not wait for a thread.
        tokio::time::resume();
        assert!(lookups.look_up("example.org").await.is_ok());
        assert_eq!(tokio::task::spawn_blocking(|| 7).await.unwrap(), 7);
        names.end();
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_by_one_thread_however_many_ask() {
        let names = Arc::new(Stuck::default());
        let lookups = Arc::new(Lookups::new(Arc::clone(&names) as Arc<dyn Names>));
        for _ in 0..3 {
            assert_eq!(lookups.look_up("stuck").await, Err(Trouble::Slow));
        }
        names.end();
        // All threads have ended when all places are free.
        tokio::time::resume();
        let most = u32::try_from(MOST).unwrap();
        drop(lookups.places.acquire_many(most).await.unwrap());
        assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    }
}
