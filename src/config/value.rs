//! One TOML value to one Rust value, with a message that says what is right instead.
//!
//! Pure; places and key names are added by the caller. Ranges are checked here.

use std::{
    ops::{Range, RangeInclusive},
    time::Duration,
};

use bytesize::ByteSize;
use toml::de::DeValue;

/// What is wrong with a value; `at` if it is a part of the value that is wrong.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) at: Option<Range<usize>>,
    pub(super) message: String,
}

impl From<String> for Mistake {
    fn from(message: String) -> Self {
        Self { at: None, message }
    }
}

/// What a value turned out to be.
pub(super) type Read<T> = Result<T, Mistake>;

/// Text.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(wrong_type(other, "text in quotes")),
    }
}

/// Text for people: one line, not blank.
pub(super) fn label(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?.trim().to_owned();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("must be one line of text that is not blank"
            .to_owned()
            .into());
    }
    Ok(text)
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Read<bool> {
    match value {
        DeValue::Boolean(flag) => Ok(*flag),
        other => Err(wrong_type(other, "true or false")),
    }
}

/// A whole number.
pub(super) fn count(value: &DeValue<'_>, allowed: &RangeInclusive<usize>) -> Read<usize> {
    let number = whole(value, "a whole number")?;
    match usize::try_from(number) {
        Ok(number) if allowed.contains(&number) => Ok(number),
        _ => Err(format!(
            "{number} is out of range; allowed is {} to {}",
            allowed.start(),
            allowed.end()
        )
        .into()),
    }
}

/// A time span: text such as `"1h 30m"`, or whole seconds.
pub(super) fn duration(value: &DeValue<'_>, allowed: &RangeInclusive<Duration>) -> Read<Duration> {
    const WANTED: &str = "a duration such as \"30m\" or \"2h\", or whole seconds";
    let (span, shown) = match value {
        DeValue::String(text) => match humantime::parse_duration(text.trim()) {
            Ok(span) => (span, format!("\"{text}\"")),
            Err(_) => {
                return Err(
                    format!("\"{text}\" is not a duration; write e.g. \"30m\" or \"2h\"").into(),
                );
            }
        },
        other => {
            let seconds = whole(other, WANTED)?;
            (Duration::from_secs(seconds), format!("{seconds} s"))
        }
    };
    if allowed.contains(&span) {
        return Ok(span);
    }
    let (least, most) = (in_units(*allowed.start()), in_units(*allowed.end()));
    Err(format!("{shown} is out of range; allowed is \"{least}\" to \"{most}\"").into())
}

