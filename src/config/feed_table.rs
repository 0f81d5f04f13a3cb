//! One TOML feed file: each `[[feed]]` to a [`FeedSpec`].
//!
//! A feed with any mistake is left out whole: half of what was asked for may be impolite
//! (`interval`), unwanted (`paused`) or pointless (`headers`).

use std::{path::Path, time::Duration};

use toml::de::DeValue;

use super::{
    Config, Env, access,
    address::{derive_id, feed_url, is_own_host},
    document::Document,
    headers,
    section::{Mistakes, Section, closest},
    settings::{BODIES, MAX_INTERVAL, MIN_INTERVAL},
    source::Source,
    value::{self, Read, wrong_type},
};
use crate::model::{Cleanup, FeedId, FeedKind, FeedSpec, RuleGroup};

/// Even on the operator's own hosts.
const OWN_MIN_INTERVAL: Duration = Duration::from_secs(1);
/// Longest selector, in bytes.
const MAX_SELECTOR: usize = 500;

/// A feed file as it was read: good feeds by their offset, and the mistakes of the others.
pub(super) struct FeedFile {
    pub(super) source: Source,
    pub(super) feeds: Vec<(usize, FeedSpec)>,
    pub(super) mistakes: Mistakes,
}

/// Reads a TOML feed file as far as it goes.
pub(super) fn read(source: Source, config: &Config, env: &Env) -> FeedFile {
    let document = Document::parse(source);
    let mut feeds = Vec::new();
    let mut mistakes = Mistakes::new();
    {
        let root = document.root();
        let mut top = Section::new(&document, &root, "");
        let tables = match top
            .find("feed")
            .map(|value| (value.span(), value.get_ref()))
        {
            Some((_, DeValue::Array(tables))) => tables.iter().collect(),
            Some((span, other)) => {
                top.mistake(
                    span.start,
                    "feed",
                    wrong_type(other, "[[feed]], in two pairs of brackets").message,
                );
                Vec::new()
            }
            None => Vec::new(),
        };
        for (at, value) in tables.iter().enumerate() {
            let start = value.span().start;
            let end = tables
                .get(at + 1)
                .map_or(usize::MAX, |next| next.span().start);
            let DeValue::Table(table) = value.get_ref() else {
                top.mistake(
                    start,
                    "feed",
                    wrong_type(value.get_ref(), "a table [[feed]]").message,
                );
                continue;
            };
            let mut section = Section::new(&document, table, "feed");
            let gap = document.has_gap(&(start..end));
            let spec = feed(
                &mut section,
                start,
                gap,
                &Place::new(&document.source, config, env),
            );
            if let Some(spec) = spec.filter(|_| section.mistakes.is_empty() && !gap) {
                feeds.push((start, spec));
            }
            mistakes.append(&mut section.mistakes);
        }
        top.finish(home);
        mistakes.append(&mut top.mistakes);
    }
    mistakes.extend(document.errors);
    FeedFile {
        source: document.source,
        feeds,
        mistakes,
    }
}

/// What a feed's keys are read against.
struct Place<'a> {
    config: &'a Config,
    env: &'a Env,
    folder: &'a Path,
    origin: String,
}

impl<'a> Place<'a> {
    fn new(source: &'a Source, config: &'a Config, env: &'a Env) -> Self {
        let folder = source.path.parent().unwrap_or(&env.cwd);
        Self {
            config,
            env,
            folder,
            origin: source.path.to_string_lossy().into_owned(),
        }
    }
}

/// Keys of a feed that stand before the first `[[feed]]`.
fn home(key: &str) -> Option<&'static str> {
    [
        "url",
        "id",
        "name",
        "interval",
        "tags",
        "headers",
        "kind",
        "paused",
        "user_agent",
        "timeout",
        "max_body",
        "auth",
        "allow_private",
        "proxy",
        "http1_only",
        "connect_timeout",
        "read_timeout",
        "keep",
        "remove",
        "websub",
    ]
    .contains(&key)
    .then_some("below a [[feed]] line")
}

