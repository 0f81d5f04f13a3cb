//! The tools of the integration tests: a loopback feed server that can misbehave ([`Site`]), a
//! runner for the real binary ([`Tidings`]), golden files, the way to the corpus of real feeds, and
//! a reader of Rust source for the house rules.
//!
//! The network is faked here and nowhere else; the store and the files are always real. Waiting
//! is done with condition variables and a generous deadline, never by sleeping.
#![allow(
    dead_code,
    unused_imports,
    reason = "a toolbox: not every tool is in use at every moment"
)]

mod daemon;
mod database;
mod golden;
pub(crate) mod hub;
mod output;
mod reply;
mod request;
mod rss;
pub(crate) mod rust;
mod site;
mod site_tests;
mod tidings;
mod wire;

pub(crate) use daemon::Daemon;
pub(crate) use database::Database;
pub(crate) use golden::{corpus, golden};
pub(crate) use hub::Hub;
pub(crate) use output::Ran;
pub(crate) use reply::{Coding, Reply};
pub(crate) use request::Request;
pub(crate) use rss::{channel, item, rss};
pub(crate) use site::Site;
pub(crate) use tidings::Tidings;

use std::time::Duration;

/// How long a test waits for what must come: far more than a loaded machine needs, so that only
/// a real defect reaches it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
