//! What the document says about when to come back, which feed-rs drops: `skipHours`, `skipDays`
//! (RSS 2.0) and `sy:update*` (RSS 1.0 syndication module).
//!
//! A scan of the channel's head and tail by string search; entries are left out, so that an
//! article that quotes these tags changes nothing.

use memchr::memmem;

use crate::model::FeedHints;

/// Periods in minutes.
const PERIODS: &[(&str, u32)] = &[
    ("hourly", 60),
    ("daily", 24 * 60),
    ("weekly", 7 * 24 * 60),
    ("monthly", 30 * 24 * 60),
    ("yearly", 365 * 24 * 60),
];

const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Adds to the hints that feed-rs gave (`ttl`).
pub(super) fn read(document: &str, mut hints: FeedHints) -> FeedHints {
    if document.starts_with('{') {
        return hints;
    }
    let first = |tag: &str| memmem::find(document.as_bytes(), tag.as_bytes());
    let (head, end_tag) = match (first("<item"), first("<entry")) {
        (Some(item), entry) if entry.is_none_or(|entry| item < entry) => (item, "</item>"),
        (_, Some(entry)) => (entry, "</entry>"),
        _ => (document.len(), ""),
    };
    let tail = document.rfind(end_tag).unwrap_or(head);
    for part in [&document[..head], &document[tail.max(head)..]] {
        hints.minutes = hints.minutes.max(period(part));
        hints.skip_hours.extend(
            values(part, "skipHours", "hour")
                .filter_map(|hour| hour.parse().ok())
                .map(|h: u8| h % 24),
        );
        hints
            .skip_days
            .extend(values(part, "skipDays", "day").filter_map(day));
    }
    hints
}

fn period(part: &str) -> Option<u32> {
    let name = element(part, "updatePeriod>")?.to_ascii_lowercase();
    let minutes = PERIODS.iter().find(|(period, _)| *period == name)?.1;
    let frequency = element(part, "updateFrequency>")
        .and_then(|text| text.parse::<u32>().ok())
        .unwrap_or(1);
    Some(minutes / frequency.max(1))
}

/// Text after an opening tag that ends so (any prefix).
fn element<'a>(part: &'a str, tag_end: &str) -> Option<&'a str> {
    let at = part.find(tag_end)? + tag_end.len();
    part[at..].split('<').next().map(str::trim)
}

fn values<'a>(part: &'a str, list: &str, item: &str) -> impl Iterator<Item = &'a str> {
    let (open, close, item) = (
        format!("<{list}>"),
        format!("</{list}>"),
        format!("<{item}>"),
    );
    let inner = part
        .find(&open)
        .and_then(|at| part[at + open.len()..].split(close.as_str()).next())
        .unwrap_or("");
    let texts: Vec<&str> = inner
        .split(item.as_str())
        .skip(1)
        .filter_map(|text| text.split('<').next())
        .map(str::trim)
        .collect();
    texts.into_iter()
}

fn day(name: &str) -> Option<u8> {
    let at = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name))?;
    u8::try_from(at).ok()
}
