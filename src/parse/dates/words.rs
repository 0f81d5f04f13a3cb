//! What the words of a date mean: months, weekdays and zones in many languages.
//!
//! The words themselves are data, in `words.txt` and `zones.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// What a word may mean; most mean one thing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    /// 1 is January.
    pub(super) month: Option<u32>,
    /// 1 is Monday.
    pub(super) weekday: Option<u32>,
    /// True from noon on.
    pub(super) afternoon: Option<bool>,
    /// What the number before it counts.
    pub(super) unit: Option<Unit>,
    /// It says nothing.
    pub(super) is_noise: bool,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

static WORDS: LazyLock<HashMap<String, Word>> = LazyLock::new(|| {
    let mut words: HashMap<String, Word> = HashMap::new();
    for (meaning, names) in lines(include_str!("words.txt"), ':') {
        let (kind, number) = meaning.split_once(' ').unwrap_or((meaning, ""));
        let number = number.parse().ok();
        for name in names {
            let word = words.entry(fold(name)).or_default();
            match (kind, number) {
                ("month", Some(_)) => word.month = number,
                ("weekday", _) => word.weekday = number,
                ("morning", _) => word.afternoon = Some(false),
                ("afternoon", _) => word.afternoon = Some(true),
                ("year", _) => word.unit = Some(Unit::Year),
                ("month", None) => word.unit = Some(Unit::Month),
                ("day", _) => word.unit = Some(Unit::Day),
                ("hour", _) => word.unit = Some(Unit::Hour),
                ("minute", _) => word.unit = Some(Unit::Minute),
                ("second", _) => word.unit = Some(Unit::Second),
                _ => word.is_noise = true,
            }
        }
    }
    words
});

static ZONES: LazyLock<HashMap<String, i32>> = LazyLock::new(|| {
    let minutes = |offset: &str| {
        let (hours, minutes) = offset.split_once(':')?;
        let sign = if hours.starts_with('-') { -1 } else { 1 };
        Some(hours.parse::<i32>().ok()? * 60 + sign * minutes.parse::<i32>().ok()?)
    };
    lines(include_str!("zones.txt"), ' ')
        .filter_map(|(offset, names)| Some((minutes(offset)?, names)))
        .flat_map(|(offset, names)| names.map(move |name| (fold(name), offset)))
        .collect()
});

/// The lines of a data file without its comments, each cut at the first `separator`.
fn lines(
    file: &'static str,
    separator: char,
) -> impl Iterator<Item = (&'static str, std::str::SplitWhitespace<'static>)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(move |line| line.split_once(separator))
        .map(|(meaning, names)| (meaning, names.split_whitespace()))
}

/// What a word means, whatever its case and accents.
pub(super) fn word(text: &str) -> Option<Word> {
    WORDS.get(&fold(text)).copied()
}

/// The offset of a named zone, in minutes ahead of UTC.
pub(super) fn zone(text: &str) -> Option<i32> {
    ZONES.get(&fold(text)).copied()
}

/// Lower case without accents, to compare by. The letters named do not decompose.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd()
        .flat_map(char::to_lowercase)
        .filter_map(|character| match character {
            '\u{300}'..='\u{36f}' => None,
            'ł' => Some('l'),
            'ø' => Some('o'),
            'ı' => Some('i'),
            'ς' => Some('σ'),
            character => Some(character),
        })
        .collect()
}
