//! An XML feed of any kind and in any condition to a [`Draft`].
//!
//! `scan` gives tokens, `names` their meaning, `frames` keeps what is open, `text` joins an element's
//! text, `fields` puts it where it belongs. Elements are closed where the writer must have meant
//! it, an item or entry belongs to the feed wherever it stands, and nothing here fails: what cannot
//! be used is passed over and noted.

mod ahead;
mod capture;
#[cfg(test)]
mod damage_tests;
mod fields;
mod frames;
mod links;
mod names;
mod parts;
mod says;
mod scan;
mod sitemap;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

use url::Url;

use self::{
    ahead::Closings,
    frames::{Frame, Frames, Lower, Place},
    names::{Meaning, What},
    scan::{Attributes, Flaw, Scanner, Tag, Token},
    sitemap::Sitemap,
    text::{Children, Entities, Flaws, Piece},
};
use super::{
    Limits, ParseError, dates,
    draft::{Draft, Fields},
    repairs::{Repairs, position, shown},
};
use crate::model::Position;

/// Reads a document. `base` is the URL it came from.
///
/// # Errors
/// [`ParseError::WebPage`] and [`ParseError::NotAFeed`] where no feed's root element is found;
/// [`ParseError::SitemapIndex`], and [`ParseError::PagesOnly`] where its pages are not wanted.
pub(super) fn read<'a>(
    text: &'a str,
    base: &str,
    limits: Limits,
    repairs: &mut Repairs,
) -> Result<Draft<'a>, ParseError> {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        frames: Frames::default(),
        entities: Entities::default(),
        draft: Draft::default(),
        repairs,
        pieces: Vec::new(),
        base: Url::parse(base).ok(),
        first_element: None,
        root: None,
        is_atom: false,
        limits,
        sitemap: None,
        channels: 0,
        closings: Closings::default(),
    };
    reader.run();
    reader.finish(text)
}

struct Reader<'a, 'r> {
    scanner: Scanner<'a>,
    frames: Frames<'a>,
    entities: Entities,
    draft: Draft<'a>,
    repairs: &'r mut Repairs,
    /// Reused for every element's text.
    pieces: Vec<Piece<'a>>,
    base: Option<Url>,
    first_element: Option<(&'a str, usize)>,
    /// Name of the feed's root element.
    root: Option<&'a str>,
    /// True for Atom, which says of its texts what they are.
    is_atom: bool,
    limits: Limits,
    /// Set if the document is one.
    sitemap: Option<Sitemap<'a>>,
    /// Channels begun.
    channels: usize,
    closings: Closings<'a>,
}

impl<'a> Reader<'a, '_> {
    fn run(&mut self) {
        loop {
            let at = self.scanner.position();
            let Some(token) = self.scanner.next() else {
                break;
            };
            self.note_flaw(at);
            match token {
                Token::Start(tag) => {
                    if self.start(tag, at) {
                        break;
                    }
                }
                Token::End(name) => self.end(name, at),
                Token::Text(text) => self.loose_text(Piece::Text(text), at),
                Token::CData(text) => self.loose_text(Piece::CData(text), at),
                Token::Doctype(text) => self.entities.read(text),
                Token::Other => {}
            }
        }
    }

    fn note_flaw(&mut self, at: usize) {
        let Some(flaw) = self.scanner.flaw else {
            return;
        };
        if self.root.is_some() {
            self.repairs.at(
                at,
                match flaw {
                    Flaw::BareLess => "a \"<\" that begins no tag; read as text",
                    Flaw::Unquoted => "an attribute whose quotes are not closed",
                    Flaw::Unterminated => "a CDATA section or comment that never ends",
                    Flaw::Unended => "a tag without its \">\"",
                },
            );
        }
    }

