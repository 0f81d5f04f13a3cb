//! Author names out of what feeds put into author fields.
//!
//! RSS 2.0 asks for `mail@host (Name)`, people write `Name <mail@host>`, "By Ann and Bo" or three
//! names with commas. Names are kept, addresses are not: an archive should not be a list of mail
//! addresses.
//!
//! What one field lists is parted only where it cannot be one name: at semicolons always; at
//! conjunctions where every part has two words (so "Marks and Spencer" and "Ortega y
//! Gasset" stay whole, and "Bill and Melinda Gates" does too); at commas where there are three
//! parts, or two of two words each ("Lee, Ann" is one person, and "Lee, A., Park, B." are two). A
//! word that only firms have keeps the whole field together. Never at slashes and bars: newsrooms
//! put places and mastheads behind them.

use std::collections::HashSet;

use super::{
    article::{MAX_LIST, cap},
    log::Log,
    person::{has_address, person, without_lead, words},
    text,
};
use crate::model::{Markup, MarkupKind, RawPerson};

/// Between two names, and whether it joins the halves of surnames too ("Costa e Silva").
const CONJUNCTIONS: &[(&str, bool)] = &[
    ("and", false),
    ("&", false),
    ("und", false),
    ("et", false),
    ("og", false),
    ("och", false),
    ("with", false),
    ("y", true),
    ("e", true),
    ("en", true),
];

/// Last words of firms, in lower case and without full stops: what they name is never parted.
const FIRMS: &[&str] = &[
    "llp",
    "llc",
    "inc",
    "ltd",
    "limited",
    "gmbh",
    "ag",
    "sa",
    "plc",
    "corp",
    "corporation",
    "co",
    "company",
    "group",
    "partners",
    "associates",
    "sons",
    "team",
];

/// What follows a name after a comma and belongs to it, in lower case and without full stops.
const SUFFIXES: &[&str] = &[
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "dds", "esq", "mba", "msc", "rn", "cpa", "inc",
    "llc", "ltd", "co",
];

/// Words of a part that is an office and not a person, in lower case.
const OFFICES: &[&str] = &[
    "writer",
    "editor",
    "reporter",
    "correspondent",
    "contributor",
    "columnist",
    "journalist",
];

/// Longest field that is looked at, in bytes.
const MAX_FIELD: usize = 16 << 10;

/// The names in `raw`, in order, without repeats.
pub(super) fn names(people: &[RawPerson], log: &mut Log<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for person in people {
        let Some(raw) = person.name.as_deref().or(person.email.as_deref()) else {
            continue;
        };
        for name in split(raw, log) {
            // One more than an article holds, so that the cut is told.
            if names.len() > MAX_LIST {
                return names;
            }
            if known.insert(name.to_lowercase()) {
                names.push(name);
            }
        }
    }
    names
}

/// The names of one field.
fn split(raw: &str, log: &mut Log<'_>) -> Vec<String> {
    let mut line = text::line(&Markup {
        text: raw.to_owned(),
        kind: MarkupKind::Html,
    });
    cap(&mut line, MAX_FIELD);
    let bare = without_lead(&line);
    if bare.len() < line.len() {
        log.step("authors", || {
            format!("\"{}\" dropped", line[..line.len() - bare.len()].trim_end())
        });
    }
    let parts = parts(bare);
    if parts.len() > 1 {
        log.step("authors", || format!("split into {} names", parts.len()));
    }
    let mut names = Vec::with_capacity(parts.len());
    for part in parts {
        let name = person(&part);
        if name.len() < part.trim().len() && part.contains('@') {
            log.step("authors", || "mail address dropped".to_owned());
        }
        if !name.is_empty() {
            names.push(name.into_owned());
        }
    }
    names
}