/// A time span as one writes it in the settings: a whole number of the largest unit that gives one.
pub(super) fn in_units(time: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [
        (86_400_000, " days"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ];
    let ms = time.as_millis();
    match UNITS.iter().find(|(unit, _)| ms.is_multiple_of(*unit)) {
        _ if ms == 0 => "0s".to_owned(),
        Some((unit, _)) if ms == *unit && *unit == UNITS[0].0 => "1 day".to_owned(),
        Some((unit, name)) => format!("{}{name}", ms / unit),
        None => format!("{ms}ms"),
    }
}

/// A size in bytes: text such as `"16 MiB"`, or a number.
pub(super) fn size(value: &DeValue<'_>, allowed: &RangeInclusive<u64>) -> Read<u64> {
    let (bytes, shown) = match value {
        DeValue::String(text) => match text.trim().parse::<ByteSize>() {
            Ok(size) => (size.as_u64(), format!("\"{text}\"")),
            Err(_) => return Err(format!("\"{text}\" is not a size; write e.g. \"16 MiB\"").into()),
        },
        other => {
            let bytes = whole(other, "a size such as \"16 MiB\", or bytes")?;
            (bytes, bytes.to_string())
        }
    };
    if allowed.contains(&bytes) {
        return Ok(bytes);
    }
    let (least, most) = (ByteSize(*allowed.start()), ByteSize(*allowed.end()));
    Err(format!("{shown} is out of range; allowed is \"{least}\" to \"{most}\"").into())
}

/// A `User-Agent`: what a header value may hold (RFC 9110 section 5.5), ASCII only.
pub(super) fn user_agent(value: &DeValue<'_>) -> Read<String> {
    let agent = text(value)?.trim().to_owned();
    if agent.is_empty() || !is_header_value(&agent) {
        return Err(
            "must be visible ASCII text; say who you are, e.g. \"Tidings (me@example.org)\""
                .to_owned()
                .into(),
        );
    }
    Ok(agent)
}

/// Visible ASCII, spaces and tabs.
pub(super) fn is_header_value(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

fn whole(value: &DeValue<'_>, wanted: &str) -> Read<u64> {
    let DeValue::Integer(integer) = value else {
        return Err(wrong_type(value, wanted));
    };
    u64::from_str_radix(integer.as_str(), integer.radix())
        .map_err(|_| format!("{integer} is out of range; write {wanted}").into())
}

/// The value itself is not shown: it may be a secret in the wrong place.
pub(super) fn wrong_type(found: &DeValue<'_>, wanted: &str) -> Mistake {
    let found = match found {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    format!("is {found}; write {wanted}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> RangeInclusive<Duration> {
        Duration::ZERO..=Duration::from_secs(86_400)
    }

    fn read<T>(text: &str, how: impl Fn(&DeValue<'_>) -> Read<T>) -> Result<T, String> {
        how(DeValue::parse(text).unwrap().get_ref()).map_err(|mistake| mistake.message)
    }

    #[test]
    fn durations_are_text_or_whole_seconds() {
        let duration = |text| read(text, |value| duration(value, &day()));
        assert_eq!(duration("\"1h 30m\""), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("\"0s\""), Ok(Duration::ZERO));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(
            duration("\"5 parsecs\"").unwrap_err(),
            "\"5 parsecs\" is not a duration; write e.g. \"30m\" or \"2h\""
        );
        assert_eq!(
            duration("\"2 days\"").unwrap_err(),
            "\"2 days\" is out of range; allowed is \"0s\" to \"1 day\""
        );
        assert!(duration("-1").unwrap_err().contains("out of range"));
        assert!(
            duration("1.5")
                .unwrap_err()
                .contains("a number with a point")
        );
        assert!(duration("\"99999999999999999999 years\"").is_err());
    }

    #[test]
    fn spans_are_told_in_the_units_of_the_settings() {
        let day = 86_400_000;
        for (ms, told) in [
            (0, "0s"),
            (10, "10ms"),
            (1500, "1500ms"),
            (2000, "2s"),
            (90_000, "90s"),
            (900_000, "15m"),
            (3_600_000, "1h"),
            (5_400_000, "90m"),
            (day, "1 day"),
            (90 * day, "90 days"),
            (3650 * day, "3650 days"),
        ] {
            let time = Duration::from_millis(ms);
            assert_eq!(in_units(time), told);
            assert_eq!(
                humantime::parse_duration(told),
                Ok(time),
                "{told} can be written"
            );
        }
    }

    #[test]
    fn sizes_are_text_or_bytes() {
        let size = |text| read(text, |value| size(value, &(1024..=1 << 30)));
        assert_eq!(size("\"16 MiB\""), Ok(16 << 20));
        assert_eq!(size("\"16MB\""), Ok(16_000_000));
        assert_eq!(size("2048"), Ok(2048));
        assert_eq!(
            size("\"much\"").unwrap_err(),
            "\"much\" is not a size; write e.g. \"16 MiB\""
        );
        assert_eq!(
            size("1").unwrap_err(),
            "1 is out of range; allowed is \"1.0 KiB\" to \"1.0 GiB\""
        );
    }

    #[test]
    fn numbers_and_flags_say_what_is_allowed() {
        let count = |text| read(text, |value| count(value, &(1..=64)));
        assert_eq!(count("0x10"), Ok(16));
        assert_eq!(
            count("65").unwrap_err(),
            "65 is out of range; allowed is 1 to 64"
        );
        assert_eq!(count("\"8\"").unwrap_err(), "is text; write a whole number");
        assert_eq!(
            read("1", flag).unwrap_err(),
            "is a number; write true or false"
        );
    }

    #[test]
    fn a_user_agent_cannot_smuggle_a_header() {
        assert!(read("\"a\\r\\nX: y\"", user_agent).is_err());
        assert!(read("\"\"", user_agent).is_err());
        assert_eq!(read("\"me (x@y.z)\"", user_agent), Ok("me (x@y.z)".into()));
    }
}