    /// A start tag. True when no more is to be read.
    fn start(&mut self, tag: Tag<'a>, at: usize) -> bool {
        let (scope, base, language) = self.scope(&tag);
        if self.first_element.is_none() {
            self.first_element = Some((tag.name, at));
            self.sitemap = Sitemap::begun_by(&tag, &mut self.frames);
        }
        let meaning = self.meaning(&tag, at);
        self.leave_part(meaning, tag.name, at);
        let mut frame = Frame {
            name: tag.name,
            place: Place::Unknown,
            scope,
            base,
            language,
        };
        let Some(meaning) = meaning else {
            self.push(frame, &tag);
            return false;
        };
        match meaning.what {
            What::Root | What::Feed if !self.frames.in_entry() => {
                self.feed(&tag, meaning, at);
                frame.place = if meaning.what == What::Root {
                    Place::Root
                } else {
                    Place::Feed
                };
                if let Some(language) = frame.language {
                    self.draft
                        .head
                        .language
                        .offer(3, "xml:lang", language.into());
                }
                self.push(frame, &tag);
            }
            What::Entry => {
                self.frames.surface();
                let most = self.limits.max_entries;
                if self.sitemap.is_some() {
                    self.page(at);
                } else if self.draft.entries.len() == most {
                    let what = format!("more than {most} entries; the rest is left out");
                    self.repairs.at(at, what);
                    self.frames.clear();
                    return true;
                }
                self.entry(&tag, at);
                if let (Some(language), Some(entry)) =
                    (frame.language, self.draft.entries.last_mut())
                {
                    entry.language.offer(3, "xml:lang", language.into());
                }
                frame.place = Place::Entry(self.draft.entries.len() - 1);
                self.push(frame, &tag);
            }
            _ => self.element(tag, meaning, frame, at),
        }
        false
    }

    /// Namespaces, `xml:base` and `xml:lang` of a start tag.
    fn scope(&mut self, tag: &Tag<'a>) -> (usize, Option<Url>, Option<&'a str>) {
        let scope = self.frames.scope();
        if !tag.attributes.contains("xml") {
            return (scope, None, None);
        }
        self.frames.declare(tag);
        let mut base = None;
        let mut language = None;
        for (name, value) in Attributes::of(tag) {
            match name {
                "xml:base" => {
                    let outer = self.frames.base().or(self.base.as_ref());
                    base = match outer {
                        Some(outer) => outer.join(value.trim()).ok(),
                        None => Url::parse(value.trim()).ok(),
                    };
                }
                "xml:lang" => language = Some(value.trim()).filter(|value| !value.is_empty()),
                _ => {}
            }
        }
        (scope, base, language)
    }

    fn meaning(&mut self, tag: &Tag<'a>, at: usize) -> Option<Meaning> {
        let (ns, local) = self.frames.resolve(tag.name);
        let meaning = names::meaning(ns, Lower::new(local).as_bytes());
        if meaning.is_some() && !self.frames.is_declared(tag.name) {
            let prefix = tag.name.split(':').next().unwrap_or_default();
            self.repairs.at(
                at,
                format!(
                    "the prefix \"{}:\" is not declared; read as usual",
                    shown(prefix)
                ),
            );
        }
        meaning
    }

    /// True if the open entry's own end tag comes before another entry begins.
    fn entry_goes_on(&mut self) -> bool {
        self.frames
            .entry_name()
            .is_some_and(|name| self.is_closed(name))
    }

    /// True if the element is closed further on, before its entry is.
    fn is_closed(&mut self, name: &'a str) -> bool {
        let from = self.scanner.position();
        self.closings.are_ahead(self.scanner.text(), from, name)
    }

    fn push(&mut self, frame: Frame<'a>, tag: &Tag<'a>) {
        self.frames.push(frame);
        if tag.empty {
            self.close_top();
        }
    }

    /// The feed's root or its channel.
    fn feed(&mut self, tag: &Tag<'a>, meaning: Meaning, at: usize) {
        if self.root.is_none() {
            self.root = Some(tag.name);
            self.format(tag, at);
        }
        self.channels += usize::from(meaning.what == What::Feed);
        if meaning.what == What::Feed
            && let Some(about) = attribute(tag, "about", &self.entities)
        {
            self.draft.head.id.offer(5, "rdf:about", about);
        }
    }

    fn format(&mut self, tag: &Tag<'a>, at: usize) {
        let local = text::local(tag.name).to_ascii_lowercase();
        let version = attribute(tag, "version", &self.entities).unwrap_or_default();
        let version = shown(version.trim());
        let version = version.as_str();
        let raw = tag.attributes;
        self.is_atom = matches!(local.as_str(), "feed" | "entry");
        self.draft.format = match local.as_str() {
            "rss" => {
                match version {
                    "2.0" | "0.91" | "0.92" | "0.93" | "0.94" => {}
                    "" => self
                        .repairs
                        .at(at, "the root element names no RSS version; read as 2.0"),
                    odd => self
                        .repairs
                        .at(at, format!("there is no RSS {odd}; read as 2.0")),
                }
                format!("RSS {}", if version.is_empty() { "2.0" } else { version })
            }
            "rdf" if raw.contains("simple/0.9") => "RSS 0.90".to_owned(),
            "rdf" => "RSS 1.0".to_owned(),
            "feed" | "entry" if raw.contains("purl.org/atom/ns") || version == "0.3" => {
                "Atom 0.3".to_owned()
            }
            "feed" | "entry" => "Atom 1.0".to_owned(),
            _ if raw.contains("rss1.1") => "RSS 1.1".to_owned(),
            _ => "RSS".to_owned(),
        };
    }

