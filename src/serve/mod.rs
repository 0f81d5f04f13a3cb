//! The listener: HTTP/1.1 on one address, for hubs. The only place that names axum and hyper.
//!
//! Whoever asks is a stranger: heads and bodies have deadlines and caps, connections are few and
//! end. What is asked is answered by a file of its own for each purpose; nothing is decided here.

mod websub;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tracing::{debug, warn};

pub use websub::{Callbacks, Lanes, Queued};

/// Connections at once; others wait in the system's queue.
const CONNECTIONS: usize = 64;
/// From a connection's first byte, or its last answer, to the end of the next head.
const HEAD: Duration = Duration::from_secs(10);
/// No connection lives longer.
const CONNECTION: Duration = Duration::from_secs(120);
/// Largest head, in bytes.
const MOST_HEAD: usize = 32 << 10;
/// Pause after the system gave no connection (no file handles, say).
const PAUSE: Duration = Duration::from_secs(1);

/// Takes the address.
///
/// # Errors
/// The system's.
pub async fn bind(listen: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(listen).await
}

/// Answers until it is dropped, and then ends what is under way.
pub async fn run(listener: TcpListener, callbacks: Callbacks) -> Infallible {
    let app = websub::routes(callbacks);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // Never closed.
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = app.clone();
                connections.spawn(async move {
                    let _place = place;
                    converse(stream, app).await;
                });
            }
            Err(error) => {
                warn!("no connection could be taken: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, app: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    match tokio::time::timeout(CONNECTION, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!("a connection broke: {error}"),
        Err(_) => debug!("a connection was ended: it took too long"),
    }
}
