//! Queries in the language of FTS5.

use super::*;

fn in_fts5(typed: &str) -> String {
    expression(&typed.parse().unwrap())
}

#[test]
fn a_query_is_quoted_strings_and_brackets() {
    for (typed, fts5) in [
        ("rust", r#""rust""#),
        ("wi-fi news*", r#"(("wi-fi" AND "news" *))"#),
        ("a -b -c", r#"(("a") NOT ("b" OR "c"))"#),
        ("a OR title:b", r#"("a" OR title : "b")"#),
        ("x:y^2 NEAR{", r#"(("x:y^2" AND "NEAR{"))"#),
        ("東京", r#""東  京""#),
    ] {
        assert_eq!(in_fts5(typed), fts5, "{typed}");
    }
}

#[test]
fn quotes_of_other_kinds_and_nuls_cannot_end_a_string() {
    assert_eq!(in_fts5("a\0b'c"), r#""a b'c""#);
}
