//! Which articles an export holds, and in which order.

use super::rich;
use crate::util::Tidings;

fn urls(tidings: &Tidings, args: &[&str]) -> Vec<String> {
    let ran = tidings.run(&[&["export", "--format", "jsonl"], args].concat());
    let lines = ran.ok().jsonl();
    let last = |url: &str| url.chars().next_back().unwrap();
    lines
        .iter()
        .map(|line| last(line["canonical_url"].as_str().unwrap()).to_string())
        .collect()
}

#[test]
fn exports_can_be_narrowed_by_language_author_length_and_collection() {
    let tidings = rich();
    assert_eq!(urls(&tidings, &["--language", "de"]), ["2"]);
    assert_eq!(urls(&tidings, &["--language", "DE-at"]), ["2"]);
    assert_eq!(urls(&tidings, &["--language", "de-CH"]), [""; 0]);
    assert_eq!(urls(&tidings, &["--language", "en,de"]), ["1", "2"]);
    assert_eq!(urls(&tidings, &["--author", "bo falk"]), ["1"]);
    assert_eq!(
        urls(&tidings, &["--author", "Zoë Ü", "--author", "Ann Lee"]),
        ["1", "2"]
    );
    assert_eq!(urls(&tidings, &["--author", "Ann"]), [""; 0]);
    assert_eq!(urls(&tidings, &["--min-words", "3"]), ["1", "2"]);
    assert_eq!(
        urls(&tidings, &["--since-collected", "1h"]),
        ["1", "2", "3"]
    );
    assert_eq!(urls(&tidings, &["--until-collected", "1h"]), [""; 0]);
    assert_eq!(
        urls(
            &tidings,
            &["--since", "2019-11-06", "--since-collected", "1h"]
        ),
        ["2", "3"]
    );
}

#[test]
fn exports_are_ordered_as_is_asked_and_the_limit_keeps_the_newest() {
    let tidings = rich();
    for order in ["published", "collected", "changed"] {
        assert_eq!(urls(&tidings, &["--order", order]), ["1", "2", "3"]);
        assert_eq!(
            urls(&tidings, &["--order", order, "--limit", "2"]),
            ["2", "3"]
        );
    }
    assert_eq!(urls(&tidings, &["--limit", "0"]), [""; 0]);
}
