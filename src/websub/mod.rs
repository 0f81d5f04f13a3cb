//! WebSub (W3C Recommendation, 23 January 2018), the subscriber's side: what is asked of a hub,
//! what is believed of it, and when it is asked again. Pure: `now` and random bytes are arguments.
//!
//! The requests are `fetch`'s, the callback's routes are `serve`'s, the memory is the store's; the
//! conductor brings them together. Nothing here knows of any of them.

mod lifecycle;
mod signature;
#[cfg(test)]
mod tests;

use std::time::Duration;

use url::{Host, Url};

pub use lifecycle::{
    Asked, Mode, Terms, Verdict, Verification, answered, ask, delivered, missed, pinged, refused,
    verify,
};
pub use signature::is_signed;

use crate::model::{FeedRecord, Secret, Subscription, Time, later};

/// What stands between `public_url` and the token in a callback's URL.
pub const PATH: &str = "/websub/";
/// A hub's word that there is news brings a poll no sooner after the last than this.
const LEAST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What every callback's URL begins with.
#[must_use]
pub fn callbacks(public_url: &str) -> String {
    format!("{public_url}{PATH}")
}

/// 256 random bits, fit for a URL.
#[must_use]
pub fn token(random: [u8; 32]) -> Secret {
    use base64::Engine as _;
    Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
}

/// True if a text may be a [`token`]; so that anything else is refused without a look at the store.
#[must_use]
pub fn may_be_token(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A key for signatures: 64 hexadecimal digits.
#[must_use]
pub fn secret(random: [u8; 32]) -> Secret {
    Secret::new(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A secret is sent only where nobody listens in: over https (section 5.1), or on the way to this
/// very machine.
#[must_use]
pub fn keeps_secrets(hub: &str) -> bool {
    let Ok(url) = Url::parse(hub) else {
        return false;
    };
    match url.host() {
        _ if url.scheme() == "https" => true,
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The form that asks a hub (section 5.1).
#[must_use]
pub fn form(subscription: &Subscription, mode: Mode, lease: Duration) -> Vec<(&str, String)> {
    let asked = &subscription.asked;
    let callback = format!("{}{}", asked.callbacks, asked.token.expose());
    let mut form = vec![
        ("hub.callback", callback),
        ("hub.mode", mode.as_str().to_owned()),
        ("hub.topic", asked.topic.clone()),
    ];
    if mode == Mode::Subscribe {
        form.push(("hub.lease_seconds", lease.as_secs().to_string()));
        if let Some(secret) = &asked.secret {
            form.push(("hub.secret", secret.expose().to_owned()));
        }
    }
    form
}

/// Whether what is delivered is believed as the feed's own word. What nobody signed is worth as
/// much as what comes over http: for a feed of https it only says that there is news.
#[must_use]
pub fn may_bring_articles(subscription: &Subscription) -> bool {
    let feed = &subscription.asked.feed_url;
    subscription.asked.secret.is_some() || feed.starts_with("http://")
}

/// True while polls of the feed are only the safety net.
#[must_use]
pub fn is_pushed(subscription: &Subscription, now: Time) -> bool {
    subscription.proven && subscription.is_active(now)
}

/// Whether an entry that a poll found should have been delivered before.
///
/// The subscription must have been there at the poll before (`last_ok`) or soon after, as the first
/// one is; it has delivered and said nothing of news since; and the entry is not so new that the hub
/// may be on its way.
#[must_use]
pub fn should_have_come(
    subscription: &Subscription,
    last_ok: Option<Time>,
    published: Option<Time>,
    now: Time,
) -> bool {
    const ON_ITS_WAY: Duration = Duration::from_secs(10 * 60);
    let (Some(last_ok), Some(since)) = (last_ok, subscription.active_since) else {
        return false;
    };
    let was_told = subscription.pinged_at.is_some_and(|at| at >= last_ok);
    let is_fresh = published.is_some_and(|at| at <= now && later(at, ON_ITS_WAY) > now);
    is_pushed(subscription, now) && since <= later(last_ok, ON_ITS_WAY) && !was_told && !is_fresh
}

/// When to poll a feed whose hub says that there is news.
///
/// Now, but 15 minutes after the last request (sooner only where the operator's own interval is),
/// and not before `Retry-After`. `None` if the feed is not polled, or its server does not answer as it should: then its own wait holds.
#[must_use]
pub fn poll_after_ping(record: &FeedRecord, now: Time) -> Option<Time> {
    let state = &record.state;
    let is_well = state.failure.is_none() && state.last_ok == state.last_poll;
    if record.paused || record.retired || state.gone || !is_well {
        return None;
    }
    let pause = LEAST_PAUSE.min(record.interval);
    let last = state.last_poll.max(record.claimed_at);
    let soonest = last.map_or(now, |last| later(last, pause));
    Some(now.max(soonest).max(state.retry_after.unwrap_or(now)))
}
