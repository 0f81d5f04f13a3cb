//! The tokenizer: tags, text, CDATA and comments of a document that need not be well-formed XML.
//!
//! It never fails and always moves on. What XML forbids is read the way the writer must have meant
//! it: a `<` that begins no tag is text, an attribute value needs no quotes, a quote that is never
//! closed ends with its tag. Of feeds it knows only what an entry's end looks like.

use memchr::{memchr, memmem};

/// A piece of a document. All slices are of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag's name.
    End(&'a str),
    /// Text as written, entities and all.
    Text(&'a str),
    /// The inside of a CDATA section.
    CData(&'a str),
    /// The inside of `<!DOCTYPE ...>`.
    Doctype(&'a str),
    /// A comment or a processing instruction.
    Other,
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Name with prefix, as written.
    pub(super) name: &'a str,
    /// Everything between name and end.
    pub(super) attributes: &'a str,
    /// True for `<name/>`.
    pub(super) empty: bool,
}

/// What a token had wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A `<` that begins no tag.
    BareLess,
    /// An attribute value without quotes, or with one that is never closed.
    Unquoted,
    /// A CDATA section or comment that never ends.
    Unterminated,
    /// A tag without its `>`.
    Unended,
}

/// Reads tokens from a document.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Where the next terminator of each kind stands: looked for once, not for every opener.
    ends: [Ahead; TERMINATORS.len()],
    /// What the token read last had wrong with it.
    pub(super) flaw: Option<Flaw>,
    /// Name of the element whose text is being read, empty between such elements. In a text a tag
    /// without its `>` is text, elsewhere it is a tag.
    pub(super) leaf: &'a str,
}

const TERMINATORS: [&str; 3] = ["]]>", "-->", ">"];
const CDATA: usize = 0;
const COMMENT: usize = 1;
const ANY: usize = 2;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            ends: [Ahead::default(); TERMINATORS.len()],
            flaw: None,
            leaf: "",
        }
    }

    /// Where the next token begins, in bytes.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back (or forth) to where a token began.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// The place of the `&` before an address in the document.
    pub(super) fn place(&self, after: usize) -> usize {
        after
            .saturating_sub(self.text.as_ptr().addr() + 1)
            .min(self.text.len())
    }

    /// The whole document.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The document from there to the next token.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.flaw = None;
        let rest = &self.text[self.at..];
        if !rest.starts_with('<') {
            return self.text_run(0);
        }
        match rest.as_bytes().get(1) {
            Some(b'/') => self.end_tag(rest),
            Some(b'!') => self.declaration(rest),
            Some(b'?') => Some(self.instruction(rest)),
            Some(&byte) if starts_name(byte) => match self.start_tag(rest) {
                Ok(tag) => Some(Token::Start(tag)),
                Err(length) => self.bare_less(length),
            },
            _ => self.bare_less(1),
        }
    }

    /// Text that begins with a `<` and goes on for `length` bytes at least. What was looked at in
    /// vain is not looked at again, so that the time stays linear.
    fn bare_less(&mut self, length: usize) -> Option<Token<'a>> {
        let token = self.text_run(length);
        self.flaw = Some(Flaw::BareLess);
        token
    }

    /// Text up to the next `<` after the first `skip` bytes.
    fn text_run(&mut self, skip: usize) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = memchr(b'<', &rest.as_bytes()[skip..]).map_or(rest.len(), |at| at + skip);
        self.at += end;
        Some(Token::Text(&rest[..end]))
    }

    fn end_tag(&mut self, rest: &'a str) -> Option<Token<'a>> {
        let inner = rest[2..].trim_start();
        let blank = rest.len() - inner.len();
        let Some(&first) = inner
            .as_bytes()
            .first()
            .filter(|b| starts_name(**b) || **b == b'>')
        else {
            return self.bare_less(2);
        };
        if first == b'>' {
            // `</>` closes nothing.
            self.at += blank + 1;
            return Some(Token::Other);
        }
        let name = name_at(inner);
        let after = &inner[name.len()..];
        // `</title<link>`: the tag ends where the next begins.
        let end = after.find(['>', '<']).unwrap_or(after.len());
        self.at += blank + name.len() + end;
        if after.as_bytes().get(end) == Some(&b'>') {
            self.at += 1;
        }
        Some(Token::End(name))
    }

    fn declaration(&mut self, rest: &'a str) -> Option<Token<'a>> {
        if rest
            .get(..9)
            .is_some_and(|start| start.eq_ignore_ascii_case("<![CDATA["))
        {
            Some(self.until(CDATA, rest, 9, Token::CData))
        } else if rest.starts_with("<!--") {
            Some(self.until(COMMENT, rest, 4, |_| Token::Other))
        } else if rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) {
            let end = doctype_end(rest).unwrap_or(rest.len());
            self.at += end;
            Some(Token::Doctype(&rest[2..end]))
        } else {
            Some(self.until(ANY, rest, 2, |_| Token::Other))
        }
    }

    /// `<?...?>`. One that forgets its end ends with its tag.
    fn instruction(&mut self, rest: &'a str) -> Token<'a> {
        let end = rest[2..].find(['>', '<']).map_or(rest.len(), |at| at + 2);
        self.at += end;
        if rest.as_bytes().get(end) == Some(&b'>') {
            self.at += 1;
        }
        Token::Other
    }

    /// A token from `start` to its terminator. Without one, CDATA ends with the element whose text
    /// it is in, and anything else with its tag.
    fn until(
        &mut self,
        terminator: usize,
        rest: &'a str,
        start: usize,
        token: impl Fn(&'a str) -> Token<'a>,
    ) -> Token<'a> {
        let ends_with = TERMINATORS[terminator];
        let (body, begin) = (&rest[start..], self.at + start);
        let end = self.ends[terminator].find(self.text, begin, ends_with);
        if let Some(end) = end.map(|end| end - begin)
            && !(terminator == CDATA && is_anothers(&body[..end]))
        {
            self.at += start + end + ends_with.len();
            return token(&body[..end]);
        }
        self.flaw = Some(Flaw::Unterminated);
        let end = if terminator == CDATA {
            let own = format!("</{}", self.leaf);
            memmem::find(body.as_bytes(), own.as_bytes()).unwrap_or(body.len())
        } else {
            memchr(b'>', body.as_bytes()).map_or(body.len(), |at| at + 1)
        };
        self.at += start + end;
        token(&body[..end])
    }

    /// `Err` with the length looked at if no tag begins here: another `<` or nothing more comes
    /// before its end.
    fn start_tag(&mut self, rest: &'a str) -> Result<Tag<'a>, usize> {
        let name = name_at(&rest[1..]);
        if !name.bytes().all(is_name) || name.ends_with(':') {
            return Err(1 + name.len());
        }
        let bytes = rest.as_bytes();
        let mut at = 1 + name.len();
        let begin = at;
        let mut flaw = None;
        loop {
            let Some(&byte) = bytes.get(at) else {
                return Err(at);
            };
            match byte {
                b'>' => break,
                b'<' if self.leaf.is_empty() => {
                    flaw = Some(Flaw::Unended);
                    break;
                }
                b'<' => return Err(at),
                quote @ (b'"' | b'\'') => match quoted_end(&rest[at..], quote) {
                    Some(length) => at += length,
                    None => {
                        flaw = Some(Flaw::Unquoted);
                        at += 1;
                    }
                },
                _ => at += 1,
            }
        }
        let inner = &rest[begin..at];
        let empty = inner.ends_with('/') && !ends_in_unquoted_value(inner);
        self.at += at + usize::from(bytes[at] == b'>');
        self.flaw = flaw;
        Ok(Tag {
            name,
            attributes: inner.strip_suffix('/').filter(|_| empty).unwrap_or(inner),
            empty,
        })
    }
}

/// The next place of a text, remembered until it is passed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    /// From where it was looked for, and what was found.
    found: Option<(usize, Option<usize>)>,
}

impl Ahead {
    /// The first place at or after `from`. Asked with growing `from`, it reads the document once.
    pub(super) fn find(&mut self, text: &str, from: usize, wanted: &str) -> Option<usize> {
        self.find_by(from, || {
            memmem::find(&text.as_bytes()[from..], wanted.as_bytes()).map(|at| from + at)
        })
    }

    /// The same with a search of the caller's.
    pub(super) fn find_by(
        &mut self,
        from: usize,
        search: impl FnOnce() -> Option<usize>,
    ) -> Option<usize> {
        match self.found {
            Some((since, at)) if since <= from && at.is_none_or(|at| at >= from) => at,
            _ => {
                let at = search();
                self.found = Some((from, at));
                at
            }
        }
    }
}

/// True if a CDATA section goes on into another one, with an entry's end between: then that one's
/// end is not its own.
fn is_anothers(body: &str) -> bool {
    memmem::find(body.as_bytes(), b"<![CDATA[").is_some_and(|next| {
        ["</item", "</entry"]
            .iter()
            .any(|end| body[..next].contains(end))
    })
}

/// Longest attribute value that is believed; a quote further off belongs to another tag.
const MAX_VALUE: usize = 64 << 10;

/// Length of a quoted value with its quotes. `None` if the quote is never closed, which is so too
/// if a tag ends and another begins before the next such quote.
fn quoted_end(rest: &str, quote: u8) -> Option<usize> {
    let window = &rest.as_bytes()[1..rest.len().min(MAX_VALUE)];
    let end = memchr(quote, window)?;
    let value = &window[..end];
    let another_tag = memchr(b'>', value)
        .is_some_and(|close| memchr(b'<', value).is_some_and(|open| close < open));
    (!another_tag).then_some(end + 2)
}

/// True for `href=http://example.org/`, whose slash is the value's.
fn ends_in_unquoted_value(inner: &str) -> bool {
    let last = inner.rsplit(|c: char| c.is_ascii_whitespace()).next();
    last.and_then(|last| last.split_once('='))
        .is_some_and(|(_, value)| value.len() > 1 && !value.contains(['"', '\'']))
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
}

/// The name at the start of `text`.
fn name_at(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|b| {
            b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<' | b'=' | b'"' | b'\'')
        })
        .unwrap_or(text.len());
    &text[..end]
}

