//! Reads the tokens of a date from left to right into fields.
//!
//! Every token must have a meaning, or there is no date.

use super::calendar::{Clock, nanos, offset, short};
use super::fields::{Fields, Number};
use super::tokens::{Kind, Token};
use super::words::{self, Unit, Word};

/// Korea's zone, which Korean words imply: it has only one, and no summer time.
const KOREA: i32 = 9 * 60;

/// The fields of a date; `None` when a token has no meaning in its place.
pub(super) fn fields<'a>(tokens: &'a [Token<'a>]) -> Option<Fields<'a>> {
    let start = tokens
        .iter()
        .position(|token| !matches!(token.kind, Kind::Mark(mark) if mark != '-' && mark != '+'))?;
    let mut reader = Reader {
        tokens: tokens.get(start..)?,
        at: 0,
        in_day: false,
        fields: Fields::default(),
    };
    while let Some(token) = reader.peek(0) {
        match token.kind {
            Kind::Number(text) => reader.number(text),
            Kind::Word(text) => reader.word(text),
            Kind::Mark(mark) => reader.mark(mark),
        }?;
    }
    Some(reader.fields)
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// The token before belongs to the day.
    in_day: bool,
    fields: Fields<'a>,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn before(&self) -> Option<Kind<'a>> {
        Some(self.tokens.get(self.at.checked_sub(1)?)?.kind)
    }

    /// The number `ahead` tokens on, if nothing parts it from the token before.
    fn glued_number(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead)? {
            Token {
                kind: Kind::Number(text),
                glued: true,
            } => Some(text),
            _ => None,
        }
    }

    fn is_mark(&self, ahead: usize, marks: &[char]) -> bool {
        matches!(self.peek(ahead), Some(Token { kind: Kind::Mark(mark), .. }) if marks.contains(&mark))
    }

    /// What the word `ahead` tokens on means.
    fn word_ahead(&self, ahead: usize) -> Word {
        match self.peek(ahead).map(|token| token.kind) {
            Some(Kind::Word(text)) => words::word(text).unwrap_or_default(),
            _ => Word::default(),
        }
    }

    fn number(&mut self, text: &'a str) -> Option<()> {
        self.in_day = false;
        let marks: &[char] = if self.has_point_in_time() {
            &[':', '.']
        } else {
            &[':']
        };
        if self.is_mark(1, marks) && self.glued_number(2).is_some() {
            return self.clock();
        }
        // "10:00:00 0100": where a URL was decoded once too often, the plus became a space.
        if text.len() == 4 && self.fields.clock.is_some() && self.fields.has_day() {
            let (hours, minutes) = text.split_at_checked(2)?;
            self.fields.offset = Some(offset(false, short(hours)?, short(minutes)?)?);
            self.at += 1;
            return Some(());
        }
        let next = self.word_ahead(1);
        let is_time = matches!(next.unit, Some(Unit::Hour | Unit::Minute | Unit::Second));
        if let Some(unit) = next.unit
            && (is_time || self.peek(1).is_some_and(|token| token.glued))
        {
            return self.counted(text, unit);
        }
        let half_follows = next.afternoon.is_some() || self.half_in_initials(1).is_some();
        let time_follows = matches!(self.peek(2).map(|token| token.kind), Some(Kind::Number(_)));
        if half_follows && !time_follows && self.fields.clock.is_none() {
            self.at += 1;
            return self.set_clock(Clock {
                hour: short(text)?,
                ..Clock::default()
            });
        }
        if let Some(Kind::Word("T" | "t")) = self.before()
            && self.fields.clock.is_none()
            && !self.fields.numbers.is_empty()
        {
            return self.basic_clock(text);
        }
        let separator = match self.before() {
            Some(Kind::Mark(mark)) => mark,
            _ => ' ',
        };
        let is_full = self.fields.numbers.len() == 3 || text.len() > 14;
        self.fields.numbers.push(Number { text, separator });
        self.at += 1;
        self.in_day = true;
        (!is_full).then_some(())
    }

    /// "kl. 10.30" and "10.30am": whether the point here is not a date's.
    fn has_point_in_time(&self) -> bool {
        let back = |by: usize| Some(self.tokens.get(self.at.checked_sub(by)?)?.kind);
        let word = match back(1) {
            Some(Kind::Mark('.')) => back(2),
            other => other,
        };
        matches!(word, Some(Kind::Word("kl" | "klo" | "klockan" | "klokken")))
            || self.word_ahead(3).afternoon.is_some() && self.peek(3).is_some_and(|t| t.glued)
    }

    /// `h:m`, `h:m:s` or `h:m:s.f`.
    fn clock(&mut self) -> Option<()> {
        let mut clock = Clock {
            hour: small(self.peek(0)?.kind)?,
            minute: small(self.peek(2)?.kind)?,
            ..Clock::default()
        };
        self.at += 3;
        if self.is_mark(0, &[':'])
            && let Some(second) = self.glued_number(1)
        {
            clock.second = short(second)?;
            self.at += 2;
            clock.nanos = self.fraction()?;
        }
        self.set_clock(clock)
    }

    /// `hh`, `hhmm` or `hhmmss.f` (ISO 8601 basic format).
    fn basic_clock(&mut self, text: &str) -> Option<()> {
        let mut clock = Clock::basic(text)?;
        self.at += 1;
        if text.len() == 6 {
            clock.nanos = self.fraction()?;
        }
        self.set_clock(clock)
    }

    /// The nanoseconds of a fraction, if one stands here.
    fn fraction(&mut self) -> Option<u32> {
        match self.glued_number(1) {
            Some(digits) if self.is_mark(0, &['.', ',']) => {
                self.at += 2;
                nanos(digits)
            }
            _ => Some(0),
        }
    }

    fn set_clock(&mut self, clock: Clock) -> Option<()> {
        self.fields.clock.replace(clock).is_none().then_some(())
    }

    /// A number whose unit follows: `5月`, `19h30`, `4분`.
    fn counted(&mut self, text: &'a str, unit: Unit) -> Option<()> {
        self.at += 2;
        let day = match unit {
            Unit::Year => Some(0),
            Unit::Month => Some(1),
            Unit::Day => Some(2),
            _ => None,
        };
        if let Some(index) = day {
            if let Some(Kind::Word("년" | "월" | "일")) = self.before() {
                self.fields.zone.get_or_insert(KOREA);
            }
            let slot = self.fields.counted.get_mut(index)?;
            return slot.replace(text).is_none().then_some(());
        }
        let value = short(text)?;
        if unit != Unit::Hour {
            let clock = self.fields.clock.as_mut()?;
            match unit {
                Unit::Minute => clock.minute = value,
                _ => clock.second = value,
            }
            return Some(());
        }
        let mut clock = Clock {
            hour: value,
            ..Clock::default()
        };
        // "19h30": the minutes need no unit of their own.
        if let Some(minute) = self.glued_number(0)
            && self.word_ahead(1).unit.is_none()
        {
            clock.minute = short(minute)?;
            self.at += 1;
        }
        self.set_clock(clock)
    }

    fn word(&mut self, text: &'a str) -> Option<()> {
        self.in_day = false;
        if let Some(afternoon) = self.half_in_initials(0) {
            self.fields.afternoon = Some(afternoon);
            self.at += 3;
            return Some(());
        }
        if self.fields.clock.is_some() && self.zone(text).is_some() {
            self.at += 1;
            return Some(());
        }
        let glued = self.peek(0).is_some_and(|token| token.glued);
        let is_first = self.at == 0;
        self.at += 1;
        if let Some(word) = words::word(text) {
            return self.known(text, word, glued);
        }
        if glued && matches!(text, "W" | "w") && self.glued_number(0).is_some() {
            self.fields.is_week = true;
            return Some(());
        }
        if let Some(offset) = words::zone(text).filter(|_| !self.fields.numbers.is_empty()) {
            self.fields.zone = Some(offset);
            return Some(());
        }
        // A word before a comma stands where RFC 822 has the weekday, in whatever language.
        let comma = self.is_mark(0, &[',']) || self.is_mark(0, &['.']) && self.is_mark(1, &[',']);
        (text == "Etc" || is_first && comma).then_some(())
    }

    /// A zone by name, after the time. Single letters are UTC, and so are names nobody knows (RFC
    /// 2822 section 4.3: the military letters have been used with either sign).
    fn zone(&mut self, text: &str) -> Option<()> {
        let upper = text.bytes().all(|byte| byte.is_ascii_uppercase());
        let known = words::zone(text).filter(|_| upper || words::word(text).is_none());
        let is_last = self.peek(1).is_none();
        let offset = match text.len() {
            _ if known.is_some() => known?,
            1 if upper && text != "T" => 0,
            3..=5 if upper && is_last && words::word(text).is_none() => 0,
            _ => return None,
        };
        // "-05:00Z": the Z was appended by something that meant UTC.
        if text.eq_ignore_ascii_case("z") && self.fields.offset.is_some() {
            self.fields.offset = Some(0);
        }
        self.fields.zone = Some(offset);
        self.fields.is_american |= (-8 * 60..=-4 * 60).contains(&offset);
        Some(())
    }

    fn known(&mut self, text: &str, word: Word, glued: bool) -> Option<()> {
        // "1st" names no Wednesday, though středa is abbreviated so.
        if glued && word.is_noise {
            return Some(());
        }
        if let Some(month) = word.month {
            self.in_day = true;
            let may_be_weekday = word.weekday.is_some();
            match self.fields.month {
                Some((_, true)) => self.fields.month = Some((month, may_be_weekday)),
                // Some publishers write the month where the weekday belongs.
                Some((known, _)) if may_be_weekday || known == month => {}
                Some(_) => return None,
                None => self.fields.month = Some((month, may_be_weekday)),
            }
        } else if word.weekday.is_some() {
            self.fields.weekday = word.weekday;
        } else if let Some(afternoon) = word.afternoon {
            self.fields.afternoon = Some(afternoon);
            self.fields.is_american |= text.is_ascii();
            if matches!(text, "오전" | "오후") {
                self.fields.zone.get_or_insert(KOREA);
            }
        } else if !word.is_noise {
            return None;
        }
        Some(())
    }

    /// "p.m.", "a. m.", "μ.μ.": whether the initials `ahead` mean the half of the day from noon.
    fn half_in_initials(&self, ahead: usize) -> Option<bool> {
        let letter = |ahead| match self.peek(ahead).map(|token| token.kind) {
            Some(Kind::Word(text)) if text.chars().count() == 1 => {
                text.chars().next().and_then(|c| c.to_lowercase().next())
            }
            _ => None,
        };
        if !self.is_mark(ahead + 1, &['.']) {
            return None;
        }
        match (letter(ahead)?, letter(ahead + 2)?) {
            ('a', 'm') | ('π', 'μ') => Some(false),
            ('p', 'm') | ('μ', 'μ') => Some(true),
            _ => None,
        }
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        let continues_day = std::mem::take(&mut self.in_day) && self.peek(0)?.glued;
        let has_clock = self.fields.clock.is_some();
        match mark {
            '-' if has_clock && !continues_day && self.glued_number(1).is_some() => {
                self.offset(true)
            }
            '+' if has_clock || self.fields.numbers.len() == 3 => self.offset(false),
            '(' => self.comment('(', ')'),
            // Java names the zone again in square brackets.
            '[' if has_clock => self.comment('[', ']'),
            // "Published: ...", but nothing that looks like a time.
            ':' if !matches!(self.before(), Some(Kind::Word(_))) => None,
            ':' | ',' | '.' | '-' | '/' | '\'' | ';' | '|' | '@' | '_' | '·' | '•' | ')' | '"'
            | '<' | '>' | ']' | '[' | '°' => {
                self.at += 1;
                Some(())
            }
            _ => None,
        }
    }

    /// `+hh:mm`, `+hhmm`, `+hmm`, `+hh`, `+h`.
    fn offset(&mut self, is_west: bool) -> Option<()> {
        let text = self.glued_number(1)?;
        self.at += 2;
        let (hours, minutes) = if self.is_mark(0, &[':', '.'])
            && let Some(minutes) = self.glued_number(1)
        {
            self.at += 2;
            (short(text)?, short(minutes)?)
        } else if text.len() <= 2 {
            (short(text)?, 0)
        } else {
            let (hours, minutes) = text.split_at_checked(text.len().checked_sub(2)?)?;
            (short(hours)?, short(minutes)?)
        };
        // POSIX counts the other way in the zone names "Etc/GMT+5".
        let is_etc = |token: &Token<'_>| token.kind == Kind::Word("Etc");
        let is_west = is_west != self.tokens.iter().any(is_etc);
        self.fields.offset = Some(offset(is_west, hours, minutes)?);
        Some(())
    }

    /// What is in brackets is a comment, and may hold others (RFC 822 section 3.4.3): often the zone again, and worth
    /// reading where there is no other.
    fn comment(&mut self, open: char, close: char) -> Option<()> {
        if let Some(Token {
            kind: Kind::Word(text),
            ..
        }) = self.peek(1)
            && self.is_mark(2, &[close])
            && self.fields.zone.is_none()
        {
            self.fields.zone = words::zone(text);
        }
        let mut depth = 0;
        while let Some(token) = self.peek(0) {
            match token.kind {
                Kind::Mark(mark) if mark == open => depth += 1,
                Kind::Mark(mark) if mark == close => depth -= 1,
                Kind::Mark('\\') => self.at += 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        Some(())
    }
}

/// A number of at most two digits.
fn small(kind: Kind<'_>) -> Option<u32> {
    match kind {
        Kind::Number(text) => short(text),
        _ => None,
    }
}
