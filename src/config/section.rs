//! One table of a TOML file, read key by key; whatever was not asked for is an unknown key.
//!
//! So the code that reads the keys is the schema, and no list of keys can go stale.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    document::Document,
    error::ConfigError,
    value::{Mistake, Read, wrong_type},
};

/// Mistakes with their byte offset, so that they can be told in the file's order.
pub(super) type Mistakes = Vec<(usize, ConfigError)>;

/// A table that is being read.
pub(super) struct Section<'a, 'd> {
    document: &'a Document,
    table: &'a DeTable<'d>,
    /// Dotted path of the table, empty for the root.
    path: String,
    asked: Vec<&'static str>,
    pub(super) mistakes: Mistakes,
}

impl<'a, 'd> Section<'a, 'd> {
    /// Starts to read a table.
    pub(super) fn new(document: &'a Document, table: &'a DeTable<'d>, path: &str) -> Self {
        Self {
            document,
            table,
            path: path.to_owned(),
            asked: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Reads a key; `None` if it is absent or wrong.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'d>) -> Read<T>,
    ) -> Option<T> {
        let value = self.find(key)?;
        match read(value.get_ref()) {
            Ok(found) => Some(found),
            Err(Mistake { at, message }) => {
                self.mistake(at.unwrap_or_else(|| value.span()).start, key, message);
                None
            }
        }
    }

    /// Reads a list; elements that are wrong are reported one by one and left out.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&DeValue<'d>) -> Read<T>,
    ) -> Option<Vec<T>> {
        let value = self.find(key)?;
        let DeValue::Array(elements) = value.get_ref() else {
            self.mistake(
                value.span().start,
                key,
                wrong_type(value.get_ref(), "a list in [ ]").message,
            );
            return None;
        };
        let mut found = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            match read(element.get_ref()) {
                Ok(one) => found.push(one),
                Err(Mistake { at, message }) => {
                    self.mistake(at.unwrap_or_else(|| element.span()).start, key, message);
                }
            }
        }
        Some(found)
    }

    /// Reads a table within this one.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a, 'd>) -> T,
    ) -> Option<T> {
        let value = self.find(key)?;
        self.table_of(key, value, read)
    }

    /// As [`Section::table`], of a key that the operator chose.
    pub(super) fn table_of<T>(
        &mut self,
        key: &str,
        value: &'a Spanned<DeValue<'d>>,
        read: impl FnOnce(&mut Section<'a, 'd>) -> T,
    ) -> Option<T> {
        let DeValue::Table(table) = value.get_ref() else {
            let path = self.key_path(key);
            self.mistake(
                value.span().start,
                key,
                wrong_type(value.get_ref(), &format!("a table [{path}]")).message,
            );
            return None;
        };
        let mut section = Section::new(self.document, table, &self.key_path(key));
        let found = read(&mut section);
        self.mistakes.append(&mut section.mistakes);
        Some(found)
    }

    /// The raw value of a key.
    pub(super) fn find(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'d>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// True if the key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// All keys with their values, for tables whose keys the operator chooses.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'a str, Range<usize>, &'a Spanned<DeValue<'d>>)> + use<'a, 'd> {
        self.table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    /// Where a key stands, in words.
    pub(super) fn origin(&self, key: &str) -> String {
        let file = self.document.source.shown.display();
        format!("{} in {file}", self.key_path(key))
    }

    /// Reports a mistake of a key.
    pub(super) fn mistake(&mut self, offset: usize, key: &str, message: impl Into<String>) {
        let error = self
            .document
            .source
            .error(offset, &self.key_path(key), message);
        self.mistakes.push((offset, error));
    }

    /// Reports every key that was not asked for. `home` knows keys that live elsewhere.
    pub(super) fn finish(&mut self, home: impl Fn(&str) -> Option<&'static str>) {
        for (key, span, _) in self.entries() {
            if self.asked.contains(&key) {
                continue;
            }
            let remedy = match (closest(key, &self.asked), home(key)) {
                (_, Some(home)) => format!("it belongs {home}"),
                (Some(near), None) => format!("did you mean `{near}`?"),
                (None, None) => format!("known here: {}", self.asked.join(", ")),
            };
            let error = self.document.source.error(
                span.start,
                &self.path,
                format!("unknown key `{key}`; {remedy}"),
            );
            self.mistakes.push((span.start, error));
        }
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() || key.is_empty() {
            format!("{}{key}", self.path)
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// The known key that a mistyped one most likely means.
pub(super) fn closest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |key: &str| key.to_lowercase().replace('-', "_");
    let typed = plain(typed);
    known
        .iter()
        .map(|key| (strsim::damerau_levenshtein(&typed, &plain(key)), *key))
        .filter(|(distance, key)| *distance <= 1 + key.len() / 5)
        .min()
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognized_and_a_foreign_word_is_not() {
        let known = ["interval", "max_interval", "history"];
        assert_eq!(closest("intervall", &known), Some("interval"));
        assert_eq!(closest("max-interval", &known), Some("max_interval"));
        assert_eq!(closest("Histroy", &known), Some("history"));
        assert_eq!(closest("colour", &known), None);
        assert_eq!(closest("x-org-fed", &["x-org-feed"]), Some("x-org-feed"));
    }
}
