//! Makes JSON of what is nearly JSON: raw control characters in strings, stray backslashes, commas
//! too many, comments, and an end that is missing.
//!
//! One pass over the text with a stack of open brackets. It changes only what no JSON parser takes,
//! and what it gives back is parsed like any other document.

use crate::parse::repairs::Repairs;

/// The document with its slips mended. A document that breaks off is cut after the last value that
/// is whole, and closed.
pub(super) fn mend(text: &str, repairs: &mut Repairs) -> String {
    let mut mender = Mender {
        out: String::with_capacity(text.len() + 64),
        open: Vec::new(),
        whole: None,
        repairs,
    };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if matches!(c, '"' | '\'' | '{' | '[') {
            mender.separate(at);
        }
        match c {
            '"' => {
                if !mender.string('"', &mut chars) {
                    break;
                }
            }
            '/' if matches!(chars.peek(), Some((_, '/' | '*'))) => {
                mender
                    .repairs
                    .at(at, "a comment, which JSON does not know; left out");
                skip_comment(&mut chars);
            }
            '{' | '[' => {
                mender.open.push(if c == '{' { '}' } else { ']' });
                mender.out.push(c);
            }
            '}' | ']' => {
                mender.close(c, at);
                if mender.open.is_empty() {
                    return mender.out;
                }
            }
            '\'' => {
                mender.repairs.at(at, "a string in single quotes");
                if !mender.string('\'', &mut chars) {
                    break;
                }
            }
            c if c.is_alphabetic() || c == '_' => mender.word(at, c, &mut chars),
            c => mender.out.push(c),
        }
    }
    mender.cut(text.len())
}

type Chars<'a> = std::iter::Peekable<std::str::CharIndices<'a>>;

struct Mender<'r> {
    out: String,
    /// Closing brackets that are owed.
    open: Vec<char>,
    /// Length of `out` after the last whole item, and how many brackets were open then.
    whole: Option<(usize, usize)>,
    repairs: &'r mut Repairs,
}

impl Mender<'_> {
    /// Puts the comma that is missing between two values.
    fn separate(&mut self, at: usize) {
        if self.out.trim_end().ends_with(['"', '}', ']']) {
            self.repairs.at(at, "a comma too few; added");
            self.out.push(',');
        }
    }

    /// A word outside strings: a value that JSON knows, a key without quotes, or nothing.
    fn word(&mut self, at: usize, first: char, chars: &mut Chars<'_>) {
        let mut word = String::from(first);
        while let Some((_, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || "_$-".contains(*c)) {
            word.push(c);
        }
        let is_value = matches!(word.as_str(), "true" | "false" | "null");
        let is_exponent = self.out.ends_with(|c: char| c.is_ascii_digit());
        if is_value || is_exponent {
            self.out.push_str(&word);
            return;
        }
        let after = chars.clone().map(|(_, c)| c).find(|c| !c.is_whitespace());
        if after == Some(':') {
            self.repairs.at(at, "a key without quotes");
            self.out.push_str(&format!("\"{word}\""));
        } else {
            self.repairs
                .at(at, "a value that JSON does not know; read as none");
            self.out.push_str("null");
        }
    }

    /// A string after its opening quote; false if it never ends.
    fn string(&mut self, quote: char, chars: &mut Chars<'_>) -> bool {
        self.out.push('"');
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.out.push('"');
                    return true;
                }
                '"' => self.out.push_str("\\\""),
                '\\' => match chars.next() {
                    Some((_, 'u')) => self.unicode(at, chars),
                    Some((_, c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't'))) => {
                        self.out.push('\\');
                        self.out.push(c);
                    }
                    Some((_, other)) => {
                        self.repairs
                            .at(at, "a backslash that escapes nothing; left out");
                        self.out.push(other);
                    }
                    None => return false,
                },
                c if c < ' ' => {
                    self.repairs.at(
                        at,
                        "a control character in a string; read as an escaped one",
                    );
                    self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.out.push(c),
            }
        }
        false
    }

    /// `\u` and four digits. Half a character, which JSON cannot say, is one that is unknown.
    fn unicode(&mut self, at: usize, chars: &mut Chars<'_>) {
        let rest: String = chars.clone().map(|(_, c)| c).take(10).collect();
        let half = |text: &str| {
            let digits = text.get(..4)?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let low = || half(rest.get(4..)?.strip_prefix("\\u")?);
        let (taken, whole) = match half(&rest) {
            Some(0xd800..=0xdbff) => match low() {
                Some(0xdc00..=0xdfff) => (10, true),
                _ => (4, false),
            },
            Some(0xdc00..=0xdfff) => (4, false),
            Some(_) => (4, true),
            None => (0, false),
        };
        if whole {
            self.out.push_str("\\u");
            self.out.push_str(&rest[..taken]);
        } else {
            self.repairs.at(at, "half a character in a string");
            self.out.push('\u{fffd}');
        }
        chars.by_ref().take(taken).for_each(drop);
    }

    fn close(&mut self, c: char, at: usize) {
        if self.open.last() != Some(&c) {
            self.repairs.at(at, format!("a stray \"{c}\"; left out"));
            return;
        }
        let trimmed = self.out.trim_end();
        if let Some(before) = trimmed.strip_suffix(',') {
            self.out.truncate(before.len());
            self.repairs.at(at, "a comma too many; left out");
        }
        self.open.pop();
        self.out.push(c);
        // An item of a list in the outermost object, or such a list.
        if self.open == ['}'] || (c == '}' && self.open == ['}', ']']) {
            self.whole = Some((self.out.len(), self.open.len()));
        }
    }

    fn cut(mut self, at: usize) -> String {
        if self.open.is_empty() {
            return self.out;
        }
        self.repairs
            .at(at, "the document breaks off; kept the items before that");
        if let Some((length, open)) = self.whole {
            self.out.truncate(length);
            self.open.truncate(open);
        }
        while let Some(c) = self.open.pop() {
            self.out.push(c);
        }
        self.out
    }
}

fn skip_comment(chars: &mut Chars<'_>) {
    let Some((_, kind)) = chars.next() else {
        return;
    };
    let mut last = ' ';
    for (_, c) in chars.by_ref() {
        if (kind == '/' && c == '\n') || (kind == '*' && last == '*' && c == '/') {
            return;
        }
        last = c;
    }
}
