//! What a document says about when to come back: `ttl`, `skipHours`, `skipDays` (RSS 2.0) and
//! `sy:update*` (RSS 1.0 syndication module).

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

/// The hints as they are met; their order in the document does not matter.
#[derive(Default)]
pub(super) struct Hints {
    ttl: Option<u32>,
    period: Option<u32>,
    frequency: Option<u32>,
    hours: Vec<u8>,
    days: Vec<u8>,
}

impl Hints {
    /// `ttl`, in minutes.
    pub(super) fn ttl(&mut self, text: &str) {
        self.ttl = text.trim().parse().ok();
    }

    /// `sy:updatePeriod`.
    pub(super) fn period(&mut self, text: &str) {
        let known = PERIODS
            .iter()
            .find(|(period, _)| period.eq_ignore_ascii_case(text.trim()));
        self.period = known.map(|(_, minutes)| *minutes);
    }

    /// `sy:updateFrequency`, times in a period.
    pub(super) fn frequency(&mut self, text: &str) {
        self.frequency = text.trim().parse().ok();
    }

    /// An `hour` of `skipHours`; 24 is midnight.
    pub(super) fn hour(&mut self, text: &str) {
        let hour = text.trim().parse().ok().filter(|hour| *hour <= 24);
        add(&mut self.hours, hour.map(|hour: u8| hour % 24));
    }

    /// A `day` of `skipDays`.
    pub(super) fn day(&mut self, text: &str) {
        let day = DAYS
            .iter()
            .position(|day| day.eq_ignore_ascii_case(text.trim()));
        add(&mut self.days, day.and_then(|day| u8::try_from(day).ok()));
    }

    /// What they come to.
    pub(super) fn finish(self) -> FeedHints {
        let period = self
            .period
            .map(|minutes| minutes / self.frequency.unwrap_or(1).max(1));
        FeedHints {
            minutes: self.ttl.max(period),
            skip_hours: self.hours,
            skip_days: self.days,
        }
    }
}

fn add(list: &mut Vec<u8>, value: Option<u8>) {
    if let Some(value) = value.filter(|value| !list.contains(value)) {
        list.push(value);
    }
}
