//! Safe HTML to XHTML that every reader of books takes: well-formed, and valid by construction.
//!
//! Feeds nest elements as they like and readers refuse a whole book for one of them, so this keeps
//! few: paragraphs, headings, lists, quotations, preformatted text and what stands within lines.
//! Everything else is the text in it; a table's rows are paragraphs, a picture is a link. It reads
//! what `normalize::sanitize` writes: balanced, quoted attributes, no comments.

use crate::export::formats::xml;

/// Elements within lines that may stand in each other at will.
const INLINE: &[&str] = &[
    "a", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "samp", "small",
    "strong", "sub", "sup", "u", "var",
];
/// Elements that hold other blocks.
const NESTING: &[&str] = &["blockquote", "ol", "ul", "li"];
/// Elements that leave the line they stand in whole.
const TRANSPARENT: &[&str] = &[
    "abbr", "bdi", "bdo", "dfn", "rb", "rp", "ruby", "span", "time", "wbr",
];

/// The XHTML of a body, in blocks.
pub(super) fn from_html(html: &str) -> String {
    let mut writer = Writer {
        out: String::with_capacity(html.len()),
        ..Writer::default()
    };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        writer.text(&decoded(&rest[..at]));
        let (tag, after) = split_tag(&rest[at + 1..]);
        match tag.strip_prefix('/') {
            Some(name) => writer.end(name.trim()),
            None => writer.start(tag),
        }
        rest = after;
    }
    writer.text(&decoded(rest));
    writer.close_line();
    while writer.close_block() {}
    writer.out
}

/// A tag without its brackets, and what follows it. A bracket in quotation marks ends no tag.
fn split_tag(text: &str) -> (&str, &str) {
    let mut is_quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

/// The value of a tag's attribute. No value holds a quotation mark as it is.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    let value = &value[..value.find('"')?];
    Some(decoded(value).into_owned())
}

