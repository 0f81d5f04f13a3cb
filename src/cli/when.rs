//! Moments as people type them: dates, times, ages.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::model::Time;

/// A moment on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// This very moment.
    At(Time),
    /// So long ago.
    Ago(chrono::Duration),
}

impl Since {
    /// The moment it means at `now`.
    pub(super) fn resolve(self, now: Time) -> Time {
        match self {
            Self::At(at) => at,
            Self::Ago(age) => now.checked_sub_signed(age).unwrap_or(Time::MIN_UTC),
        }
    }
}

impl fmt::Display for Since {
    /// As it could have been typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%SZ")),
            Self::Ago(age) => match age.to_std() {
                Ok(age) => humantime::format_duration(age).fmt(f),
                Err(_) => write!(f, "{age}"),
            },
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self::At(date.and_time(chrono::NaiveTime::MIN).and_utc()));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(time.to_utc()));
        }
        for form in [
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
        ] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
                return Ok(Self::At(time.and_utc()));
            }
        }
        humantime::parse_duration(text)
            .ok()
            .and_then(|age| chrono::Duration::from_std(age).ok())
            .map(Self::Ago)
            .ok_or_else(|| {
                "write a date (2026-01-31), a time (2026-01-31T12:00:00Z) or an age (90m, 12h, 7d)"
                    .to_owned()
            })
    }
}

/// How far apart two moments are, to the nearest of the largest unit that tells it: `3 min`, `2 h`,
/// `5 d`.
fn span(from: Time, to: Time) -> String {
    let seconds = (to - from).num_seconds().abs();
    let nearest = |unit: i64| (seconds + unit / 2) / unit;
    // What comes nearest to a whole larger unit is told in that.
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3570 => format!("{} min", nearest(60)),
        3570..171_000 => format!("{} h", nearest(3600)),
        _ => format!("{} d", nearest(86_400)),
    }
}

/// A moment as seen from `now`: `3 min ago`, `in 2 h`, `now`.
pub(super) fn relative(moment: Time, now: Time) -> String {
    match (moment - now).num_seconds() {
        0 => "now".to_owned(),
        1.. => format!("in {}", span(now, moment)),
        _ => format!("{} ago", span(moment, now)),
    }
}
