//! A search as people type it, and how texts are folded before they are indexed. Pure.
//!
//! A query becomes a tree here, and the store's own language in the store: whatever is typed, the
//! store never sees it raw. Whether two words are the same is the index's business (letters' case,
//! accents), but for scripts without spaces, which are parted here for texts and queries alike.

use std::{borrow::Cow, fmt, str::FromStr};

use super::near::is_unspaced;

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    root: Node,
    typed: String,
}

/// As it was typed.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// A part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A word or a phrase.
    Term(Term),
    /// All of these, and none of those.
    All {
        /// At least one.
        of: Vec<Node>,
        /// May be empty.
        but: Vec<Node>,
    },
    /// Any of these, of which there are two at least.
    Any(Vec<Node>),
}

/// Words that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As it was typed, without the marks of the language; has a letter or a digit. What the index
    /// parts into several words is a phrase.
    pub text: String,
    /// The last word may go on.
    pub is_prefix: bool,
    /// In the title alone.
    pub in_title: bool,
}

/// What cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidQuery {
    /// No letter and no digit.
    Empty,
    /// It says what articles must not have, and not what they must.
    OnlyExclusions,
    /// More than [`Query::MOST_TERMS`].
    TooLong,
}

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there is no word in it to search for"),
            Self::OnlyExclusions => write!(
                f,
                "it only says what articles must not have; add a word that they must have"
            ),
            Self::TooLong => write!(f, "it has more than {} words", Query::MOST_TERMS),
        }
    }
}

impl std::error::Error for InvalidQuery {}

impl Query {
    /// Words and phrases that a query may have.
    pub const MOST_TERMS: usize = 64;
    /// Brackets within brackets; further ones do not count.
    const MOST_NESTED: usize = 16;

    /// The query's tree.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The words and phrases that an article may have found by, in the order of typing.
    #[must_use]
    pub fn wanted(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        collect(&self.root, &mut terms);
        terms
    }
}

fn collect<'a>(node: &'a Node, terms: &mut Vec<&'a Term>) {
    match node {
        Node::Term(term) => terms.push(term),
        Node::All { of: nodes, .. } | Node::Any(nodes) => {
            nodes.iter().for_each(|node| collect(node, terms));
        }
    }
}

impl FromStr for Query {
    type Err = InvalidQuery;

    /// Words that all must be there; `"a phrase"`, to the end if it is not closed; `-without`;
    /// `this OR that`, which binds less than words side by side; `begin*`; `title:word`; brackets.
    /// Everything else is text.
    fn from_str(text: &str) -> Result<Self, InvalidQuery> {
        let mut parser = Parser {
            rest: text,
            depth: 0,
            terms: 0,
        };
        let mut all = Vec::new();
        // A bracket that was never opened ends nothing.
        while !parser.rest.is_empty() {
            all.extend(parser.any(false)?);
        }
        let root = all_of(all, Vec::new())?.ok_or(InvalidQuery::Empty)?;
        Ok(Self {
            root,
            typed: text.to_owned(),
        })
    }
}

/// Reads a query from the left to the right.
struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    terms: usize,
}

/// What comes next in a query.
enum Token<'a> {
    Open,
    Close,
    Or,
    /// Said by words side by side as well.
    And,
    Not,
    /// What follows directly is looked for in titles.
    Title,
    Text {
        text: &'a str,
        is_prefix: bool,
    },
}

impl<'a> Parser<'a> {
    /// Alternatives, up to a closing bracket, which is taken, or the end.
    fn any(&mut self, in_title: bool) -> Result<Option<Node>, InvalidQuery> {
        let mut any = Vec::new();
        loop {
            let (node, ended) = self.all(in_title)?;
            any.extend(node);
            if ended {
                break;
            }
        }
        Ok(match any.len() {
            0 | 1 => any.pop(),
            _ => Some(Node::Any(any)),
        })
    }

