//! A subscription's life: asked for, verified, renewed, denied, left. Each step takes the
//! subscription as the store has it and changes it; the store does that in one transaction.
//!
//! The next request is reserved before one is sent, as with polls: a process that dies again and
//! again asks no hub twice.

use std::time::Duration;

use crate::model::{Posted, Subscription, SubscriptionState as State, Time, later, printable};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// A hub's lease is taken to be at least so long, so that renewals are no burden to it; those of
/// the operator's own hosts may be seconds.
const LEAST_LEASE: Duration = Duration::from_secs(300);
/// The same at most.
const MOST_LEASE: Duration = Duration::from_secs(400 * 24 * 3600);
/// A hub is told so often that a subscription is over.
const GOODBYES: u32 = 3;
/// Longest challenge that is echoed, in bytes.
const MOST_CHALLENGE: usize = 4 << 10;
/// Longest reason that is kept, in characters.
const MOST_REASON: usize = 200;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Begin, or renew.
    Subscribe,
    /// End.
    Unsubscribe,
}

impl Mode {
    /// The word of the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// A request to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What for.
    pub mode: Mode,
    /// When; its answer counts only for this request.
    pub at: Time,
    /// The subscription without it, should it not be sent after all.
    before: Box<Subscription>,
}

/// Decides the request that is due and reserves the one after it. `None`: there is none.
pub fn ask(subscription: &mut Subscription, now: Time) -> Option<Asked> {
    let sub = subscription;
    if sub.due_at.is_none_or(|due| due > now) {
        return None;
    }
    let before = Box::new(sub.clone());
    if sub.awaiting && sub.state != State::Failed {
        sub.failures = sub.failures.saturating_add(1);
        if sub.state != State::Leaving {
            sub.why = Some(
                "the hub took the request and did not verify it; it may not reach `public_url`"
                    .to_owned(),
            );
        }
    }
    let mode = match sub.state {
        State::Ended => return end(sub),
        State::Leaving if sub.failures >= GOODBYES || !has_lease(sub, now) => return end(sub),
        State::Leaving => Mode::Unsubscribe,
        State::Denied | State::Failed => {
            sub.state = State::Pending;
            Mode::Subscribe
        }
        State::Active if !sub.is_active(now) => {
            sub.state = State::Pending;
            Mode::Subscribe
        }
        State::Pending | State::Active => Mode::Subscribe,
    };
    sub.awaiting = true;
    sub.asked_at = Some(now);
    sub.due_at = Some(later(now, pause(sub, now)));
    Some(Asked {
        mode,
        at: now,
        before,
    })
}

/// What the hub said to a request: nothing to do if it took it (its verification comes), and
/// nothing if it verified it even before.
///
/// A request that a pause held up was none: it is made when the pause is over.
pub fn answered(subscription: &mut Subscription, asked: Asked, posted: &Posted, now: Time) {
    let sub = subscription;
    let Some(failure) = &posted.failure else {
        return;
    };
    if !sub.awaiting || sub.asked_at != Some(asked.at) {
        return;
    }
    if posted.held {
        take_back(sub, *asked.before);
        sub.due_at = Some(later(now, posted.retry_after.unwrap_or(HOUR)));
        return;
    }
    sub.failures = sub.failures.saturating_add(1);
    sub.why = Some(cut(&failure.message));
    match sub.state {
        State::Leaving if sub.failures >= GOODBYES => {
            end(sub);
            return;
        }
        State::Pending => sub.state = State::Failed,
        _ => {}
    }
    // Without a status it may have arrived all the same.
    sub.awaiting = failure.status.is_none();
    let wait = pause(sub, now).max(posted.retry_after.unwrap_or_default());
    sub.due_at = Some(later(now, wait));
}

/// Undoes what [`ask`] changed; what others changed since stays.
fn take_back(sub: &mut Subscription, before: Subscription) {
    if sub.state == State::Pending {
        sub.state = before.state;
    }
    sub.awaiting = before.awaiting;
    sub.asked_at = before.asked_at;
    sub.failures = before.failures;
    sub.why = before.why;
}

/// A hub's request to a callback (sections 5.2 and 5.3), as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// `hub.mode`
    pub mode: String,
    /// `hub.topic`
    pub topic: String,
    /// `hub.challenge`
    pub challenge: String,
    /// `hub.lease_seconds`
    pub lease_seconds: Option<u64>,
    /// `hub.reason`
    pub reason: Option<String>,
}

/// The answer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes: 200 and the challenge.
    Confirm,
    /// Heard: 200.
    Noted,
    /// Nobody asked for that: 404.
    Refuse,
}

