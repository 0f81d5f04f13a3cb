//! The place of a text that answers a search, and which of its words do. Pure.
//!
//! The index holds no texts, so words are compared here, in a way that is as good as the index's for
//! everything but rare scripts: letters' case and accents do not count.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::model::search::{Query, is_parted};

/// Characters of a snippet.
const LONGEST: usize = 200;
/// Characters before the first word that was looked for.
const BEFORE: usize = 40;

/// Part of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Snippet {
    /// On one line; dots stand for what is left out before and after it.
    pub(super) text: String,
}

/// Finds a query's words in texts.
pub(super) struct Finder {
    phrases: Vec<Phrase>,
}

/// Words that follow each other.
struct Phrase {
    words: Vec<String>,
    is_prefix: bool,
}

/// A word of a text.
struct Word {
    place: Range<usize>,
    folded: String,
}

/// Where a phrase stands in a text.
struct Hit {
    phrase: usize,
    place: Range<usize>,
}

impl Finder {
    pub(super) fn new(query: &Query) -> Self {
        let phrase = |term: &crate::model::search::Term| Phrase {
            words: words(&term.text).into_iter().map(|it| it.folded).collect(),
            is_prefix: term.is_prefix,
        };
        let phrases = query.wanted().into_iter().map(phrase);
        Self {
            phrases: phrases.filter(|phrase| !phrase.words.is_empty()).collect(),
        }
    }

    /// The part of a text with most of what was looked for; the text's beginning if it has none.
    pub(super) fn snippet(&self, text: &str) -> Snippet {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let start = self.start(&line);
        let end = line[start..]
            .char_indices()
            .nth(LONGEST)
            .map_or(line.len(), |(at, _)| word_end(&line, start, start + at));
        let mut out = String::new();
        if start > 0 {
            out.push_str("… ");
        }
        out.push_str(line[start..end].trim());
        if end < line.len() {
            out.push_str(" …");
        }
        Snippet { text: out }
    }

    /// A text in parts, each with whether it was looked for.
    pub(super) fn parts<'a>(&self, text: &'a str) -> Vec<(&'a str, bool)> {
        let (mut parts, mut done) = (Vec::new(), 0);
        for hit in self.hits(text) {
            // Phrases may overlap.
            let start = hit.place.start.max(done);
            if start >= hit.place.end {
                continue;
            }
            parts.push((&text[done..start], false));
            parts.push((&text[start..hit.place.end], true));
            done = hit.place.end;
        }
        parts.push((&text[done..], false));
        parts.retain(|(part, _)| !part.is_empty());
        parts
    }

    /// Where the best part of a text begins: with most different phrases, then with most of any, then
    /// the first.
    fn start(&self, text: &str) -> usize {
        let hits = self.hits(text);
        let mut best = (0, 0, 0);
        for (first, hit) in hits.iter().enumerate() {
            let last = LONGEST - BEFORE;
            let within = hits[first..]
                .iter()
                .take_while(|other| text[hit.place.start..other.place.end].chars().count() <= last)
                .map(|other| other.phrase);
            let mut within: Vec<usize> = within.collect();
            let all = within.len();
            within.sort_unstable();
            within.dedup();
            if (within.len(), all) > (best.0, best.1) {
                best = (within.len(), all, hit.place.start);
            }
        }
        let start = best.2;
        let mut before = text[..start].char_indices().rev();
        let Some((room, _)) = before.nth(BEFORE - 1) else {
            return 0;
        };
        // At the beginning of a word, if there is one.
        text[room..start]
            .find(' ')
            .map_or(start, |space| room + space + 1)
    }

    /// Where phrases stand, in the order of the text.
    fn hits(&self, text: &str) -> Vec<Hit> {
        let words = words(text);
        let mut hits = Vec::new();
        for at in 0..words.len() {
            for (number, phrase) in self.phrases.iter().enumerate() {
                if let Some(found) = words.get(at..at + phrase.words.len())
                    && phrase.is(found)
                    && let (Some(first), Some(last)) = (found.first(), found.last())
                {
                    hits.push(Hit {
                        phrase: number,
                        place: first.place.start..last.place.end,
                    });
                }
            }
        }
        hits
    }
}

