//! One TOML feed file: each `[[feed]]` to a [`FeedSpec`].
//!
//! A feed with any mistake is left out whole: half of what was asked for may be impolite
//! (`interval`), unwanted (`paused`) or pointless (`headers`).

use std::{path::PathBuf, sync::Arc, time::Duration};

use toml::de::{DeTable, DeValue};

use super::{
    Config, Env, access,
    address::{derive_id, feed_url, is_own_host},
    document::Document,
    headers, retention,
    section::{Mistakes, Part, Section, closest},
    settings::{BODIES, MAX_INTERVAL, MIN_INTERVAL},
    source::Source,
    value::{self, Read, wrong_type},
};
use crate::model::{Access, Cleanup, FeedId, FeedKind, FeedSpec, RuleGroup};

/// Even on the operator's own hosts.
const OWN_MIN_INTERVAL: Duration = Duration::from_secs(1);
/// Longest selector, in bytes.
const MAX_SELECTOR: usize = 500;

/// A feed file as it was read: good feeds by their offset, and the mistakes of the others.
pub(super) struct FeedFile {
    pub(super) source: Source,
    pub(super) feeds: Vec<(usize, FeedSpec)>,
    pub(super) mistakes: Mistakes,
    /// What keeps nothing from being used.
    pub(super) warnings: Mistakes,
}

impl FeedFile {
    /// Nothing read yet.
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            feeds: Vec::new(),
            mistakes: Mistakes::new(),
            warnings: Mistakes::new(),
        }
    }
}

/// Reads a TOML feed file as far as it goes.
pub(super) fn read(source: Source, config: &Config, env: &Env) -> FeedFile {
    let mut reading = Reading {
        place: Place::new(&source, config, env),
        feeds: Vec::new(),
        mistakes: Mistakes::new(),
        warnings: Mistakes::new(),
    };
    let source = match reading.blocks(&source) {
        Some(()) => source,
        None => reading.whole(source),
    };
    let Reading {
        feeds,
        mistakes,
        warnings,
        ..
    } = reading;
    FeedFile {
        source,
        feeds,
        mistakes,
        warnings,
    }
}

/// A feed file that is being read.
struct Reading<'a> {
    place: Place<'a>,
    feeds: Vec<(usize, FeedSpec)>,
    mistakes: Mistakes,
    warnings: Mistakes,
}

impl Reading<'_> {
    /// Reads one `[[feed]]` after the other: the tree of a file with 100,000 feeds takes ten times the
    /// file's memory. `None`, with nothing read, if the file is not made of such blocks alone: what is
    /// wrong with its syntax shows only in the whole.
    ///
    /// Lines are taken for headers by their look. Where one stands in a text or list of many lines, the
    /// block before it does not end what it began, and is no TOML.
    fn blocks(&mut self, source: &Source) -> Option<()> {
        let mut found = Self {
            place: self.place.clone(),
            feeds: Vec::new(),
            mistakes: Mistakes::new(),
            warnings: Mistakes::new(),
        };
        let mut base = usize::from(source.text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
        let mut is_first = true;
        while base < source.text.len() || is_first {
            let block = block(&source.text[base..]);
            let (root, errors) = DeTable::parse_recoverable(block);
            let root = root.get_ref();
            let part = Part { source, base };
            match (errors.is_empty(), root.len(), root.get("feed")) {
                (true, 0, None) if is_first => {}
                (true, 1, Some(value)) => match value.get_ref() {
                    DeValue::Array(tables) if tables.len() == 1 => {
                        let DeValue::Table(table) = tables[0].get_ref() else {
                            return None;
                        };
                        found.feed(part, table, tables[0].span().start, false);
                    }
                    _ => return None,
                },
                _ => return None,
            }
            base += block.len();
            is_first = false;
        }
        *self = found;
        Some(())
    }

    /// Reads the file as a whole, on after syntax errors.
    fn whole(&mut self, source: Source) -> Source {
        let document = Document::parse(source);
        let root = document.root();
        let part = Part {
            source: &document.source,
            base: 0,
        };
        let mut top = Section::new(part, &root, "");
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
            let gap = document.has_gap(&(start..end));
            self.feed(part, table, start, gap);
        }
        top.finish(home);
        self.mistakes.append(&mut top.mistakes);
        drop(root);
        self.mistakes.extend(document.errors);
        document.source
    }

    /// Reads one feed; `gap` if a part of it could not be read.
    fn feed(&mut self, part: Part<'_>, table: &DeTable<'_>, start: usize, gap: bool) {
        let mut section = Section::new(part, table, "feed");
        let spec = feed(&mut section, start, gap, &mut self.place);
        if section.mistakes.is_empty() && !gap {
            let start = part.base + start;
            self.feeds.extend(spec.map(|spec| (start, spec)));
            self.warnings.append(&mut section.warnings);
            return;
        }
        let called = called(table);
        for (_, mistake) in &mut section.mistakes {
            mistake.feed.clone_from(&called);
        }
        self.mistakes.append(&mut section.mistakes);
    }
}