/// Length of a doctype with its internal subset.
fn doctype_end(rest: &str) -> Option<usize> {
    let close = rest.find('>')?;
    // Only before the `>`: declarations in a row must not be read through for each of them.
    match rest[..close].find('[') {
        Some(open) => {
            let end = open + rest[open..].find("]>").or_else(|| rest[open..].find(']'))?;
            Some(end + rest[end..].find('>')? + 1)
        }
        None => Some(close + 1),
    }
}

/// Name and raw value of each attribute of a tag, in order. An attribute without a value has an
/// empty one.
pub(super) struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    pub(super) fn of(tag: &Tag<'a>) -> Self {
        Self(tag.attributes)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self
            .0
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\''));
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .bytes()
            .position(|b| b.is_ascii_whitespace() || b == b'=')
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let after = rest.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            self.0 = rest;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quote = value.bytes().next().filter(|b| matches!(b, b'"' | b'\''));
        let (value, rest) = match quote {
            Some(quote) => {
                let inner = &value[1..];
                match memchr(quote, inner.as_bytes()) {
                    Some(end) => (&inner[..end], &inner[end + 1..]),
                    None => split_unquoted(inner),
                }
            }
            None => split_unquoted(value),
        };
        self.0 = rest;
        Some((name, value))
    }
}

fn split_unquoted(value: &str) -> (&str, &str) {
    value.split_at(
        value
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(value.len()),
    )
}