/// A URL as an attribute of XHTML may hold it (RFC 3986), escaped; `None` for other schemes.
pub(super) fn uri(url: &str) -> Option<String> {
    let is_known = ["http://", "https://", "mailto:"];
    if !is_known.iter().any(|scheme| url.starts_with(scheme)) {
        return None;
    }
    let mut out = String::with_capacity(url.len());
    for (at, byte) in url.bytes().enumerate() {
        let is_escape =
            |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
        match byte {
            b'%' if is_escape(&url.as_bytes()[at + 1..]) => out.push('%'),
            b'&' => out.push_str("&amp;"),
            b'\'' => out.push_str("&#39;"),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'$' | b'('
            | b')' | b'*' | b'+' | b',' | b';' | b'=' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(out)
}

/// Writes blocks and lines; a line is what text stands in.
#[derive(Default)]
struct Writer {
    out: String,
    /// Open blocks, outermost first.
    blocks: Vec<&'static str>,
    /// The open line's element.
    line: Option<&'static str>,
    /// What the next line's element is, if not a paragraph.
    next_line: Option<&'static str>,
    /// Open elements within lines, each with its attributes. They begin anew in each line.
    inline: Vec<(&'static str, String)>,
}

impl Writer {
    fn start(&mut self, tag: &str) {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        match name {
            "br" if self.line.is_some() => self.out.push_str("<br/>"),
            "br" => {}
            "img" => self.picture(tag),
            "rt" => self.text("("),
            "td" | "th" if self.line.is_some() => self.text(" | "),
            "td" | "th" => {}
            "hr" => {
                self.close_line();
                if !matches!(self.blocks.last(), Some(&("ul" | "ol"))) {
                    self.out.push_str("<hr/>\n");
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.close_line();
                // The page has its own first heading.
                self.next_line = Some(if matches!(name, "h1" | "h2") {
                    "h2"
                } else {
                    "h3"
                });
            }
            "pre" => {
                self.close_line();
                self.next_line = Some("pre");
            }
            name if NESTING.contains(&name) => self.start_block(name),
            name if TRANSPARENT.contains(&name) => {}
            name => match INLINE.iter().find(|known| **known == name) {
                Some(known) => self.start_inline(known, tag),
                None => self.close_line(),
            },
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "rt" => self.text(")"),
            "td" | "th" => {}
            name if NESTING.contains(&name) => {
                self.close_line();
                // An item's end does not end the list around it.
                let within = |block: &&&str| name != "li" || !matches!(**block, "ul" | "ol");
                let mut open = self.blocks.iter().rev().take_while(within);
                if open.any(|block| *block == name) {
                    while self.blocks.last().is_some_and(|block| *block != name) {
                        self.close_block();
                    }
                    self.close_block();
                }
            }
            name if TRANSPARENT.contains(&name) => {}
            name if INLINE.contains(&name) => self.end_inline(name),
            _ => self.close_line(),
        }
    }

    fn text(&mut self, text: &str) {
        if self.line.is_none() {
            if text.trim().is_empty() {
                return;
            }
            self.open_line();
        }
        self.out.push_str(&xml::text(text));
    }

    /// A picture is a link to it: the book holds none.
    fn picture(&mut self, tag: &str) {
        let alt = attribute(tag, "alt").filter(|alt| !alt.trim().is_empty());
        let shown = format!("[{}]", alt.as_deref().unwrap_or("picture"));
        let in_link = self.inline.iter().any(|(name, _)| *name == "a");
        match attribute(tag, "src").as_deref().and_then(uri) {
            Some(url) if !in_link => {
                self.start_inline("a", &format!("a href=\"{url}\""));
                self.text(&shown);
                self.end_inline("a");
            }
            _ => self.text(&shown),
        }
    }

    fn start_block(&mut self, name: &str) {
        self.close_line();
        let in_list = matches!(self.blocks.last(), Some(&("ul" | "ol")));
        match name {
            "li" if self.blocks.last() == Some(&"li") => {
                self.close_block();
                self.open_block("li");
            }
            "li" if in_list => self.open_block("li"),
            // An item of no list is a paragraph.
            "li" => {}
            _ => {
                if in_list {
                    self.open_block("li");
                }
                let known = NESTING.iter().find(|known| **known == name);
                known.into_iter().for_each(|known| self.open_block(known));
            }
        }
    }

    fn open_block(&mut self, name: &'static str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(">\n");
        self.blocks.push(name);
    }

    /// Closes the innermost block; false if there is none.
    fn close_block(&mut self) -> bool {
        let Some(name) = self.blocks.pop() else {
            return false;
        };
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
        true
    }

    fn open_line(&mut self) {
        if matches!(self.blocks.last(), Some(&("ul" | "ol"))) {
            self.open_block("li");
        }
        let element = self.next_line.take().unwrap_or("p");
        self.out.push('<');
        self.out.push_str(element);
        self.out.push('>');
        self.line = Some(element);
        for at in 0..self.inline.len() {
            self.write_start(at);
        }
    }

    fn close_line(&mut self) {
        self.next_line = None;
        let Some(element) = self.line.take() else {
            return;
        };
        for at in (0..self.inline.len()).rev() {
            self.write_end(at);
        }
        self.out.push_str("</");
        self.out.push_str(element);
        self.out.push_str(">\n");
    }

    fn start_inline(&mut self, name: &'static str, tag: &str) {
        let attributes = match name {
            "a" => {
                let url = attribute(tag, "href").as_deref().and_then(uri);
                let Some(url) = url.filter(|_| self.inline.iter().all(|(open, _)| *open != "a"))
                else {
                    return;
                };
                format!(" href=\"{url}\"")
            }
            _ => String::new(),
        };
        self.inline.push((name, attributes));
        if self.line.is_some() {
            self.write_start(self.inline.len() - 1);
        }
    }

    /// Ends the innermost element of that name; those within it begin anew.
    fn end_inline(&mut self, name: &str) {
        let Some(at) = self.inline.iter().rposition(|(open, _)| *open == name) else {
            return;
        };
        if self.line.is_some() {
            for within in (at..self.inline.len()).rev() {
                self.write_end(within);
            }
        }
        self.inline.remove(at);
        if self.line.is_some() {
            for within in at..self.inline.len() {
                self.write_start(within);
            }
        }
    }

    fn write_start(&mut self, at: usize) {
        let (name, attributes) = &self.inline[at];
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(attributes);
        self.out.push('>');
    }

    fn write_end(&mut self, at: usize) {
        self.out.push_str("</");
        self.out.push_str(self.inline[at].0);
        self.out.push('>');
    }
}
