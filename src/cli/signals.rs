//! Ctrl-C and SIGTERM for commands that run for a while: the first one lets them end what is under
//! way and tell what is left, the second ends them at once.
//!
//! A command that was told to end exits with what shells call it: 128 and the signal's number.

use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    signal::unix::{Signal as Stream, SignalKind, signal},
    task::JoinHandle,
};

use crate::daemon::Stop;

/// What asks a command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C
    Interrupt,
    /// SIGTERM
    Terminate,
}

impl Signal {
    /// The exit code of a command that it ended.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    /// As people know it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Listens until dropped.
pub(super) struct Signals {
    /// Given with the first signal.
    pub(super) stop: Stop,
    first: Arc<OnceLock<Signal>>,
    at_once: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> io::Result<Self> {
        let streams = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        let (stop, first) = (Stop::new(), Arc::new(OnceLock::new()));
        let at_once = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(watch(
            streams,
            stop.clone(),
            Arc::clone(&first),
            Arc::clone(&at_once),
        ));
        Ok(Self {
            stop,
            first,
            at_once,
            task,
        })
    }

    /// The first one, if one came.
    pub(super) fn first(&self) -> Option<Signal> {
        self.first.get().copied()
    }

    /// From now on the first signal ends the process: what is done now cannot be stopped halfway.
    pub(super) fn end_at_once(&self) {
        self.at_once.store(true, Ordering::Relaxed);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch(
    (mut interrupt, mut terminate): (Stream, Stream),
    stop: Stop,
    first: Arc<OnceLock<Signal>>,
    at_once: Arc<AtomicBool>,
) {
    loop {
        let came = tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        };
        if at_once.load(Ordering::Relaxed) || first.set(came).is_err() {
            #[expect(clippy::exit, reason = "that is what a second signal asks for")]
            std::process::exit(came.exit_code().into());
        }
        stop.stop();
    }
}
