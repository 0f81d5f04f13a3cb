//! What a date says, and which day and time that is.
//!
//! The rules for the order of day, month and year are here, and nothing about words or notation.

use chrono::{Datelike, NaiveDate};

use super::calendar::{self, Clock};
use crate::model::Time;

/// A number of the day, with what sets it apart from the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'a> {
    pub(super) text: &'a str,
    pub(super) separator: char,
}

impl Number<'_> {
    fn value(self) -> Option<u32> {
        self.text.parse().ok()
    }

    fn digits(self) -> usize {
        self.text.len()
    }

    fn year(self) -> Option<u32> {
        calendar::year(self.value()?, self.digits())
    }
}

/// What a date says.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    /// Numbers of the day whose meaning depends on their order.
    pub(super) numbers: Vec<Number<'a>>,
    /// The month by name, and whether the name may as well be a weekday's.
    pub(super) month: Option<(u32, bool)>,
    /// 1 is Monday. Only evidence: a wrong weekday harms nothing.
    pub(super) weekday: Option<u32>,
    /// Year, month and day that say so ("2020年1月2日").
    pub(super) counted: [Option<&'a str>; 3],
    /// ISO 8601's `W`.
    pub(super) is_week: bool,
    pub(super) clock: Option<Clock>,
    /// The half of the day: true from noon on.
    pub(super) afternoon: Option<bool>,
    /// Minutes ahead of UTC, by number.
    pub(super) offset: Option<i32>,
    /// Minutes ahead of UTC, by name.
    pub(super) zone: Option<i32>,
    /// An American zone or "AM" and "PM": evidence for the month first in "1/2/2020".
    pub(super) is_american: bool,
}

impl<'a> Fields<'a> {
    /// Whether day, month and year have been read.
    pub(super) fn has_day(&self) -> bool {
        self.numbers.len() + usize::from(self.month.is_some()) == 3
    }

    /// The instant the fields say.
    pub(super) fn instant(mut self) -> Option<Time> {
        self.split_compact()?;
        let date = match self.counted {
            [None, None, None] => self.date()?,
            [Some(year), Some(month), day] => self.counted_date(year, month, day)?,
            _ => return None,
        };
        let mut clock = self.clock.unwrap_or_default();
        if let Some(afternoon) = self.afternoon {
            clock.hour = match (afternoon, self.clock?.hour) {
                (true, hour @ 0..=11) => hour + 12,
                (false, 12) => 0,
                // "14:30 PM" is written by programs; "14:30 AM" contradicts itself.
                (true, hour) | (false, hour @ 0..=11) => hour,
                (false, _) => return None,
            };
        }
        calendar::instant(date, clock, self.offset.or(self.zone).unwrap_or_default())
    }

    /// `20031231101455` and `200312311014` are a day and a time.
    fn split_compact(&mut self) -> Option<()> {
        if let [number] = self.numbers.as_mut_slice()
            && matches!(number.digits(), 12 | 14)
        {
            let (day, time) = number.text.split_at_checked(8)?;
            number.text = day;
            return match self.clock.replace(Clock::basic(time)?) {
                None => Some(()),
                Some(_) => None,
            };
        }
        Some(())
    }

    fn counted_date(&self, year: &'a str, month: &str, day: Option<&str>) -> Option<NaiveDate> {
        if !self.numbers.is_empty() || day.is_none() && self.clock.is_some() {
            return None;
        }
        let year = Number {
            text: year,
            separator: ' ',
        };
        calendar::day(
            year.year()?,
            month.parse().ok()?,
            day.map_or(Some(1), |day| day.parse().ok())?,
        )
    }

    fn date(&self) -> Option<NaiveDate> {
        let is_alone = self.clock.is_none();
        match (self.month, self.numbers.as_slice()) {
            (None, [year, rest @ ..]) if self.is_week => week(*year, rest),
            (None, [number]) => single(number.text, is_alone),
            (None, [a, b]) => pair(*a, *b, is_alone),
            (None, [a, b, c]) => self.triple(*a, *b, *c),
            (Some((month, _)), [year]) if is_alone && year.digits() == 4 => {
                calendar::day(year.value()?, month, 1)
            }
            (Some((month, _)), [a, b]) => {
                let (day, year) = match (a.digits(), b.digits()) {
                    (1 | 2, _) => (a, b),
                    (_, 1 | 2) => (b, a),
                    _ => return None,
                };
                calendar::day(year.year()?, month, day.value()?)
            }
            _ => None,
        }
    }

