//! From the fields of a date to an instant. Knows the calendar and nothing about notations.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::model::Time;

/// The time of a day, as written; `instant` judges it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    /// Nanoseconds of the second.
    pub(super) nanos: u32,
}

impl Clock {
    /// `hh`, `hhmm` or `hhmmss`.
    pub(super) fn basic(text: &str) -> Option<Self> {
        let two = |from: usize| short(text.get(from..from + 2)?);
        let has = |length| text.len() >= length;
        if !matches!(text.len(), 2 | 4 | 6) {
            return None;
        }
        Some(Self {
            hour: two(0)?,
            minute: if has(4) { two(2)? } else { 0 },
            second: if has(6) { two(4)? } else { 0 },
            nanos: 0,
        })
    }

    /// Hours to 23, or 24:00:00; a sixtieth second where a leap second may be, at the end of an
    /// hour (of half an hour in some zones).
    fn is_valid(self) -> bool {
        let end_of_day = self.hour == 24 && self.minute == 0 && self.second == 0 && self.nanos == 0;
        let leap = self.second == 60 && self.minute % 30 == 29;
        (self.hour < 24 || end_of_day) && self.minute < 60 && (self.second < 60 || leap)
    }
}

/// The instant of a day and a time in a zone `offset` minutes ahead of UTC. `None` for what the
/// calendar does not know. The year 1 and before are the zero values of programming languages.
pub(super) fn instant(date: NaiveDate, clock: Clock, offset: i32) -> Option<Time> {
    if date.year() <= 1 || !clock.is_valid() {
        return None;
    }
    let seconds =
        i64::from(clock.hour * 3600 + clock.minute * 60 + clock.second) - i64::from(offset) * 60;
    date.and_hms_opt(0, 0, 0)?
        .and_utc()
        .checked_add_signed(TimeDelta::new(seconds, clock.nanos)?)
}

/// A day by its number, of at most four digits' year.
pub(super) fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// A day by its number in the year (ISO 8601 ordinal date).
pub(super) fn ordinal(year: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(i32::try_from(year).ok()?, day)
}

/// A day by week and weekday, 1 is Monday (ISO 8601 week date).
pub(super) fn week(year: u32, week: u32, weekday: u32) -> Option<NaiveDate> {
    let weekday = chrono::Weekday::try_from(u8::try_from(weekday.checked_sub(1)?).ok()?).ok()?;
    NaiveDate::from_isoywd_opt(i32::try_from(year).ok()?, week, weekday)
}

/// The year meant by `value` written with so many digits (RFC 2822 section 4.3): two digits are
/// 1950 to 2049, three are years since 1900.
pub(super) fn year(value: u32, digits: usize) -> Option<u32> {
    match (digits, value) {
        (2, 0..=49) => Some(2000 + value),
        (2 | 3, _) => Some(1900 + value),
        (4, _) => Some(value),
        _ => None,
    }
}

/// A number of at most two digits.
pub(super) fn short(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.len() <= 2)
}

/// The digits after the point of a second as nanoseconds; what is finer is cut off.
pub(super) fn nanos(digits: &str) -> Option<u32> {
    let digits = digits.get(..digits.len().min(9))?;
    let value: u32 = digits.parse().ok()?;
    Some(value * 10_u32.pow(9_u32.checked_sub(u32::try_from(digits.len()).ok()?)?))
}

/// A zone as minutes ahead of UTC. None is farther than Kiribati, 14 hours ahead.
pub(super) fn offset(is_west: bool, hours: u32, minutes: u32) -> Option<i32> {
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ahead = i32::try_from(hours * 60 + minutes).ok()?;
    Some(if is_west { -ahead } else { ahead })
}
