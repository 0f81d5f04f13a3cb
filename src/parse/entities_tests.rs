//! References that stand for nothing, then damaged ones, then the table.

use super::*;

fn text(after_amp: &str) -> Option<(String, usize)> {
    reference(after_amp, false).map(|(found, length)| (found.chars().collect(), length))
}

fn in_attribute(after_amp: &str) -> Option<(String, usize)> {
    reference(after_amp, true).map(|(found, length)| (found.chars().collect(), length))
}

fn some(text: &str, length: usize) -> Option<(String, usize)> {
    Some((text.to_owned(), length))
}

#[test]
fn a_bare_ampersand_is_no_reference() {
    for after in [
        "",
        " b",
        "&",
        ";",
        "#",
        "#;",
        "#x",
        "#x;",
        "#xg;",
        "T",
        "T;",
        "foo;",
        "é;",
        "apos b",
        "alpha b",
        "#-1;",
        "amé;",
        "nosuchnameanywhereinthewholeofthetable;",
    ] {
        assert_eq!(text(after), None, "{after}");
    }
}

#[test]
fn forbidden_characters_do_not_come_in_by_number() {
    for after in ["#0;", "#1;", "#x1F;", "#11;", "#x81;", "#157;"] {
        assert_eq!(text(after), some("", after.len()), "{after}");
    }
    for after in [
        "#xD800;",
        "#xDFFF;",
        "#x110000;",
        "#xFFFF;",
        "#99999999999999999999;",
        "#xFFFFFFFFFFFFFFFFFF;",
    ] {
        assert_eq!(text(after), some("\u{fffd}", after.len()), "{after}");
    }
}

#[test]
fn numbers_are_read_in_both_bases_and_without_semicolon() {
    assert_eq!(text("#39;s"), some("'", 4));
    assert_eq!(text("#39s"), some("'", 3));
    assert_eq!(text("#x2019;"), some("’", 7));
    assert_eq!(text("#X2019 "), some("’", 6));
    assert_eq!(text("#0000000000000000065;"), some("A", 21));
    assert_eq!(text("#10;"), some("\n", 4));
    assert_eq!(text("#x1F600;"), some("😀", 8));
}

#[test]
fn numbers_of_windows_1252_are_its_characters() {
    assert_eq!(text("#146;"), some("’", 5));
    assert_eq!(text("#x80;"), some("€", 5));
    assert_eq!(text("#159;"), some("Ÿ", 5));
    assert_eq!(text("#160;"), some("\u{a0}", 5));
}

#[test]
fn names_are_those_of_the_standard() {
    assert_eq!(NAMED_ENTITIES.len(), 2125);
    for (name, expected) in NAMED_ENTITIES {
        let written = format!("{};", str::from_utf8(name).unwrap());
        assert_eq!(text(&written), some(expected, written.len()), "{written}");
    }
    assert_eq!(text("alpha;"), some("α", 6));
    assert_eq!(text("NotEqualTilde;"), some("≂̸", 14));
    assert_eq!(text("CounterClockwiseContourIntegral;"), some("∳", 32));
    assert_eq!(text("AMP;"), some("&", 4));
}

#[test]
fn legacy_names_need_no_semicolon_in_text() {
    assert!(LEGACY.is_sorted());
    for name in LEGACY {
        assert!(name.len() <= LONGEST_LEGACY);
        assert_eq!(text(name).map(|found| found.1), Some(name.len()), "{name}");
        let whole = format!("{name};");
        assert_eq!(
            text(name).map(|found| found.0),
            text(&whole).map(|found| found.0)
        );
    }
    assert_eq!(text("nbsp b"), some("\u{a0}", 4));
    assert_eq!(text("copy2020"), some("©", 4));
    assert_eq!(text("notit;"), some("¬", 3));
    assert_eq!(text("notin;"), some("∉", 6));
    assert_eq!(text("ampamp;"), some("&", 3));
}

#[test]
fn legacy_names_in_attributes_do_not_eat_parameters() {
    for after in ["copy=2", "copyx", "reg1", "notit;", "lt2=3"] {
        assert_eq!(in_attribute(after), None, "{after}");
    }
    assert_eq!(in_attribute("copy;=2"), some("©", 5));
    assert_eq!(in_attribute("copy "), some("©", 4));
    assert_eq!(in_attribute("amp;b=1"), some("&", 4));
    assert_eq!(in_attribute("lt"), some("<", 2));
}

#[test]
fn common_names_are_known_in_other_cases() {
    assert_eq!(text("Nbsp;"), some("\u{a0}", 5));
    assert_eq!(text("NBSP;"), some("\u{a0}", 5));
    assert_eq!(text("EACUTE;"), some("É", 7));
    assert_eq!(text("eACUTE;"), some("é", 7));
    assert_eq!(text("Aelig;"), some("Æ", 6));
    assert_eq!(text("Eth;"), some("Ð", 4));
    assert_eq!(text("Quot;"), some("\"", 5));
    assert_eq!(text("APOS;"), some("'", 5));
    assert_eq!(text("Amp;"), some("&", 4));
    assert_eq!(text("ALPHA;"), None);
}
