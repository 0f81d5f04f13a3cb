//! When feeds are polled: the policy (pure), and the dispatch that claims what is due.
//!
//! Nothing here makes a request or looks at an article.

mod dispatch;
mod policy;
#[cfg(test)]
mod tests;

pub use dispatch::{Clock, Dispatch, Limits, Source};
pub use policy::{Answer, Next, Pace, Refusal, may_poll_by_hand, next_poll};
