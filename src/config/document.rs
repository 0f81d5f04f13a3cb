//! TOML with positions, read on after syntax errors.
//!
//! A statement that does not parse is reported once, blanked out byte for byte (so that positions
//! stay true) and the rest is read again: one slip hides no other. `parse_recoverable` alone stops
//! at the first key without `=`, and lets an unclosed array swallow the file.

use std::ops::Range;

use toml::de::{DeTable, Error};

use super::{error::ConfigError, source::Source};

/// More mistakes than this are not told one by one.
const MAX_SYNTAX_ERRORS: usize = 50;

/// How far back the start of a broken statement is looked for.
const MAX_LINES_BACK: usize = 40;

/// A TOML file whose broken statements are blanked out, and what was wrong with them.
#[derive(Debug)]
pub(super) struct Document {
    /// The file as it is.
    pub(super) source: Source,
    /// The text that parses.
    repaired: String,
    /// What was blanked.
    blanked: Vec<Range<usize>>,
    /// Syntax errors with their place.
    pub(super) errors: Vec<(usize, ConfigError)>,
}

impl Document {
    /// Reads a text as far as it goes.
    pub(super) fn parse(source: Source) -> Self {
        // The parser takes a byte order mark off and then counts from behind it.
        let repaired = source.text.replacen(
            '\u{feff}',
            "   ",
            usize::from(source.text.starts_with('\u{feff}')),
        );
        let mut document = Self {
            source,
            repaired,
            blanked: Vec::new(),
            errors: Vec::new(),
        };
        while let Some(error) = first_error(&document.repaired) {
            document.repair(&error);
            let is_stuck = document.blanked.last().is_some_and(Range::is_empty);
            if is_stuck || document.errors.len() > MAX_SYNTAX_ERRORS {
                document.repaired.clear();
            }
        }
        document
    }

    /// The root table.
    pub(super) fn root(&self) -> DeTable<'_> {
        DeTable::parse_recoverable(&self.repaired).0.into_inner()
    }

    /// True if a statement in the range was blanked out, so that a key may seem to be missing.
    pub(super) fn has_gap(&self, range: &Range<usize>) -> bool {
        self.blanked
            .iter()
            .any(|gap| gap.start < range.end && range.start < gap.end)
    }

    fn repair(&mut self, error: &Error) {
        let at = error
            .span()
            .map_or(0, |span| span.start)
            .min(self.repaired.len());
        let range = self.statement(at);
        let message = explain(error.message());
        // What nothing closes is found out only at the next statement: told where it begins.
        let line_start = line_start(&self.repaired, at);
        let unclosed =
            at >= self.repaired.len() || looks_like_statement(&self.repaired[line_start..]);
        let told_at = if unclosed && range.start < line_start {
            range.start
        } else {
            at
        };
        self.errors
            .push((told_at, self.source.error(told_at, "", message)));
        let blank: String = self.repaired[range.clone()]
            .bytes()
            .map(|b| if b == b'\n' { '\n' } else { ' ' })
            .collect();
        self.repaired.replace_range(range.clone(), &blank);
        self.blanked.push(range);
    }

    /// The lines of the statement that an error at `at` belongs to: from the last line before
    /// which everything parses, up to the next line that looks like a statement.
    fn statement(&self, at: usize) -> Range<usize> {
        let text = &self.repaired;
        let start = self.statement_start(line_start(text, at));
        let begins_next = if text[start..].trim_start().starts_with('[') {
            looks_like_table
        } else {
            looks_like_statement
        };
        let mut end = start;
        for line in text[start..].split_inclusive('\n') {
            if end > start && begins_next(line) {
                break;
            }
            end += line.len();
        }
        start..end
    }

    /// The last line start up to `limit` before which everything parses: near by, else (a text
    /// that nothing closes reaches to the file's end) by halving.
    fn statement_start(&self, limit: usize) -> usize {
        let text = &self.repaired[..limit];
        let parses = |start: &usize| first_error(&text[..*start]).is_none();
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(newline, _)| newline + 1));
        let near = starts
            .iter()
            .rev()
            .take(MAX_LINES_BACK)
            .copied()
            .find(parses);
        near.unwrap_or_else(|| starts[starts.partition_point(parses).saturating_sub(1)])
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The header of a table that is not part of another: keys behind a broken header, and its
/// sub-tables, must not fall to the table before it.
fn looks_like_table(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("[[") || line.starts_with('[') && !line.contains('.')
}

