//! Likeness, and that sketches agree where texts do.

use super::*;

fn alike(a: &str, b: &str) -> f64 {
    Shingles::of(a).alike(&Shingles::of(b))
}

#[test]
fn what_is_alike_is_the_share_of_common_shingles() {
    for (a, b, expected) in [
        ("one two three four", "One, two: THREE four!", 1.0),
        ("one two three four", "one two three five", 1.0 / 3.0),
        ("one two three", "four five six", 0.0),
        ("naïve cafe\u{301} ÉTÉ", "Naïve cafe été", 1.0),
        ("one", "one", 1.0),
        ("one", "", 0.0),
        ("", "", 0.0),
        ("新東京市議会", "新東京市議会。", 1.0),
        ("新東京市議会", "会議市京東新", 0.0),
    ] {
        let (there, back) = (alike(a, b), alike(b, a));
        assert!((there - expected).abs() < 1e-9, "{a:?} and {b:?}: {there}");
        assert!((there - back).abs() < 1e-9, "{a:?} and {b:?}");
    }
}

#[test]
fn equal_texts_have_equal_sketches_and_others_share_no_band() {
    let text = |from: usize| {
        (from..from + 60)
            .map(|n| format!("w{n} "))
            .collect::<String>()
    };
    let sketch = |text: &str| Sketch::of(text).unwrap();
    assert_eq!(sketch(&text(0)), sketch(&text(0).to_uppercase()));
    let (a, b) = (sketch(&text(0)), sketch(&text(1000)));
    assert!(a.0.iter().zip(&b.0).all(|(a, b)| a != b));
    assert!(a.0.iter().all(|band| *band < 1 << BAND_BITS));
    let near = sketch(&text(3));
    assert!(a.0.iter().zip(&near.0).filter(|(a, b)| a == b).count() * 2 > BANDS);
    assert!(
        Sketch::of("one word").is_some(),
        "bins that nothing fell into are filled"
    );
    for nothing in ["", "—!", " \n "] {
        assert_eq!(Sketch::of(nothing), None);
    }
}
