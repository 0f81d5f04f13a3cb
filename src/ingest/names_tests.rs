//! When names are doubted, and that stable ones never are.

use proptest::prelude::*;

use super::*;

fn now() -> Time {
    Time::UNIX_EPOCH
}

fn mark(text: usize, guid: &str, link: &str) -> String {
    format!("t{text} {guid} {link}")
}

/// Reads documents one after the other; gives what is known after each.
fn after(documents: &[Vec<String>]) -> Vec<Names> {
    let mut names = Names::default();
    let each = documents.iter().map(|marks| {
        names = weigh(&names, marks, now());
        names.clone()
    });
    each.collect()
}

fn document(round: usize, guids: bool, links: bool) -> Vec<String> {
    let name = |kind: &str, moves: bool, text: usize| match moves {
        true => format!("{kind}{text}-{round}"),
        false => format!("{kind}{text}"),
    };
    let entry = |text| mark(text, &name("g", guids, text), &name("l", links, text));
    (0..5).map(entry).collect()
}

#[test]
fn names_that_change_in_two_documents_in_a_row_count_no_longer() {
    for (guids, links) in [(true, false), (false, true), (true, true)] {
        let documents: Vec<_> = (0..3).map(|round| document(round, guids, links)).collect();
        let known = after(&documents);
        assert_eq!(known[1].trust(), Default::default());
        assert_eq!(known[2].trust().guids, !guids);
        assert_eq!(known[2].trust().links, !links);
    }
}

#[test]
fn one_change_of_all_names_is_forgiven() {
    let documents = [0, 0, 1, 1, 1, 2, 2].map(|round| document(round, true, true));
    let last = after(&documents).pop().unwrap();
    assert_eq!((last.trust(), last.guid_strikes), (Default::default(), 0));
}

#[test]
fn texts_that_repeat_say_nothing_about_names() {
    let same = |round: usize| {
        (0..5)
            .map(|n| mark(0, &format!("g{round}-{n}"), "l"))
            .collect()
    };
    let documents: Vec<Vec<String>> = (0..5).map(same).collect();
    assert_eq!(after(&documents).pop().unwrap().trust(), Default::default());
}

#[test]
fn documents_share_an_entry_by_any_of_its_names() {
    let old = [mark(1, "g1", "l1")];
    for (mark, shares) in [
        (mark(1, "g2", "l2"), true),
        (mark(2, "g1", "l2"), true),
        (mark(2, "g2", "l1"), true),
        (mark(2, "g2", "l2"), false),
        (mark(2, "", ""), false),
    ] {
        assert_eq!(overlap(&old, &[mark]), shares);
    }
    assert!(!overlap(&[mark(1, "", "")], &[mark(2, "", "")]));
}

proptest! {
    /// Entries come and go, are edited, stand in any order; each keeps its names.
    #[test]
    fn a_feed_whose_entries_keep_their_names_is_never_doubted(
        documents in proptest::collection::vec(
            proptest::collection::vec((0_usize..12, 0_usize..3), 0..8),
            1..20,
        )
    ) {
        let documents: Vec<Vec<String>> = documents
            .into_iter()
            .map(|entries| {
                let mut seen = std::collections::HashSet::new();
                let first = entries.into_iter().filter(|(name, _)| seen.insert(*name));
                first
                    .map(|(name, edit)| {
                        mark(name * 10 + edit, &format!("g{name}"), &format!("l{name}"))
                    })
                    .collect()
            })
            .collect();
        for names in after(&documents) {
            prop_assert_eq!(names.trust(), Default::default());
        }
    }
}
