//! The lenient OPML reader: what readers export in the wild is rarely well-formed.
//!
//! Attribute names in any case, raw `&`, HTML entities, unclosed and unmatched tags, any or no
//! `version` are taken as they come. Sizes are capped, so a hostile file costs little.

use std::{collections::HashSet, sync::Arc};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use crate::{
    config::{
        address::{derive_id, feed_url},
        feed_table::FeedFile,
        section::Mistakes,
        sites::{Trust, site_feed},
        source::Source,
    },
    model::{Access, Cleanup, FeedKind, FeedSpec, redact_url},
};

/// More are not read; no person follows so many feeds.
const MAX_OUTLINES: usize = 10_000;
/// Deeper folders are not read.
const MAX_DEPTH: usize = 32;

/// The bytes as text without byte order mark: UTF-8, or what the XML declaration says.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        // The parser does not count the mark, so places would be off.
        Ok(text) => return text.trim_start_matches('\u{feff}').to_owned(),
        Err(error) => error.into_bytes(),
    };
    let lossy = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).into_owned();
    let declared = match Reader::from_str(&lossy).read_event() {
        Ok(Event::Decl(declaration)) => declaration.encoder(),
        _ => None,
    };
    match declared {
        Some(encoding) => encoding.decode(&bytes).0.into_owned(),
        None => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// What becomes of addresses that are known to be pages and no feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// A feed file is taken by its word, today as yesterday.
    AsTheyStand,
    /// The feeds that belong to them by the rules of `sites` are taken in their place; where an outline
    /// has no feed's address, its page's is looked at.
    ByRule,
}

/// Reads the outlines with a URL.
pub(super) fn read(source: Source, pages: Pages) -> FeedFile {
    let mut outlines = Outlines::new(&source, pages);
    let mut reader = Reader::from_str(&source.text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut saw_opml = false;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let more = match reader.read_event() {
            Ok(Event::Start(tag)) if is_outline(tag.name().as_ref()) => {
                outlines.open(&tag, at, true)
            }
            Ok(Event::Empty(tag)) if is_outline(tag.name().as_ref()) => {
                outlines.open(&tag, at, false)
            }
            Ok(Event::End(tag)) if is_outline(tag.name().as_ref()) => {
                outlines.folders.pop();
                true
            }
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                saw_opml |= tag.name().as_ref().eq_ignore_ascii_case("opml");
                true
            }
            Ok(Event::Eof) => false,
            Ok(_) => true,
            Err(error) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                outlines.mistake(
                    at,
                    format!("the rest of the file is not XML: {error}; mend it here"),
                );
                false
            }
        };
        if !more {
            break;
        }
    }
    if !saw_opml && outlines.count == 0 && outlines.mistakes.is_empty() {
        outlines.mistake(
            0,
            "this is not OPML: there is no <opml> and no <outline> in it".to_owned(),
        );
    }
    let Outlines {
        feeds,
        mistakes,
        told,
        ..
    } = outlines;
    let mut file = FeedFile::new(source);
    (file.feeds, file.mistakes, file.warnings) = (feeds, mistakes, told);
    file
}

fn is_outline(name: &str) -> bool {
    name.eq_ignore_ascii_case("outline")
}

/// What was read so far.
struct Outlines<'a> {
    source: &'a Source,
    pages: Pages,
    origin: Arc<str>,
    /// One for each open outline; `None` for those that are no folder.
    folders: Vec<Option<String>>,
    urls: HashSet<String>,
    count: usize,
    feeds: Vec<(usize, FeedSpec)>,
    mistakes: Mistakes,
    /// Which feeds were taken in place of pages.
    told: Mistakes,
    access: Arc<Access>,
    cleanup: Arc<Cleanup>,
}

impl<'a> Outlines<'a> {
    fn new(source: &'a Source, pages: Pages) -> Self {
        Self {
            source,
            pages,
            origin: source.path.to_string_lossy().into(),
            folders: Vec::new(),
            urls: HashSet::new(),
            count: 0,
            feeds: Vec::new(),
            mistakes: Vec::new(),
            told: Vec::new(),
            access: Arc::default(),
            cleanup: Arc::default(),
        }
    }