/// The text up to the next line that looks like the header of a feed; the first line counts as part of
/// the block, whatever it is.
fn block(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let begins = line
            .trim_start()
            .strip_prefix("[[")
            .and_then(|header| header.trim_start().strip_prefix("feed"))
            .is_some_and(|header| header.trim_start().starts_with("]]"));
        if begins && end > 0 {
            break;
        }
        end += line.len();
    }
    &text[..end]
}

/// What a feed with a mistake is called: its id first, then its URL and its name.
fn called(table: &DeTable<'_>) -> Vec<String> {
    let text = |key: &str| match table.get(key)?.get_ref() {
        DeValue::String(text) => Some(text.trim().to_owned()),
        _ => None,
    };
    let url = text("url").map(|url| match feed_url(&url) {
        Ok(url) => url.to_string(),
        Err(_) => url,
    });
    let derived = url.as_deref().and_then(|url| derive_id(url).ok());
    let id = text("id").or(derived.map(|id| id.to_string()));
    [id, url, text("name")].into_iter().flatten().collect()
}

/// What a feed's keys are read against, and what feeds share.
#[derive(Clone)]
struct Place<'a> {
    config: &'a Config,
    env: &'a Env,
    folder: PathBuf,
    origin: Arc<str>,
    access: Arc<Access>,
    cleanup: Arc<Cleanup>,
}

impl<'a> Place<'a> {
    fn new(source: &Source, config: &'a Config, env: &'a Env) -> Self {
        Self {
            config,
            env,
            folder: source.path.parent().unwrap_or(&env.cwd).to_owned(),
            origin: source.path.to_string_lossy().into(),
            access: Arc::default(),
            cleanup: Arc::default(),
        }
    }
}

/// The value in the feed before this one if it is the same: neighbours are alike.
fn shared<T: PartialEq>(last: &mut Arc<T>, value: T) -> Arc<T> {
    if **last != value {
        *last = Arc::new(value);
    }
    Arc::clone(last)
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
        "keep_raw",
        "websub",
    ]
    .contains(&key)
    .then_some("below a [[feed]] line")
}

fn feed(
    section: &mut Section<'_, '_>,
    start: usize,
    gap: bool,
    place: &mut Place<'_>,
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
            headers::read(table, &place.folder, place.env)
        })
        .unwrap_or_default();
    headers.extend(access::auth(section, &headers, &place.folder, place.env));
    let cleanup = Cleanup {
        keep: section
            .list("keep", |value| Ok(rule_group(&value::text(value)?)?))
            .unwrap_or_default(),
        remove: section
            .list("remove", |value| Ok(selector(&value::text(value)?)?))
            .unwrap_or_default(),
    };
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
        access: shared(&mut place.access, access),
        max_body: section.read("max_body", |value| value::size(value, &BODIES)),
        cleanup: shared(&mut place.cleanup, cleanup),
        keep_raw: section.read("keep_raw", retention::keep_raw),
        websub: section.read("websub", value::flag).unwrap_or(true),
        origin: Arc::clone(&place.origin),
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