    /// Three numbers: the order depends on where the year is, on what parts them, and on evidence.
    fn triple(&self, a: Number<'a>, b: Number<'a>, c: Number<'a>) -> Option<NaiveDate> {
        if b.separator != c.separator || b.digits() > 2 {
            return None;
        }
        let dated = |year: Number<'_>, month: Number<'_>, day: Number<'_>| {
            let day = Some(day).filter(|day| day.digits() <= 2)?;
            calendar::day(year.year()?, month.value()?, day.value()?)
        };
        let (dmy, mdy) = (dated(c, b, a), dated(c, a, b));
        if a.digits() > 2 {
            return dated(a, b, c);
        }
        match b.separator {
            '.' => dmy,
            '/' => self.by_evidence(dmy, mdy, self.is_american),
            '-' if c.digits() == 2 => self.by_evidence(dated(a, b, c), dmy, false),
            '-' => self.by_evidence(dmy, mdy, false),
            // As miniflux reads "Sat, 11 04 2020".
            ' ' if c.digits() == 4 => mdy.or(dmy),
            _ => None,
        }
    }

    /// Which of two readings is meant: the only possible one, the one on the weekday named, or the
    /// second if there is other evidence for it.
    fn by_evidence(
        &self,
        first: Option<NaiveDate>,
        second: Option<NaiveDate>,
        for_second: bool,
    ) -> Option<NaiveDate> {
        let (Some(a), Some(b)) = (first, second) else {
            return first.or(second);
        };
        let fits = |date: NaiveDate| self.weekday == Some(date.weekday().number_from_monday());
        match (fits(a), fits(b)) {
            _ if a == b => first,
            (true, false) => first,
            (false, true) => second,
            _ => second.filter(|_| for_second),
        }
    }
}

/// `2003-W01-4`, `2003W014`, `2003-W01`: an ISO 8601 week; its Monday if no day is named.
fn week(year: Number<'_>, rest: &[Number<'_>]) -> Option<NaiveDate> {
    let (week, day) = match rest {
        [week, day] => (week.text, day.text),
        [week] if week.digits() == 3 => week.text.split_at_checked(2)?,
        [week] => (week.text, "1"),
        _ => return None,
    };
    if year.digits() != 4 || week.len() != 2 || day.len() != 1 {
        return None;
    }
    calendar::week(year.value()?, week.parse().ok()?, day.parse().ok()?)
}

/// A year, `yyyymmdd`, `yyyyddd` or `yymmdd` (unless that may be `yyyymm`).
fn single(text: &str, is_alone: bool) -> Option<NaiveDate> {
    let cut = |from, to| text.get(from..to)?.parse::<u32>().ok();
    match text.len() {
        4 if is_alone && !text.starts_with('0') => calendar::day(cut(0, 4)?, 1, 1),
        6 => {
            let is_month = matches!(cut(0, 2)?, 19 | 20) && matches!(cut(4, 6)?, 1..=12);
            let date = calendar::day(calendar::year(cut(0, 2)?, 2)?, cut(2, 4)?, cut(4, 6)?);
            date.filter(|_| !is_month)
        }
        7 => calendar::ordinal(cut(0, 4)?, cut(4, 7)?),
        8 => calendar::day(cut(0, 4)?, cut(4, 6)?, cut(6, 8)?),
        _ => None,
    }
}

/// `2003-12`, `12/2003` or the ordinal date `2003-335`.
fn pair(a: Number<'_>, b: Number<'_>, is_alone: bool) -> Option<NaiveDate> {
    match (a.digits(), b.digits(), b.separator) {
        (4, 3, '-') => calendar::ordinal(a.value()?, b.value()?),
        (4, 1 | 2, '-' | '/' | '.') if is_alone => calendar::day(a.value()?, b.value()?, 1),
        (1 | 2, 4, '-' | '/' | '.') if is_alone => calendar::day(b.value()?, a.value()?, 1),
        _ => None,
    }
}
