//! An article's language: as declared if that can be, else as detected, else none.
//!
//! A declared tag is believed unless the text is in a script that the language is not written in.
//! Between languages of one script the publisher knows better than statistics over a few lines, but
//! for English: publishing software declares it by default, so it must have one of the words that no
//! English paragraph is without, or the detector must not be certain of another language.

use std::borrow::Cow;

use whatlang::{Detector, Lang, Script};

use super::log::Log;

/// Characters of title and body that are looked at.
const SAMPLE: usize = 600;
/// Letters that are needed to tell a language, or to contradict a publisher.
const LETTERS: usize = 40;
/// Below this a detected language is none. Real feeds (tests/language.rs): from 80 % on 3 in 1,000
/// are wrong, between 50 and 80 % one in eight.
const SURE: f64 = 0.8;

/// From this on the detector may contradict a declared "en".
const CERTAIN: f64 = 0.99;
/// Bytes in which an English text has one of [`ENGLISH`].
const PARAGRAPH: usize = 100;
/// The words. None is a word of another language that is common in news ("in", "a", "is" are, and so
/// are "for", "have", "been", "new").
const ENGLISH: &[&str] = &[
    "the", "of", "and", "to", "that", "with", "this", "from", "are", "you", "its", "their",
    "which", "were", "about", "would", "could", "between", "after", "they", "these", "when",
    "because",
];

/// A language, and how sure it is in percent if it was detected.
pub(super) struct Language {
    pub(super) tag: Option<String>,
    pub(super) confidence: Option<u8>,
}

/// The language of a text, given what its entry or feed declares.
pub(super) fn language(
    declared: Option<&str>,
    title: &str,
    body: &str,
    log: &mut Log<'_>,
) -> Language {
    let sample = sample(title, body);
    if let Some(declared) = declared {
        match tag(declared) {
            None => log.step("language", || format!("\"{declared}\" is no language tag")),
            Some(tag) if !is_possible(&tag, &sample) => log.step("language", || {
                format!("declared {tag}, but the text is in another script")
            }),
            Some(tag) if (tag == "en" || tag.starts_with("en-")) && !is_english(&sample) => {
                log.step("language", || {
                    format!("declared {tag}, but the text is in another language")
                });
            }
            Some(tag) => {
                return Language {
                    tag: Some(tag),
                    confidence: None,
                };
            }
        }
    }
    let Some((code, confidence)) = detect(&sample) else {
        return Language {
            tag: None,
            confidence: None,
        };
    };
    let percent = percent(confidence);
    let sure = confidence >= SURE;
    log.step("language", || {
        let end = if sure { "" } else { ": too little to tell" };
        format!("detected as {code} with {percent} %{end}")
    });
    Language {
        tag: sure.then(|| code.to_owned()),
        confidence: sure.then_some(percent),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of one, in percent"
)]
fn percent(confidence: f64) -> u8 {
    (confidence * 100.0).clamp(0.0, 100.0) as u8
}

/// The beginnings of title and body.
fn sample<'a>(title: &str, body: &'a str) -> Cow<'a, str> {
    let end = |text: &str| {
        let end = text.char_indices().nth(SAMPLE);
        end.map_or(text.len(), |(at, _)| at)
    };
    // ASCII needs no counting.
    let body = match body.get(..SAMPLE) {
        Some(start) if start.is_ascii() => start,
        _ => &body[..end(body)],
    };
    if title.is_empty() {
        Cow::Borrowed(body)
    } else {
        Cow::Owned(format!("{}\n{body}", &title[..end(title)]))
    }
}

/// True unless the sample is long enough to be sure that it is in another script.
fn is_possible(tag: &str, sample: &str) -> bool {
    let scripts = scripts(tag);
    if scripts.is_empty() || (sample.is_ascii() && scripts.contains(&Script::Latin)) {
        return true;
    }
    let Some(found) = script(sample) else {
        return true;
    };
    if scripts.contains(&found) {
        return true;
    }
    // Names and terms in Latin letters are in every language's text: a Russian headline over
    // three lines of English product names is Russian. No other script is lent like that.
    let letters = sample.chars().filter(|c| c.is_alphabetic());
    let (foreign, all) = letters.fold((0, 0), |(foreign, all), c| {
        let is_foreign = (found == Script::Latin) == c.is_ascii_alphabetic();
        (foreign + usize::from(is_foreign), all + 1)
    });
    let share = if found == Script::Latin { 100 } else { 60 };
    // A line of Chinese says what ten lines of English do.
    let needed = if found == Script::Mandarin {
        LETTERS / 4
    } else {
        LETTERS
    };
    all < needed || foreign * 100 < all * share
}

