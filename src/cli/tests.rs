//! The parts of the command line that need no process.

use clap::CommandFactory as _;

use super::{
    Args,
    when::{Since, relative},
};
use crate::model::Time;

#[test]
fn the_arguments_are_consistent() {
    Args::command().debug_assert();
}

#[test]
fn moments_are_dates_times_and_ages() {
    let now: Time = "2026-03-02T10:00:00Z".parse().unwrap();
    let resolved = |text: &str| text.parse::<Since>().unwrap().resolve(now).to_rfc3339();
    assert_eq!(resolved("2026-01-31"), "2026-01-31T00:00:00+00:00");
    assert_eq!(
        resolved("2026-01-31T12:00:00+02:00"),
        "2026-01-31T10:00:00+00:00"
    );
    assert_eq!(resolved("2026-01-31 12:00"), "2026-01-31T12:00:00+00:00");
    assert_eq!(resolved("7d"), "2026-02-23T10:00:00+00:00");
    for (seconds, told) in [
        (0, "now"),
        (59, "in 59 s"),
        (-89, "1 min ago"),
        (3_569, "in 59 min"),
        (3_599, "in 1 h"),
        (7_199, "in 2 h"),
        (-170_999, "47 h ago"),
        (-172_000, "2 d ago"),
    ] {
        assert_eq!(
            relative(now + chrono::Duration::seconds(seconds), now),
            told
        );
    }
    assert!("last week".parse::<Since>().unwrap_err().contains("7d"));
}
