//! How a feed's server behaves and what polls have learnt from it, as `feed show` tells it.

use serde_json::{Map, Value, json};

use crate::{
    cli::when::relative,
    model::{FeedId, FeedState, Names, Time},
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
    lines.extend(doubts(id, &state.names).map(|what| ("identity", what)));
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

/// Which names of its entries count no longer.
fn doubts(id: &FeedId, names: &Names) -> Option<String> {
    let since = names.doubted_since()?.format("%F");
    let trust = names.trust();
    let (which, by) = match (trust.guids, trust.links) {
        (false, true) => ("guids change", "links"),
        (true, _) => ("links change", "guids, and links make no new versions"),
        (false, false) => ("guids and links change", "texts"),
    };
    Some(format!(
        "its {which} from document to document, so since {since} its entries are known by their {by}; \
         `tidings feed trust {id}` undoes it"
    ))
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
        "guids_doubted_since": state.names.guids_doubted.map(moment),
        "links_doubted_since": state.names.links_doubted.map(moment),
        "gaps": state.gaps.count,
        "last_gap": state.gaps.last.map(moment),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
