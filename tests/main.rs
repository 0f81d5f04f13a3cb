//! The one integration-test binary: Tidings from outside, over real sockets and files.
//!
//! One binary links once and runs its tests in parallel; each `mod` below says what belongs in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test helper that cannot go on fails its test with the line"
)]

// Each command as its user meets it: what it prints, its exit code, its manners when things go wrong.
mod cli;
// Near copies among real articles, where TIDINGS_CORPUS names real feeds.
mod copies;
// The store's contract, run over every backend.
mod contract;
// Real publishers' feeds, where TIDINGS_CORPUS names them.
mod corpus;
// `tidings db`: damage, copies, retention, full disks, sudden ends.
mod db;
// `tidings run`: signals, reloads, systemd, sudden death.
mod daemon;
// Every export format, read back; manifests; what is exported.
mod exports;
// Servers and documents that are broken or mean harm: a clear line each, and nobody else suffers.
mod hostile;
// `tidings run` while nothing is due: memory, and what it says of new settings.
mod idle;
// Detected languages, where TIDINGS_CORPUS names real feeds that declare theirs.
mod language;
// Who may use whom, which crate is named where, and how long a file may be: rules about `src/`.
mod layers;
// What a service manager is told, the watchdog's food above all.
mod manager;
// The conversation with publishers' servers and what becomes of their entries.
mod polling;
// Kept documents, read once more; feeds whose names for entries change.
mod replay;
// Scheduling under a virtual clock: hours in seconds, clocks that jump.
mod schedule;
// A month of polling with restarts, judged by publishers' logs alone.
mod score;
// The article schema: the user's own file and the feeds that made it.
mod seed;
// Hubs that push (WebSub), and those who would be one.
mod websub;
// Killed, stopped and reloaded again and again.
mod signals;
// The tools of all other modules: a loopback feed server, a runner for the binary, golden files.
mod util;
