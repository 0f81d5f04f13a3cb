//! How a feed's server behaves and what polls have learnt from it, as `feed show` tells it.

use serde_json::{Map, Value, json};

use crate::{
    cli::when::relative,
    model::{FeedId, FeedState, Time},
};

/// Name and value of each line; only what is out of the ordinary.
pub(super) fn lines(id: &FeedId, state: &FeedState, now: Time) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(resume) = &state.resume {
        lines.push((
            "then at",
            format!("{} (a redirect that asked to wait)", resume.url),
        ));
    }
    if state.etag_useless {
        let what = "its ETag never matches: only If-Modified-Since is sent".to_owned();
        lines.push(("validators", what));
    }
    if state.staleness.lying {
        let what = "it answered 304 while it had news: it is asked for the whole document daily";
        lines.push(("validators", what.to_owned()));
    }
    if state.unread.is_some() {
        let what = format!(
            "the last document could not be read; it is kept: tidings preview {id} --unread"
        );
        lines.push(("unread", what));
    }
    let gaps = &state.gaps;
    if let (Some(last), 1..) = (gaps.last, gaps.count) {
        let since = gaps
            .after
            .map(|after| format!(" since {}", after.format("%F %T UTC")))
            .unwrap_or_default();
        lines.push((
            "gaps",
            format!(
                "{}; the last one {}: none of the newest entries{since} were left, so others may be lost",
                gaps.count,
                relative(last, now)
            ),
        ));
    }
    lines.extend(state.moves.iter().map(|step| {
        let at = step.at.format("%F");
        (
            "address",
            format!("{at} {} {}: {}", step.from, step.what, step.to),
        )
    }));
    lines
}

/// The same with every key.
pub(super) fn to_json(state: Option<&FeedState>) -> Map<String, Value> {
    let state = state.cloned().unwrap_or_default();
    let moment = |at: Time| at.format("%FT%TZ").to_string();
    let moves: Vec<Value> = state
        .moves
        .iter()
        .map(|step| json!({ "at": moment(step.at), "from": step.from, "to": step.to, "what": step.what }))
        .collect();
    let value = json!({
        "asked_at": state.learnt_url,
        "moves": moves,
        "etag_useless": state.etag_useless,
        "not_modified_since": state.staleness.since.map(moment),
        "not_modified_in_error": state.staleness.lying,
        "unread": state.unread.is_some(),
        "gaps": state.gaps.count,
        "last_gap": state.gaps.last.map(moment),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