fn feed(
    section: &mut Section<'_, '_>,
    start: usize,
    gap: bool,
    place: &Place<'_>,
) -> Option<FeedSpec> {
    let url = section.read("url", |value| Ok(feed_url(&value::text(value)?)?));
    if !section.has("url") && !gap {
        section.mistake(
            start,
            "url",
            "is missing; write e.g. url = \"https://example.org/feed.xml\"",
        );
    }
    let access = access::access(section, &place.config.proxies);
    let opened = [&place.config.fetch.allow_private[..], &access.allow_private].concat();
    let own = url.as_ref().is_some_and(|url| is_own_host(url, &opened));
    let mut headers = section
        .table("headers", |table| {
            headers::read(table, place.folder, place.env)
        })
        .unwrap_or_default();
    headers.extend(access::auth(section, &headers, place.folder, place.env));
    let id = section.read("id", id);
    let spec = FeedSpec {
        // The stand-in never leaves: without a URL the feed is dropped below.
        id: match id {
            Some(id) => id,
            None => derive_id(url.as_ref().map_or("feed", |url| url.as_str())).ok()?,
        },
        url: url.as_ref().map(ToString::to_string).unwrap_or_default(),
        name: section.read("name", value::label),
        interval: section.read("interval", |value| interval(value, own)),
        tags: section.list("tags", tag).unwrap_or_default(),
        headers,
        kind: section.read("kind", kind).unwrap_or_default(),
        paused: section.read("paused", value::flag).unwrap_or_default(),
        user_agent: section.read("user_agent", value::user_agent),
        timeout: section.read("timeout", access::deadline),
        access,
        max_body: section.read("max_body", |value| value::size(value, &BODIES)),
        cleanup: Cleanup {
            keep: section
                .list("keep", |value| Ok(rule_group(&value::text(value)?)?))
                .unwrap_or_default(),
            remove: section
                .list("remove", |value| Ok(selector(&value::text(value)?)?))
                .unwrap_or_default(),
        },
        websub: section.read("websub", value::flag).unwrap_or(true),
        origin: place.origin.clone(),
    };
    section.finish(|_| None);
    url.map(|_| spec)
}

fn id(value: &DeValue<'_>) -> Read<FeedId> {
    let text = value::text(value)?;
    text.parse()
        .map_err(|error| format!("\"{text}\" is not a feed id: {error}").into())
}

/// Commas separate tags on the command line and in OPML, where a leading slash is a path.
fn tag(value: &DeValue<'_>) -> Read<String> {
    let tag = value::label(value)?;
    if tag.contains(',') || tag.starts_with('/') {
        return Err(format!("\"{tag}\" is not a tag; leave out commas and a leading \"/\"").into());
    }
    Ok(tag)
}

fn kind(value: &DeValue<'_>) -> Read<FeedKind> {
    Ok(feed_kind(&value::text(value)?)?)
}

/// A kind of document by its name.
///
/// # Errors
/// What is right instead.
pub fn feed_kind(name: &str) -> Result<FeedKind, String> {
    FeedKind::from_name(name.trim()).ok_or_else(|| {
        let known = FeedKind::ALL.map(FeedKind::as_str);
        let remedy = match closest(name.trim(), &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        format!("\"{name}\" is no kind of document; {remedy}")
    })
}

/// A group of removal rules by its name.
///
/// # Errors
/// What is right instead.
pub fn rule_group(name: &str) -> Result<RuleGroup, String> {
    RuleGroup::from_name(name.trim()).ok_or_else(|| {
        let known = RuleGroup::ALL.map(RuleGroup::as_str);
        let remedy = match closest(name.trim(), &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        format!("\"{name}\" is no group of removal rules; {remedy}")
    })
}

/// A selector of what is removed from bodies.
///
/// # Errors
/// What is wrong with it.
pub fn selector(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = |why: &str| format!("\"{text}\" is not a selector: {why}");
    if text.len() > MAX_SELECTOR {
        return Err(wrong(&format!("it is longer than {MAX_SELECTOR} bytes")));
    }
    match dom_query::Matcher::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(wrong(&in_words(&format!("{:?}", error.kind)))),
    }
}

/// What the selector parser calls its finding, e.g. `Custom(DanglingCombinator)`, in words; it has
/// no others.
fn in_words(finding: &str) -> String {
    let name = finding.split(['(', ')']).nth(1).unwrap_or(finding);
    let mut words = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

fn interval(value: &DeValue<'_>, own: bool) -> Read<Duration> {
    let span = value::duration(value, &(OWN_MIN_INTERVAL..=MAX_INTERVAL))?;
    if span < MIN_INTERVAL && !own {
        return Err(
            "is shorter than \"15m\", which is impolite; write \"15m\" or more \
                    (hosts in [fetch] allow_private may be polled faster)"
                .to_owned()
                .into(),
        );
    }
    Ok(span)
}
