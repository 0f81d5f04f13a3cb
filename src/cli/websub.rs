//! Subscriptions at hubs, told: with a feed, and counted for `status`.

use serde_json::{Value, json};

use super::when::relative;
use crate::model::{
    FeedFacts, Subscription, SubscriptionState as State, Time, printable, redact_url,
};

/// Keys and values about a subscription. Tokens and secrets are never among them.
pub(super) fn told(hub: &Subscription, now: Time) -> Vec<(&'static str, String)> {
    let at = |moment: Time| format!("{}, {}", moment.format("%F %T UTC"), relative(moment, now));
    let mut told = vec![
        ("hub", redact_url(&hub.asked.hub)),
        ("topic", redact_url(&hub.asked.topic)),
        ("pushed", stands(hub, now)),
    ];
    if let Some(until) = hub.lease_until.filter(|_| hub.is_active(now)) {
        told.push(("lease", format!("until {}", at(until))));
    }
    if let Some(moment) = hub.delivered_at {
        told.push(("delivery", at(moment)));
    }
    if let (Some(moment), Some(why)) = (hub.refused.at, &hub.refused.why) {
        let all = hub.refused.count;
        let when = relative(moment, now);
        told.push((
            "dropped",
            format!("{all} deliveries; told {when}: {}", printable(why)),
        ));
    }
    if let Some(why) = &hub.why {
        told.push(("hub says", printable(why)));
    }
    told
}

/// The same where there is no subscription.
pub(super) fn why_not(facts: &FeedFacts) -> (&'static str, String) {
    let why = match (facts.hubs.is_empty(), &facts.self_url) {
        (true, _) => "no: the feed names no hub",
        (false, None) => "no: the feed names a hub, but not its own address there (rel=\"self\")",
        (false, Some(_)) => "not yet: its hub is asked after the next poll of `tidings run`",
    };
    ("pushed", why.to_owned())
}

/// How it stands, in words.
fn stands(hub: &Subscription, now: Time) -> String {
    let again = hub.due_at.map_or_else(String::new, |due| {
        format!("; it is asked again {}", relative(due, now))
    });
    match hub.state {
        State::Active if !hub.is_active(now) => format!("no: the lease is over{again}"),
        State::Active if hub.proven => "yes; polls are the safety net".to_owned(),
        State::Active => match hub.missed_at {
            Some(at) => format!(
                "not reliably: a poll {} found entries that the hub had not delivered; polled as ever until it \
                 delivers again",
                relative(at, now)
            ),
            None => "yes, but nothing has come yet; polled as ever until then".to_owned(),
        },
        State::Pending if hub.asked_at.is_none() => {
            "not yet: the hub is about to be asked".to_owned()
        }
        State::Pending => format!("not yet: the hub was asked and has not verified it{again}"),
        State::Denied => format!("no: the hub denies it{again}"),
        State::Failed => format!("no: the hub could not be asked{again}"),
        State::Leaving => "no: not wanted any more; the hub is told".to_owned(),
        State::Ended => {
            "no: not wanted any more ([websub] public_url, or the feed's `websub`)".to_owned()
        }
    }
}

/// The same for machines.
pub(super) fn to_json(hub: &Subscription, now: Time) -> Value {
    let moment = |at: Option<Time>| at.map(|at| at.format("%FT%TZ").to_string());
    json!({
        "state": hub.state.as_str(),
        "active": hub.is_active(now),
        "reliable": hub.proven,
        "hub": hub.asked.hub,
        "topic": hub.asked.topic,
        "signed": hub.asked.secret.is_some(),
        "asked_at": moment(hub.asked_at),
        "next_request": moment(hub.due_at),
        "lease_until": moment(hub.lease_until),
        "last_delivery": moment(hub.delivered_at),
        "last_miss": moment(hub.missed_at),
        "refused": {
            "count": hub.refused.count, "told_at": moment(hub.refused.at), "why": hub.refused.why,
        },
        "failures": hub.failures,
        "why": hub.why,
    })
}