    /// Takes an outline; false if no more are read.
    fn open(&mut self, tag: &BytesStart<'_>, at: usize, has_children: bool) -> bool {
        self.count += 1;
        if self.count > MAX_OUTLINES {
            self.mistake(
                at,
                format!("more than {MAX_OUTLINES} outlines; split the file"),
            );
            return false;
        }
        let mut outline = Attributes::of(tag);
        if self.pages == Pages::ByRule {
            self.follow_rule(&mut outline, at);
        }
        let is_feed = !outline.url.is_empty();
        if is_feed {
            self.feed(&outline, at);
        }
        if has_children {
            // Feeds are often left unclosed; they are no folder and give no depth.
            self.folders
                .push((!is_feed).then(|| outline.name().to_owned()));
        }
        let depth = self.folders.iter().flatten().count();
        if depth > MAX_DEPTH {
            self.mistake(
                at,
                format!("folders lie more than {MAX_DEPTH} deep; flatten them"),
            );
        }
        depth <= MAX_DEPTH
    }

    /// Puts a page's feed in the page's place, if a rule knows it. A guess is good enough for an address
    /// that is no feed's by its shape.
    fn follow_rule(&mut self, outline: &mut Attributes, at: usize) {
        let page = if outline.url.is_empty() {
            &outline.page
        } else {
            &outline.url
        };
        let rule = site_feed(page).filter(|rule| rule.trust != Trust::Late);
        let Some(rule) = rule.filter(|rule| rule.url != *page) else {
            return;
        };
        let message = format!(
            "\"{}\" is a page ({}); its feed {} is taken",
            redact_url(page),
            rule.rule,
            redact_url(&rule.url)
        );
        self.told
            .push((at, self.source.error(at, "outline", message)));
        outline.url = rule.url;
    }

    fn feed(&mut self, outline: &Attributes, at: usize) {
        let url = match feed_url(&outline.url) {
            Ok(url) => url.to_string(),
            Err(message) => return self.mistake(at, message),
        };
        if !self.urls.insert(url.clone()) {
            return;
        }
        let Ok(id) = derive_id(&url) else { return };
        let name = Some(outline.name())
            .filter(|name| !name.is_empty() && *name != outline.url && *name != url);
        let spec = FeedSpec {
            id,
            name: name.map(str::to_owned),
            interval: None,
            tags: self.tags(&outline.category),
            headers: Vec::new(),
            kind: FeedKind::from_name(&outline.kind).unwrap_or_default(),
            paused: false,
            user_agent: None,
            timeout: None,
            max_body: None,
            access: Arc::clone(&self.access),
            cleanup: Arc::clone(&self.cleanup),
            keep_raw: None,
            websub: true,
            origin: Arc::clone(&self.origin),
            url,
        };
        self.feeds.push((at, spec));
    }

    /// Folders from the outermost in, then categories; `/a/b` is a path of two.
    fn tags(&self, category: &str) -> Vec<String> {
        let categories = category.split(',').map(str::trim).flat_map(|category| {
            match category.strip_prefix('/') {
                Some(path) => path.split('/').collect(),
                None => vec![category],
            }
        });
        let mut tags: Vec<String> = Vec::new();
        for tag in self
            .folders
            .iter()
            .flatten()
            .map(String::as_str)
            .chain(categories)
        {
            let tag = tag
                .trim_start_matches('/')
                .replace(',', " ")
                .trim()
                .to_owned();
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    fn mistake(&mut self, at: usize, message: String) {
        self.mistakes
            .push((at, self.source.error(at, "outline", message)));
    }
}

/// The attributes of an outline that matter.
#[derive(Default)]
struct Attributes {
    url: String,
    page: String,
    title: String,
    text: String,
    category: String,
    kind: String,
}

impl Attributes {
    fn of(tag: &BytesStart<'_>) -> Self {
        let mut found = Self::default();
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let field = match attribute.key.as_ref().to_ascii_lowercase().as_str() {
                "xmlurl" => &mut found.url,
                "htmlurl" => &mut found.page,
                "title" => &mut found.title,
                "text" => &mut found.text,
                "category" => &mut found.category,
                "type" => &mut found.kind,
                _ => continue,
            };
            *field = one_line(&decode_entities(&attribute.value));
        }
        found
    }

    /// `text` is the one that OPML 2.0 demands; `title` repeats it where it is there.
    fn name(&self) -> &str {
        if self.text.is_empty() {
            &self.title
        } else {
            &self.text
        }
    }
}

/// White space collapsed, other control characters left out.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect()
}

/// Entities replaced; an `&` that begins none stands for itself.
fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        match behind
            .split_once(';')
            .and_then(|(name, after)| Some((entity(name)?, after)))
        {
            Some((character, after)) => {
                out.push_str(&character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        let reference = format!("&{name};");
        let text = html_escape::decode_html_entities(&reference);
        return (text != reference).then(|| text.into_owned());
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32).map(String::from)
}