    fn entry(&mut self, tag: &Tag<'a>, at: usize) {
        if self.root.is_none() {
            self.root = Some(tag.name);
            self.format(tag, at);
        }
        let mut entry = Fields::default();
        // Channel Definition Format keeps these in attributes.
        if let Some(href) = attribute(tag, "href", &self.entities) {
            entry.link.offer(6, "href", href);
        }
        if let Some(date) = attribute(tag, "lastmod", &self.entities) {
            let time = dates::parse(&date);
            time.into_iter()
                .for_each(|time| entry.updated.offer(6, "lastmod", time));
        }
        if let Some(about) = attribute(tag, "about", &self.entities) {
            entry.id.offer(5, "rdf:about", about);
        }
        self.draft.entries.push(entry);
    }

    /// An end tag.
    fn end(&mut self, name: &'a str, at: usize) {
        match self.frames.find(name) {
            // The feed's end tag strayed into an entry that goes on to its own.
            Some(above) if self.frames.leaves_entry(above) && self.entry_goes_on() => {
                self.repairs.at(at, format!("a stray </{}>", shown(name)));
            }
            Some(above) => {
                if above > 0 {
                    self.repairs
                        .at(at, format!("<{}> is not closed", self.frames.top_name()));
                }
                (0..=above).for_each(|_| self.close_top());
            }
            None => {
                if self.root.is_some() && !self.frames.close_overflow() {
                    self.repairs.at(at, format!("a stray </{}>", shown(name)));
                }
            }
        }
    }

    /// Text directly in a person, an image or a source.
    fn loose_text(&mut self, piece: Piece<'a>, at: usize) {
        if self.frames.is_empty() && self.root.is_some() {
            if !piece.is_blank() {
                self.repairs.at(at, "text outside the feed; left out");
            }
            return;
        }
        if let Some(part) = self.frames.part() {
            let mut flaws = Flaws::default();
            let (text, _) = text::join(&[piece], Children::Dropped, &self.entities, &mut flaws);
            if !text.is_empty() {
                part.text.push_str(&text);
            }
            self.note_references(&flaws, at);
        }
    }

    fn finish(mut self, document: &str) -> Result<Draft<'a>, ParseError> {
        let Some(_) = self.root else {
            return Err(match self.first_element {
                None => ParseError::NotAFeed("no XML element in it".to_owned()),
                Some((name, _)) if is_html(name) => ParseError::WebPage,
                Some((name, at)) => {
                    let Position { line, column } = position(document, at);
                    let name = shown(name);
                    ParseError::NotAFeed(format!(
                        "its root element is <{name}> at line {line} column {column}"
                    ))
                }
            });
        };
        let is_page = self.first_element.is_some_and(|(name, _)| is_html(name));
        if is_page && self.draft.entries.is_empty() {
            return Err(ParseError::WebPage);
        }
        if !self.frames.is_empty() {
            let at = self.scanner.position();
            let open = self.frames.open_entry();
            self.repairs.at(
                at,
                format!(
                    "the document ends before <{}> is closed",
                    shown(self.frames.top_name())
                ),
            );
            while !self.frames.is_empty() {
                self.close_top();
            }
            if let Some(open) = open
                && self.draft.entries.len() > 1
            {
                self.draft.entries.remove(open);
                self.repairs.at(at, "the entry that is cut off is left out");
            }
        }
        if let Some(root) = self.sitemap.as_ref().map(|sitemap| sitemap.root) {
            self.finish_sitemap(root)?;
        }
        // Their number is the publisher's, but they say nothing.
        self.draft.entries.sort_by_key(Fields::is_empty);
        Ok(self.draft)
    }
}

/// True for an element that a web page begins with; many leave out `<html>`.
fn is_html(name: &str) -> bool {
    let names = [
        "html", "head", "title", "meta", "body", "script", "link", "style", "div",
    ];
    names.iter().any(|html| name.eq_ignore_ascii_case(html))
}

/// The decoded value of an attribute by its local name.
fn attribute<'a>(tag: &Tag<'a>, name: &str, entities: &Entities) -> Option<Cow<'a, str>> {
    let (_, value) =
        Attributes::of(tag).find(|(found, _)| text::local(found).eq_ignore_ascii_case(name))?;
    let mut flaws = Flaws {
        strict: true,
        ..Flaws::default()
    };
    Some(match text::decode(value.trim(), entities, &mut flaws) {
        Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
        Cow::Owned(value) => Cow::Owned(value.trim().to_owned()),
    })
}
