//! The one integration-test binary: Tidings from outside, over real sockets and files.
//!
//! One binary links once and runs its tests in parallel; each `mod` below says what belongs in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test helper that cannot go on fails its test with the line"
)]

// Who may use whom, which crate is named where, and how long a file may be: rules about `src/`.
mod layers;
// The tools of all other modules: a loopback feed server, a runner for the binary, golden files.
mod util;
