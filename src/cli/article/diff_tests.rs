//! What a comparison shows, and that nothing that changed is left out of it.

use proptest::prelude::*;

use super::*;

/// `[-gone-]`, `{+new+}`, `=3` for three paragraphs that stayed.
fn told(old: &str, new: &str) -> Vec<String> {
    let piece = |piece: &Piece| match piece {
        Piece::Same(text) => text.clone(),
        Piece::Gone(text) => format!("[-{text}-]"),
        Piece::New(text) => format!("{{+{text}+}}"),
    };
    let line = |line: &Line| match line {
        Line::Same(count) => format!("={count}"),
        Line::Changed(pieces) => pieces.iter().map(piece).collect(),
    };
    diff(old, new).iter().map(line).collect()
}

#[test]
fn equal_texts_show_nothing() {
    assert!(told("one\ntwo", "one\ntwo").is_empty());
    assert!(told("", "").is_empty());
}

#[test]
fn a_changed_word_is_marked_between_paragraphs_that_stayed() {
    assert_eq!(
        told(
            "first\nThe old price is 5.\nlast",
            "first\nThe new price is 5.\nlast"
        ),
        ["=1", "The [-old-]{+new+} price is 5.", "=1"]
    );
}

#[test]
fn paragraphs_that_came_or_went_are_marked_whole() {
    assert_eq!(told("a\nb\nc", "a\nc"), ["=1", "[-b-]", "=1"]);
    assert_eq!(told("a\nc", "a\nb\nc"), ["=1", "{+b+}", "=1"]);
    assert_eq!(told("", "a"), ["{+a+}"]);
}

#[test]
fn paragraphs_with_little_in_common_stand_one_after_the_other() {
    assert_eq!(
        told("The cat sat on a mat", "Prices rise again in winter"),
        ["[-The cat sat on a mat-]{+Prices rise again in winter+}"]
    );
}

#[test]
fn far_from_a_change_a_paragraph_is_left_out() {
    let words: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    let old = words.join(" ");
    let new = old.replace("w20", "changed");
    assert_eq!(
        told(&old, &new),
        ["… w12 w13 w14 w15 w16 w17 w18 w19 [-w20-]{+changed+} w21 w22 w23 w24 w25 w26 w27 w28 …"]
    );
}

#[test]
fn scripts_without_spaces_are_compared_by_their_characters() {
    let told = told("今日は天気がいいです", "今日は天気が悪いです");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("今日は天気が"), "{told:?}");
}

#[test]
fn long_paragraphs_are_not_compared_word_by_word() {
    let long = "word ".repeat(MOST_BYTES / 5);
    let lines = diff(&long, &format!("{long} more"));
    assert!(matches!(&lines[..], [Line::Changed(pieces)] if pieces.len() == 2));
}

proptest! {
    #[test]
    fn what_is_shown_as_gone_was_there_and_what_is_new_is(
        old in "[ab \n]{0,30}", new in "[ab \n]{0,30}"
    ) {
        let shown = diff(&old, &new);
        prop_assert_eq!(shown.is_empty(), old == new || old.lines().eq(new.lines()));
        for line in shown {
            let Line::Changed(pieces) = line else { continue };
            for piece in pieces {
                match piece {
                    Piece::Gone(text) => prop_assert!(old.contains(&text)),
                    Piece::New(text) => prop_assert!(new.contains(&text)),
                    Piece::Same(_) => {}
                }
            }
        }
    }
}