/// What a lease may be, and for how long was asked.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Asked for; counts where the hub says nothing.
    pub lease: Duration,
    /// The hub is one of the operator's own hosts.
    pub own_host: bool,
    /// In 0..=1: renews a little sooner.
    pub jitter: f64,
}

/// Decides what a hub's request means. A confirmation is given once for each request that was
/// sent: the same challenge again, or one that nobody waits for, is refused.
pub fn verify(
    subscription: &mut Subscription,
    said: &Verification,
    terms: Terms,
    now: Time,
) -> Verdict {
    let sub = subscription;
    if said.topic != sub.asked.topic || sub.state == State::Ended {
        return Verdict::Refuse;
    }
    if said.mode == "denied" {
        deny(sub, said.reason.as_deref(), now);
        return Verdict::Noted;
    }
    let is_sound = !said.challenge.is_empty() && said.challenge.len() <= MOST_CHALLENGE;
    if !sub.awaiting || !is_sound {
        return Verdict::Refuse;
    }
    match (said.mode.as_str(), sub.state) {
        ("subscribe", State::Pending | State::Failed | State::Active) => {
            begin(sub, said.lease_seconds, terms, now);
            Verdict::Confirm
        }
        ("unsubscribe", State::Leaving) => {
            end(sub);
            Verdict::Confirm
        }
        _ => Verdict::Refuse,
    }
}

/// The hub delivered what is believed.
pub fn delivered(subscription: &mut Subscription, now: Time) {
    subscription.delivered_at = Some(now);
    subscription.proven = true;
}

/// So many deliveries were not taken in, and why.
pub fn refused(subscription: &mut Subscription, count: u64, why: &str, now: Time) {
    let refused = &mut subscription.refused;
    refused.count = refused.count.saturating_add(count);
    refused.at = Some(now);
    refused.why = Some(why.to_owned());
}

/// The hub said that there is news.
pub fn pinged(subscription: &mut Subscription, now: Time) {
    subscription.pinged_at = Some(now);
    delivered(subscription, now);
}

/// A poll found what the hub had not delivered: the feed is polled as ever until it delivers again.
pub fn missed(subscription: &mut Subscription, now: Time) {
    subscription.proven = false;
    subscription.missed_at = Some(now);
}

fn begin(sub: &mut Subscription, lease_seconds: Option<u64>, terms: Terms, now: Time) {
    let least = if terms.own_host {
        Duration::from_secs(1)
    } else {
        LEAST_LEASE
    };
    let lease = lease_seconds.map_or(terms.lease, Duration::from_secs);
    let lease = lease.clamp(least, MOST_LEASE);
    if !sub.is_active(now) {
        sub.active_since = Some(now);
        sub.proven = false;
    }
    sub.state = State::Active;
    sub.awaiting = false;
    sub.failures = 0;
    sub.why = None;
    sub.lease_until = Some(later(now, lease));
    let share = 0.8 - 0.05 * terms.jitter.clamp(0.0, 1.0);
    sub.due_at = Some(later(now, lease.mul_f64(share)));
}

fn deny(sub: &mut Subscription, reason: Option<&str>, now: Time) {
    if sub.state == State::Leaving {
        end(sub);
        return;
    }
    sub.state = State::Denied;
    sub.awaiting = false;
    sub.failures = sub.failures.saturating_add(1);
    let reason = cut(reason.unwrap_or_default());
    sub.why = Some(match reason.is_empty() {
        true => "the hub gives no reason".to_owned(),
        false => reason,
    });
    sub.due_at = Some(later(now, pause(sub, now)));
}

fn end(sub: &mut Subscription) -> Option<Asked> {
    sub.state = State::Ended;
    sub.awaiting = false;
    sub.due_at = None;
    None
}

fn has_lease(sub: &Subscription, now: Time) -> bool {
    // One that was never verified may be verified yet.
    sub.lease_until.is_none_or(|until| until > now)
}

/// How long to wait for the next request, should this one lead to nothing.
fn pause(sub: &Subscription, now: Time) -> Duration {
    let doubled = |first: Duration, times: u32| first.saturating_mul(1 << times.min(10));
    match sub.state {
        State::Denied => doubled(DAY, sub.failures.saturating_sub(1)).min(DAY * 30),
        State::Active => {
            // More than one try before the lease ends.
            let left = sub.lease_until.map(|until| until - now);
            let left = left.and_then(|left| left.to_std().ok()).unwrap_or(DAY * 2);
            let half = (left / 2).max(Duration::from_secs(60));
            doubled(HOUR, sub.failures).min(DAY).min(half)
        }
        _ => doubled(HOUR, sub.failures).min(DAY),
    }
}

fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    printable(&line).chars().take(MOST_REASON).collect()
}