/// A field's parts, each a name with what may stand beside it.
fn parts(line: &str) -> Vec<String> {
    let by_semicolon = split_outside(line, &[';', '；', '、']);
    if by_semicolon.len() > 1 {
        return by_semicolon.iter().flat_map(|part| parts(part)).collect();
    }
    let whole = vec![line.trim().to_owned()];
    if has_firm(line) {
        return whole;
    }
    let mut people: Vec<String> = Vec::new();
    for part in split_outside(line, &[',', '，']) {
        match people.last_mut() {
            Some(last) if is_suffix(&part) => {
                last.push_str(", ");
                last.push_str(&part);
            }
            _ => people.push(part),
        }
    }
    let commas = people.len();
    if let Some(inverted) = inverted(&people) {
        return inverted;
    }
    // "A, B and C": the last comma may stand before the conjunction.
    let last = commas.saturating_sub(1);
    let people: Vec<String> = people
        .iter()
        .enumerate()
        .flat_map(|(at, part)| conjoined(part, commas > 1 && at == last))
        .collect();
    let offices = people.iter().filter(|part| is_office(part)).count();
    let people: Vec<String> = people.into_iter().filter(|part| !is_office(part)).collect();
    let are_names = people.iter().all(|part| is_full(part) || has_address(part));
    match people.len() {
        0 => whole,
        1 if offices > 0 || commas == 1 => people,
        1 => whole,
        2 if are_names => people,
        2 => whole,
        // Lists of "Last, First" come in pairs of single words.
        count
            if count % 2 == 0 && people.iter().all(|part| words(part) == 1) && commas == count =>
        {
            whole
        }
        _ => people,
    }
}

/// The people of a list of "Last, First, Last, First": every second part is initials, or all of
/// them are one word while a part before them is not.
fn inverted(parts: &[String]) -> Option<Vec<String>> {
    let is_initials = |part: &str| {
        part.contains('.')
            && part
                .split([' ', '-', '.'])
                .all(|letter| letter.chars().count() <= 1)
    };
    let pairs = parts.chunks_exact(2);
    let is_whole = parts.len() >= 2 && pairs.remainder().is_empty();
    let initials = pairs.clone().all(|pair| is_initials(&pair[1]));
    let single = parts.len() > 2
        && pairs.clone().all(|pair| words(&pair[1]) == 1)
        && pairs.clone().any(|pair| words(&pair[0]) > 1);
    (is_whole && (initials || single)).then(|| pairs.map(|pair| pair.join(", ")).collect())
}

/// The parts between conjunctions, if each can be a name; at the end of a list one word is a name
/// too.
fn conjoined(part: &str, ends_list: bool) -> Vec<String> {
    let mut found = vec![Vec::new()];
    let mut one_word = ends_list;
    let mut depth = 0_usize;
    for word in part.split(' ') {
        let is_inside = depth > 0;
        depth += word.matches(['(', '[']).count();
        depth = depth.saturating_sub(word.matches([')', ']']).count());
        let is_it = |(known, _): &&(&str, bool)| known.eq_ignore_ascii_case(word);
        let found_one = CONJUNCTIONS.iter().find(is_it).filter(|_| !is_inside);
        if let Some((_, in_surnames)) = found_one {
            one_word &= !in_surnames;
            found.push(Vec::new());
        } else if let Some(last) = found.last_mut() {
            last.push(word);
        }
    }
    let found: Vec<String> = found
        .iter()
        .map(|words| words.join(" "))
        .filter(|part| !part.is_empty())
        .collect();
    let is_name = |part: &String| is_full(part) || has_address(part) || one_word;
    if found.iter().all(is_name) && !found.is_empty() {
        found
    } else {
        vec![part.to_owned()]
    }
}