    /// What stands side by side, up to an OR, which is taken; true where the alternatives end.
    fn all(&mut self, in_title: bool) -> Result<(Option<Node>, bool), InvalidQuery> {
        let (mut of, mut but) = (Vec::new(), Vec::new());
        let (mut negated, mut titled) = (false, in_title);
        let ended = loop {
            let node = match self.token() {
                None | Some(Token::Close) => break true,
                Some(Token::Or) => break false,
                Some(Token::And) => None,
                Some(Token::Not) => {
                    negated = true;
                    continue;
                }
                Some(Token::Title) => {
                    titled = true;
                    continue;
                }
                Some(Token::Open) if self.depth == Query::MOST_NESTED => None,
                Some(Token::Open) => {
                    self.depth += 1;
                    let inner = self.any(titled)?;
                    self.depth -= 1;
                    inner
                }
                Some(Token::Text { text, is_prefix }) => self.term(text, is_prefix, titled)?,
            };
            let side = if negated { &mut but } else { &mut of };
            side.extend(node);
            (negated, titled) = (false, in_title);
        };
        Ok((all_of(of, but)?, ended))
    }

    fn term(
        &mut self,
        text: &str,
        is_prefix: bool,
        in_title: bool,
    ) -> Result<Option<Node>, InvalidQuery> {
        if !text.chars().any(char::is_alphanumeric) {
            return Ok(None);
        }
        self.terms += 1;
        if self.terms > Query::MOST_TERMS {
            return Err(InvalidQuery::TooLong);
        }
        Ok(Some(Node::Term(Term {
            text: text.to_owned(),
            is_prefix,
            in_title,
        })))
    }

    fn token(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        let after = &self.rest[first.len_utf8()..];
        match first {
            '(' => self.take(after, Token::Open),
            ')' => self.take(after, Token::Close),
            '-' if after.starts_with(|c: char| !c.is_whitespace()) => {
                self.take(after.trim_start_matches('-'), Token::Not)
            }
            quote if is_quote(quote) => {
                let (text, rest) = match after.find(is_quote) {
                    Some(end) => (&after[..end], after[end..].trim_start_matches(is_quote)),
                    None => (after, ""),
                };
                let (is_prefix, rest) = prefix(rest);
                self.take(rest, Token::Text { text, is_prefix })
            }
            _ => self.word(),
        }
    }

    fn take(&mut self, rest: &'a str, token: Token<'a>) -> Option<Token<'a>> {
        self.rest = rest;
        Some(token)
    }

    fn word(&mut self) -> Option<Token<'a>> {
        const TITLE: &str = "title:";
        let begins = self.rest.get(..TITLE.len());
        if begins.is_some_and(|begin| begin.eq_ignore_ascii_case(TITLE)) {
            let rest = &self.rest[TITLE.len()..];
            if rest.starts_with(|c: char| !c.is_whitespace()) {
                return self.take(rest, Token::Title);
            }
        }
        let ends = |c: char| c.is_whitespace() || c == '(' || c == ')' || is_quote(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        match word {
            "OR" | "|" | "||" => self.take(rest, Token::Or),
            "AND" | "&" | "&&" => self.take(rest, Token::And),
            "NOT" => self.take(rest, Token::Not),
            word => {
                let text = word.trim_end_matches('*');
                let is_prefix = text.len() < word.len();
                self.take(rest, Token::Text { text, is_prefix })
            }
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」')
}

fn prefix(rest: &str) -> (bool, &str) {
    match rest.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, rest),
    }
}

/// One node of several; `None` of none.
fn all_of(mut of: Vec<Node>, but: Vec<Node>) -> Result<Option<Node>, InvalidQuery> {
    match (of.len(), but.is_empty()) {
        (0, true) => Ok(None),
        (0, false) => Err(InvalidQuery::OnlyExclusions),
        (1, true) => Ok(of.pop()),
        _ => Ok(Some(Node::All { of, but })),
    }
}

/// A text as it is indexed and searched for: characters of scripts without spaces, and Korean
/// syllables, whose words have endings, become words of their own, so that a phrase finds them within
/// a line.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    // Of most texts no byte can begin such a character.
    let may_part = |byte: u8| matches!(byte, 0xe0 | 0xe1 | 0xe3..=0xed | 0xef | 0xf0);
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | may_part(*byte));
    if !text.as_bytes().chunks(64).any(any) || !text.chars().any(is_parted) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if is_parted(c) {
            out.extend([' ', c, ' ']);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// True for characters that [`folded`] makes words of their own.
#[must_use]
pub fn is_parted(c: char) -> bool {
    is_unspaced(c) || matches!(c, '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
