//! JSON Feeds as they are written.

use super::read;
use crate::parse::{
    ParseError,
    draft::{Draft, Fields},
    repairs::Repairs,
};

fn draft(document: &str) -> (Draft<'static>, Vec<String>) {
    let mut repairs = Repairs::default();
    let draft = read(document, 100, &mut repairs).unwrap();
    let told = repairs.finish(document);
    (draft, told.iter().map(ToString::to_string).collect())
}

/// The feed with these items.
fn feed(items: &str) -> String {
    format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"F\",\"items\":[{items}]}}"
    )
}

fn titles(document: &str) -> Vec<String> {
    let title = |entry: &Fields<'_>| {
        let title = entry.title.value();
        title.map_or(String::new(), |title| title.text.to_string())
    };
    draft(document).0.entries.iter().map(title).collect()
}

#[test]
fn what_is_nearly_json_is_mended_and_told() {
    for (items, told) in [
        ("{\"title\":\"A\",},", "a comma too many"),
        ("{\"title\":\"A\"} // one", "a comment"),
        ("/* one */ {\"title\":\"A\"}", "a comment"),
        (
            "{\"title\":\"A\",\"summary\":\"x\ny\"}",
            "a control character",
        ),
        ("{\"title\":\"A\",\"summary\":\"c:\\dir\"}", "a backslash"),
        ("{'title':'A'}", "single quotes"),
        ("{\"id\":\"1\" \"title\":\"A\"}", "a comma too few"),
        ("{title:\"A\",date:undefined}", "a key without quotes"),
        ("{\"title\":\"A\",\"n\":NaN}", "a value that JSON"),
        (
            "{\"title\":\"A\",\"summary\":\"\\ud83d\"}",
            "half a character",
        ),
    ] {
        // A comment to the end of the line needs one.
        let document = feed(&format!("{items}\n"));
        assert_eq!(titles(&document), ["A"], "{items}");
        let (_, repairs) = draft(&document);
        assert!(
            repairs.iter().any(|repair| repair.contains(told)),
            "{repairs:?}"
        );
        assert!(repairs[0].starts_with("line 1, column "), "{repairs:?}");
    }
}

#[test]
fn a_document_that_breaks_off_keeps_its_whole_items() {
    let whole = feed("{\"title\":\"A\",\"authors\":[{\"name\":\"x\"}]},{\"title\":\"B\"}");
    let first = whole.find("}]},").unwrap() + 3;
    for end in first..whole.len() {
        let found = titles(&whole[..end]);
        assert_eq!(found[0], "A", "{}", &whole[..end]);
    }
    assert_eq!(titles(&whole[..whole.len() - 1]), ["A", "B"]);
}

#[test]
fn what_is_put_around_the_object_is_left_out() {
    for document in [
        format!("callback({});", feed("{\"title\":\"A\"}")),
        format!(")]}}',\n{}", feed("{\"title\":\"A\"}")),
    ] {
        assert_eq!(titles(&document), ["A"], "{document}");
    }
}

#[test]
fn values_of_the_wrong_kind_are_read_as_meant() {
    let document = r#"{"version":"http://jsonfeed.org/version/1","author":"Ann","items":[
        {"id":7,"title":3,"author":{"name":"Bo"},"tags":"a, b","date_published":1577836800,
         "attachments":{"url":"u","size_in_bytes":"12","duration_in_seconds":61.5}},
        "no item", {"id":null,"authors":[{"name":"Cy","url":"c"},{"name":""}],"external_url":"e"}]}"#;
    let (draft, told) = draft(document);
    assert_eq!(draft.head.people[0].name, "Ann");
    let [first, second] = draft.entries.as_slice() else {
        panic!("{} entries", draft.entries.len());
    };
    assert_eq!(first.id.value().unwrap(), "7");
    assert_eq!(first.published.value().unwrap().timestamp(), 1_577_836_800);
    assert_eq!(first.people[0].name, "Bo");
    assert_eq!(first.categories.len(), 2);
    assert_eq!(
        (first.files[0].length, first.files[0].seconds),
        (Some(12), Some(61))
    );
    assert_eq!(second.people.len(), 1);
    assert_eq!(second.link.value().unwrap(), "e");
    assert_eq!(told.len(), 3, "{told:?}");
}

#[test]
fn json_that_is_no_feed_says_so() {
    let error = |document| read(document, 100, &mut Repairs::default()).err().unwrap();
    assert!(matches!(error("{\"a\":1}"), ParseError::NotAFeed(_)));
    assert!(matches!(error("{\"items\":{}}"), ParseError::NotAFeed(_)));
    assert!(error("{\"items\" [1 2").to_string().contains("broken JSON"));
    let many = feed(&vec!["{}"; 101].join(","));
    assert_eq!(error(&many), ParseError::TooManyEntries(100));
}
