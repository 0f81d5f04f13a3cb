//! HTML element names: what each means for plain text, and how its content is tokenized.
//!
//! A table in code, from the "Rendering" chapter of the HTML standard. It knows nothing of text.

use html5gum::State;

/// What an element means for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Joins its neighbours without a space; every unknown element is one.
    Inline,
    /// Stands on lines of its own.
    Block,
    /// Ends a line; never has content.
    Break,
    /// Never has content and shows no text.
    Void,
    /// A table or a row of it: the line ends at once, whatever cells are open.
    Row,
    /// A table cell.
    Cell,
    /// Line breaks and spaces are kept.
    Pre,
    /// A list, whose items have numbers if it is an `ol`.
    List,
    /// An item of a list.
    Item,
    /// A quotation within a line.
    Quote,
    /// The reading of the characters before it.
    Reading,
    /// Content is not text to read.
    Skipped,
}

/// The kind of the element with this lower-case name.
pub(super) fn kind(name: &[u8]) -> Kind {
    match name {
        b"address" | b"article" | b"aside" | b"blockquote" | b"body" | b"center" | b"dd"
        | b"details" | b"dialog" | b"dir" | b"div" | b"dl" | b"dt" | b"fieldset"
        | b"figcaption" | b"figure" | b"footer" | b"form" | b"h1" | b"h2" | b"h3" | b"h4"
        | b"h5" | b"h6" | b"header" | b"hgroup" | b"html" | b"legend" | b"main" | b"nav" | b"p"
        | b"search" | b"section" | b"summary" => Kind::Block,
        b"menu" | b"ol" | b"ul" => Kind::List,
        b"li" => Kind::Item,
        b"q" => Kind::Quote,
        b"rt" => Kind::Reading,
        b"br" | b"hr" => Kind::Break,
        b"area" | b"base" | b"col" | b"embed" | b"img" | b"input" | b"link" | b"meta"
        | b"param" | b"source" | b"track" | b"wbr" => Kind::Void,
        b"caption" | b"table" | b"tbody" | b"tfoot" | b"thead" | b"tr" => Kind::Row,
        b"td" | b"th" => Kind::Cell,
        b"listing" | b"pre" | b"xmp" => Kind::Pre,
        b"applet" | b"audio" | b"button" | b"canvas" | b"datalist" | b"head" | b"iframe"
        | b"math" | b"noembed" | b"noframes" | b"noscript" | b"object" | b"rp" | b"rtc"
        | b"script" | b"select" | b"style" | b"svg" | b"template" | b"textarea" | b"title"
        | b"video" => Kind::Skipped,
        _ => Kind::Inline,
    }
}

/// The tokenizer state after the start tag of an element whose content is not markup (HTML
/// standard, 13.2.6.4). `plaintext` is left out: it would swallow the rest of the article.
pub(super) fn content_state(name: &[u8]) -> Option<State> {
    match name {
        b"textarea" | b"title" => Some(State::RcData),
        b"script" => Some(State::ScriptData),
        b"iframe" | b"noembed" | b"noframes" | b"noscript" | b"style" | b"xmp" => {
            Some(State::RawText)
        }
        _ => None,
    }
}

/// True for the elements that publishers put into titles. Any other `<name>` in a title is text,
/// such as `Vec<T>` or "the `<video>` tag".
pub(super) fn is_title_markup(name: &[u8]) -> bool {
    matches!(
        name,
        b"a" | b"abbr"
            | b"acronym"
            | b"b"
            | b"bdi"
            | b"bdo"
            | b"big"
            | b"br"
            | b"cite"
            | b"code"
            | b"del"
            | b"dfn"
            | b"div"
            | b"em"
            | b"font"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"i"
            | b"img"
            | b"ins"
            | b"kbd"
            | b"mark"
            | b"p"
            | b"q"
            | b"s"
            | b"small"
            | b"span"
            | b"strike"
            | b"strong"
            | b"sub"
            | b"sup"
            | b"time"
            | b"tt"
            | b"u"
            | b"var"
            | b"wbr"
    )
}

/// A name kept in place; its first 24 bytes decide, which no HTML element's name exceeds.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Name {
    bytes: [u8; 24],
    len: usize,
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        let mut name = Self::default();
        name.push(text.as_bytes());
        name
    }
}

impl Name {
    /// Appends a piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        let room = &mut self.bytes[self.len..];
        let taken = piece.len().min(room.len());
        room[..taken].copy_from_slice(&piece[..taken]);
        self.len += taken;
    }

    /// Empties the name. The bytes are wiped because equality compares them all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The name so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
