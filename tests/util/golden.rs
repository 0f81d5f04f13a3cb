//! Expected output kept in files, and the way to the corpus of real feeds.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Once,
};

/// Compares with `tests/golden/<name>`; `BLESS=1 cargo test` rewrites the file instead, and the
/// diff is then read before it is committed.
#[track_caller]
pub(crate) fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("inside tests/golden")).expect("a writable tree");
        fs::write(&path, actual).expect("a writable tree");
        return;
    }
    let expected = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error} (BLESS=1 writes it)", path.display()));
    if let Some(difference) = first_difference(&expected, actual) {
        panic!("{name}: {difference}\nBLESS=1 accepts what came\n--- what came\n{actual}");
    }
}

/// The first line in which two texts differ, in words.
fn first_difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let lines = expected.split('\n').zip(actual.split('\n'));
    let at = lines
        .take_while(|(expected, actual)| expected == actual)
        .count();
    let line = |text: &str| match text.split('\n').nth(at) {
        Some(line) => format!("{line:?}"),
        None => "the end".to_owned(),
    };
    Some(format!(
        "line {}: expected {}, got {}",
        at + 1,
        line(expected),
        line(actual)
    ))
}

/// The folder of real feeds in `TIDINGS_CORPUS`. It is not part of the project (the texts belong
/// to their publishers), so tests that want it are left out, and say so once, when it is unset.
pub(crate) fn corpus() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let path = env::var_os("TIDINGS_CORPUS").map(PathBuf::from);
    if path.is_none() {
        SAID.call_once(|| eprintln!("left out: corpus tests (set TIDINGS_CORPUS)"));
    }
    path
}

#[test]
fn a_golden_difference_names_the_first_differing_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    let difference = first_difference("a\nb\n", "a\nc\n");
    assert_eq!(
        difference.as_deref(),
        Some("line 2: expected \"b\", got \"c\"")
    );
    let difference = first_difference("a", "a\n");
    assert_eq!(
        difference.as_deref(),
        Some("line 2: expected the end, got \"\"")
    );
}
