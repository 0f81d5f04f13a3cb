//! What somebody types for an article.

use super::*;

fn ids(text: &str) -> (String, String) {
    match ArticleName::parse(text) {
        Some(ArticleName::Id(from, to)) => (from.to_string(), to.to_string()),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_beginning_of_an_id_is_the_range_of_all_that_begin_so() {
    let (from, to) = ids("0aF3c");
    assert_eq!(from, format!("0af3c{}", "0".repeat(27)));
    assert_eq!(to, format!("0af3c{}", "f".repeat(27)));
}

#[test]
fn a_whole_id_is_itself() {
    let id = "00112233445566778899aabbccddeeff";
    assert_eq!(ids(id), (id.to_owned(), id.to_owned()));
}

#[test]
fn what_is_neither_an_id_nor_a_url_names_nothing() {
    for text in [
        "",
        "abc",
        "abcg",
        "äää",
        "00112233445566778899aabbccddeeff0",
        "ftp://a/b",
    ] {
        assert_eq!(ArticleName::parse(text), None, "{text}");
    }
}

#[test]
fn a_url_is_taken_as_it_stands() {
    let url = "https://example.org/a?utm_source=x";
    assert_eq!(
        ArticleName::parse(url),
        Some(ArticleName::Url(url.to_owned()))
    );
}
