//! The loopback feed server: every test starts its own on a free port, tells it what to serve at
//! which path, and reads afterwards what it was asked.
//!
//! Plain threads, one a connection, no async: a test can block on it, and a reply can misbehave.
//! Dropping the site closes every connection and joins every thread.

use std::{
    collections::HashMap,
    io::BufReader,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    DEADLINE,
    reply::{Body, Reply},
    request::Request,
    wire,
};

/// A running server.
pub(crate) struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// What the test thread and the connection threads share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Rung at every change of `state`.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    routes: HashMap<String, Route>,
    log: Vec<Request>,
    /// Kept to be shut down at the end, which ends their threads.
    connections: Vec<TcpStream>,
    /// Requests whose answer has not begun. It ends before the first byte of the answer, so a
    /// client's next request never overlaps with its last one by accident.
    in_flight: usize,
    most_in_flight: usize,
    /// Counts calls of `serve`, so that a held request notices the new reply.
    edition: u64,
    stopping: bool,
}

struct Route {
    reply: Reply,
    edition: u64,
}

impl Site {
    /// A server on a free port of 127.0.0.1; every path is 404 until served.
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1")
    }

    /// The same on another loopback address, which makes it another host to the client.
    pub(crate) fn start_on(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let acceptor = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The absolute URL of a path, asked for at another loopback address: another host to the
    /// client. The site listens on all of them if it was started on `0.0.0.0`.
    pub(crate) fn url_at(&self, ip: &str, path: &str) -> String {
        format!("http://{ip}:{}{path}", self.address.port())
    }

    /// From now on `path` (a target with its query, or a path whatever the query) is answered
    /// with this.
    pub(crate) fn serve(&self, path: &str, reply: Reply) -> &Self {
        let mut state = self.shared.lock();
        state.edition += 1;
        let edition = state.edition;
        state
            .routes
            .insert(path.to_owned(), Route { reply, edition });
        drop(state);
        self.shared.changed.notify_all();
        self
    }

    /// What was asked of `path` so far, in order.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        asked(&self.shared.lock(), path)
    }

    /// Everything asked so far, in order.
    pub(crate) fn all_requests(&self) -> Vec<Request> {
        self.shared.lock().log.clone()
    }

    /// The most requests that were waiting for their answer at one moment. Replies that take
    /// their time ([`Reply::after`], [`Reply::hold`]) make an overlap certain to be seen.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.shared.lock().most_in_flight
    }

    /// Blocks until `n` requests came in all, whatever they ask for.
    pub(crate) fn wait_for_any_requests(&self, n: usize) {
        let state = self.shared.lock();
        let (state, timeout) = self
            .shared
            .changed
            .wait_timeout_while(state, DEADLINE, |state| state.log.len() < n)
            .expect("no connection thread panics");
        let came = state.log.len();
        drop(state);
        assert!(
            !timeout.timed_out(),
            "waited {DEADLINE:?} for {n} requests; {came} came"
        );
    }

    /// Blocks until `path` has been asked for `n` times in all, and returns those requests.
    pub(crate) fn wait_for_requests(&self, path: &str, n: usize) -> Vec<Request> {
        let state = self.shared.lock();
        let (state, timeout) = self
            .shared
            .changed
            .wait_timeout_while(state, DEADLINE, |state| asked(state, path).len() < n)
            .expect("no connection thread panics");
        let (came, log) = (asked(&state, path), state.log.clone());
        drop(state);
        assert!(
            !timeout.timed_out(),
            "waited {DEADLINE:?} for {n} requests of {path}; all that came: {log:#?}"
        );
        came
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.changed.notify_all();
        // Wakes the acceptor, which then sees `stopping`.
        let _ = TcpStream::connect(("127.0.0.1", self.address.port()))
            .or_else(|_| TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no connection thread panics")
    }

    /// Logs the request and finds its reply; a held one waits here. `None` when the site stops.
    fn take_reply(&self, request: &Request) -> Option<Reply> {
        let mut state = self.lock();
        state.log.push(request.clone());
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        self.changed.notify_all();
        let (reply, edition) = state.next_reply(request);
        if !matches!(reply.body, Body::Hold) {
            return Some(reply);
        }
        let mut state = self
            .changed
            .wait_while(state, |state| {
                !state.stopping && state.edition_of(request) == edition
            })
            .expect("no connection thread panics");
        (!state.stopping).then(|| state.next_reply(request).0)
    }

    /// Waits that long; `false` at once when the site stops.
    fn pause(&self, time: Duration) -> bool {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), time, |state| !state.stopping)
            .expect("no connection thread panics");
        !state.stopping
    }
}

impl State {
    fn route(&mut self, request: &Request) -> Option<&mut Route> {
        let key = if self.routes.contains_key(&request.target) {
            &request.target
        } else {
            request.path()
        };
        self.routes.get_mut(key)
    }

    fn edition_of(&mut self, request: &Request) -> u64 {
        self.route(request).map_or(0, |route| route.edition)
    }

    /// The reply of the route, which moves on to the next of its chain.
    fn next_reply(&mut self, request: &Request) -> (Reply, u64) {
        let Some(route) = self.route(request) else {
            return (Reply::status(404), 0);
        };
        let reply = route.reply.clone();
        if let Some(next) = &reply.next {
            route.reply = (**next).clone();
        }
        (reply, route.edition)
    }
}

fn asked(state: &State, path: &str) -> Vec<Request> {
    let is_asked = |request: &&Request| request.target == path || request.path() == path;
    state.log.iter().filter(is_asked).cloned().collect()
}

/// Takes connections until the site stops, then closes them and joins their threads.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let mut state = shared.lock();
        if state.stopping {
            break;
        }
        if let Ok(copy) = stream.try_clone() {
            state.connections.push(copy);
        }
        drop(state);
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || converse(stream, &shared)));
    }
    for connection in std::mem::take(&mut shared.lock().connections) {
        let _ = connection.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// One connection: requests and answers in turn, until either side has enough.
fn converse(stream: TcpStream, shared: &Shared) {
    let Ok(mut answers) = stream.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(stream);
    while let Some(request) = Request::read(&mut requests) {
        let reply = shared
            .take_reply(&request)
            .filter(|reply| shared.pause(reply.delay));
        shared.lock().in_flight -= 1;
        let stays_open = reply.is_some_and(|reply| {
            wire::answer(&mut answers, &request, &reply, |time| shared.pause(time)).unwrap_or(false)
        });
        if !stays_open {
            break;
        }
    }
    // The copy in `connections` keeps the socket open, so closing has to be said.
    let _ = answers.shutdown(Shutdown::Both);
}