/// False if a sample is long enough to have an English word, has none, and the detector is certain
/// of another language.
fn is_english(sample: &str) -> bool {
    sample.len() < PARAGRAPH
        || words(sample).any(|word| english(word).is_some())
        || detect(sample).is_none_or(|(code, sure)| code == "en" || sure < CERTAIN)
}

/// How many of [`ENGLISH`] a sample has, and how many of its words they are, in percent.
fn english_words(sample: &str) -> (u32, usize) {
    let (mut seen, mut share, mut all) = (0_u32, 0, 0);
    for word in words(sample) {
        all += 1;
        if let Some(at) = english(word) {
            seen |= 1 << at;
            share += 100;
        }
    }
    (seen.count_ones(), share / all.max(1))
}

/// Which of [`ENGLISH`] a word is, whatever its case.
fn english(word: &str) -> Option<usize> {
    let mut lower = [0; 7];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    ENGLISH.iter().position(|known| known.as_bytes() == lower)
}

/// The runs of letters in a sample.
fn words(sample: &str) -> impl Iterator<Item = &str> {
    sample
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
}

/// The script that most letters of a sample are in.
fn script(sample: &str) -> Option<Script> {
    // The detector tries one script after the other for each character, and each character beyond
    // ASCII is of one of them: where they are fewer than the ASCII letters, it says Latin.
    // In pieces that a byte can count, of which the compiler compares many bytes at once.
    let (mut ascii, mut beyond) = (0, 0);
    for piece in sample.as_bytes().chunks(255) {
        let letters = piece
            .iter()
            .map(|byte| u8::from((byte | 0x20).wrapping_sub(b'a') < 26));
        ascii += usize::from(letters.sum::<u8>());
        let leads = piece.iter().map(|byte| u8::from(*byte >= 0xc0));
        beyond += usize::from(leads.sum::<u8>());
    }
    if ascii > beyond {
        return Some(Script::Latin);
    }
    whatlang::detect_script(sample)
}

/// True for so many letters or more.
fn has_letters(sample: &str, needed: usize) -> bool {
    let letters = sample.chars().filter(|c| c.is_alphabetic());
    letters.take(needed).count() == needed
}

/// The scripts a language is written in; none where every one may be.
fn scripts(tag: &str) -> &'static [Script] {
    use Script::*;
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    if parts.any(|part| part.len() == 4) {
        return &[]; // the tag names a script, which is a considered choice
    }
    match primary {
        "ja" => &[Hiragana, Katakana, Mandarin],
        "zh" => &[Mandarin],
        "ko" => &[Hangul, Mandarin],
        "ru" | "uk" | "be" | "bg" | "mk" => &[Cyrillic],
        "ar" | "fa" | "ur" => &[Arabic],
        "he" | "yi" => &[Hebrew],
        "el" => &[Greek],
        "hi" | "mr" | "ne" => &[Devanagari],
        "th" => &[Thai],
        "en" | "de" | "fr" | "es" | "it" | "pt" | "nl" | "sv" | "da" | "nb" | "nn" | "no"
        | "fi" | "is" | "pl" | "cs" | "sk" | "sl" | "hr" | "hu" | "ro" | "tr" | "ca" | "eu"
        | "gl" | "et" | "lv" | "lt" | "id" | "ms" | "vi" | "tl" | "af" | "sq" | "ga" | "cy" => {
            &[Latin]
        }
        _ => &[],
    }
}

/// The language of a sample with the detector's confidence.
fn detect(sample: &str) -> Option<(&'static str, f64)> {
    let script = script(sample)?;
    let needed = match script {
        Script::Mandarin | Script::Hiragana | Script::Katakana => LETTERS / 4,
        _ => LETTERS,
    };
    if !has_letters(sample, needed) {
        return None;
    }
    // Most texts are English, and statistics take fifty times as long to say so.
    if script == Script::Latin && matches!(english_words(sample), (4.., 10..)) {
        return Some(("en", 1.0));
    }
    let found = Detector::new().detect(sample)?;
    Some((code(found.lang())?, found.confidence()))
}

