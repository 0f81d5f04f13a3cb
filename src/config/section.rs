//! One table of a TOML file, read key by key; whatever was not asked for is an unknown key.
//!
//! So the code that reads the keys is the schema, and no list of keys can go stale.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    error::ConfigError,
    source::Source,
    value::{Mistake, Read, wrong_type},
};

/// Mistakes with their byte offset, so that they can be told in the file's order.
pub(super) type Mistakes = Vec<(usize, ConfigError)>;

/// A file, or a part of one that was parsed alone.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) source: &'a Source,
    /// Where in the file the part begins; offsets within it count from here.
    pub(super) base: usize,
}

/// A table that is being read.
pub(super) struct Section<'a, 'd> {
    part: Part<'a>,
    table: &'a DeTable<'d>,
    /// Dotted path of the table, empty for the root.
    path: String,
    asked: Vec<&'static str>,
    pub(super) mistakes: Mistakes,
    /// What keeps nothing from being used.
    pub(super) warnings: Mistakes,
}

impl<'a, 'd> Section<'a, 'd> {
    /// Starts to read a table.
    pub(super) fn new(part: Part<'a>, table: &'a DeTable<'d>, path: &str) -> Self {
        Self {
            part,
            table,
            path: path.to_owned(),
            asked: Vec::new(),
            mistakes: Vec::new(),
            warnings: Vec::new(),
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
        let mut section = Section::new(self.part, table, &self.key_path(key));
        let found = read(&mut section);
        self.mistakes.append(&mut section.mistakes);
        self.warnings.append(&mut section.warnings);
        Some(found)
    }

    /// The raw value of a key.
    pub(super) fn find(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'d>>> {
        self.asks(&[key]);
        self.table.get(key)
    }

    /// Keys that are known and may be read later.
    pub(super) fn asks(&mut self, keys: &[&'static str]) {
        let new = keys.iter().filter(|key| !self.asked.contains(key));
        let new: Vec<_> = new.copied().collect();
        self.asked.extend(new);
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
        let file = self.part.source.shown.display();
        format!("{} in {file}", self.key_path(key))
    }

    /// Reports a mistake of a key.
    pub(super) fn mistake(&mut self, offset: usize, key: &str, message: impl Into<String>) {
        let mistake = self.error(offset, &self.key_path(key), message.into());
        self.mistakes.push(mistake);
    }

    /// Reports keys that must be there and are not. A table with a key that is unknown, or with a
    /// mistake, is not told that: what is missing is most likely what is misspelled.
    pub(super) fn need(&mut self, offset: usize, keys: &[&str]) {
        let missing = keys.iter().find(|key| !self.has(key));
        if let Some(key) = missing.filter(|_| self.is_understood()) {
            self.mistake(offset, key, "is missing");
        }
    }

    /// True if there was no mistake so far, and no key but those that were asked for.
    pub(super) fn is_understood(&self) -> bool {
        self.mistakes.is_empty() && self.entries().all(|(key, ..)| self.asked.contains(&key))
    }

    /// Reports what concerns this key alone and keeps nothing from being used; gives the words.
    pub(super) fn warn(&mut self, offset: usize, key: &str, message: String) -> String {
        let warning = self.error(offset, &self.key_path(key), message);
        let words = warning.1.to_string();
        self.warnings.push(warning);
        words
    }

    /// A mistake with its offset in the file.
    fn error(&self, offset: usize, path: &str, message: String) -> (usize, ConfigError) {
        let offset = self.part.base.saturating_add(offset);
        (offset, self.part.source.error(offset, path, message))
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
            let message = format!("unknown key `{key}`; {remedy}");
            let mistake = self.error(span.start, &self.path, message);
            self.mistakes.push(mistake);
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
