//! The two forms machines write, read byte by byte: `Sat, 07 Sep 2002 00:00:01 GMT` and
//! `2002-09-07T00:00:01.5+02:00`. Anything out of the ordinary is `None` and left to `read`.

use super::calendar::{self, Clock};
use crate::model::Time;

/// RFC 822 as amended by RFC 1123, with seconds and a numeric zone or GMT.
pub(super) fn rfc822(bytes: &[u8]) -> Option<Time> {
    let mut rest = Rest(bytes);
    if let [weekday @ .., b' '] = bytes.get(..5)?
        && let [a, b, c, b','] = weekday
        && [a, b, c].iter().all(|letter| letter.is_ascii_alphabetic())
    {
        rest = Rest(bytes.get(5..)?);
    }
    let first = rest.digits(1)?;
    let day = match rest.digits(1) {
        Some(second) => first * 10 + second,
        None => first,
    };
    rest.byte(b' ')?;
    let month = rest.month()?;
    rest.byte(b' ')?;
    let year = rest.digits(4)?;
    rest.byte(b' ')?;
    let clock = rest.clock()?;
    rest.byte(b' ')?;
    let offset = match rest.0 {
        b"GMT" | b"UTC" | b"Z" => 0,
        _ => rest.offset(false)?,
    };
    calendar::instant(calendar::day(year, month, day)?, clock, offset)
}

/// RFC 3339 with an upper-case `T`.
pub(super) fn rfc3339(bytes: &[u8]) -> Option<Time> {
    let mut rest = Rest(bytes);
    let year = rest.digits(4)?;
    rest.byte(b'-')?;
    let month = rest.digits(2)?;
    rest.byte(b'-')?;
    let day = rest.digits(2)?;
    rest.byte(b'T')?;
    let mut clock = rest.clock()?;
    if rest.byte(b'.').is_some() {
        clock.nanos = rest.nanos()?;
    }
    let offset = match rest.0 {
        b"Z" => 0,
        _ => rest.offset(true)?,
    };
    calendar::instant(calendar::day(year, month, day)?, clock, offset)
}

/// What is still to be read. Every method consumes what it reads, and nothing when it fails.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then(|| self.0 = rest)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for byte in digits {
            value = value * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        self.0 = rest;
        Some(value)
    }

    fn month(&mut self) -> Option<u32> {
        let (name, rest) = self.0.split_first_chunk::<3>()?;
        let month = match name {
            b"Jan" => 1,
            b"Feb" => 2,
            b"Mar" => 3,
            b"Apr" => 4,
            b"May" => 5,
            b"Jun" => 6,
            b"Jul" => 7,
            b"Aug" => 8,
            b"Sep" => 9,
            b"Oct" => 10,
            b"Nov" => 11,
            b"Dec" => 12,
            _ => return None,
        };
        self.0 = rest;
        Some(month)
    }

    fn clock(&mut self) -> Option<Clock> {
        let hour = self.digits(2)?;
        self.byte(b':')?;
        let minute = self.digits(2)?;
        self.byte(b':')?;
        let second = self.digits(2)?;
        Some(Clock {
            hour,
            minute,
            second,
            nanos: 0,
        })
    }

    /// A fraction of at most nine digits.
    fn nanos(&mut self) -> Option<u32> {
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        calendar::nanos(std::str::from_utf8(digits).ok()?)
    }

    /// The rest as `+hhmm`, or `+hh:mm`; minutes.
    fn offset(&mut self, colon: bool) -> Option<i32> {
        let is_west = self.byte(b'-').is_some();
        if !is_west {
            self.byte(b'+')?;
        }
        let hours = self.digits(2)?;
        if colon {
            self.byte(b':')?;
        }
        let minutes = self.digits(2)?;
        calendar::offset(is_west, hours, minutes).filter(|_| self.0.is_empty())
    }
}
