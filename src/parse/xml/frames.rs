//! The open elements, innermost last, and what they bring into scope: namespaces, `xml:base`,
//! `xml:lang`. It decides which open element an end tag closes and whom an element describes; what
//! the element says is not its business.

use url::Url;

use super::{
    names::{self, Ns},
    scan::{Attributes, Tag},
    text,
};

/// More namespaces in scope are declared for nothing.
const MOST_NAMESPACES: usize = 256;

/// Deeper elements are passed over: no feed says anything down there.
const DEEPEST: usize = 64;

/// An open element.
pub(super) struct Frame<'a> {
    pub(super) name: &'a str,
    pub(super) place: Place,
    /// Namespaces in scope outside it.
    pub(super) scope: usize,
    pub(super) base: Option<Url>,
    pub(super) language: Option<&'a str>,
}

impl Frame<'_> {
    fn is_structure(&self) -> bool {
        matches!(self.place, Place::Root | Place::Feed | Place::Entry(_))
    }
}

/// Whom an element describes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Feed,
    /// The entry of this number.
    Entry(usize),
}

/// Added to the rank of what stands in an element of unknown meaning.
pub(super) const DOUBT: u8 = 20;

/// What the elements directly inside an element belong to.
pub(super) enum Place {
    /// The root of RSS, around the channel.
    Root,
    Feed,
    /// The entry of this number.
    Entry(usize),
    /// A person, an image or a source, which the frame collects.
    Part(Part),
    /// An element that counts as if it were not there.
    Wrapper,
    /// An element of unknown meaning: what stands in it is believed least.
    Unknown,
    /// Nothing that concerns feed or entry.
    Apart,
}

/// An element made of parts, or of a text in their place.
#[derive(Default)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) from: &'static str,
    pub(super) rank: u8,
    pub(super) role: &'static str,
    pub(super) text: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) url: Option<String>,
    /// A source's URL is its page.
    pub(super) is_page: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PartKind {
    #[default]
    Person,
    Image,
    Source,
}

/// A short name in lower case, without an allocation. Longer names mean nothing to us.
pub(super) struct Lower {
    bytes: [u8; 32],
    length: usize,
}

impl Lower {
    pub(super) fn new(name: &str) -> Self {
        let mut bytes = [0; 32];
        let length = if name.len() <= bytes.len() {
            name.len()
        } else {
            0
        };
        bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
        bytes.make_ascii_lowercase();
        Self { bytes, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The stack.
#[derive(Default)]
pub(super) struct Frames<'a> {
    open: Vec<Frame<'a>>,
    /// Elements below `DEEPEST`.
    overflow: usize,
    /// Declared prefixes, the default one empty, innermost last.
    namespaces: Vec<(&'a str, Option<Ns>)>,
}

impl<'a> Frames<'a> {
    pub(super) fn push(&mut self, frame: Frame<'a>) {
        if self.open.len() < DEEPEST {
            self.open.push(frame);
        } else {
            self.namespaces.truncate(frame.scope);
            self.overflow += 1;
        }
    }

    /// Closes the innermost element that was kept apart and gives it back.
    pub(super) fn pop(&mut self) -> Option<Frame<'a>> {
        self.overflow = 0;
        let frame = self.open.pop()?;
        self.namespaces.truncate(frame.scope);
        Some(frame)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.overflow = 0;
    }

    pub(super) fn top_name(&self) -> &'a str {
        self.open.last().map_or("", |frame| frame.name)
    }

    /// The part being collected, if the innermost element is one or is markup in one.
    pub(super) fn part(&mut self) -> Option<&mut Part> {
        let frame = self
            .open
            .iter_mut()
            .rev()
            .find(|frame| !matches!(frame.place, Place::Unknown))?;
        match &mut frame.place {
            Place::Part(part) if self.overflow == 0 => Some(part),
            _ => None,
        }
    }

    /// The name of the part being collected.
    pub(super) fn part_name(&self) -> &'a str {
        let part = |frame: &&Frame<'a>| matches!(frame.place, Place::Part(_));
        self.open
            .iter()
            .rev()
            .find(part)
            .map_or("", |frame| frame.name)
    }

    /// Whom the elements directly inside the innermost element describe, and how much less they are
    /// believed. `None` where they say nothing.
    pub(super) fn owner(&self) -> Option<(Owner, u8)> {
        let mut doubt = 0;
        for frame in self.open.iter().rev() {
            match frame.place {
                Place::Root | Place::Feed => return Some((Owner::Feed, doubt)),
                Place::Entry(number) => return Some((Owner::Entry(number), doubt)),
                Place::Unknown => doubt = DOUBT,
                Place::Wrapper => {}
                Place::Part(_) | Place::Apart => return None,
            }
        }
        None
    }