/// The shortest BCP 47 code.
fn code(language: Lang) -> Option<&'static str> {
    const CODES: &[(&str, &str)] = &[
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("cym", "cy"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "nb"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    let long = language.code();
    let at = CODES.binary_search_by(|(code, _)| code.cmp(&long)).ok()?;
    Some(CODES[at].1)
}

/// A BCP 47 tag in its conventional case (RFC 5646 section 2.1.1), or nothing.
fn tag(declared: &str) -> Option<String> {
    let tag = declared.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next()?;
    let is_tag = (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.clone().all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
        && tag.len() <= 35;
    if !is_tag {
        return None;
    }
    let mut language = primary.to_ascii_lowercase();
    for part in parts {
        language.push('-');
        match part.len() {
            2 => language.push_str(&part.to_ascii_uppercase()),
            4 => {
                language.push_str(&part[..1].to_ascii_uppercase());
                language.push_str(&part[1..].to_ascii_lowercase());
            }
            _ => language.push_str(&part.to_ascii_lowercase()),
        }
    }
    Some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The council met on Tuesday evening and decided that the old bridge over \
                           the river would be closed for repairs until the end of the summer.";
    const GERMAN: &str = "Der Rat hat am Dienstagabend beschlossen, dass die alte Brücke über den \
                          Fluss bis zum Ende des Sommers für Reparaturen geschlossen wird.";
    const JAPANESE: &str = "市議会は火曜日の夜に会合を開き、川に架かる古い橋を夏の終わりまで修理のために閉鎖することを決めました。";
    const RUSSIAN: &str = "Городской совет во вторник вечером решил закрыть старый мост через реку на \
                           ремонт до конца лета.";

    fn found(declared: Option<&str>, body: &str) -> (Option<String>, bool) {
        let language = language(declared, "", body, &mut Log::new(&mut |_| {}));
        (language.tag, language.confidence.is_some())
    }

    fn some(tag: &str) -> Option<String> {
        Some(tag.to_owned())
    }

    #[test]
    fn a_tag_is_declared_in_its_usual_case_or_not_at_all() {
        let declared = |text| found(Some(text), "").0;
        assert_eq!(declared(" en_us "), some("en-US"));
        assert_eq!(declared("zh-hant-tw"), some("zh-Hant-TW"));
        for wrong in ["", "English", "en US", "x", "en-"] {
            assert_eq!(declared(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_declared_is_detected_if_there_is_enough_to_tell() {
        for (text, tag) in [
            (TEXT, "en"),
            (GERMAN, "de"),
            (JAPANESE, "ja"),
            (RUSSIAN, "ru"),
        ] {
            assert_eq!(found(None, text), (some(tag), true));
        }
        assert_eq!(found(Some("English"), GERMAN), (some("de"), true));
        for little in ["", "Hello", "v1.2.3", "https://example.org/a/b/c", "🎉🎉🎉"] {
            assert_eq!(found(None, little), (None, false), "{little}");
        }
    }

    #[test]
    fn the_short_ways_say_what_the_long_ones_do() {
        let mixed = format!("{GERMAN} {RUSSIAN}");
        let few = "Ж — Жa — 5";
        for text in [
            TEXT,
            GERMAN,
            JAPANESE,
            RUSSIAN,
            &mixed,
            few,
            "",
            "é é é a",
            "12 — 34",
        ] {
            assert_eq!(script(text), whatlang::detect_script(text), "{text}");
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            assert!(has_letters(text, letters));
            assert!(!has_letters(text, letters + 1));
        }
        assert!(ENGLISH.iter().all(|word| english(word).is_some()));
        assert_eq!(english_words("The cat, the dog; AND you"), (3, 66));
    }

    #[test]
    fn a_declared_language_falls_only_to_another_script_or_if_it_is_the_default() {
        assert_eq!(found(Some("en-US"), JAPANESE), (some("ja"), true));
        assert_eq!(found(Some("en"), RUSSIAN), (some("ru"), true));
        // The publisher knows better than statistics, but for the default of its software.
        assert_eq!(found(Some("fr"), GERMAN), (some("fr"), false));
        assert_eq!(found(Some("en-US"), GERMAN), (some("de"), true));
        assert_eq!(found(Some("en-US"), &GERMAN[..70]), (some("en-US"), false));
        let mixed = format!("{GERMAN} And this is the rest.");
        assert_eq!(found(Some("en"), &mixed), (some("en"), false));
        assert_eq!(
            found(Some("ru"), "Tidings 1.2 выпущен"),
            (some("ru"), false)
        );
        assert_eq!(found(Some("sr-Latn"), RUSSIAN), (some("sr-Latn"), false));
        assert_eq!(found(Some("tlh"), TEXT), (some("tlh"), false));
    }

    /// Run with `cargo test --release -- --ignored --nocapture detection_speed`.
    #[test]
    #[ignore = "a measurement"]
    fn detection_speed() {
        for (what, text) in [
            ("English", TEXT),
            ("German", GERMAN),
            ("Japanese", JAPANESE),
        ] {
            let long = text.repeat(5);
            for characters in [100, 200, 300, 600] {
                let sample: String = long.chars().take(characters).collect();
                let begun = std::time::Instant::now();
                for _ in 0..1_000 {
                    std::hint::black_box(detect(std::hint::black_box(&sample)));
                }
                let micros = begun.elapsed().as_secs_f64() * 1e3;
                println!("{what}, {characters} characters: {micros:.0} µs");
            }
        }
    }
}