impl Phrase {
    fn is(&self, words: &[Word]) -> bool {
        let last = self.words.len() - 1;
        self.words
            .iter()
            .zip(words)
            .enumerate()
            .all(|(at, (own, word))| {
                if self.is_prefix && at == last {
                    word.folded.starts_with(own.as_str())
                } else {
                    word.folded == *own
                }
            })
    }
}

/// The end of the last whole word before a place; the place itself in a script without spaces.
fn word_end(text: &str, start: usize, end: usize) -> usize {
    let near = text[start..end].rfind(' ').map(|space| start + space);
    near.filter(|near| (end - near) * 2 < end - start)
        .unwrap_or(end)
}

/// The words of a text as the index sees them.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let parted = is_parted(c);
        if !c.is_alphanumeric() && !is_combining_mark(c) {
            is_open = false;
            continue;
        }
        match words.last_mut() {
            Some(word) if is_open && !parted => {
                word.place.end = end;
                fold(c, &mut word.folded);
            }
            // A mark without a letter is no word.
            _ if is_combining_mark(c) => {}
            _ => {
                let mut folded = String::new();
                fold(c, &mut folded);
                words.push(Word {
                    place: at..end,
                    folded,
                });
            }
        }
        is_open = !parted;
    }
    words
}

/// A character in lower case, without accents.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    let base = c.nfd().filter(|c| !is_combining_mark(*c));
    out.extend(
        base.flat_map(char::to_lowercase)
            .filter(|c| !is_combining_mark(*c)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(query: &str) -> Finder {
        Finder::new(&query.parse().unwrap())
    }

    /// A text with brackets around what was looked for.
    fn marked(query: &str, text: &str) -> String {
        let parts = finder(query).parts(text).into_iter();
        let part = |(part, is_marked): (&str, bool)| match is_marked {
            true => format!("[{part}]"),
            false => part.to_owned(),
        };
        parts.map(part).collect()
    }

    #[test]
    fn what_was_looked_for_is_marked_without_regard_to_case_and_accents() {
        for (query, text, expected) in [
            (
                "cafe",
                "Le CAFÉ, un cafe\u{301}.",
                "Le [CAFÉ], un [cafe\u{301}].",
            ),
            ("Жуков", "маршал жуков", "маршал [жуков]"),
            ("climat*", "climate and climax", "[climate] and climax"),
            (
                "\"open source\"",
                "open, source; open it",
                "[open, source]; open it",
            ),
            ("wi-fi", "Wi-Fi and wifi", "[Wi-Fi] and wifi"),
            ("a b -c", "a b c", "[a] [b] c"),
            ("東京", "新東京市 東 京", "新[東京]市 [東 京]"),
            ("서울", "서울은", "[서울]은"),
            ("a \"a b\"", "a b", "[a][ b]"),
            ("x", "", ""),
        ] {
            assert_eq!(marked(query, text), expected, "{query}");
        }
    }

    #[test]
    fn a_snippet_is_the_part_with_most_of_what_was_looked_for() {
        let noise = "word ".repeat(100);
        let text = format!("rust first {noise}then async rust\nwith tokio {noise}async");
        let snippet = finder("rust async tokio").snippet(&text).text;
        assert!(snippet.contains("then async rust with tokio"), "{snippet}");
        assert!(
            snippet.starts_with("… word") && snippet.ends_with("word …"),
            "{snippet}"
        );
        assert!(snippet.chars().count() <= LONGEST + 4, "{snippet}");
        let first = finder("word").snippet(&text).text;
        assert!(first.starts_with("rust first word"), "{first}");
    }

    #[test]
    fn a_text_without_it_is_shown_from_its_beginning_and_a_short_one_whole() {
        assert_eq!(finder("x").snippet("one\ntwo  three").text, "one two three");
        assert_eq!(finder("x").snippet("").text, "");
        let long = finder("x").snippet(&"word ".repeat(100)).text;
        assert!(
            long.starts_with("word") && long.ends_with("word …"),
            "{long}"
        );
    }

    #[test]
    fn texts_without_spaces_are_cut_between_characters() {
        let text = format!("{}東京{}", "市".repeat(300), "会".repeat(300));
        let snippet = finder("東京").snippet(&text).text;
        assert!(
            snippet.contains("東京会") && snippet.chars().count() <= LONGEST + 4,
            "{snippet}"
        );
    }
}