    /// Leaves everything between here and the innermost entry or feed, if that is too deep to be
    /// kept apart.
    pub(super) fn surface(&mut self) {
        if self.overflow == 0 {
            return;
        }
        self.overflow = 0;
        while let Some(frame) = self.open.last() {
            if frame.is_structure() {
                return;
            }
            self.namespaces.truncate(frame.scope);
            self.open.pop();
        }
    }

    /// How many open elements stand above the one that `</name>` closes. An end tag closes no
    /// entry or feed on its way to an element around it that is none.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let mut crossed = self.overflow > 0;
        for (above, frame) in self.open.iter().rev().enumerate() {
            let is_structure = frame.is_structure();
            if (!crossed || is_structure) && frame.name.eq_ignore_ascii_case(name) {
                return Some(above);
            }
            crossed |= is_structure;
        }
        None
    }

    /// True if an element of that name is open.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Takes an end tag for one below `DEEPEST`; false if there is none.
    pub(super) fn close_overflow(&mut self) -> bool {
        let any = self.overflow > 0;
        self.overflow = self.overflow.saturating_sub(1);
        any
    }

    /// The innermost entry's number.
    pub(super) fn open_entry(&self) -> Option<usize> {
        self.open.iter().rev().find_map(|frame| match frame.place {
            Place::Entry(number) => Some(number),
            _ => None,
        })
    }

    /// The innermost entry's element.
    pub(super) fn entry_name(&self) -> Option<&'a str> {
        let is_entry = |frame: &&Frame<'a>| matches!(frame.place, Place::Entry(_));
        self.open
            .iter()
            .rev()
            .find(is_entry)
            .map(|frame| frame.name)
    }

    /// True if closing the element under so many others closes an entry and what holds it.
    pub(super) fn leaves_entry(&self, above: usize) -> bool {
        let mut closed = self.open.iter().rev().take(above + 1);
        let is_feed = |frame: &Frame<'a>| matches!(frame.place, Place::Root | Place::Feed);
        closed.clone().next_back().is_some_and(is_feed)
            && closed.any(|frame| matches!(frame.place, Place::Entry(_)))
    }

    pub(super) fn in_entry(&self) -> bool {
        self.open_entry().is_some()
    }

    /// The innermost `xml:base`.
    pub(super) fn base(&self) -> Option<&Url> {
        self.open.iter().rev().find_map(|frame| frame.base.as_ref())
    }

    pub(super) fn scope(&self) -> usize {
        self.namespaces.len()
    }

    /// Forgets the namespaces of an element that was read without being kept open.
    pub(super) fn undeclare(&mut self, scope: usize) {
        self.namespaces.truncate(scope);
    }

    /// Brings the tag's namespaces into scope.
    pub(super) fn declare(&mut self, tag: &Tag<'a>) {
        for (name, value) in Attributes::of(tag) {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if rest.starts_with(':') => &rest[1..],
                _ => continue,
            };
            if self.namespaces.len() >= MOST_NAMESPACES {
                return;
            }
            // A wrong URI under a prefix that everybody knows is a slip of the pen.
            let ns = names::of_uri(value).or_else(|| names::of_prefix(prefix));
            self.namespaces.push((prefix, ns));
        }
    }

    /// Takes a prefix for this namespace from here on, whatever it was declared to be.
    pub(super) fn assume(&mut self, prefix: &'a str, ns: Ns) {
        self.namespaces.push((prefix, Some(ns)));
    }

    /// The namespace of a name, and its local part. Names without prefix are feed elements unless
    /// a namespace of another kind is the default.
    pub(super) fn resolve(&self, name: &'a str) -> (Ns, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let local = text::local(local);
        let declared = self
            .namespaces
            .iter()
            .rev()
            .find(|(declared, _)| *declared == prefix)
            .map(|(_, ns)| *ns);
        let ns = match (declared, prefix) {
            (Some(Some(ns)), _) => ns,
            (_, "") => Ns::Core,
            (Some(None), _) => Ns::Other,
            (None, prefix) => names::of_prefix(prefix).unwrap_or(Ns::Other),
        };
        (ns, local)
    }

    /// True if the prefix of a name is declared, or there is none.
    pub(super) fn is_declared(&self, name: &str) -> bool {
        name.split_once(':').is_none_or(|(prefix, _)| {
            prefix == "xml"
                || self
                    .namespaces
                    .iter()
                    .any(|(declared, _)| *declared == prefix)
        })
    }
}