/// Parts between `separators` that stand in no brackets, trimmed, none empty.
fn split_outside(text: &str, separators: &[char]) -> Vec<String> {
    let mut depth = 0_usize;
    let parts = text.split(|c: char| {
        match c {
            '(' | '<' | '[' | '（' | '«' => depth += 1,
            ')' | '>' | ']' | '）' | '»' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && separators.contains(&c)
    });
    let parts = parts.map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Two to five words, as a person's full name has.
fn is_full(part: &str) -> bool {
    (2..=5).contains(&words(part))
}

fn plain(word: &str) -> String {
    word.replace('.', "").to_lowercase()
}

fn has_firm(line: &str) -> bool {
    line.split([' ', ','])
        .any(|word| FIRMS.contains(&plain(word).as_str()))
}

fn is_suffix(part: &str) -> bool {
    SUFFIXES.contains(&plain(part).as_str())
}

fn is_office(part: &str) -> bool {
    part.split(' ')
        .any(|word| OFFICES.contains(&plain(word).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &[&str]) -> Vec<String> {
        let people: Vec<RawPerson> = raw.iter().map(|name| RawPerson::from(*name)).collect();
        super::names(&people, &mut Log::new(&mut |_| {}))
    }

    #[test]
    fn addresses_are_dropped_and_names_kept() {
        for (raw, name) in [
            ("ann@example.org (Ann Lee)", "Ann Lee"),
            ("noreply@blogger.com (Ann (AL) Lee)", "Ann (AL) Lee"),
            ("\"Ann Lee\" <ann@example.org>", "Ann Lee"),
            ("By  Ann\nLee", "Ann Lee"),
            ("Posted by Ann Lee", "Ann Lee"),
            ("(Ann Lee)", "Ann Lee"),
            ("（山田）", "山田"),
            ("Ann Lee (1 and 2)", "Ann Lee"),
            ("山田（yamada@example.com）", "山田"),
            ("a@example.com（山田さん）", "山田さん"),
            ("山田太郎（mailto:a@example.com）", "山田太郎"),
            ("山田（", "山田"),
            ("(Ann (AL) Lee)", "Ann (AL) Lee"),
            ("(Ann) (Lee)", "(Ann) (Lee)"),
            ("<a href=\"/ann\">Ann &amp; Bo</a>", "Ann & Bo"),
            ("Byron Katie", "Byron Katie"),
            ("Ann Lee https://ann.example/", "Ann Lee"),
            ("Ann Lee, Staff Writer", "Ann Lee"),
            ("@ann", "@ann"),
        ] {
            assert_eq!(names(&[raw]), [name], "{raw}");
        }
    }

    #[test]
    fn an_address_alone_names_nobody() {
        for raw in [
            "ann@example.org",
            "ann@example.org ()",
            "<ann@example.org>",
            " ",
            "mailto:a@b.c",
            "https://ann.example/",
        ] {
            assert_eq!(names(&[raw]), Vec::<String>::new(), "{raw}");
        }
    }

    #[test]
    fn what_can_be_one_name_is_not_parted() {
        for whole in [
            "Lee, Ann",
            "Lee, Ann B.",
            "Marks and Spencer",
            "Ernst & Young LLP",
            "José Ortega y Gasset",
            "António Costa e Silva",
            "Bill and Melinda Gates",
            "Sammy Davis, Jr.",
            "Ann Smith, PhD",
            "Apple, Inc.",
            "Smith, Jones & Partners",
            "Lee, Ann, Park, Bo",
            "Lee, A. B.",
            "Ann Lee (BBC News, New York)",
            "Ann Lee | The Site",
            "Ann Lee / Springfield, Ill.",
            "von Trapp",
            "Von Miller",
            "AC/DC",
        ] {
            assert_eq!(names(&[whole]), [whole]);
        }
    }

    #[test]
    fn a_field_with_several_names_is_split() {
        for (raw, expected) in [
            ("Ann Lee, Bo Park and Cy Young", "Ann Lee+Bo Park+Cy Young"),
            ("Ann Lee, Bo Park, and Cy Young", "Ann Lee+Bo Park+Cy Young"),
            ("Ann, Bo and Cy", "Ann+Bo+Cy"),
            (
                "Lee, A., Ma, B.-C., de Jager, D.",
                "Lee, A.+Ma, B.-C.+de Jager, D.",
            ),
            ("de Roy, Anne, Petit, Luc", "de Roy, Anne+Petit, Luc"),
            (
                "A. Lee, F. Costa e Silva, C. Roy",
                "A. Lee+F. Costa e Silva+C. Roy",
            ),
            (
                "A. Lee, C. Roy, F. Costa e Silva",
                "A. Lee+C. Roy+F. Costa e Silva",
            ),
            ("Ann; Bo", "Ann+Bo"),
            ("Lee, Ann; Park, Bo", "Lee, Ann+Park, Bo"),
            ("Ann Lee & Bo Park", "Ann Lee+Bo Park"),
            ("by Ann Lee AND Bo Park", "Ann Lee+Bo Park"),
            ("Von Anna Berg und Jo Kim", "Anna Berg+Jo Kim"),
            ("von Anna Berg und Jo Kim", "Anna Berg+Jo Kim"),
            ("Par Anne Roy et Luc Petit", "Anne Roy+Luc Petit"),
            ("Sammy Davis, Jr., Ann Lee", "Sammy Davis, Jr.+Ann Lee"),
            ("a@b.example (Ann), c@d.example (Bo)", "Ann+Bo"),
            ("山田太郎、鈴木花子", "山田太郎+鈴木花子"),
        ] {
            assert_eq!(names(&[raw]).join("+"), expected, "{raw}");
        }
    }

    #[test]
    fn a_name_given_twice_stands_once() {
        assert_eq!(names(&["Ann", "Bo", "by ANN"]), ["Ann", "Bo"]);
    }
}
