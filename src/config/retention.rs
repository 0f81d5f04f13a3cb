//! `[retention]`: how long articles are kept, everything for ever unless it says otherwise; and which
//! documents are, as they came.

use std::{ops::RangeInclusive, path::Path, time::Duration};

use toml::de::DeValue;

use super::{
    error::ConfigError,
    section::{Section, closest},
    settings::home,
    value::{self, Read},
};
use crate::model::{FeedId, FeedSpec, KeepRaw, KeepRule, RawCaps, RawRule, Retention};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Bounds of `max_age`.
const AGES: RangeInclusive<Duration> = DAY..=Duration::from_secs(200 * 365 * 24 * 3600);
/// Bounds of `max_bytes`: a store needs some room for feeds and history.
const SIZES: RangeInclusive<u64> = 16 << 20..=1 << 50;
/// Bounds of `keep_raw_documents`.
const DOCUMENTS: RangeInclusive<usize> = 1..=10_000;
/// Bounds of `max_per_feed`; 0 is all.
const NUMBERS: RangeInclusive<usize> = 0..=1_000_000_000;

pub(super) fn read(section: &mut Section<'_, '_>) -> (Retention, RawRule) {
    let general = rule(section, KeepRule::default());
    let retention = Retention {
        rule: general,
        keep_tagged: section
            .list("keep_tagged", value::label)
            .unwrap_or_default(),
        max_bytes: section
            .read("max_bytes", |value| unless_empty(value, size))
            .flatten(),
        feeds: section
            .table("feeds", |feeds| of_feeds(feeds, general))
            .unwrap_or_default(),
    };
    let raw = raw(section);
    section.finish(|key| home(key, "retention"));
    (retention, raw)
}

/// Names in the rules that no feed has: what they were to keep would go.
pub(super) fn strangers(rules: &Retention, feeds: &[FeedSpec], file: &Path) -> Vec<ConfigError> {
    let ids: Vec<&str> = feeds.iter().map(|feed| feed.id.as_str()).collect();
    let tags = feeds.iter().flat_map(|feed| &feed.tags);
    let tags: Vec<&str> = tags.map(String::as_str).collect();
    let warning = |key: String, name: &str, what: &str, known: &[&str]| {
        let near = closest(name, known).map(|near| format!("; did you mean \"{near}\"?"));
        ConfigError {
            file: Some(file.to_owned()),
            key: Some(key),
            message: format!(
                "no feed has the {what} \"{name}\"{}",
                near.unwrap_or_default()
            ),
            ..ConfigError::default()
        }
    };
    let named = rules.feeds.keys().map(FeedId::as_str);
    let named = named.filter(|id| !ids.contains(id));
    let kept = rules.keep_tagged.iter().map(String::as_str);
    let kept = kept.filter(|tag| !tags.contains(tag));
    named
        .map(|id| warning(format!("retention.feeds.{id}"), id, "id", &ids))
        .chain(kept.map(|tag| warning("retention.keep_tagged".to_owned(), tag, "tag", &tags)))
        .collect()
}

fn raw(section: &mut Section<'_, '_>) -> RawRule {
    let default = RawRule::default();
    let documents = section.read("keep_raw_documents", |v| value::count(v, &DOCUMENTS));
    RawRule {
        keep: section.read("keep_raw", keep_raw).unwrap_or(default.keep),
        caps: RawCaps {
            documents: documents
                .and_then(|number| u32::try_from(number).ok())
                .unwrap_or(default.caps.documents),
            bytes: section
                .read("keep_raw_bytes", size)
                .unwrap_or(default.caps.bytes),
        },
    }
}

/// Which documents are kept, by name.
pub(super) fn keep_raw(value: &DeValue<'_>) -> Read<KeepRaw> {
    let name = value::text(value)?;
    KeepRaw::from_name(name.trim()).ok_or_else(|| {
        let known = KeepRaw::ALL.map(KeepRaw::as_str).join("\", \"");
        format!("\"{name}\" says not which documents are kept; write one of \"{known}\"").into()
    })
}

/// `[retention.feeds.ID]`: what is not said there is as for all.
fn of_feeds(
    section: &mut Section<'_, '_>,
    general: KeepRule,
) -> std::collections::BTreeMap<crate::model::FeedId, KeepRule> {
    let mut rules = std::collections::BTreeMap::new();
    let entries: Vec<_> = section.entries().collect();
    for (name, span, value) in entries {
        match name.parse() {
            Ok(id) => {
                let read = section.table_of(name, value, |table| {
                    let own = rule(table, general);
                    table.finish(|_| None);
                    own
                });
                rules.extend(read.map(|rule| (id, rule)));
            }
            Err(why) => section.mistake(span.start, name, format!("names no feed: {why}")),
        }
    }
    rules
}

fn rule(section: &mut Section<'_, '_>, general: KeepRule) -> KeepRule {
    let number = section.read("max_per_feed", |value| value::count(value, &NUMBERS));
    KeepRule {
        max_age: section
            .read("max_age", |value| unless_empty(value, age))
            .unwrap_or(general.max_age),
        max_articles: match number {
            Some(0) => None,
            Some(number) => Some(number as u64),
            None => general.max_articles,
        },
    }
}

/// `None` for the empty text.
fn unless_empty<T>(value: &DeValue<'_>, read: fn(&DeValue<'_>) -> Read<T>) -> Read<Option<T>> {
    match value {
        DeValue::String(text) if text.trim().is_empty() => Ok(None),
        value => read(value).map(Some),
    }
}

fn age(value: &DeValue<'_>) -> Read<Duration> {
    value::duration(value, &AGES)
}

fn size(value: &DeValue<'_>) -> Read<u64> {
    value::size(value, &SIZES)
}