/// A key with a value, or a table's header.
fn looks_like_statement(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default().trim_start();
    let is_key = |c: char| c.is_alphanumeric() || "_-.\"' ".contains(c);
    // A bare name behind the bracket: a nested list has quotes or digits there.
    line.starts_with('[')
        && line
            .trim_start_matches('[')
            .starts_with(|c: char| c.is_ascii_alphabetic())
        || line
            .split_once('=')
            .is_some_and(|(key, _)| !key.is_empty() && key.chars().all(is_key))
}

/// The error that stands first in the text; the parser reports them stage by stage.
fn first_error(text: &str) -> Option<Error> {
    let (_, errors) = DeTable::parse_recoverable(text);
    errors
        .into_iter()
        .min_by_key(|error| error.span().map_or(0, |span| span.start))
}

/// The parser's words, with the remedy for the most common slips. The text itself is not quoted:
/// it may be a secret header.
fn explain(message: &str) -> String {
    if message.contains("string values must be quoted") {
        "this is not a TOML value; write text in quotes, e.g. \"2h\"".to_owned()
    } else if message.contains("key with no value") {
        "a key without a value; write `key = value`".to_owned()
    } else if message.starts_with("unclosed") {
        format!("{message}; close it")
    } else if message.contains("duplicate key") {
        "this key or table stands twice; remove one of them".to_owned()
    } else {
        format!("{message}; check the quotes, brackets and commas here")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Env;

    fn errors(text: &str) -> Vec<String> {
        let source = Source::new(Path::new("a.toml"), &Env::in_dir("/x"), text.to_owned());
        Document::parse(source)
            .errors
            .iter()
            .map(|(_, error)| error.to_string())
            .collect()
    }

    #[test]
    fn a_slip_within_a_list_of_many_lines_is_told_where_it_is_and_once() {
        let errors = errors("a = [\n  \"x\"\n  \"y\",\n]\nb = 1\n");
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].starts_with("a.toml:3:3: missing comma"),
            "{errors:?}"
        );
    }

    #[test]
    fn a_table_or_key_that_stands_twice_is_told_and_the_first_one_counts() {
        let source = Source::new(
            Path::new("a.toml"),
            &Env::in_dir("/x"),
            "[a]\nx = 1\nx = 2\n[a]\nx = 3\n".to_owned(),
        );
        let document = Document::parse(source);
        assert_eq!(document.errors.len(), 2);
        assert!(
            document.errors[1]
                .1
                .to_string()
                .starts_with("a.toml:4:2: this key or table stands twice")
        );
        assert_eq!(
            document.root()["a"].get_ref()["x"]
                .get_ref()
                .as_integer()
                .unwrap()
                .as_str(),
            "1"
        );
    }

    #[test]
    fn a_text_that_nothing_closes_is_told_where_it_begins_however_long_the_file() {
        let many = "[[feed]]\nurl = \"x\"\n".repeat(500);
        let errors = errors(&format!("{many}name = \"\"\"oops\n{many}url\n"));
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors[0].starts_with("a.toml:1001:1: "), "{errors:?}");
        assert!(
            errors[1].starts_with("a.toml:2002:4: a key without"),
            "{errors:?}"
        );
    }

    #[test]
    fn positions_stay_true_behind_a_byte_order_mark() {
        assert!(errors("\u{feff}a = 1\nb\n")[0].starts_with("a.toml:2:2: a key without a value"));
    }

    #[test]
    fn nonsense_ends_after_a_bounded_number_of_errors() {
        assert!(errors(&"?\n= [\n\"\"\"\n".repeat(400)).len() <= MAX_SYNTAX_ERRORS + 1);
        assert_eq!(errors(""), [""; 0]);
    }
}
